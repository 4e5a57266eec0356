//! Rehearsal: local models that need no key and cost nothing. Same ask, same bytes.

pub mod image;
pub mod inputs;
pub mod speech;
pub mod text;

#[cfg(test)]
mod tests;
