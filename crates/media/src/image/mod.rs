//! Pictures: resized, cropped, cut out, understood, encoded.

mod cutout;
pub mod encode;
pub mod fidelity;
mod palette;
mod resize;
mod shade;

pub use cutout::{Cutout, bounds, cut_out};
pub use palette::{focus, focus_on, palette};
pub(crate) use resize::cover_onto;
pub use resize::{contain, contained, cover, resize};
pub use shade::{blur, ground_shadow};
