//! `handbill runs show`: how far a run is, what failed, what it cost, what can be done.

use handbill_domain::{
    fault::{Billed, Failure},
    ids::{RunId, WorkspaceId},
    step::{RunState, StepState},
};
use handbill_pipeline::graph::StepSpec;
use handbill_store::{
    Store,
    calls::{self, Standing},
    ledger::{self, Sums},
    runs::{self, Run},
    steps::{self, Step},
};
use serde_json::{Value, json};

use super::{
    find,
    list::{ago, as_json, state_name},
};
use crate::{
    console::Console,
    ending::Ending,
    language::{Language, said},
    planned::stage_name,
    table::columns,
};

/// A run with everything that is known of it.
pub struct Whole {
    pub run: Run,
    pub sums: Sums,
    pub steps: Vec<(Step, StepSpec)>,
    pub calls: Vec<Standing>,
}

impl Whole {
    pub async fn read(store: &Store, id: &RunId) -> Result<Self, Ending> {
        let workspace = WorkspaceId::default();
        let read = async {
            let mut all = Vec::new();
            for step in steps::all(store, &workspace, id).await? {
                let spec: StepSpec = serde_json::from_value(step.spec.clone())?;
                all.push((step, spec));
            }
            Ok::<_, anyhow::Error>(Self {
                run: runs::find(store, &workspace, id).await?,
                sums: ledger::sums(store, &workspace, id).await?,
                steps: all,
                calls: calls::standing(store, &workspace, id).await?,
            })
        };
        Ok(read.await?)
    }

    /// Steps that stand so.
    pub fn count(&self, state: StepState) -> usize {
        self.steps.iter().filter(|(step, _)| step.state == state).count()
    }

    /// Calls whose answers nobody has yet.
    pub fn under_way(&self) -> i64 {
        let open = |call: &&Standing| matches!(call.state.as_str(), "sending" | "accepted");
        self.calls.iter().filter(open).map(|call| call.calls).sum()
    }

    /// The run for programs.
    pub fn as_json(&self) -> Value {
        let mut shown = as_json(&self.run, &self.sums);
        let calls = self.calls.iter().map(|c| (c.state.clone(), Value::from(c.calls)));
        shown["calls"] = Value::Object(calls.collect());
        let steps = self.steps.iter().map(|(step, spec)| {
            json!({
                "step": step.key, "kind": spec.kind, "stage": spec.stage, "lane": step.lane.as_str(), "state": step.state.as_str(),
                "revision": step.revision, "attempts": step.attempts, "crashes": step.crashes, "makes": spec.makes,
                "started_at": step.started_at, "ended_at": step.ended_at, "failure": step.failure,
            })
        });
        shown["steps_of_it"] = steps.collect();
        shown
    }
}

/// Shows a run.
pub async fn show(store: &Store, typed: &str, console: &Console) -> Result<(), Ending> {
    let id = find(store, typed).await?;
    let whole = Whole::read(store, &id).await?;
    if console.json {
        console.answer(&whole.as_json().to_string());
        return Ok(());
    }
    let language = console.language;
    let run = &whole.run;
    let mut out = vec![
        said!(
            language,
            "run {id} · {} · {} · begun {}",
            "运行 {id} · {} · {} · 开始于{}",
            run.campaign.as_deref().unwrap_or("-"),
            state_name(run.state, language),
            ago(run.created_at, language)
        ),
        columns(&stages(&whole, language), &[1]),
        money(&whole, language),
    ];
    out.extend(troubles(&whole, language));
    out.extend(advice(run, language));
    console.answer(&out.join("\n"));
    Ok(())
}

fn stages(whole: &Whole, language: Language) -> Vec<Vec<String>> {
    let mut names: Vec<&str> = Vec::new();
    for (_, spec) in &whole.steps {
        if !names.contains(&spec.stage.as_str()) {
            names.push(&spec.stage);
        }
    }
    let row = |stage: &str| {
        let of: Vec<&Step> = whole.steps.iter().filter(|(_, s)| s.stage == stage).map(|(s, _)| s).collect();
        let count = |state: StepState| of.iter().filter(|step| step.state == state).count();
        let others = [
            (StepState::Running, "under way", "进行中"),
            (StepState::Waiting, "waiting", "等待中"),
            (StepState::Failed, "failed", "失败"),
            (StepState::Canceled, "canceled", "已取消"),
        ];
        let others = others.into_iter().filter(|(state, ..)| count(*state) > 0);
        let others: Vec<String> =
            others.map(|(state, en, zh)| format!("{} {}", count(state), language.pick(en, zh))).collect();
        let done = format!("{}/{}", count(StepState::Succeeded), of.len());
        vec![format!("  {}", stage_name(stage, language)), done, others.join(language.pick(", ", "，"))]
    };
    names.into_iter().map(row).collect()
}

/// What was billed, is about to be, or may have been.
pub fn money(whole: &Whole, language: Language) -> String {
    let sums = &whole.sums;
    let mut said =
        said!(language, "{} spent, {} at list price", "实际花费 {}，标价 {}", sums.spent, sums.list);
    if let Some(ceiling) = &sums.ceiling {
        said += &said!(language, ", ceiling {ceiling}", "，上限 {ceiling}");
    }
    let under_way = whole.under_way();
    if sums.reserved.amount_micros > 0 {
        said += &said!(
            language,
            "\n{} reserved for calls under way ({under_way}): they are billed when they are answered",
            "\n预留 {}，用于已发出的请求（{under_way} 次）：得到答复即计费",
            sums.reserved
        );
    }
    if sums.ambiguous_calls > 0 {
        said += &said!(
            language,
            "\ncalls that got no answer and may have been billed: {}; look at the provider's console",
            "\n有 {} 次请求没有收到答复，可能已计费：请到服务商后台核对",
            sums.ambiguous_calls
        );
    }
    said
}

fn troubles(whole: &Whole, language: Language) -> Vec<String> {
    let of = |state: StepState| {
        let found = whole.steps.iter().filter(move |(step, _)| step.state == state);
        found.filter_map(|(step, _)| Some((step, step.failure.as_ref()?)))
    };
    let failed = of(StepState::Failed).map(|(step, failure)| line("✗", step, failure, language));
    let waiting = of(StepState::Waiting).map(|(step, failure)| line("…", step, failure, language));
    failed.chain(waiting).collect()
}

fn line(sign: &str, step: &Step, failure: &Failure, language: Language) -> String {
    let billed = match failure.billed {
        Billed::No => language.pick("not billed", "未计费"),
        Billed::Yes => language.pick("billed", "已计费"),
        Billed::Maybe => language.pick("maybe billed", "可能已计费"),
    };
    said!(language, "  {sign} {}: {} ({billed})", "  {sign} {}：{}（{billed}）", step.key, failure.message)
}

fn advice(run: &Run, language: Language) -> Option<String> {
    let id = &run.id;
    match run.state {
        RunState::Partial | RunState::Failed => Some(said!(
            language,
            "try again what failed: handbill runs retry {id}",
            "重试失败的步骤：handbill runs retry {id}"
        )),
        RunState::Paused => {
            Some(said!(language, "go on: handbill runs resume {id}", "继续：handbill runs resume {id}"))
        }
        RunState::Running | RunState::Succeeded | RunState::Canceled => None,
    }
}
