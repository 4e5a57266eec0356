//! Over a real socket.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use handbill_domain::{ids::WorkspaceId, step::Lane};
use handbill_queue::{Bell, Class, Error as QueueError, Local, Place, Room, Taken, Ticket};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;

struct Server {
    address: SocketAddr,
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
        store,
        dispatcher,
        models: vec![serde_json::from_value(entry).unwrap()],
        roles: BTreeMap::from([(Role::Writer, "toy/one".into())]),
        metrics: Some(Arc::new(Counted)),
    };
    let listener = Settings { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }.bind().unwrap();
    let address = listener.local_addr().unwrap();
    Server { address, running: tokio::spawn(serve(listener, state)), _folder: folder }
}

struct Answer {
    status: u16,
    head: String,
    text: String,
    body: Value,
}

async fn ask(server: &Server, request: &str) -> Answer {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request = format!("{request}host: localhost\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    tokio::time::timeout(Duration::from_secs(10), socket.read_to_string(&mut text)).await.unwrap().unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let (head, text) = (head.to_lowercase(), body.to_owned());
    Answer { status, head, body: serde_json::from_str(body).unwrap_or(Value::Null), text }
}

async fn get(server: &Server, path: &str) -> Answer {
    ask(server, &format!("GET {path} HTTP/1.1\r\n")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_server_says_so() {
    let server = a_server(Arc::new(Local::default())).await;
    assert_eq!(get(&server, "/healthz").await.body, json!({ "status": "ok" }));
    assert_eq!(get(&server, "/readyz").await.body, json!({ "status": "ready" }));
    let head = ask(&server, "HEAD /healthz HTTP/1.1\r\n").await;
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
    let server = a_server(Arc::new(Local::default())).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_is_a_problem_with_a_request_id() {
    let server = a_server(Arc::new(Local::default())).await;
    for (request, status, code) in [
        ("GET /nowhere", 404, "not_found"),
        ("GET /api/v1/nowhere", 404, "not_found"),
        ("GET /api/v1/channels/nobody", 404, "not_found"),
        ("POST /api/v1/channels", 405, "method_not_allowed"),
        ("DELETE /healthz", 405, "method_not_allowed"),
    ] {
        let answer = ask(&server, &format!("{request} HTTP/1.1\r\n")).await;
        assert_eq!((answer.status, answer.body["code"].as_str()), (status, Some(code)), "{request}");
        assert_eq!(
            (&answer.body["status"], &answer.body["type"]),
            (&json!(status), &json!(format!("/problems/{code}")))
        );
        assert!(answer.head.contains("content-type: application/problem+json"), "{}", answer.head);
        assert!(answer.head.contains("x-request-id: "), "{}", answer.head);
        assert_eq!(answer.head.contains("allow: get, head"), status == 405);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_request_id_comes_back_and_a_strange_one_does_not() {
    let server = a_server(Arc::new(Local::default())).await;
    let with = |id: &str| format!("GET /healthz HTTP/1.1\r\nx-request-id: {id}\r\n");
    assert!(ask(&server, &with("order-17")).await.head.contains("x-request-id: order-17"));
    assert!(!ask(&server, &with("a b;c")).await.head.contains("a b;c"));
}

#[test]
fn every_fault_has_its_status() {
    use actix_web::ResponseError;
    use handbill_domain::Fault;
    let status = |fault| Problem::new(fault, "x").status_code().as_u16();
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
