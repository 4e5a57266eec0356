//! Chance that is the same for the same seed.

/// Chooses by seed and by what is chosen.
#[derive(Clone, Debug)]
pub(super) struct Dice {
    seed: String,
}

impl Dice {
    pub(super) fn new(seed: u64, again: Option<&str>) -> Self {
        Self { seed: format!("{seed}/{}", again.unwrap_or_default()) }
    }

    /// A number for this question.
    pub(super) fn roll(&self, question: &str) -> usize {
        let hash = blake3::hash(format!("{}/{question}", self.seed).as_bytes());
        let [a, b, c, d, ..] = *hash.as_bytes();
        u32::from_le_bytes([a, b, c, d]) as usize
    }

    /// One of several.
    pub(super) fn one<'t, T>(&self, question: &str, of: &'t [T]) -> Option<&'t T> {
        if of.is_empty() { None } else { of.get(self.roll(question) % of.len()) }
    }
}
