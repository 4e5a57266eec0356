//! Who may use the API: workspaces, their keys, and requests that are to be done once.

use crate::Change;

/// This change.
pub(crate) const CHANGE: Change = Change { name: "m0003_keys", up: UP, down: DOWN };

const UP: &[&str] = &[
    "CREATE TABLE workspaces (id text NOT NULL PRIMARY KEY, created_at bigint NOT NULL)",
    // The one workspace of a machine without accounts was always there.
    "INSERT INTO workspaces (id, created_at) VALUES ('local', 0)",
    "CREATE TABLE keys (workspace_id text NOT NULL REFERENCES workspaces (id), id text NOT NULL PRIMARY KEY, name text NOT NULL,
       env text NOT NULL, hash text NOT NULL, scopes text NOT NULL, ceiling_micros bigint, currency text, created_at bigint NOT NULL,
       expires_at bigint, used_at bigint, revoked_at bigint)",
    "CREATE INDEX keys_of_workspace ON keys (workspace_id, created_at)",
    "CREATE TABLE requests (workspace_id text NOT NULL, caller text NOT NULL, name text NOT NULL, fingerprint text NOT NULL,
       id text NOT NULL, answer text, at bigint NOT NULL, PRIMARY KEY (workspace_id, caller, name))",
    "CREATE INDEX requests_by_time ON requests (at)",
];

const DOWN: &[&str] = &["DROP TABLE requests", "DROP TABLE keys", "DROP TABLE workspaces"];
