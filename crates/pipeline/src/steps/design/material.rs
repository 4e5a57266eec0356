//! Everything that a design is made of: opened pictures, fonts, and the brief's words in one language.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use handbill_domain::{
    brief::{PhotoRole, Price},
    locale::Locale,
    money::Currency,
    text::Localized,
};
use handbill_media::{
    Canvas,
    image::{Cutout, cut_out},
    open,
    template::{Palette, PriceTag},
    text::{BrandFonts, Fonts},
};

use crate::{Context, Error, steps::background::Drawn};

/// The fonts of brands without their own: read once, they are large.
static FONTS: LazyLock<Result<Arc<Fonts>, String>> =
    LazyLock::new(|| Fonts::load(&BrandFonts::default()).map(Arc::new).map_err(|e| e.to_string()));

/// What a design is made of.
pub(super) struct Material {
    pub(super) fonts: Arc<Fonts>,
    pub(super) palette: Palette,
    pub(super) brand: String,
    pub(super) call_to_action: String,
    pub(super) offer: Option<String>,
    pub(super) price: Option<PriceTag>,
    pub(super) legal: Vec<String>,
    pub(super) background: Option<Canvas>,
    pub(super) product: Option<Cutout>,
    pub(super) product_photo: Option<Canvas>,
    pub(super) photo: Option<Canvas>,
    pub(super) logo: Option<Canvas>,
    pub(super) logo_wide: Option<Canvas>,
}

/// The files, before they are opened.
struct Files {
    background: Option<Bytes>,
    product: Option<(String, Bytes)>,
    photo: Option<(String, Bytes)>,
    logo: Option<(String, Bytes)>,
    logo_wide: Option<(String, Bytes)>,
    fonts: BrandFonts,
}

impl Material {
    /// Fetches the files and opens them on a thread of their own.
    pub(super) async fn gather(
        ctx: &Context<'_>,
        locale: &Locale,
        drawn: Option<&Drawn>,
    ) -> Result<Self, Error> {
        let files = Files::fetch(ctx, drawn).await?;
        let brief = ctx.brief;
        let text = |localized: &Localized| localized.get(locale).unwrap_or_default().trim().to_owned();
        let words = Self {
            fonts: FONTS.clone().map_err(|reason| Error::Media {
                what: "bundled fonts".into(),
                reason,
                theirs: false,
            })?,
            palette: super::palette(ctx),
            brand: text(&brief.brand.name),
            call_to_action: text(&brief.call_to_action),
            offer: brief.offer.as_ref().map(|o| text(&o.text)).filter(|o| !o.is_empty()),
            price: brief.product.price.as_ref().map(|price| tag(price, brief.product.list_price.as_ref())),
            legal: brief.brand.legal_lines.iter().map(text).filter(|l| !l.is_empty()).collect(),
            background: None,
            product: None,
            product_photo: None,
            photo: None,
            logo: None,
            logo_wide: None,
        };
        tokio::task::spawn_blocking(move || words.open(files))
            .await
            .map_err(|e| Error::Broken(format!("opening pictures: {e}")))?
    }

    fn open(self, files: Files) -> Result<Self, Error> {
        let theirs =
            |file: Option<(String, Bytes)>| file.map(|(name, bytes)| opened(&name, &bytes, true)).transpose();
        let product_photo = theirs(files.product)?;
        let has_brand_fonts = !(files.fonts.heading.is_empty() && files.fonts.body.is_empty());
        let fonts = match has_brand_fonts {
            true => Arc::new(Fonts::load(&files.fonts).map_err(|e| Error::Media {
                what: "fonts of the brand".into(),
                reason: e.to_string(),
                theirs: true,
            })?),
            false => self.fonts,
        };
        Ok(Self {
            fonts,
            background: files.background.map(|bytes| opened("background", &bytes, false)).transpose()?,
            product: product_photo.as_ref().and_then(cut_out),
            product_photo,
            photo: theirs(files.photo)?,
            logo: theirs(files.logo)?,
            logo_wide: theirs(files.logo_wide)?,
            ..self
        })
    }
}

impl Files {
    async fn fetch(ctx: &Context<'_>, drawn: Option<&Drawn>) -> Result<Self, Error> {
        let brand = &ctx.brief.brand;
        let photos = &ctx.brief.product.photos;
        let of = |role: PhotoRole| photos.iter().find(|p| p.role == role).map(|p| p.file.as_str());
        let background = match drawn {
            Some(drawn) => Some(ctx.desk.get(&drawn.digest).await?),
            None => None,
        };
        let mut fonts = BrandFonts::default();
        for (path, into) in [(&brand.fonts.heading, &mut fonts.heading), (&brand.fonts.body, &mut fonts.body)]
        {
            if let Some((_, bytes)) = file(ctx, path.as_deref()).await? {
                into.push(bytes.to_vec());
            }
        }
        Ok(Self {
            background,
            product: file(ctx, of(PhotoRole::Product).or_else(|| photos.first().map(|p| p.file.as_str())))
                .await?,
            photo: file(ctx, of(PhotoRole::Lifestyle)).await?,
            logo: file(ctx, brand.logo.as_deref()).await?,
            logo_wide: file(ctx, brand.logo_wide.as_deref()).await?,
            fonts,
        })
    }
}

/// A file that the brief names.
async fn file(ctx: &Context<'_>, path: Option<&str>) -> Result<Option<(String, Bytes)>, Error> {
    let Some(path) = path else { return Ok(None) };
    let digest = ctx
        .brief_files
        .get(path)
        .ok_or_else(|| Error::Broken(format!("the brief's file {path} was not kept")))?;
    Ok(Some((path.to_owned(), ctx.desk.get(digest).await?)))
}

fn opened(what: &str, bytes: &[u8], theirs: bool) -> Result<Canvas, Error> {
    let opened = open::open(bytes, &open::Limits::default());
    opened.map(|p| p.canvas).map_err(|e| Error::Media {
        what: what.to_owned(),
        reason: e.to_string(),
        theirs,
    })
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
    price.amount.strip_suffix(".00").unwrap_or(&price.amount).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
