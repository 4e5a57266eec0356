//! What an entrance does at a moment.

use super::timeline::{Entrance, EntranceKind};

/// How a thing differs from its rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct State {
    /// Moved down by so many px.
    pub(crate) dy: f64,
    pub(crate) scale: f64,
    /// 0 to 1.
    pub(crate) opacity: f64,
    /// Seen only inside its own resting box.
    pub(crate) behind_window: bool,
}

const REST: State = State { dy: 0.0, scale: 1.0, opacity: 1.0, behind_window: false };

/// The state at `since` ms after the start of something that lasts `length` ms. `line` counts lines of text for the
/// stagger; `height` is what a rise is measured in.
pub(crate) fn state(
    enter: Option<&Entrance>,
    exit: Option<&Entrance>,
    since: f64,
    length: f64,
    line: usize,
    height: f64,
) -> State {
    let wait = |e: &Entrance| e.delay_ms as f64 + (line as u64 * e.stagger_ms) as f64;
    let coming = enter.map(|e| (e, (since - wait(e)) / e.duration_ms.max(1) as f64));
    let going = exit.map(|e| (e, (length - since) / e.duration_ms.max(1) as f64));
    match (coming, going) {
        (Some((e, t)), _) if t < 1.0 => moved(e, t, height),
        (_, Some((e, t))) if t < 1.0 => moved(e, t, -height),
        _ => REST,
    }
}

fn moved(entrance: &Entrance, t: f64, height: f64) -> State {
    let k = entrance.easing.at(t);
    let fade = (t * 1.6).clamp(0.0, 1.0);
    match entrance.kind {
        EntranceKind::Fade => State { opacity: t.clamp(0.0, 1.0), ..REST },
        EntranceKind::Rise => State { dy: (1.0 - k) * height, opacity: fade, ..REST },
        EntranceKind::Fall => State { dy: (k - 1.0) * height, opacity: fade, ..REST },
        EntranceKind::Reveal if t <= 0.0 => State { opacity: 0.0, ..REST },
        EntranceKind::Reveal => State { dy: (1.0 - k) * height.abs() * 1.1, behind_window: true, ..REST },
        EntranceKind::Pop => State { scale: 0.72 + 0.28 * k, opacity: (t * 2.5).clamp(0.0, 1.0), ..REST },
    }
}
