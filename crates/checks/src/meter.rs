//! How long is a text, as the platform that takes it counts; and how to make it shorter without hurting it.

use std::sync::LazyLock;

use handbill_domain::channel::TextUnit;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What a link weighs on X, whatever its length (twitter-text v3, `transformedURLLength`).
const X_LINK: u32 = 23;

/// The length of a text. `Html` counts the letters that are seen, `Enum` those of the value.
pub fn length(text: &str, unit: TextUnit) -> u32 {
    let count = match unit {
        TextUnit::Codepoints | TextUnit::Enum => text.chars().count(),
        TextUnit::Graphemes => text.graphemes(true).count(),
        TextUnit::Utf16 => text.encode_utf16().count(),
        // An address is sent percent-encoded, so a letter outside ASCII takes three characters for each byte.
        TextUnit::CharsAscii => text.bytes().map(|b| if b.is_ascii() { 1 } else { 3 }).sum(),
        TextUnit::BytesUtf8 => text.len(),
        TextUnit::GoogleWidth => text.graphemes(true).map(google_width).sum(),
        TextUnit::Cjk2 => text.graphemes(true).map(cjk2_width).sum(),
        TextUnit::XWeighted => return x_weight(text),
        TextUnit::Html => visible(text).chars().count(),
    };
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What a reader sees of some HTML: no tags, the five basic entities as characters.
pub fn visible(html: &str) -> String {
    static TAG: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?s)<!--.*?-->|</?[A-Za-z][^>]*>").ok());
    let text = TAG.as_ref().map_or(html.into(), |tag| tag.replace_all(html, " "));
    let text =
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
            .iter()
            .fold(text.into_owned(), |text, (entity, letter)| text.replace(entity, letter));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// East Asian Wide, Fullwidth and emoji two, everything else one.
fn google_width(cluster: &str) -> usize {
    if is_emoji(cluster) { 2 } else { cluster.width().max(1) }
}

/// As GBK takes bytes: Chinese, fullwidth, and the signs that Chinese fonts set wide (`“”…—·`) two, ASCII one.
fn cjk2_width(cluster: &str) -> usize {
    if is_emoji(cluster) { 2 } else { cluster.width_cjk().max(1) }
}

/// twitter-text v3: composed first; links 23, emoji 2 however they are built, the light ranges 1, all else 2.
fn x_weight(text: &str) -> u32 {
    let text: String = text.nfc().collect();
    let mut weight = 0;
    let mut end = 0;
    for link in links(&text) {
        weight += x_plain(&text[end..link.start]) + X_LINK;
        end = link.end;
    }
    weight + x_plain(&text[end..])
}

fn x_plain(text: &str) -> u32 {
    let light =
        |c: char| matches!(c as u32, 0..=0x10FF | 0x2000..=0x200D | 0x2010..=0x201F | 0x2032..=0x2037);
    let of = |cluster: &str| match is_emoji(cluster) {
        true => 2,
        false => cluster.chars().map(|c| if light(c) { 1 } else { 2 }).sum(),
    };
    text.graphemes(true).map(of).sum()
}

/// Links as X sees them: with a protocol, or a bare name under a common top-level domain.
fn links(text: &str) -> Vec<std::ops::Range<usize>> {
    static LINK: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let name = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+";
        let top = "(?:com|net|org|edu|gov|info|biz|app|dev|shop|store|online|site|tech|xyz|top|club|cafe|coffee|tea|co|io|ai|me|tv|ly|cn|hk|tw|jp|kr|uk|us|ca|au|de|fr|it|es|nl|eu|in|sg|br|ru|ch|se|no|be|at|nz)";
        let rest = r"(?:[/?#][a-z0-9_\-./?#=&%+~:@!$'*,;]*[a-z0-9_/=#\-])?";
        Regex::new(&format!(
            r"(?i)https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?{rest}/?|\b{name}{top}\b(?::\d+)?{rest}/?"
        ))
        .ok()
    });
    let found = |link: &Regex| {
        link.find_iter(text).map(|m| m.range()).filter(|r| !follows_at(text, r.start)).collect()
    };
    LINK.as_ref().map(found).unwrap_or_default()
}

/// The name after an `@` is a mention or an e-mail address, not a link.
fn follows_at(text: &str, start: usize) -> bool {
    text[..start].ends_with('@')
}

fn is_emoji(cluster: &str) -> bool {
    static EMOJI: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"\p{Emoji_Presentation}|\p{Extended_Pictographic}\x{FE0F}|[\x{1F1E6}-\x{1F1FF}]|[0-9#*]\x{FE0F}?\x{20E3}",
        )
        .ok()
    });
    !cluster.is_ascii() && EMOJI.as_ref().is_some_and(|emoji| emoji.is_match(cluster))
}

/// Shortens a text to at most `max` units: at the end of a sentence where that keeps most of it, else at a clause,
/// else between words. Never inside a word or a cluster, never between a number and its unit, and never with a
/// comma, a bracket or an "and" left hanging.
pub fn cut(text: &str, unit: TextUnit, max: u32) -> String {
    let text = text.trim();
    if length(text, unit) <= max {
        return text.to_owned();
    }
    let fits = |end: &usize| length(text[..*end].trim_end(), unit) <= max;
    let room = longest_prefix(text, unit, max);
    let kept_enough = |end: usize, percent: usize| end * 100 >= room * percent;
    let ends = |marks: &[char]| {
        text.char_indices().filter(|(_, c)| marks.contains(c)).map(|(at, c)| at + c.len_utf8()).rfind(fits)
    };

    let sentence = sentence_end(text).filter(fits).last();
    if let Some(end) = sentence.filter(|end| kept_enough(*end, 55)) {
        return text[..end].trim().to_owned();
    }
    let clause = ends(&['，', '；', '：', '、', '。', '！', '？', ';', '—', '|', '·'])
        .or_else(|| comma_end(text).filter(fits).last());
    if let Some(end) = clause.filter(|end| kept_enough(*end, 70)) {
        return tidy(&text[..end]);
    }
    let word = text.split_word_bound_indices().map(|(at, word)| at + word.len()).rfind(fits).unwrap_or(0);
    tidy(&text[..before_a_split_number(text, word)])
}

/// How many bytes of the text fit, cluster by cluster.
fn longest_prefix(text: &str, unit: TextUnit, max: u32) -> usize {
    let ends = text.grapheme_indices(true).map(|(at, cluster)| at + cluster.len());
    ends.take_while(|end| length(&text[..*end], unit) <= max).last().unwrap_or(0)
}

/// Where sentences end: after `。！？…`, and after `.!?` before a space or the end.
fn sentence_end(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().filter_map(|(at, c)| {
        let end = at + c.len_utf8();
        let next = text[end..].chars().next();
        let ends = matches!(c, '。' | '！' | '？')
            || (matches!(c, '.' | '!' | '?') && next.is_none_or(char::is_whitespace));
        ends.then_some(end)
    })
}

fn comma_end(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().filter_map(|(at, c)| {
        let next = text[at + c.len_utf8()..].chars().next();
        (matches!(c, ',' | ':') && next.is_some_and(char::is_whitespace)).then_some(at)
    })
}

/// A number that lost its unit says something else: "24 |hours" goes back to before "24".
fn before_a_split_number(text: &str, end: usize) -> usize {
    let kept = text[..end].trim_end();
    let rest = text[end..].trim_start_matches([' ', '-', '\u{a0}']);
    let digit = |c: char| {
        c.is_ascii_digit() || ('０'..='９').contains(&c) || "〇零一二三四五六七八九十百千万亿两".contains(c)
    };
    let goes_on =
        rest.chars().next().is_some_and(|c| c.is_alphanumeric() || matches!(c, '%' | '％' | '°' | '℃'));
    if !goes_on || !kept.ends_with(digit) {
        return end;
    }
    kept.trim_end_matches(|c| {
        digit(c) || matches!(c, '.' | ',' | '-' | '–' | '~' | '～' | '$' | '¥' | '￥' | '€' | '£')
    })
    .len()
}

/// Takes away what may not stand at the end of a line.
fn tidy(text: &str) -> String {
    const WEAK: &[&str] = &[
        "a", "an", "the", "and", "or", "of", "to", "in", "on", "at", "for", "with", "by", "from", "&",
        "your", "our", "its", "is", "are", "that",
    ];
    const WEAK_ZH: &[char] =
        &['的', '和', '与', '及', '在', '把', '被', '让', '从', '向', '对', '或', '而', '且', '是'];
    let ends_well = |c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                '。' | '！'
                    | '？'
                    | '.'
                    | '!'
                    | '?'
                    | '%'
                    | '％'
                    | '℃'
                    | '°'
                    | '」'
                    | '』'
                    | '）'
                    | '》'
                    | '”'
                    | ')'
                    | '"'
                    | '’'
                    | '★'
            )
    };
    let mut kept = text.trim();
    loop {
        let before = kept.len();
        kept = kept.trim_end_matches(|c: char| {
            !ends_well(c) && !is_emoji(c.encode_utf8(&mut [0; 4])) && !is_joined(c)
        });
        if let Some(open) = unclosed(kept) {
            kept = &kept[..open];
        }
        let last = kept.rsplit(char::is_whitespace).next().unwrap_or_default();
        if last.len() < kept.len() && WEAK.contains(&last.to_lowercase().as_str()) {
            kept = &kept[..kept.len() - last.len()];
        }
        if kept.chars().count() > 4 {
            kept = kept.strip_suffix(WEAK_ZH).unwrap_or(kept);
        }
        kept = kept.trim();
        if kept.len() == before {
            return kept.to_owned();
        }
    }
}

/// Marks that belong to the letter or emoji before them.
fn is_joined(c: char) -> bool {
    matches!(c, '\u{FE0F}' | '\u{20E3}' | '\u{300}'..='\u{36F}' | '\u{1F3FB}'..='\u{1F3FF}')
}

/// Where a bracket or quotation opens that is never closed.
fn unclosed(text: &str) -> Option<usize> {
    const PAIRS: [(char, char); 7] =
        [('(', ')'), ('（', '）'), ('《', '》'), ('「', '」'), ('『', '』'), ('“', '”'), ('【', '】')];
    PAIRS
        .iter()
        .filter_map(|(open, close)| text.rfind(*open).filter(|at| !text[*at..].contains(*close)))
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use TextUnit::*;

    const FAMILY: &str = "👨‍👩‍👧";

    #[test]
    fn every_unit_counts_as_its_platform_does() {
        let table: &[(&str, [u32; 8])] = &[
            // text, [codepoints, graphemes, utf16, bytes, ascii, google, cjk2, x]
            ("", [0, 0, 0, 0, 0, 0, 0, 0]),
            ("Spring tea", [10, 10, 10, 10, 10, 10, 10, 10]),
            ("明前龙井", [4, 4, 4, 12, 36, 8, 8, 8]),
            ("ＡＢ１", [3, 3, 3, 9, 27, 6, 6, 6]),
            (FAMILY, [5, 1, 8, 18, 54, 2, 2, 2]),
            ("👍🏽", [2, 1, 4, 8, 24, 2, 2, 2]),
            ("🇨🇳", [2, 1, 4, 8, 24, 2, 2, 2]),
            ("1️⃣", [3, 1, 3, 7, 19, 2, 2, 2]),
            ("e\u{301}", [2, 1, 2, 3, 7, 1, 1, 1]),
            ("é", [1, 1, 1, 2, 6, 1, 1, 1]),
            ("“茶”…", [4, 4, 4, 12, 36, 5, 8, 6]),
            ("ｶﾞ", [2, 1, 2, 6, 18, 2, 2, 4]),
        ];
        for (text, expected) in table {
            let units = [Codepoints, Graphemes, Utf16, BytesUtf8, CharsAscii, GoogleWidth, Cjk2, XWeighted];
            assert_eq!(units.map(|unit| length(text, unit)), *expected, "{text}");
        }
    }

    #[test]
    fn a_link_on_x_weighs_23_whatever_its_length() {
        assert_eq!(length("https://example.com/a/very/long/path?with=query&and=more", XWeighted), 23);
        assert_eq!(length("Read https://e.co now", XWeighted), 5 + 23 + 4);
        assert_eq!(length("看 shop.example.com/茶", XWeighted), 2 + 1 + 23 + 2);
        assert_eq!(length("mail me@example.com", XWeighted), 19);
        assert_eq!(length("end.Next", XWeighted), 8);
    }

    #[test]
    fn html_counts_what_is_seen() {
        assert_eq!(visible("<p>Tea &amp; <b>cake</b></p>\n<!-- x -->"), "Tea & cake");
        assert_eq!(length("<p>Tea &amp; <b>cake</b></p>", Html), 10);
    }

    #[test]
    fn what_fits_is_left_alone() {
        assert_eq!(cut("明前龙井，一口春天。", Codepoints, 10), "明前龙井，一口春天。");
        assert_eq!(cut(" Spring tea ", Codepoints, 10), "Spring tea");
    }

    #[test]
    fn a_text_is_cut_where_a_writer_would() {
        let table: &[(&str, TextUnit, u32, &str)] = &[
            ("Picked by hand. Dried the same day in small batches.", Codepoints, 25, "Picked by hand."),
            ("Keeps your coffee hot on the longest day out", Codepoints, 21, "Keeps your coffee hot"),
            ("Keeps your coffee hot on the longest day out", Codepoints, 28, "Keeps your coffee hot"),
            ("Keeps ice frozen for 24 hours straight", Codepoints, 24, "Keeps ice frozen"),
            ("Weighs just 1,250.5 grams when it is full", Codepoints, 19, "Weighs just"),
            ("Cold brew, hot brew, and everything between", Codepoints, 24, "Cold brew, hot brew"),
            ("A bottle (double walled steel) for the road", Codepoints, 24, "A bottle"),
            ("清明前采摘，手工炒制，一口春山。回甘悠长", Codepoints, 12, "清明前采摘，手工炒制"),
            ("清明前采摘，手工炒制，一口春山。回甘悠长", Codepoints, 17, "清明前采摘，手工炒制，一口春山。"),
            ("净含量100克的明前龙井礼盒装", Codepoints, 6, "净含量"),
            ("手工炒制的龙井茶", Codepoints, 5, "手工炒制"),
            ("春茶上新👨‍👩‍👧一家人喝", Codepoints, 7, "春茶上新"),
            ("春茶上新👨‍👩‍👧一家人喝", Graphemes, 5, "春茶上新👨‍👩‍👧"),
            ("明前龙井一口春山", GoogleWidth, 9, "明前龙井"),
        ];
        for (text, unit, max, expected) in table {
            let short = cut(text, *unit, *max);
            assert_eq!(short, *expected, "{text}");
            assert!(length(&short, *unit) <= *max);
        }
    }

    #[test]
    fn no_cut_is_ever_too_long_or_breaks_a_cluster() {
        let text = "e\u{301}té 茶（春）👍🏽 made in 2026, 12.5% “off” — 二十四小时 and more… ok.";
        for unit in [Codepoints, Graphemes, Utf16, BytesUtf8, CharsAscii, GoogleWidth, Cjk2, XWeighted, Html]
        {
            for max in 0..=length(text, unit) {
                let short = cut(text, unit, max);
                assert!(length(&short, unit) <= max, "{short} in {unit:?} at {max}");
                assert!(
                    text.graphemes(true)
                        .collect::<Vec<_>>()
                        .starts_with(&short.graphemes(true).collect::<Vec<_>>())
                );
            }
        }
    }
}
