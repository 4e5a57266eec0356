//! The arithmetic of a rate: one number per bucket, the time at which it will be full again.

use std::time::Duration;

/// A minute in microseconds.
const MINUTE: f64 = 60e6;

/// So many per minute. A sixth of them may come at once, and the rest is spread so that no minute ever has more than
/// the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    /// Microseconds that one costs.
    pub(crate) each: f64,
    /// How many may come at once.
    pub(crate) burst: f64,
}

impl Rate {
    pub(crate) fn per_minute(limit: u32) -> Self {
        let burst = f64::from((limit / 6).max(1));
        // A limit of nothing is a bucket that never fills.
        let each = if limit == 0 { f64::INFINITY } else { MINUTE / (f64::from(limit) - burst + 1.0) };
        Self { each, burst }
    }

    /// A bucket that has nothing in it at this time.
    pub(crate) fn empty(self, now: f64) -> f64 {
        now + if self.each.is_finite() { self.burst * self.each } else { 0.0 }
    }

    /// Takes `n` out of a bucket, or tells how long it must wait. What is more than the bucket holds may go when it is
    /// full, and is paid off afterwards.
    pub(crate) fn take(self, full_at: f64, now: f64, n: f64) -> Result<f64, Duration> {
        if n == 0.0 {
            return Ok(full_at);
        }
        if !self.each.is_finite() {
            return Err(Duration::from_secs(60));
        }
        let full_at = full_at.max(now);
        let wait = full_at + (n.min(self.burst) - self.burst) * self.each - now;
        if wait > 0.0 { Err(micros(wait)) } else { Ok(full_at + n * self.each) }
    }
}

/// Microseconds, rounded up.
pub(crate) fn micros(micros: f64) -> Duration {
    Duration::from_secs_f64((micros.ceil() / 1e6).clamp(0.0, 1e9))
}
