//! The fonts at hand: the brand's, ours, and the system's for the scripts that ours do not cover.

use std::{
    borrow::Cow,
    collections::HashSet,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use handbill_domain::locale::Locale;
use parley::{
    FontContext, FontFamily, FontFamilyName, GenericFamily, LayoutContext,
    fontique::{Blob, Collection, CollectionOptions},
};

use super::{TextStyle, shape};
use crate::{Error, text::Family};

/// Fonts that ship with Handbill.
const BUNDLED: &[&[u8]] = &[
    include_bytes!("../../fonts/InterDisplay-SemiBold.otf"),
    include_bytes!("../../fonts/InterDisplay-Bold.otf"),
    include_bytes!("../../fonts/Inter-Regular.otf"),
    include_bytes!("../../fonts/Inter-Medium.otf"),
    include_bytes!("../../fonts/Inter-SemiBold.otf"),
    include_bytes!("../../fonts/NotoSerifDisplay-Regular.ttf"),
    include_bytes!("../../fonts/NotoSerifDisplay-Bold.ttf"),
];

/// Beginnings of the names of system font files that we use, and how to get them where they are missing.
const SYSTEM: &[&str] = &[
    "NotoSansCJK",
    "NotoSerifCJK",
    "NotoSansSC",
    "NotoSerifSC",
    "SourceHanSans",
    "SourceHanSerif",
    "PingFang",
    "NotoSansArabic-",
    "NotoNaskhArabic-",
    "NotoSansHebrew-",
    "NotoSansThai-",
    "NotoSansDevanagari-",
    "NotoSansSymbols-",
    "NotoSansSymbols2-",
    "NotoSansMath-",
    "NotoSans-",
    "NotoColorEmoji",
];

/// The brand's own font files (TTF, OTF, TTC).
#[derive(Clone, Debug, Default)]
pub struct BrandFonts {
    /// For headlines.
    pub heading: Vec<Vec<u8>>,
    /// For everything else.
    pub body: Vec<Vec<u8>>,
}

/// The fonts at hand. Cheap to share between threads by reference.
pub struct Fonts {
    fonts: FontContext,
    heading: Vec<String>,
    body: Vec<String>,
    others: Vec<String>,
    idle: Mutex<Vec<Shaper>>,
    /// Characters that are known to have a glyph.
    known: Mutex<HashSet<char>>,
}

/// What shaping needs to itself while it runs.
pub(super) struct Shaper {
    pub(super) fonts: FontContext,
    pub(super) layouts: LayoutContext<()>,
}

impl Fonts {
    /// Our fonts, the system's, and before them the brand's. A brand font that cannot be read is an error.
    pub fn load(brand: &BrandFonts) -> Result<Self, Error> {
        let mut fonts = FontContext {
            collection: Collection::new(CollectionOptions { shared: false, system_fonts: false }),
            source_cache: parley::fontique::SourceCache::default(),
        };
        let heading = register(&mut fonts, &brand.heading)?;
        let body = register(&mut fonts, &brand.body)?;
        for font in BUNDLED {
            fonts.collection.register_fonts(Blob::new(Arc::new(*font)), None);
        }
        let ours = names(&mut fonts);
        fonts.collection.load_fonts_from_paths(system_files());
        let mut others: Vec<_> = names(&mut fonts).into_iter().filter(|name| !ours.contains(name)).collect();
        others.sort_by_key(|name| (name.contains("Emoji"), name.clone()));
        let emoji: Vec<_> = others.iter().filter(|n| n.contains("Emoji")).cloned().collect();
        let emoji: Vec<_> = emoji.iter().filter_map(|n| fonts.collection.family_id(n)).collect();
        fonts.collection.append_generic_families(GenericFamily::Emoji, emoji.into_iter());
        Ok(Self { fonts, heading, body, others, idle: Mutex::default(), known: Mutex::default() })
    }

    /// An error that names the characters of a text that no font here has.
    pub fn covers(&self, text: &str, locale: &Locale) -> Result<(), Error> {
        let seen = |known: &HashSet<char>| text.chars().all(|c| known.contains(&c));
        if self.known.lock().is_ok_and(|known| seen(&known)) {
            return Ok(());
        }
        let style = TextStyle { locale: Some(locale.clone()), ..TextStyle::new(Family::Body) };
        let text = shape::clean(text);
        shape::covered(self, &text, &style)?;
        if let Ok(mut known) = self.known.lock() {
            known.extend(text.chars());
        }
        Ok(())
    }

    /// Lends a shaper to one layout.
    pub(super) fn with<T>(&self, shape: impl FnOnce(&mut Shaper) -> T) -> T {
        let idle = self.idle.lock().ok().and_then(|mut pool| pool.pop());
        let mut shaper =
            idle.unwrap_or_else(|| Shaper { fonts: self.fonts.clone(), layouts: LayoutContext::new() });
        let made = shape(&mut shaper);
        if let Ok(mut pool) = self.idle.lock() {
            pool.push(shaper);
        }
        made
    }

    /// The families to try in order for a use and a language.
    pub(super) fn stack(
        &self,
        family: Family,
        locale: Option<&Locale>,
        chinese_first: bool,
    ) -> FontFamily<'static> {
        let cjk = regions(locale);
        let sans = cjk.iter().flat_map(|r| {
            [
                format!("Noto Sans CJK {r}"),
                format!("Noto Sans {r}"),
                format!("Source Han Sans {r}"),
                format!("PingFang {r}"),
            ]
        });
        let serif = cjk.iter().flat_map(|r| {
            [format!("Noto Serif CJK {r}"), format!("Noto Serif {r}"), format!("Source Han Serif {r}")]
        });
        let (latin, asian): (Vec<String>, Vec<String>) = match family {
            Family::Heading => (
                [self.heading.clone(), vec!["Inter Display".into(), "Inter".into()]].concat(),
                sans.collect(),
            ),
            Family::Body => ([self.body.clone(), vec!["Inter".into()]].concat(), sans.collect()),
            Family::Serif => (
                [self.heading.clone(), vec!["Noto Serif Display".into()]].concat(),
                serif.chain(sans).collect(),
            ),
        };
        let parts = if chinese_first { [asian, latin] } else { [latin, asian] };
        let known = |name: &String| !parts.iter().flatten().any(|n| n == name);
        let rest: Vec<_> = self.others.iter().filter(|n| known(n)).cloned().collect();
        let list = parts
            .iter()
            .flatten()
            .chain(&rest)
            .map(|name| FontFamilyName::Named(Cow::Owned(name.clone())))
            .collect();
        FontFamily::List(Cow::Owned(list))
    }
}

impl fmt::Debug for Fonts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Fonts")
            .field("heading", &self.heading)
            .field("body", &self.body)
            .field("others", &self.others.len())
            .finish()
    }
}

/// Which package has a character that no font here has.
pub(super) fn hint(c: char) -> &'static str {
    match c as u32 {
        0x2E80..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFFEF => {
            "Noto Sans CJK (package fonts-noto-cjk)"
        }
        0x2_0000..=0x3_FFFF => "a font with rare Chinese characters, such as Plangothic",
        0x2600..=0x27BF | 0x1_F000..=0x1_FAFF => "Noto Color Emoji (package fonts-noto-color-emoji)",
        _ => "the Noto fonts of its script (package fonts-noto-core)",
    }
}

/// Regional forms of Chinese characters, the wanted ones first.
fn regions(locale: Option<&Locale>) -> [&'static str; 4] {
    match locale.map_or("", Locale::as_str) {
        "zh-TW" | "zh-Hant-TW" | "zh-Hant" => ["TC", "SC", "HK", "JP"],
        "zh-HK" | "zh-Hant-HK" | "zh-MO" => ["HK", "TC", "SC", "JP"],
        tag if tag.starts_with("ja") => ["JP", "SC", "TC", "KR"],
        tag if tag.starts_with("ko") => ["KR", "SC", "TC", "JP"],
        _ => ["SC", "TC", "JP", "KR"],
    }
}

fn register(fonts: &mut FontContext, files: &[Vec<u8>]) -> Result<Vec<String>, Error> {
    let mut families = Vec::new();
    for file in files {
        let made = fonts.collection.register_fonts(Blob::new(Arc::new(file.clone())), None);
        if made.is_empty() {
            return Err(Error::Corrupt {
                what: "font",
                reason: "it is not a TrueType or OpenType font".into(),
            });
        }
        families.extend(
            made.into_iter().filter_map(|(id, _)| fonts.collection.family_name(id).map(str::to_owned)),
        );
    }
    families.dedup();
    Ok(families)
}

fn names(fonts: &mut FontContext) -> Vec<String> {
    fonts.collection.family_names().map(str::to_owned).collect()
}

/// Font files of the system that we use, in a fixed order.
fn system_files() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let homes =
        home.iter().flat_map(|h| [h.join(".fonts"), h.join(".local/share/fonts"), h.join("Library/Fonts")]);
    let roots = ["/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts"]
        .map(PathBuf::from);
    let mut found = Vec::new();
    for root in roots.into_iter().chain(homes) {
        walk(&root, 0, &mut found);
    }
    found.sort();
    found
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if depth < 6 && path.is_dir() {
            walk(&path, depth + 1, found);
        } else if SYSTEM.iter().any(|wanted| name.starts_with(wanted))
            && matches!(path.extension().and_then(|e| e.to_str()), Some("ttf" | "otf" | "ttc"))
        {
            found.push(path);
        }
    }
}
