//! Asks the illustrator for a background: one for each variant and shape of canvas.

use bytes::Bytes;
use handbill_domain::{
    asset::{AiOrigin, Digest},
    model::Role,
    words::ArtDirection,
};
use handbill_media::open;
use handbill_providers::{ask::ImageAsk, rehearsal::image::PictureInputs};
use serde::{Deserialize, Serialize};

use crate::{Context, Error, graph::StepOutput};

/// What this step is told.
#[derive(Debug, Deserialize)]
struct Params {
    variant: u32,
    ratio: String,
    art: String,
}

/// A background that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// The picture's file.
    pub digest: Digest,
    /// A model's work, or nobody's (rehearsal draws with rules).
    pub ai_origin: AiOrigin,
    /// Catalogue id of who made it.
    pub model: String,
    /// Digest of the prompt.
    pub prompt: Digest,
}

/// Asks for one background and keeps it.
pub async fn run(ctx: &Context<'_>) -> Result<StepOutput, Error> {
    let params: Params = ctx.params()?;
    let art: ArtDirection = ctx.output(&params.art)?;
    let turn = params.variant.saturating_sub(1) as usize % art.backgrounds.len().max(1);
    let wanted = art
        .backgrounds
        .get(turn)
        .ok_or_else(|| Error::Broken("the art direction has no background".into()))?;
    let (width, height, framing) = frame(&params.ratio)?;
    let inputs = PictureInputs {
        style: wanted.style.clone(),
        mood: art.mood.clone(),
        colors: ctx.brief.brand.colors.clone(),
    };
    let ask = ImageAsk {
        prompt: format!("{} {framing}", wanted.prompt.trim()),
        width,
        height,
        // The shapes of one variant share their seed, so that they look alike.
        seed: ctx.seed.wrapping_add(u64::from(params.variant).wrapping_mul(0x9E37_79B9)),
        inputs: serde_json::to_value(inputs).map_err(|e| Error::Broken(e.to_string()))?,
        source: None,
    };
    ctx.desk.progress(0.0, &params.ratio);
    let asked = ctx.desk.image(Role::Illustrator, &ask).await?;
    usable(asked.answer.bytes.clone(), &asked.model).await?;
    let drawn = Drawn {
        digest: ctx.desk.put(asked.answer.bytes).await?,
        ai_origin: if asked.rehearsed { AiOrigin::None } else { AiOrigin::Generated },
        model: asked.model,
        prompt: Digest::of(ask.prompt.as_bytes()),
    };
    let value = serde_json::to_value(drawn).map_err(|e| Error::Broken(e.to_string()))?;
    Ok(StepOutput { value, ..StepOutput::default() })
}

/// Width and height to ask for, and how the picture is framed. The sizes are those that the plan is priced with.
fn frame(ratio: &str) -> Result<(u32, u32, &'static str), Error> {
    Ok(match ratio {
        "tall" => (1024, 1792, "Tall vertical format, the upper half calm."),
        "portrait" => (1024, 1280, "Vertical format, the upper third calm."),
        "square" => (1024, 1024, "Square format, the left half calm."),
        "landscape" | "banner" => (1792, 1024, "Wide horizontal format, the left half calm."),
        other => return Err(Error::Broken(format!("`{other}` is no shape of a background"))),
    })
}

/// Can it be opened? Better known now than in each of the designs that use it.
async fn usable(bytes: Bytes, model: &str) -> Result<(), Error> {
    let opened =
        tokio::task::spawn_blocking(move || open::open(&bytes, &open::Limits::default()).map(|_| ())).await;
    let media =
        |reason: String| Error::Media { what: format!("the picture of {model}"), reason, theirs: false };
    opened.map_err(|e| media(e.to_string()))?.map_err(|e| media(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_has_its_frame() {
        for (ratio, tall) in [("tall", true), ("portrait", true), ("landscape", false), ("banner", false)] {
            let (width, height, _) = frame(ratio).unwrap();
            assert_eq!(height > width, tall, "{ratio}");
        }
        assert!(frame("round").is_err());
    }
}
