//! Counting what a request uses, before it is sent (for the plan) and where the provider does not tell.

use handbill_domain::model::{Entry, PriceUnit};

use crate::ask::{ImageAsk, SpeechAsk, TextAsk, Usage, VideoAsk};

/// A request whose use can be told before it is sent.
pub trait Expected {
    /// What it will use of this model, rather too much than too little.
    fn expected(&self, entry: &Entry) -> Usage;
}

impl Usage {
    /// How many of a unit.
    pub fn count(&self, unit: PriceUnit) -> u64 {
        self.counts.iter().filter(|(u, _)| *u == unit).map(|(_, n)| n).sum()
    }

    /// Only the units that this entry has a price for; all of them where it has none of these.
    #[must_use]
    pub fn as_billed_by(mut self, entry: &Entry) -> Self {
        let billed = |unit: &PriceUnit| entry.price.iter().any(|row| row.unit == *unit);
        if self.counts.iter().any(|(unit, _)| billed(unit)) {
            self.counts.retain(|(unit, _)| billed(unit));
        }
        self
    }
}

impl Expected for TextAsk {
    /// The prompt as estimated, and as many tokens of answer as are allowed.
    fn expected(&self, entry: &Entry) -> Usage {
        let repair = self
            .repair
            .as_ref()
            .map_or(0, |r| tokens(&r.said) + r.objections.iter().map(|o| tokens(o)).sum::<u64>());
        let input =
            tokens(&self.system) + tokens(&self.user) + tokens(&self.schema.to_string()) + repair + 50;
        let output = u64::from(self.max_output_tokens.min(entry.abilities.output_tokens.unwrap_or(u32::MAX)));
        Usage {
            counts: vec![(PriceUnit::InputToken, input), (PriceUnit::OutputToken, output)],
            variant: None,
            estimated: true,
        }
    }
}

impl Expected for ImageAsk {
    /// One picture of the nearest size, in the unit that the model bills.
    fn expected(&self, entry: &Entry) -> Usage {
        let size = nearest_size(self.width, self.height, &entry.abilities.sizes);
        let quality = entry.extra.get("quality").and_then(|q| q.as_str());
        let variant = quality.map_or_else(|| size.clone(), |quality| format!("{quality}/{size}"));
        let table = &entry.abilities.image_tokens;
        let mut counts = vec![(PriceUnit::Image, 1), (PriceUnit::InputToken, tokens(&self.prompt) + 20)];
        if let Some(tokens) = table.get(&variant).or_else(|| table.get(&size)) {
            counts.push((PriceUnit::ImageOutputToken, *tokens));
        }
        if self.source.is_some() {
            // A picture of ordinary size takes about this many tokens where pictures are counted so.
            counts.push((PriceUnit::ImageInputToken, 1_600));
        }
        Usage { counts, variant: Some(variant), estimated: true }.as_billed_by(entry)
    }
}

impl Expected for VideoAsk {
    /// Its seconds.
    fn expected(&self, _: &Entry) -> Usage {
        Usage {
            counts: vec![(PriceUnit::VideoSecond, u64::from(self.seconds))],
            variant: None,
            estimated: true,
        }
    }
}

impl Expected for SpeechAsk {
    /// Its characters, the tokens that they take, and the seconds that a slow speaker needs, as the model bills.
    fn expected(&self, entry: &Entry) -> Usage {
        let characters = self.text.chars().count() as u64;
        let wide = self.text.chars().filter(|c| is_wide(*c)).count() as u64;
        // A slow speaker: 3 Chinese characters or 10 Latin letters in a second.
        let seconds = (wide.div_ceil(3) + (characters - wide).div_ceil(10)).max(1);
        let counts = vec![
            (PriceUnit::Character, characters),
            (PriceUnit::InputToken, tokens(&self.text) + tokens(&self.instructions)),
            (PriceUnit::AudioSecond, seconds),
        ];
        let variant = Some(self.voice.clone()).filter(|voice| !voice.is_empty());
        Usage { counts, variant, estimated: true }.as_billed_by(entry)
    }
}

/// About how many tokens a text is: one for each three ASCII characters, three for each emoji and the like, one for
/// each other character. Real tokenizers need fewer; a plan may be too high and must not be too low.
pub fn tokens(text: &str) -> u64 {
    let ascii = text.chars().filter(char::is_ascii).count() as u64;
    let others = text.chars().filter(|c| !c.is_ascii());
    ascii.div_ceil(3) + others.map(|c| if c as u32 > 0xFFFF { 3 } else { 1 }).sum::<u64>()
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Of the sizes that a model makes, the one nearest in shape and then in area; where it makes any, the wanted one,
/// rounded to the 16 px that diffusion models count in.
pub(crate) fn nearest_size(width: u32, height: u32, sizes: &[String]) -> String {
    let shape = |w: u32, h: u32| (f64::from(w.max(1)) / f64::from(h.max(1))).ln();
    let area = |w: u32, h: u32| (f64::from(w.max(1)) * f64::from(h.max(1))).ln();
    let distance = |(w, h): (u32, u32)| {
        let by_shape = ((shape(w, h) - shape(width, height)).abs() * 100.0).round();
        (by_shape, (area(w, h) - area(width, height)).abs())
    };
    sizes
        .iter()
        .filter_map(|size| Some((size, parse_size(size)?)))
        .min_by(|(_, a), (_, b)| {
            let (a, b) = (distance(*a), distance(*b));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        })
        .map_or_else(|| format!("{}x{}", round16(width), round16(height)), |(size, _)| size.clone())
}

/// `1024x1536` as numbers.
pub(crate) fn parse_size(size: &str) -> Option<(u32, u32)> {
    let (width, height) = size.split_once(['x', '*'])?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

fn round16(px: u32) -> u32 {
    px.clamp(16, 4096).div_ceil(16) * 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_size_keeps_the_shape_before_the_area() {
        let sizes = ["1024x1024", "1536x1024", "1024x1536", "2048x2048"].map(str::to_owned);
        for (width, height, size) in [
            (1080, 1080, "1024x1024"),
            (3000, 3000, "2048x2048"),
            (1080, 1920, "1024x1536"),
            (1200, 628, "1536x1024"),
        ] {
            assert_eq!(nearest_size(width, height, &sizes), size);
        }
        assert_eq!(nearest_size(1080, 1350, &[]), "1088x1360");
    }

    #[test]
    fn tokens_of_both_languages_are_not_underestimated() {
        assert_eq!(tokens("明前龙井"), 4);
        assert_eq!(tokens("spring tea"), 4);
        assert_eq!(tokens("чай 🍵"), 3 + 1 + 3);
        assert_eq!(tokens(""), 0);
    }
}
