//! Captions: narration broken into lines that are read at a glance, timed by the speech itself.

use handbill_domain::locale::Locale;

use super::timeline::Cue;
use crate::audio::{RATE, Sound, spoken};

/// Most characters of a line in Chinese and Japanese.
const WIDE_LINE: usize = 14;
/// Most characters of a line in other languages.
const NARROW_LINE: usize = 34;
/// A caption stays at least this long where the next one leaves room.
const SHORTEST_MS: u64 = 700;

/// A piece of narration: what is said, and the recording of it.
pub struct Said<'a> {
    /// The words.
    pub text: &'a str,
    /// Where the recording starts in the video.
    pub start_ms: u64,
    /// The recording, at the speed at which it is heard.
    pub sound: &'a Sound,
    /// When each word is said, where the speaker tells: the word, from, to, in seconds of the recording.
    pub words: &'a [(String, f64, f64)],
}

/// Captions for all pieces, in order.
pub fn cues(pieces: &[Said<'_>], locale: &Locale) -> Vec<Cue> {
    let mut all: Vec<Cue> = Vec::new();
    for piece in pieces {
        let lines = lines(piece.text, locale);
        let times = told(piece, &lines).unwrap_or_else(|| measured(piece.sound, &lines, locale));
        for (line, (from, to)) in lines.into_iter().zip(times) {
            let ms = |seconds: f64| piece.start_ms + (seconds * 1000.0).round() as u64;
            all.push(Cue { start_ms: ms(from), end_ms: ms(to), lines: vec![shown(&line, locale)] });
        }
    }
    all.retain(|cue| !cue.lines[0].is_empty());
    linger(&mut all);
    all
}

/// Short captions stay a little, and gaps of a few frames close, so that nothing flickers.
fn linger(cues: &mut [Cue]) {
    for i in 0..cues.len() {
        let next = cues.get(i + 1).map(|c| c.start_ms);
        let cue = &mut cues[i];
        cue.end_ms = cue.end_ms.max(cue.start_ms + SHORTEST_MS);
        if let Some(next) = next
            && (cue.end_ms > next || next - cue.end_ms < 350)
        {
            cue.end_ms = next.max(cue.start_ms + 1);
        }
    }
}

/// Breaks narration into caption lines: at the ends of sentences, then at commas, then between words, into parts of
/// even length.
pub fn lines(text: &str, locale: &Locale) -> Vec<String> {
    let wide = is_wide(locale);
    let limit = if wide { WIDE_LINE } else { NARROW_LINE };
    let mut out: Vec<String> = Vec::new();
    for phrase in phrases(text) {
        let joined = out.last().map(|last| joined(last, &phrase, wide)).filter(|both| {
            let ends =
                out.last().is_some_and(|last| last.ends_with(['.', '!', '?', '。', '！', '？', '；', ';']));
            !ends && length(both) <= limit
        });
        match joined {
            Some(both) => *out.last_mut().unwrap_or(&mut String::new()) = both,
            None => out.extend(split_evenly(&phrase, limit, wide)),
        }
    }
    out
}

fn joined(a: &str, b: &str, wide: bool) -> String {
    if wide { format!("{a}{b}") } else { format!("{a} {b}") }
}

fn is_wide(locale: &Locale) -> bool {
    matches!(locale.language(), "zh" | "ja")
}

/// Characters, without the punctuation that is not shown at the end. Beside Chinese characters a space is thin.
fn length(text: &str) -> usize {
    let text = text.trim_end_matches(['，', '。', '、', '；', '：', ',', '.', ' ']);
    if text.is_ascii() { text.chars().count() } else { text.chars().filter(|c| *c != ' ').count() }
}

/// Parts that end with punctuation. A point or comma inside a number ends nothing.
fn phrases(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    let (mut out, mut now) = (Vec::new(), String::new());
    for (i, c) in chars.iter().enumerate() {
        now.push(*c);
        let next = chars.get(i + 1);
        let ends = match c {
            '，' | '。' | '！' | '？' | '；' | '：' | '…' => next.is_none_or(|n| !is_closing(*n)),
            ',' | '.' | '!' | '?' | ';' | ':' => next.is_none_or(|n| *n == ' '),
            '—' | '–' => next.is_none_or(|n| *n != '—'),
            c if is_closing(*c) && i > 0 => matches!(chars[i - 1], '。' | '！' | '？' | '，'),
            _ => false,
        };
        if ends {
            out.push(std::mem::take(&mut now).trim().to_owned());
        }
    }
    out.push(now.trim().to_owned());
    out.retain(|p| !p.is_empty());
    out
}

fn is_closing(c: char) -> bool {
    matches!(c, '”' | '’' | '」' | '』' | '）' | '》' | ')' | '"')
}

/// Parts of even length, none over the limit, broken between words.
fn split_evenly(phrase: &str, limit: usize, wide: bool) -> Vec<String> {
    let total = length(phrase);
    if total <= limit {
        return vec![phrase.to_owned()];
    }
    let words = words(phrase, wide);
    let mut parts = total.div_ceil(limit);
    loop {
        let aim = total as f64 / parts as f64;
        let mut out = vec![String::new()];
        let mut before = 0;
        for word in &words {
            let now = out.last().map_or(0, |l| l.chars().count());
            let with = now + word.chars().count();
            // A line is full when it would pass its share by more than half of the word, or the limit.
            let over = (before + with) as f64 > aim * out.len() as f64 + word.chars().count() as f64 / 2.0;
            if now > 0
                && ((over && out.len() < parts)
                    || length(&format!("{}{word}", out.last().map_or("", |l| l))) > limit)
            {
                before += now;
                out.push(String::new());
            }
            if let Some(line) = out.last_mut() {
                line.push_str(word);
            }
        }
        if out.len() <= parts || parts > words.len() {
            let mut lines: Vec<String> =
                out.into_iter().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
            if !wide {
                lead_on(&mut lines, limit);
            }
            return lines;
        }
        parts += 1;
    }
}

/// Small words lead to what follows and do not end a line.
const LEADING: &[&str] = &[
    "a", "an", "the", "of", "in", "on", "at", "to", "for", "and", "or", "with", "by", "from", "your", "our",
    "its", "is", "no",
];

fn lead_on(lines: &mut [String], limit: usize) {
    for i in 1..lines.len() {
        let Some((rest, last)) = lines[i - 1].rsplit_once(' ') else { continue };
        if LEADING.contains(&last.to_lowercase().as_str()) && lines[i].chars().count() + last.len() < limit {
            let (rest, moved) = (rest.to_owned(), format!("{last} {}", lines[i]));
            (lines[i - 1], lines[i]) = (rest, moved);
        }
    }
}

/// Words with the space after them; in Chinese single characters, with Latin words, numbers and what must not start
/// a line kept together.
fn words(text: &str, wide: bool) -> Vec<String> {
    if !wide {
        return text.split_inclusive(' ').map(str::to_owned).collect();
    }
    let mut out: Vec<String> = Vec::new();
    for c in text.chars() {
        let glued = out.last().and_then(|w| w.chars().last()).is_some_and(|last| {
            let latin = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '%' | '°' | '℃' | '-');
            // 的 and its kin lean on the word before; units lean on their number.
            let unit =
                matches!(c, '小' | '毫' | '天' | '年' | '片' | '口' | '盒' | '罐' | '杯' | '克' | '元')
                    && is_number(last);
            let particle = matches!(c, '的' | '了' | '着' | '过' | '地' | '得' | '吗' | '呢' | '吧' | '们');
            (latin(last) && latin(c))
                || c == ' '
                || last == ' '
                || c.is_ascii_punctuation()
                || "，。！？；：、”’」』）》%℃".contains(c)
                || "“‘「『（《".contains(last)
                || particle
                || unit
        });
        match out.last_mut() {
            Some(word) if glued => word.push(c),
            _ => out.push(c.to_string()),
        }
    }
    out
}

fn is_number(c: char) -> bool {
    c.is_ascii_digit() || "一二三四五六七八九十百千万两半几每".contains(c)
}

/// The line as it is shown: Chinese captions end without comma or full stop.
fn shown(line: &str, locale: &Locale) -> String {
    let line = line.trim();
    if is_wide(locale) {
        line.trim_end_matches(['，', '。', '、', '；', '：']).to_owned()
    } else {
        line.trim_end_matches([',', ';', ':']).to_owned()
    }
}

/// Times from the speaker's own words; `None` where it gave none, or others than the text.
fn told(piece: &Said<'_>, lines: &[String]) -> Option<Vec<(f64, f64)>> {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    let spoken: usize = piece.words.iter().map(|w| letters(&w.0)).sum();
    let written: usize = lines.iter().map(|l| letters(l)).sum();
    if spoken == 0 || spoken.abs_diff(written) * 10 > written {
        return None;
    }
    let (mut out, mut word, mut done, mut wanted) = (Vec::new(), 0, 0, 0);
    for line in lines {
        wanted += letters(line);
        let first = piece.words.get(word).or(piece.words.last())?.1;
        let mut last = first;
        while let Some(w) = piece.words.get(word).filter(|w| done + letters(&w.0) / 2 < wanted) {
            done += letters(&w.0);
            last = w.2;
            word += 1;
        }
        out.push((first, last.max(first)));
    }
    Some(out)
}

/// Times from the recording: the ends of lines are looked for in its pauses, each near the place where the share of
/// the text says it should be, and where a line goes on without a pause, inside the speech at that share.
fn measured(sound: &Sound, lines: &[String], locale: &Locale) -> Vec<(f64, f64)> {
    let spans: Vec<(f64, f64)> = spoken(sound)
        .into_iter()
        .map(|s| (s.start as f64 / RATE as f64, s.end as f64 / RATE as f64))
        .collect();
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
        // Silence stands for speech (there is no synthesiser): the text alone says how long each line takes.
        return shares(lines, locale).map(|(a, b)| (a * sound.seconds(), b * sound.seconds())).collect();
    };
    let voiced: f64 = spans.iter().map(|s| s.1 - s.0).sum();
    let mut from = first.0;
    let mut out = Vec::new();
    for (i, (start, end)) in shares(lines, locale).enumerate() {
        if i + 1 == lines.len() {
            out.push((from, last.1));
            break;
        }
        let near = (end - start).max(0.04) * voiced * 0.45;
        let (to, next) = cut(&spans, end * voiced, near, ends_phrase(&lines[i])).unwrap_or_else(|| {
            let at = place(&spans, end * voiced);
            (at, at)
        });
        out.push((from, to.max(from)));
        from = next.max(from);
    }
    out
}

/// The pause that fits best the end of a line at `voiced` seconds of speech: where it begins and ends.
fn cut(spans: &[(f64, f64)], voiced: f64, near: f64, phrase: bool) -> Option<(f64, f64)> {
    let mut said = 0.0;
    spans
        .windows(2)
        .map(|pair| {
            said += pair[0].1 - pair[0].0;
            let pause = pair[1].0 - pair[0].1;
            // A long pause counts as a quarter of a second nearer, at most; only a phrase ends in one.
            let bonus = if phrase { pause.min(0.25) } else { 0.0 };
            ((said - voiced).abs(), (said - voiced).abs() - bonus, pair[0].1, pair[1].0)
        })
        .filter(|c| c.0 <= near)
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|c| (c.2, c.3))
}

/// Where in the recording so many seconds of speech are over.
fn place(spans: &[(f64, f64)], mut voiced: f64) -> f64 {
    for (from, to) in spans {
        if voiced <= to - from {
            return from + voiced;
        }
        voiced -= to - from;
    }
    spans.last().map_or(0.0, |s| s.1)
}

fn ends_phrase(line: &str) -> bool {
    line.ends_with(|c: char| "，。！？；：、…,.!?;:—".contains(c))
}

/// The share of the speaking time that each line takes: from, to.
fn shares(lines: &[String], locale: &Locale) -> impl Iterator<Item = (f64, f64)> {
    let weights: Vec<f64> = lines.iter().map(|l| weight(l, locale)).collect();
    let total = weights.iter().sum::<f64>().max(1e-9);
    let mut done = 0.0;
    weights.into_iter().map(move |w| {
        let from = done / total;
        done += w;
        (from, done / total)
    })
}

/// How long a line takes to say, in syllables: a Chinese character is one, a digit is said as one, a Latin word has as
/// many as groups of vowels.
pub(crate) fn weight(line: &str, locale: &Locale) -> f64 {
    let (mut syllables, mut in_vowels) = (0.0, false);
    for c in line.chars() {
        let vowel = matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
        if c.is_ascii_digit() {
            syllables += if is_wide(locale) { 1.2 } else { 1.6 };
        } else if c.is_ascii_alphabetic() {
            syllables += if vowel && !in_vowels { 1.0 } else { 0.05 };
        } else if c.is_alphanumeric() {
            syllables += 1.0;
        }
        in_vowels = vowel;
    }
    f64::max(syllables, 0.5)
}

/// SubRip.
pub fn srt(cues: &[Cue]) -> String {
    let cue = |(i, cue): (usize, &Cue)| {
        format!(
            "{}\n{} --> {}\n{}\n",
            i + 1,
            clock(cue.start_ms, ','),
            clock(cue.end_ms, ','),
            cue.lines.join("\n")
        )
    };
    cues.iter().enumerate().map(cue).collect::<Vec<_>>().join("\n")
}

/// WebVTT.
pub fn vtt(cues: &[Cue]) -> String {
    let escape = |line: &String| line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let cue = |cue: &Cue| {
        format!(
            "\n{} --> {}\n{}\n",
            clock(cue.start_ms, '.'),
            clock(cue.end_ms, '.'),
            cue.lines.iter().map(escape).collect::<Vec<_>>().join("\n")
        )
    };
    format!("WEBVTT\n{}", cues.iter().map(cue).collect::<String>())
}

fn clock(ms: u64, point: char) -> String {
    let (seconds, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}{point}{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zh() -> Locale {
        "zh-CN".parse().unwrap()
    }

    fn en() -> Locale {
        "en-US".parse().unwrap()
    }

    /// Tones of these lengths with these pauses between, in seconds.
    fn speech(parts: &[(f64, f64)]) -> Sound {
        let mut wave = Vec::new();
        for (tone, pause) in parts {
            wave.extend((0..(tone * RATE as f64) as usize).map(|i| (i as f32 * 0.05).sin() * 0.4));
            wave.extend(vec![0.0; (pause * RATE as f64) as usize]);
        }
        Sound { channels: [wave.clone(), wave] }
    }

    #[test]
    fn chinese_breaks_at_punctuation_and_never_over_fourteen_characters() {
        let text = "清明前三天，凌晨四点的茶山，一芽一叶都由老师傅亲手采下，当日炒制，锁住头春的鲜。";
        let lines = lines(text, &zh());
        assert!(lines.iter().all(|l| length(l) <= WIDE_LINE), "{lines:?}");
        assert_eq!(lines.concat(), text);
        assert_eq!(lines[0], "清明前三天，凌晨四点的茶山，");
        assert!(lines.iter().all(|l| !l.starts_with(['，', '。', '的'])), "{lines:?}");
    }

    #[test]
    fn a_long_english_sentence_breaks_between_words_into_even_lines() {
        let lines = lines(
            "Cold water at the summit, nine hours after you filled it at the trailhead. Weighs only 310 g.",
            &en(),
        );
        assert!(lines.iter().all(|l| length(l) <= NARROW_LINE), "{lines:?}");
        assert!(lines.contains(&"Cold water at the summit,".to_owned()), "{lines:?}");
        assert_eq!(lines.last().unwrap(), "Weighs only 310 g.");
        let middle: Vec<_> =
            lines.iter().filter(|l| l.contains("hours") || l.contains("trailhead")).collect();
        assert!(middle[0].len().abs_diff(middle[1].len()) < 14, "{middle:?}");
    }

    #[test]
    fn small_words_lead_the_next_line_and_numbers_keep_their_units() {
        assert_eq!(
            lines("A whole hillside of spring in one small tin.", &en()),
            ["A whole hillside", "of spring in one small tin."]
        );
        let bottle = lines("这就是蕨径 750 毫升保温瓶，冰块放到山顶还没有化完呢", &zh());
        assert!(bottle.iter().any(|l| l.contains("750 毫")), "{bottle:?}");
    }

    #[test]
    fn a_point_inside_a_number_breaks_nothing() {
        assert_eq!(phrases("It costs 3.50 today, not 1,000."), ["It costs 3.50 today,", "not 1,000."]);
    }

    #[test]
    fn lines_change_in_the_pauses_of_the_speech() {
        // Spoken slowly first and fast after: shares of the text alone would be wrong by most of a second.
        let sound = speech(&[(2.0, 0.4), (1.2, 0.3), (0.9, 0.0)]);
        let piece = Said {
            text: "清明前三天采下的头一批新茶，一芽一叶都是亲手所采，当天炒好当天装罐。",
            start_ms: 1000,
            sound: &sound,
            words: &[],
        };
        let cues = cues(&[piece], &zh());
        assert_eq!(cues.len(), 3, "{cues:?}");
        assert_eq!(cues[0].start_ms, 1000);
        assert!(cues[1].start_ms.abs_diff(3400) <= 20, "{cues:?}");
        assert!(cues[2].start_ms.abs_diff(4900) <= 20, "{cues:?}");
        assert_eq!(cues[0].lines, ["清明前三天采下的头一批新茶"], "captions end without a comma");
    }

    #[test]
    fn word_times_of_the_speaker_are_taken_as_they_are() {
        let sound = speech(&[(3.0, 0.0)]);
        let words: Vec<_> = [
            ("Cold", 0.1, 0.4),
            ("at", 0.4, 0.6),
            ("noon.", 0.6, 1.0),
            ("Light", 1.7, 2.0),
            ("too.", 2.0, 2.4),
        ]
        .map(|(w, a, b)| (w.to_owned(), a, b))
        .into();
        let cues = cues(
            &[Said { text: "Cold at noon. Light too.", start_ms: 0, sound: &sound, words: &words }],
            &en(),
        );
        assert_eq!(cues.iter().map(|c| c.start_ms).collect::<Vec<_>>(), [100, 1700]);
    }

    #[test]
    fn both_files_are_as_players_expect() {
        let cues = [
            Cue { start_ms: 500, end_ms: 2250, lines: vec!["a < b".into()] },
            Cue { start_ms: 3_600_000, end_ms: 3_601_000, lines: vec!["c".into()] },
        ];
        assert_eq!(
            srt(&cues),
            "1\n00:00:00,500 --> 00:00:02,250\na < b\n\n2\n01:00:00,000 --> 01:00:01,000\nc\n"
        );
        assert_eq!(
            vtt(&cues),
            "WEBVTT\n\n00:00:00.500 --> 00:00:02.250\na &lt; b\n\n01:00:00.000 --> 01:00:01.000\nc\n"
        );
    }
}
