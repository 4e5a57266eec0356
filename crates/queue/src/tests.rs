//! Both dispatchers keep the same promises; Redis is a real one.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use handbill_domain::step::Lane;

use super::*;

fn ticket(step: i64) -> Ticket {
    Ticket { workspace: WorkspaceId::default(), step }
}

const SOON: Duration = Duration::from_millis(60);

async fn keeps_its_promises(line: Arc<dyn Dispatcher>) {
    line.push(Lane::Model, &[ticket(2), ticket(1), ticket(2), ticket(3)]).await.unwrap();
    line.push(Lane::Model, &[ticket(1)]).await.unwrap();
    assert_eq!(line.depth(Lane::Model).await.unwrap(), 3, "a ticket waits once");
    assert_eq!(line.pop(Lane::Media, SOON).await.unwrap(), None, "lanes are apart");
    assert!(line.remove(Lane::Model, &ticket(1)).await.unwrap());
    assert!(!line.remove(Lane::Model, &ticket(1)).await.unwrap());
    assert_eq!(line.pop(Lane::Model, SOON).await.unwrap(), Some(ticket(2)), "first come, first served");
    assert_eq!(line.pop(Lane::Model, SOON).await.unwrap(), Some(ticket(3)));
    assert_eq!(line.pop(Lane::Model, SOON).await.unwrap(), None);

    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let line = line.clone();
            tokio::spawn(
                async move { line.pop(Lane::Deliver, Duration::from_secs(10)).await.unwrap().unwrap() },
            )
        })
        .collect();
    tokio::time::sleep(SOON).await;
    line.push(Lane::Deliver, &(1..=4).map(ticket).collect::<Vec<_>>()).await.unwrap();
    let mut got = Vec::new();
    for popped in waiting {
        got.push(popped.await.unwrap().step);
    }
    got.sort_unstable();
    assert_eq!(got, [1, 2, 3, 4], "everybody who waits gets one, nobody the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_in_this_process_wait_once_and_in_order() {
    keeps_its_promises(Arc::new(Local::default())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_in_redis_wait_once_and_in_order() {
    let server = a_redis();
    keeps_its_promises(Arc::new(Redis::open(&server.url, "test").await.unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_lost_everything_takes_the_tickets_again() {
    let server = a_redis();
    let line = Redis::open(&server.url, "test").await.unwrap();
    line.push(Lane::Model, &[ticket(1)]).await.unwrap();
    let mut connection =
        ::redis::Client::open(server.url.as_str()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let _: () = ::redis::cmd("FLUSHALL").query_async(&mut connection).await.unwrap();
    let _: () = ::redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut connection).await.unwrap();
    assert_eq!(line.pop(Lane::Model, SOON).await.unwrap(), None);
    line.push(Lane::Model, &[ticket(1)]).await.unwrap();
    assert_eq!(line.pop(Lane::Model, SOON).await.unwrap(), Some(ticket(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_hangs_is_busy_and_does_not_hang_the_worker() {
    let server = a_redis();
    let line = Redis::open(&server.url, "test").await.unwrap();
    let signal =
        |name: &str| Command::new("kill").args([name, &server.process.id().to_string()]).status().unwrap();
    signal("-STOP");
    let error = tokio::time::timeout(Duration::from_secs(20), line.depth(Lane::Model))
        .await
        .expect("an answer in time")
        .unwrap_err();
    signal("-CONT");
    assert_eq!(error.fault(), Fault::Busy { retry_after: None });
    assert_eq!(line.depth(Lane::Model).await.unwrap(), 0, "and it is used again when it wakes");
}

#[test]
fn a_ticket_reads_what_it_writes() {
    let there = Ticket { workspace: WorkspaceId::new("a:b"), step: 7 };
    assert_eq!(there.to_string().parse::<Ticket>().unwrap(), there);
    assert!("x".parse::<Ticket>().is_err());
}

struct Server {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn a_redis() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let process = Command::new("redis-server")
        .args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
        ])
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server, which set-up installs");
    let up = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    for _ in 0..200 {
        if up() {
            break;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    assert!(up(), "redis-server did not start");
    Server { process, url: format!("redis://127.0.0.1:{port}/"), _folder: folder }
}
