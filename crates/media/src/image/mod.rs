//! Pictures: resized, cropped, cut out, understood, encoded.

mod cutout;
pub mod encode;
pub mod fidelity;
mod palette;
mod resize;
mod shade;

pub use cutout::{Cutout, bounds, cut_out};
pub use palette::{focus, focus_on, palette};
pub use resize::{contain, contained, cover, resize};
pub(crate) use resize::{cover_onto, resize_part};
pub use shade::{blur, ground_shadow};
