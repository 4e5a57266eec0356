//! Copy for a placement: each field from what can be said, by what the field is for.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    super::inputs::{CopyInputs, Told, ToldField, ToldPlacement},
    angle::Lead,
    article,
    bank::{Bank, Said, distinct, plain},
    dice::Dice,
    en,
    fill::{Guard, Paragraph, fits, pick},
    long,
};

/// The answer: field key → texts.
#[derive(Serialize)]
pub(super) struct Copy {
    fields: BTreeMap<String, Vec<String>>,
}

pub(super) fn write(inputs: &CopyInputs, dice: &Dice) -> Copy {
    let CopyInputs { brief, angle, outline, variant, placement, .. } = inputs;
    let lead = Lead::of(&angle.id, *variant);
    let mut bank = Bank::of(brief, lead, variant.saturating_sub(1) as usize, dice);
    // What the outline settled comes first.
    bank.hooks = distinct(outline.hooks.iter().cloned().chain(bank.hooks).collect());
    let guard = Guard::new(brief, Some(&placement.id));
    let turn = dice.roll(&placement.id);
    let writer = Writer { told: brief, placement, bank: allowed(bank, &guard), guard, turn };
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for field in &placement.fields {
        let taken: Vec<String> =
            fields.iter().filter(|(k, _)| siblings(k, &field.key)).flat_map(|(_, t)| t.clone()).collect();
        let texts: Vec<String> =
            writer.field(field, &taken).into_iter().filter(|t| !t.trim().is_empty()).collect();
        if !texts.is_empty() {
            fields.insert(field.key.clone(), texts);
        }
    }
    Copy { fields }
}

fn allowed(bank: Bank, guard: &Guard) -> Bank {
    let keep = |texts: Vec<String>| guard.allowed(&texts);
    Bank {
        hooks: keep(bank.hooks),
        lines: keep(bank.lines),
        titles: keep(bank.titles),
        closes: keep(bank.closes),
        heads: keep(bank.heads),
        tags: keep(bank.tags),
        body: bank.body.into_iter().filter(|s| guard.allows(&s.text)).collect(),
        bullets: bank.bullets.into_iter().filter(|s| guard.allows(&s.text)).collect(),
        specs: bank.specs.into_iter().filter(|s| guard.allows(&s.text)).collect(),
        offer: bank.offer.filter(|t| guard.allows(t)),
        price: bank.price.filter(|t| guard.allows(t)),
        numbers: bank.numbers.filter(|t| guard.allows(t)),
        ..bank
    }
}

/// Headlines of all lengths are shown together.
fn siblings(a: &str, b: &str) -> bool {
    let line = |key: &str| key.contains("headline") || key.contains("title") || key == "h1";
    line(a) && line(b)
}

struct Writer<'a> {
    told: &'a Told,
    placement: &'a ToldPlacement,
    bank: Bank,
    guard: Guard,
    turn: usize,
}

impl Writer<'_> {
    fn field(&self, field: &ToldField, taken: &[String]) -> Vec<String> {
        let one = |text: Option<String>| text.filter(|t| fits(field, t, None)).into_iter().collect();
        let told = self.told;
        match field.key.as_str() {
            "final_url" | "destination_url" | "content_source_url" => one(told.url.clone()),
            "slug" => one(Some(told.campaign.clone())),
            "business_name" | "brand_name" | "author" => one(Some(told.brand.clone())),
            // A product is no app.
            "app_name" => Vec::new(),
            "name" => {
                pick(field, &[told.product.clone(), self.bank.noun.clone(), told.brand.clone()], 1, &[])
            }
            "cta" | "call_to_action" => one(Some(told.call_to_action.clone())),
            "link_text" => vec![self.link().to_owned()],
            "path1" | "path2" | "display_path" => self.paths(field),
            "tag" | "topic" => pick(
                field,
                &self.bank.tags,
                field.at_most.min(if self.sells() { 13 } else { 5 }) as usize,
                &[],
            ),
            "title" | "h1" if self.placement.id == "web.article" => {
                one(Some(article::title(told, &self.bank, &self.guard)))
            }
            "meta_description" => one(Some(article::meta(told, &self.bank))),
            "tags" | "keywords" => one(self.listed(field, if self.bank.chinese { "," } else { ", " })),
            "search_terms" => one(self.listed(field, " ")),
            "alt_text" => one(self.alt(field)),
            "bullet" => {
                pick(field, &self.bank.bullets.iter().map(|s| s.text.clone()).collect::<Vec<_>>(), 5, &[])
            }
            // What is new in an app's release is not in a brief about a product.
            "whats_new" => Vec::new(),
            "title" if self.sells() => one(self.listing_title(field)),
            "title" | "subject" | "seo_title" | "h1" | "ad_name" | "website_title" | "short_title" => {
                self.titles(field, taken)
            }
            key if key.contains("headline") => self.headlines(field, taken),
            "subtitle" | "selling_point" | "ad_words" => pick(field, &self.lines_and_titles(), 1, taken),
            "html" | "description_html" | "content" | "full_description" | "body" => {
                one(Some(self.long(field)))
            }
            "description" if field.at_most > 1 => self.descriptions(field),
            "description" | "caption" | "text" if field.target.is_none_or(|most| most >= 300) => {
                one(Some(self.long(field)))
            }
            _ => self.short(field),
        }
    }

    /// Is it a place in a shop, where a title is a list of what buyers search for?
    fn sells(&self) -> bool {
        self.placement.kind == "product"
    }

    fn link(&self) -> &'static str {
        let act = &self.told.call_to_action;
        match () {
            () if act.contains(['买', '购', '抢']) => "立即购买",
            () if act.contains(['尝', '试', '验']) => "立即体验",
            () if act.contains('约') => "立即预约",
            () => "了解更多",
        }
    }

    fn paths(&self, field: &ToldField) -> Vec<String> {
        let dashed = |text: &String| text.replace([' ', ','], "-");
        let words: Vec<String> = self.bank.noun.split(' ').rev().map(String::from).collect();
        let mut all = vec![dashed(&self.bank.noun)];
        all.extend(words.into_iter().filter(|w| w.chars().any(char::is_alphabetic)));
        all.extend(self.bank.tags.iter().map(dashed));
        let nth = usize::from(field.key == "path2");
        let fitting = pick(field, &distinct(all), nth + 2, &[]);
        if field.key == "display_path" {
            fitting.into_iter().take(2).collect()
        } else {
            fitting.into_iter().nth(nth).into_iter().collect()
        }
    }

    /// Words that people search for, each once.
    fn listed(&self, field: &ToldField, gap: &str) -> Option<String> {
        let words = |text: &str| {
            text.split(|c: char| c.is_whitespace() || matches!(c, '，' | ',' | ':' | '、'))
                .map(String::from)
                .collect::<Vec<_>>()
        };
        let small = [
            "a", "an", "the", "and", "of", "in", "for", "that", "with", "by", "one", "every", "to", "on",
            "is",
        ];
        let mut all: Vec<String> = words(&self.told.product);
        all.extend(self.bank.tags.iter().take(1).filter(|_| self.bank.chinese).cloned());
        all.extend(self.bank.specs.iter().flat_map(|s| words(&s.text)));
        let keep = |w: &String| {
            w.chars().count() > 1
                && w.chars().any(char::is_alphabetic)
                && !small.contains(&w.to_lowercase().as_str())
        };
        let mut text = String::new();
        for word in distinct(all).into_iter().filter(keep) {
            let next = if text.is_empty() {
                word.to_lowercase()
            } else {
                format!("{text}{gap}{}", word.to_lowercase())
            };
            if fits(field, &next, None) {
                text = next;
            }
        }
        (!text.is_empty()).then_some(text)
    }

    fn alt(&self, field: &ToldField) -> Option<String> {
        let photo = self.told.photo.clone();
        let named = |p: &String| {
            if self.bank.chinese {
                format!("{}：{p}", self.told.product)
            } else {
                format!("{}: {p}", self.told.product)
            }
        };
        let options = [photo.as_ref().map(named), photo, Some(self.told.product.clone())];
        options.into_iter().flatten().find(|t| fits(field, t, field.target) && self.guard.allows(t))
    }

    /// `Fernway Trail Bottle 750, double-walled 18/8 stainless steel, …`
    fn listing_title(&self, field: &ToldField) -> Option<String> {
        let mut title = self.told.product.clone();
        let gap = if self.bank.chinese { " " } else { ", " };
        let most = field.target;
        if !fits(field, &title, most) {
            return pick(field, &[self.bank.noun.clone(), self.told.brand.clone()], 1, &[]).pop();
        }
        let short = |s: &&Said| {
            !s.text.contains(['，', '（', '('])
                && (self.bank.chinese || en::terse(&s.text).split(' ').count() <= 5)
        };
        // Words first, numbers after them: that is what people search for.
        let (numbers, words): (Vec<_>, Vec<_>) =
            self.bank.specs.iter().filter(short).partition(|s| s.is_number);
        for spec in words.into_iter().chain(numbers) {
            let text = if self.bank.chinese { spec.text.clone() } else { en::terse(&spec.text) };
            let next = format!("{title}{gap}{text}");
            if fits(field, &next, most) && !plain(&title).contains(&plain(&text)) && repeats(&next) <= 2 {
                title = next;
            }
        }
        Some(title)
    }

    fn lines_and_titles(&self) -> Vec<String> {
        distinct(self.bank.titles.iter().chain(&self.bank.heads).chain(&self.bank.lines).cloned().collect())
    }

    fn titles(&self, field: &ToldField, taken: &[String]) -> Vec<String> {
        let mut narrow = field.clone();
        // Search shows about 30 Chinese characters of a title, and a mailbox on a phone about 20.
        if self.bank.chinese && field.target.is_some_and(|t| t > 30) && field.max.is_none() {
            narrow.target = Some(if field.key == "subject" { 20 } else { 30 });
        }
        let mut all = self.lines_and_titles();
        // Not every placement opens with the same line.
        let near = all.len().min(3);
        if near > 0 {
            all[..near].rotate_left(self.turn % near);
        }
        if field.key == "ad_name" {
            all.insert(0, self.told.product.clone());
        }
        pick(&narrow, &all, 1, taken)
    }

    fn headlines(&self, field: &ToldField, taken: &[String]) -> Vec<String> {
        let wide = field.target.is_some_and(|t| t >= 60);
        let all = if wide || field.at_most == 1 {
            self.lines_and_titles()
        } else {
            distinct(self.bank.heads.iter().take(2).chain(&self.bank.lines).cloned().collect())
        };
        let wanted = match (field.at_most, wide) {
            (1, _) => 1,
            (_, true) => field.at_most.min(3),
            (most, false) => most.min(10),
        };
        let mut chosen = pick(field, &all, wanted as usize, taken);
        // Performance Max wants one that is short.
        if self.placement.id == "google_ads.pmax" && !wide && !chosen.iter().any(|t| field.length(t) <= 15) {
            let short = all.iter().find(|t| field.length(t) <= 15 && !chosen.contains(t));
            if let (Some(last), Some(short)) = (chosen.last_mut(), short) {
                last.clone_from(short);
            }
        }
        chosen
    }

    /// Descriptions that each stand alone.
    fn descriptions(&self, field: &ToldField) -> Vec<String> {
        let bank = &self.bank;
        let gap = bank.gap();
        let mut all: Vec<String> = bank.body.iter().map(|s| s.text.clone()).collect();
        if let (Some(hook), Some(close)) = (bank.hooks.first(), bank.closes.first()) {
            all.insert(1.min(all.len()), format!("{hook}{gap}{close}"));
        }
        all.extend(bank.offer.clone());
        all.extend(
            bank.price.iter().zip(bank.closes.last()).map(|(price, close)| format!("{price}{gap}{close}")),
        );
        all.extend(bank.numbers.clone());
        all.extend(bank.hooks.clone());
        all.extend(bank.closes.clone());
        let mut chosen = pick(field, &all, field.at_most.min(4) as usize, &[]);
        // Performance Max wants one that is short.
        if self.placement.id == "google_ads.pmax" && !chosen.iter().any(|t| field.length(t) <= 60) {
            let short = all.iter().find(|t| field.length(t) <= 60 && !chosen.contains(t));
            if let (Some(last), Some(short)) = (chosen.last_mut(), short) {
                last.clone_from(short);
            }
        }
        chosen
    }

    /// One paragraph within what is seen.
    fn short(&self, field: &ToldField) -> Vec<String> {
        let bank = &self.bank;
        let tags = long::hashtags(&self.placement.id, bank);
        let room = field.length(&tags) + u32::from(!tags.is_empty()) * 2;
        let most = field.target.or(Some(600)).map(|most| most.saturating_sub(room).max(most / 3));
        let paragraph = Paragraph { field, gap: bank.gap(), most };
        let mut middle: Vec<String> = bank.body.iter().map(|s| s.text.clone()).collect();
        // Bare numbers are for those who have time.
        if most.is_some_and(|most| most > 200) {
            middle.extend(bank.numbers.clone());
        }
        let sale = bank.price.iter().chain(&bank.offer).cloned();
        // The offer goes before the third fact, so that it is not what is cut.
        let at = middle.len().min(2);
        middle.splice(at..at, sale);
        let mut opens = bank.hooks.clone();
        opens
            .extend(bank.lines.iter().map(|l| if bank.chinese { format!("{l}。") } else { format!("{l}.") }));
        let mut text = paragraph.write(&opens, &middle, &bank.closes);
        if field.min.is_some_and(|min| field.length(&text) < min) {
            let whole = Paragraph { most: field.max.or(field.target), ..paragraph };
            let more: Vec<String> =
                middle.iter().cloned().chain(bank.hooks.clone()).chain(bank.closes.clone()).collect();
            text = whole.write(&opens, &more, &bank.closes);
        }
        let tagged = format!("{text}{}{tags}", if tags.is_empty() { "" } else { " " });
        vec![if fits(field, &tagged, field.target) { tagged } else { text }]
    }

    fn long(&self, field: &ToldField) -> String {
        long::write(self.told, &self.placement.id, field, &self.bank)
    }
}

/// How often the most frequent word of a title stands in it.
fn repeats(title: &str) -> usize {
    let words: Vec<String> = title
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.iter().map(|w| words.iter().filter(|o| *o == w).count()).max().unwrap_or(0)
}
