//! The text steps with the rehearsal writer: every placement, both languages, every variant.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use async_trait::async_trait;
use bytes::Bytes;
use handbill_domain::{
    asset::{AssetKind, Digest, Severity},
    brief::{Brief, BriefFiles},
    channel,
    fault::NextAction,
    model::{Entry, Role},
    money::{Currency, Money},
    words::PlacementCopy,
};
use handbill_providers::{
    Error as ModelError,
    ask::{
        ImageAnswer, ImageAsk, Model, SpeechAnswer, SpeechAsk, Submission, TextAnswer, TextAsk, Usage,
        VideoAnswer, VideoAsk,
    },
    rehearsal::text::Text,
};
use serde_json::{Value, json};

use super::run;
use crate::{
    Asked, Context, Desk, Error,
    graph::{Graph, StepOutput, StepSpec, graph},
    prompts::Prompts,
    recipe::Recipe,
    samples::{spring_tea, steel_bottle},
    templates::Templates,
};

/// Says its lines in order, then rehearses; remembers what it was asked.
struct Scripted {
    lines: Mutex<Vec<Result<Value, ModelError>>>,
    asked: Mutex<Vec<TextAsk>>,
}

impl Scripted {
    fn rehearsing() -> Self {
        Self::saying(Vec::new())
    }

    fn saying(mut lines: Vec<Result<Value, ModelError>>) -> Self {
        lines.reverse();
        Self { lines: Mutex::new(lines), asked: Mutex::default() }
    }
}

fn writer() -> Text {
    let entry: Entry = serde_json::from_value(json!({
        "id": "rehearsal/text", "modality": "text", "provider": "rehearsal", "model": "text",
        "abilities": { "languages": ["en", "zh-CN"] }
    }))
    .unwrap();
    Text::new(entry)
}

#[async_trait]
impl Desk for Scripted {
    async fn text(&self, _: Role, ask: &TextAsk) -> Result<Asked<TextAnswer>, ModelError> {
        self.asked.lock().unwrap().push(ask.clone());
        let line = self.lines.lock().unwrap().pop();
        let answer = match line {
            Some(line) => TextAnswer { value: line?, usage: Usage::default() },
            None => {
                let Submission::Replied(reply) = writer().submit(ask, "").await? else {
                    panic!("rehearsal has no jobs")
                };
                writer().read(ask, &reply)?
            }
        };
        let cost = Money { amount_micros: 10, currency: Currency::Usd };
        Ok(Asked { answer, model: "rehearsal/text".into(), rehearsed: true, cost })
    }

    async fn image(&self, _: Role, _: &ImageAsk) -> Result<Asked<ImageAnswer>, ModelError> {
        panic!("no text step asks for pictures")
    }

    async fn video(&self, _: Role, _: &VideoAsk) -> Result<Asked<VideoAnswer>, ModelError> {
        panic!("no text step asks for clips")
    }

    async fn speech(&self, _: Role, _: &SpeechAsk) -> Result<Asked<SpeechAnswer>, ModelError> {
        panic!("no text step asks for speech")
    }

    async fn put(&self, bytes: Bytes) -> Result<Digest, Error> {
        Ok(Digest::of(&bytes))
    }

    async fn get(&self, digest: &Digest) -> Result<Bytes, Error> {
        Err(Error::Files(format!("{digest} is not kept")))
    }

    fn progress(&self, _: f32, _: &str) {}
}

const TEXTS: &[&str] = &["strategy", "outline", "copy", "article", "art_direction", "storyboard"];

/// A brief that asks for everything that is text.
fn everything(mut brief: Brief) -> Brief {
    brief.placements = channel::placement_ids().map(String::from).collect();
    brief.deliverables.variants = 3;
    brief.deliverables.videos = vec![15, 30, 60];
    brief
}

fn graph_of(brief: &Brief) -> Graph {
    graph(&Recipe::campaign().unwrap(), brief).unwrap()
}

async fn step(
    brief: &Brief,
    step: &StepSpec,
    outputs: &BTreeMap<String, StepOutput>,
    desk: &dyn Desk,
) -> Result<StepOutput, Error> {
    let prompts = Prompts::default();
    let (brief_files, templates) = (BriefFiles::new(), Templates::default());
    let (brief_files, prompts, templates) = (&brief_files, &prompts, &templates);
    run(&Context {
        brief,
        brief_files,
        seed: 7,
        step,
        outputs,
        prompts,
        templates,
        producer: "handbill",
        desk,
    })
    .await
}

/// Outputs of all text steps.
async fn written(brief: &Brief) -> BTreeMap<String, StepOutput> {
    let mut outputs = BTreeMap::new();
    for spec in graph_of(brief).steps.iter().filter(|s| TEXTS.contains(&s.kind.as_str())) {
        let output = step(brief, spec, &outputs, &Scripted::rehearsing()).await;
        outputs.insert(spec.key.clone(), output.unwrap_or_else(|e| panic!("{}: {e}", spec.key)));
    }
    outputs
}

#[tokio::test]
async fn rehearsal_fills_every_placement_within_its_limits() {
    for brief in [everything(spring_tea()), everything(steel_bottle())] {
        let outputs = written(&brief).await;
        let mut copies = 0;
        for asset in outputs.values().flat_map(|o| &o.assets) {
            let blocked: Vec<_> = asset.checks.iter().filter(|c| c.severity == Severity::Block).collect();
            assert!(blocked.is_empty(), "{}: {blocked:?}", asset.id);
            let seen: Vec<_> = asset.checks.iter().filter(|c| c.rule == "length_seen").collect();
            assert!(seen.is_empty(), "{}: {seen:?}", asset.id);
            copies += usize::from(asset.kind == AssetKind::Copy);
        }
        let places = |locale: &str| {
            let channels = channel::channels().iter().filter(|c| locale == "zh-CN" || c.region != "cn");
            channels.flat_map(|c| &c.placements).filter(|p| !p.fields.is_empty()).count()
        };
        assert_eq!(copies, 3 * (places("zh-CN") + places("en-US")));
    }
}

#[tokio::test]
async fn variants_and_their_headlines_differ() {
    let brief = everything(spring_tea());
    let outputs = written(&brief).await;
    for locale in ["zh-CN", "en-US"] {
        let ad = |n: u32| -> PlacementCopy {
            serde_json::from_value(outputs[&format!("copy.google_ads.rsa.{locale}.v{n}")].value.clone())
                .unwrap()
        };
        let [one, two, three] = [1, 2, 3].map(ad);
        assert_ne!(one.angle, two.angle);
        assert_ne!(one.fields["headline"][0], two.fields["headline"][0]);
        assert_ne!(two.fields["headline"][0], three.fields["headline"][0]);
        assert!(one.fields["headline"].len() >= 8, "{:?}", one.fields["headline"]);
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_words() {
    let brief = steel_bottle();
    assert_eq!(written(&brief).await, written(&brief).await);
}

#[tokio::test]
async fn an_answer_that_checks_object_to_is_repaired_and_told_why() {
    let brief = spring_tea();
    let graph = graph_of(&brief);
    let outputs = written(&brief).await;
    let spec = graph.steps.iter().find(|s| s.key == "copy.weibo.post.zh-CN.v1").unwrap();
    let bad = || Ok(json!({ "fields": { "text": ["全网最好的龙井，只要199元。"] } }));

    let desk = Scripted::saying(vec![bad()]);
    let output = step(&brief, spec, &outputs, &desk).await.unwrap();
    let asked = desk.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    let repair = asked[1].repair.clone().unwrap();
    assert!(repair.said.contains("199") && repair.objections.iter().any(|o| o.contains("199")), "{repair:?}");
    assert_eq!(output.assets[0].cost.amount_micros, 20);

    let desk = Scripted::saying(vec![bad(), bad(), bad()]);
    let error = step(&brief, spec, &outputs, &desk).await.unwrap_err();
    assert!(matches!(&error, Error::Unpublishable(objections) if objections.len() >= 2), "{error}");
    assert_eq!(error.failure().next_action, NextAction::EditBrief);
    assert_eq!(desk.asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn placement_locale_and_angle_are_ours_whatever_the_model_says() {
    let brief = spring_tea();
    let graph = graph_of(&brief);
    let outputs = written(&brief).await;
    let spec = graph.steps.iter().find(|s| s.key == "copy.weibo.post.zh-CN.v2").unwrap();
    let desk = Scripted::saying(vec![Ok(
        json!({ "fields": { "text": ["清明前手采，一芽一叶。"] }, "placement": "x", "locale": "fr-FR" }),
    )]);
    let copy: PlacementCopy =
        serde_json::from_value(step(&brief, spec, &outputs, &desk).await.unwrap().value).unwrap();
    assert_eq!(
        (copy.placement.as_str(), copy.locale.as_str(), copy.angle.as_str()),
        ("weibo.post", "zh-CN", "moment")
    );
}

#[tokio::test]
async fn an_answer_of_another_shape_is_asked_for_once_more() {
    let brief = spring_tea();
    let spec = graph_of(&brief).steps[0].clone();
    let malformed = || {
        Err(ModelError::Malformed {
            provider: "p".into(),
            said: "Sure!".into(),
            objections: vec!["not JSON".into()],
        })
    };
    let desk = Scripted::saying(vec![malformed()]);
    step(&brief, &spec, &BTreeMap::new(), &desk).await.unwrap();
    assert_eq!(desk.asked.lock().unwrap()[1].repair.as_ref().unwrap().said, "Sure!");

    let desk = Scripted::saying(vec![malformed(), malformed()]);
    let error = step(&brief, &spec, &BTreeMap::new(), &desk).await.unwrap_err();
    assert!(matches!(error, Error::Model(ModelError::Malformed { .. })), "{error}");
}

#[tokio::test]
async fn rehearsal_declines_languages_that_it_does_not_write() {
    let mut brief = steel_bottle();
    brief.locales = vec!["de-DE".parse().unwrap()];
    let spec = graph_of(&brief).steps[0].clone();
    let error = step(&brief, &spec, &BTreeMap::new(), &Scripted::rehearsing()).await.unwrap_err();
    assert!(error.to_string().contains("English and simplified Chinese only, not German"), "{error}");
}

/// Every prompt file on every sample. Of questions that share a prompt (placements, variants, lengths) the first is
/// shown whole, the others by the lines in which they differ from it.
#[tokio::test]
async fn every_prompt_on_every_sample_reads_as_it_was_approved() {
    let mut shown = BTreeSet::new();
    for sample in [spring_tea(), steel_bottle()] {
        for locale in ["zh-CN", "en-US"] {
            let asked = questions(&in_one_locale(&sample, locale)).await;
            let language = &locale[..2];
            for (task, questions) in asked {
                let name = format!("{}.{task}.{language}", sample.campaign);
                insta::assert_snapshot!(name, told_apart(&questions));
                shown.insert(format!("{task}/{language}"));
            }
        }
    }
    let ours: BTreeSet<String> = Prompts::default().names().map(str::to_owned).collect();
    assert_eq!(shown, ours, "each prompt has its snapshot");
}

fn in_one_locale(sample: &Brief, tag: &str) -> Brief {
    let mut brief = sample.clone();
    brief.locales = vec![tag.parse().unwrap()];
    let abroad = channel::channels().iter().filter(|c| tag == "zh-CN" || c.region != "cn");
    let taken: Vec<&str> = abroad.flat_map(|c| &c.placements).map(|p| p.id.as_str()).collect();
    brief.placements.retain(|id| taken.contains(&id.as_str()));
    brief
}

/// Name of the prompt → the questions that were asked with it, each under its step's key.
async fn questions(brief: &Brief) -> BTreeMap<String, Vec<(String, String)>> {
    let (mut outputs, mut asked) = (BTreeMap::new(), BTreeMap::<String, Vec<_>>::new());
    for spec in graph_of(brief).steps.iter().filter(|s| TEXTS.contains(&s.kind.as_str())) {
        let desk = Scripted::rehearsing();
        outputs.insert(spec.key.clone(), step(brief, spec, &outputs, &desk).await.unwrap());
        let ask = desk.asked.lock().unwrap()[0].clone();
        let text = format!("{}\n\n=====\n\n{}", ask.system, ask.user);
        asked.entry(ask.task).or_default().push((spec.key.clone(), text));
    }
    asked
}

fn told_apart(questions: &[(String, String)]) -> String {
    let (first, others) = questions.split_first().unwrap();
    let mut out = format!("# {}\n\n{}\n", first.0, first.1);
    let known: BTreeSet<&str> = first.1.lines().collect();
    for (key, text) in others {
        let own: Vec<&str> = text.lines().filter(|line| !known.contains(line)).collect();
        out.push_str(&format!("\n# {key}\n\n{}\n", own.join("\n")));
    }
    out
}

#[tokio::test]
async fn large_words_that_are_too_long_go_back_and_end_as_an_objection_of_the_storyboard() {
    let brief = spring_tea();
    let graph = graph_of(&brief);
    let outputs = written(&brief).await;
    let spec = graph.steps.iter().find(|s| s.key == "storyboard.zh-CN.15s").unwrap();
    let good = outputs[&spec.key].value.clone();
    let bad = || {
        let mut board = good.clone();
        board["scenes"][1]["headline"] = json!("春天的第一口鲜爽茶香从这一罐明前龙井开始");
        Ok(board)
    };

    let desk = Scripted::saying(vec![bad(), Ok(good.clone())]);
    let output = step(&brief, spec, &outputs, &desk).await.unwrap();
    assert_eq!(output.value, good);
    let asked = desk.asked.lock().unwrap().clone();
    assert!(asked[0].user.contains("最多 18 个字"), "the prompt says how much fits: {}", asked[0].user);
    let repair = asked[1].repair.clone().unwrap();
    assert!(
        repair.objections.iter().any(|o| o.starts_with("scenes[1].headline") && o.contains("18")),
        "{repair:?}"
    );

    let desk = Scripted::saying(vec![bad(), bad(), bad()]);
    let error = step(&brief, spec, &outputs, &desk).await.unwrap_err();
    assert_eq!(error.failure().code, "not_publishable");
    assert!(error.to_string().contains("最多 18 个"), "{error}");
}

#[tokio::test]
async fn rehearsal_s_large_words_fit_every_frame() {
    for brief in [everything(spring_tea()), everything(steel_bottle())] {
        for (key, output) in written(&brief).await.iter().filter(|(key, _)| key.starts_with("storyboard.")) {
            let most = if key.contains("zh") { 18 } else { 46 };
            for scene in output.value["scenes"].as_array().unwrap() {
                let headline = scene["headline"].as_str().unwrap();
                assert!(headline.chars().count() <= most, "{key}: {headline}");
            }
        }
    }
}
