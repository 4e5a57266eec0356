//! What a timeline takes from the speech and from the brief's material.

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

/// The product is shown cut out, else as its photo is.
pub(super) fn pictures(material: &Material) -> Pictures {
    let product = material.product.as_ref().map(|cut| Arc::new(cut.canvas.clone()));
    let photo = material.product_photo.clone().filter(|_| product.is_none());
    Pictures {
        product,
        photo,
        lifestyle: material.lifestyle.clone(),
        detail: material.detail.clone(),
        backgrounds: material.backgrounds.clone(),
        logo: material.logo.clone(),
    }
}

pub(super) fn closing(words: &Words) -> Closing {
    let price = words.price.as_ref();
    Closing {
        brand: words.brand.clone(),
        product: words.product.clone(),
        offer: words.offer.clone(),
        code: words.code.clone(),
        price: price.map(|tag| format!("{}{}", tag.sign, tag.amount)),
        list_price: price.and_then(|tag| tag.list.clone()),
        message: words.message.clone(),
        call: words.call_to_action.clone(),
        legal: words.legal.first().cloned(),
    }
}

/// The art director's word for the music; a word that is none of ours means the calm one.
pub(super) fn mood(word: &str) -> Mood {
    serde_json::from_value(serde_json::Value::String(word.trim().to_lowercase())).unwrap_or(Mood::Calm)
}
