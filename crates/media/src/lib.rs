//! Pixels, frames and sound: pure and blocking, no network.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod audio;
pub mod canvas;
pub mod color;
pub mod draw;
mod error;
pub mod image;
pub mod open;
pub mod press;
pub mod shape;
pub mod template;
pub mod text;
pub mod video;

pub use canvas::{Canvas, Tile};
pub use color::Color;
pub use error::Error;
