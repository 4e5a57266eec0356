//! Keys that cannot be shown by accident.

use std::fmt;

/// What is written where a key was.
const MASK: &str = "[key]";

/// A key. It can be sent, it cannot be printed, and it is not serialisable.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a key; spaces and line ends around it, as files and shells add them, are dropped.
    pub fn new(key: impl AsRef<str>) -> Self {
        Self(key.as_ref().trim().to_owned())
    }

    /// Is there nothing in it?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key itself, for the header that carries it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// A text without this key and without anything that looks like one.
    pub fn scrub(&self, text: &str) -> String {
        let text = if self.0.len() >= 4 { text.replace(&self.0, MASK) } else { text.to_owned() };
        redact(&text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(MASK)
    }
}

/// A text in which everything that looks like a key is masked: `Bearer …`, `sk-…`, `key=…`, `"api_key": "…"`.
pub fn redact(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut after_label = false;
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        if word > 0 {
            let (token, tail) = rest.split_at(word);
            let label = is_label(token, tail);
            let hide = !label && (looks_like_a_key(token) || (after_label && token.len() >= 6));
            kept.push_str(if hide { MASK } else { token });
            after_label = label;
            rest = tail;
        } else {
            let gap = rest.find(is_word).unwrap_or(rest.len());
            let (between, tail) = rest.split_at(gap);
            after_label &= between.len() <= 4
                && between.chars().all(|c| matches!(c, ' ' | ':' | '=' | '"' | '\'' | '\\'));
            kept.push_str(between);
            rest = tail;
        }
    }
    kept
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*' | '/' | '+' | '~' | '%')
}

fn looks_like_a_key(token: &str) -> bool {
    let prefixed = ["sk-", "sk_", "rk-", "xai-", "AIza", "gsk_", "r8_", "key_", "whsec_"]
        .iter()
        .any(|p| token.starts_with(p));
    prefixed && token.len() >= 10
}

fn is_label(token: &str, tail: &str) -> bool {
    let name = token.to_ascii_lowercase();
    if name == "bearer" || name == "basic" {
        return tail.starts_with(' ');
    }
    let named = ["key", "token", "secret", "password", "signature", "authorization", "credential"]
        .iter()
        .any(|l| name.ends_with(l));
    named && tail.trim_start_matches(['"', '\'', '\\', ' ']).starts_with(['=', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let key = Secret::new("sk-live-1234567890\n");
        assert_eq!(format!("{key} {key:?} {:?}", Some(&key)), "[key] [key] Some([key])");
        assert_eq!(key.expose(), "sk-live-1234567890");
    }

    #[test]
    fn what_looks_like_a_key_is_masked_and_other_words_stay() {
        let cases = [
            (
                "Incorrect API key provided: sk-proj-abc****wxyz. See docs",
                "Incorrect API key provided: [key] See docs",
            ),
            ("authorization: Bearer abcdef0123", "authorization: Bearer [key]"),
            ("https://x.example/v?api_key=abcdef123&size=2", "https://x.example/v?api_key=[key]&size=2"),
            (
                r#"{"token": "abcdef0123", "max_tokens": 2000000}"#,
                r#"{"token": "[key]", "max_tokens": 2000000}"#,
            ),
            ("the key point is brevity, 密钥", "the key point is brevity, 密钥"),
            ("task sk-1", "task sk-1"),
        ];
        for (text, shown) in cases {
            assert_eq!(redact(text), shown);
        }
    }

    #[test]
    fn a_key_of_any_form_is_scrubbed_when_it_is_known() {
        assert_eq!(Secret::new("tea.4711").scrub("no access for tea.4711!"), "no access for [key]!");
    }
}
