//! Speaks a storyboard: each scene's narration becomes a recording.

use handbill_domain::{asset::Digest, locale::Locale, model::Role, words::Storyboard};
use handbill_media::audio::Sound;
use handbill_providers::ask::{SpeechAsk, WordTime};
use serde::{Deserialize, Serialize};

use crate::{Context, Error, graph::StepOutput};

/// What this step is told.
#[derive(Debug, Deserialize)]
struct Params {
    locale: Locale,
    storyboard: String,
    /// Chosen with the plan.
    voice: String,
}

/// The recordings of one storyboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spoken {
    /// One for each scene that says something, in order.
    pub scenes: Vec<SpokenScene>,
    /// Catalogue ids of the models that spoke.
    pub models: Vec<String>,
    /// In which voice.
    #[serde(default)]
    pub voice: String,
    /// Was it a model, not the rehearsal?
    pub generated: bool,
}

impl Spoken {
    /// The voice that is heard; none where nobody speaks.
    pub fn voice(&self) -> Option<&str> {
        Some(self.voice.as_str()).filter(|voice| !voice.is_empty() && !self.scenes.is_empty())
    }
}

/// The recording of one scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpokenScene {
    /// The scene's id.
    pub id: String,
    /// The WAV.
    pub digest: Digest,
    /// Its length.
    pub seconds: f64,
    /// When each word is said, where the model tells.
    #[serde(default)]
    pub words: Vec<WordTime>,
}

/// Asks the speaker for each scene. Recordings are kept as blobs; how long they are decides how long the scenes are.
pub async fn run(ctx: &Context<'_>) -> Result<StepOutput, Error> {
    let params: Params = ctx.params()?;
    let storyboard: Storyboard = ctx.output(&params.storyboard)?;
    let telling: Vec<_> = storyboard.scenes.iter().filter(|s| !s.narration.trim().is_empty()).collect();
    let mut spoken =
        Spoken { scenes: Vec::new(), models: Vec::new(), voice: params.voice.clone(), generated: false };
    for (number, scene) in telling.iter().enumerate() {
        ctx.desk.progress(number as f32 / telling.len() as f32, &scene.narration);
        let ask = SpeechAsk {
            text: scene.narration.clone(),
            locale: params.locale.to_string(),
            voice: params.voice.clone(),
            instructions: ctx
                .brief
                .brand
                .voice
                .tone
                .as_ref()
                .and_then(|t| t.get(&params.locale))
                .unwrap_or_default()
                .to_owned(),
            speed: 1.0,
        };
        let asked = ctx.desk.speech(Role::Speaker, &ask).await?;
        let sound = Sound::from_wav(&asked.answer.bytes).map_err(|e| Error::Media {
            what: format!("speech of scene `{}`", scene.id),
            reason: e.to_string(),
            theirs: false,
        })?;
        let digest = ctx.desk.put(asked.answer.bytes).await?;
        spoken.scenes.push(SpokenScene {
            id: scene.id.clone(),
            digest,
            seconds: sound.seconds(),
            words: asked.answer.words,
        });
        spoken.generated |= !asked.rehearsed;
        if !spoken.models.contains(&asked.model) {
            spoken.models.push(asked.model);
        }
    }
    let value = serde_json::to_value(spoken).map_err(|e| Error::Broken(e.to_string()))?;
    Ok(StepOutput { value, ..StepOutput::default() })
}
