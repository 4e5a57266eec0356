//! A finished picture beside what its place allows: one entry for each check, with what was measured.

use handbill_domain::{
    asset::{CheckResult, Severity},
    channel::{ImageSlot, Size},
    locale::Locale,
    proof::{Check, Measured, Outcome, Proof, ProofBox, ProofEntry},
};

use super::{
    File, breaks,
    geometry::{beyond, depth, free_of, gap, rounded},
    rules::{Limits, Rules, rules},
};
use crate::finding::{Said, said};

/// A picture as it was measured, and where it is for.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// Where it is for.
    pub slot: &'a ImageSlot,
    /// Language of its words.
    pub locale: &'a Locale,
    /// Its size in px.
    pub size: Size,
    /// The file; absent before it is written.
    pub file: Option<File<'a>>,
    /// What stands on it.
    pub parts: &'a [Part],
    /// The least height of the letters of the label that says that a model made it, as a share of the short side; absent
    /// where no market demands one.
    pub label: Option<f32>,
    /// What became of the product's pixels; absent where no product stands on it.
    pub product: Option<&'a Pixels>,
}

/// Something on a picture. All in px.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// What it is: `headline`, `product`, `logo`, `ai_label`.
    pub name: String,
    /// Left, top, width, height.
    pub rect: [f32; 4],
    /// The room that it must stay in; the picture where it is not said.
    pub room: Option<[f32; 4]>,
    /// Its words.
    pub words: Option<Words>,
}

/// Words of a part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// Its lines.
    pub lines: Vec<String>,
    /// Em in px.
    pub em: f32,
    /// Height of a capital or a Chinese character in px.
    pub glyph: f32,
    /// Contrast with the pixels under it; absent before it is painted.
    pub contrast: Option<f32>,
    /// Characters that stand as boxes.
    pub tofu: u32,
}

/// What became of a product's pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pixels {
    /// Pixels that were compared.
    pub compared: u32,
    /// Those that differ.
    pub differing: u32,
    /// Is it as wide as it is high in its photo?
    pub in_proportion: bool,
    /// How it differs where a model or an encoder has touched it: `color`, `detail`, …
    pub changes: Vec<String>,
}

/// Measures a picture against its place.
pub fn prove(picture: &Picture<'_>) -> Proof {
    let rules = rules();
    let prover = Prover { picture, rules: &rules };
    let (w, h) = (f64::from(picture.size.width.max(1)), f64::from(picture.size.height.max(1)));
    let boxes = picture.parts.iter().map(|part| {
        let [x, y, wide, high] = part.rect.map(f64::from);
        ProofBox {
            name: part.name.clone(),
            rect: [x / w, y / h, wide / w, high / h].map(|share| rounded(share, 4)),
            lines: part.words.as_ref().map(|words| words.lines.clone()).unwrap_or_default(),
        }
    });
    let boxes = boxes.collect();
    let mut entries = prover.file();
    entries.extend([
        prover.safe_zone(),
        prover.text_size(),
        prover.contrast(),
        prover.tofu(),
        prover.line_breaks(),
        prover.overflow(),
        prover.overlap(),
        prover.logo_space(),
        prover.label_height(),
        prover.product_pixels(),
    ]);
    Proof { boxes, entries }
}

/// What a proof says against its picture, what blocks first.
pub fn objections(proof: &Proof) -> Vec<CheckResult> {
    let mut found: Vec<CheckResult> = proof
        .entries
        .iter()
        .filter_map(|entry| {
            let severity = match entry.outcome {
                Outcome::Failed => Severity::Block,
                Outcome::Warned => Severity::Warn,
                Outcome::Passed | Outcome::NotNeeded => return None,
            };
            let place = entry.boxes.first().and_then(|n| proof.boxes.get(*n)).map(|b| b.name.clone());
            Some(CheckResult {
                rule: entry.check.as_str().to_owned(),
                severity,
                message: entry.reason.clone().unwrap_or_default(),
                suggestion: entry.suggestion.clone(),
                place,
            })
        })
        .collect();
    found.sort_by_key(|result| std::cmp::Reverse(result.severity));
    found
}

struct Prover<'a> {
    picture: &'a Picture<'a>,
    rules: &'a Rules,
}

impl Prover<'_> {
    /// Size, ratio, bytes and format.
    fn file(&self) -> Vec<ProofEntry> {
        let Picture { slot, size, .. } = self.picture;
        let found = self.picture.file.map(|file| super::image(&file, slot, self.picture.locale));
        let found = found.unwrap_or_default();
        let side = |size: &Size| format!("{}×{}", size.width, size.height);
        let bounds = match (slot.fixed_sizes.is_empty(), slot.min, slot.max) {
            (false, ..) => Some(slot.fixed_sizes.iter().map(side).collect::<Vec<_>>().join(", ")),
            (true, None, None) => None,
            (true, min, max) => {
                let bound = |sign: &str, size: Option<Size>| size.map(|s| format!("{sign} {}", side(&s)));
                Some([bound("≥", min), bound("≤", max)].into_iter().flatten().collect::<Vec<_>>().join(", "))
            }
        };
        let words = |text: String| Measured::Words(text);
        let ratio = rounded(size.ratio(), 3);
        let mut all = vec![
            (Check::Size, words(side(size)), bounds.map(words), ""),
            (Check::Ratio, Measured::Number(ratio), Some(words(slot.ratios.join(", "))), ""),
        ];
        if let Some(file) = self.picture.file {
            let most = slot.max_bytes.map(|most| Measured::Number(most as f64));
            all.push((Check::FileSize, Measured::Number(file.bytes as f64), most, "bytes"));
            let formats = (!slot.formats.is_empty()).then(|| words(slot.formats.join(", ")));
            all.push((Check::Format, words(file.media_type.to_owned()), formats, ""));
        }
        let entry = |(check, measured, limit, unit): (Check, Measured, Option<Measured>, &str)| {
            let against = found.iter().find(|found| found.rule == check.as_str());
            ProofEntry {
                check,
                outcome: if against.is_some() { Outcome::Failed } else { Outcome::Passed },
                measured,
                limit,
                unit: unit.to_owned(),
                reason: against.map(|a| a.message.clone()),
                suggestion: against.and_then(|a| a.suggestion.clone()),
                boxes: Vec::new(),
            }
        };
        all.into_iter().map(entry).collect()
    }

    fn safe_zone(&self) -> ProofEntry {
        let Some(zone) = &self.picture.slot.safe_zone else { return not_needed(Check::SafeZone, "px") };
        let free = free_of(zone, self.picture.size);
        let worst = self.worst(|part| is_message(part).then(|| beyond(part.rect, free)));
        self.at_most(
            Check::SafeZone,
            worst,
            self.rules.slack_px,
            said!("伸进了平台控件会遮住的区域", "reaches under the platform's own controls"),
            said!("移进安全区", "move it into the safe zone"),
        )
    }

    fn text_size(&self) -> ProofEntry {
        let Picture { slot, size, .. } = self.picture;
        let own = f64::from(size.width.max(1));
        let phone = slot.shown_width.map_or(self.rules.phone_width, f64::from);
        // Pictures of fixed sizes are shown as they are.
        let shown = if slot.fixed_sizes.is_empty() { own.min(phone) } else { own };
        let limits = |part: &Part| match self.rules.small_print.contains(&part.name) {
            true => self.rules.small_print_px,
            false => self.rules.text_px,
        };
        let em = |part: &Part| f64::from(part.words.as_ref().map_or(0.0, |w| w.em)) * shown / own;
        let words = self.picture.parts.iter().enumerate().filter(|(_, part)| part.words.is_some());
        let least =
            words.min_by(|(_, a), (_, b)| (em(a) / limits(a).least).total_cmp(&(em(b) / limits(b).least)));
        let Some((n, part)) = least else { return not_needed(Check::TextSize, "px") };
        let why = said!("在手机上看，文字太小", "is too small to be read on a phone");
        self.at_least(
            Check::TextSize,
            (em(part), n),
            limits(part),
            "px",
            why,
            said!("缩短文字或换一个版式", "shorten the text or take another template"),
        )
    }

    fn contrast(&self) -> ProofEntry {
        let least = self.least(|part| part.words.as_ref().and_then(|w| w.contrast).map(f64::from));
        let Some(least) = least else { return not_needed(Check::Contrast, ":1") };
        let limits = Limits { least: self.rules.contrast, advised: self.rules.contrast };
        let why = said!("与背景的对比度不足", "does not stand out from what is under it");
        self.at_least(
            Check::Contrast,
            least,
            limits,
            ":1",
            why,
            said!("换颜色或压暗背景", "change its colour or darken the ground"),
        )
    }

    fn tofu(&self) -> ProofEntry {
        let worst = self.worst(|part| part.words.as_ref().map(|w| f64::from(w.tofu)));
        self.at_most(
            Check::Tofu,
            worst,
            0.0,
            said!("有字符没有字形，显示为方块", "has characters without a glyph, which stand as boxes"),
            said!("安装包含这些字符的字体", "install a font that has them"),
        )
    }

    fn line_breaks(&self) -> ProofEntry {
        let bad = |part: &Part| {
            part.words.as_ref().map(|w| breaks::bad(&w.lines, self.picture.locale).len() as f64)
        };
        let worst = self.worst(bad);
        let first = worst.and_then(|(_, n)| {
            let words = self.picture.parts[n].words.as_ref()?;
            breaks::bad(&words.lines, self.picture.locale).into_iter().next().map(|bad| {
                let (before, after, wrong) = (bad.before, bad.after, bad.wrong);
                said!(
                    "在“{wrong}”处断行不当：{before} / {after}",
                    "breaks its lines badly at `{wrong}`: {before} / {after}"
                )
            })
        });
        let why = first.unwrap_or_else(|| said!("断行不当", "breaks its lines badly"));
        self.at_most(
            Check::LineBreaks,
            worst,
            0.0,
            why,
            said!("调整字号或缩短文字", "set it in another size or shorten it"),
        )
    }

    fn overflow(&self) -> ProofEntry {
        let (w, h) = (self.picture.size.width as f32, self.picture.size.height as f32);
        let worst = self.worst(|part| {
            let outside = if is_message(part) { beyond(part.rect, [0.0, 0.0, w, h]) } else { 0.0 };
            Some(part.room.map_or(outside, |room| beyond(part.rect, room).max(outside)))
        });
        self.at_most(
            Check::Overflow,
            worst,
            self.rules.slack_px,
            said!("超出了它的位置", "leaves its place"),
            said!("缩短文字", "shorten it"),
        )
    }

    fn overlap(&self) -> ProofEntry {
        let parts = self.picture.parts;
        let short = f64::from(self.picture.size.width.min(self.picture.size.height));
        // Parts stand in the order in which they are drawn: a product or a seal hides what was there before it.
        let hides = |part: &Part| matches!(part.name.as_str(), "product" | "seal");
        let over = |n: usize| {
            let below = parts[..n].iter().filter(|part| is_message(part));
            // A product does not fill its box to the corners.
            let spare = if hides(&parts[n]) { short * 0.015 } else { 0.0 };
            below.map(|other| depth(parts[n].rect, other.rect) - spare).fold(0.0, f64::max)
        };
        let each = (0..parts.len()).filter(|n| is_message(&parts[*n]) || hides(&parts[*n]));
        let worst = each.map(|n| (over(n), n)).max_by(|a, b| a.0.total_cmp(&b.0));
        self.at_most(
            Check::Overlap,
            worst,
            self.rules.slack_px,
            said!("与别的内容重叠", "lies on something else"),
            said!("缩短文字或换一个版式", "shorten the text or take another template"),
        )
    }

    fn logo_space(&self) -> ProofEntry {
        let parts = self.picture.parts;
        let Some(at) = parts.iter().position(|part| part.name == "logo") else {
            return not_needed(Check::LogoSpace, "logo heights");
        };
        let logo = parts[at].rect;
        let others = parts.iter().enumerate().filter(|(n, part)| *n != at && is_message(part));
        let nearest = others
            .map(|(n, part)| (gap(logo, part.rect) / f64::from(logo[3].max(1.0)), n))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some(nearest) = nearest else { return not_needed(Check::LogoSpace, "logo heights") };
        let why = said!("离标志太近", "is too close to the logo");
        self.at_least(
            Check::LogoSpace,
            nearest,
            self.rules.logo_space,
            "logo heights",
            why,
            said!("在标志四周留出空间", "leave room around the logo"),
        )
    }

    fn label_height(&self) -> ProofEntry {
        let Some(demanded) = self.picture.label else { return not_needed(Check::LabelHeight, "short sides") };
        let Size { width, height } = self.picture.size;
        let short = f64::from(width.min(height).max(1));
        let labels = self.picture.parts.iter().enumerate().filter(|(_, part)| part.name == "ai_label");
        let share = |part: &Part| f64::from(part.words.as_ref().map_or(0.0, |w| w.glyph)) / short;
        let found = labels.map(|(n, part)| (share(part), n)).next();
        let least = (f64::from(demanded) * 1e4).round() / 1e4;
        let limits = Limits { least, advised: least };
        let why = match found {
            Some(_) => said!("文字高度不足", "is lower than the market demands"),
            None => said!("缺少 AI 生成标识", "the label that a model made it is missing"),
        };
        let entry = self.at_least(
            Check::LabelHeight,
            found.unwrap_or((0.0, usize::MAX)),
            limits,
            "short sides",
            why,
            said!("放大标识", "make the label larger"),
        );
        ProofEntry { boxes: found.map(|(_, n)| n).into_iter().collect(), ..entry }
    }

    fn product_pixels(&self) -> ProofEntry {
        let Some(pixels) = self.picture.product else { return not_needed(Check::ProductPixels, "px") };
        let Pixels { differing, compared, in_proportion, changes } = pixels;
        let at = self.picture.parts.iter().position(|part| part.name == "product");
        let why = if *compared == 0 {
            Some(said!("画面上看不到产品", "the product is not to be seen"))
        } else if !in_proportion {
            Some(said!("产品被拉伸变形", "the product is stretched"))
        } else if *differing > 0 {
            Some(said!(
                "产品有 {differing} 个像素与原图不同",
                "{differing} of the product's pixels are not those of its photo"
            ))
        } else if !changes.is_empty() {
            let changes = changes.join(", ");
            Some(said!("产品被改变了：{changes}", "the product was changed: {changes}"))
        } else {
            None
        };
        ProofEntry {
            check: Check::ProductPixels,
            outcome: if why.is_some() { Outcome::Failed } else { Outcome::Passed },
            measured: Measured::Number(f64::from(*differing)),
            limit: Some(Measured::Number(0.0)),
            unit: "px".into(),
            suggestion: why.as_ref().map(|_| {
                self.choose(said!("使用产品原图重新合成", "compose it again from the product's own photo"))
            }),
            reason: why.map(|why| self.choose(why)),
            boxes: at.into_iter().collect(),
        }
    }

    /// The part with the largest of what is measured.
    fn worst(&self, measure: impl Fn(&Part) -> Option<f64>) -> Option<(f64, usize)> {
        let all = self.picture.parts.iter().enumerate().filter_map(|(n, part)| Some((measure(part)?, n)));
        all.max_by(|a, b| a.0.total_cmp(&b.0))
    }

    fn least(&self, measure: impl Fn(&Part) -> Option<f64>) -> Option<(f64, usize)> {
        let all = self.picture.parts.iter().enumerate().filter_map(|(n, part)| Some((measure(part)?, n)));
        all.min_by(|a, b| a.0.total_cmp(&b.0))
    }

    fn at_most(
        &self,
        check: Check,
        worst: Option<(f64, usize)>,
        most: f64,
        why: Said,
        what: Said,
    ) -> ProofEntry {
        let unit = if matches!(check, Check::Tofu | Check::LineBreaks) { "" } else { "px" };
        let Some((measured, n)) = worst else { return not_needed(check, unit) };
        let failed = measured > most;
        ProofEntry {
            check,
            outcome: if failed { Outcome::Failed } else { Outcome::Passed },
            measured: Measured::Number(rounded(measured.max(0.0), 1)),
            limit: Some(Measured::Number(most)),
            unit: unit.into(),
            reason: failed.then(|| self.said_of(n, why)),
            suggestion: failed.then(|| self.choose(what)),
            boxes: if failed { vec![n] } else { Vec::new() },
        }
    }

    fn at_least(
        &self,
        check: Check,
        (measured, n): (f64, usize),
        limits: Limits,
        unit: &str,
        why: Said,
        what: Said,
    ) -> ProofEntry {
        let outcome = match measured {
            m if m < limits.least - 1e-6 => Outcome::Failed,
            m if m < limits.advised - 1e-6 => Outcome::Warned,
            _ => Outcome::Passed,
        };
        let passed = outcome == Outcome::Passed;
        ProofEntry {
            check,
            outcome,
            measured: Measured::Number(rounded(measured, 3)),
            limit: Some(Measured::Number(if outcome == Outcome::Warned {
                limits.advised
            } else {
                limits.least
            })),
            unit: unit.into(),
            reason: (!passed).then(|| self.said_of(n, why)),
            suggestion: (!passed).then(|| self.choose(what)),
            boxes: vec![n],
        }
    }

    /// A sentence about a part: its name and its words before it.
    fn said_of(&self, n: usize, why: Said) -> String {
        let zh = self.picture.locale.is_chinese();
        let Some(part) = self.picture.parts.get(n) else { return self.choose(why) };
        let words = part.words.as_ref().map(|w| w.lines.join(" ")).unwrap_or_default();
        let name = match (words.is_empty(), zh) {
            (true, _) => part.name.clone(),
            (false, true) => format!("“{words}”（{}）", part.name),
            (false, false) => format!("“{words}” ({})", part.name),
        };
        if zh { format!("{name}{}", why.zh) } else { format!("{name} {}", why.en) }
    }

    fn choose(&self, said: Said) -> String {
        if self.picture.locale.is_chinese() { said.zh } else { said.en }
    }
}

fn not_needed(check: Check, unit: &str) -> ProofEntry {
    ProofEntry {
        check,
        outcome: Outcome::NotNeeded,
        measured: Measured::Words(String::new()),
        limit: None,
        unit: unit.into(),
        reason: None,
        suggestion: None,
        boxes: Vec::new(),
    }
}

/// Does it carry the message, so that nothing may hide it? Grounds and photos do not.
fn is_message(part: &Part) -> bool {
    part.words.is_some() || matches!(part.name.as_str(), "logo" | "qr")
}

#[cfg(test)]
mod tests;
