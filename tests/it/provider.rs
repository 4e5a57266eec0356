//! A provider of our own on this machine, for stories of models that are no rehearsal.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// It answers always in the same way and counts how often it was asked.
pub struct Provider {
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    pub fn answering(status: u16, body: &str) -> Self {
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        Self::start(move |stream| stream.write_all(answer.as_bytes()).unwrap())
    }

    pub fn hanging_up() -> Self {
        Self::start(|_| {})
    }

    /// It accepts, and says its answer a byte at a time, for ever.
    pub fn dripping() -> Self {
        let head = "HTTP/1.1 200 X\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
        Self::start(move |stream| {
            let mut said = stream.write_all(head.as_bytes());
            while said.is_ok() {
                said = stream.write_all(b"1\r\n \r\n");
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        })
    }

    fn start(answer: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::hearing(move |_, stream| answer(stream))
    }

    /// It answers as somebody decides who hears the request.
    pub fn hearing(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, count, answer) = (stream.unwrap(), count.clone(), answer.clone());
                std::thread::spawn(move || {
                    let request = read_request(&mut stream);
                    count.fetch_add(1, Ordering::SeqCst);
                    answer(&request, &mut stream);
                });
            }
        });
        Self { port, asked }
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// A models file that gives one role to it.
    pub fn models(&self, role: &str, modality: &str, price: &str) -> String {
        let (unit, micros) = price.split_once(" = ").unwrap();
        format!(
            "[roles]\n{role} = \"ours/model\"\n\n[provider.ours]\nprotocol = \"openai\"\nbase_url = \"http://127.0.0.1:{}/v1\"\nlocal = true\n\n\
             [[entry]]\nid = \"ours/model\"\nmodality = \"{modality}\"\nprovider = \"ours\"\nmodel = \"model\"\n\
             price = [{{ unit = \"{unit}\", micros = {micros} }}]\n",
            self.port
        )
    }
}

/// Reads headers and as much body as they announce, so that the other side has sent all of its request.
fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).unwrap_or(0);
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let announced =
                text[..end].lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if bytes.len() >= end + 4 + announced.unwrap_or(0) {
                return text;
            }
        }
        if read == 0 {
            return text;
        }
    }
}
