//! What the page shows, in the order in which it shows it.

use std::collections::BTreeSet;

use handbill_checks::meter;
use handbill_domain::{
    asset::{Asset, AssetKind, Severity},
    channel::{self, Placement},
    locale::Locale,
    step::RunState,
    words::{Article, PlacementCopy},
};
use serde::Serialize;

use super::{Pack, markdown};

/// The page's content.
#[derive(Debug, Serialize)]
pub(super) struct View {
    lang: String,
    title: String,
    brand: String,
    message: String,
    state: &'static str,
    run: String,
    seed: u64,
    colors: Colors,
    locales: Vec<String>,
    totals: Totals,
    cost: Cost,
    models: Vec<(String, String)>,
    rehearsed: bool,
    failures: Vec<Failed>,
    placements: Vec<PlacementView>,
    videos: Vec<VideoView>,
    articles: Vec<ArticleView>,
    findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct Colors {
    primary: String,
    accent: String,
    paper: String,
}

#[derive(Debug, Serialize)]
struct Totals {
    texts: usize,
    images: usize,
    videos: usize,
    articles: usize,
}

#[derive(Debug, Serialize)]
struct Cost {
    planned: String,
    list: String,
    spent: String,
    ambiguous: u32,
}

#[derive(Debug, Serialize)]
struct Failed {
    step: String,
    message: String,
    billed: String,
    next_action: String,
    missing: usize,
}

#[derive(Debug, Serialize)]
struct PlacementView {
    id: String,
    name_en: String,
    name_zh: String,
    channel_en: String,
    channel_zh: String,
    frame: &'static str,
    frames: Vec<Frame>,
}

/// One placement in one locale and variant.
#[derive(Debug, Serialize)]
struct Frame {
    locale: String,
    brand: String,
    variant: u32,
    angle: String,
    title: String,
    titles: Vec<String>,
    body: String,
    call: String,
    url: String,
    price: String,
    bullets: Vec<String>,
    texts: Vec<TextRow>,
    images: Vec<Picture>,
    video: Option<VideoView>,
}

#[derive(Debug, Serialize)]
struct TextRow {
    label_en: String,
    label_zh: String,
    text: String,
    count: String,
    share: u32,
}

#[derive(Clone, Debug, Serialize)]
struct Picture {
    file: String,
    role: String,
    width: u32,
    height: u32,
    kilobytes: u64,
    origin: String,
}

#[derive(Clone, Debug, Serialize)]
struct VideoView {
    file: String,
    poster: String,
    srt: String,
    vtt: String,
    locale: String,
    role: String,
    ratio: String,
    width: u32,
    height: u32,
    seconds: String,
    megabytes: String,
}

#[derive(Debug, Serialize)]
struct ArticleView {
    locale: String,
    file: String,
    #[serde(flatten)]
    article: Article,
}

#[derive(Debug, Serialize)]
struct Finding {
    asset: String,
    rule: String,
    severity: &'static str,
    message: String,
    suggestion: String,
}

impl View {
    pub(super) fn of(pack: &Pack) -> Self {
        let manifest = &pack.manifest;
        let brief = &manifest.brief;
        let first = brief.locales.first();
        let said = |text: &handbill_domain::text::Localized| {
            first.and_then(|locale| text.get(locale)).unwrap_or_default().to_owned()
        };
        let count = |kind| manifest.assets.iter().filter(|asset| asset.kind == kind).count();
        Self {
            lang: first.map(|l| if l.is_chinese() { "zh" } else { "en" }.to_owned()).unwrap_or_default(),
            title: said(&brief.product.name),
            brand: said(&brief.brand.name),
            message: said(&brief.key_message),
            state: state(manifest.state),
            run: manifest.run.clone(),
            seed: manifest.seed,
            colors: Colors {
                primary: brief.brand.colors.primary.clone(),
                accent: brief
                    .brand
                    .colors
                    .accent
                    .clone()
                    .unwrap_or_else(|| brief.brand.colors.primary.clone()),
                paper: brief.brand.colors.background.clone().unwrap_or_else(|| "#F6F5F2".into()),
            },
            locales: brief.locales.iter().map(Locale::to_string).collect(),
            totals: Totals {
                texts: pack.copies.iter().flat_map(|c| c.fields.values()).map(Vec::len).sum(),
                images: count(AssetKind::Image),
                videos: count(AssetKind::Video),
                articles: pack.articles.len(),
            },
            cost: Cost {
                planned: manifest.cost.planned.to_string(),
                list: manifest.cost.list.to_string(),
                spent: manifest.cost.spent.to_string(),
                ambiguous: manifest.cost.ambiguous_calls,
            },
            models: manifest.models.iter().map(|(role, id)| (role.clone(), id.clone())).collect(),
            rehearsed: manifest.models.values().any(|id| id.starts_with("rehearsal")),
            failures: failures(pack),
            placements: brief
                .placements
                .iter()
                .filter_map(|id| placement_view(pack, channel::placement(id)?))
                .collect(),
            videos: manifest.assets.iter().filter_map(|asset| video(pack, asset)).collect(),
            articles: pack
                .articles
                .iter()
                .map(|(locale, article)| ArticleView {
                    locale: locale.to_string(),
                    file: format!("article.{locale}.md"),
                    article: article.clone(),
                })
                .collect(),
            findings: findings(&manifest.assets),
        }
    }
}

fn state(state: RunState) -> &'static str {
    state.as_str()
}

fn failures(pack: &Pack) -> Vec<Failed> {
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let failed = pack.manifest.failures.iter();
    failed
        .map(|f| Failed {
            step: f.step.clone(),
            message: f.failure.message.clone(),
            billed: word(serde_json::json!(f.failure.billed)),
            next_action: word(serde_json::json!(f.failure.next_action)),
            missing: f.missing.len(),
        })
        .collect()
}

fn findings(assets: &[Asset]) -> Vec<Finding> {
    let all = assets.iter().flat_map(|asset| asset.checks.iter().map(move |check| (asset, check)));
    let mut found: Vec<_> = all
        .map(|(asset, check)| {
            (
                check.severity,
                Finding {
                    asset: asset.id.clone(),
                    rule: check.rule.clone(),
                    severity: match check.severity {
                        Severity::Info => "info",
                        Severity::Warn => "warn",
                        Severity::Block => "block",
                    },
                    message: check.message.clone(),
                    suggestion: check.suggestion.clone().unwrap_or_default(),
                },
            )
        })
        .collect();
    found.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    found.into_iter().map(|(_, finding)| finding).collect()
}

fn placement_view(pack: &Pack, placement: &Placement) -> Option<PlacementView> {
    let copies = pack.copies.iter().filter(|copy| copy.placement == placement.id);
    let mut keys: BTreeSet<(Locale, u32)> = copies.map(|copy| (copy.locale.clone(), copy.variant)).collect();
    let images = pack.manifest.assets.iter().filter(|a| a.kind == AssetKind::Image);
    let images = images.filter(|a| a.placement.as_deref() == Some(&placement.id));
    keys.extend(images.filter_map(|a| Some((a.locale.clone()?, a.variant.unwrap_or(1)))));
    let order = |locale: &Locale| pack.manifest.brief.locales.iter().position(|l| l == locale);
    let mut keys: Vec<_> = keys.into_iter().collect();
    keys.sort_by_key(|(locale, variant)| (order(locale), *variant));
    let frames: Vec<_> =
        keys.iter().map(|(locale, variant)| frame(pack, placement, locale, *variant)).collect();
    let channel = channel::channel_of(&placement.id);
    (!frames.is_empty()).then(|| PlacementView {
        id: placement.id.clone(),
        name_en: placement.name.en.clone(),
        name_zh: placement.name.zh.clone(),
        channel_en: channel.map(|c| c.name.en.clone()).unwrap_or_default(),
        channel_zh: channel.map(|c| c.name.zh.clone()).unwrap_or_default(),
        frame: frame_kind(&placement.kind),
        frames,
    })
}

/// Which picture of a device or page stands around a placement of this kind.
fn frame_kind(kind: &str) -> &'static str {
    match kind {
        "search_text" => "search",
        "story" | "short_video" => "phone",
        "product" | "app_store" => "listing",
        "email" => "mail",
        "article" => "article",
        "video" => "player",
        _ => "feed",
    }
}

const TITLES: &[&str] = &["title", "headline", "short_title", "name", "subject", "website_title", "h1"];
const BODIES: &[&str] = &[
    "primary_text",
    "caption",
    "content",
    "copy",
    "introductory_text",
    "post",
    "text",
    "description",
    "digest",
    "preheader",
    "short_description",
    "selling_point",
    "ad_words",
    "meta_description",
    "body",
];

fn frame(pack: &Pack, placement: &Placement, locale: &Locale, variant: u32) -> Frame {
    let of_frame = |copy: &&PlacementCopy| {
        copy.placement == placement.id && copy.locale == *locale && copy.variant == variant
    };
    let copy = pack.copies.iter().find(of_frame);
    let texts = |key: &str| copy.and_then(|copy| copy.fields.get(key)).cloned().unwrap_or_default();
    let first = |keys: &[&str]| keys.iter().find_map(|key| texts(key).into_iter().next()).unwrap_or_default();
    let brief = &pack.manifest.brief;
    let said = |text: &handbill_domain::text::Localized| text.get(locale).unwrap_or_default().to_owned();
    let mut titles = texts("headline");
    titles.truncate(3);
    Frame {
        locale: locale.to_string(),
        brand: said(&brief.brand.name),
        variant,
        angle: copy.map(|copy| copy.angle.clone()).unwrap_or_default(),
        title: first(TITLES),
        titles,
        body: first(BODIES),
        call: said(&brief.call_to_action),
        url: brief.url.clone().unwrap_or_default(),
        price: brief
            .product
            .price
            .as_ref()
            .map(|p| format!("{} {}", p.amount, p.currency))
            .unwrap_or_default(),
        bullets: texts("bullet"),
        texts: copy.map(|copy| rows(placement, copy)).unwrap_or_default(),
        images: pictures(pack, placement, locale, variant),
        video: placement_video(pack, placement, locale),
    }
}

fn rows(placement: &Placement, copy: &PlacementCopy) -> Vec<TextRow> {
    let fields = placement.fields.iter();
    fields
        .flat_map(|field| copy.fields.get(&field.key).into_iter().flatten().map(move |text| (field, text)))
        .map(|(field, text)| TextRow {
            label_en: markdown::label(field, false),
            label_zh: field.label_zh.clone(),
            text: text.clone(),
            count: markdown::count(text, field),
            share: field.max.map_or(0, |max| (meter::length(text, field.unit) * 100 / max.max(1)).min(100)),
        })
        .collect()
}

fn pictures(pack: &Pack, placement: &Placement, locale: &Locale, variant: u32) -> Vec<Picture> {
    let images = pack.manifest.assets.iter().filter(|asset| asset.kind == AssetKind::Image);
    let mut found: Vec<_> = images
        .filter(|a| a.placement.as_deref() == Some(&placement.id))
        .filter(|a| a.locale.as_ref().is_none_or(|l| l == locale) && a.variant.is_none_or(|v| v == variant))
        .collect();
    let slot = |a: &Asset| placement.images.iter().position(|slot| Some(&slot.role) == a.role.as_ref());
    found.sort_by_key(|a| slot(a));
    found
        .into_iter()
        .map(|a| Picture {
            file: a.file.clone(),
            role: a.role.clone().unwrap_or_default().replace('_', " "),
            width: a.width.unwrap_or_default(),
            height: a.height.unwrap_or_default(),
            kilobytes: a.bytes.div_ceil(1000),
            origin: serde_json::json!(a.ai_origin).as_str().unwrap_or_default().to_owned(),
        })
        .collect()
}

fn placement_video(pack: &Pack, placement: &Placement, locale: &Locale) -> Option<VideoView> {
    let slot = placement.videos.first()?;
    let videos: Vec<_> = pack.manifest.assets.iter().filter_map(|asset| video(pack, asset)).collect();
    let of_locale = |v: &&VideoView| v.locale == locale.as_str();
    let fitting =
        slot.ratios.iter().find_map(|ratio| videos.iter().filter(of_locale).find(|v| v.ratio == *ratio));
    fitting.cloned()
}

fn video(pack: &Pack, asset: &Asset) -> Option<VideoView> {
    if asset.kind != AssetKind::Video {
        return None;
    }
    // Poster and captions lie beside the video under the same name.
    let stem = asset.file.rsplit_once('.').map_or(asset.file.as_str(), |(stem, _)| stem);
    let beside = |kind: AssetKind, ending: &str| {
        let of_video = |a: &&Asset| a.kind == kind && a.file.starts_with(stem) && a.file.ends_with(ending);
        pack.manifest.assets.iter().find(of_video).map(|a| a.file.clone()).unwrap_or_default()
    };
    let (width, height) = (asset.width.unwrap_or(1), asset.height.unwrap_or(1));
    Some(VideoView {
        file: asset.file.clone(),
        poster: beside(AssetKind::Poster, ""),
        srt: beside(AssetKind::Captions, ".srt"),
        vtt: beside(AssetKind::Captions, ".vtt"),
        locale: asset.locale.as_ref().map(Locale::to_string).unwrap_or_default(),
        role: asset.role.clone().unwrap_or_default(),
        ratio: ratio(width, height),
        width,
        height,
        seconds: format!("{:.1}", asset.duration_s.unwrap_or_default()),
        megabytes: format!("{:.1}", asset.bytes as f64 / 1e6),
    })
}

fn ratio(width: u32, height: u32) -> String {
    let (mut a, mut b) = (width, height);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    format!("{}:{}", width / a.max(1), height / a.max(1))
}
