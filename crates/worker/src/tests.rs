//! Stories of the engine: a toy graph, a provider that keeps its own bill, and many ways to die.
#![allow(clippy::print_stdout, reason = "how long each scenario took")]

mod chaos;
mod conformance;
mod dying;
mod money;
mod orders;
mod outage;
mod scenarios;
mod servers;
mod stories;
mod world;
