//! Stories of the engine: a toy graph, a provider that keeps its own bill, and many ways to die.
#![allow(clippy::print_stdout, reason = "how long each scenario took")]

mod chaos;
mod conformance;
mod dying;
mod money;
mod orders;
mod outage;
mod patience;
#[path = "../../../tests/servers/postgres.rs"]
mod postgres;
#[path = "../../../tests/servers/redis.rs"]
mod redis;
#[path = "../../../tests/servers/s3.rs"]
mod s3;
mod scenarios;
mod stories;
mod world;
