//! `handbill runs cancel|pause|resume|retry`: the database first, then whoever works on the run.

use std::sync::Arc;

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    problem::nearest,
    step::{RunState, StepState},
};
use handbill_providers::{Catalog, Models};
use handbill_store::Store;
use handbill_worker::Engine;
use serde_json::{Value, json};

use super::{
    Again, find,
    list::state_name,
    show::{Whole, money},
};
use crate::{
    console::Console,
    ending::Ending,
    language::{Language, said},
    settings::Settings,
    wiring,
};

/// Names that are shown of many.
const SHOWN: usize = 8;

/// Ends a run, and says what is lost and what was billed.
pub async fn cancel(store: Store, typed: &str, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let (engine, id) = reach(store, typed, settings).await?;
    let before = Whole::read(&engine.store, &id).await?;
    let canceled = engine.cancel(&here(), &id).await.map_err(anyhow::Error::from)?;
    let whole = Whole::read(&engine.store, &id).await?;
    let language = console.language;
    if !canceled && whole.run.state != RunState::Canceled {
        return Err(not_now(&whole, "there is nothing left to cancel", "没有可以取消的内容"));
    }
    let lost: Vec<&str> = missing(&whole);
    if console.json {
        let mut shown = whole.as_json();
        shown["not_made"] = json!(lost);
        shown["calls_under_way"] = whole.under_way().into();
        return done(console, &shown);
    }
    let (steps, all) = (whole.steps.len() - whole.count(StepState::Succeeded), whole.steps.len());
    let mut out = vec![if canceled {
        said!(
            language,
            "run {id} is canceled: {steps} of its {all} steps are not made",
            "运行 {id} 已取消：{all} 步中有 {steps} 步不再制作"
        )
    } else {
        said!(language, "run {id} was canceled before", "运行 {id} 此前已取消")
    }];
    if !lost.is_empty() {
        out.push(said!(language, "  lost: {}", "  不再制作：{}", some_of(&lost, language)));
    }
    let made = before.count(StepState::Succeeded);
    out.push(said!(
        language,
        "  kept: what {made} steps made; `handbill create` with the same brief and seed writes it into its folder",
        "  保留：{made} 步的成果；用同一简报和种子运行 `handbill create` 即可写入文件夹"
    ));
    let busy = whole.count(StepState::Running);
    if busy > 0 {
        out.push(said!(
            language,
            "  in hand: {busy}; what is in hand ends as soon as the answers that are under way are here, and nothing new is asked",
            "  有 {busy} 步正在进行：收到已发出请求的答复后即结束，不再发出新的请求"
        ));
    }
    out.push(money(&whole, language));
    console.answer(&out.join("\n"));
    Ok(())
}

/// Begins nothing more of a run.
pub async fn pause(store: Store, typed: &str, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let (engine, id) = reach(store, typed, settings).await?;
    engine.pause(&here(), &id).await.map_err(anyhow::Error::from)?;
    let whole = Whole::read(&engine.store, &id).await?;
    let language = console.language;
    if whole.run.state != RunState::Paused {
        return Err(not_now(&whole, "only a running one can be paused", "只有进行中的运行可以暂停"));
    }
    if console.json {
        return done(console, &whole.as_json());
    }
    let busy = whole.count(StepState::Running);
    let finishing = if busy == 0 {
        String::new()
    } else {
        said!(language, "; steps in hand that are finished first: {busy}", "；正在进行的 {busy} 步会先做完")
    };
    console.answer(&said!(
        language,
        "run {id} is paused{finishing}\ngo on: handbill runs resume {id}",
        "运行 {id} 已暂停{finishing}\n继续：handbill runs resume {id}"
    ));
    Ok(())
}

/// Goes on with a paused run.
pub async fn resume(store: Store, typed: &str, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let (engine, id) = reach(store, typed, settings).await?;
    let resumed = engine.resume(&here(), &id).await.map_err(anyhow::Error::from)?;
    let whole = Whole::read(&engine.store, &id).await?;
    let language = console.language;
    if !resumed && whole.run.state != RunState::Running {
        return Err(not_now(&whole, "only a paused one can be resumed", "只有已暂停的运行可以继续"));
    }
    let text = said!(language, "run {id} goes on", "运行 {id} 继续");
    going_on(&engine, &whole, text, console).await
}

/// Tries failed steps again.
pub async fn retry(
    store: Store,
    again: &Again,
    settings: &Settings,
    console: &Console,
) -> Result<(), Ending> {
    let (engine, id) = reach(store, &again.run, settings).await?;
    let before = Whole::read(&engine.store, &id).await?;
    let language = console.language;
    possible(&before)?;
    let failed: Vec<&str> = before
        .steps
        .iter()
        .filter(|(step, _)| matches!(step.state, StepState::Failed | StepState::Canceled))
        .map(|(step, _)| step.key.as_str())
        .collect();
    if let Some(step) = &again.step {
        known(&before, step)?;
    }
    let wanted = again.step.as_deref().map_or(failed.clone(), |step| vec![step]);
    if wanted.is_empty() || wanted.iter().any(|step| !failed.contains(step)) {
        let what = again.step.clone().unwrap_or_else(|| id.to_string());
        return Err(Ending::refused(
            format!("nothing failed in {what}, so there is nothing to try again"),
            format!("{what} 没有失败的内容，无需重试"),
        ));
    }
    engine.retry(&here(), &id, again.step.as_deref()).await.map_err(anyhow::Error::from)?;
    let whole = Whole::read(&engine.store, &id).await?;
    let count = wanted.len();
    let text = said!(
        language,
        "{count} failed steps of run {id} are tried again: {}",
        "重试运行 {id} 的 {count} 个失败步骤：{}",
        some_of(&wanted, language)
    );
    going_on(&engine, &whole, text, console).await
}

/// Says that a run goes on, and who does the work: the honest answer may be nobody.
pub(super) async fn going_on(
    engine: &Engine,
    whole: &Whole,
    text: String,
    console: &Console,
) -> Result<(), Ending> {
    let served = engine.is_served().await.map_err(anyhow::Error::from)?;
    if console.json {
        let mut shown = whole.as_json();
        shown["served"] = served.into();
        return done(console, &shown);
    }
    console.answer(&text);
    if !served {
        console.complain(console.language.pick(
            "nobody works on this store now: start `handbill serve`, or run `handbill create` with the same brief again",
            "目前没有进程在处理：请启动 `handbill serve`，或用同一简报再次运行 `handbill create`",
        ));
    }
    Ok(())
}

/// The engine for a word to whoever works: it asks no model, so it needs no models file and no key.
pub(super) async fn reach(store: Store, typed: &str, settings: &Settings) -> Result<(Engine, RunId), Ending> {
    let id = find(&store, typed).await?;
    let catalog = Catalog::builtin()
        .map_err(|problems| anyhow::anyhow!("the catalogue that is compiled in: {problems}"))?;
    let models = Arc::new(Models::from_environment(catalog));
    Ok((wiring::workers(store, models, wiring::Own::of(settings)?, settings).await?, id))
}

/// A step's key, or the nearest one.
pub(super) fn known(whole: &Whole, typed: &str) -> Result<(), Ending> {
    let keys = || whole.steps.iter().map(|(step, _)| step.key.as_str());
    if keys().any(|key| key == typed) {
        return Ok(());
    }
    Err(match nearest(typed, keys()) {
        Some(meant) => Ending::refused(
            format!("the run has no step {typed}; did you mean {meant}?"),
            format!("该运行没有步骤 {typed}；是否指 {meant}？"),
        ),
        None => Ending::refused(
            format!(
                "the run has no step {typed}; `handbill runs show {} --json` names them all",
                whole.run.id
            ),
            format!("该运行没有步骤 {typed}；可用 `handbill runs show {} --json` 查看全部步骤", whole.run.id),
        ),
    })
}

/// Assets that the run was to make and did not.
fn missing(whole: &Whole) -> Vec<&str> {
    let open = whole.steps.iter().filter(|(step, _)| step.state != StepState::Succeeded);
    open.flat_map(|(_, spec)| spec.makes.iter().map(String::as_str)).collect()
}

fn some_of(names: &[&str], language: Language) -> String {
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(language.pick(", ", "、"));
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => said!(language, "{shown} and {more} more", "{shown} 等，另有 {more} 项"),
    }
}

/// A canceled run stays as it is.
pub(super) fn possible(whole: &Whole) -> Result<(), Ending> {
    if whole.run.state == RunState::Canceled {
        return Err(not_now(whole, "order it anew with another seed", "如需重新制作，请换一个种子"));
    }
    Ok(())
}

fn not_now(whole: &Whole, en: &str, zh: &str) -> Ending {
    let (id, state) = (&whole.run.id, whole.run.state);
    Ending::refused(
        format!("run {id} is {}: {en}", state_name(state, Language::En)),
        format!("运行 {id} {}：{zh}", state_name(state, Language::Zh)),
    )
}

pub(super) fn here() -> WorkspaceId {
    WorkspaceId::default()
}

fn done(console: &Console, shown: &Value) -> Result<(), Ending> {
    console.answer(&shown.to_string());
    Ok(())
}
