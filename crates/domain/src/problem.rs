//! Everything that is wrong with an input, at once: where each problem is and what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// JSON pointer (RFC 6901) to the place, such as `/product/facts/2/value`.
    pub pointer: String,
    /// One-based line in the file, where there is a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to write instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The same in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zh: Option<Box<Said>>,
}

/// What is wrong and what to write instead, in another language than English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Problem {
    /// A problem at a place.
    pub fn at(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), line: None, message: message.into(), hint: None, zh: None }
    }

    /// Says in which line of the file it is, one-based.
    #[must_use]
    pub fn line(mut self, line: u32) -> Self {
        self.line = Some(line);
        self
    }

    /// Says it in Chinese too; an empty hint is none.
    #[must_use]
    pub fn in_chinese(mut self, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let hint = Some(hint.into()).filter(|hint| !hint.is_empty());
        self.zh = Some(Box::new(Said { message: message.into(), hint }));
        self
    }

    /// One line for readers of a language: Chinese for `zh` where it is there, else English.
    pub fn shown(&self, language: &str) -> String {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        let Some(zh) = self.zh.as_ref().filter(|_| language == "zh") else { return self.to_string() };
        let line = self.line.map(|line| format!("第 {line} 行，")).unwrap_or_default();
        let hint = zh.hint.as_ref().map(|hint| format!("（{hint}）")).unwrap_or_default();
        format!("{line}{place}：{}{hint}", zh.message)
    }

    /// Says what to write instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        match self.line {
            Some(line) => write!(out, "line {line}, {place}: {}", self.message)?,
            None => write!(out, "{place}: {}", self.message)?,
        }
        match &self.hint {
            Some(hint) => write!(out, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// All problems of one input. An `Err(Problems)` holds at least one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Notes one more.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Notes others, each once: what is wrong with many steps is told for one.
    pub fn push_new(&mut self, others: Self) {
        for problem in others.0 {
            if !self.0.contains(&problem) {
                self.push(problem);
            }
        }
    }

    /// `Ok(value)` when nothing was noted.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            if n > 0 {
                writeln!(out)?;
            }
            write!(out, "{problem}")?;
        }
        Ok(())
    }
}

/// The known name nearest to a misspelt one, if one is near enough to be meant: one that sounds like it from its
/// beginning, or that a slip or two of the fingers away.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .filter_map(|name| Some((likeness(&word, &name.to_lowercase())?, name)))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// How like two words are, 0 to 1; none when one cannot be meant by the other.
fn likeness(word: &str, name: &str) -> Option<f64> {
    let longest = word.chars().count().max(name.chars().count());
    // Slips of the fingers: a letter too many, too few, another, or two in the wrong order.
    let slips = strsim::damerau_levenshtein(word, name);
    let few = match longest {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    let by_sound = strsim::jaro_winkler(word, name);
    let by_slips = 1.0 - slips as f64 / longest.max(1) as f64;
    (by_sound >= 0.8 || slips <= few).then_some(by_sound.max(by_slips))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_fingers_are_recognised_in_short_words_and_long_ones() {
        let known = ["id", "url", "file", "role", "alt", "campaign", "placements", "call_to_action"];
        for (word, meant) in [
            ("ulr", Some("url")),
            ("URL", Some("url")),
            ("flie", Some("file")),
            ("rloe", Some("role")),
            ("atl", Some("alt")),
            ("camapign", Some("campaign")),
            ("plcaement", Some("placements")),
            ("callToAction", Some("call_to_action")),
            ("xy", None),
            ("banana", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }
}
