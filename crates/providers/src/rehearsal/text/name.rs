//! What a product is called in a sentence. Its name in the brief may carry a package size, a bracket or an emoji.

use super::outline::size;

/// The name without emoji: some channels refuse them, and no sentence needs them.
pub(super) fn plain(name: &str) -> String {
    let kept: String = name.chars().filter(|&c| !is_pictograph(c)).collect();
    let tidy = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    // A space before a closing or an opening Chinese bracket was the emoji's.
    let tidy = tidy.replace(" （", "（").replace(" ）", "）");
    if tidy.is_empty() { name.to_owned() } else { tidy }
}

/// The name without its brand, brackets and what follows a comma: `陶瓷小夜灯` of `月白·陶瓷小夜灯（大号礼盒装）`.
pub(super) fn bare<'a>(product: &'a str, brand: &str) -> &'a str {
    let parting = |c: char| c.is_whitespace() || "·・•|｜/-–—:：,，".contains(c);
    let announced =
        product.strip_prefix('【').and_then(|rest| rest.split_once('】')).map_or(product, |(_, rest)| rest);
    let rest = announced.strip_prefix(brand).unwrap_or(announced).trim_start_matches(parting);
    let end =
        rest.find(['（', '(', '【', '[', '，', '｜', '|']).or_else(|| rest.find(", ")).unwrap_or(rest.len());
    let head = rest[..end].trim_end_matches(parting);
    if head.is_empty() { product } else { head }
}

/// The first of both names that has room on a picture, else the end of the noun: what a thing is stands last, in Chinese
/// as in English (`Insulated Water Bottle`, `保温瓶`).
pub(super) fn short(product: &str, noun: &str, chinese: bool, most: usize) -> String {
    if let Some(name) = [product, noun].into_iter().find(|name| size(name, chinese) <= most) {
        return name.to_owned();
    }
    if chinese {
        let letters: Vec<char> = noun.chars().filter(|c| c.is_alphanumeric()).collect();
        return letters[letters.len().saturating_sub(most)..].iter().collect();
    }
    let words: Vec<&str> = noun.split_whitespace().collect();
    words[words.len().saturating_sub(most)..].join(" ")
}

/// Emoji, their joiners and their variation selectors. `™`, `№` and `°` are letters of names.
fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{FE0F}' | '\u{200D}' | '\u{20E3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_end_on_a_picture() {
        let long = "Fernway Outdoor Large Capacity Double Wall Stainless Steel Insulated Water Bottle";
        assert_eq!(short(long, long, false, 6), "Wall Stainless Steel Insulated Water Bottle");
        assert_eq!(short(long, "Trail Bottle", false, 6), "Trail Bottle");
        let long = "蕨径户外大容量双层不锈钢便携真空保温瓶";
        assert_eq!(short(long, long, true, 8), "钢便携真空保温瓶");
    }

    #[test]
    fn a_product_is_called_without_brand_brackets_and_emoji() {
        let cases = [
            ("月白·陶瓷小夜灯 🌙（大号礼盒装）", "月白", "月白·陶瓷小夜灯（大号礼盒装）", "陶瓷小夜灯"),
            ("山前雾 明前龙井", "山前雾", "山前雾 明前龙井", "明前龙井"),
            (
                "Moonwhite Ceramic Light, Large Gift Set",
                "Moonwhite",
                "Moonwhite Ceramic Light, Large Gift Set",
                "Ceramic Light",
            ),
            ("【新品】保温杯", "蕨径", "【新品】保温杯", "保温杯"),
            ("🌙🌙", "月白", "🌙🌙", "🌙🌙"),
            ("Fernway", "Fernway", "Fernway", "Fernway"),
        ];
        for (name, brand, whole, short) in cases {
            assert_eq!((plain(name).as_str(), bare(&plain(name), brand)), (whole, short), "{name}");
        }
    }
}
