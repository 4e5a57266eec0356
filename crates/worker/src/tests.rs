//! Stories of the engine: a toy graph, a provider that keeps its own bill, and many ways to die.

mod dying;
mod money;
mod stories;
mod world;
