//! Secrets that the processes of an installation share.

use crate::Change;

/// This change.
pub(crate) const CHANGE: Change = Change {
    name: "m0005_secrets",
    up: &["CREATE TABLE secrets (name text NOT NULL PRIMARY KEY, value text NOT NULL)"],
    down: &["DROP TABLE secrets"],
};
