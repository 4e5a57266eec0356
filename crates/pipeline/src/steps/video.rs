//! Makes one video: storyboard, speech and pictures become a timeline, and that an MP4 with poster and captions.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use handbill_domain::{
    asset::{AiOrigin, Asset, AssetKind, CheckResult, Digest, Severity},
    brief::{PhotoRole, Price},
    channel::{Size, placement},
    locale::Locale,
    money::{Currency, Money},
    words::{ArtDirection, ScenePicture, Storyboard},
};
use handbill_media::{
    Canvas, Color,
    audio::{Mood, Sound},
    image::{self, encode},
    open,
    text::{BrandFonts, Fonts},
    video::{self, Assets, Film, Probe, Quality, captions},
};
use serde::Deserialize;

use super::{
    background::Drawn,
    pacing::{Pace, Wish, pace},
    speech::Spoken,
    timeline::{self, Closing, Frame, Palette, Pictures, Script, Voice, Zone, size_of},
};
use crate::{Context, Error, graph::StepOutput};

/// What this step is told.
#[derive(Debug, Deserialize)]
struct Params {
    locale: Locale,
    tier: u32,
    ratio: String,
    storyboard: String,
    speech: String,
    art: String,
    backgrounds: Vec<String>,
}

/// What platforms play at where they do not say otherwise.
const LUFS: f64 = -14.0;

/// Renders one video and gives back video, poster, SRT and VTT.
pub async fn run(ctx: &Context<'_>) -> Result<StepOutput, Error> {
    let params: Params = ctx.params()?;
    let storyboard: Storyboard = ctx.output(&params.storyboard)?;
    let spoken: Spoken = ctx.output(&params.speech)?;
    let art: ArtDirection = ctx.output(&params.art)?;
    let size = size_of(&params.ratio).ok_or_else(|| Error::Broken(format!("`{}` is no ratio of a video", params.ratio)))?;
    ctx.desk.progress(0.0, "pictures");
    let backgrounds: Vec<Drawn> =
        params.backgrounds.iter().filter(|key| ctx.outputs.contains_key(*key)).map(|key| ctx.output(key)).collect::<Result<_, _>>()?;
    let material = Material {
        storyboard,
        voices: voices(ctx, &spoken).await?,
        pictures: pictures(ctx, &backgrounds).await?,
        fonts: fonts(ctx).await?,
        closing: closing(ctx, &params.locale),
        palette: palette(ctx),
        mood: mood(&art.music),
        zone: Zone::of(ctx.brief.placements.iter().filter_map(|id| placement(id)), size),
        seed: ctx.seed,
        size,
        tier: params.tier,
        locale: params.locale.clone(),
    };
    let made = render(ctx, material).await?;
    let checks = check(ctx, &made.probe, &params, size)?;
    let generated = spoken.generated || backgrounds.iter().any(|b| b.ai_origin > AiOrigin::Assisted);
    let ai_origin = if generated { AiOrigin::Composite } else { AiOrigin::None };
    let mut models = spoken.models.clone();
    models.extend(backgrounds.into_iter().map(|b| b.model));
    models.sort();
    models.dedup();
    output(ctx, &params, made, models, ai_origin, checks).await
}

/// Everything that is needed to render, so that it can move to another thread.
struct Material {
    storyboard: Storyboard,
    voices: Vec<Voice>,
    pictures: Pictures,
    fonts: Arc<Fonts>,
    closing: Closing,
    palette: Palette,
    mood: Mood,
    zone: Zone,
    seed: u64,
    size: Size,
    tier: u32,
    locale: Locale,
}

/// The finished files.
struct Made {
    video: Vec<u8>,
    poster: Vec<u8>,
    srt: String,
    vtt: String,
    probe: Probe,
}

/// Renders on a thread of its own; stops soon when the step is dropped.
async fn render(ctx: &Context<'_>, material: Material) -> Result<Made, Error> {
    let (tell, mut told) = tokio::sync::watch::channel(0.0f32);
    let mut work = tokio::task::spawn_blocking(move || material.make(|share| tell.send(share).is_ok()));
    loop {
        tokio::select! {
            done = &mut work => return done.map_err(|e| Error::Broken(format!("rendering: {e}")))?,
            Ok(()) = told.changed() => ctx.desk.progress(*told.borrow_and_update(), "frames"),
        }
    }
}

impl Material {
    fn make(self, mut progress: impl FnMut(f32) -> bool) -> Result<Made, Error> {
        let pace = self.pace()?;
        let frame = Frame::new(self.size, self.zone);
        let script = Script {
            storyboard: &self.storyboard,
            pace: &pace,
            locale: &self.locale,
            frame,
            pictures: &self.pictures,
            closing: &self.closing,
            palette: self.palette,
            voices: &self.voices,
            mood: self.mood,
            seed: self.seed,
            lufs: LUFS,
        };
        let cues = timeline::all_cues(&script);
        let timeline = timeline::write(&script, &cues);
        let assets = self.assets();
        let film = Film::new(&timeline, &assets).map_err(ours)?;
        let poster = encode::jpeg(&film.poster().map_err(ours)?, 88, Color::WHITE).map_err(ours)?;
        let folder = tempfile::tempdir().map_err(|e| Error::Files(e.to_string()))?;
        let path = folder.path().join("video.mp4");
        film.render(Quality::default(), &path, |done, all| progress(done as f32 / all as f32)).map_err(ours)?;
        let probe = video::probe(&path).map_err(ours)?;
        let video = std::fs::read(&path).map_err(|e| Error::Files(e.to_string()))?;
        Ok(Made { video, poster, srt: captions::srt(&cues), vtt: captions::vtt(&cues), probe })
    }

    /// Fits the scenes into the tier; narration that cannot fit is for the writer to shorten.
    fn pace(&self) -> Result<Pace, Error> {
        let speech = |id: &str| self.voices.iter().find(|v| v.scene == id).map_or(0.0, |v| v.sound.seconds());
        let wishes: Vec<Wish> = self
            .storyboard
            .scenes
            .iter()
            .map(|s| {
                let shortest = if s.picture == ScenePicture::EndCard { 2.4 } else { 1.5 };
                Wish { planned: f64::from(s.seconds), speech: speech(&s.id), shortest }
            })
            .collect();
        pace(&wishes, f64::from(self.tier)).map_err(|over| Error::Unpublishable(vec![self.too_long(over)]))
    }

    fn too_long(&self, over: f64) -> CheckResult {
        let (message, suggestion) = if self.locale.is_chinese() {
            (format!("旁白加速到 1.15 倍仍比 {} 秒长 {over:.1} 秒", self.tier), format!("请把旁白缩短约 {} 个字", (over * 4.2).ceil()))
        } else {
            (format!("even at 1.15 times its pace the narration is {over:.1} s too long for {} s", self.tier), format!("shorten the narration by about {} words", (over * 2.5).ceil()))
        };
        CheckResult { rule: "duration".into(), severity: Severity::Block, message, suggestion: Some(suggestion), place: Some("narration".into()) }
    }

    /// The contents behind the names that the timeline uses.
    fn assets(&self) -> Assets {
        let mut pictures: BTreeMap<String, Arc<Canvas>> = BTreeMap::new();
        let mut name = |name: String, canvas: &Arc<Canvas>| pictures.insert(name, Arc::clone(canvas));
        let numbered = [("lifestyle", &self.pictures.lifestyle), ("detail", &self.pictures.detail), ("background", &self.pictures.backgrounds)];
        for (kind, all) in numbered {
            for (n, canvas) in all.iter().enumerate() {
                name(format!("{kind}-{n}"), canvas);
            }
        }
        for (kind, one) in [("product", &self.pictures.product), ("photo", &self.pictures.photo), ("logo", &self.pictures.logo)] {
            if let Some(canvas) = one {
                name(kind.to_owned(), canvas);
            }
        }
        if self.pictures.backgrounds.is_empty() {
            name(timeline::background(0), &Arc::new(Canvas::new(16, 16, self.palette.light)));
        }
        name("card".to_owned(), &Arc::new(self.card()));
        let sounds = self.voices.iter().map(|v| (v.scene.clone(), Arc::clone(&v.sound))).collect();
        Assets { pictures, sounds, fonts: Arc::clone(&self.fonts) }
    }

    /// The ground of the closing card: the brand's colour, with a breath of the campaign's background in it.
    fn card(&self) -> Canvas {
        let (w, h) = (self.size.width, self.size.height);
        let mut card = match self.pictures.backgrounds.first() {
            Some(background) => image::cover(background, w, h, (0.5, 0.5)),
            None => Canvas::new(w, h, self.palette.primary),
        };
        card.over(&Canvas::new(w, h, self.palette.primary), 0, 0, 0.9);
        card
    }
}

fn ours(error: handbill_media::Error) -> Error {
    Error::Media { what: "video".into(), reason: error.to_string(), theirs: false }
}

async fn voices(ctx: &Context<'_>, spoken: &Spoken) -> Result<Vec<Voice>, Error> {
    let mut voices = Vec::new();
    for scene in &spoken.scenes {
        let bytes = ctx.desk.get(&scene.digest).await?;
        let sound = Sound::from_wav(&bytes)
            .map_err(|e| Error::Media { what: format!("speech of scene `{}`", scene.id), reason: e.to_string(), theirs: false })?;
        let words = scene.words.iter().map(|w| (w.word.clone(), w.start, w.end)).collect();
        voices.push(Voice { scene: scene.id.clone(), sound: Arc::new(sound), words });
    }
    Ok(voices)
}

async fn pictures(ctx: &Context<'_>, backgrounds: &[Drawn]) -> Result<Pictures, Error> {
    let mut pictures = Pictures::default();
    for photo in &ctx.brief.product.photos {
        let canvas = file(ctx, &photo.file).await?;
        match photo.role {
            PhotoRole::Product if pictures.product.is_none() && pictures.photo.is_none() => match image::cut_out(&canvas) {
                Some(cutout) => pictures.product = Some(Arc::new(cutout.canvas)),
                None => pictures.photo = Some(Arc::new(canvas)),
            },
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
async fn file(ctx: &Context<'_>, path: &str) -> Result<Canvas, Error> {
    picture(&bytes_of(ctx, path).await?, path, true)
}

async fn bytes_of(ctx: &Context<'_>, path: &str) -> Result<Bytes, Error> {
    let digest = ctx.brief_files.get(path).ok_or_else(|| Error::Broken(format!("the brief's file {path} was not kept")))?;
    ctx.desk.get(digest).await
}

fn picture(bytes: &[u8], what: &str, theirs: bool) -> Result<Canvas, Error> {
    let opened = open::open(bytes, &open::Limits::default());
    opened.map(|p| p.canvas).map_err(|e| Error::Media { what: what.to_owned(), reason: e.to_string(), theirs })
}

async fn fonts(ctx: &Context<'_>) -> Result<Arc<Fonts>, Error> {
    let mut brand = BrandFonts::default();
    for (path, into) in [(&ctx.brief.brand.fonts.heading, &mut brand.heading), (&ctx.brief.brand.fonts.body, &mut brand.body)] {
        if let Some(path) = path {
            into.push(bytes_of(ctx, path).await?.to_vec());
        }
    }
    let loaded = Fonts::load(&brand);
    loaded.map(Arc::new).map_err(|e| Error::Media { what: "fonts of the brand".into(), reason: e.to_string(), theirs: true })
}

fn closing(ctx: &Context<'_>, locale: &Locale) -> Closing {
    let brief = ctx.brief;
    let text = |localized: &handbill_domain::text::Localized| localized.get(locale).unwrap_or_default().to_owned();
    Closing {
        brand: text(&brief.brand.name),
        product: text(&brief.product.name),
        offer: brief.offer.as_ref().map(|o| text(&o.text)).filter(|o| !o.is_empty()),
        code: brief.offer.as_ref().and_then(|o| o.code.clone()),
        price: brief.product.price.as_ref().map(shown),
        list_price: brief.product.list_price.as_ref().map(shown),
        call: text(&brief.call_to_action),
        legal: brief.brand.legal_lines.first().map(text).filter(|l| !l.is_empty()),
    }
}

/// A price as it stands on a badge: `¥268`.
fn shown(price: &Price) -> String {
    let amount = price.amount.strip_suffix(".00").unwrap_or(&price.amount);
    match price.currency {
        Currency::Cny => format!("¥{amount}"),
        Currency::Usd => format!("${amount}"),
        Currency::Eur => format!("€{amount}"),
    }
}

fn palette(ctx: &Context<'_>) -> Palette {
    let colors = &ctx.brief.brand.colors;
    let read = |text: &Option<String>| text.as_deref().and_then(|t| t.parse::<Color>().ok());
    let primary = colors.primary.parse().unwrap_or(Color::BLACK);
    // What words stand on must be dark enough for white ones, whatever the brand calls its text colour.
    let dark = read(&colors.text).filter(|c| c.contrast(Color::WHITE) >= 9.0).unwrap_or_else(|| primary.lightness(0.22));
    Palette {
        primary,
        accent: read(&colors.accent).or_else(|| read(&colors.secondary)).unwrap_or(primary),
        light: read(&colors.background).unwrap_or(Color::WHITE),
        dark,
    }
}

/// The art director's word for the music; a word that is none of ours means the calm one.
fn mood(word: &str) -> Mood {
    serde_json::from_value(serde_json::Value::String(word.trim().to_lowercase())).unwrap_or(Mood::Calm)
}

/// Reads the file back: what is wrong with it by our own promise is our mistake; what a placement does not take is
/// told with the asset.
fn check(ctx: &Context<'_>, probe: &Probe, params: &Params, size: Size) -> Result<Vec<CheckResult>, Error> {
    let tier = f64::from(params.tier);
    let codecs = probe.video_codec == "h264" && probe.audio_codec.as_deref() == Some("aac");
    if (probe.seconds - tier).abs() > 0.5 || probe.size != size || !codecs || !probe.faststart {
        return Err(Error::Broken(format!("the finished video is not what was ordered: {probe:?}")));
    }
    let mut checks = Vec::new();
    let mut warn = |rule: &str, place: &str, zh: String, en: String| {
        let message = if params.locale.is_chinese() { zh } else { en };
        checks.push(CheckResult { rule: rule.into(), severity: Severity::Warn, message, suggestion: None, place: Some(place.to_owned()) });
    };
    if let Some(lufs) = probe.lufs.filter(|l| (l - LUFS).abs() > 1.0) {
        warn("loudness", "audio", format!("响度为 {lufs:.1} LUFS，目标 {LUFS} LUFS"), format!("{lufs:.1} LUFS, the target is {LUFS} LUFS"));
    }
    for (place, slot) in ctx.brief.placements.iter().filter_map(|id| placement(id)).flat_map(|p| p.videos.iter().map(move |v| (p, v))) {
        if !slot.ratios.contains(&params.ratio) {
            continue;
        }
        let seconds = probe.seconds as f32;
        let short = slot.duration_s.min.is_some_and(|min| seconds < min - 0.1);
        let long = slot.duration_s.max.is_some_and(|max| seconds > max + 0.1);
        if short || long {
            warn("duration", &place.id, format!("时长 {seconds:.0} 秒不在该版位允许的范围内"), format!("{seconds:.0} s is outside what this placement takes"));
        }
        if slot.max_bytes.is_some_and(|max| probe.bytes > max) {
            let mb = probe.bytes as f64 / 1e6;
            warn("file_size", &place.id, format!("文件 {mb:.1} MB 超过该版位上限"), format!("{mb:.1} MB is more than this placement takes"));
        }
    }
    Ok(checks)
}

async fn output(ctx: &Context<'_>, params: &Params, made: Made, models: Vec<String>, ai_origin: AiOrigin, checks: Vec<CheckResult>) -> Result<StepOutput, Error> {
    let Params { locale, tier, ratio, .. } = params;
    let base = format!("videos/{locale}/{}-{tier}s-{}", ctx.brief.campaign, ratio.replace(':', "x"));
    let probe = made.probe;
    let files = [
        (AssetKind::Video, "mp4", "video/mp4", Bytes::from(made.video), checks),
        (AssetKind::Poster, "jpg", "image/jpeg", Bytes::from(made.poster), Vec::new()),
        (AssetKind::Captions, "srt", "application/x-subrip", Bytes::from(made.srt), Vec::new()),
        (AssetKind::Captions, "vtt", "text/vtt", Bytes::from(made.vtt), Vec::new()),
    ];
    let mut assets = Vec::new();
    for ((kind, ending, media_type, bytes, checks), id) in files.into_iter().zip(&ctx.step.makes) {
        let seen = matches!(kind, AssetKind::Video | AssetKind::Poster);
        let mut lineage = ctx.lineage();
        lineage.models = models.clone();
        lineage.brief_fields = fields(ctx);
        assets.push(Asset {
            id: id.clone(),
            kind,
            placement: None,
            role: Some(format!("{tier}s")),
            locale: Some(locale.clone()),
            variant: None,
            file: format!("{base}.{ending}"),
            media_type: media_type.into(),
            width: seen.then_some(probe.size.width),
            height: seen.then_some(probe.size.height),
            duration_s: (kind == AssetKind::Video).then_some(probe.seconds),
            bytes: bytes.len() as u64,
            digest: ctx.desk.put(bytes).await?,
            lineage,
            // Captions are the storyboard's words; only what is seen and heard can hold a model's pixels.
            ai_origin: if seen { ai_origin } else { AiOrigin::None },
            cost: Money::zero(Currency::default()),
            checks,
        });
    }
    let value = serde_json::to_value(&probe).map_err(|e| Error::Broken(e.to_string()))?;
    Ok(StepOutput { value, assets })
}

/// The fields of the brief that are in the picture.
fn fields(ctx: &Context<'_>) -> Vec<String> {
    let mut fields = vec!["/product/photos", "/brand/colors", "/brand/name", "/call_to_action"];
    let brief = ctx.brief;
    for (there, field) in [
        (brief.offer.is_some(), "/offer"),
        (brief.product.price.is_some(), "/product/price"),
        (brief.product.list_price.is_some(), "/product/list_price"),
        (brief.brand.logo.is_some(), "/brand/logo"),
        (!brief.brand.legal_lines.is_empty(), "/brand/legal_lines"),
    ] {
        if there {
            fields.push(field);
        }
    }
    fields.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Mutex};

    use async_trait::async_trait;
    use handbill_domain::{brief::{Brief, BriefFiles}, model::{Entry, Role}};
    use handbill_providers::{
        Error as ModelError,
        ask::{ImageAnswer, ImageAsk, Kind, Model, SpeechAnswer, SpeechAsk, Submission, TextAnswer, TextAsk, VideoAnswer, VideoAsk},
        rehearsal::{image::Pictures as Illustrator, speech, text},
    };
    use serde_json::json;

    use super::*;
    use crate::{Asked, Desk, graph::{StepSpec, graph}, prompts::Prompts, recipe::Recipe, samples::spring_tea};

    /// Rehearses everything and keeps files in memory.
    #[derive(Default)]
    struct Studio {
        files: Mutex<BTreeMap<Digest, Bytes>>,
    }

    fn entry(modality: &str) -> Entry {
        serde_json::from_value(json!({ "id": "rehearsal", "modality": modality, "provider": "rehearsal", "model": modality })).unwrap()
    }

    async fn asked<K: Kind>(model: impl Model<K>, ask: &K::Ask) -> Result<Asked<K::Answer>, ModelError> {
        let Submission::Replied(reply) = model.submit(ask, "").await? else { panic!("rehearsal has no jobs") };
        Ok(Asked { answer: model.read(ask, &reply)?, model: "rehearsal".into(), rehearsed: true, cost: Money::zero(Currency::Usd) })
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
            self.files.lock().unwrap().get(digest).cloned().ok_or_else(|| Error::Files(format!("{digest} is not kept")))
        }
        fn progress(&self, _: f32, _: &str) {}
    }

    /// Runs the steps that `wanted` names, and all that they need.
    async fn made(brief: &Brief, folder: &str, wanted: impl Fn(&StepSpec) -> bool) -> (Studio, Vec<Result<StepOutput, Error>>) {
        let studio = Studio::default();
        let mut brief_files = BriefFiles::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(folder);
        let names = brief.product.photos.iter().map(|p| &p.file).chain(&brief.brand.logo);
        for name in names {
            let digest = studio.put(std::fs::read(root.join(name)).unwrap().into()).await.unwrap();
            brief_files.insert(name.clone(), digest);
        }
        let graph = graph(&Recipe::campaign().unwrap(), brief).unwrap();
        let mut needed: Vec<&str> = graph.steps.iter().filter(|s| wanted(s)).map(|s| s.key.as_str()).collect();
        for step in graph.steps.iter().rev() {
            if needed.contains(&step.key.as_str()) {
                needed.extend(step.needs.iter().map(String::as_str));
            }
        }
        let (mut outputs, mut results, prompts) = (BTreeMap::new(), Vec::new(), Prompts::default());
        for step in graph.steps.iter().filter(|s| needed.contains(&s.key.as_str())) {
            let ctx = Context { brief, brief_files: &brief_files, seed: 7, step, outputs: &outputs, prompts: &prompts, desk: &studio };
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
        assert_eq!(files, ["mp4", "jpg", "srt", "vtt"].map(|end| format!("videos/zh-CN/spring-tea-15s-1x1.{end}")));
        assert_eq!(output.assets[0].id, "video.zh-CN.15s.1x1");
        assert!((output.assets[0].duration_s.unwrap() - 15.0).abs() <= 0.5);
        assert!(output.assets.iter().all(|a| a.checks.is_empty() && a.ai_origin == AiOrigin::None), "{:?}", output.assets);
        let srt = studio.get(&output.assets[2].digest).await.unwrap();
        assert!(srt.starts_with(b"1\n00:00:00,"), "{}", String::from_utf8_lossy(&srt));
    }

    #[tokio::test]
    #[ignore = "to look at"]
    async fn look() {
        let dir = std::env::var("LOOK").unwrap();
        for (brief, folder) in [(spring_tea(), "spring-tea"), (crate::samples::steel_bottle(), "steel-bottle")] {
            let want = std::env::var("WANT").unwrap_or_default();
            let (studio, results) = made(&brief, folder, |s| s.kind == "video" && s.key.contains(&want)).await;
            for result in results {
                match result {
                    Ok(output) => {
                        println!("{}", output.value);
                        for asset in &output.assets {
                            println!("{} {:?}", asset.file, asset.checks);
                            let path = Path::new(&dir).join(&asset.file);
                            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                            std::fs::write(path, studio.get(&asset.digest).await.unwrap()).unwrap();
                        }
                    }
                    Err(error) => println!("FAILED {error}"),
                }
            }
        }
    }
}
