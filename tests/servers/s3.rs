//! A bucket of our own: as much of S3 as files need, on a free port. It refuses whoever has not signed with its key. Several
//! tests take this file in by its path.
#![allow(dead_code, reason = "each user takes a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test without its server has failed"
)]

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
};

/// Id and secret of the key.
pub(crate) const KEY: [&str; 2] = ["handbill-test", "not-a-secret"];
/// The name of the only bucket.
pub(crate) const BUCKET: &str = "campaigns";

#[derive(Clone)]
pub(crate) struct Bucket {
    port: u16,
    inside: Arc<Inside>,
}

#[derive(Default)]
struct Inside {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    away: AtomicBool,
    refused: AtomicU32,
}

impl Bucket {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let bucket = Self { port: listener.local_addr().unwrap().port(), inside: Arc::default() };
        let inside = bucket.inside.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inside = inside.clone();
                thread::spawn(move || inside.talk(stream));
            }
        });
        bucket
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The names of what is kept.
    pub(crate) fn names(&self) -> Vec<String> {
        self.inside.objects.lock().unwrap().keys().cloned().collect()
    }

    /// Puts other bytes where some were.
    pub(crate) fn damage(&self, name: &str, bytes: &[u8]) {
        let old = self.inside.objects.lock().unwrap().insert(name.into(), bytes.to_vec());
        assert!(old.is_some(), "{name} was not there");
    }

    /// Answers everybody with 503 from now on, or no longer.
    pub(crate) fn is_away(&self, away: bool) {
        self.inside.away.store(away, Ordering::SeqCst);
    }

    /// How many requests were turned away meanwhile.
    pub(crate) fn refused(&self) -> u32 {
        self.inside.refused.load(Ordering::SeqCst)
    }
}

struct Request {
    method: String,
    target: String,
    signed: bool,
    body: Vec<u8>,
}

impl Inside {
    fn talk(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().expect("a second hand"));
        let mut out = stream;
        while let Some(request) = read(&mut reader) {
            let (status, body) = self.answer(&request);
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nETag: \"x\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n"
            );
            let bytes = if request.method == "HEAD" { &[] } else { body.as_slice() };
            if out.write_all(head.as_bytes()).and_then(|()| out.write_all(bytes)).is_err() {
                return;
            }
        }
    }

    fn answer(&self, request: &Request) -> (&'static str, Vec<u8>) {
        if self.away.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return ("503 Slow Down", error("SlowDown"));
        }
        if !request.signed {
            return ("403 Forbidden", error("InvalidAccessKeyId"));
        }
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let Some(name) = path.trim_start_matches('/').strip_prefix(BUCKET) else {
            return ("404 Not Found", error("NoSuchBucket"));
        };
        let name = name.trim_start_matches('/');
        let mut objects = self.objects.lock().unwrap();
        match (request.method.as_str(), name) {
            ("GET", "") if query.contains("list-type=2") => ("200 OK", list(&objects)),
            ("PUT", name) => {
                objects.insert(name.into(), request.body.clone());
                ("200 OK", vec![])
            }
            ("DELETE", name) => {
                objects.remove(name);
                ("204 No Content", vec![])
            }
            ("GET" | "HEAD", name) => match objects.get(name) {
                None => ("404 Not Found", error("NoSuchKey")),
                Some(bytes) => ("200 OK", bytes.clone()),
            },
            _ => ("405 Method Not Allowed", error("MethodNotAllowed")),
        }
    }
}

fn error(code: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{code}</Message></Error>").into()
}

fn list(objects: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let entry = |(name, bytes): (&String, &Vec<u8>)| {
        let size = bytes.len();
        format!(
            "<Contents><Key>{name}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>x</ETag><Size>{size}</Size></Contents>"
        )
    };
    let entries: String = objects.iter().map(entry).collect();
    let inside = format!("<Name>{BUCKET}</Name><IsTruncated>false</IsTruncated>{entries}");
    format!("<?xml version=\"1.0\"?><ListBucketResult>{inside}</ListBucketResult>").into()
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let (mut signed, mut length) = (false, 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => {
                signed = value.starts_with(&format!("AWS4-HMAC-SHA256 Credential={}/", KEY[0]))
                    && value.contains("/s3/aws4_request")
                    && value.contains("Signature=");
            }
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, target, signed, body })
}
