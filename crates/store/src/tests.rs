//! The same promises on SQLite and on a real PostgreSQL that the tests start.

mod asking;
#[path = "../../../tests/servers/postgres.rs"]
mod postgres;
mod promises;
mod schema;

use self::postgres::Postgres;
use crate::{Settings, Store};

/// Nothing here has to outlive the power.
const UNSAFE: &str = "-c fsync=off";

/// A database of its own, in the folder.
async fn on_sqlite(folder: &std::path::Path) -> Store {
    Store::open(&Settings::embedded(folder)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_promises_hold_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    schema::goes_up_down_and_up(&on_sqlite(folder.path()).await).await;
    let store = on_sqlite(folder.path()).await;
    promises::all(&store).await;
    asking::all(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_promises_hold_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let server = Postgres::start(UNSAFE);
    let settings = Settings { rows: server.url("postgres"), files: folder.path().join("files") };
    let store = Store::open(&settings).await.unwrap();
    schema::goes_up_down_and_up(&store).await;
    promises::all(&store).await;
    asking::all(&store).await;
}

#[tokio::test]
async fn a_folder_may_have_any_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["春茶 2026", "a?b", "50%20off", "#1"] {
        on_sqlite(&folder.path().join(name)).await.ping().await.unwrap();
        assert!(folder.path().join(name).join("handbill.db").is_file(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn many_processes_may_open_a_new_store_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Postgres::start(UNSAFE);
    for settings in [
        Settings::embedded(folder.path()),
        Settings { rows: server.url("postgres"), files: folder.path().join("files") },
    ] {
        let opening: Vec<_> = (0..8)
            .map(|_| {
                let settings = settings.clone();
                tokio::spawn(async move { Store::open(&settings).await })
            })
            .collect();
        for opened in opening {
            opened.await.unwrap().expect("everybody finds the tables, whoever made them");
        }
    }
}
