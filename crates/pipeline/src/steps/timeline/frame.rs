//! The boxes of a frame: where words, product, captions and logo have their places in each shape.

use handbill_domain::{
    channel::{Placement, Size},
    locale::Locale,
};
use handbill_media::video::timeline::{Align, Along, Area};

/// What the platforms' own controls cover, in shares of the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Zone {
    pub(crate) top: f64,
    pub(crate) bottom: f64,
    pub(crate) left: f64,
    pub(crate) right: f64,
}

impl Zone {
    /// The largest margins that any of these placements has for a video of this shape.
    pub(crate) fn of<'p>(placements: impl Iterator<Item = &'p Placement>, size: Size) -> Self {
        let shape = f64::from(size.width) / f64::from(size.height);
        let zones = placements.flat_map(|p| &p.videos).filter_map(|v| v.safe_zone.as_ref());
        let alike = zones
            .filter(|z| (f64::from(z.frame.width) / f64::from(z.frame.height) / shape - 1.0).abs() < 0.05);
        alike.fold(Self::default(), |widest, z| {
            let (w, h) = (f64::from(z.frame.width), f64::from(z.frame.height));
            Self {
                top: widest.top.max(f64::from(z.top) / h),
                bottom: widest.bottom.max(f64::from(z.bottom) / h),
                left: widest.left.max(f64::from(z.left) / w),
                right: widest.right.max(f64::from(z.right) / w),
            }
        })
    }
}

/// How a frame is divided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) size: Size,
    pub(crate) shape: Shape,
    pub(crate) logo: Area,
    pub(crate) headline: Area,
    /// Where the headline stands in its box.
    pub(crate) align: Align,
    pub(crate) captions: Area,
    /// Middle of the product, and the box that it fills at most (width, height).
    pub(crate) product: (f64, f64, f64, f64),
    /// Where photos stand below the words; absent: they fill the frame behind them.
    pub(crate) photo: Option<Area>,
    /// The words of the closing card.
    pub(crate) card: Area,
    /// Product on the closing card.
    pub(crate) card_product: (f64, f64, f64, f64),
    /// Where a label stands that says how the video was made, and at which side of its box.
    pub(crate) label: Option<Area>,
    pub(crate) label_side: Along,
}

/// Space around the words of a label, in sizes of its text: across, down.
pub(super) const LABEL_PADDING: [f64; 2] = [0.42, 0.16];
/// Room for the longest label (`AI-generated`), in sizes of its text.
const LABEL_WIDTH: f64 = 8.4;

/// The three ways to divide a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Words above, product below.
    Tall,
    /// Words left, product right.
    Square,
    /// The same, wider.
    Wide,
}

fn area(x: f64, y: f64, w: f64, h: f64) -> Area {
    Area { x, y, w, h }
}

impl Frame {
    /// Divides a frame of this size.
    pub(crate) fn new(size: Size, zone: Zone) -> Self {
        let ratio = f64::from(size.width) / f64::from(size.height);
        if ratio < 0.9 { Self::tall(size, zone) } else { Self::beside(size, zone, ratio > 1.4) }
    }

    /// The same, with room for a label whose em is this share of the short side: a row of its own above everything in
    /// tall frames, the corner above the product in others.
    pub(crate) fn labelled(size: Size, zone: Zone, em: Option<f64>) -> Self {
        let Some(em) = em else { return Self::new(size, zone) };
        let (w, h) = (f64::from(size.width), f64::from(size.height));
        // A hair more than its line and plate.
        let em = em * w.min(h) * 1.01;
        let (wide, high) = (em * LABEL_WIDTH / w, em * (1.0 + 2.0 * LABEL_PADDING[1]) / h);
        let below = high + 0.014;
        let plain = Self::new(size, zone);
        if plain.shape == Shape::Tall {
            let row = Area { h: high, w: wide.min(plain.logo.w), ..plain.logo };
            let zone = Zone { top: plain.logo.y + below, ..zone };
            return Self { label: Some(row), label_side: Along::Start, ..Self::new(size, zone) };
        }
        let (x, y, room, tall) = plain.product;
        let right = x + room / 2.0;
        let corner = area(right - wide, plain.logo.y, wide, high);
        let logo = Area { w: plain.logo.w.min(corner.x - plain.logo.x - 0.02), ..plain.logo };
        let product = (x, y + below / 2.0, room, tall - below);
        Self { label: Some(corner), label_side: Along::End, logo, product, ..plain }
    }

    fn tall(size: Size, zone: Zone) -> Self {
        let (top, bottom) = (zone.top.max(0.06), zone.bottom.max(0.05));
        // The same margin on both sides keeps words over the product.
        let side = zone.left.max(zone.right).clamp(0.075, 0.18);
        let width = 1.0 - 2.0 * side;
        let crowded = bottom > 0.2;
        let headline = area(side, top + 0.05, width, 0.125);
        let (captions, product) = if crowded {
            // The lower third belongs to the platform: captions stand under the headline, and the product, which is a
            // picture and no words, may reach below.
            (
                area(side * 0.6, top + 0.187, 1.0 - 1.2 * side, 0.07),
                (0.5, (top + 0.28 + 0.845) / 2.0, 0.66, 0.845 - top - 0.28),
            )
        } else {
            let (from, to) = (top + 0.20, 1.0 - bottom - 0.115);
            (area(0.06, 1.0 - bottom - 0.095, 0.88, 0.095), (0.5, (from + to) / 2.0, 0.66, to - from))
        };
        let card = area(side, top, width, (1.0 - bottom - top).min(0.5));
        let foot = if crowded { 0.93 } else { 1.0 - bottom - 0.02 };
        let card_product =
            (0.5, (card.y + card.h + 0.015 + foot) / 2.0, 0.56, foot - card.y - card.h - 0.015);
        let align = Align { x: Along::Middle, y: Along::Middle };
        let edge = headline.y + headline.h + 0.03;
        let photo = Some(area(0.0, edge, 1.0, 1.0 - edge));
        Self {
            size,
            shape: Shape::Tall,
            logo: area(side, top, width, 0.038),
            headline,
            align,
            captions,
            product,
            photo,
            card,
            card_product,
            label: None,
            label_side: Along::Start,
        }
    }

    fn beside(size: Size, zone: Zone, wide: bool) -> Self {
        let (left, right) = (zone.left.max(if wide { 0.06 } else { 0.065 }), zone.right.max(0.05));
        let (top, bottom) = (zone.top.max(0.065), zone.bottom.max(0.05));
        let words = if wide { 0.45 } else { 0.47 };
        let caption_y = 1.0 - bottom - 0.11;
        let middle = left + words + (1.0 - right - left - words) / 2.0 + 0.015;
        let room = caption_y - top - 0.03;
        let product = (middle, top + room / 2.0, 1.0 - right - left - words - 0.02, room);
        let captions = if wide { area(0.2, caption_y, 0.6, 0.11) } else { area(0.07, caption_y, 0.86, 0.11) };
        Self {
            size,
            shape: if wide { Shape::Wide } else { Shape::Square },
            logo: area(left, top, words, if wide { 0.09 } else { 0.075 }),
            headline: area(left, top + 0.13, words, caption_y - top - 0.20),
            align: Align { x: Along::Start, y: Along::Middle },
            captions,
            product,
            photo: None,
            card: area(left, top, words, 1.0 - top - bottom),
            card_product: (middle, 0.5, product.2, 0.78),
            label: None,
            label_side: Along::End,
        }
    }

    /// The box of words that have the frame to themselves.
    pub(crate) fn statement(&self) -> Area {
        let Area { x, y, w, h } = self.headline;
        match self.shape {
            // Below the captions where these stand high, else in the middle.
            Shape::Tall if self.captions.y < 0.5 => {
                let from = self.captions.y + self.captions.h + 0.015;
                area(x, from, w, (self.card.y + self.card.h - from).max(0.12))
            }
            Shape::Tall => area(x, 0.3, w, 0.34),
            _ => area(x, y, 1.0 - 2.0 * x, h),
        }
    }

    /// Size of captions, as a share of the shorter side.
    pub(crate) fn caption_size(&self, locale: &Locale) -> f64 {
        let base = if locale.is_chinese() { 0.044 } else { 0.039 };
        if self.shape == Shape::Tall { base } else { base * 0.96 }
    }

    /// Largest height of a product with this ratio of width to height, as a share of the frame's height.
    pub(crate) fn product_height(&self, (_, _, width, height): (f64, f64, f64, f64), ratio: f64) -> f64 {
        height.min(width * f64::from(self.size.width) / f64::from(self.size.height) / ratio.max(0.01))
    }
}

/// Width and height of a video with this ratio, its shorter side 1080 px.
pub(crate) fn size_of(ratio: &str) -> Option<Size> {
    let (w, h) = ratio.split_once(':')?;
    let (w, h): (f64, f64) = (w.parse().ok()?, h.parse().ok()?);
    if !(w > 0.0 && h > 0.0 && (0.3..=3.4).contains(&(w / h))) {
        return None;
    }
    let even = |v: f64| (v / 2.0).round() as u32 * 2;
    let short = 1080.0;
    Some(if w < h {
        Size { width: 1080, height: even(short * h / w) }
    } else {
        Size { width: even(short * w / h), height: 1080 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use handbill_domain::channel::placement;

    #[test]
    fn words_stay_inside_the_safe_zones_of_all_placements() {
        let size = size_of("9:16").unwrap();
        let ids = ["youtube.shorts", "instagram.reels", "tiktok.infeed_auction", "instagram.story"];
        let zone = Zone::of(ids.iter().filter_map(|id| placement(id)), size);
        assert_eq!((zone.top * 1920.0).round(), 288.0);
        assert_eq!((zone.bottom * 1920.0).round(), 672.0);
        let frame = Frame::new(size, zone);
        for area in [frame.headline, frame.captions, frame.logo, frame.card, frame.statement()] {
            assert!(area.y >= zone.top - 1e-9 && area.y + area.h <= 1.0 - zone.bottom + 1e-9, "{area:?}");
        }
    }

    #[test]
    fn no_two_boxes_of_a_frame_overlap() {
        for ratio in ["9:16", "4:5", "3:4", "1:1", "4:3", "16:9"] {
            for zone in [Zone::default(), Zone { top: 0.15, bottom: 0.35, left: 0.05, right: 0.17 }] {
                let frame = Frame::new(size_of(ratio).unwrap(), zone);
                let below = |a: Area, b: Area| a.y + a.h <= b.y + 1e-9 || b.y + b.h <= a.y + 1e-9;
                assert!(
                    below(frame.logo, frame.headline) && below(frame.headline, frame.captions),
                    "{ratio} {frame:?}"
                );
                assert!(frame.product.3 > 0.2, "{ratio} {frame:?}");
            }
        }
    }

    #[test]
    fn a_label_has_a_place_of_its_own_inside_the_safe_zones() {
        for ratio in ["9:16", "4:5", "3:4", "1:1", "4:3", "16:9"] {
            for zone in [Zone::default(), Zone { top: 0.15, bottom: 0.35, left: 0.05, right: 0.17 }] {
                let size = size_of(ratio).unwrap();
                let frame = Frame::labelled(size, zone, Some(0.06));
                let label = frame.label.unwrap();
                let (x, y, w, h) = frame.product;
                let product = area(x - w / 2.0, y - h / 2.0, w, h);
                for other in [frame.logo, frame.headline, frame.captions, product, frame.statement()] {
                    let apart = label.y + label.h <= other.y + 1e-9
                        || label.x >= other.x + other.w
                        || other.y + other.h <= label.y + 1e-9;
                    assert!(apart, "{ratio} {zone:?}: {label:?} over {other:?}");
                }
                assert!(label.y >= zone.top && label.x >= zone.left, "{ratio} {label:?}");
                assert!(label.x + label.w <= 1.0 - zone.right + 0.02, "{ratio} {label:?}");
                assert!(label.h * f64::from(size.height) >= 1080.0 * 0.06 * 1.3, "{ratio} {label:?}");
                assert!(h > 0.2, "{ratio} {frame:?}");
            }
        }
    }

    #[test]
    fn ratios_become_even_sizes() {
        assert_eq!(size_of("9:16"), Some(Size { width: 1080, height: 1920 }));
        assert_eq!(size_of("4:5"), Some(Size { width: 1080, height: 1350 }));
        assert_eq!(size_of("16:9"), Some(Size { width: 1920, height: 1080 }));
        assert_eq!(size_of("tall"), None);
    }
}
