//! What a video is made from: the voices, the pictures, the fonts, the closing words.

use super::*;

pub(super) async fn voices(ctx: &Context<'_>, spoken: &Spoken) -> Result<Vec<Voice>, Error> {
    let mut voices = Vec::new();
    for scene in &spoken.scenes {
        let bytes = ctx.desk.get(&scene.digest).await?;
        let sound = Sound::from_wav(&bytes).map_err(|e| Error::Media {
            what: format!("speech of scene `{}`", scene.id),
            reason: e.to_string(),
            theirs: false,
        })?;
        let words = scene.words.iter().map(|w| (w.word.clone(), w.start, w.end)).collect();
        voices.push(Voice { scene: scene.id.clone(), sound: Arc::new(sound), words });
    }
    Ok(voices)
}

pub(super) async fn pictures(ctx: &Context<'_>, backgrounds: &[Drawn]) -> Result<Pictures, Error> {
    let mut pictures = Pictures::default();
    for photo in &ctx.brief.product.photos {
        let canvas = file(ctx, &photo.file).await?;
        match photo.role {
            PhotoRole::Product if pictures.product.is_none() && pictures.photo.is_none() => {
                match image::cut_out(&canvas) {
                    Some(cutout) => pictures.product = Some(Arc::new(cutout.canvas)),
                    None => pictures.photo = Some(Arc::new(canvas)),
                }
            }
            PhotoRole::Product => {}
            PhotoRole::Lifestyle => pictures.lifestyle.push(Arc::new(canvas)),
            PhotoRole::Detail => pictures.detail.push(Arc::new(canvas)),
        }
    }
    for background in backgrounds {
        let bytes = ctx.desk.get(&background.digest).await?;
        pictures.backgrounds.push(Arc::new(picture(&bytes, "background", false)?));
    }
    if let Some(logo) = &ctx.brief.brand.logo {
        pictures.logo = Some(Arc::new(file(ctx, logo).await?));
    }
    Ok(pictures)
}

/// A picture that the brief names.
pub(super) async fn file(ctx: &Context<'_>, path: &str) -> Result<Canvas, Error> {
    picture(&bytes_of(ctx, path).await?, path, true)
}

pub(super) async fn bytes_of(ctx: &Context<'_>, path: &str) -> Result<Bytes, Error> {
    let digest = ctx
        .brief_files
        .get(path)
        .ok_or_else(|| Error::Broken(format!("the brief's file {path} was not kept")))?;
    ctx.desk.get(digest).await
}

pub(super) fn picture(bytes: &[u8], what: &str, theirs: bool) -> Result<Canvas, Error> {
    let opened = open::open(bytes, &open::Limits::default());
    opened.map(|p| p.canvas).map_err(|e| Error::Media {
        what: what.to_owned(),
        reason: e.to_string(),
        theirs,
    })
}

pub(super) async fn fonts(ctx: &Context<'_>) -> Result<Arc<Fonts>, Error> {
    let mut brand = BrandFonts::default();
    for (path, into) in
        [(&ctx.brief.brand.fonts.heading, &mut brand.heading), (&ctx.brief.brand.fonts.body, &mut brand.body)]
    {
        if let Some(path) = path {
            into.push(bytes_of(ctx, path).await?.to_vec());
        }
    }
    let loaded = Fonts::load(&brand);
    loaded.map(Arc::new).map_err(|e| Error::Media {
        what: "fonts of the brand".into(),
        reason: e.to_string(),
        theirs: true,
    })
}

pub(super) fn closing(ctx: &Context<'_>, locale: &Locale) -> Closing {
    let brief = ctx.brief;
    let text =
        |localized: &handbill_domain::text::Localized| localized.get(locale).unwrap_or_default().to_owned();
    Closing {
        brand: text(&brief.brand.name),
        product: text(&brief.product.name),
        offer: brief.offer.as_ref().map(|o| text(&o.text)).filter(|o| !o.is_empty()),
        code: brief.offer.as_ref().and_then(|o| o.code.clone()),
        price: brief.product.price.as_ref().map(shown),
        list_price: brief.product.list_price.as_ref().map(shown),
        message: text(&brief.key_message),
        call: text(&brief.call_to_action),
        legal: brief.brand.legal_lines.first().map(text).filter(|l| !l.is_empty()),
    }
}

/// A price as it stands on a badge: `¥268`.
pub(super) fn shown(price: &Price) -> String {
    let amount = price.amount.strip_suffix(".00").unwrap_or(&price.amount);
    match price.currency {
        Currency::Cny => format!("¥{amount}"),
        Currency::Usd => format!("${amount}"),
        Currency::Eur => format!("€{amount}"),
    }
}

pub(super) fn palette(ctx: &Context<'_>) -> Palette {
    let colors = &ctx.brief.brand.colors;
    let read = |text: &Option<String>| text.as_deref().and_then(|t| t.parse::<Color>().ok());
    let primary = colors.primary.parse().unwrap_or(Color::BLACK);
    // What words stand on must be dark enough for white ones, whatever the brand calls its text colour.
    let dark = read(&colors.text)
        .filter(|c| c.contrast(Color::WHITE) >= 9.0)
        .unwrap_or_else(|| primary.lightness(0.22));
    Palette {
        primary,
        secondary: read(&colors.secondary).unwrap_or(primary),
        accent: read(&colors.accent).or_else(|| read(&colors.secondary)).unwrap_or(primary),
        light: read(&colors.background).unwrap_or(Color::WHITE),
        dark,
    }
}

/// The art director's word for the music; a word that is none of ours means the calm one.
pub(super) fn mood(word: &str) -> Mood {
    serde_json::from_value(serde_json::Value::String(word.trim().to_lowercase())).unwrap_or(Mood::Calm)
}
