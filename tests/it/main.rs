//! Story tests: the finished binary, real servers, one link. The test binary belongs to `crates/app` (see its
//! Cargo.toml), so that cargo tells us where `handbill` is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod architecture;
mod bucket;
mod create;
mod failing;
mod fresh;
mod house;
mod labels;
mod own;
mod page;
mod provider;
mod rendering;
mod runs;
#[path = "../servers/s3.rs"]
mod s3;
