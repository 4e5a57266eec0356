//! The second try of an answer that was not the JSON that was asked for.

use crate::{
    Error,
    ask::{Repair, TextAsk},
    said::shortened,
};

/// Most characters of a bad answer that go back to the model.
const SAID: usize = 12_000;

/// The ask that shows the model its answer and what is wrong with it; `None` for other errors, and for a second try
/// that failed too: an answer is repaired once.
pub fn repair_of(ask: &TextAsk, error: &Error) -> Option<TextAsk> {
    let Error::Malformed { said, objections, .. } = error else { return None };
    if ask.repair.is_some() {
        return None;
    }
    let repair = Repair { said: shortened(said, SAID), objections: objections.clone() };
    Some(TextAsk { repair: Some(repair), ..ask.clone() })
}
