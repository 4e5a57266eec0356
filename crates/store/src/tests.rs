//! The same promises on SQLite and on a real PostgreSQL that the tests start.

mod asking;
mod mishaps;
#[path = "../../../tests/servers/postgres.rs"]
mod postgres;
mod promises;
#[path = "../../../tests/servers/s3.rs"]
mod s3;
mod schema;

use bytes::Bytes;

use self::{
    postgres::Postgres,
    s3::{BUCKET, Bucket, KEY},
};
use crate::{Place, S3, Settings, Store, open::run, secrets};

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
    mishaps::all(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_promises_hold_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let server = Postgres::start(UNSAFE);
    let settings = Settings { rows: server.url("postgres"), ..Settings::embedded(folder.path()) };
    let store = Store::open(&settings).await.unwrap();
    schema::goes_up_down_and_up(&store).await;
    promises::all(&store).await;
    asking::all(&store).await;
    mishaps::all(&store).await;
}

/// As a full disk makes it: SQLite rolls back without being asked.
#[tokio::test]
async fn a_transaction_that_sqlite_ends_by_itself_leaves_nothing_locked_and_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = on_sqlite(folder.path()).await;
    secrets::shared(&store, "one").await.unwrap();
    for _ in 0..6 {
        let tx = store.begin().await.unwrap();
        let sql = "INSERT OR ROLLBACK INTO secrets (name, value) VALUES ('one', 'again')";
        run(&tx, sql, vec![]).await.unwrap_err();
        drop(tx);
        let given_up = store.begin().await.unwrap();
        run(&given_up, "INSERT INTO secrets (name, value) VALUES ('never', 'x')", vec![]).await.unwrap();
        drop(given_up);
    }
    // A transaction of its own, and no part of one that nobody ends.
    let tx = store.begin().await.unwrap();
    run(&tx, "INSERT INTO secrets (name, value) VALUES ('two', 'x')", vec![]).await.unwrap();
    tx.commit().await.unwrap();
    let another = on_sqlite(folder.path()).await;
    assert_eq!(secrets::shared(&another, "two").await.unwrap(), "x", "what was written is there");
    let writes = tokio::time::timeout(std::time::Duration::from_secs(5), secrets::shared(&another, "three"));
    writes.await.expect("nobody holds the lock").unwrap();
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
        Settings { rows: server.url("postgres"), ..Settings::embedded(folder.path()) },
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

fn in_bucket(bucket: &Bucket, folder: &std::path::Path) -> (Settings, S3) {
    let [id, secret] = KEY.map(String::from);
    let s3 = S3 { endpoint: bucket.endpoint(), access_key: id, secret_key: secret, ..S3::default() };
    let s3 = S3 { bucket: BUCKET.into(), prefix: "eu/tea".into(), ..s3 };
    (Settings { files: Place::S3(s3.clone()), ..Settings::embedded(folder) }, s3)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_keeps_files_as_a_folder_does() {
    let (folder, bucket) = (tempfile::tempdir().unwrap(), Bucket::start());
    let store = Store::open(&in_bucket(&bucket, folder.path()).0).await.unwrap();
    let damage = |name: &str, bytes: &[u8]| bucket.damage(&format!("eu/tea/{name}"), bytes);
    promises::kept_by_content(store.files(), damage).await;
    assert!(!folder.path().join("files").exists(), "nothing of it is kept here");
    bucket.is_away(true);
    Store::open_rows(&in_bucket(&bucket, folder.path()).0).await.unwrap().ping().await.unwrap();
    let begun = bucket.refused();
    let (kept, away) = tokio::join!(store.files().put(Bytes::from_static(b"film")), async {
        while bucket.refused() < begun + 2 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        bucket.is_away(false);
    });
    let () = away;
    assert_eq!(&store.files().get(&kept.unwrap()).await.unwrap()[..], b"film", "it was asked again");
}

#[tokio::test]
async fn a_bucket_that_cannot_be_used_is_told_when_the_store_opens() {
    let (folder, bucket) = (tempfile::tempdir().unwrap(), Bucket::start());
    let (settings, right) = in_bucket(&bucket, folder.path());
    let said = async |s3: S3| {
        let settings = Settings { files: Place::S3(s3), ..settings.clone() };
        Store::open(&settings).await.unwrap_err().to_string()
    };
    let at = bucket.endpoint();
    assert_eq!(
        said(S3 { bucket: "another".into(), ..right.clone() }).await,
        format!("files: bucket another at {at}: there is no such bucket")
    );
    assert_eq!(
        said(S3 { access_key: "stranger".into(), ..right }).await,
        format!("files: bucket campaigns at {at}: the key is not accepted")
    );
}
