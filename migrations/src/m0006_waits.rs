//! How long a step waited for providers that had no time for it.

use crate::Change;

/// This change.
pub(crate) const CHANGE: Change = Change {
    name: "m0006_waits",
    up: &["ALTER TABLE steps ADD COLUMN waited_ms bigint NOT NULL DEFAULT 0"],
    down: &["ALTER TABLE steps DROP COLUMN waited_ms"],
};
