//! What all signals promise: best effort, to everybody who listens.

use std::sync::Arc;

use handbill_domain::ids::RunId;
use serde_json::json;
use tokio::time::timeout;

use super::*;
use crate::{
    Signals,
    signals::{Control, Ear, Progress},
};

async fn heard<T: Clone>(ear: &mut Ear<T>) -> Option<T> {
    timeout(Duration::from_secs(2), ear.next()).await.ok().flatten()
}

fn a_cancel(run: &str) -> Control {
    Control::Cancel { workspace: WorkspaceId::default(), run: RunId::new(run) }
}

fn a_progress(workspace: &str, run: &str, percent: u32) -> Progress {
    Progress {
        workspace: WorkspaceId::new(workspace),
        run: RunId::new(run),
        event: json!({ "percent": percent }),
    }
}

/// `near` and `far` are two processes, or twice the same.
async fn keep_their_promises(near: Arc<dyn Signals>, far: Arc<dyn Signals>) {
    let (mut first, mut second) = (far.listen(), near.listen());
    let pause = Control::Pause { workspace: WorkspaceId::default(), run: RunId::new("one") };
    for control in [a_cancel("one"), pause, Control::Ready] {
        near.tell(&control).await.unwrap();
        assert_eq!(heard(&mut first).await, Some(control.clone()));
        assert_eq!(heard(&mut second).await, Some(control));
    }

    let run = RunId::new("one");
    let mut watching = far.watch(&WorkspaceId::default(), &run).await.unwrap();
    let mut stranger = far.watch(&WorkspaceId::new("stranger"), &run).await.unwrap();
    near.show(&a_progress("local", "one", 10)).await.unwrap();
    near.show(&a_progress("local", "two", 20)).await.unwrap();
    near.show(&a_progress("local", "one", 30)).await.unwrap();
    assert_eq!(heard(&mut watching).await, Some(a_progress("local", "one", 10)));
    assert_eq!(heard(&mut watching).await, Some(a_progress("local", "one", 30)));
    assert!(timeout(SOON, stranger.next()).await.is_err(), "a run of another workspace is another run");

    // Going away and coming back.
    drop(watching);
    near.show(&a_progress("local", "one", 40)).await.unwrap();
    tokio::time::sleep(SOON).await;
    let mut watching = far.watch(&WorkspaceId::default(), &run).await.unwrap();
    near.show(&a_progress("local", "one", 50)).await.unwrap();
    assert_eq!(heard(&mut watching).await, Some(a_progress("local", "one", 50)));
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_in_this_process_keep_their_promises() {
    let here = here();
    keep_their_promises(here.clone(), here).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_in_redis_keep_their_promises() {
    let server = a_redis();
    let (near, far) = (server.line().await, server.line().await);
    server.heard_by(2).await;
    keep_their_promises(Arc::new(near), Arc::new(far)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_nobody_watches_any_more_is_not_listened_to() {
    let server = a_redis();
    let line = server.line().await;
    let run = RunId::new("one");
    drop(line.watch(&WorkspaceId::default(), &run).await.unwrap());
    let listeners = async || {
        let (_, count): (String, u64) = server.ask(&["PUBSUB", "NUMSUB", "test:progress:local:one"]).await;
        count
    };
    assert_eq!(listeners().await, 1);
    line.show(&a_progress("local", "one", 1)).await.unwrap();
    tokio::time::sleep(SOON).await;
    assert_eq!(listeners().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_comes_back_is_listened_to_again_and_meanwhile_this_process_is_told() {
    let mut server = a_redis();
    let line = server.line().await;
    let (mut ear, run) = (line.listen(), RunId::new("one"));
    let mut watching = line.watch(&WorkspaceId::default(), &run).await.unwrap();
    server.stop();
    line.tell(&a_cancel("one")).await.unwrap_err();
    assert_eq!(heard(&mut ear).await, Some(a_cancel("one")));
    server.again();
    tokio::time::sleep(Duration::from_secs(1)).await;
    line.tell(&a_cancel("two")).await.unwrap();
    assert_eq!(heard(&mut ear).await, Some(a_cancel("two")));
    line.show(&a_progress("local", "one", 7)).await.unwrap();
    assert_eq!(heard(&mut watching).await, Some(a_progress("local", "one", 7)));
}
