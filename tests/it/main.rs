//! Story tests: one binary, one link.
