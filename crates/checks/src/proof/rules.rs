//! What a finished picture must keep, as data: `proof.json`.

use std::sync::LazyLock;

use serde::Deserialize;

/// The limits.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    /// Why they are here.
    #[serde(rename = "note")]
    _note: String,
    /// How wide a picture is shown that is as wide as the phone.
    pub(super) phone_width: f64,
    /// Least contrast of words with what is under them (WCAG 2 AA).
    pub(super) contrast: f64,
    /// Em of words as a phone shows them.
    pub(super) text_px: Limits,
    /// Em of small print as a phone shows it.
    pub(super) small_print_px: Limits,
    /// Names of what is small print.
    pub(super) small_print: Vec<String>,
    /// Clear room around a logo, in shares of its height.
    pub(super) logo_space: Limits,
    /// What does not count: half a letter's soft edge.
    pub(super) slack_px: f64,
}

/// Below the first it is blocked, below the second it is told.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) least: f64,
    pub(super) advised: f64,
}

static RULES: LazyLock<Result<Rules, String>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../proof.json")).map_err(|e| e.to_string()));

/// A test reads the file, so one that does not parse never leaves this repository.
pub(super) fn rules() -> Rules {
    RULES.clone().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_read() {
        assert_eq!(RULES.as_ref().map(|r| r.contrast), Ok(4.5));
    }
}
