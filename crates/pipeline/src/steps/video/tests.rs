use std::{path::Path, sync::Mutex};

use async_trait::async_trait;
use handbill_domain::{
    asset::Digest,
    brief::{Brief, BriefFiles},
    model::{Entry, Role},
};
use handbill_providers::{
    Catalog, Error as ModelError, Models,
    ask::{
        ImageAnswer, ImageAsk, Kind, Model, SpeechAnswer, SpeechAsk, Submission, TextAnswer, TextAsk,
        VideoAnswer, VideoAsk,
    },
    rehearsal::{image::Pictures as Illustrator, speech, text},
};
use serde_json::json;

use super::*;
use crate::{
    Asked, Desk,
    casting::cast,
    graph::{StepSpec, graph},
    prompts::Prompts,
    recipe::Recipe,
    samples::spring_tea,
    templates::Templates,
};

/// Rehearses everything and keeps files in memory.
#[derive(Default)]
struct Studio {
    files: Mutex<BTreeMap<Digest, Bytes>>,
}

fn entry(modality: &str) -> Entry {
    serde_json::from_value(
        json!({ "id": "rehearsal", "modality": modality, "provider": "rehearsal", "model": modality }),
    )
    .unwrap()
}

async fn asked<K: Kind>(model: impl Model<K>, ask: &K::Ask) -> Result<Asked<K::Answer>, ModelError> {
    let Submission::Replied(reply) = model.submit(ask, "").await? else { panic!("rehearsal has no jobs") };
    Ok(Asked {
        answer: model.read(ask, &reply)?,
        model: "rehearsal".into(),
        rehearsed: true,
        cost: Money::zero(Currency::Usd),
    })
}

#[async_trait]
impl Desk for Studio {
    async fn text(&self, _: Role, ask: &TextAsk) -> Result<Asked<TextAnswer>, ModelError> {
        asked(text::Text::new(entry("text")), ask).await
    }
    async fn image(&self, _: Role, ask: &ImageAsk) -> Result<Asked<ImageAnswer>, ModelError> {
        asked(Illustrator::new(entry("image")), ask).await
    }
    async fn video(&self, _: Role, _: &VideoAsk) -> Result<Asked<VideoAnswer>, ModelError> {
        panic!("no step asks for clips")
    }
    async fn speech(&self, _: Role, ask: &SpeechAsk) -> Result<Asked<SpeechAnswer>, ModelError> {
        asked(speech::Voice::new(entry("speech")), ask).await
    }
    async fn put(&self, bytes: Bytes) -> Result<Digest, Error> {
        let digest = Digest::of(&bytes);
        self.files.lock().unwrap().insert(digest.clone(), bytes);
        Ok(digest)
    }
    async fn get(&self, digest: &Digest) -> Result<Bytes, Error> {
        self.files
            .lock()
            .unwrap()
            .get(digest)
            .cloned()
            .ok_or_else(|| Error::Files(format!("{digest} is not kept")))
    }
    fn progress(&self, _: f32, _: &str) {}
}

/// Runs the steps that `wanted` names, and all that they need.
async fn made(
    brief: &Brief,
    folder: &str,
    wanted: impl Fn(&StepSpec) -> bool,
) -> (Studio, Vec<Result<StepOutput, Error>>) {
    let studio = Studio::default();
    let mut brief_files = BriefFiles::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(folder);
    let names = brief.product.photos.iter().map(|p| &p.file).chain(&brief.brand.logo);
    for name in names {
        let digest = studio.put(std::fs::read(root.join(name)).unwrap().into()).await.unwrap();
        brief_files.insert(name.clone(), digest);
    }
    let models = Models::new(Catalog::builtin().unwrap(), |_| None);
    let graph = cast(graph(&Recipe::campaign().unwrap(), brief).unwrap(), &models).unwrap();
    let mut needed: Vec<&str> = graph.steps.iter().filter(|s| wanted(s)).map(|s| s.key.as_str()).collect();
    for step in graph.steps.iter().rev() {
        if needed.contains(&step.key.as_str()) {
            needed.extend(step.needs.iter().map(String::as_str));
        }
    }
    let (mut outputs, mut results) = (BTreeMap::new(), Vec::new());
    let (prompts, templates) = (Prompts::default(), Templates::default());
    for step in graph.steps.iter().filter(|s| needed.contains(&s.key.as_str())) {
        let ctx = Context {
            brief,
            brief_files: &brief_files,
            seed: 7,
            step,
            outputs: &outputs,
            prompts: &prompts,
            templates: &templates,
            producer: "handbill",
            desk: &studio,
        };
        let result = super::super::run(&ctx).await;
        if wanted(step) {
            results.push(result);
        } else {
            let output = result.unwrap_or_else(|e| panic!("{}: {e}", step.key));
            outputs.insert(step.key.clone(), output);
        }
    }
    (studio, results)
}

#[tokio::test]
async fn a_storyboard_becomes_a_video_with_poster_and_captions() {
    let (studio, results) = made(&spring_tea(), "spring-tea", |s| s.key == "video.zh-CN.15s.1x1").await;
    let output = results.into_iter().next().unwrap().unwrap();
    let files: Vec<_> = output.assets.iter().map(|a| a.file.as_str()).collect();
    assert_eq!(
        files,
        ["mp4", "jpg", "srt", "vtt"].map(|end| format!("videos/zh-CN/spring-tea-15s-1x1.{end}"))
    );
    assert_eq!(output.assets[0].id, "video.zh-CN.15s.1x1");
    assert!((output.assets[0].duration_s.unwrap() - 15.0).abs() <= 0.5);
    assert_eq!(output.assets[0].lineage.voice.as_deref(), Some("plain"));
    assert!(
        output.assets.iter().all(|a| a.checks.is_empty() && a.ai_origin == AiOrigin::None),
        "{:?}",
        output.assets
    );
    let srt = studio.get(&output.assets[2].digest).await.unwrap();
    assert!(srt.starts_with(b"1\n00:00:00,"), "{}", String::from_utf8_lossy(&srt));
}
