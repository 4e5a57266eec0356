//! How a movement runs from its beginning to its end.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The course of a movement over its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Easing {
    /// Even speed.
    Linear,
    /// Starts slowly (cubic).
    In,
    /// Ends slowly (cubic).
    Out,
    /// Starts and ends slowly (sine): for long camera moves.
    #[default]
    InOut,
    /// Quick, then settles for long (quintic): for things that enter.
    Settle,
    /// Overshoots a little and comes back: for badges.
    Back,
}

impl Easing {
    /// Where the movement is, 0 to 1 (`Back` passes 1 for a moment), when `t` of its time is over.
    pub fn at(self, t: f64) -> f64 {
        let t = t.clamp(0.0, 1.0);
        match self {
            Self::Linear => t,
            Self::In => t * t * t,
            Self::Out => 1.0 - (1.0 - t).powi(3),
            Self::InOut => 0.5 - 0.5 * (std::f64::consts::PI * t).cos(),
            Self::Settle => 1.0 - (1.0 - t).powi(5),
            Self::Back => {
                let (s, u) = (1.35, t - 1.0);
                1.0 + (s + 1.0) * u.powi(3) + s * u * u
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_easing_starts_at_zero_and_ends_at_one() {
        for easing in [Easing::Linear, Easing::In, Easing::Out, Easing::InOut, Easing::Settle, Easing::Back] {
            assert!(easing.at(0.0).abs() < 1e-9, "{easing:?}");
            assert!((easing.at(1.0) - 1.0).abs() < 1e-9, "{easing:?}");
            assert!((easing.at(7.0) - 1.0).abs() < 1e-9, "{easing:?} is held after its end");
        }
        assert!(Easing::Back.at(0.7) > 1.0);
    }
}
