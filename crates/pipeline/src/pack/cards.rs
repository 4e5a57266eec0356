//! The cards of the page: each placement in each locale and variant, with its words in the order of its frame.

use std::collections::BTreeSet;

use handbill_checks::meter;
use handbill_domain::{
    asset::{Asset, AssetKind, Severity},
    channel::{self, ImageSlot, Names, Placement},
    locale::Locale,
    text::Localized,
    words::PlacementCopy,
};
use serde::Serialize;

use super::{
    Pack, markdown,
    names::Words,
    reading::{self, Block, Run},
    view::{self, VideoView},
};

#[derive(Debug, Serialize)]
pub(super) struct PlacementView {
    id: String,
    name: Names,
    channel: Names,
    frame: String,
    frames: Vec<Card>,
}

/// One placement in one locale and variant.
#[derive(Debug, Serialize)]
struct Card {
    locale: String,
    language: String,
    chinese: bool,
    rtl: bool,
    variant: u32,
    angle: String,
    brand: String,
    title: String,
    /// The headlines that a search result shows together.
    titles: Vec<String>,
    heading: String,
    author: String,
    /// What is read before it is opened: preheader, digest, subtitle.
    preview: String,
    body: Vec<Run>,
    bodies: Vec<String>,
    /// The body, where it is HTML.
    blocks: Vec<Block>,
    topics: Vec<String>,
    points: String,
    bullets: Vec<String>,
    link: String,
    call: String,
    host: String,
    path: String,
    price: String,
    list_price: String,
    texts: Vec<TextRow>,
    counts: Vec<Counted>,
    images: Vec<Picture>,
    /// The pictures that the frame does not show.
    others: Vec<Picture>,
    video: Option<VideoView>,
    findings: usize,
}

#[derive(Debug, Serialize)]
struct TextRow {
    label: Names,
    text: String,
    count: String,
    /// Percent of the limit, where there is one.
    share: Option<u32>,
}

/// The length of a field: of its longest text, where it has several.
#[derive(Debug, Serialize)]
struct Counted {
    label: Names,
    times: usize,
    count: String,
    share: u32,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Picture {
    file: String,
    role: Names,
    alt: String,
    width: u32,
    height: u32,
    kilobytes: u64,
}

/// Every placement of the brief that something was made for.
pub(super) fn placements(pack: &Pack, words: &Words) -> Vec<PlacementView> {
    let places = pack.manifest.brief.placements.iter().filter_map(|id| channel::placement(id));
    places.filter_map(|placement| placement_view(pack, words, placement)).collect()
}

/// Up to three finished pictures of different shapes for the top of the page.
pub(super) fn hero(pack: &Pack, words: &Words) -> Vec<Picture> {
    let brief = &pack.manifest.brief;
    let Some(locale) = brief.locales.first() else { return Vec::new() };
    // Pictures with words on them: no logos, thumbnails or bare product pictures.
    let told = |slot: &&ImageSlot| {
        slot.background.is_none()
            && !["logo", "icon", "thumb", "detail"].iter().any(|bare| slot.role.contains(bare))
    };
    let mut shapes: [Option<Picture>; 3] = [None, None, None];
    for placement in brief.placements.iter().filter_map(|id| channel::placement(id)) {
        for (role, variant) in
            placement.images.iter().filter(told).flat_map(|slot| [(&slot.role, 1), (&slot.role, 2)])
        {
            let found = images(pack, placement, locale, variant).into_iter();
            let Some(asset) = found.into_iter().find(|a| a.role.as_ref() == Some(role)) else { continue };
            let ratio = f64::from(asset.width.unwrap_or(1)) / f64::from(asset.height.unwrap_or(1).max(1));
            let (shape, wanted) = match ratio {
                r if r < 0.6 => (0, 1),
                r if r < 0.9 => (1, 2),
                r if r < 1.1 => (2, 1),
                _ => continue,
            };
            // Neighbours show different variants where there are two.
            if shapes[shape].is_none() && (variant == wanted || brief.deliverables.variants < 2) {
                shapes[shape] = Some(picture(pack, words, placement, asset));
            }
        }
    }
    shapes.into_iter().flatten().collect()
}

fn placement_view(pack: &Pack, words: &Words, placement: &Placement) -> Option<PlacementView> {
    let copies = pack.copies.iter().filter(|copy| copy.placement == placement.id);
    let mut keys: BTreeSet<(Locale, u32)> = copies.map(|copy| (copy.locale.clone(), copy.variant)).collect();
    let images = pack.manifest.assets.iter().filter(|a| a.kind == AssetKind::Image);
    let images = images.filter(|a| a.placement.as_deref() == Some(&placement.id));
    keys.extend(images.filter_map(|a| Some((a.locale.clone()?, a.variant.unwrap_or(1)))));
    let order = |locale: &Locale| pack.manifest.brief.locales.iter().position(|l| l == locale);
    let mut keys: Vec<_> = keys.into_iter().collect();
    keys.sort_by_key(|(locale, variant)| (order(locale), *variant));
    let frame = words.frame(placement).to_owned();
    let card = |(locale, variant): &(Locale, u32)| card(pack, words, placement, &frame, locale, *variant);
    let frames: Vec<_> = keys.iter().map(card).collect();
    let channel = channel::channel_of(&placement.id);
    let unnamed = Names { en: String::new(), zh: String::new() };
    (!frames.is_empty()).then(|| PlacementView {
        id: placement.id.clone(),
        name: placement.name.clone(),
        channel: channel.map_or(unnamed, |c| c.name.clone()),
        frame,
        frames,
    })
}

/// Fields that say the same thing under the names of different platforms, the best first.
const TITLES: &[&str] = &["title", "headline", "short_title", "name", "subject", "website_title", "h1"];
const PREVIEWS: &[&str] = &["preheader", "digest", "subtitle", "short_description"];
const POINTS: &[&str] = &["selling_point", "ad_words"];
const TOPICS: &[&str] = &["topic", "tag"];
const BODIES: &[&str] = &[
    "primary_text",
    "caption",
    "content",
    "copy",
    "introductory_text",
    "post",
    "text",
    "description",
    "full_description",
    "promotional_text",
    "meta_description",
    "body",
];

fn card(
    pack: &Pack,
    words: &Words,
    placement: &Placement,
    frame: &str,
    locale: &Locale,
    variant: u32,
) -> Card {
    let of_card = |copy: &&PlacementCopy| {
        copy.placement == placement.id && copy.locale == *locale && copy.variant == variant
    };
    let copy = pack.copies.iter().find(of_card);
    let texts = |key: &str| copy.and_then(|copy| copy.fields.get(key)).cloned().unwrap_or_default();
    let all = |keys: &[&str]| {
        let told = |texts: &Vec<String>| texts.first().is_some_and(|text| !reading::is_html(text));
        let filled = keys.iter().map(|key| texts(key)).find(told);
        filled.unwrap_or_default()
    };
    let one = |keys: &[&str]| all(keys).into_iter().next().unwrap_or_default();
    let brief = &pack.manifest.brief;
    let said = |text: &Localized| text.get(locale).unwrap_or_default().to_owned();
    let html = copy.into_iter().flat_map(|copy| copy.fields.values()).flatten();
    let html = html.filter(|text| reading::is_html(text));
    let images: Vec<Picture> = images(pack, placement, locale, variant)
        .into_iter()
        .map(|a| picture(pack, words, placement, a))
        .collect();
    let video = placement_video(pack, placement, locale, !images.is_empty());
    let shown = match frame {
        "wall" | "app" => images.len(),
        "search" => 0,
        _ => usize::from(video.is_none()),
    };
    let path = ["path1", "path2", "slug"].iter().flat_map(|key| texts(key)).map(|part| format!("/{part}"));
    Card {
        locale: locale.to_string(),
        language: view::language(locale, &brief.locales),
        chinese: locale.is_chinese(),
        rtl: locale.is_right_to_left(),
        variant,
        angle: pack.leads.get(&(locale.clone(), variant)).map(|lead| lead.angle.clone()).unwrap_or_default(),
        brand: said(&brief.brand.name),
        title: one(TITLES),
        titles: texts("headline").into_iter().take(3).collect(),
        heading: one(&["h1"]),
        author: one(&["author"]),
        preview: one(PREVIEWS),
        body: reading::runs(&one(BODIES)),
        bodies: all(BODIES),
        blocks: html.flat_map(|text| reading::blocks(text)).collect(),
        topics: all(TOPICS),
        points: one(POINTS),
        bullets: texts("bullet"),
        link: one(&["link_text"]),
        call: said(&brief.call_to_action),
        host: brief.url.as_deref().map(host).unwrap_or_default(),
        path: path.collect(),
        price: brief.product.price.as_ref().map(view::price).unwrap_or_default(),
        list_price: brief.product.list_price.as_ref().map(view::price).unwrap_or_default(),
        texts: copy.map(|copy| rows(words, placement, copy)).unwrap_or_default(),
        counts: copy.map(|copy| counts(words, placement, copy)).unwrap_or_default(),
        others: images.iter().skip(shown).cloned().collect(),
        images,
        video,
        findings: to_look_at(pack, placement, locale, variant),
    }
}

/// `tea.example.com` of an address.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
}

fn rows(words: &Words, placement: &Placement, copy: &PlacementCopy) -> Vec<TextRow> {
    let fields = placement.fields.iter();
    fields
        .flat_map(|field| copy.fields.get(&field.key).into_iter().flatten().map(move |text| (field, text)))
        .map(|(field, text)| {
            let html = reading::is_html(text);
            let paragraphs =
                || reading::blocks(text).into_iter().map(|b| b.text).collect::<Vec<_>>().join("\n");
            TextRow {
                label: words.field(field),
                text: if html { paragraphs() } else { text.clone() },
                count: markdown::count(text, field),
                share: field.max.map(|max| share(meter::length(text, field.unit), max)),
            }
        })
        .collect()
}

fn counts(words: &Words, placement: &Placement, copy: &PlacementCopy) -> Vec<Counted> {
    let fields = placement.fields.iter().filter_map(|field| Some((field, copy.fields.get(&field.key)?)));
    fields
        .filter_map(|(field, texts)| {
            let longest = texts.iter().max_by_key(|text| meter::length(text, field.unit))?;
            Some(Counted {
                label: words.field(field),
                times: texts.len(),
                count: markdown::count(longest, field),
                share: field.max.map_or(0, |max| share(meter::length(longest, field.unit), max)),
            })
        })
        .collect()
}

fn share(length: u32, max: u32) -> u32 {
    (length * 100 / max.max(1)).min(100)
}

/// How many findings on the words and pictures of a card a person should look at.
fn to_look_at(pack: &Pack, placement: &Placement, locale: &Locale, variant: u32) -> usize {
    let assets = pack.manifest.assets.iter().filter(|a| {
        a.placement.as_deref() == Some(&placement.id)
            && a.locale.as_ref() == Some(locale)
            && a.variant == Some(variant)
    });
    assets.flat_map(|a| &a.checks).filter(|check| check.severity != Severity::Info).count()
}

fn images<'a>(pack: &'a Pack, placement: &Placement, locale: &Locale, variant: u32) -> Vec<&'a Asset> {
    let images = pack.manifest.assets.iter().filter(|asset| asset.kind == AssetKind::Image);
    let mut found: Vec<_> = images
        .filter(|a| a.placement.as_deref() == Some(&placement.id))
        .filter(|a| a.locale.as_ref().is_none_or(|l| l == locale) && a.variant.is_none_or(|v| v == variant))
        .collect();
    let slot = |a: &Asset| placement.images.iter().position(|slot| Some(&slot.role) == a.role.as_ref());
    found.sort_by_key(|a| slot(a));
    found
}

fn picture(pack: &Pack, words: &Words, placement: &Placement, asset: &Asset) -> Picture {
    let role = words.roles.name(asset.role.as_deref().unwrap_or_default());
    let slot = placement.images.iter().find(|slot| Some(&slot.role) == asset.role.as_ref());
    Picture {
        file: asset.file.clone(),
        alt: alt(pack, &role, slot, asset),
        role,
        width: asset.width.unwrap_or_default(),
        height: asset.height.unwrap_or_default(),
        kilobytes: asset.bytes.div_ceil(1000),
    }
}

/// What is seen and read on a picture, in its own language: `山前雾 明前龙井，竖版封面：清明前手采，一芽一叶`.
fn alt(pack: &Pack, role: &Names, slot: Option<&ImageSlot>, asset: &Asset) -> String {
    let brief = &pack.manifest.brief;
    let Some(locale) = asset.locale.as_ref().or(brief.locales.first()) else { return String::new() };
    let product = brief.product.name.get(locale).unwrap_or_default();
    let role = role.for_language(locale.language());
    let (comma, colon) = if locale.is_chinese() { ("，", "：") } else { (", ", ": ") };
    // A picture with a background that the platform demands carries no words: the photo is what is seen.
    let bare = slot.is_some_and(|slot| slot.background.is_some() || slot.role.contains("logo"));
    let photo = brief.product.photos.first().and_then(|photo| photo.alt.as_ref()?.get(locale));
    let lead =
        pack.leads.get(&(locale.clone(), asset.variant.unwrap_or(1))).map(|lead| lead.headline.as_str());
    match if bare { photo } else { lead.or(photo) } {
        Some(seen) => format!("{product}{comma}{role}{colon}{seen}"),
        None => format!("{product}{comma}{role}"),
    }
}

/// The video that the placement shows: where videos are its matter, or where there is no picture.
fn placement_video(pack: &Pack, placement: &Placement, locale: &Locale, pictured: bool) -> Option<VideoView> {
    let slot = placement.videos.first().filter(|_| placement.kind.contains("video") || !pictured)?;
    let videos: Vec<_> = view::videos(&pack.manifest).filter(|v| v.locale == locale.as_str()).collect();
    slot.ratios.iter().find_map(|ratio| videos.iter().find(|v| v.ratio == *ratio)).cloned()
}
