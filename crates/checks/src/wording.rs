//! Small observations about wording that no pattern can make.

use unicode_segmentation::UnicodeSegmentation;

/// The word that stands `run` times in a row, or the sentence that stands twice.
pub(crate) fn repetition(text: &str, run: usize) -> Option<String> {
    repeated_word(text, run).or_else(|| repeated_sentence(text))
}

fn repeated_word(text: &str, run: usize) -> Option<String> {
    let words: Vec<String> = text.unicode_words().map(str::to_lowercase).collect();
    let window = words.windows(run.max(2)).find(|w| w.iter().all(|word| *word == w[0]))?;
    window.first().cloned()
}

fn repeated_sentence(text: &str) -> Option<String> {
    let mut seen = Vec::new();
    for sentence in text.split(['.', '!', '?', '。', '！', '？', '\n']) {
        let plain = folded(sentence);
        if plain.chars().count() > 3 && seen.contains(&plain) {
            return Some(sentence.trim().to_owned());
        }
        seen.push(plain);
    }
    None
}

/// A text without what does not change its meaning: case, spaces, punctuation, fullwidth forms.
pub(crate) fn folded(text: &str) -> String {
    let narrow = |c: char| match c {
        '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    text.chars()
        .map(narrow)
        .filter(|c| c.is_alphanumeric() || "%$€£¥+".contains(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Does the text say this word? Latin words count only as whole words, Chinese ones wherever they stand.
pub(crate) fn says(text: &str, word: &str) -> bool {
    let (text, word) = (text.to_lowercase(), word.trim().to_lowercase());
    if word.is_empty() {
        return false;
    }
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && (c as u32) < 0x2E80);
    text.match_indices(&word).any(|(at, found)| {
        let before = joins(text[..at].chars().next_back()) && joins(word.chars().next());
        let after = joins(text[at + found.len()..].chars().next()) && joins(word.chars().next_back());
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_three_times_or_a_sentence_twice_is_repetition() {
        let table = [
            ("Deals deals DEALS today", Some("deals")),
            ("Buy now. Fresh tea. Buy now.", Some("Buy now")),
            ("好 好 好茶", Some("好")),
            ("茶香满屋。茶香满屋。", Some("茶香满屋")),
            ("Fresh tea, fresh morning, fresh start", None),
            ("Yes. Yes.", None),
            ("茶，还是茶", None),
        ];
        for (text, expected) in table {
            assert_eq!(repetition(text, 3).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_latin_word_is_found_as_a_whole_word_a_chinese_one_anywhere() {
        assert!(says("A Cheap bottle", "cheap") && !says("Cheaper bottle", "cheap"));
        assert!(says("便宜又好", "便宜") && says("用APP下单", "app"));
        assert!(!says("anything", " "));
    }
}
