//! Budgets: what may be spent, what is reserved for calls that are under way, what was spent. A call is paid by four at
//! once: its run, its campaign, the API key that ordered it, its workspace. Every change is part of the transaction of
//! the call that causes it; rows are locked in the order of their keys.

use std::collections::BTreeMap;

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    money::{Currency, Money},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

use crate::{
    Error, Store, ledger,
    open::{list, rows, run},
    steps,
};

/// Whose money it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One run.
    Run(RunId),
    /// All runs of a campaign.
    Campaign(String),
    /// All runs that an API key ordered.
    Key(String),
    /// Everything.
    Workspace,
}

impl Scope {
    fn key(&self, workspace: &WorkspaceId, currency: &str) -> Key {
        let (scope, id) = match self {
            Self::Run(id) => ("run", id.as_str()),
            Self::Campaign(id) => ("campaign", id.as_str()),
            Self::Key(id) => ("key", id.as_str()),
            Self::Workspace => ("workspace", workspace.as_str()),
        };
        Key {
            workspace: workspace.as_str().to_owned(),
            scope: scope.to_owned(),
            id: id.to_owned(),
            currency: currency.to_owned(),
        }
    }
}

/// Where one budget stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Most that may be spent.
    pub ceiling: Option<Money>,
    /// Reserved for calls that are under way.
    pub reserved: Money,
    /// Spent.
    pub spent: Money,
}

/// Who pays for a run's calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payers {
    pub(crate) workspace: WorkspaceId,
    pub(crate) run: RunId,
    pub(crate) campaign: Option<String>,
    pub(crate) key: Option<String>,
}

impl Payers {
    pub(crate) fn keys(&self, currency: &str) -> Vec<Key> {
        let campaign = self.campaign.iter().map(|c| Scope::Campaign(c.clone()));
        let key = self.key.iter().map(|k| Scope::Key(k.clone()));
        let scopes = [Scope::Workspace, Scope::Run(self.run.clone())].into_iter().chain(campaign).chain(key);
        scopes.map(|scope| scope.key(&self.workspace, currency)).collect()
    }
}

/// Names a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    workspace: String,
    scope: String,
    id: String,
    currency: String,
}

/// What changes in a row.
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    reserved: i64,
    spent: i64,
    held: bool,
}

/// Some budgets, locked until the transaction ends, with what changes in them.
#[derive(Debug, Default)]
pub(crate) struct Book {
    rows: BTreeMap<Key, row::Model>,
    changes: BTreeMap<Key, Change>,
}

impl Book {
    /// Locks the rows of these payers.
    pub(crate) async fn open<'p>(
        db: &impl ConnectionTrait,
        payers: impl IntoIterator<Item = (&'p Payers, &'p str)>,
    ) -> Result<Self, Error> {
        let mut keys: Vec<Key> = payers.into_iter().flat_map(|(p, currency)| p.keys(currency)).collect();
        keys.sort();
        keys.dedup();
        if keys.is_empty() {
            return Ok(Self::default());
        }
        let sql = "SELECT b.* FROM budgets b JOIN {rows(workspace text, scope text, id text, currency text)}
                   ON b.workspace_id = v.workspace AND b.scope = v.scope AND b.scope_id = v.id AND b.currency = v.currency
                   ORDER BY b.workspace_id, b.scope, b.scope_id, b.currency {lock b}";
        let values = vec![list(keys.iter().map(
            |k| json!({ "workspace": k.workspace, "scope": k.scope, "id": k.id, "currency": k.currency }),
        ))?];
        let found: Vec<row::Model> = rows(db, sql, values).await?;
        Ok(Self { rows: found.into_iter().map(|row| (row.key(), row)).collect(), changes: BTreeMap::new() })
    }

    /// Would this fit under every ceiling, together with all that is spent and reserved? Nothing always fits. A run
    /// that is paid in another currency has no budget, and so no money.
    pub(crate) fn fits(&self, payers: &Payers, currency: &str, micros: i64) -> bool {
        let keys = payers.keys(currency);
        let fits = |key: &Key| match self.rows.get(key) {
            Some(row) => row.ceiling_micros.is_none_or(|most| self.stands(key, row) + micros <= most),
            None => key.scope != "run",
        };
        micros == 0 || keys.iter().all(fits)
    }

    fn stands(&self, key: &Key, row: &row::Model) -> i64 {
        let change = self.changes.get(key).copied().unwrap_or_default();
        row.spent_micros + row.reserved_micros + change.reserved + change.spent
    }

    /// Changes what is reserved and what is spent.
    pub(crate) fn change(&mut self, payers: &Payers, currency: &str, reserved: i64, spent: i64) {
        if reserved == 0 && spent == 0 {
            return;
        }
        for key in payers.keys(currency) {
            let change = self.changes.entry(key).or_default();
            change.reserved += reserved;
            change.spent += spent;
        }
    }

    /// Notes that somebody waits for money of these.
    pub(crate) fn hold(&mut self, payers: &Payers, currency: &str) {
        for key in payers.keys(currency) {
            self.changes.entry(key).or_default().held = true;
        }
    }

    /// Writes the changes. Where money became free and somebody waits for it, the steps are made ready.
    pub(crate) async fn close(self, db: &impl ConnectionTrait) -> Result<Vec<steps::Ready>, Error> {
        let changed: Vec<(&Key, &Change)> =
            self.changes.iter().filter(|(key, _)| self.rows.contains_key(key)).collect();
        if changed.is_empty() {
            return Ok(vec![]);
        }
        let freed = |key: &Key, change: &Change| {
            !change.held && self.rows[key].held != 0 && change.reserved + change.spent < 0
        };
        let values = vec![list(changed.iter().map(|(k, c)| {
            let held = if freed(k, c) { 0 } else { i32::from(c.held || self.rows[*k].held != 0) };
            json!({ "workspace": k.workspace, "scope": k.scope, "id": k.id, "currency": k.currency,
                    "reserved": c.reserved, "spent": c.spent, "held": held })
        }))?];
        let sql = "UPDATE budgets SET reserved_micros = reserved_micros + v.reserved, spent_micros = spent_micros + v.spent, held = v.held
                   FROM {rows(workspace text, scope text, id text, currency text, reserved bigint, spent bigint, held integer)}
                   WHERE budgets.workspace_id = v.workspace AND budgets.scope = v.scope AND budgets.scope_id = v.id AND budgets.currency = v.currency";
        run(db, sql, values).await?;
        let mut ready = Vec::new();
        for (key, _) in changed.into_iter().filter(|(key, change)| freed(key, change)) {
            ready.extend(release(db, key).await?);
        }
        Ok(ready)
    }
}

/// Makes the steps ready that wait for money of a budget. They are taken as they can be had, because the budget is
/// locked already and steps come before budgets elsewhere.
async fn release(db: &impl ConnectionTrait, key: &Key) -> Result<Vec<steps::Ready>, Error> {
    let of_scope = match key.scope.as_str() {
        "run" => "r.id = $2",
        "campaign" => "r.campaign_id = $2",
        "key" => "r.key_id = $2",
        _ => "r.workspace_id = $2",
    };
    let sql = format!(
        "UPDATE steps SET state = 'ready', failure = NULL WHERE id IN (
           SELECT s.id FROM steps s JOIN runs r ON r.workspace_id = s.workspace_id AND r.id = s.run_id
           WHERE s.workspace_id = $1 AND s.state = 'waiting' AND s.due_at IS NULL AND r.currency = $3 AND {of_scope}
           ORDER BY s.id {{skip s}}) RETURNING id, workspace_id, run_id, lane"
    );
    let values = vec![key.workspace.as_str().into(), key.id.as_str().into(), key.currency.as_str().into()];
    steps::readied(rows(db, &sql, values).await?)
}

/// Opens the budgets of a run: its own with a ceiling, those of its campaign, key and workspace where they are new.
pub(crate) async fn open(
    db: &impl ConnectionTrait,
    payers: &Payers,
    currency: Currency,
    ceiling_micros: Option<i64>,
) -> Result<(), Error> {
    let sql = "INSERT INTO budgets (workspace_id, scope, scope_id, currency, ceiling_micros, reserved_micros, spent_micros, held)
               VALUES ($1, $2, $3, $4, $5, 0, 0, 0) ON CONFLICT DO NOTHING";
    let mut keys = payers.keys(currency.code());
    keys.sort();
    for key in keys {
        let ceiling = if key.scope == "run" { ceiling_micros } else { None };
        let mut values = of(&key);
        values.push(ceiling.into());
        run(db, sql, values).await?;
    }
    Ok(())
}

/// Sets a ceiling; none takes it away. What waited for money of it is tried again.
pub async fn set_ceiling(
    store: &Store,
    workspace: &WorkspaceId,
    scope: &Scope,
    currency: Currency,
    ceiling_micros: Option<i64>,
) -> Result<(), Error> {
    let tx = store.begin().await?;
    raise(&tx, workspace, scope, currency, ceiling_micros).await?;
    Ok(tx.commit().await?)
}

pub(crate) async fn raise(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    scope: &Scope,
    currency: Currency,
    ceiling_micros: Option<i64>,
) -> Result<(), Error> {
    let key = scope.key(workspace, currency.code());
    let sql = "INSERT INTO budgets (workspace_id, scope, scope_id, currency, ceiling_micros, reserved_micros, spent_micros, held)
               VALUES ($1, $2, $3, $4, $5, 0, 0, 0)
               ON CONFLICT (workspace_id, scope, scope_id, currency) DO UPDATE SET ceiling_micros = $5, held = 0";
    let mut values = of(&key);
    values.push(ceiling_micros.into());
    run(db, sql, values).await?;
    release(db, &key).await.map(drop)
}

/// Where the budgets of a scope stand, one a currency.
pub async fn read(store: &Store, workspace: &WorkspaceId, scope: &Scope) -> Result<Vec<Budget>, Error> {
    let key = scope.key(workspace, "");
    let sql =
        "SELECT * FROM budgets WHERE workspace_id = $1 AND scope = $2 AND scope_id = $3 ORDER BY currency";
    let values = of(&key)[..3].to_vec();
    let found: Vec<row::Model> = rows(&store.db, sql, values).await?;
    found.into_iter().map(row::Model::read).collect()
}

fn of(key: &Key) -> Vec<sea_orm::Value> {
    [&key.workspace, &key.scope, &key.id, &key.currency].map(|t| t.as_str().into()).to_vec()
}

impl row::Model {
    fn key(&self) -> Key {
        Key {
            workspace: self.workspace_id.clone(),
            scope: self.scope.clone(),
            id: self.scope_id.clone(),
            currency: self.currency.clone(),
        }
    }

    fn read(self) -> Result<Budget, Error> {
        let currency = ledger::currency(&self.currency)?;
        let money = |amount_micros| Money { amount_micros, currency };
        Ok(Budget {
            ceiling: self.ceiling_micros.map(money),
            reserved: money(self.reserved_micros),
            spent: money(self.spent_micros),
        })
    }
}

/// What a run's row says about who pays.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct PayersRow {
    pub(crate) workspace_id: String,
    pub(crate) run_id: String,
    pub(crate) campaign_id: Option<String>,
    pub(crate) key_id: Option<String>,
}

impl PayersRow {
    pub(crate) fn read(&self) -> Payers {
        Payers {
            workspace: WorkspaceId::new(self.workspace_id.as_str()),
            run: RunId::new(self.run_id.as_str()),
            campaign: self.campaign_id.clone(),
            key: self.key_id.clone(),
        }
    }
}

/// The table, and nothing else.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "budgets")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub workspace_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub scope: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub scope_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub currency: String,
        pub ceiling_micros: Option<i64>,
        pub reserved_micros: i64,
        pub spent_micros: i64,
        pub held: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
