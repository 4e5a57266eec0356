//! The door to everything that is kept.

use std::{path::PathBuf, time::Duration};

use handbill_migrations::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    ExecResult, FromQueryResult, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    Value, sqlx::Connection,
};
use serde::Serialize;

use crate::{Error, Files, Place, error::unreadable, group::Groups};

/// How long a writer waits for another one on SQLite.
const PATIENCE: Duration = Duration::from_secs(30);

/// The advisory lock of migrations on PostgreSQL: any number that nobody else takes.
const MIGRATING: i64 = 0x6861_6e64;

/// Where things are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `sqlite:///folder/file.db` or `postgres://user@host/name`.
    pub rows: String,
    /// Where the files are.
    pub files: Place,
    /// Folder of the locks by which processes of one machine see that another one died.
    pub locks: PathBuf,
}

impl Settings {
    /// Everything in one folder, without a server.
    pub fn embedded(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        let whole = std::path::absolute(&folder).unwrap_or_else(|_| folder.clone());
        Self {
            rows: format!("sqlite://{}", in_address(&whole.join("handbill.db").display().to_string())),
            files: Place::Folder(folder.join("files")),
            locks: folder.join("sessions"),
        }
    }
}

/// Rows and files. Cheap to clone: clones share the connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) db: DatabaseConnection,
    pub(crate) groups: std::sync::Arc<Groups>,
    pub(crate) locks: PathBuf,
    files: Files,
}

impl Store {
    /// Opens the store, makes it where it is not, and brings the rows to this build's schema.
    pub async fn open(settings: &Settings) -> Result<Self, Error> {
        let store = Self::open_rows(settings).await?;
        store.files.look().await?;
        Ok(store)
    }

    /// The same for those who need rows only: a bucket that is away must not keep anybody from ending a run.
    pub async fn open_rows(settings: &Settings) -> Result<Self, Error> {
        let locks = settings.locks.clone();
        tokio::fs::create_dir_all(&locks)
            .await
            .map_err(|e| Error::Files(format!("{}: {e}", locks.display())))?;
        // A connection of its own: one that was open before a change of the schema would remember tables as they were.
        migrate(&connect(&settings.rows, Some(1)).await?).await?;
        let db = connect(&settings.rows, None).await?;
        let files = Files::open(&settings.files).await?;
        let groups = std::sync::Arc::new(Groups::of(db.get_database_backend() == DbBackend::Sqlite));
        Ok(Self { db, groups, locks, files })
    }

    /// The files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }

    /// The database's clock, in milliseconds since 1970: all times of rows are by it.
    pub async fn clock(&self) -> Result<i64, Error> {
        now(&self.db).await
    }

    /// Begins a transaction that may write.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, Error> {
        writing(&self.db).await
    }
}

/// One process at a time: two that open a new store together must not both make its tables.
async fn migrate(db: &DatabaseConnection) -> Result<(), Error> {
    let txn = writing(db).await?;
    if txn.get_database_backend() == DbBackend::Postgres {
        run(&txn, &format!("SELECT pg_advisory_xact_lock({MIGRATING})"), vec![]).await?;
    }
    Migrator::up(&txn, None).await?;
    Ok(txn.commit().await?)
}

/// A transaction that may write. On SQLite it takes the write lock at once: two readers that both want to become
/// writers would refuse each other.
async fn writing(db: &DatabaseConnection) -> Result<DatabaseTransaction, Error> {
    let mode = (db.get_database_backend() == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode: mode, ..TransactionOptions::default() };
    Ok(db.begin_with_options(options).await?)
}

/// Signs that mean something in an address; `%` is first on the way in and last on the way out.
const SIGNS: [(&str, &str); 4] = [("%", "%25"), ("?", "%3F"), ("#", "%23"), (" ", "%20")];

/// A path as a part of an address.
fn in_address(path: &str) -> String {
    SIGNS.iter().fold(path.to_owned(), |path, (sign, code)| path.replace(sign, code))
}

fn out_of_address(path: &str) -> String {
    SIGNS.iter().rev().fold(path.to_owned(), |path, (sign, code)| path.replace(code, sign))
}

async fn connect(url: &str, most: Option<u32>) -> Result<DatabaseConnection, Error> {
    let mut options = ConnectOptions::new(url);
    // Connections are kept for good and tested before each use. The pool's reaper of old ones can spin for ever and hold
    // a worker thread with it (sqlx issue 3645, mended after 0.9.0), so there must be nothing for it to do.
    options.sqlx_logging(false).acquire_timeout(PATIENCE).idle_timeout(None).max_lifetime(None);
    if let Some(path) = url.strip_prefix("sqlite://") {
        let file = PathBuf::from(out_of_address(path.split('?').next().unwrap_or(path)));
        if let Some(folder) = file.parent() {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(|e| Error::Files(format!("{}: {e}", folder.display())))?;
        }
        options.max_connections(most.unwrap_or(4));
        // A transaction that SQLite ended by itself (the disk was full) is one that the pool cannot roll back: its connection
        // would hold the lock, and take every later transaction for a part of that one.
        options.map_sqlx_sqlite_pool_opts(|pool| {
            pool.after_release(|connection, _| {
                Box::pin(async move {
                    if connection.is_in_transaction() {
                        // What was only dropped is rolled back before this is answered.
                        connection.ping().await?;
                    }
                    Ok(!connection.is_in_transaction())
                })
            })
        });
        // `synchronous=FULL`: a call's row must be on the disk before the call leaves, even if the power fails.
        options.map_sqlx_sqlite_opts(|o| {
            o.create_if_missing(true)
                .busy_timeout(PATIENCE)
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "FULL")
                .foreign_keys(true)
        });
    } else {
        options.max_connections(most.unwrap_or(16));
        // A plan that was made for an empty table is a bad one when a run of a million steps has come.
        options.map_sqlx_postgres_opts(|o| o.options([("plan_cache_mode", "force_custom_plan")]));
    }
    Ok(Database::connect(options).await?)
}

/// Runs one statement. `{now}` in it stands for the database's own clock in milliseconds since 1970: the clocks of
/// workers may differ, and leases must not. `{lock}` locks the rows that a SELECT finds, `{skip}` those that nobody else
/// has locked; `{lock s}` and `{skip s}` only those of the table `s`. `{rows(name type, …)}` is a table `v` of the JSON array in `$1`.
pub(crate) async fn run(
    db: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<ExecResult, Error> {
    Ok(db.execute_raw(statement(db, sql, values)).await?)
}

/// Asks for rows.
pub(crate) async fn rows<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<T>, Error> {
    Ok(T::find_by_statement(statement(db, sql, values)).all(db).await?)
}

/// Asks for one row at most.
pub(crate) async fn row<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<Option<T>, Error> {
    Ok(T::find_by_statement(statement(db, sql, values)).one(db).await?)
}

/// The database's clock.
pub(crate) async fn now(db: &impl ConnectionTrait) -> Result<i64, Error> {
    #[derive(FromQueryResult)]
    struct Now {
        now: i64,
    }
    let now: Option<Now> = row(db, "SELECT {now} AS now", vec![]).await?;
    Ok(now.map_or(0, |n| n.now))
}

/// A JSON array as a parameter for `{rows(…)}`.
pub(crate) fn list<T: Serialize>(items: impl IntoIterator<Item = T>) -> Result<Value, Error> {
    let items: Vec<T> = items.into_iter().collect();
    Ok(serde_json::to_string(&items).map_err(unreadable)?.into())
}

pub(crate) fn is_sqlite(db: &impl ConnectionTrait) -> bool {
    db.get_database_backend() == DbBackend::Sqlite
}

pub(crate) fn statement(db: &impl ConnectionTrait, sql: &str, values: Vec<Value>) -> Statement {
    let backend = db.get_database_backend();
    let postgres = backend == DbBackend::Postgres;
    let now = if postgres {
        "(CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint))"
    } else {
        "(CAST(unixepoch('subsec') * 1000 AS integer))"
    };
    let mut sql = sql.replace("{now}", now);
    // SQLite has one writer at a time: there is nothing to lock row by row.
    for (word, clause) in [("{lock", "FOR NO KEY UPDATE"), ("{skip", "SKIP LOCKED")] {
        while let Some((before, rest)) = sql.split_once(word) {
            let (table, after) = rest.split_once('}').unwrap_or((rest, ""));
            let of = if table.is_empty() { String::new() } else { format!(" OF{table}") };
            let clause = match (postgres, word) {
                (false, _) => String::new(),
                (true, "{skip") => format!("FOR NO KEY UPDATE{of} {clause}"),
                (true, _) => format!("{clause}{of}"),
            };
            sql = format!("{before}{clause}{after}");
        }
    }
    while let Some((before, rest)) = sql.split_once("{rows(") {
        let (columns, after) = rest.split_once(")}").unwrap_or((rest, ""));
        let table = if postgres {
            format!("jsonb_to_recordset(CAST($1 AS jsonb)) AS v({columns})")
        } else {
            let names = columns.split(',').filter_map(|c| c.trim().split(' ').next());
            let picks: Vec<String> = names.map(|n| format!("value ->> '{n}' AS {n}")).collect();
            format!("(SELECT {} FROM json_each($1)) AS v", picks.join(", "))
        };
        sql = format!("{before}{table}{after}");
    }
    Statement::from_sql_and_values(backend, sql, values)
}
