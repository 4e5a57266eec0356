//! What is said, and where: answers on stdout, everything else on stderr.

use std::io::{self, IsTerminal, Write};

use indicatif::MultiProgress;
use serde::Serialize;
use serde_json::Value;

use crate::language::Language;

/// Where people read. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Console {
    /// In which language.
    pub language: Language,
    /// One event a line on stdout instead of sentences.
    pub json: bool,
    quiet: bool,
    bars: MultiProgress,
}

impl Console {
    /// A console.
    pub fn new(language: Language, json: bool, quiet: bool) -> Self {
        Self { language, json, quiet, bars: MultiProgress::new() }
    }

    /// The same in another language, if one is wanted.
    #[must_use]
    pub fn in_language(self, language: Option<Language>) -> Self {
        Self { language: language.unwrap_or(self.language), ..self }
    }

    /// Is progress shown to people?
    pub fn shows_progress(&self) -> bool {
        !self.quiet && !self.json
    }

    /// Can somebody be asked?
    pub fn can_ask(&self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Does a person watch stderr?
    pub fn is_watched(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// The bars at the foot of the terminal.
    pub fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Tells how things go; silent when quiet.
    pub fn tell(&self, text: &str) {
        if self.shows_progress() {
            self.complain(text);
        }
    }

    /// Says what must be heard.
    pub fn complain(&self, text: &str) {
        self.bars.suspend(|| line(io::stderr(), text));
    }

    /// Gives the answer that was asked for.
    pub fn answer(&self, text: &str) {
        self.bars.suspend(|| line(io::stdout(), text));
    }

    /// Gives an event to a program that watches.
    pub fn event(&self, event: &impl Serialize) {
        if self.json
            && let Ok(text) = serde_json::to_string(event)
        {
            line(io::stdout(), &text);
        }
    }

    /// Gives an event of ours: a name and what belongs to it.
    pub fn note(&self, name: &str, mut detail: Value) {
        if let Some(map) = detail.as_object_mut() {
            map.shift_insert(0, "event".to_owned(), Value::from(name));
        }
        self.event(&detail);
    }
}

/// Nobody is left to be told when a pipe is closed, so what cannot be written is dropped.
fn line(mut to: impl Write, text: &str) {
    drop(writeln!(to, "{text}").and_then(|()| to.flush()));
}
