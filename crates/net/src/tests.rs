//! Against a server on this machine: what is sent, what is refused, what a broken answer is called.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use serde_json::json;

use crate::{
    Answer, Auth, Client, Error, Fetcher, Guard, Part, Request, Secret, Timeouts,
    resolver::Lookup,
    scripted::{Line, Scripted},
};

const KEY: &str = "sk-test-0123456789";

fn hurried() -> Timeouts {
    Timeouts {
        connect: Duration::from_millis(500),
        read: Duration::from_millis(400),
        total: Duration::from_millis(900),
    }
}

fn client_of(server: &Scripted) -> Client {
    Client::for_provider(&server.url("/v1"), Auth::Bearer(Secret::new(KEY)), true, hurried()).unwrap()
}

async fn answer_to(line: Line) -> Result<Answer, Error> {
    let server = Scripted::saying(vec![line]).await;
    client_of(&server).send(Request::post("/chat", json!({"a": 1})).limit(1024)).await
}

fn fetcher() -> Fetcher {
    Fetcher::new(Guard::allowing(["127.0.0.1"]).unwrap(), hurried()).unwrap()
}

/// Answers with its lists in turn and counts.
struct Names(Vec<Vec<&'static str>>, AtomicUsize);

#[async_trait]
impl Lookup for Names {
    async fn addresses(&self, _: &str) -> io::Result<Vec<SocketAddr>> {
        let turn = self.1.fetch_add(1, Ordering::SeqCst);
        Ok(self.0[turn.min(self.0.len() - 1)]
            .iter()
            .map(|ip| SocketAddr::new(ip.parse().unwrap(), 0))
            .collect())
    }
}

#[tokio::test]
async fn a_request_carries_its_key_its_headers_and_its_body() {
    let server = Scripted::saying(vec![Line::json(200, "{}")]).await;
    let request = Request::post("/chat", json!({"a": 1})).query("q", "ü&").header("idempotency-key", "k1");
    let answer = client_of(&server).send(request).await.unwrap();
    assert_eq!(
        (answer.status, answer.media_type.as_str(), &answer.body[..]),
        (200, "application/json", b"{}".as_slice())
    );
    let asked = &server.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/v1/chat?q=%C3%BC%26"));
    assert_eq!(asked.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(asked.header("idempotency-key"), Some("k1"));
    assert_eq!(asked.body, br#"{"a":1}"#);
}

#[tokio::test]
async fn a_form_carries_values_and_files() {
    let server = Scripted::saying(vec![Line::json(200, "{}")]).await;
    let parts =
        vec![Part::text("prompt", "山"), Part::file("image[]", "a.png", "image/png", b"\x89PNG"[..].into())];
    client_of(&server).send(Request::post_form("/edits", parts)).await.unwrap();
    let asked = &server.asked()[0];
    assert!(asked.header("content-type").unwrap().starts_with("multipart/form-data; boundary="));
    let body = String::from_utf8_lossy(&asked.body);
    assert!(body.contains("name=\"prompt\"\r\n\r\n山\r\n"), "{body}");
    assert!(
        body.contains("name=\"image[]\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"),
        "{body}"
    );
}

#[tokio::test]
async fn a_bad_status_is_an_answer_with_its_body_and_its_wait() {
    let line = Line::json(429, r#"{"error":"slow"}"#).with("retry-after", "1.5");
    let answer = answer_to(line).await.unwrap();
    assert_eq!((answer.status, answer.retry_after), (429, Some(Duration::from_millis(1500))));
    assert_eq!(&answer.body[..], br#"{"error":"slow"}"#);
}

#[tokio::test]
async fn a_key_that_the_other_side_repeats_is_masked() {
    let answer = answer_to(Line::json(401, format!(r#"{{"error":"no such key {KEY}"}}"#))).await.unwrap();
    assert_eq!(&answer.body[..], br#"{"error":"no such key [key]"}"#);
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let server = Scripted::saying(vec![Line::Silence]).await;
    let client = client_of(&server);
    drop(server);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let error = client.send(Request::post("/chat", json!({}))).await.unwrap_err();
    assert!(matches!(error, Error::Unreached { .. }) && !error.was_sent(), "{error}");
}

#[tokio::test]
async fn whatever_breaks_after_the_request_left_is_a_cut() {
    let half = Line::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"half\":".to_vec());
    let pieces = Line::Cut { media_type: "text/event-stream", pieces: vec![b"data: {}\n\n".to_vec()] };
    for line in
        [Line::Silence, Line::Drip, Line::Raw(Vec::new()), Line::Raw(b"HTTP/1.1 2".to_vec()), half, pieces]
    {
        let (said, started) = (format!("{line:?}"), Instant::now());
        let error = answer_to(line).await.unwrap_err();
        assert!(matches!(error, Error::Cut { .. }) && error.was_sent(), "{said}: {error}");
        assert!(started.elapsed() < Duration::from_secs(3), "{said}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_a_cut_and_no_panic() {
    let error =
        answer_to(Line::Raw(b"\x16\x03\x01 hello, i am not http\r\n\r\n".to_vec())).await.unwrap_err();
    assert!(matches!(error, Error::Cut { .. }), "{error}");
}

#[tokio::test]
async fn a_body_without_end_stops_at_the_limit() {
    let error = answer_to(Line::Endless).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 1024, .. }), "{error}");
}

#[tokio::test]
async fn a_small_gzip_of_a_large_body_stops_at_the_limit() {
    // 100 kB of zeros, packed.
    let packed = include_bytes!("../fixtures/zeros.gz").to_vec();
    assert!(packed.len() < 512);
    let error = answer_to(Line::of(200, "application/json", packed).with("content-encoding", "gzip"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn a_provider_that_redirects_is_not_followed_and_the_key_stays_home() {
    let elsewhere = Scripted::saying(vec![Line::json(200, "{}")]).await;
    let server = Scripted::saying(vec![Line::json(307, "").with("location", &elsewhere.url("/steal"))]).await;
    let answer = client_of(&server).send(Request::post("/chat", json!({}))).await.unwrap();
    assert_eq!(answer.status, 307);
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn no_path_leads_away_from_the_providers_host() {
    let server = Scripted::saying(vec![Line::json(200, "{}")]).await;
    for path in ["//evil.example/x", "/../../x", "https://evil.example/", "/\\evil.example", "@evil.example/"]
    {
        client_of(&server).send(Request::get(path)).await.unwrap();
    }
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn a_key_is_not_sent_in_the_clear_or_to_a_private_address() {
    let make = |url: &str, local| {
        Client::for_provider(url, Auth::Bearer(Secret::new(KEY)), local, Timeouts::default())
    };
    for url in [
        "http://api.example.com/v1",
        "ftp://x.example",
        "https://10.0.0.1/v1",
        "https://[::1]/v1",
        "https://u:p@api.example.com",
        "https://api.example.com/v1?key=1",
        "nonsense",
    ] {
        assert!(make(url, false).is_err(), "{url}");
    }
    make("https://api.example.com/v1", false).unwrap();
    make("http://127.0.0.1:8080/v1", true).unwrap();
    assert!(make("http://169.254.169.254/", true).is_err());
}

#[test]
fn nothing_that_can_be_printed_holds_the_key() {
    let client = Client::for_provider(
        "https://api.example.com/v1",
        Auth::Bearer(Secret::new(KEY)),
        false,
        Timeouts::default(),
    )
    .unwrap();
    for shown in [
        format!("{client:?}"),
        format!("{:?}", Auth::Bearer(Secret::new(KEY))),
        client.scrub(&format!("denied: {KEY}")),
    ] {
        assert!(!shown.contains(KEY), "{shown}");
    }
    let error = Client::for_provider(
        &format!("https://api.example.com:{KEY}/"),
        Auth::None,
        false,
        Timeouts::default(),
    )
    .unwrap_err();
    assert!(!error.to_string().contains(KEY), "{error}");
    let odd = Client::for_provider(
        "https://api.example.com",
        Auth::Bearer(Secret::new("sk-line\nbreak")),
        false,
        Timeouts::default(),
    );
    assert!(!odd.unwrap_err().to_string().contains("sk-line"));
}

/// Writes down everything that is logged.
struct Listener(Arc<Mutex<String>>);

impl tracing::Subscriber for Listener {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut Hand(&self.0));
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Hand(&self.0));
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Hand(&self.0));
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

struct Hand<'a>(&'a Mutex<String>);

impl tracing::field::Visit for Hand<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.lock().unwrap().push_str(&format!("{field}={value:?} "));
    }
}

#[tokio::test]
async fn no_log_holds_the_key_or_the_body_of_a_call_that_fails() {
    let heard = Arc::new(Mutex::new(String::new()));
    let guard = tracing::subscriber::set_default(Listener(heard.clone()));
    for line in [
        Line::json(401, format!("{{\"error\":\"{KEY}\"}}")),
        Line::Raw(KEY.as_bytes().to_vec()),
        Line::Raw(Vec::new()),
    ] {
        let server = Scripted::saying(vec![line]).await;
        let request =
            Request::post("/chat", json!({"prompt": "a secret launch"})).query("signature", "s3cret");
        if let Err(error) = client_of(&server).send(request).await {
            assert!(!format!("{error} {error:?}").contains(KEY));
        }
    }
    drop(guard);
    let heard = heard.lock().unwrap();
    assert!(heard.contains("status=401") && heard.contains("not answered"), "{heard}");
    for hidden in [KEY, "a secret launch", "s3cret"] {
        assert!(!heard.contains(hidden), "{heard}");
    }
}

#[tokio::test]
async fn a_name_with_one_private_address_among_its_answers_is_refused() {
    for answers in [vec!["127.0.0.1"], vec!["93.184.216.34", "10.0.0.1"], vec!["::ffff:169.254.169.254"]] {
        let names = Arc::new(Names(vec![answers.clone()], AtomicUsize::new(0)));
        let client =
            Client::with_lookup("https://api.example.com", Auth::None, false, hurried(), names).unwrap();
        let error = client.send(Request::get("/")).await.unwrap_err();
        assert!(matches!(error, Error::Blocked { .. }) && !error.was_sent(), "{answers:?}: {error}");
    }
}

#[tokio::test]
async fn a_name_is_looked_up_once_so_it_cannot_change_between_check_and_connection() {
    // The guard allows 127.0.0.1 here; a second lookup would lead to 127.0.0.2, where nobody listens.
    let server = Scripted::saying(vec![Line::of(200, "text/plain", "hi")]).await;
    let names = Arc::new(Names(vec![vec!["127.0.0.1"], vec!["127.0.0.2"]], AtomicUsize::new(0)));
    let base = format!("http://shop.example:{}", server.address.port());
    let client = Client::with_lookup(&base, Auth::None, true, hurried(), names.clone()).unwrap();
    assert_eq!(client.send(Request::get("/")).await.unwrap().status, 200);
    assert_eq!(names.1.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn nothing_on_this_machine_is_fetched_for_a_stranger() {
    let server = Scripted::saying(vec![Line::of(200, "text/plain", "secret")]).await;
    let fetcher = Fetcher::new(Guard::default(), hurried()).unwrap();
    let port = server.address.port();
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0177.0.0.1", "localhost"] {
        assert!(fetcher.fetch(&format!("http://{host}:{port}/"), &[], 1024).await.is_err(), "{host}");
    }
    assert!(server.asked().is_empty());
    let error = fetcher.fetch("http://localhost/", &[], 1024).await.unwrap_err();
    assert!(matches!(error, Error::Blocked { .. }), "{error}");
}

#[tokio::test]
async fn every_hop_of_a_redirect_is_checked() {
    for (to, refused) in [
        ("http://169.254.169.254/latest/", true),
        ("http://0x7f.2/", true),
        ("file:///etc/passwd", true),
        ("/here", false),
    ] {
        let server = Scripted::saying(vec![
            Line::of(302, "text/html", "").with("location", to),
            Line::of(200, "image/png", "png"),
        ])
        .await;
        let outcome = fetcher().fetch(&server.url("/start"), &["image/"], 1024).await;
        if refused {
            let error = outcome.unwrap_err();
            assert!(matches!(error, Error::Blocked { .. } | Error::Address { .. }), "{to}: {error}");
            assert_eq!(server.asked().len(), 1);
        } else {
            assert_eq!(&outcome.unwrap().bytes[..], b"png");
            assert_eq!(server.asked()[1].path, "/here");
        }
    }
}

#[tokio::test]
async fn a_circle_of_redirects_ends_after_five() {
    let server = Scripted::saying(vec![Line::of(302, "text/html", "").with("location", "/again")]).await;
    let error = fetcher().fetch(&server.url("/"), &[], 1024).await.unwrap_err();
    assert!(matches!(error, Error::Unusable { .. }), "{error}");
    assert_eq!(server.asked().len(), 6);
}

#[tokio::test]
async fn a_fetch_ends_within_its_limits_and_takes_only_what_was_asked_for() {
    let cases = [
        (Line::Endless, "more than 1024 bytes"),
        (Line::Drip, "no answer in time"),
        (Line::Silence, "no answer in time"),
        (Line::of(200, "text/html", "<p>"), "it is `text/html`"),
        (Line::of(404, "image/png", ""), "status 404"),
    ];
    for (line, why) in cases {
        let server = Scripted::saying(vec![line]).await;
        let started = Instant::now();
        let error = fetcher().fetch(&server.url("/"), &["image/"], 1024).await.unwrap_err();
        assert!(error.to_string().contains(why), "{why}: {error}");
        assert!(started.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test]
async fn no_proxy_of_the_environment_is_used() {
    let proxy = Scripted::saying(vec![Line::json(200, "{}")]).await;
    let server = Scripted::saying(vec![Line::json(200, "{}")]).await;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child
        .args(["tests::one_request_for_the_proxy_test", "--exact", "--ignored"])
        .envs(["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"].map(|name| (name, proxy.url(""))))
        .env("HANDBILL_TEST_SERVER", server.url("/v1"));
    let status = tokio::task::spawn_blocking(move || child.output().unwrap().status).await.unwrap();
    assert!(status.success());
    assert_eq!((server.asked().len(), proxy.asked().len()), (1, 0));
}

#[tokio::test]
#[ignore = "run by no_proxy_of_the_environment_is_used, in a process whose environment names a proxy"]
async fn one_request_for_the_proxy_test() {
    let server = std::env::var("HANDBILL_TEST_SERVER").unwrap();
    let client = Client::for_provider(&server, Auth::None, true, hurried()).unwrap();
    assert_eq!(client.send(Request::get("/")).await.unwrap().status, 200);
}
