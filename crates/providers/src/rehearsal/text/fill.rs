//! Fits lines and sentences into places: never over a limit, never the same twice, never a word that must not appear.

use super::{
    super::inputs::{Told, ToldField},
    bank::plain,
};

/// Words and signs that may not appear.
pub(super) struct Guard {
    banned: Vec<String>,
}

/// Absolute, medical and worn-out words: the law (广告法) or the reader does not take them.
const BANNED_ZH: &[&str] = &[
    "最",
    "第一",
    "顶级",
    "顶尖",
    "极致",
    "极品",
    "唯一",
    "独一无二",
    "国家级",
    "世界级",
    "首选",
    "绝对",
    "完美",
    "万能",
    "永久",
    "百分百",
    "特供",
    "王者",
    "之王",
    "天花板",
    "原价",
    "治",
    "排毒",
    "降火",
    "减肥",
    "瘦身",
    "助眠",
    "养颜",
    "免疫",
];
const BANNED_EN: &[&str] = &[
    "best",
    "perfect",
    "number one",
    "#1",
    "unbeatable",
    "unmatched",
    "guaranteed",
    "risk-free",
    "miracle",
    "cure",
    "cures",
    "world's",
    "money-back",
    "act now",
    "hurry",
    "last chance",
    "limited time",
];

impl Guard {
    /// For a placement, or for the house's own pages.
    pub(super) fn new(told: &Told, placement: Option<&str>) -> Self {
        let id = placement.unwrap_or_default();
        let mut banned: Vec<String> = told.unwanted.iter().map(|w| w.to_lowercase()).collect();
        banned.extend(BANNED_ZH.iter().chain(BANNED_EN).map(|w| (*w).to_owned()));
        let more: &[&str] = match id.split('.').next().unwrap_or_default() {
            "google_ads" => &["!", "！", "…", "|", "｜", "_", "#"],
            "app_store" => &[
                "!", "$", "?", "discount", "free", "sale", "% off", "new", "launch", "shop now", "优惠",
                "立减", "上新", "现价", "¥",
            ],
            "amazon" | "google_merchant" => &[
                "!", "$", "?", "discount", "deal", "for free", "sale", "% off", "new", "launch", "shop now",
                "优惠", "立减", "上新", "现价", "¥",
            ],
            "tiktok" if id.contains("infeed") => &["#", "@", "{", "http"],
            "wechat" if id.contains("moments") => {
                &["点击", "点赞", "评论", "微信", "红包", "朋友圈", "——", "http", "戳"]
            }
            "douyin" if id.contains("ad") => &["#", "@"],
            _ => &[],
        };
        banned.extend(more.iter().map(|w| (*w).to_owned()));
        Self { banned }
    }

    /// May this be said?
    pub(super) fn allows(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        !self.banned.iter().any(|word| has(&text, word))
    }

    /// Those that may be said.
    pub(super) fn allowed(&self, texts: &[String]) -> Vec<String> {
        texts.iter().filter(|t| self.allows(t)).cloned().collect()
    }
}

/// A Latin word only counts as a whole word.
fn has(text: &str, word: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let whole = word.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | '-' | '\''));
    text.match_indices(word).any(|(at, _)| {
        !whole || !(letter(text[..at].chars().next_back()) || letter(text[at + word.len()..].chars().next()))
    })
}

/// Is a text within the hard limits of a field?
pub(super) fn fits(field: &ToldField, text: &str, most: Option<u32>) -> bool {
    let length = field.length(text);
    most.is_none_or(|most| length <= most)
        && field.max.is_none_or(|max| length <= max)
        && field.min.is_none_or(|min| length >= min)
}

/// Up to `wanted` lines that fit and say different things; `taken` are those that stand elsewhere.
pub(super) fn pick(field: &ToldField, from: &[String], wanted: usize, taken: &[String]) -> Vec<String> {
    let mut chosen: Vec<String> = Vec::new();
    let near = |a: &str, b: &str| a.contains(b) || b.contains(a);
    // First what differs well and is seen whole, then what is merely not the same. A place that may stay empty stays
    // empty rather than show half a line.
    for (strict, most) in [(true, field.target), (true, field.max), (false, field.max)] {
        if !field.required && most != field.target {
            break;
        }
        let need = if strict {
            wanted
        } else if field.required {
            field.at_least as usize
        } else {
            0
        };
        for line in from {
            if chosen.len() >= need {
                break;
            }
            let mine = plain(line);
            let mut others = chosen.iter().chain(taken).map(|t| plain(t));
            let clash = others.any(|other| if strict { near(&mine, &other) } else { mine == other });
            if !clash && fits(field, line, most) {
                chosen.push(line.clone());
            }
        }
    }
    chosen
}

/// Sentences joined up to a length: an opening, then what there is room for, then a close.
pub(super) struct Paragraph<'a> {
    pub field: &'a ToldField,
    pub gap: &'a str,
    /// Aim for at most this.
    pub most: Option<u32>,
}

impl Paragraph<'_> {
    /// Nothing is said twice. The close is kept when it fits at all; the first opening that fits is.
    pub(super) fn write(&self, opens: &[String], middle: &[String], closes: &[String]) -> String {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(opens.iter().find(|o| self.fits(&[o])).cloned());
        let close = closes.iter().find(|c| new(&parts, c) && self.fits(&[&parts.concat(), c]));
        for sentence in middle {
            let close = close.map(String::as_str).unwrap_or_default();
            let so_far = parts.join(self.gap);
            if new(&parts, sentence)
                && !plain(close).contains(&plain(sentence))
                && self.fits(&[&so_far, sentence, close])
            {
                parts.push(sentence.clone());
            }
        }
        parts.extend(close.filter(|c| new(&parts, c)).cloned());
        parts.join(self.gap)
    }

    fn fits(&self, parts: &[&str]) -> bool {
        let text = parts.iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join(self.gap);
        let length = self.field.length(&text);
        self.most.is_none_or(|most| length <= most) && self.field.max.is_none_or(|max| length <= max)
    }
}

/// Does it say something that is not said yet? A clause of some length that was said before makes it old.
pub(super) fn new(parts: &[String], sentence: &str) -> bool {
    let mine = plain(sentence);
    let clauses: Vec<String> =
        sentence.split(['，', '。', '：', ':', ',', '.', '；']).map(plain).filter(|c| is_long(c)).collect();
    !parts
        .iter()
        .map(|p| plain(p))
        .any(|said| said.contains(&mine) || mine.contains(&said) || clauses.iter().any(|c| said.contains(c)))
}

fn is_long(clause: &str) -> bool {
    let letters = clause.chars().count();
    if clause.is_ascii() { letters >= 16 } else { letters >= 5 }
}
