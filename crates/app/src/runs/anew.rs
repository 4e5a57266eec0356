//! `handbill runs regenerate|redo`: one asset made anew, and what was made of it.

use handbill_domain::step::StepState;
use handbill_store::Store;

use super::{
    Anew,
    control::{going_on, here, known, possible, reach},
    show::Whole,
};
use crate::{console::Console, ending::Ending, language::said, settings::Settings};

/// Makes a step anew: its models are asked, and paid, again. Also the way out of a call that may have been billed.
pub async fn regenerate(
    store: Store,
    anew: &Anew,
    settings: &Settings,
    console: &Console,
) -> Result<(), Ending> {
    let (engine, id) = reach(store, &anew.run, settings).await?;
    let before = Whole::read(&engine.store, &id).await?;
    let step = anew.step.as_str();
    possible(&before)?;
    known(&before, step)?;
    let ended = [StepState::Succeeded, StepState::Failed, StepState::Canceled];
    if !before.steps.iter().any(|(s, _)| s.key == step && ended.contains(&s.state)) {
        return Err(Ending::refused(
            format!("step {step} is still being made; only what has ended can be made anew"),
            format!("步骤 {step} 尚未完成，完成后才能重新生成"),
        ));
    }
    engine.regenerate(&here(), &id, step).await.map_err(anyhow::Error::from)?;
    let whole = Whole::read(&engine.store, &id).await?;
    let language = console.language;
    let text = said!(
        language,
        "step {step} of run {id} is made anew; what was made of it before stays, and is stale until\nhandbill runs redo {id}",
        "将重新生成运行 {id} 的步骤 {step}；此前由它制成的内容保留，但已过期，更新请执行\nhandbill runs redo {id}"
    );
    going_on(&engine, &whole, text, console).await
}

/// Makes again what is stale, and what was made of that. Questions that have not changed are not paid again.
pub async fn redo(store: Store, typed: &str, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let (engine, id) = reach(store, typed, settings).await?;
    possible(&Whole::read(&engine.store, &id).await?)?;
    let steps = engine.redo_stale(&here(), &id).await.map_err(anyhow::Error::from)?;
    let whole = Whole::read(&engine.store, &id).await?;
    let language = console.language;
    if steps == 0 && !console.json {
        console.answer(&said!(language, "nothing in run {id} is stale", "运行 {id} 没有过期的内容"));
        return Ok(());
    }
    let text = said!(
        language,
        "stale steps of run {id} that are made again, with all that was made of them: {steps}",
        "重新制作运行 {id} 中 {steps} 个过期步骤，以及由它们制成的内容"
    );
    going_on(&engine, &whole, text, console).await
}
