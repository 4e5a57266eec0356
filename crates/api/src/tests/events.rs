//! Live events over a connection that stays open.

use handbill_store::runs;

use super::{
    desk::{a_plan, an_order},
    *,
};

/// A connection that tells events.
struct Stream {
    socket: TcpStream,
    text: String,
}

impl Stream {
    async fn open(server: &Server, path: &str, key: &str, more: &str) -> Self {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let head =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n{more}\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        Self { socket, text: String::new() }
    }

    /// Reads until all that was told has this in it.
    async fn until(&mut self, wanted: &str) {
        let mut bytes = [0; 4096];
        while !self.text.contains(wanted) {
            let read = tokio::time::timeout(Duration::from_secs(20), self.socket.read(&mut bytes)).await;
            let length = read.unwrap_or_else(|_| panic!("{wanted} does not come: {}", self.text)).unwrap();
            assert!(length > 0, "it ended before {wanted}: {}", self.text);
            self.text.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
    }

    /// Events of a name: id and data.
    fn events(&self, name: &str) -> Vec<(i64, Value)> {
        let name = format!("event: {name}\n");
        let found = self.text.split(&name).skip(1);
        found
            .map(|event| {
                let line = |field: &str| event.lines().find_map(|l| l.strip_prefix(field)).unwrap();
                (line("id: ").parse().unwrap(), serde_json::from_str(line("data: ")).unwrap())
            })
            .collect()
    }
}

async fn a_run(server: &Server, key: &str, seed: u64) -> String {
    let plan = a_plan(server, key, |body| body["seed"] = json!(seed)).await;
    let order = Call::new(server, "POST", "/api/v1/runs").key(key).json(&an_order(&plan, 5));
    order.done().await.with(201).body["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_tell_how_everything_stands_and_then_what_changes_with_the_body_of_the_poll() {
    let server = serving().await;
    let key = server.any_key().await;
    let first = a_run(&server, &key, 1).await;
    let mut stream = Stream::open(&server, "/api/v1/events", &key, "").await;
    stream.until("snapshot_end").await;
    assert!(stream.text.to_lowercase().contains("content-type: text/event-stream"));
    let poll = Call::new(&server, "GET", &format!("/api/v1/runs/{first}")).key(&key).done().await.body;
    assert_eq!(stream.events("run")[0].1, poll);

    let second = a_run(&server, &key, 2).await;
    stream.until(&format!("\"id\":\"{second}\"")).await;
    runs::pause(&server.store, &WorkspaceId::default(), &handbill_domain::ids::RunId::new(&first))
        .await
        .unwrap();
    stream.until("\"state\":\"paused\"").await;
    let ids: Vec<i64> = stream.events("run").into_iter().map(|(id, _)| id).collect();
    assert!(ids.is_sorted(), "{ids:?}");

    // Another workspace hears nothing of it.
    let stranger = server.key("elsewhere", |_| {}).await;
    let mut theirs = Stream::open(&server, "/api/v1/events", &stranger, "").await;
    theirs.until("snapshot_end").await;
    assert!(theirs.events("run").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_is_told_what_ended_meanwhile_and_who_was_away_too_long_begins_anew() {
    let server = serving().await;
    let key = server.any_key().await;
    let run = a_run(&server, &key, 1).await;
    let mut stream = Stream::open(&server, "/api/v1/events", &key, "").await;
    stream.until("snapshot_end").await;
    let last = stream.events("snapshot_end")[0].0;
    drop(stream);
    runs::cancel(&server.store, &WorkspaceId::default(), &handbill_domain::ids::RunId::new(&run))
        .await
        .unwrap();

    let mut back = Stream::open(&server, "/api/v1/events", &key, &format!("last-event-id: {last}\r\n")).await;
    back.until("snapshot_end").await;
    assert_eq!(back.events("run")[0].1["state"], "canceled");
    assert!(!back.text.contains("resync"));
    let mut late = Stream::open(&server, "/api/v1/events", &key, "last-event-id: 1\r\n").await;
    late.until("snapshot_end").await;
    assert_eq!((late.events("resync").len(), late.events("run").len()), (1, 0));
    // Who waits for one run is told of it, even if it ended long ago.
    let mut one = Stream::open(&server, &format!("/api/v1/events?run={run}"), &key, "").await;
    one.until("snapshot_end").await;
    assert_eq!(one.events("run")[0].1["state"], "canceled");
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_when_the_process_is_asked_to_stop() {
    let server = serving().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let live = live::Live::new(server.store.clone(), stopped);
    let waiting = tokio::spawn(async move { live.stopped().await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    stop.send_replace(true);
    tokio::time::timeout(Duration::from_secs(2), waiting).await.unwrap().unwrap();
}
