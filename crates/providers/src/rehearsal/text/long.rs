//! Texts with room: notes, product descriptions, mails, articles of an official account.

use super::{
    super::inputs::{Told, ToldField},
    article::{self, Page},
    bank::{Bank, Said, plain},
    fill::{fits, new},
};

/// Topics at the end of a post, as the platform writes them; empty where they do not belong.
pub(super) fn hashtags(placement: &str, bank: &Bank) -> String {
    let tags = bank.tags.iter().take(3);
    match placement {
        "weibo.post" => tags.map(|t| format!("#{t}#")).collect::<Vec<_>>().join(" "),
        "instagram.feed"
        | "instagram.reels"
        | "tiktok.video_post"
        | "tiktok.photo_post"
        | "linkedin.page_post"
        | "douyin.video_post"
        | "douyin.photo_post"
        | "wechat.channels_video"
        | "pinterest.standard_pin"
        | "pinterest.video_pin"
        | "youtube.video_upload" => tags.map(|t| format!("#{t}")).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

/// A long text for a field of a placement.
pub(super) fn write(told: &Told, placement: &str, field: &ToldField, bank: &Bank) -> String {
    match (placement, field.key.as_str()) {
        (_, "html") => html_mail(told, field, bank),
        ("wechat.article", "content") => html_page(field, &article::page(told, bank)),
        (_, "description_html") => html_listing(field, bank, told),
        (id, _) if id.starts_with("xiaohongshu.") => blocks(field, "\n\n", &note(bank)),
        (id, _) => {
            let mut parts = match id {
                id if sells(id) => listing(told, bank),
                id if brief_reads(id) => clip(bank),
                id => post(told, bank, links(id)),
            };
            parts.push(hashtags(id, bank));
            blocks(field, "\n\n", &parts)
        }
    }
}

fn sells(placement: &str) -> bool {
    ["amazon.", "etsy.", "google_merchant.", "app_store.", "shopify.", "jd.", "taobao."]
        .iter()
        .any(|shop| placement.starts_with(shop))
}

/// Where a text stands below a video or pictures that people swipe through.
fn brief_reads(placement: &str) -> bool {
    ["douyin.", "kuaishou.", "tiktok.", "wechat.channels", "instagram."]
        .iter()
        .any(|place| placement.starts_with(place))
}

/// Where an address in the text can be followed.
fn links(placement: &str) -> bool {
    ["youtube.", "linkedin.", "meta.", "x."].iter().any(|place| placement.starts_with(place))
}

/// As many blocks as there is room for.
fn blocks(field: &ToldField, gap: &str, parts: &[String]) -> String {
    let mut text = String::new();
    for part in parts.iter().filter(|p| !p.is_empty()) {
        let next = if text.is_empty() { part.clone() } else { format!("{text}{gap}{part}") };
        if field.max.is_none_or(|max| field.length(&next) <= max) {
            text = next;
        }
    }
    text
}

/// A list under a heading, with a mark before each line.
fn list(mark: &str, items: impl IntoIterator<Item = String>) -> String {
    items.into_iter().map(|item| format!("{mark}{item}")).collect::<Vec<_>>().join("\n")
}

fn spec_line(label: &str, text: &str, chinese: bool) -> String {
    let plain_label = plain(label);
    if plain(text).contains(&plain_label) {
        return text.to_owned();
    }
    if chinese { format!("{label}：{text}") } else { format!("{label}: {}", super::en::lower(text)) }
}

/// What the facts are, one line each; parts of one fact stay together.
fn specs(bank: &Bank) -> Vec<String> {
    let mut lines: Vec<(String, String, String)> = Vec::new();
    for spec in &bank.specs {
        match lines.iter_mut().find(|(id, ..)| *id == spec.fact) {
            Some((_, _, text)) => {
                let gap = if bank.chinese { "，" } else { ", " };
                let part = if bank.chinese { spec.text.clone() } else { super::en::lower(&spec.text) };
                text.push_str(&format!("{gap}{part}"));
            }
            None => lines.push((spec.fact.clone(), spec.label.clone(), spec.text.clone())),
        }
    }
    lines.iter().map(|(_, label, text)| spec_line(label, text, bank.chinese)).collect()
}

/// 小红书笔记: one thought a line, points that can be skimmed, a question at the end.
fn note(bank: &Bank) -> Vec<String> {
    let hook = bank.hooks.first().cloned().unwrap_or_default();
    if !bank.chinese {
        return vec![
            hook,
            list("· ", bank.bullets.iter().take(4).map(|s| s.text.clone())),
            sale(bank),
            bank.closes.first().cloned().unwrap_or_default(),
        ];
    }
    let points = list(
        "✅ ",
        bank.bullets.iter().map(|s| s.text.clone()).filter(|b| !hook.contains(b.as_str())).take(4),
    );
    let numbers = bank.numbers.as_ref().map(|n| format!("📝 {n}")).unwrap_or_default();
    let offer = bank.offer.as_ref().or(bank.price.as_ref()).map(|o| format!("🛒 {o}")).unwrap_or_default();
    let ask = format!("关于{}，还想了解什么？评论区聊聊～", bank.noun);
    vec![format!("{}✨", hook.trim_end_matches('。')), points, numbers, offer, ask]
}

fn sale(bank: &Bank) -> String {
    let parts: Vec<String> = bank.price.iter().chain(&bank.offer).cloned().collect();
    parts.join(bank.gap())
}

/// Below a clip: the hook, two things worth knowing, what to do.
fn clip(bank: &Bank) -> Vec<String> {
    let hook = bank.hooks.first().cloned().unwrap_or_default();
    let said = [hook.clone()];
    let unsaid = |b: &&Said| new(&said, &b.text);
    let stop = if bank.chinese { "。" } else { "." };
    let points = bank
        .bullets
        .iter()
        .filter(unsaid)
        .take(2)
        .map(|b| format!("{}{stop}", b.text))
        .collect::<Vec<_>>()
        .join("\n");
    let sale = bank.offer.as_ref().or(bank.price.as_ref()).cloned().unwrap_or_default();
    let close = bank.closes.first().cloned().unwrap_or_default();
    vec![
        hook.clone(),
        points,
        [sale, close].iter().filter(|p| !p.is_empty()).cloned().collect::<Vec<_>>().join(bank.gap()),
    ]
}

/// A post with paragraphs: attention, interest, desire, action.
fn post(told: &Told, bank: &Bank, links: bool) -> Vec<String> {
    let gap = bank.gap();
    let mut hooks: Vec<String> = bank.hooks.iter().take(1).cloned().collect();
    hooks.extend(bank.hooks.get(1).filter(|h| new(&hooks, h)).cloned());
    let hook = hooks.join(gap);
    let half = bank.body.len().div_ceil(2);
    let opened = [hook.clone()];
    let unsaid = |s: &&Said| new(&opened, &s.text);
    let paragraph =
        |said: &[Said]| said.iter().filter(unsaid).map(|s| s.text.clone()).collect::<Vec<_>>().join(gap);
    let link = told
        .url
        .as_ref()
        .filter(|_| links)
        .map(|url| if bank.chinese { format!("详情：{url}") } else { format!("More: {url}") });
    let close = bank.closes.first().cloned().unwrap_or_default();
    vec![
        hook.clone(),
        paragraph(&bank.body[..half]),
        [paragraph(&bank.body[half..]), bank.numbers.clone().unwrap_or_default()]
            .iter()
            .filter(|p| !p.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join(gap),
        [sale(bank), close].iter().filter(|p| !p.is_empty()).cloned().collect::<Vec<_>>().join(gap),
        link.unwrap_or_default(),
    ]
}

/// A product description: what it is, what the buyer has of it, the data.
fn listing(told: &Told, bank: &Bank) -> Vec<String> {
    let heading = if bank.chinese { "产品信息" } else { "Details" };
    let opening =
        bank.hooks.iter().find(|h| plain(h).contains(&plain(&told.key_message))).or(bank.hooks.first());
    let intro = match (opening, bank.chinese) {
        (Some(hook), true) => format!("{}。{hook}", told.product),
        (Some(hook), false) => format!("{}. {hook}", told.product),
        (None, _) => told.product.clone(),
    };
    let body = bank.body.iter().map(|s| s.text.clone()).collect::<Vec<_>>().join(bank.gap());
    vec![intro, body, format!("{heading}\n{}", list("· ", specs(bank))), told.legal.join(bank.gap())]
}

fn texts(said: &[Said]) -> Vec<String> {
    said.iter().map(|s| s.text.clone()).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn tag(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

fn ul(items: &[String]) -> String {
    format!("<ul>{}</ul>", items.iter().map(|i| tag("li", i)).collect::<String>())
}

fn html_listing(field: &ToldField, bank: &Bank, told: &Told) -> String {
    let hook = bank.hooks.first().cloned().unwrap_or_default();
    let legal = told.legal.iter().map(|l| format!("<p><small>{}</small></p>", escaped(l))).collect();
    blocks(
        field,
        "\n",
        &[
            tag("p", &hook),
            ul(&texts(&bank.bullets)),
            tag("h3", if bank.chinese { "产品信息" } else { "Details" }),
            ul(&specs(bank)),
            legal,
        ],
    )
}

fn html_page(field: &ToldField, page: &Page) -> String {
    let mut parts = vec![tag("p", &page.lead)];
    for (heading, paragraphs) in &page.sections {
        parts.push(format!(
            "{}\n{}",
            tag("h2", heading),
            paragraphs.iter().map(|p| tag("p", p)).collect::<Vec<_>>().join("\n")
        ));
    }
    parts.push(tag("p", &page.close));
    blocks(field, "\n", &parts)
}

/// A mail that any reader shows: one column, inline styles, the words first.
fn html_mail(told: &Told, field: &ToldField, bank: &Bank) -> String {
    let short = |line: &&String| line.chars().count() <= if bank.chinese { 24 } else { 56 };
    let headline =
        bank.titles.iter().chain(&bank.heads).find(short).cloned().unwrap_or_else(|| told.product.clone());
    let opened = [headline.clone()];
    let intro = bank.hooks.iter().find(|h| new(&opened, h)).cloned().unwrap_or_default();
    let opened = [intro.clone()];
    let unsaid = |b: &&String| intro.is_empty() || new(&opened, b);
    let points: Vec<String> = texts(&bank.bullets).iter().filter(unsaid).take(4).cloned().collect();
    let button = told.url.as_ref().map(|url| {
        let style = "display:inline-block;padding:14px 28px;border-radius:4px;background:#222;color:#fff;text-decoration:none";
        format!("<p><a href=\"{}\" style=\"{style}\">{}</a></p>", escaped(url), escaped(&told.call_to_action))
    });
    let sale = sale(bank);
    let legal: String = told
        .legal
        .iter()
        .map(|l| format!("<p style=\"color:#666;font-size:12px\">{}</p>", escaped(l)))
        .collect();
    let inner = [
        tag("h1", &headline),
        tag("p", &intro),
        ul(&points),
        if sale.is_empty() { sale } else { tag("p", &sale) },
        button.unwrap_or_default(),
        legal,
    ];
    let inner = inner.iter().filter(|p| !p.is_empty()).cloned().collect::<Vec<_>>().join("\n");
    let style = "max-width:600px;margin:0 auto;padding:24px;font:16px/1.6 sans-serif;color:#222";
    let html = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n<body>\n<div style=\"{style}\">\n{inner}\n</div>\n</body>\n</html>",
        told.locale,
        escaped(&headline)
    );
    if fits(field, &html, None) { html } else { tag("p", &headline) }
}
