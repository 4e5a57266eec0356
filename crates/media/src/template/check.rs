//! What cannot be right in a layer, told with its place.

use handbill_domain::problem::{Problem, Problems};

use super::{Item, Layer};

impl Layer {
    /// Notes what cannot be right.
    pub(super) fn check(&self, at: &str, problems: &mut Problems) {
        if let Self::When { layers, otherwise, .. } = self {
            for (name, layers) in [("layers", layers), ("otherwise", otherwise)] {
                for (n, layer) in layers.iter().enumerate() {
                    layer.check(&format!("{at}/{name}/{n}"), problems);
                }
            }
            return;
        }
        if let Self::Blend { opacity, layers, .. } = self {
            if !(0.0..=1.0).contains(opacity) {
                problems.push(
                    Problem::at(format!("{at}/opacity"), format!("{opacity} is no opacity")).hint("0 to 1"),
                );
            }
            if layers.is_empty() {
                problems.push(Problem::at(format!("{at}/layers"), "there is nothing to blend"));
            }
            for (n, layer) in layers.iter().enumerate() {
                if layer.keeps_its_pixels() {
                    problems.push(
                        Problem::at(
                            format!("{at}/layers/{n}"),
                            "words, logos, codes and the product are not blended",
                        )
                        .hint("put it beside the blend, not into it"),
                    );
                }
                layer.check(&format!("{at}/layers/{n}"), problems);
            }
            return;
        }
        let area = self.area();
        if area.is_some_and(|a| a.w <= 0.0 || a.h <= 0.0) {
            problems.push(
                Problem::at(format!("{at}/area"), "the area has no size")
                    .hint("[left, top, width, height] in shares of the frame"),
            );
        }
        if self.is_words()
            && area.is_some_and(|a| a.x < 0.0 || a.y < 0.0 || a.x + a.w > 1.001 || a.y + a.h > 1.001)
        {
            problems.push(
                Problem::at(format!("{at}/area"), "words and logos must stay inside the frame")
                    .hint("0 ≤ left, top and left + width, top + height ≤ 1"),
            );
        }
        let Self::Stack { items, .. } = self else { return };
        if items.is_empty() {
            problems.push(Problem::at(format!("{at}/items"), "the stack is empty"));
        }
        for (n, item) in items.iter().enumerate() {
            if let Item::Text { max, min, .. }
            | Item::Price { max, min, .. }
            | Item::Tag { max, min, .. }
            | Item::List { max, min, .. }
            | Item::Button { max, min, .. } = item
                && (*min <= 0.0 || max < min)
            {
                problems.push(Problem::at(
                    format!("{at}/items/{n}/min"),
                    format!("sizes from {min} to {max} make no range"),
                ));
            }
        }
    }

    /// Words, logos and codes.
    fn is_words(&self) -> bool {
        matches!(
            self,
            Self::Stack { .. }
                | Self::Logo { .. }
                | Self::Table { .. }
                | Self::Compare { .. }
                | Self::Qr { .. }
        )
    }

    /// Must its pixels stay what they are? What is measured and proven, in any depth.
    fn keeps_its_pixels(&self) -> bool {
        match self {
            Self::When { layers, otherwise, .. } => {
                layers.iter().chain(otherwise).any(Self::keeps_its_pixels)
            }
            layer => layer.is_words() || matches!(layer, Self::Product { .. }),
        }
    }
}
