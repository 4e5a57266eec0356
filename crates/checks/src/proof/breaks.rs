//! May a line end here? Rules for Chinese (CLREQ 3.1) and for figures with their units.

use handbill_domain::locale::Locale;

/// Never at the start of a line.
const NOT_FIRST: &str = "，。！？；：、）》」』】〕〉”’…—％%℃°·,.!?;:)]}»›～ー々";
/// Never at the end of a line.
const NOT_LAST: &str = "（《「『【〔〈“‘([{«‹￥¥$€£#";

/// A line break that breaks a rule: the line before and the line after it, and the character that stands wrong.
pub(super) struct Bad<'a> {
    pub(super) before: &'a str,
    pub(super) after: &'a str,
    pub(super) wrong: char,
}

/// The breaks between these lines that break a rule. A line of nothing but such marks cannot be helped.
pub(super) fn bad<'a>(lines: &'a [String], locale: &Locale) -> Vec<Bad<'a>> {
    let pairs = lines.iter().zip(lines.iter().skip(1));
    pairs.filter_map(|(before, after)| bad_between(before.trim(), after.trim(), locale)).collect()
}

fn bad_between<'a>(before: &'a str, after: &'a str, locale: &Locale) -> Option<Bad<'a>> {
    let (last, first) = (before.chars().last()?, after.chars().next()?);
    let wrong = |wrong| Some(Bad { before, after, wrong });
    let only_marks = |line: &str, marks: &str| line.chars().all(|c| marks.contains(c) || c.is_whitespace());
    if NOT_FIRST.contains(first) && !only_marks(before, NOT_FIRST) {
        return wrong(first);
    }
    if NOT_LAST.contains(last) && !only_marks(after, NOT_LAST) {
        return wrong(last);
    }
    // 100 | 克, 24 | h
    let unit = after.chars().take_while(|c| c.is_alphabetic()).count();
    let is_unit = first.is_alphabetic()
        && (locale.is_chinese() || (unit <= 3 && first.is_lowercase() && !is_word(after, unit)));
    if last.is_ascii_digit() && is_unit { wrong(last) } else { None }
}

/// Short words that are no unit.
fn is_word(line: &str, letters: usize) -> bool {
    let word: String = line.chars().take(letters).collect();
    let words = [
        "a", "an", "and", "as", "at", "by", "for", "in", "is", "it", "of", "off", "on", "or", "our", "per",
        "the", "to", "you",
    ];
    words.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(lines: &[&str], locale: &str) -> Vec<char> {
        let lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        bad(&lines, &locale.parse().unwrap()).into_iter().map(|b| b.wrong).collect()
    }

    #[test]
    fn what_no_line_may_begin_or_end_with_is_found() {
        assert_eq!(wrong(&["清明前手采", "，一芽一叶"], "zh-CN"), ['，']);
        assert_eq!(wrong(&["清明前手采（", "杭州）"], "zh-CN"), ['（']);
        assert_eq!(wrong(&["净含量 100", "克"], "zh-CN"), ['0']);
        assert_eq!(wrong(&["Keeps cold for 24", "h"], "en-US"), ['4']);
        assert_eq!(wrong(&["清明前手采，", "一芽一叶"], "zh-CN"), []);
        assert_eq!(wrong(&["Ready in 24", "for you"], "en-US"), []);
        assert_eq!(wrong(&["！！！", "！！"], "zh-CN"), [], "only marks cannot be helped");
    }
}
