//! What a brief's own words must keep, beyond its shape: known places, texts in every language, amounts, colours, paths.
//! Rules read the tree, not the finished brief, so that one broken part does not hide what is wrong with another.

mod values;

use std::collections::BTreeMap;

use super::{
    node::{Node, Value, join},
    read::{RATIOS, TIERS},
    shape,
};
use crate::{
    channel,
    locale::Locale,
    problem::{Problem, nearest},
};

/// Longest accepted texts, in characters: beyond them no template and no placement has room.
const LONGEST: &[(&str, usize)] = &[
    ("/campaign", 64),
    ("/product/name", 80),
    ("/product/sku", 64),
    ("/product/category", 40),
    ("/product/facts/*/id", 40),
    ("/product/facts/*/label", 40),
    ("/product/facts/*/value", 200),
    ("/product/facts/*/unit", 20),
    ("/product/facts/*/benefit", 120),
    ("/product/facts/*/usual", 120),
    ("/product/facts/*/source", 300),
    ("/product/photos/*/alt", 300),
    ("/brand/name", 40),
    ("/brand/voice/tone", 200),
    ("/brand/voice/do/*", 40),
    ("/brand/voice/dont/*", 40),
    ("/brand/legal_lines/*", 300),
    ("/audience", 300),
    ("/key_message", 200),
    ("/offer/text", 120),
    ("/offer/code", 32),
    ("/call_to_action", 30),
    ("/url", 2000),
];

/// Texts that may differ by locale; each must be there for every locale that is asked for.
const LOCALIZED: &[&str] = &[
    "/product/name",
    "/product/facts/*/label",
    "/product/facts/*/value",
    "/product/facts/*/unit",
    "/product/facts/*/benefit",
    "/product/facts/*/usual",
    "/product/photos/*/alt",
    "/brand/name",
    "/brand/voice/tone",
    "/brand/legal_lines/*",
    "/audience",
    "/key_message",
    "/offer/text",
    "/call_to_action",
];

const COLORS: &[&str] = &[
    "/brand/colors/primary",
    "/brand/colors/secondary",
    "/brand/colors/accent",
    "/brand/colors/background",
    "/brand/colors/text",
];

const PATHS: &[&str] = &[
    "/product/photos/*/file",
    "/brand/logo",
    "/brand/logo_wide",
    "/brand/fonts/heading",
    "/brand/fonts/body",
];

/// Notes everything that breaks a rule.
pub(super) fn hold(root: &Node, problems: &mut Vec<Problem>) {
    let mut rules = Rules { root, locales: locales(root), problems };
    rules.version();
    rules.campaign();
    rules.lists();
    rules.placements();
    rules.facts();
    rules.comparisons();
    rules.prices();
    rules.deliverables();
    rules.voice();
    rules.url();
    rules.until();
    for pattern in COLORS {
        rules.each(pattern, Rules::color);
    }
    for pattern in PATHS {
        rules.each(pattern, Rules::path);
    }
    for (pattern, longest) in LONGEST {
        rules.each(pattern, |rules, node, at| rules.length(node, at, *longest));
    }
    for pattern in LOCALIZED {
        rules.each(pattern, Rules::every_locale);
    }
}

/// The locales that are asked for, as far as they can be read.
fn locales(root: &Node) -> Vec<Locale> {
    items(root.get("locales")).iter().filter_map(|node| node.text()?.parse().ok()).collect()
}

fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|node| &node.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// All nodes that a pattern means (`*`: every item of a list), each with its pointer.
fn find<'n>(root: &'n Node, pattern: &str) -> Vec<(&'n Node, String)> {
    let mut found = vec![(root, String::new())];
    for part in pattern.split('/').skip(1) {
        found = found
            .into_iter()
            .flat_map(|(node, at)| match part {
                "*" => items(Some(node))
                    .iter()
                    .enumerate()
                    .map(|(n, item)| (item, format!("{at}/{n}")))
                    .collect(),
                key => node.get(key).map(|node| (node, join(&at, key))).into_iter().collect::<Vec<_>>(),
            })
            .collect();
    }
    found
}

/// What two entries of a list must not share.
type Key = fn(&str) -> String;

struct Rules<'n, 'p> {
    root: &'n Node,
    locales: Vec<Locale>,
    problems: &'p mut Vec<Problem>,
}

impl<'n> Rules<'n, '_> {
    fn each(&mut self, pattern: &str, rule: impl Fn(&mut Self, &'n Node, &str)) {
        for (node, at) in find(self.root, pattern) {
            rule(self, node, &at);
        }
    }

    /// Notes a problem: what is wrong and what to write instead, in English and in Chinese.
    fn note(&mut self, node: &Node, at: &str, en: (String, String), zh: (String, String)) {
        self.problems.push(Problem::at(at, en.0).line(node.line).hint(en.1).in_chinese(zh.0, zh.1));
    }

    fn version(&mut self) {
        self.each("/handbill", |rules, node, at| {
            if let Some(version) =
                node.text().filter(|text| text.parse::<u32>().is_ok_and(|version| version != 1))
            {
                rules.note(
                    node,
                    at,
                    (
                        format!("version {version} is not one that this Handbill reads"),
                        "write `handbill: 1`".into(),
                    ),
                    (format!("此版本的 Handbill 不支持简报版本 {version}"), "请写 `handbill: 1`".into()),
                );
            }
        });
    }

    /// Lists that must not be empty or say a thing twice.
    fn lists(&mut self) {
        let needed = [
            ("/locales", "name at least one locale, such as zh-CN", "至少写一个语言地区，例如 zh-CN"),
            (
                "/placements",
                "name at least one placement; `handbill channels` lists them",
                "至少写一个投放位；`handbill channels` 可查看全部",
            ),
            (
                "/product/facts",
                "state at least one fact: copy says nothing that is not one",
                "至少写一条产品事实：文案只会引用这里的内容",
            ),
            (
                "/product/photos",
                "name at least one photo: `- file: photo.jpg`",
                "至少写一张照片：`- file: photo.jpg`",
            ),
        ];
        for (pattern, en, zh) in needed {
            self.each(pattern, |rules, node, at| {
                if matches!(&node.value, Value::List(items) if items.is_empty()) {
                    rules.note(
                        node,
                        at,
                        ("the list is empty".into(), en.into()),
                        ("列表是空的".into(), zh.into()),
                    );
                }
            });
        }
        let keyed: [(&str, Key); 5] = [
            ("/locales/*", |text| text.parse::<Locale>().map_or_else(|_| text.to_owned(), String::from)),
            ("/placements/*", str::to_owned),
            ("/product/facts/*/id", str::to_owned),
            ("/deliverables/videos/*", str::to_owned),
            ("/deliverables/video_ratios/*", str::to_owned),
        ];
        for (pattern, key) in keyed {
            self.once(pattern, key);
        }
    }

    fn once(&mut self, pattern: &str, key: Key) {
        let mut seen = BTreeMap::new();
        self.each_text(pattern, |rules, node, at, text| {
            if let Some(first) = seen.get(&key(text)) {
                rules.note(
                    node,
                    at,
                    (
                        format!("`{text}` is there twice"),
                        format!("remove one of them; the first is in line {first}"),
                    ),
                    (format!("`{text}` 重复了"), format!("请删除其中一个；第一个在第 {first} 行")),
                );
            } else {
                seen.insert(key(text), node.line);
            }
        });
    }

    fn each_text(&mut self, pattern: &str, mut rule: impl FnMut(&mut Self, &'n Node, &str, &'n str)) {
        for (node, at) in find(self.root, pattern) {
            if let Some(text) = node.text() {
                rule(self, node, &at, text);
            }
        }
    }

    fn placements(&mut self) {
        let speaks_chinese = self.locales.is_empty() || self.locales.iter().any(Locale::is_chinese);
        self.each_text("/placements/*", |rules, node, at, id| match channel::placement(id) {
            None => rules.unknown_placement(node, at, id),
            Some(_) if !speaks_chinese && is_chinese_channel(id) => rules.note(
                node,
                at,
                (
                    format!("`{id}` is read in China, but no locale is Chinese"),
                    "add zh-CN to `locales` with its texts, or remove the placement".into(),
                ),
                (
                    format!("`{id}` 面向中国大陆，但没有中文语言"),
                    "请在 `locales` 中加入 zh-CN 并补上中文内容，或删除这个投放位".into(),
                ),
            ),
            Some(placement) => {
                let leads_somewhere =
                    placement.fields.iter().any(|field| field.required && field.key.ends_with("url"));
                let is_told = rules.problems.iter().any(|problem| problem.pointer == "/url");
                if leads_somewhere && !is_told && rules.root.get("url").is_none() {
                    rules.note(
                        node,
                        "/url",
                        (
                            format!("`url` is missing, and `{id}` needs it"),
                            "add `url:` the address that a click leads to".into(),
                        ),
                        (format!("缺少 `url`，而 `{id}` 需要它"), "请加上 `url:`，写点击后打开的网址".into()),
                    );
                }
            }
        });
    }

    fn unknown_placement(&mut self, node: &Node, at: &str, id: &str) {
        let of_channel = || {
            channel::placement_ids()
                .filter(|known| known.split('.').next() == id.split('.').next())
                .collect::<Vec<_>>()
        };
        let hint = match nearest(id, channel::placement_ids()) {
            _ if channel::channels()
                .iter()
                .any(|channel| channel.id == id.split('.').next().unwrap_or_default()) =>
            {
                (
                    format!("placements there are {}", of_channel().join(", ")),
                    format!("该平台的投放位有：{}", of_channel().join("、")),
                )
            }
            Some(meant) => (format!("did you mean `{meant}`?"), format!("您是想写 `{meant}` 吗？")),
            None => (
                "`handbill channels` lists all placements".into(),
                "`handbill channels` 可查看全部投放位".into(),
            ),
        };
        self.note(
            node,
            at,
            (format!("`{id}` is no placement that we know"), hint.0),
            (format!("没有 `{id}` 这个投放位"), hint.1),
        );
    }

    fn deliverables(&mut self) {
        self.each_text("/deliverables/variants", |rules, node, at, text| {
            if text.parse::<i64>().is_ok_and(|variants| !(1..=5).contains(&variants)) {
                rules.note(
                    node,
                    at,
                    (format!("{text} variants cannot be made"), "write 1 to 5".into()),
                    (format!("不能制作 {text} 个版本"), "请写 1 到 5".into()),
                );
            }
        });
        self.each_text("/deliverables/videos/*", |rules, node, at, text| {
            if shape::number(text).is_some()
                && !text.parse::<u32>().is_ok_and(|seconds| TIERS.contains(&seconds))
            {
                rules.note(
                    node,
                    at,
                    (
                        format!("{text} seconds is not a length that videos come in"),
                        "write 15, 30 or 60".into(),
                    ),
                    (format!("没有 {text} 秒的视频长度"), "可选：15、30、60".into()),
                );
            }
        });
        self.each_text("/deliverables/video_ratios/*", |rules, node, at, text| {
            if !RATIOS.contains(&text) {
                let all = RATIOS.map(|ratio| format!("\"{ratio}\"")).join(", ");
                rules.note(
                    node,
                    at,
                    (
                        format!("`{text}` is not a ratio that videos come in"),
                        format!("write one of {all}, in quotes"),
                    ),
                    (format!("没有 `{text}` 这个视频比例"), format!("可选（请加引号）：{all}")),
                );
            }
        });
        let Some(wanted) = self.root.get("deliverables") else { return };
        let off = |key| wanted.get(key).and_then(Node::text) == Some("false");
        if off("copy") && off("images") && off("article") && items(wanted.get("videos")).is_empty() {
            self.note(
                wanted,
                "/deliverables",
                (
                    "nothing is asked for".into(),
                    "turn copy, images or article on, or name lengths in videos".into(),
                ),
                ("没有要制作的内容".into(), "请打开 copy、images 或 article，或在 videos 中写上时长".into()),
            );
        }
    }

    fn voice(&mut self) {
        let wanted = find(self.root, "/brand/voice/do/*")
            .into_iter()
            .filter_map(|(node, _)| node.text())
            .map(str::to_lowercase);
        let wanted = wanted.collect::<Vec<_>>();
        self.each_text("/brand/voice/dont/*", |rules, node, at, word| {
            if wanted.contains(&word.to_lowercase()) {
                rules.note(
                    node,
                    at,
                    (format!("`{word}` stands in `do` and in `dont`"), "keep it in one of them".into()),
                    (format!("`{word}` 同时出现在 `do` 和 `dont` 中"), "请只保留一处".into()),
                );
            }
        });
    }

    fn length(&mut self, node: &'n Node, at: &str, longest: usize) {
        let texts = match &node.value {
            Value::Map(entries) => entries.iter().map(|(key, node)| (join(at, &key.name), node)).collect(),
            _ => vec![(at.to_owned(), node)],
        };
        for (at, node) in texts {
            let length = node.text().map_or(0, |text| text.trim().chars().count());
            if length > longest {
                self.note(
                    node,
                    &at,
                    (format!("has {length} characters"), format!("write at most {longest}")),
                    (format!("有 {length} 个字符"), format!("最多 {longest} 个")),
                );
            }
        }
    }

    fn every_locale(&mut self, node: &'n Node, at: &str) {
        let Value::Map(entries) = &node.value else { return };
        let there = entries.iter().filter_map(|(key, _)| key.name.parse::<Locale>().ok()).collect::<Vec<_>>();
        for locale in self.locales.clone() {
            if there.iter().any(|known| known.language() == locale.language()) {
                continue;
            }
            let at = join(at, locale.as_str());
            self.note(
                node,
                &at,
                (
                    format!("the text for {locale} is missing"),
                    format!("add `{locale}:` here, or remove {locale} from `locales`"),
                ),
                (
                    format!("缺少 {locale} 的文字"),
                    format!("请在这里补上 `{locale}:`，或从 `locales` 中删除 {locale}"),
                ),
            );
        }
    }
}

fn is_chinese_channel(placement: &str) -> bool {
    channel::channels()
        .iter()
        .any(|channel| channel.region == "cn" && channel.placements.iter().any(|p| p.id == placement))
}
