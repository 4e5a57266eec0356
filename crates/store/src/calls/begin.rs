//! Many calls begin in one transaction: fence, journal and budgets together.

use std::collections::BTreeMap;

use handbill_domain::ids::WorkspaceId;
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Value, json};

use super::{Begun, NewCall, json as read, row};
use crate::{
    Error, Store,
    budgets::{Book, Payers, PayersRow},
    group::{Batch, Group, Groups},
    open::{list, rows, run},
    steps::Fence,
};

/// A call that wants to begin.
#[derive(Clone, Debug)]
pub(crate) struct Begin {
    pub(crate) workspace: WorkspaceId,
    pub(crate) fence: Fence,
    pub(crate) new: NewCall,
}

#[derive(Clone, FromQueryResult)]
struct Held {
    id: i64,
    epoch: i64,
    run_state: String,
    #[sea_orm(nested)]
    payers: PayersRow,
}

impl Batch for Begin {
    type Done = Begun;

    async fn write(store: &Store, batch: &[Self]) -> Result<Vec<Result<Begun, Error>>, Error> {
        let tx = store.begin().await?;
        let held = held(&tx, batch).await?;
        let known = known(&tx, batch).await?;
        let earlier = earlier(&tx, batch, &held, &known).await?;
        let payers: BTreeMap<i64, Payers> = held.values().map(|h| (h.id, h.payers.read())).collect();
        // Who pays nothing now may have money back from before.
        let reserved = |b: &Begin| known.get(&b.name()).is_some_and(|call| call.reserved_micros != 0);
        let paying = batch.iter().filter(|b| b.new.reserved_micros != 0 || reserved(b));
        let book = paying.filter_map(|b| Some((payers.get(&b.fence.step)?, b.new.currency.code())));
        let mut page =
            Page { book: Book::open(&tx, book).await?, first: vec![], again: vec![], taken: vec![], now: 0 };
        if known.values().any(|call| call.state == "sending") {
            page.now = crate::open::now(&tx).await?;
        }
        let mut done = Vec::with_capacity(batch.len());
        for begin in batch {
            let Some(held) = held.get(&begin.fence.step).filter(|h| begin.holds(h)) else {
                done.push(Err(Error::Lost(format!("step {}", begin.fence.step))));
                continue;
            };
            let call = known.get(&begin.name());
            let payers = &payers[&begin.fence.step];
            done.push(match call {
                // Nothing leaves for a run that a person ended.
                _ if held.run_state == "canceled" => Ok(Begun::Canceled),
                Some(call) => page.again(begin, payers, call),
                None => match earlier.get(&begin.new.key) {
                    Some(reply) => read(Some(reply)).map(|reply| Begun::Reused { reply }),
                    None => Ok(page.first(begin, payers)),
                },
            });
        }
        page.write(&tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    fn group(groups: &Groups) -> &Group<Self> {
        &groups.begins
    }
}

impl Begin {
    /// Names its row.
    fn name(&self) -> (String, String) {
        (self.workspace.as_str().to_owned(), self.new.key.clone())
    }

    fn holds(&self, held: &Held) -> bool {
        held.epoch == self.fence.epoch && held.payers.workspace_id == self.workspace.as_str()
    }
}

/// The steps that are held, locked until the transaction ends: nobody else claims them meanwhile.
async fn held(db: &impl ConnectionTrait, batch: &[Begin]) -> Result<BTreeMap<i64, Held>, Error> {
    let sql = "SELECT s.id, s.epoch, r.state AS run_state, s.workspace_id, s.run_id, r.campaign_id, r.key_id FROM steps s
               JOIN runs r ON r.workspace_id = s.workspace_id AND r.id = s.run_id
               WHERE s.id IN (SELECT v.step FROM {rows(step bigint)}) AND s.state = 'running' ORDER BY s.id {lock s}";
    let steps = list(batch.iter().map(|b| json!({ "step": b.fence.step })))?;
    let found: Vec<Held> = rows(db, sql, vec![steps]).await?;
    Ok(found.into_iter().map(|h| (h.id, h)).collect())
}

async fn known(
    db: &impl ConnectionTrait,
    batch: &[Begin],
) -> Result<BTreeMap<(String, String), row::Model>, Error> {
    let sql = "SELECT c.* FROM calls c JOIN {rows(workspace text, key text)} ON c.workspace_id = v.workspace AND c.key = v.key
               ORDER BY c.workspace_id, c.key {lock c}";
    let keys = batch.iter().map(|b| json!({ "workspace": b.workspace.as_str(), "key": b.new.key }));
    let found: Vec<row::Model> = rows(db, sql, vec![list(keys)?]).await?;
    Ok(found.into_iter().map(|c| ((c.workspace_id.clone(), c.key.clone()), c)).collect())
}

/// The answers to equal questions of earlier runs of the same campaign, by key.
async fn earlier(
    db: &impl ConnectionTrait,
    batch: &[Begin],
    held: &BTreeMap<i64, Held>,
    known: &BTreeMap<(String, String), row::Model>,
) -> Result<BTreeMap<String, String>, Error> {
    #[derive(FromQueryResult)]
    struct Earlier {
        key: String,
        reply: Option<String>,
    }
    let mut wanted = Vec::new();
    for begin in batch.iter().filter(|b| b.new.reuse) {
        let campaign = held.get(&begin.fence.step).and_then(|held| held.payers.campaign_id.as_deref());
        let key = begin.name();
        if let (Some(campaign), false) = (campaign, known.contains_key(&key)) {
            wanted.push(json!({ "workspace": begin.workspace.as_str(), "key": begin.new.key, "request": begin.new.request.as_str(),
                "model": begin.new.model, "sequence": begin.new.sequence, "run": begin.new.run.as_str(), "campaign": campaign }));
        }
    }
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = "SELECT v.key, c.reply FROM {rows(workspace text, key text, request text, model text, sequence integer, run text, campaign text)}
               JOIN calls c ON c.workspace_id = v.workspace AND c.request = v.request AND c.model = v.model AND c.sequence = v.sequence
                 AND c.run_id <> v.run AND c.state = 'settled'
               JOIN runs r ON r.workspace_id = c.workspace_id AND r.id = c.run_id AND r.campaign_id = v.campaign
               ORDER BY c.changed_at, c.key";
    let found: Vec<Earlier> = rows(db, sql, vec![list(wanted)?]).await?;
    // The latest one comes last and stays.
    Ok(found.into_iter().filter_map(|e| Some((e.key, e.reply?))).collect())
}

/// What a batch writes.
struct Page<'b> {
    book: Book,
    first: Vec<&'b Begin>,
    again: Vec<&'b Begin>,
    /// Calls that go on under a new claim of their step.
    taken: Vec<&'b Begin>,
    now: i64,
}

impl<'b> Page<'b> {
    fn first(&mut self, begin: &'b Begin, payers: &Payers) -> Begun {
        if !self.reserve(begin, payers) {
            return Begun::OverCeiling;
        }
        self.first.push(begin);
        Begun::Send
    }

    fn reserve(&mut self, begin: &Begin, payers: &Payers) -> bool {
        let (currency, micros) = (begin.new.currency.code(), begin.new.reserved_micros);
        let fits = self.book.fits(payers, currency, micros);
        if fits {
            self.book.change(payers, currency, micros, 0);
        }
        fits
    }

    fn again(&mut self, begin: &'b Begin, payers: &Payers, call: &row::Model) -> Result<Begun, Error> {
        match call.state.as_str() {
            "failed" if !self.reserve(begin, payers) => return Ok(Begun::OverCeiling),
            "failed" => self.again.push(begin),
            "sending" if begin.new.repeatable => {
                // What was reserved for it stays; a price that changed since changes it, as far as there is money.
                let more = begin.new.reserved_micros - call.reserved_micros;
                if more > 0 && !self.book.fits(payers, &call.currency, more) {
                    return Ok(Begun::OverCeiling);
                }
                self.book.change(payers, &call.currency, more, 0);
                self.again.push(begin);
            }
            // Under its key it is the same request: it is not paid twice.
            "ambiguous" if begin.new.repeatable && call.job.is_none() => {
                if !self.reserve(begin, payers) {
                    return Ok(Begun::OverCeiling);
                }
                self.again.push(begin);
            }
            "ambiguous" if call.job.is_none() => return Ok(Begun::Ambiguous),
            _ => {
                self.taken.push(begin);
                return match call.state.as_str() {
                    // Its step was given up while the provider worked on it: the job may still be there.
                    "ambiguous" => Ok(Begun::Poll(read(call.job.as_deref())?)),
                    "sending" => Ok(Begun::Unknown { since_ms: self.now - call.changed_at }),
                    "accepted" => Ok(Begun::Poll(read(call.job.as_deref())?)),
                    "replied" | "settled" => Ok(Begun::Kept {
                        reply: read(call.reply.as_deref())?,
                        settled: (call.state == "settled").then_some(call.price_micros),
                    }),
                    other => Err(crate::error::unreadable(format!("call state `{other}`"))),
                };
            }
        }
        Ok(Begun::Send)
    }

    async fn write(self, db: &impl ConnectionTrait) -> Result<(), Error> {
        self.book.close(db).await?;
        if !self.first.is_empty() {
            let sql = "INSERT INTO calls (workspace_id, key, run_id, step_id, step_key, revision, sequence, role, provider, model, request,
                         state, epoch, submits, currency, price_micros, reserved_micros, created_at, changed_at)
                       SELECT v.workspace, v.key, v.run, v.step, v.name, v.revision, v.sequence, v.role, v.provider, v.model, v.request,
                         'sending', v.epoch, 1, v.currency, v.price, v.reserved, {now}, {now}
                       FROM {rows(workspace text, key text, run text, step bigint, name text, revision integer, sequence integer,
                         role text, provider text, model text, request text, epoch bigint, currency text, price bigint, reserved bigint)}";
            run(db, sql, vec![list(self.first.iter().map(|b| b.as_json()))?]).await?;
        }
        if !self.again.is_empty() {
            let sql = "UPDATE calls SET state = 'sending', epoch = v.epoch, submits = submits + 1, failure = NULL, price_micros = v.price,
                         reserved_micros = v.reserved, changed_at = {now}
                       FROM {rows(workspace text, key text, epoch bigint, price bigint, reserved bigint)}
                       WHERE calls.workspace_id = v.workspace AND calls.key = v.key";
            run(db, sql, vec![list(self.again.iter().map(|b| b.as_json()))?]).await?;
        }
        if !self.taken.is_empty() {
            let sql = "UPDATE calls SET epoch = v.epoch, state = CASE WHEN state = 'ambiguous' THEN 'accepted' ELSE state END FROM {rows(workspace text, key text, epoch bigint)}
                       WHERE calls.workspace_id = v.workspace AND calls.key = v.key";
            run(db, sql, vec![list(self.taken.iter().map(|b| b.as_json()))?]).await?;
        }
        Ok(())
    }
}

impl Begin {
    fn as_json(&self) -> Value {
        let new = &self.new;
        json!({ "workspace": self.workspace.as_str(), "key": new.key, "run": new.run.as_str(), "step": self.fence.step,
                "name": new.step, "revision": new.revision, "sequence": new.sequence, "role": new.role, "provider": new.provider,
                "model": new.model, "request": new.request.as_str(), "epoch": self.fence.epoch, "currency": new.currency.code(),
                "price": new.price_micros, "reserved": new.reserved_micros })
    }
}
