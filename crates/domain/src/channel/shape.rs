//! Ratios and sizes: what shape a placement's pictures and videos have.

use std::str::FromStr;

use super::{ImageSlot, Placement, Size, VideoSlot};

/// A ratio of width to height, as the channel files write it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ratio {
    /// `4:5`, `1.91:1`.
    Of {
        /// Width.
        width: f64,
        /// Height.
        height: f64,
    },
    /// `1:2.4..2.4:1`: anything between the two, as width divided by height.
    Between(f64, f64),
    /// `750:any`: so many px wide, however high.
    Wide(u32),
    /// `any`.
    Any,
    /// `fixed`: one of the slot's sizes.
    Fixed,
}

impl FromStr for Ratio {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a ratio: write width:height, such as 4:5");
        let number = |s: &str| s.parse::<f64>().ok().filter(|n| n.is_finite() && *n > 0.0);
        let pair = |s: &str| s.split_once(':').and_then(|(w, h)| Some((number(w)?, number(h)?)));
        match text {
            "any" => return Ok(Self::Any),
            "fixed" => return Ok(Self::Fixed),
            _ => {}
        }
        if let Some((low, high)) = text.split_once("..") {
            let (low, high) = (pair(low).ok_or_else(wrong)?, pair(high).ok_or_else(wrong)?);
            return Ok(Self::Between(low.0 / low.1, high.0 / high.1));
        }
        if let Some(width) = text.strip_suffix(":any") {
            return width.parse().map(Self::Wide).map_err(|_| wrong());
        }
        pair(text).map(|(width, height)| Self::Of { width, height }).ok_or_else(wrong)
    }
}

impl Ratio {
    /// Width divided by height, where it is one number.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Of { width, height } => Some(width / height),
            _ => None,
        }
    }

    /// Has a size this ratio, give or take a share of `tolerance` (0.01 for one percent) or one pixel of rounding?
    pub fn fits(self, size: Size, tolerance: f64) -> bool {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        if width == 0.0 || height == 0.0 {
            return false;
        }
        match self {
            Self::Any | Self::Fixed => true,
            Self::Wide(px) => size.width == px,
            Self::Between(low, high) => {
                width / height >= low * (1.0 - tolerance) && width / height <= high * (1.0 + tolerance)
            }
            Self::Of { width: w, height: h } => {
                let wanted = w / h;
                let near = (width / height / wanted - 1.0).abs() <= tolerance;
                near || (width - height * wanted).abs() <= 1.0 || (height - width / wanted).abs() <= 1.0
            }
        }
    }

    /// The size of this ratio whose short side is `short` px; `None` where the ratio is not one number.
    pub fn with_short_side(self, short: u32) -> Option<Size> {
        let ratio = self.value()?;
        let round = |px: f64| px.round().max(1.0) as u32;
        Some(match ratio >= 1.0 {
            true => Size { width: round(f64::from(short) * ratio), height: short },
            false => Size { width: short, height: round(f64::from(short) / ratio) },
        })
    }
}

impl Size {
    /// Does the other lie inside this one?
    pub fn holds(self, other: Self) -> bool {
        other.width <= self.width && other.height <= self.height
    }

    /// Width divided by height.
    pub fn ratio(self) -> f64 {
        f64::from(self.width) / f64::from(self.height)
    }
}

/// How far a ratio may be missed where the platform does not say.
const TOLERANCE: f64 = 0.01;

/// Short side of a picture for which no size is stated, in px: what every platform shows sharp.
const SHORT_SIDE: u32 = 1080;

impl ImageSlot {
    /// Its ratios. A test reads every channel file, so none is lost here.
    pub fn ratio_list(&self) -> Vec<Ratio> {
        self.ratios.iter().filter_map(|text| text.parse().ok()).collect()
    }

    /// How far a ratio may be missed, as a share.
    pub fn tolerance(&self) -> f64 {
        self.ratio_tolerance.map_or(TOLERANCE, f64::from)
    }

    /// The sizes to make: all of a fixed list; else the recommended one; else one of the first ratio that keeps the bounds.
    pub fn sizes(&self) -> Vec<Size> {
        if !self.fixed_sizes.is_empty() {
            return self.fixed_sizes.clone();
        }
        self.recommended.or_else(|| self.derived(self.ratio_list().first().copied()?)).into_iter().collect()
    }

    /// One size for each accepted ratio, the preferred one first: what to make when every shape is wanted.
    pub fn sizes_by_ratio(&self) -> Vec<Size> {
        let mut sizes = self.sizes();
        if self.fixed_sizes.is_empty() {
            for ratio in self.ratio_list() {
                if ratio.value().is_some() && !sizes.iter().any(|size| ratio.fits(*size, self.tolerance())) {
                    sizes.extend(self.derived(ratio));
                }
            }
        }
        sizes
    }

    /// A size of this ratio: as large as usual, not below the smallest nor above the largest that is accepted.
    fn derived(&self, ratio: Ratio) -> Option<Size> {
        let ratio = match ratio {
            Ratio::Of { .. } => ratio,
            Ratio::Wide(width) => return Some(Size { width, height: width }),
            _ => Ratio::Of { width: 1.0, height: 1.0 },
        };
        let least = self.min.map_or(0, |min| {
            let value = ratio.value().unwrap_or(1.0);
            let (w, h) = (f64::from(min.width), f64::from(min.height));
            let short = if value >= 1.0 { h.max(w / value) } else { w.max(h * value) };
            short.ceil() as u32
        });
        let usual = ratio.with_short_side(SHORT_SIDE.max(least))?;
        match self.max {
            Some(max) if !max.holds(usual) => {
                let scale = (f64::from(max.width) / f64::from(usual.width))
                    .min(f64::from(max.height) / f64::from(usual.height));
                let short = f64::from(usual.width.min(usual.height)) * scale;
                ratio.with_short_side(short.floor() as u32)
            }
            _ => Some(usual),
        }
    }
}

impl VideoSlot {
    /// Its ratios, best first. A test reads every channel file, so none is lost here.
    pub fn ratio_list(&self) -> Vec<Ratio> {
        self.ratios.iter().filter_map(|text| text.parse().ok()).collect()
    }

    /// The sizes to make: the recommended ones; else 1080 px on the short side of the first ratio.
    pub fn sizes(&self) -> Vec<Size> {
        if !self.recommended.is_empty() {
            return self.recommended.clone();
        }
        self.ratio_list().iter().find_map(|r| r.with_short_side(SHORT_SIDE)).into_iter().collect()
    }

    /// Does it take a video of this length?
    pub fn takes_seconds(&self, seconds: f32) -> bool {
        self.duration_s.min.is_none_or(|min| seconds >= min)
            && self.duration_s.max.is_none_or(|max| seconds <= max)
    }

    /// Does it take a video of this ratio, such as `9:16`?
    pub fn takes_ratio(&self, ratio: &str) -> bool {
        let exact = self.ratios.iter().any(|r| r == ratio);
        let value = ratio.parse::<Ratio>().ok().and_then(Ratio::value);
        let inside = |r: &Ratio| matches!((r, value), (Ratio::Between(low, high), Some(v)) if (*low..=*high).contains(&v));
        exact || self.ratio_list().iter().any(|r| matches!(r, Ratio::Any) || inside(r))
    }
}

impl Placement {
    /// Does it take videos?
    pub fn is_video(&self) -> bool {
        !self.videos.is_empty()
    }

    /// Does it take pictures?
    pub fn is_image(&self) -> bool {
        !self.images.is_empty()
    }

    /// Does it take nothing but words?
    pub fn is_text_only(&self) -> bool {
        self.images.is_empty() && self.videos.is_empty()
    }

    /// Is there no publishing without a video?
    pub fn needs_video(&self) -> bool {
        self.videos.iter().any(|slot| slot.required)
    }

    /// The text of this key.
    pub fn field(&self, key: &str) -> Option<&super::TextField> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The picture of this role.
    pub fn image(&self, role: &str) -> Option<&ImageSlot> {
        self.images.iter().find(|slot| slot.role == role)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{channels, placement};
    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    #[test]
    fn every_ratio_of_every_channel_is_read() {
        for place in channels().iter().flat_map(|c| &c.placements) {
            for text in
                place.images.iter().flat_map(|s| &s.ratios).chain(place.videos.iter().flat_map(|s| &s.ratios))
            {
                assert!(text.parse::<Ratio>().is_ok(), "{} has the ratio {text}", place.id);
            }
        }
    }

    #[test]
    fn every_slot_has_a_size_that_it_accepts_itself() {
        for place in channels().iter().flat_map(|c| &c.placements) {
            for slot in &place.images {
                assert!(!slot.sizes().is_empty(), "{} {}", place.id, slot.role);
                for made in slot.sizes_by_ratio() {
                    let ok = slot.ratio_list().iter().any(|r| r.fits(made, slot.tolerance()));
                    assert!(ok, "{} {} {made:?}", place.id, slot.role);
                    assert!(
                        slot.max.is_none_or(|max| max.holds(made)),
                        "{} {} {made:?}",
                        place.id,
                        slot.role
                    );
                }
            }
            for slot in &place.videos {
                for made in slot.sizes() {
                    assert!(slot.ratio_list().iter().any(|r| r.fits(made, 0.01)), "{} {made:?}", place.id);
                }
            }
        }
    }

    #[test]
    fn a_ratio_is_kept_within_its_tolerance_or_a_pixel() {
        let landscape: Ratio = "1.91:1".parse().unwrap();
        assert!(landscape.fits(size(1200, 628), 0.01) && !landscape.fits(size(1200, 675), 0.01));
        assert!("9:16".parse::<Ratio>().unwrap().fits(size(500, 889), 0.0));
        assert!("1:2.4..2.4:1".parse::<Ratio>().unwrap().fits(size(1920, 1080), 0.0));
        assert!(!"1:2.4..2.4:1".parse::<Ratio>().unwrap().fits(size(3000, 1000), 0.0));
        assert_eq!("4:5".parse::<Ratio>().unwrap().with_short_side(1080), Some(size(1080, 1350)));
        for bad in ["", "4", "4:", "0:1", "a:b", "4:5..x"] {
            assert!(bad.parse::<Ratio>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_slot_names_its_sizes() {
        let banner = &placement("google_ads.display_uploaded").unwrap().images[0];
        assert_eq!(banner.sizes().len(), 7);
        let feed = placement("meta.feed_image").unwrap().image("single").unwrap();
        assert_eq!(feed.sizes(), [size(1440, 1800)]);
        assert_eq!(feed.sizes_by_ratio(), [size(1440, 1800), size(1080, 1080), size(2063, 1080)]);
        let reels = &placement("meta.reels").unwrap().videos[0];
        assert!(reels.takes_seconds(15.0) && !reels.takes_seconds(120.0));
        assert!(reels.takes_ratio("9:16") && !reels.takes_ratio("16:9"));
        assert!(placement("google_ads.rsa").unwrap().is_text_only());
    }
}
