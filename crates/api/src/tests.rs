//! Over a real socket.

mod access;
mod assets;
mod bodies;
mod desk;
mod document;
mod events;
mod orders;
mod problems;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use handbill_domain::{ids::WorkspaceId, step::Lane};
use handbill_queue::{Bell, Class, Error as QueueError, Local, Place, Room, Taken, Ticket};
use handbill_store::{
    keys::{self, NewKey},
    workspaces,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;

struct Server {
    address: SocketAddr,
    store: Store,
    running: tokio::task::JoinHandle<io::Result<()>>,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn a_server(dispatcher: Arc<dyn Dispatcher>) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&handbill_store::Settings::embedded(folder.path())).await.unwrap();
    let entry = json!({ "id": "toy/one", "modality": "text", "provider": "toy", "model": "one" });
    let state = State {
        store: store.clone(),
        dispatcher,
        models: vec![serde_json::from_value(entry).unwrap()],
        roles: BTreeMap::from([(Role::Writer, "toy/one".into())]),
        metrics: Some(Arc::new(Counted)),
        signals: None,
        desk: Some(Arc::new(desk::Toy(store.clone()))),
    };
    let listener = Settings { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }.bind().unwrap();
    let address = listener.local_addr().unwrap();
    Server { address, store, running: tokio::spawn(serve(listener, state)), _folder: folder }
}

async fn serving() -> Server {
    a_server(Arc::new(Local::default())).await
}

impl Server {
    /// A key of a workspace, which is made where it is not.
    async fn key(&self, workspace: &str, change: impl FnOnce(&mut NewKey)) -> String {
        let workspace = WorkspaceId::new(workspace);
        workspaces::create(&self.store, &workspace).await.unwrap();
        let scopes = Permission::ALL.iter().map(|one| one.as_str().to_owned()).collect();
        let mut new = NewKey { name: "test".into(), scopes, rehearsal: false, ceiling: None, lives_ms: None };
        change(&mut new);
        keys::create(&self.store, &workspace, &new).await.unwrap().1
    }

    /// A key of the usual workspace that may do everything.
    async fn any_key(&self) -> String {
        self.key("local", |_| {}).await
    }
}

struct Answer {
    status: u16,
    head: String,
    text: String,
    body: Value,
}

impl Answer {
    fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Fails with everything that was said unless it has this status.
    #[track_caller]
    fn with(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.text);
        self
    }
}

/// A request, as it is put together.
struct Call<'s> {
    server: &'s Server,
    head: String,
    body: Vec<u8>,
}

impl<'s> Call<'s> {
    fn new(server: &'s Server, method: &str, path: &str) -> Self {
        Self { server, head: format!("{method} {path} HTTP/1.1\r\n"), body: Vec::new() }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    fn key(self, key: &str) -> Self {
        self.with("authorization", &format!("Bearer {key}"))
    }

    fn json(self, body: &Value) -> Self {
        self.bytes("application/json", body.to_string().into_bytes())
    }

    fn bytes(mut self, kind: &str, body: Vec<u8>) -> Self {
        self.body = body;
        self.with("content-type", kind)
    }

    async fn done(self) -> Answer {
        let bytes = self.sent().await;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let head = head.to_lowercase().replace("\r\n", "\n");
        Answer {
            status,
            head,
            body: serde_json::from_str(body).unwrap_or(Value::Null),
            text: body.to_owned(),
        }
    }

    /// The body of a good answer that was sent in chunks.
    async fn bytes_of(self) -> Vec<u8> {
        let bytes = self.sent().await;
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        assert!(head.starts_with("http/1.1 200") && head.contains("transfer-encoding: chunked"), "{head}");
        let (mut rest, mut all) = (&bytes[end + 4..], Vec::new());
        while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
            let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
            all.extend(&rest[end + 2..end + 2 + length]);
            if length == 0 {
                return all;
            }
            rest = &rest[end + 4 + length..];
        }
        panic!("it broke off after {} bytes", all.len());
    }

    async fn sent(self) -> Vec<u8> {
        let length = self.body.len();
        let head =
            format!("{}host: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n", self.head);
        let mut socket = TcpStream::connect(self.server.address).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        // A server that has heard enough hangs up.
        let _ = socket.write_all(&self.body).await;
        let mut bytes = Vec::new();
        let reading = async {
            // What goes on for ever is read as far as its head.
            let endless = |bytes: &[u8]| {
                let text = String::from_utf8_lossy(bytes);
                text.split_once("\r\n\r\n").is_some_and(|(head, _)| head.contains("text/event-stream"))
            };
            while socket.read_buf(&mut bytes).await.unwrap() > 0 && !endless(&bytes) {}
        };
        tokio::time::timeout(Duration::from_secs(20), reading).await.expect("an answer in time");
        bytes
    }
}

async fn get(server: &Server, path: &str) -> Answer {
    Call::new(server, "GET", path).done().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_server_says_so() {
    let server = serving().await;
    assert_eq!(get(&server, "/healthz").await.body, json!({ "status": "ok" }));
    assert_eq!(get(&server, "/readyz").await.body, json!({ "status": "ready" }));
    let head = Call::new(&server, "HEAD", "/healthz").done().await;
    assert_eq!((head.status, head.body), (200, Value::Null));
}

struct Counted;

impl Metrics for Counted {
    fn text(&self) -> String {
        "# TYPE toys_total counter\ntoys_total 3\n".into()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_how_many_wait_and_what_the_workers_count() {
    let line = Arc::new(Local::default());
    line.push(Lane::Media, &[Ticket { workspace: WorkspaceId::default(), step: 1 }]).await.unwrap();
    let answer = get(&a_server(line).await, "/metrics").await;
    assert!(answer.head.contains("text/plain; version=0.0.4"), "{}", answer.head);
    for line in
        ["toys_total 3", "handbill_queue_depth{lane=\"media\"} 1", "handbill_queue_depth{lane=\"model\"} 0"]
    {
        assert!(answer.text.lines().any(|l| l == line), "{line} is not in {}", answer.text);
    }
}

struct Gone;

#[async_trait]
impl Dispatcher for Gone {
    async fn push_as(&self, _: Lane, _: Class, _: &[Ticket]) -> Result<(), QueueError> {
        Err(QueueError::Unreadable("gone".into()))
    }

    async fn take(&self, _: Lane, _: Room) -> Result<Vec<Taken>, QueueError> {
        Err(QueueError::Unreadable("gone".into()))
    }

    fn bell(&self, _: Lane) -> Arc<Bell> {
        Arc::default()
    }

    async fn remove(&self, _: Lane, _: &Ticket) -> Result<bool, QueueError> {
        Err(QueueError::Unreadable("gone".into()))
    }

    async fn depth(&self, _: Lane) -> Result<u64, QueueError> {
        Err(QueueError::Unreadable("gone".into()))
    }

    async fn waiting(&self, _: &[Place]) -> Result<Vec<u64>, QueueError> {
        Err(QueueError::Unreadable("gone".into()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_queue_lives_and_is_not_ready() {
    let server = a_server(Arc::new(Gone)).await;
    assert_eq!(get(&server, "/healthz").await.status, 200);
    let answer = get(&server, "/readyz").await;
    assert_eq!((answer.status, answer.body["code"].as_str()), (503, Some("busy")));
    assert_eq!(answer.body["detail"], "the queue cannot be reached");
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_and_models_can_be_discovered() {
    let server = serving().await;
    let channels = get(&server, "/api/v1/channels").await.body;
    assert_eq!(channels["channels"].as_array().unwrap().len(), handbill_domain::channel::channels().len());
    let douyin = get(&server, "/api/v1/channels/douyin").await.body;
    assert_eq!(douyin["name"]["zh"], "抖音");
    assert!(douyin["placements"].as_array().unwrap().iter().any(|p| p["videos"].as_u64() > Some(0)));
    let models = get(&server, "/api/v1/models").await.body;
    assert_eq!(
        (&models["roles"]["writer"], &models["models"][0]["id"]),
        (&json!("toy/one"), &json!("toy/one"))
    );
}

#[test]
fn every_fault_has_its_status() {
    use actix_web::ResponseError;
    use handbill_domain::Fault;
    let status = |fault| Problem::new(fault, "x", "x").status_code().as_u16();
    let all = [
        (Fault::Invalid, 422),
        (Fault::Unauthorized, 401),
        (Fault::Forbidden, 403),
        (Fault::NotFound, 404),
        (Fault::Conflict, 409),
        (Fault::Refused, 422),
        (Fault::OverBudget, 402),
        (Fault::Busy { retry_after: Some(Duration::from_secs(7)) }, 503),
        (Fault::Broken, 500),
    ];
    for (fault, expected) in all {
        assert_eq!(status(fault), expected);
    }
}

#[test]
fn only_this_machine_is_served_unless_told_otherwise() {
    assert!(Settings::default().listen.ip().is_loopback());
    let told: Settings = serde_json::from_value(json!({ "listen": "0.0.0.0:80" })).unwrap();
    assert!(!told.listen.ip().is_loopback());
}
