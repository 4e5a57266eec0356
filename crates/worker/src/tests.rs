//! Stories of the engine: a toy graph, a provider that keeps its own bill, and many ways to die.

mod chaos;
mod conformance;
mod dying;
mod money;
mod scenarios;
mod servers;
mod stories;
mod world;
