//! Live progress: a bar for each stage on a terminal, a line for each step elsewhere.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use handbill_worker::{Event, Listener};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{console::Console, language::said, planned::stage_name, table::width};

/// Shows what happens in a run.
pub fn listener(console: &Console) -> Listener {
    let console = console.clone();
    let shown = Mutex::new(Shown::new());
    Arc::new(move |event| {
        console.event(&event);
        if console.shows_progress() {
            // What is shown is whole after every event; a panic elsewhere does not spoil it.
            shown.lock().unwrap_or_else(PoisonError::into_inner).take(&event, &console);
        }
    })
}

struct Shown {
    began: Instant,
    stages: BTreeMap<String, Stage>,
}

struct Stage {
    bar: Option<ProgressBar>,
    name: String,
    steps: usize,
    done: usize,
    /// Steps that are under way, and how far.
    running: BTreeMap<String, f32>,
}

impl Shown {
    fn new() -> Self {
        Self { began: Instant::now(), stages: BTreeMap::new() }
    }

    fn take(&mut self, event: &Event, console: &Console) {
        match event {
            Event::RunStarted { stages, .. } => {
                self.start(stages.iter().map(|s| (s.stage.as_str(), s.steps, s.done)), console)
            }
            Event::StepStarted { step, stage } => {
                self.stage(stage, |stage| stage.start(step));
                self.say(stage, step);
            }
            Event::StepProgress { step, done, what } => {
                if let Some((name, stage)) =
                    self.stages.iter_mut().find(|(_, stage)| stage.running.contains_key(step))
                {
                    stage.running.insert(step.clone(), *done);
                    let name = name.clone();
                    self.say(&name, &format!("{step} · {what}"));
                }
            }
            Event::StepFinished { step, stage, .. } => self.finish(step, stage, "✓", console),
            Event::StepFailed { step, stage, failure } => {
                self.finish(step, stage, "✗", console);
                console.tell(&format!("  ✗ {step}: {}", failure.message));
            }
            Event::StepWaiting { step, reason, .. } => {
                if let Some(stage) = self
                    .stages
                    .iter()
                    .find(|(_, stage)| stage.running.contains_key(step))
                    .map(|(name, _)| name.clone())
                {
                    self.stage(&stage, |stage| stage.rest(step));
                }
                console.tell(&said!(
                    console.language,
                    "  … {step} waits: {}",
                    "  … {step} 等待中：{}",
                    reason.message
                ));
            }
            Event::CallMade { .. } => {}
            Event::RunPaused { run } => console.complain(&said!(
                console.language,
                "  … paused by a person; go on with `handbill runs resume {run}`",
                "  … 已被暂停；执行 `handbill runs resume {run}` 即可继续"
            )),
            Event::RunResumed { .. } => {
                console.complain(console.language.pick("  … going on", "  … 继续"));
            }
            Event::RunEnded { .. } => self.end(),
        }
    }

    fn start<'e>(
        &mut self,
        stages: impl Iterator<Item = (&'e str, usize, usize)> + Clone,
        console: &Console,
    ) {
        let (steps, done) =
            stages.clone().fold((0, 0), |sum, (_, steps, done)| (sum.0 + steps, sum.1 + done));
        if done > 0 {
            console.tell(&said!(
                console.language,
                "{done} of {steps} steps are done already; going on with the rest",
                "{steps} 步中已有 {done} 步完成，继续其余部分"
            ));
        }
        let widest =
            stages.clone().map(|(stage, ..)| width(&stage_name(stage, console.language))).max().unwrap_or(0);
        for (stage, steps, done) in stages {
            let name = stage_name(stage, console.language);
            let padded = format!("{name}{}", " ".repeat(widest - width(&name)));
            let bar = console.is_watched().then(|| bar(console, &padded, steps, done));
            let begun = Stage { bar, name, steps, done, running: BTreeMap::new() };
            begun.draw();
            self.stages.insert(stage.to_owned(), begun);
        }
    }

    fn stage(&mut self, name: &str, change: impl FnOnce(&mut Stage)) {
        if let Some(stage) = self.stages.get_mut(name) {
            change(stage);
            stage.draw();
        }
    }

    /// Says on a bar what is being made.
    fn say(&mut self, stage: &str, what: &str) {
        if let Some(bar) = self.stages.get(stage).and_then(|stage| stage.bar.as_ref()) {
            bar.set_message(what.to_owned());
        }
    }

    fn finish(&mut self, step: &str, stage: &str, sign: &str, console: &Console) {
        let elapsed = clock(self.began.elapsed());
        self.stage(stage, |stage| {
            stage.rest(step);
            stage.done += 1;
            if stage.bar.is_none() {
                console.tell(&format!(
                    "[{elapsed}] {} {}/{} {sign} {step}",
                    stage.name, stage.done, stage.steps
                ));
            }
        });
    }

    fn end(&mut self) {
        for stage in self.stages.values().filter_map(|stage| stage.bar.as_ref()) {
            stage.set_message("");
            stage.abandon();
        }
    }
}

impl Stage {
    fn start(&mut self, step: &str) {
        self.running.insert(step.to_owned(), 0.0);
    }

    fn rest(&mut self, step: &str) {
        self.running.remove(step);
    }

    /// A bar has a thousand parts a step, so that a long step is seen to move.
    fn draw(&self) {
        let Some(bar) = &self.bar else { return };
        let under_way: f32 = self.running.values().map(|done| done.clamp(0.0, 0.999)).sum();
        bar.set_position((self.done as u64) * 1000 + (under_way * 1000.0) as u64);
        bar.set_prefix(format!("{}/{}", self.done, self.steps));
        if self.done == self.steps {
            bar.set_message("");
            bar.abandon();
        }
    }
}

fn bar(console: &Console, name: &str, steps: usize, done: usize) -> ProgressBar {
    let bar = console.bars().add(ProgressBar::new(steps as u64 * 1000));
    let template =
        format!("{name} {{bar:24.green/dim}} {{prefix:>7}} {{elapsed_precise:.dim}} {{wide_msg:.dim}}");
    // The template is ours; if it were wrong, a plain bar would do.
    bar.set_style(
        ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━━─"),
    );
    bar.set_prefix(format!("{done}/{steps}"));
    bar.set_position(done as u64 * 1000);
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

/// `03:07`
pub fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}
