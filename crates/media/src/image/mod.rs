//! Pictures: resized, cropped, cut out, understood, encoded.

mod cutout;
pub mod encode;
mod extend;
pub mod fidelity;
mod palette;
mod resize;
mod shade;
mod subject;

pub use cutout::{Cutout, bounds, cut_out};
pub(crate) use extend::crop_at;
pub use extend::{Extend, fill};
pub use palette::{focus, focus_on, palette};
pub use resize::{contain, contained, cover, resize};
pub(crate) use resize::{cover_onto, resize_part};
pub use shade::{blur, ground_shadow};
pub use subject::{Subject, subject};
