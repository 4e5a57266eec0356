//! The end of an attempt: step, journal, budgets, ledger, what was made, children and the run's counters, many steps in
//! one transaction.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use handbill_domain::{
    asset::Digest,
    fault::Failure,
    ids::{RunId, WorkspaceId},
    step::{RunState, StepState},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Value, json};

use super::{Fence, Ready, ReadyRow, group, readied};
use crate::{
    Error, Store,
    budgets::{Book, PayersRow},
    calls::{self, Settled},
    error::unreadable,
    group::{Batch, Group, Groups},
    open::{is_sqlite, list, rows, run},
    versions::{self, Made},
};

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// It gave this.
    Succeeded {
        /// What it gave.
        output: Value,
        /// Digest of the parents' outputs that it was made of.
        inputs: Option<Digest>,
    },
    /// It is given up.
    Failed(Failure),
    /// A person ended its run.
    Canceled(Failure),
    /// It can be claimed again after some time.
    Later {
        /// When.
        wait: Duration,
        /// Why.
        why: Option<Failure>,
        /// As what it is counted.
        counts: Counts,
    },
    /// It waits until there is money for this much.
    Held {
        /// Why.
        why: Failure,
        /// How much, in micros of the run's currency.
        micros: i64,
    },
    /// It is given back untouched.
    Released,
}

/// As what it is counted that a step has to run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Not at all.
    Nothing,
    /// As one of the attempts that a step has.
    Attempt,
    /// As one of the times that a step may take down what runs it.
    Crash,
    /// As time that it waited for a provider that had none for it.
    Patience,
}

impl End {
    fn state(&self) -> StepState {
        match self {
            Self::Succeeded { .. } => StepState::Succeeded,
            Self::Failed(_) => StepState::Failed,
            Self::Canceled(_) => StepState::Canceled,
            Self::Later { .. } | Self::Held { .. } => StepState::Waiting,
            Self::Released => StepState::Ready,
        }
    }

    fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) | Self::Canceled(failure) | Self::Held { why: failure, .. } => {
                Some(failure)
            }
            Self::Later { why, .. } => why.as_ref(),
            Self::Succeeded { .. } | Self::Released => None,
        }
    }
}

/// The end of an attempt.
#[derive(Clone, Debug)]
pub struct Finish {
    /// Whose step.
    pub workspace: WorkspaceId,
    /// By which right.
    pub fence: Fence,
    /// How it ended.
    pub end: End,
    /// Calls whose replies were read.
    pub settled: Vec<Settled>,
    /// What was made, for the campaign to keep.
    pub made: Option<Made>,
}

/// What follows from it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Finished {
    /// Steps that can be claimed now. With several ends at once, one of them is told for all.
    pub ready: Vec<Ready>,
    /// How the step stands: a canceled run keeps nothing ready.
    pub state: Option<StepState>,
    /// The run ended with it so.
    pub run_ended: Option<RunState>,
}

/// Ends an attempt. [`Error::Lost`]: somebody else has the step.
pub async fn finish(store: &Store, finish: Finish) -> Result<Finished, Error> {
    group::write(store, finish).await
}

#[derive(FromQueryResult)]
struct Written {
    id: i64,
    workspace_id: String,
    run_id: String,
    state: String,
    makes: i32,
}

impl Batch for Finish {
    type Done = Finished;

    async fn write(store: &Store, batch: &[Self]) -> Result<Vec<Result<Finished, Error>>, Error> {
        let tx = store.begin().await?;
        lock(&tx, batch).await?;
        let written: BTreeMap<i64, Written> =
            write_steps(&tx, batch).await?.into_iter().map(|w| (w.id, w)).collect();
        let valid = || batch.iter().filter(|f| written.contains_key(&f.fence.step));
        let settled: Vec<&Settled> = valid().flat_map(|f| &f.settled).collect();
        let (_, mut ready) = calls::settle_many(&tx, &settled).await?;
        let given_up = |w: &&Written| matches!(w.state.as_str(), "canceled" | "failed");
        let given_up: Vec<i64> = written.values().filter(given_up).map(|w| w.id).collect();
        if !given_up.is_empty() {
            calls::abandon(&tx, &given_up).await?;
        }
        ready.extend(hold(&tx, valid()).await?);
        versions::write(&tx, valid().filter_map(|f| Some((&f.workspace, f.made.as_ref()?)))).await?;
        let ended: Vec<&Written> = written.values().filter(|w| is_final(&w.state)).collect();
        let ids: Vec<i64> = ended.iter().map(|w| w.id).collect();
        ready.extend(unblock(&tx, &ids).await?);
        let counts = ended
            .iter()
            .map(|w| ((w.workspace_id.as_str(), w.run_id.as_str()), (w.state == "succeeded", w.makes == 1)));
        let mut runs = count(&tx, counts).await?;
        tx.commit().await?;

        // What became free again because it was given back is told too.
        let mut done = Vec::with_capacity(batch.len());
        for finish in batch {
            let Some(written) = written.get(&finish.fence.step) else {
                done.push(Err(Error::Lost(format!("step {}", finish.fence.step))));
                continue;
            };
            let run = (written.workspace_id.clone(), written.run_id.clone());
            done.push(Ok(Finished {
                ready: std::mem::take(&mut ready),
                state: Some(written.state.parse().map_err(unreadable)?),
                run_ended: if is_final(&written.state) { runs.remove(&run) } else { None },
            }));
        }
        Ok(done)
    }

    fn group(groups: &Groups) -> &Group<Self> {
        &groups.ends
    }
}

fn is_final(state: &str) -> bool {
    matches!(state, "succeeded" | "failed" | "canceled")
}

/// Locks the steps and their children in the order of ids.
async fn lock(db: &impl ConnectionTrait, batch: &[Finish]) -> Result<(), Error> {
    if is_sqlite(db) {
        return Ok(());
    }
    #[derive(FromQueryResult)]
    struct Id {
        #[allow(dead_code, reason = "the row is locked, not read")]
        id: i64,
    }
    let sql = "SELECT s.id FROM steps s WHERE s.id IN (SELECT v.step FROM {rows(step bigint)} UNION
                 SELECT d.step_id FROM dependencies d JOIN {rows(step bigint)} ON d.needs_id = v.step) ORDER BY s.id {lock s}";
    let steps = list(batch.iter().map(|f| json!({ "step": f.fence.step })))?;
    rows::<Id>(db, sql, vec![steps]).await.map(drop)
}

async fn write_steps(db: &impl ConnectionTrait, batch: &[Finish]) -> Result<Vec<Written>, Error> {
    let mut changes = Vec::with_capacity(batch.len());
    for finish in batch {
        let failure = finish.end.failure().map(serde_json::to_string).transpose().map_err(unreadable)?;
        let (output, inputs) = match &finish.end {
            End::Succeeded { output, inputs } => (Some(output.to_string()), inputs.as_ref()),
            _ => (None, None),
        };
        let (wait, counts) = match &finish.end {
            End::Later { wait, counts, .. } => {
                (Some(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 2)), *counts)
            }
            _ => (None, Counts::Nothing),
        };
        let patience = wait.filter(|_| counts == Counts::Patience).unwrap_or(0);
        let [attempt, crash] = [Counts::Attempt, Counts::Crash].map(|what| i32::from(counts == what));
        let digest = output.as_ref().map(|text| Digest::of(text.as_bytes()));
        changes.push(json!({ "workspace": finish.workspace.as_str(), "step": finish.fence.step, "epoch": finish.fence.epoch,
            "state": finish.end.state().as_str(), "output": output, "failure": failure, "wait": wait, "attempt": attempt, "crash": crash, "patience": patience,
            "inputs": inputs.map(Digest::as_str), "digest": digest.as_ref().map(Digest::as_str) }));
    }
    // A run that a person ended keeps nothing that could begin again.
    let canceled = "(SELECT r.state FROM runs r WHERE r.workspace_id = steps.workspace_id AND r.id = steps.run_id) = 'canceled'";
    let sql = format!(
        "UPDATE steps SET
           state = CASE WHEN v.state IN ('ready', 'waiting') AND {canceled} THEN 'canceled' ELSE v.state END,
           output = v.output, failure = v.failure, session_id = NULL, attempts = attempts + v.attempt, waited_ms = waited_ms + v.patience,
           due_at = CASE WHEN v.wait IS NULL OR {canceled} THEN NULL ELSE {{now}} + v.wait END,
           inputs_digest = v.inputs, output_digest = v.digest,
           crashes = CASE WHEN v.state = 'succeeded' THEN 0 ELSE crashes + v.crash END,
           ended_at = CASE WHEN v.state IN ('succeeded', 'failed', 'canceled') OR {canceled} THEN {{now}} ELSE NULL END
         FROM {{rows(workspace text, step bigint, epoch bigint, state text, output text, failure text, wait bigint, attempt integer, crash integer, patience bigint, inputs text, digest text)}}
         WHERE steps.id = v.step AND steps.workspace_id = v.workspace AND steps.epoch = v.epoch AND steps.state = 'running'
         RETURNING steps.id, steps.workspace_id, steps.run_id, steps.state, steps.makes"
    );
    rows(db, &sql, vec![list(changes)?]).await
}

/// Steps that wait for money: while one was on its way here, money may have become free. Then it is ready at once.
async fn hold<'f>(
    db: &impl ConnectionTrait,
    finished: impl Iterator<Item = &'f Finish>,
) -> Result<Vec<Ready>, Error> {
    let held: BTreeMap<i64, i64> = finished
        .filter_map(|f| match f.end {
            End::Held { micros, .. } => Some((f.fence.step, micros)),
            _ => None,
        })
        .collect();
    if held.is_empty() {
        return Ok(vec![]);
    }
    #[derive(FromQueryResult)]
    struct Paying {
        id: i64,
        #[sea_orm(nested)]
        payers: PayersRow,
        currency: String,
        lane: String,
    }
    let sql =
        "SELECT s.id, s.workspace_id, s.run_id, r.campaign_id, r.key_id, r.currency, s.lane FROM steps s
               JOIN runs r ON r.workspace_id = s.workspace_id AND r.id = s.run_id
               WHERE s.id IN (SELECT v.step FROM {rows(step bigint)}) AND s.state = 'waiting'";
    let steps = list(held.keys().map(|step| json!({ "step": step })))?;
    let mut paying = Vec::new();
    for p in rows::<Paying>(db, sql, vec![steps]).await? {
        let ready = ReadyRow {
            id: p.id,
            workspace_id: p.payers.workspace_id.clone(),
            run_id: p.payers.run_id.clone(),
            lane: p.lane,
        };
        paying.push((ready, p.payers.read(), p.currency));
    }
    let mut book =
        Book::open(db, paying.iter().map(|(_, payers, currency)| (payers, currency.as_str()))).await?;
    let mut free = Vec::new();
    for (ready, payers, currency) in paying {
        if book.fits(&payers, &currency, held[&ready.id]) {
            free.push(ready);
        } else {
            book.hold(&payers, &currency);
        }
    }
    let mut ready = book.close(db).await?;
    if !free.is_empty() {
        let sql = "UPDATE steps SET state = 'ready', failure = NULL WHERE id IN (SELECT v.step FROM {rows(step bigint)})";
        run(db, sql, vec![list(free.iter().map(|r| json!({ "step": r.id })))?]).await?;
        ready.extend(readied(free)?);
    }
    Ok(ready)
}

/// Counts ended parents down in their children; a child that has none left is ready. The children are locked before.
pub(crate) async fn unblock(db: &impl ConnectionTrait, ended: &[i64]) -> Result<Vec<Ready>, Error> {
    if ended.is_empty() {
        return Ok(vec![]);
    }
    let sql = "UPDATE steps SET needs_left = needs_left - c.n,
                 state = CASE WHEN needs_left - c.n <= 0 AND state = 'blocked' THEN 'ready' ELSE state END
               FROM (SELECT d.step_id, COUNT(*) AS n FROM dependencies d JOIN {rows(step bigint)} ON d.needs_id = v.step GROUP BY d.step_id) AS c
               WHERE steps.id = c.step_id RETURNING steps.id, steps.workspace_id, steps.run_id, steps.lane, steps.state";
    #[derive(FromQueryResult)]
    struct Child {
        id: i64,
        workspace_id: String,
        run_id: String,
        lane: String,
        state: String,
    }
    let children: Vec<Child> =
        rows(db, sql, vec![list(ended.iter().map(|step| json!({ "step": step })))?]).await?;
    let ready = children.into_iter().filter(|c| c.state == "ready").map(|c| ReadyRow {
        id: c.id,
        workspace_id: c.workspace_id,
        run_id: c.run_id,
        lane: c.lane,
    });
    readied(ready.collect())
}

/// A run's workspace and id.
type RunKey = (String, String);

/// Counts ended steps in their runs, and ends the runs that have none left: all made, something made, nothing made. Each
/// step says whether it succeeded and whether it makes something.
pub(crate) async fn count<'s>(
    db: &impl ConnectionTrait,
    ended: impl Iterator<Item = ((&'s str, &'s str), (bool, bool))>,
) -> Result<BTreeMap<RunKey, RunState>, Error> {
    let mut counts: BTreeMap<(&str, &str), (i64, i64, i64)> = BTreeMap::new();
    for (run, (succeeded, makes)) in ended {
        let count = counts.entry(run).or_default();
        count.0 += 1;
        count.1 += i64::from(!succeeded);
        count.2 += i64::from(succeeded && makes);
    }
    if counts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let given = |((workspace, run), (ended, failed, made)): (&(&str, &str), &(i64, i64, i64))| json!({ "workspace": workspace, "run": run, "n_ended": ended, "n_failed": failed, "n_made": made });
    let values = vec![list(counts.iter().map(given))?];
    let all: BTreeSet<&(&str, &str)> = counts.keys().collect();
    if all.len() > 1 && !is_sqlite(db) {
        #[derive(FromQueryResult)]
        struct Id {
            #[allow(dead_code, reason = "the row is locked, not read")]
            id: String,
        }
        let sql = "SELECT r.id FROM runs r JOIN {rows(workspace text, run text)} ON r.workspace_id = v.workspace AND r.id = v.run
                   ORDER BY r.workspace_id, r.id {lock r}";
        rows::<Id>(db, sql, values.clone()).await?;
    }
    let over = "open - v.n_ended <= 0 AND state IN ('running', 'paused')";
    let sql = format!(
        "UPDATE runs SET open = open - v.n_ended, failed = failed + v.n_failed, made = made + v.n_made,
           state = CASE WHEN {over} THEN CASE WHEN failed + v.n_failed = 0 THEN 'succeeded' WHEN made + v.n_made > 0 THEN 'partial' ELSE 'failed' END
                        ELSE state END,
           ended_at = CASE WHEN {over} THEN {{now}} ELSE ended_at END
         FROM {{rows(workspace text, run text, n_ended bigint, n_failed bigint, n_made bigint)}}
         WHERE runs.workspace_id = v.workspace AND runs.id = v.run
         RETURNING runs.workspace_id, runs.id, runs.open, runs.state"
    );
    #[derive(FromQueryResult)]
    struct Run {
        workspace_id: String,
        id: String,
        open: i64,
        state: String,
    }
    let mut over = BTreeMap::new();
    for run in rows::<Run>(db, &sql, values).await?.into_iter().filter(|run| run.open <= 0) {
        let state: RunState = run.state.parse().map_err(unreadable)?;
        over.insert((run.workspace_id, RunId::new(run.id).as_str().to_owned()), state);
    }
    Ok(over)
}
