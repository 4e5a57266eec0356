//! A tiny HTTP server for tests: it says its lines in order, one connection each, and remembers what it was asked.
//! The tests of `providers` use this very file.
#![allow(dead_code, reason = "each crate that includes it uses its own part")]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What the server does with one connection, after it has read the request.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    /// A whole answer.
    Answer { status: u16, headers: Vec<(String, String)>, body: Vec<u8> },
    /// An answer in these pieces, each a chunk and a packet of its own.
    Pieces { media_type: &'static str, pieces: Vec<Vec<u8>> },
    /// These bytes as they are, then the end of the connection.
    Raw(Vec<u8>),
    /// A good head, these pieces, then the end of the connection without the end of the answer.
    Cut { media_type: &'static str, pieces: Vec<Vec<u8>> },
    /// Nothing, for a long time.
    Silence,
    /// A byte now and then, for ever.
    Drip,
    /// A body without end.
    Endless,
}

impl Line {
    /// JSON with a status.
    pub(crate) fn json(status: u16, body: impl Into<String>) -> Self {
        Self::of(status, "application/json", body.into())
    }

    /// Anything with a media type.
    pub(crate) fn of(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Answer {
            status,
            headers: vec![("content-type".to_owned(), media_type.to_owned())],
            body: body.into(),
        }
    }

    /// The same with one more header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// What the server was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// A server on a port of its own.
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Scripted {
    /// Says these lines in order; the last one again and again.
    pub(crate) async fn saying(lines: Vec<Line>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        let task = tokio::spawn(async move {
            let mut next = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let line = lines[next.min(lines.len() - 1)].clone();
                next += 1;
                tokio::spawn(serve(stream, line, seen.clone()));
            }
        });
        Self { address, asked, task }
    }

    /// Its address, continued.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, line: Line, seen: Arc<Mutex<Vec<Asked>>>) {
    let Some(asked) = hear(&mut stream).await else { return };
    seen.lock().unwrap().push(asked);
    // The client may be gone already; that is its test's business.
    let _ = say(&mut stream, line).await;
    let _ = stream.shutdown().await;
}

async fn hear(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<_> = lines
        .filter_map(|l| l.split_once(": "))
        .map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned()))
        .collect();
    let length =
        headers.iter().find(|(n, _)| n == "content-length").and_then(|(_, v)| v.parse().ok()).unwrap_or(0);
    let mut body = bytes.split_off(head_end);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Asked { method, path, headers, body })
}

async fn say(stream: &mut TcpStream, line: Line) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    match line {
        Line::Answer { status, headers, body } => {
            let mut head =
                format!("HTTP/1.1 {status} Said\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            stream.write_all(format!("{head}\r\n").as_bytes()).await?;
            stream.write_all(&body).await
        }
        Line::Raw(bytes) => stream.write_all(&bytes).await,
        Line::Pieces { media_type, pieces } => {
            chunks(stream, media_type, pieces).await?;
            stream.write_all(b"0\r\n\r\n").await
        }
        Line::Cut { media_type, pieces } => chunks(stream, media_type, pieces).await,
        Line::Silence => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        Line::Drip => {
            chunks(stream, "text/plain", Vec::new()).await?;
            loop {
                stream.write_all(b"1\r\nx\r\n").await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Line::Endless => {
            chunks(stream, "text/plain", Vec::new()).await?;
            let block = [b"10000\r\n".as_slice(), &vec![b'x'; 0x10000], b"\r\n"].concat();
            loop {
                stream.write_all(&block).await?;
            }
        }
    }
}

async fn chunks(stream: &mut TcpStream, media_type: &str, pieces: Vec<Vec<u8>>) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: {media_type}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
        stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
        stream.write_all(&piece).await?;
        stream.write_all(b"\r\n").await?;
        stream.flush().await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}
