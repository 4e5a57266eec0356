//! The prompts in force: ours, with those of the user's folder over them.

/// The prompts in force.
#[derive(Debug, Default)]
pub struct Prompts;
