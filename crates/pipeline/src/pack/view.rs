//! What the page shows, in the order in which it shows it.

use std::collections::BTreeMap;

use handbill_domain::{
    asset::{Asset, AssetKind, FailedStep, Manifest, Severity},
    brief::Price,
    channel::{self, Names},
    locale::Locale,
    text::Localized,
    words::Article,
};
use handbill_media::color::Color;
use serde::Serialize;

use super::{
    Pack,
    cards::{self, Picture, PlacementView},
    names::Words,
};

/// The page's content.
#[derive(Debug, Serialize)]
pub(super) struct View {
    lang: &'static str,
    title: String,
    brand: String,
    message: String,
    run: String,
    seed: u64,
    colors: Colors,
    locales: Vec<Language>,
    totals: Totals,
    cost: Cost,
    models: Vec<Served>,
    rehearsed: bool,
    failures: Vec<Failed>,
    hero: Vec<Picture>,
    placements: Vec<PlacementView>,
    /// One list for each locale.
    videos: Vec<Vec<VideoView>>,
    articles: Vec<ArticleView>,
    findings: Vec<Finding>,
    /// How many findings a person should look at.
    to_look_at: usize,
}

/// The brand's colours, and inks that can be read on and beside them.
#[derive(Debug, Serialize)]
struct Colors {
    primary: String,
    on_primary: String,
    accent: String,
    on_accent: String,
    accent_on_light: String,
    accent_on_dark: String,
}

#[derive(Debug, Serialize)]
struct Language {
    tag: String,
    name: String,
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
    ceiling: String,
    ambiguous: u32,
}

#[derive(Debug, Serialize)]
struct Served {
    role: Names,
    model: String,
}

/// Steps that failed in the same way.
#[derive(Debug, Serialize)]
struct Failed {
    code: String,
    what: Names,
    message: String,
    billed: Names,
    next: Names,
    missing: usize,
    steps: Vec<String>,
}

/// A video with what lies beside it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct VideoView {
    file: String,
    poster: String,
    srt: String,
    vtt: String,
    alt: String,
    pub(super) locale: String,
    language: String,
    pub(super) ratio: String,
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

/// One rule with all places where it found the same.
#[derive(Debug, Serialize)]
struct Finding {
    rule: String,
    severity: &'static str,
    severity_name: Names,
    message: String,
    suggestion: String,
    places: Vec<Where>,
}

#[derive(Debug, Serialize)]
struct Where {
    name: Names,
    locale: String,
    language: String,
    variant: Option<u32>,
    at: Option<Names>,
}

impl View {
    pub(super) fn of(pack: &Pack, words: &Words) -> Self {
        let manifest = &pack.manifest;
        let brief = &manifest.brief;
        let first = brief.locales.first();
        let said =
            |text: &Localized| first.and_then(|locale| text.get(locale)).unwrap_or_default().to_owned();
        let count = |kind| manifest.assets.iter().filter(|asset| asset.kind == kind).count();
        let named =
            |(role, id): (&String, &String)| Served { role: words.models.name(role), model: id.clone() };
        let findings = findings(manifest, words);
        Self {
            lang: if first.is_some_and(Locale::is_chinese) { "zh" } else { "en" },
            title: said(&brief.product.name),
            brand: said(&brief.brand.name),
            message: said(&brief.key_message),
            run: manifest.run.clone(),
            seed: manifest.seed,
            colors: Colors::of(&brief.brand.colors),
            locales: brief
                .locales
                .iter()
                .map(|locale| Language { tag: locale.to_string(), name: language(locale, &brief.locales) })
                .collect(),
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
                ceiling: brief
                    .ceiling
                    .as_ref()
                    .map(|c| format!("{} {}", c.amount, c.currency))
                    .unwrap_or_default(),
                ambiguous: manifest.cost.ambiguous_calls,
            },
            models: manifest.models.iter().map(named).collect(),
            rehearsed: manifest.models.values().any(|id| id.starts_with("rehearsal")),
            failures: failures(&manifest.failures, words),
            hero: cards::hero(pack, words),
            placements: cards::placements(pack, words),
            videos: brief
                .locales
                .iter()
                .map(|locale| videos(manifest).filter(|v| v.locale == locale.as_str()).collect())
                .filter(|of_locale: &Vec<_>| !of_locale.is_empty())
                .collect(),
            articles: articles(pack),
            to_look_at: findings.iter().filter(|f| f.severity != "info").map(|f| f.places.len()).sum(),
            findings,
        }
    }
}

impl Colors {
    fn of(brand: &handbill_domain::brief::Colors) -> Self {
        let read = |text: &str| text.parse::<Color>().unwrap_or(Color::BLACK);
        let primary = read(&brand.primary);
        let accent = brand.accent.as_deref().map_or(primary, read);
        // What stands on them: white or near-black, whichever is read better.
        let ink = |ground: Color| {
            let (light, dark) = (Color::WHITE, Color::rgb(0x1B, 0x1D, 0x1F));
            if ground.contrast(light) >= ground.contrast(dark).min(4.5) { light } else { dark }
        };
        // The accent as an ink on the page's own cards: moved towards the ink of that theme until it can be read.
        let readable = |ground: Color, towards: Color| {
            let steps = (0..=20u8).map(|step| accent.mix(towards, f32::from(step) / 20.0));
            steps.into_iter().find(|color| color.contrast(ground) >= 4.6).unwrap_or(towards)
        };
        let css = |color: Color| color.to_string();
        Self {
            primary: css(primary),
            on_primary: css(ink(primary)),
            accent: css(accent),
            on_accent: css(ink(accent)),
            accent_on_light: css(readable(Color::WHITE, Color::BLACK)),
            accent_on_dark: css(readable(Color::rgb(0x1D, 0x1F, 0x20), Color::WHITE)),
        }
    }
}

/// A locale for people: `中文`, and `English (en-GB)` where another locale of the brief is English too.
pub(super) fn language(locale: &Locale, among: &[Locale]) -> String {
    let name = match locale.language() {
        "zh" => "中文",
        "en" => "English",
        "de" => "Deutsch",
        "es" => "Español",
        "fr" => "Français",
        "it" => "Italiano",
        "pt" => "Português",
        "ja" => "日本語",
        "ko" => "한국어",
        "ar" => "العربية",
        _ => return locale.to_string(),
    };
    if among.iter().filter(|other| other.language() == locale.language()).count() > 1 {
        format!("{name} ({locale})")
    } else {
        name.to_owned()
    }
}

/// A price as shops write it: `¥268`, `$24.90`.
pub(super) fn price(price: &Price) -> String {
    let amount = price.written();
    match price.currency.to_string().as_str() {
        "CNY" | "JPY" => format!("¥{amount}"),
        "USD" => format!("${amount}"),
        "EUR" => format!("€{amount}"),
        "GBP" => format!("£{amount}"),
        code => format!("{amount} {code}"),
    }
}

fn articles(pack: &Pack) -> Vec<ArticleView> {
    let order = |locale: &str| pack.manifest.brief.locales.iter().position(|l| l.as_str() == locale);
    let mut articles: Vec<_> = pack
        .articles
        .iter()
        .map(|(locale, article)| ArticleView {
            locale: locale.to_string(),
            file: format!("article.{locale}.md"),
            article: article.clone(),
        })
        .collect();
    articles.sort_by_key(|a| order(&a.locale));
    articles
}

fn failures(failed: &[FailedStep], words: &Words) -> Vec<Failed> {
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut alike: Vec<Failed> = Vec::new();
    for step in failed {
        let failure = &step.failure;
        let known = alike.iter_mut().find(|f| f.code == failure.code && f.message == failure.message);
        if let Some(known) = known {
            known.missing += step.missing.len();
            known.steps.push(step.step.clone());
            continue;
        }
        alike.push(Failed {
            code: failure.code.clone(),
            what: words.failures.name(&failure.code),
            message: failure.message.clone(),
            billed: words.billed.name(&word(serde_json::json!(failure.billed))),
            next: words.actions.name(&word(serde_json::json!(failure.next_action))),
            missing: step.missing.len(),
            steps: vec![step.step.clone()],
        });
    }
    alike
}

fn findings(manifest: &Manifest, words: &Words) -> Vec<Finding> {
    let mut found: BTreeMap<_, Vec<Where>> = BTreeMap::new();
    for asset in &manifest.assets {
        for check in &asset.checks {
            let suggestion = check.suggestion.clone().unwrap_or_default();
            let key =
                (std::cmp::Reverse(check.severity), check.rule.clone(), check.message.clone(), suggestion);
            found.entry(key).or_default().push(place(asset, check.place.as_deref(), manifest, words));
        }
    }
    let shown = |((severity, rule, message, suggestion), places): (
        (std::cmp::Reverse<Severity>, String, String, String),
        Vec<Where>,
    )| {
        let severity = match severity.0 {
            Severity::Info => "info",
            Severity::Warn => "warn",
            Severity::Block => "block",
        };
        let severity_name = words.severities.name(severity);
        Finding { rule, severity, severity_name, message, suggestion, places }
    };
    found.into_iter().map(shown).collect()
}

/// Where a finding is, for people.
fn place(asset: &Asset, at: Option<&str>, manifest: &Manifest, words: &Words) -> Where {
    let placement = asset.placement.as_deref().and_then(channel::placement);
    let channel = asset.placement.as_deref().and_then(channel::channel_of);
    let name = match (placement, channel) {
        (Some(placement), Some(channel)) => Names {
            en: format!("{} · {}", channel.name.en, placement.name.en),
            zh: format!("{} · {}", channel.name.zh, placement.name.zh),
        },
        _ => match asset.kind {
            AssetKind::Article => Names { en: "Article".into(), zh: "文章".into() },
            AssetKind::Video => Names { en: "Video".into(), zh: "视频".into() },
            _ => Names { en: asset.id.clone(), zh: asset.id.clone() },
        },
    };
    let field = |at: &str| {
        let key = at.split(['[', '.']).next().unwrap_or(at);
        let field = placement.and_then(|p| p.fields.iter().find(|field| field.key == key));
        field.map_or_else(|| Names { en: at.to_owned(), zh: at.to_owned() }, |field| words.field(field))
    };
    let role = || asset.role.as_deref().map(|role| words.roles.name(role));
    Where {
        name,
        locale: asset.locale.as_ref().map(Locale::to_string).unwrap_or_default(),
        language: asset.locale.as_ref().map(|l| language(l, &manifest.brief.locales)).unwrap_or_default(),
        variant: asset.variant,
        at: at.map(field).or_else(role),
    }
}

/// Every video of a campaign.
pub(super) fn videos(manifest: &Manifest) -> impl Iterator<Item = VideoView> + '_ {
    manifest.assets.iter().filter(|asset| asset.kind == AssetKind::Video).map(|asset| video(manifest, asset))
}

fn video(manifest: &Manifest, asset: &Asset) -> VideoView {
    // Poster and captions lie beside the video under the same name.
    let stem = asset.file.rsplit_once('.').map_or(asset.file.as_str(), |(stem, _)| stem);
    let beside = |kind: AssetKind, ending: &str| {
        let of_video = |a: &&Asset| a.kind == kind && a.file.starts_with(stem) && a.file.ends_with(ending);
        manifest.assets.iter().find(of_video).map(|a| a.file.clone()).unwrap_or_default()
    };
    let (width, height) = (asset.width.unwrap_or(1), asset.height.unwrap_or(1));
    let ratio = ratio(width, height);
    let seconds = format!("{:.1}", asset.duration_s.unwrap_or_default());
    let locale = asset.locale.as_ref();
    let product = locale.and_then(|l| manifest.brief.product.name.get(l)).unwrap_or_default();
    VideoView {
        file: asset.file.clone(),
        poster: beside(AssetKind::Poster, ""),
        srt: beside(AssetKind::Captions, ".srt"),
        vtt: beside(AssetKind::Captions, ".vtt"),
        alt: format!("{product}, {ratio}, {seconds} s"),
        locale: locale.map(Locale::to_string).unwrap_or_default(),
        language: locale.map(|l| language(l, &manifest.brief.locales)).unwrap_or_default(),
        ratio,
        width,
        height,
        seconds,
        megabytes: format!("{:.1}", asset.bytes as f64 / 1e6),
    }
}

fn ratio(width: u32, height: u32) -> String {
    let (mut a, mut b) = (width, height);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    format!("{}:{}", width / a.max(1), height / a.max(1))
}
