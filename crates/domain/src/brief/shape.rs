//! Holds a tree against the brief's own JSON Schema: keys, types and words. The schema comes from the types in
//! `brief.rs`, so a new field is checked without a line here; only the unions that people write (a text or a text
//! per locale, an amount) are known by name, because a union by itself gives no useful message.

use std::sync::LazyLock;

use serde_json::{Map, Number, Value as Json};

use super::{
    Brief,
    node::{Node, Value, join},
};
use crate::{
    locale::Locale,
    problem::{Problem, nearest},
};

/// The schema of a brief.
pub(super) static SCHEMA: LazyLock<Json> = LazyLock::new(|| schemars::schema_for!(Brief).to_value());

/// The tree as JSON that serde reads without an error, or notes what is wrong. A part with a problem is left out.
pub(super) fn hold(root: &Node, problems: &mut Vec<Problem>) -> Option<Json> {
    Walk { problems }.take(root, "", &SCHEMA, "")
}

struct Walk<'p> {
    problems: &'p mut Vec<Problem>,
}

impl Walk<'_> {
    fn take(&mut self, node: &Node, at: &str, schema: &Json, name: &str) -> Option<Json> {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap_or_default();
            return self.take(node, at, &SCHEMA["$defs"][name], name);
        }
        match name {
            "Localized" => return self.localized(node, at),
            "FactValue" => return self.fact_value(node, at),
            "Amount" => return self.amount(node, at),
            "Locale" => return self.locale(node, at),
            _ => {}
        }
        if let Some(first) = optional(schema) {
            return if node.is_null() { Some(Json::Null) } else { self.take(node, at, first, name) };
        }
        if let Some(words) = schema["oneOf"].as_array() {
            return self.word(
                node,
                at,
                &words.iter().filter_map(|word| word["const"].as_str()).collect::<Vec<_>>(),
            );
        }
        match schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or_default() {
            "object" => self.object(node, at, schema),
            "array" => self.array(node, at, schema),
            "boolean" => self.boolean(node, at),
            "integer" => self.integer(node, at),
            _ if node.is_null() && schema["type"].is_array() => Some(Json::Null),
            _ => self.text(node, at).map(Json::from),
        }
    }

    fn object(&mut self, node: &Node, at: &str, schema: &Json) -> Option<Json> {
        let Value::Map(entries) = &node.value else { return self.expected(node, at, MAP) };
        let known = schema["properties"].as_object()?;
        let mut out = Map::new();
        for (key, value) in entries {
            let here = join(at, &key.name);
            match known.get(&key.name) {
                Some(schema) => {
                    out.insert(key.name.clone(), self.take(value, &here, schema, "").unwrap_or_default());
                }
                None => self.unknown(&key.name, key.line, &here, known, node),
            }
        }
        for key in schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            if node.get(key).is_none() {
                self.missing(key, node, at, known);
            }
        }
        Some(Json::Object(out))
    }

    fn unknown(&mut self, key: &str, line: u32, here: &str, known: &Map<String, Json>, node: &Node) {
        let names = || known.keys().map(String::as_str);
        let free = names().filter(|name| node.get(name).is_none());
        let (en, zh) = match (alias(key, known).or_else(|| nearest(key, free)), nearest(key, names())) {
            (Some(meant), _) => (format!("did you mean `{meant}`?"), format!("您是想写 `{meant}` 吗？")),
            (None, Some(there)) => (
                format!("`{there}` is there already: remove this one"),
                format!("已经有 `{there}` 了，请删除这个"),
            ),
            (None, None) => {
                let names = names().map(|name| format!("`{name}`")).collect::<Vec<_>>();
                (format!("keys here are {}", names.join(", ")), format!("可用的键：{}", names.join("、")))
            }
        };
        let problem = Problem::at(here, format!("`{key}` is not a key here")).line(line).hint(en);
        self.problems.push(problem.in_chinese(format!("这里没有 `{key}` 这个键"), zh));
    }

    fn missing(&mut self, key: &str, node: &Node, at: &str, known: &Map<String, Json>) {
        let about = known[key]["description"].as_str().unwrap_or_default();
        let about = about.lines().next().unwrap_or_default().trim_end_matches('.');
        let hint = if about.is_empty() {
            format!("add `{key}:`")
        } else {
            format!("add `{key}:` {}", lower_first(about))
        };
        self.problems.push(
            Problem::at(join(at, key), format!("`{key}` is missing"))
                .line(node.line)
                .hint(hint)
                .in_chinese(format!("缺少 `{key}`"), format!("请补上 `{key}:`")),
        );
    }

    fn array(&mut self, node: &Node, at: &str, schema: &Json) -> Option<Json> {
        let Value::List(items) = &node.value else { return self.expected(node, at, LIST) };
        let taken = items
            .iter()
            .enumerate()
            .map(|(n, item)| self.take(item, &format!("{at}/{n}"), &schema["items"], ""));
        Some(Json::Array(taken.map(Option::unwrap_or_default).collect()))
    }

    fn boolean(&mut self, node: &Node, at: &str) -> Option<Json> {
        match node.text() {
            Some("true" | "True" | "TRUE") => Some(Json::Bool(true)),
            Some("false" | "False" | "FALSE") => Some(Json::Bool(false)),
            _ => self.expected(node, at, BOOLEAN),
        }
    }

    fn integer(&mut self, node: &Node, at: &str) -> Option<Json> {
        let number = node.text().filter(|_| is_plain(node)).and_then(|text| text.parse::<u32>().ok());
        number.map(Json::from).or_else(|| self.expected(node, at, WHOLE_NUMBER))
    }

    fn text(&mut self, node: &Node, at: &str) -> Option<String> {
        let Some(text) = node.text().filter(|text| !is_plain(node) || !is_boolean(text)) else {
            self.expected(node, at, TEXT);
            return None;
        };
        if text.trim().is_empty() {
            self.problems.push(
                Problem::at(at, "is empty")
                    .line(node.line)
                    .hint("write a text or remove the key")
                    .in_chinese("内容为空", "请填写文字，或删除这个键"),
            );
            return None;
        }
        if let Some(control) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            let code = format!("U+{:04X}", control as u32);
            self.problems.push(
                Problem::at(at, format!("contains the control character {code}"))
                    .line(node.line)
                    .hint("remove it; it often comes with text that was copied from another program")
                    .in_chinese(format!("含有控制字符 {code}"), "请删除它；从其他软件复制文字时常会带入"),
            );
            return None;
        }
        Some(text.trim().to_owned())
    }

    fn word(&mut self, node: &Node, at: &str, words: &[&str]) -> Option<Json> {
        let text = self.text(node, at)?;
        if words.contains(&text.as_str()) {
            return Some(Json::from(text));
        }
        let all = words.join(", ");
        let hint = match nearest(&text, words.iter().copied()) {
            Some(meant) => (
                format!("did you mean `{meant}`? It is one of {all}"),
                format!("您是想写 `{meant}` 吗？可选：{all}"),
            ),
            None => (format!("write one of {all}"), format!("可选：{all}")),
        };
        let problem = Problem::at(at, format!("`{text}` is not known here")).line(node.line).hint(hint.0);
        self.problems.push(problem.in_chinese(format!("不认识 `{text}`"), hint.1));
        None
    }

    fn locale(&mut self, node: &Node, at: &str) -> Option<Json> {
        let text = self.text(node, at)?;
        match text.parse::<Locale>() {
            Ok(locale) => Some(Json::from(locale.as_str())),
            Err(_) => {
                self.not_a_locale(&text, node.line, at);
                None
            }
        }
    }

    fn not_a_locale(&mut self, text: &str, line: u32, at: &str) {
        self.problems.push(
            Problem::at(at, format!("`{text}` is not a locale"))
                .line(line)
                .hint("write a language and a region, such as zh-CN or en-US")
                .in_chinese(format!("`{text}` 不是语言地区代码"), "请写语言和地区，例如 zh-CN 或 en-US"),
        );
    }

    fn localized(&mut self, node: &Node, at: &str) -> Option<Json> {
        match &node.value {
            Value::Scalar { .. } => self.text(node, at).map(Json::from),
            Value::List(_) => self.expected(node, at, LOCALIZED),
            Value::Map(entries) => {
                let mut out = Map::new();
                for (key, value) in entries {
                    let here = join(at, &key.name);
                    if key.name.parse::<Locale>().is_err() {
                        self.not_a_locale(&key.name, key.line, &here);
                    } else if let Some(text) = self.text(value, &here) {
                        out.insert(key.name.clone(), Json::from(text));
                    }
                }
                Some(Json::Object(out))
            }
        }
    }

    fn fact_value(&mut self, node: &Node, at: &str) -> Option<Json> {
        let number = node.text().filter(|_| is_plain(node)).and_then(number);
        number.map(Json::Number).or_else(|| self.localized(node, at))
    }

    fn amount(&mut self, node: &Node, at: &str) -> Option<Json> {
        match &node.value {
            Value::Scalar { .. } => self.text(node, at).map(Json::from),
            _ => self.expected(node, at, AMOUNT),
        }
    }

    fn expected(&mut self, node: &Node, at: &str, wanted: Wanted) -> Option<Json> {
        let found = found(node);
        let wanted = match example(at) {
            Some(example) => Wanted { example, example_zh: example, ..wanted },
            None => wanted,
        };
        self.problems.push(
            Problem::at(at, format!("should be {}, but is {}", wanted.en, found.en))
                .line(node.line)
                .hint(format!("write it as {}", wanted.example))
                .in_chinese(
                    format!("应为{}，现在是{}", wanted.zh, found.zh),
                    format!("写法示例：{}", wanted.example_zh),
                ),
        );
        None
    }
}

/// How a value of one place is written, where its kind alone gives a poor example. `*` is the number of a list's item.
fn example(at: &str) -> Option<&'static str> {
    let pattern = at
        .split('/')
        .map(|part| if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) { "*" } else { part })
        .collect::<Vec<_>>()
        .join("/");
    EXAMPLES.iter().find(|(place, _)| *place == pattern).map(|(_, example)| *example)
}

const EXAMPLES: &[(&str, &str)] = &[
    ("/handbill", "`handbill: 1`"),
    ("/locales", "[zh-CN, en-US]"),
    ("/placements", "[meta.feed_image, xiaohongshu.note_image]"),
    ("/product/facts", "- {id: weight, label: Net weight, value: 100, unit: g}"),
    ("/product/facts/*", "{id: weight, label: Net weight, value: 100, unit: g}"),
    ("/product/photos", "- {file: photo.jpg}"),
    ("/product/photos/*", "{file: photo.jpg}"),
    ("/product/price", "{amount: \"268.00\", currency: CNY}"),
    ("/product/list_price", "{amount: \"328.00\", currency: CNY}"),
    ("/ceiling", "{amount: \"20.00\", currency: USD}"),
    ("/offer", "{text: 20% off the first order, until: 2026-04-05}"),
    ("/brand/colors", "{primary: \"#1F4D3A\"}"),
    ("/brand/fonts", "{heading: fonts/heading.ttf}"),
    ("/brand/voice", "{tone: calm and precise, do: [fresh], dont: [cheap]}"),
    ("/brand/voice/do", "[fresh, hand-picked]"),
    ("/brand/voice/dont", "[cheap, miracle]"),
    ("/brand/legal_lines", "- Terms apply."),
    ("/deliverables", "{copy: true, images: true, videos: [15], variants: 2}"),
    ("/deliverables/videos", "[15, 30]"),
    ("/deliverables/videos/*", "15"),
    ("/deliverables/video_ratios", "[\"9:16\", \"1:1\"]"),
];

/// A kind of value in both languages, each with an example.
#[derive(Clone, Copy)]
struct Wanted {
    en: &'static str,
    zh: &'static str,
    example: &'static str,
    example_zh: &'static str,
}

const fn wanted(
    en: &'static str,
    zh: &'static str,
    example: &'static str,
    example_zh: &'static str,
) -> Wanted {
    Wanted { en, zh, example, example_zh }
}

const TEXT: Wanted =
    wanted("a text", "文字", "\"some words\" (in quotes, when in doubt)", "\"一些文字\"（不确定时请加引号）");
const WHOLE_NUMBER: Wanted = wanted("a whole number", "整数", "3", "3");
const BOOLEAN: Wanted = wanted("true or false", "true 或 false", "true", "true");
const LIST: Wanted =
    wanted("a list", "列表", "[first, second], or a line `- first` for each", "[甲, 乙]，或每行一个 `- 甲`");
const MAP: Wanted = wanted(
    "keys with values",
    "键和值",
    "`key: value` lines, indented by two spaces",
    "`key: value`，每行一个，缩进两个空格",
);
const LOCALIZED: Wanted = wanted(
    "a text, or one text per locale",
    "一段文字或各语言的文字",
    "{zh-CN: 春茶, en-US: Spring tea}",
    "{zh-CN: 春茶, en-US: Spring tea}",
);
const AMOUNT: Wanted = wanted("an amount", "金额", "\"268.00\"", "\"268.00\"");
/// These two are only ever found, never wanted.
const NUMBER: Wanted = wanted("a number", "数字", "", "");
const NOTHING: Wanted = wanted("empty", "空的", "", "");

fn found(node: &Node) -> Wanted {
    match &node.value {
        Value::List(_) => LIST,
        Value::Map(_) => MAP,
        Value::Scalar { .. } if node.is_null() => NOTHING,
        Value::Scalar { text, plain: true } if is_boolean(text) => BOOLEAN,
        Value::Scalar { text, plain: true } if number(text).is_some() => NUMBER,
        Value::Scalar { .. } => TEXT,
    }
}

/// What is inside an optional value's schema.
fn optional(schema: &Json) -> Option<&Json> {
    let any = schema["anyOf"].as_array()?;
    any.iter().any(|one| one["type"] == "null").then(|| any.first())?
}

fn is_plain(node: &Node) -> bool {
    matches!(node.value, Value::Scalar { plain: true, .. })
}

fn is_boolean(text: &str) -> bool {
    matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
}

/// A plain decimal; `007` and `1e3` are words.
pub(super) fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.starts_with(|c: char| c.is_ascii_digit());
    let padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if plain && !padded { serde_json::from_str(text).ok() } else { None }
}

/// Words that people write for a key of ours, too far from it in letters.
fn alias<'k>(key: &str, known: &'k Map<String, Json>) -> Option<&'k str> {
    let meant = match key.to_lowercase().as_str() {
        "cta" => "call_to_action",
        "budget" | "max_cost" => "ceiling",
        "languages" | "language" | "locale" => "locales",
        "channels" | "platforms" => "placements",
        "images" | "pictures" => "photos",
        "message" | "slogan" => "key_message",
        "version" => "handbill",
        "link" | "website" | "landing_page" => "url",
        "path" | "src" => "file",
        "not" | "avoid" | "don't" => "dont",
        _ => return None,
    };
    known.get_key_value(meant).map(|(name, _)| name.as_str())
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
