//! `handbill runs list`.

use std::time::{Duration, SystemTime};

use handbill_domain::{ids::WorkspaceId, step::RunState};
use handbill_store::{
    Store,
    ledger::{self, Sums},
    runs::{self, Run},
};
use serde_json::{Value, json};

use super::{Listed, short};
use crate::{
    console::Console,
    ending::Ending,
    language::{Language, said},
    table::columns,
};

/// Lists runs, newest first.
pub async fn list(store: &Store, listed: &Listed, console: &Console) -> Result<(), Ending> {
    let workspace = WorkspaceId::default();
    let campaign = listed.campaign.as_deref();
    let found = runs::all(store, &workspace, campaign, listed.most).await.map_err(anyhow::Error::from)?;
    let mut with_money = Vec::with_capacity(found.len());
    for run in found {
        let sums = ledger::sums(store, &workspace, &run.id).await.map_err(anyhow::Error::from)?;
        with_money.push((run, sums));
    }
    if console.json {
        let all: Vec<Value> = with_money.iter().map(|(run, sums)| as_json(run, sums)).collect();
        console.answer(&Value::from(all).to_string());
        return Ok(());
    }
    let language = console.language;
    if with_money.is_empty() {
        console.answer(match (campaign, language) {
            (Some(_), Language::En) => "no run of this campaign",
            (Some(_), Language::Zh) => "此活动没有运行",
            (None, Language::En) => "no run yet; `handbill create BRIEF.yaml` begins one",
            (None, Language::Zh) => "还没有运行；用 `handbill create 简报.yaml` 开始",
        });
        return Ok(());
    }
    let head = language.pick(
        ["run", "campaign", "state", "steps", "list price", "spent", "begun"],
        ["运行", "活动", "状态", "步骤", "标价", "实际花费", "开始于"],
    );
    let head = vec![head.map(str::to_owned).to_vec()];
    let lines = with_money.iter().map(|(run, sums)| {
        let done = run.tally.steps - run.tally.open;
        vec![
            short(run.id.as_str()).to_owned(),
            run.campaign.clone().unwrap_or_default(),
            state_name(run.state, language).to_owned(),
            format!("{done}/{}", run.tally.steps),
            sums.list.to_string(),
            sums.spent.to_string(),
            ago(run.created_at, language),
        ]
    });
    console.answer(&columns(&head.into_iter().chain(lines).collect::<Vec<_>>(), &[3, 4, 5]));
    Ok(())
}

/// A run for programs.
pub fn as_json(run: &Run, sums: &Sums) -> Value {
    let tally = run.tally;
    json!({
        "run": run.id.as_str(),
        "campaign": run.campaign,
        "state": run.state.as_str(),
        "class": if run.bulk { "bulk" } else { "interactive" },
        "created_at": run.created_at,
        "ended_at": run.ended_at,
        "steps": { "all": tally.steps, "open": tally.open, "failed": tally.failed },
        "money": money(sums),
    })
}

/// Where the money of a run is, for programs.
pub fn money(sums: &Sums) -> Value {
    json!({ "list": sums.list, "spent": sums.spent, "reserved": sums.reserved, "ceiling": sums.ceiling, "ambiguous_calls": sums.ambiguous_calls })
}

/// How a run stands, for people.
pub fn state_name(state: RunState, language: Language) -> &'static str {
    match state {
        RunState::Running => language.pick("running", "进行中"),
        RunState::Paused => language.pick("paused", "已暂停"),
        RunState::Succeeded => language.pick("succeeded", "已完成"),
        RunState::Partial => language.pick("partial", "部分完成"),
        RunState::Failed => language.pick("failed", "失败"),
        RunState::Canceled => language.pick("canceled", "已取消"),
    }
}

/// `3 min ago`.
pub fn ago(at: i64, language: Language) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let since = now.saturating_sub(Duration::from_millis(at.unsigned_abs()));
    let seconds = since.as_secs();
    match seconds {
        0..60 => language.pick("just now", "刚刚").to_owned(),
        60..3600 => said!(language, "{} min ago", "{} 分钟前", seconds / 60),
        3600..86_400 => said!(language, "{} h ago", "{} 小时前", seconds / 3600),
        _ => said!(language, "{} d ago", "{} 天前", seconds / 86_400),
    }
}
