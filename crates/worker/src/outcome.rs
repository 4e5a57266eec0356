//! What a run gave.

use std::collections::BTreeMap;

use handbill_domain::{
    asset::{Cost, FailedStep},
    fault::{Billed, Failure, NextAction},
    ids::{RunId, WorkspaceId},
    step::{RunState, StepState},
};
use handbill_pipeline::graph::{StepOutput, StepSpec};
use handbill_store::{
    Store, ledger, runs,
    steps::{self, Step},
};

use crate::{Error, order::Frozen};

/// What a run gave. It depends on the inputs, not on the order in which the steps ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOutcome {
    /// The run.
    pub run: RunId,
    /// How it ended; `partial` or `failed` also when it rests because the ceiling is reached.
    pub state: RunState,
    /// Outputs of the steps that succeeded, by key.
    pub outputs: BTreeMap<String, StepOutput>,
    /// Steps that failed or rest, in the order of the graph.
    pub failures: Vec<FailedStep>,
    /// What it cost.
    pub cost: Cost,
}

/// Reads the outcome of a run that has ended or rests.
pub(crate) async fn outcome(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<RunOutcome, Error> {
    let run = runs::find(store, workspace, id).await?;
    let frozen: Frozen = serde_json::from_value(run.inputs)?;
    let steps = steps::all(store, workspace, id).await?;
    let sums = ledger::sums(store, workspace, id).await?;
    let state = if run.state == RunState::Running { state(&steps)? } else { run.state };
    let without = if state == RunState::Canceled { crate::attempt::canceled } else { held_back };
    let mut outcome = RunOutcome {
        run: id.clone(),
        state,
        outputs: BTreeMap::new(),
        failures: Vec::new(),
        cost: Cost {
            planned: frozen.planned,
            list: sums.list,
            spent: sums.spent,
            ambiguous_calls: sums.ambiguous_calls,
        },
    };
    for step in steps {
        match (step.state, step.output) {
            (StepState::Succeeded, Some(output)) => {
                outcome.outputs.insert(step.key, serde_json::from_value(output)?);
            }
            _ => {
                let spec: StepSpec = serde_json::from_value(step.spec)?;
                let failure = step.failure.unwrap_or_else(without);
                outcome.failures.push(FailedStep { step: step.key, missing: spec.makes, failure });
            }
        }
    }
    Ok(outcome)
}

/// How a run ends whose steps have ended so: nothing was made when no step that makes an asset succeeded.
pub(crate) fn state(steps: &[Step]) -> Result<RunState, Error> {
    if steps.iter().all(|s| s.state == StepState::Succeeded) {
        return Ok(RunState::Succeeded);
    }
    for step in steps.iter().filter(|s| s.state == StepState::Succeeded) {
        let spec: StepSpec = serde_json::from_value(step.spec.clone())?;
        if !spec.makes.is_empty() {
            return Ok(RunState::Partial);
        }
    }
    Ok(RunState::Failed)
}

/// A step that never began because one before it rests.
fn held_back() -> Failure {
    Failure {
        code: "parent_waiting".into(),
        message: "a step before it waits".into(),
        billed: Billed::No,
        next_action: NextAction::Retry,
    }
}
