//! What pictures and videos are made of: the brief's photos, logos, fonts, colours and words, opened in one way for both.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use handbill_domain::{
    brief::{Brief, Photo, PhotoRole, Price},
    locale::Locale,
    money::Currency,
    text::Localized,
};
use handbill_media::{
    Canvas,
    image::{Cutout, cut_out},
    open,
    template::{FactLine, Need, Palette, PriceTag},
    text::{BrandFonts, Fonts},
};

use handbill_providers::rehearsal::inputs::{Told, ToldFact};

use super::background::Drawn;
use crate::{Context, Error};

/// The fonts of brands without their own: read once, they are large.
static FONTS: LazyLock<Result<Arc<Fonts>, String>> =
    LazyLock::new(|| Fonts::load(&BrandFonts::default()).map(Arc::new).map_err(|e| e.to_string()));

/// What a picture or a video is made of.
pub(super) struct Material {
    pub(super) fonts: Arc<Fonts>,
    pub(super) palette: Palette,
    pub(super) words: Words,
    /// The models' or rehearsal's backgrounds, in the order in which they were given.
    pub(super) backgrounds: Vec<Arc<Canvas>>,
    /// The product alone; absent when its photo cannot be cut out.
    pub(super) product: Option<Cutout>,
    /// The product's photo as it is; the first photo where none is called the product's.
    pub(super) product_photo: Option<Arc<Canvas>>,
    /// Photos of the product in use.
    pub(super) lifestyle: Vec<Arc<Canvas>>,
    /// Close-ups.
    pub(super) detail: Vec<Arc<Canvas>>,
    pub(super) logo: Option<Arc<Canvas>>,
    pub(super) logo_wide: Option<Arc<Canvas>>,
}

/// How many photos are opened: opening is most of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Photos {
    /// The first of the product and the first of its use: what one picture shows.
    First,
    /// All, for a video.
    All,
}

/// The brief's words in one language. What it does not say is empty or absent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words {
    pub(super) brand: String,
    pub(super) product: String,
    pub(super) message: String,
    pub(super) call_to_action: String,
    pub(super) offer: Option<String>,
    /// Code of the offer.
    pub(super) code: Option<String>,
    pub(super) price: Option<PriceTag>,
    /// What is true about the product, in the brief's order.
    pub(super) facts: Vec<FactLine>,
    pub(super) url: Option<String>,
    pub(super) legal: Vec<String>,
}

impl Words {
    pub(super) fn of(brief: &Brief, locale: &Locale) -> Self {
        let text = |localized: &Localized| localized.get(locale).unwrap_or_default().trim().to_owned();
        Self {
            brand: text(&brief.brand.name),
            product: text(&brief.product.name),
            message: text(&brief.key_message),
            call_to_action: text(&brief.call_to_action),
            offer: brief.offer.as_ref().map(|o| text(&o.text)).filter(|o| !o.is_empty()),
            code: brief.offer.as_ref().and_then(|o| o.code.clone()),
            price: brief.product.price.as_ref().map(|price| tag(price, brief.product.list_price.as_ref())),
            facts: Told::of(brief, locale).facts.into_iter().map(line).collect(),
            url: brief.url.clone(),
            legal: brief.brand.legal_lines.iter().map(text).filter(|l| !l.is_empty()).collect(),
        }
    }

    /// What of all that a template can need the brief says in words.
    pub(super) fn there(&self) -> [(Need, bool); 6] {
        [
            (Need::Price, self.price.is_some()),
            (Need::Offer, self.offer.is_some()),
            (Need::Facts, self.facts.len() >= 3),
            (Need::Figure, self.facts.iter().any(|fact| fact.is_number)),
            (Need::Comparison, self.facts.iter().filter(|fact| fact.usual.is_some()).count() >= 2),
            (Need::Url, self.url.is_some()),
        ]
    }
}

impl Material {
    /// Fetches the files and opens them on a thread of their own.
    pub(super) async fn gather(
        ctx: &Context<'_>,
        locale: &Locale,
        backgrounds: &[Drawn],
        photos: Photos,
    ) -> Result<Self, Error> {
        let files = Files::fetch(ctx, backgrounds, photos).await?;
        let (palette, words) = (Palette::of(&ctx.brief.brand.colors), Words::of(ctx.brief, locale));
        tokio::task::spawn_blocking(move || files.open(palette, words))
            .await
            .map_err(|e| Error::Broken(format!("opening pictures: {e}")))?
    }
}

/// A file of the brief: its name there, and its bytes.
type Named = (String, Bytes);

/// The files, before they are opened.
struct Files {
    fonts: BrandFonts,
    backgrounds: Vec<Bytes>,
    product: Option<Named>,
    lifestyle: Vec<Named>,
    detail: Vec<Named>,
    logo: Option<Named>,
    logo_wide: Option<Named>,
}

impl Files {
    async fn fetch(ctx: &Context<'_>, drawn: &[Drawn], wanted: Photos) -> Result<Self, Error> {
        let brand = &ctx.brief.brand;
        let photos = &ctx.brief.product.photos;
        let (lifestyles, details) = match wanted {
            Photos::First => (1, 0),
            Photos::All => (usize::MAX, usize::MAX),
        };
        let mut backgrounds = Vec::new();
        for drawn in drawn {
            backgrounds.push(ctx.desk.get(&drawn.digest).await?);
        }
        let mut fonts = BrandFonts::default();
        for (path, into) in [(&brand.fonts.heading, &mut fonts.heading), (&brand.fonts.body, &mut fonts.body)]
        {
            let read = files(ctx, path.as_deref()).await?;
            into.extend(read.into_iter().map(|(_, bytes)| bytes.to_vec()));
        }
        let product = in_role(photos, PhotoRole::Product, 1).pop().or_else(|| Some(&photos.first()?.file));
        Ok(Self {
            fonts,
            backgrounds,
            product: files(ctx, product).await?.pop(),
            lifestyle: files(ctx, in_role(photos, PhotoRole::Lifestyle, lifestyles)).await?,
            detail: files(ctx, in_role(photos, PhotoRole::Detail, details)).await?,
            logo: files(ctx, brand.logo.as_deref()).await?.pop(),
            logo_wide: files(ctx, brand.logo_wide.as_deref()).await?.pop(),
        })
    }

    fn open(self, palette: Palette, words: Words) -> Result<Material, Error> {
        let theirs = |(name, bytes): Named| opened(&name, &bytes, true);
        let all = |files: Vec<Named>| files.into_iter().map(theirs).collect::<Result<Vec<_>, _>>();
        let product_photo = self.product.map(theirs).transpose()?;
        let backgrounds = self.backgrounds.iter().map(|bytes| opened("background", bytes, false));
        Ok(Material {
            fonts: fonts(&self.fonts)?,
            palette,
            words,
            backgrounds: backgrounds.collect::<Result<_, _>>()?,
            product: product_photo.as_deref().and_then(cut_out),
            product_photo,
            lifestyle: all(self.lifestyle)?,
            detail: all(self.detail)?,
            logo: self.logo.map(theirs).transpose()?,
            logo_wide: self.logo_wide.map(theirs).transpose()?,
        })
    }
}

/// The first photos in a role, by their files.
pub(super) fn in_role(photos: &[Photo], role: PhotoRole, most: usize) -> Vec<&str> {
    photos.iter().filter(|photo| photo.role == role).map(|photo| photo.file.as_str()).take(most).collect()
}

/// Files that the brief names.
async fn files(ctx: &Context<'_>, paths: impl IntoIterator<Item = &str>) -> Result<Vec<Named>, Error> {
    let mut read = Vec::new();
    for path in paths {
        let digest = ctx
            .brief_files
            .get(path)
            .ok_or_else(|| Error::Broken(format!("the brief's file {path} was not kept")))?;
        read.push((path.to_owned(), ctx.desk.get(digest).await?));
    }
    Ok(read)
}

fn opened(what: &str, bytes: &[u8], theirs: bool) -> Result<Arc<Canvas>, Error> {
    let opened = open::open(bytes, &open::Limits::default());
    opened.map(|p| Arc::new(p.canvas)).map_err(|e| Error::Media {
        what: what.to_owned(),
        reason: e.to_string(),
        theirs,
    })
}

/// The brand's fonts over the bundled ones, else these alone.
fn fonts(brand: &BrandFonts) -> Result<Arc<Fonts>, Error> {
    let media = |what: &str, reason: String, theirs| Error::Media { what: what.to_owned(), reason, theirs };
    if brand.heading.is_empty() && brand.body.is_empty() {
        return FONTS.clone().map_err(|reason| media("bundled fonts", reason, false));
    }
    Fonts::load(brand).map(Arc::new).map_err(|e| media("fonts of the brand", e.to_string(), true))
}

fn line(fact: ToldFact) -> FactLine {
    FactLine { label: fact.label, value: fact.stated, is_number: fact.is_number, usual: fact.usual }
}

fn tag(price: &Price, list: Option<&Price>) -> PriceTag {
    let old = list.filter(|list| list.currency == price.currency && list.amount != price.amount);
    PriceTag {
        sign: sign(price.currency).into(),
        amount: amount(price),
        list: old.map(|p| format!("{}{}", sign(p.currency), amount(p))),
    }
}

fn sign(currency: Currency) -> &'static str {
    match currency {
        Currency::Cny => "¥",
        Currency::Usd => "$",
        Currency::Eur => "€",
    }
}

/// `268.00` as people write it on a sign: `268`.
fn amount(price: &Price) -> String {
    price.written()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::spring_tea;

    fn cny(amount: &str) -> Price {
        Price { amount: amount.into(), currency: Currency::Cny }
    }

    #[test]
    fn a_price_is_written_as_on_a_sign() {
        let tagged = tag(&cny("268.00"), Some(&cny("328.00")));
        assert_eq!(tagged, PriceTag { sign: "¥".into(), amount: "268".into(), list: Some("¥328".into()) });
        assert_eq!(
            tag(&cny("34.50"), Some(&cny("34.50"))).list,
            None,
            "no price is struck through for itself"
        );
    }

    #[test]
    fn the_words_are_those_of_the_language_that_is_asked_for() {
        let [zh, en] = ["zh-CN", "en-US"].map(|tag| Words::of(&spring_tea(), &tag.parse().unwrap()));
        assert_eq!(zh.price, en.price);
        assert!(!zh.message.is_ascii() && en.message.is_ascii(), "{} {}", zh.message, en.message);
    }
}
