//! Rehearsal's illustrator: backgrounds drawn on this machine from the brand's colours. Same ask, same bytes.

use async_trait::async_trait;
use bytes::Bytes;
use handbill_domain::{brief::Colors, model::Entry};
use handbill_media::{
    draw::{Art, Style, background},
    image::encode,
    template::Palette,
};
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    ask::{Image, ImageAnswer, ImageAsk, Model, Reply, Submission},
    usage::Expected,
};

/// What rehearsal reads of [`ImageAsk::inputs`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureInputs {
    /// Kind of background: `gradient`, `paper`, `bokeh`, `botanical`, `geometric`, `sweep`.
    pub style: String,
    /// The mood in a few words; a dark one gives deep colours.
    pub mood: String,
    /// The brand's colours.
    pub colors: Colors,
}

/// Words of a mood that ask for deep colours.
const DARK: &[&str] = &["dark", "night", "evening", "dusk", "deep", "moody", "夜", "暗", "深沉", "暮"];
/// The longest side that is drawn.
const LONGEST: u32 = 4096;

/// A local illustrator.
#[derive(Clone, Debug)]
pub struct Pictures {
    entry: Entry,
}

impl Pictures {
    /// With its catalogue entry.
    pub fn new(entry: Entry) -> Self {
        Self { entry }
    }

    fn art(&self, ask: &ImageAsk) -> Result<Art, Error> {
        let rejected = |reason: String| Error::Rejected { provider: self.entry.provider.clone(), reason };
        let inputs: PictureInputs = serde_json::from_value(ask.inputs.clone())
            .map_err(|e| rejected(format!("inputs of the picture: {e}")))?;
        let style: Style = inputs.style.parse().map_err(rejected)?;
        if !(1..=LONGEST).contains(&ask.width) || !(1..=LONGEST).contains(&ask.height) {
            return Err(rejected(format!("{} × {} px, a side is 1 to {LONGEST}", ask.width, ask.height)));
        }
        let mood = inputs.mood.to_lowercase();
        Ok(Art {
            style,
            palette: Palette::of(&inputs.colors),
            dark: DARK.iter().any(|word| mood.contains(word)),
            seed: ask.seed,
        })
    }
}

#[async_trait]
impl Model<Image> for Pictures {
    fn entry(&self) -> &Entry {
        &self.entry
    }

    async fn submit(&self, ask: &ImageAsk, _key: &str) -> Result<Submission, Error> {
        let art = self.art(ask)?;
        let (width, height) = (ask.width, ask.height);
        let drawn = tokio::task::spawn_blocking(move || encode::png(&background(&art, width, height))).await;
        let failed = |reason: String| Error::Unavailable {
            provider: self.entry.provider.clone(),
            reason,
            retry_after: None,
        };
        let body = drawn.map_err(|e| failed(e.to_string()))?.map_err(|e| failed(e.to_string()))?;
        Ok(Submission::Replied(Reply {
            status: 200,
            media_type: "image/png".into(),
            body: Bytes::from(body),
        }))
    }

    fn read(&self, ask: &ImageAsk, reply: &Reply) -> Result<ImageAnswer, Error> {
        if !reply.body.starts_with(b"\x89PNG") || !reply.body.ends_with(b"IEND\xaeB`\x82") {
            return Err(Error::Unreadable {
                provider: self.entry.provider.clone(),
                detail: "the kept reply is not a whole PNG".into(),
            });
        }
        Ok(ImageAnswer { bytes: reply.body.clone(), usage: ask.expected(&self.entry) })
    }
}

#[cfg(test)]
mod tests {
    use handbill_domain::model::Modality;
    use serde_json::{Value, json};

    use super::*;

    fn pictures() -> Pictures {
        let entry = json!({ "id": "rehearsal/pictures", "modality": Modality::Image, "provider": "rehearsal", "model": "pictures" });
        Pictures::new(serde_json::from_value(entry).unwrap())
    }

    fn an_ask(style: &str) -> ImageAsk {
        let inputs = json!({ "style": style, "mood": "calm morning", "colors": { "primary": "#1F4D3A" } });
        ImageAsk {
            prompt: "a quiet paper ground".into(),
            width: 96,
            height: 64,
            seed: 7,
            inputs,
            source: None,
        }
    }

    async fn drawn(ask: &ImageAsk) -> Bytes {
        let Submission::Replied(reply) = pictures().submit(ask, "key").await.unwrap() else {
            panic!("a job")
        };
        pictures().read(ask, &reply).unwrap().bytes
    }

    #[tokio::test]
    async fn the_same_ask_gives_the_same_picture_of_the_asked_size() {
        let ask = an_ask("botanical");
        let bytes = drawn(&ask).await;
        assert_eq!(bytes, drawn(&ask).await);
        let picture = handbill_media::open::open(&bytes, &handbill_media::open::Limits::default()).unwrap();
        assert_eq!((picture.canvas.width(), picture.canvas.height()), (96, 64));
        assert_ne!(bytes, drawn(&ImageAsk { seed: 8, ..ask }).await);
    }

    #[tokio::test]
    async fn what_it_cannot_draw_it_rejects_and_does_not_guess() {
        for ask in [
            an_ask("watercolour"),
            ImageAsk { width: 90_000, ..an_ask("paper") },
            ImageAsk { inputs: Value::Null, ..an_ask("paper") },
        ] {
            assert!(matches!(pictures().submit(&ask, "key").await, Err(Error::Rejected { .. })));
        }
    }
}
