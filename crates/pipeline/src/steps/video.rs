//! Makes one video: storyboard, speech and pictures become a timeline, and that an MP4 with poster and captions.

mod gather;

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use handbill_domain::{
    asset::{AiOrigin, Asset, AssetKind, CheckResult, Severity},
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
    open, shape,
    text::{BrandFonts, Fonts},
    video::{self, Assets, Film, Probe, Quality, captions},
};
use serde::Deserialize;

use self::gather::{closing, fonts, mood, palette, pictures, voices};
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
    let size = size_of(&params.ratio)
        .ok_or_else(|| Error::Broken(format!("`{}` is no ratio of a video", params.ratio)))?;
    ctx.desk.progress(0.0, "pictures");
    let backgrounds: Vec<Drawn> = params
        .backgrounds
        .iter()
        .filter(|key| ctx.outputs.contains_key(*key))
        .map(|key| ctx.output(key))
        .collect::<Result<_, _>>()?;
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
        let assets = self.assets(&frame);
        let film = Film::new(&timeline, &assets).map_err(ours)?;
        let poster = encode::jpeg(&film.poster().map_err(ours)?, 88, Color::WHITE).map_err(ours)?;
        let folder = tempfile::tempdir().map_err(|e| Error::Files(e.to_string()))?;
        let path = folder.path().join("video.mp4");
        film.render(Quality::default(), &path, |done, all| progress(done as f32 / all as f32))
            .map_err(ours)?;
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
            (
                format!("旁白加速到 1.15 倍仍比 {} 秒长 {over:.1} 秒", self.tier),
                format!("请把旁白缩短约 {} 个字", (over * 4.2).ceil()),
            )
        } else {
            (
                format!(
                    "even at 1.15 times its pace the narration is {over:.1} s too long for {} s",
                    self.tier
                ),
                format!("shorten the narration by about {} words", (over * 2.5).ceil()),
            )
        };
        CheckResult {
            rule: "duration".into(),
            severity: Severity::Block,
            message,
            suggestion: Some(suggestion),
            place: Some("narration".into()),
        }
    }

    /// The contents behind the names that the timeline uses.
    fn assets(&self, frame: &Frame) -> Assets {
        let mut pictures: BTreeMap<String, Arc<Canvas>> = BTreeMap::new();
        let mut name = |name: String, canvas: &Arc<Canvas>| pictures.insert(name, Arc::clone(canvas));
        let numbered = [
            ("lifestyle", &self.pictures.lifestyle),
            ("detail", &self.pictures.detail),
            ("background", &self.pictures.backgrounds),
        ];
        for (kind, all) in numbered {
            for (n, canvas) in all.iter().enumerate() {
                name(format!("{kind}-{n}"), canvas);
            }
        }
        for (kind, one) in [
            ("product", &self.pictures.product),
            ("photo", &self.pictures.photo),
            ("logo", &self.pictures.logo),
        ] {
            if let Some(canvas) = one {
                name(kind.to_owned(), canvas);
            }
        }
        for (photo, canvas) in self.photos() {
            if let Some(cut) = self.inset(canvas, frame) {
                name(timeline::inset(&photo), &Arc::new(cut));
            }
        }
        if self.pictures.backgrounds.is_empty() {
            name(timeline::background(0), &Arc::new(Canvas::new(16, 16, self.palette.light)));
        }
        name("card".to_owned(), &Arc::new(self.card(frame)));
        name("disc".to_owned(), &Arc::new(self.disc(self.palette.secondary, 0.30)));
        name("card-disc".to_owned(), &Arc::new(self.disc(self.palette.light, 0.13)));
        let sounds = self.voices.iter().map(|v| (v.scene.clone(), Arc::clone(&v.sound))).collect();
        Assets { pictures, sounds, fonts: Arc::clone(&self.fonts) }
    }

    /// Photos that fill a frame or a box of it, by name.
    fn photos(&self) -> impl Iterator<Item = (String, &Arc<Canvas>)> {
        let Pictures { lifestyle, detail, photo, .. } = &self.pictures;
        let lifestyle = lifestyle.iter().enumerate().map(|(n, canvas)| (format!("lifestyle-{n}"), canvas));
        let detail = detail.iter().enumerate().map(|(n, canvas)| (format!("detail-{n}"), canvas));
        lifestyle.chain(detail).chain(photo.iter().map(|canvas| ("photo".to_owned(), canvas)))
    }

    /// A photo cut to the box below the words, around what it shows.
    fn inset(&self, photo: &Canvas, frame: &Frame) -> Option<Canvas> {
        let area = frame.photo?;
        // A little larger than the box: it grows while it is seen, and must reach over the sides when it is smallest.
        let (w, h) = (f64::from(self.size.width) * 1.12, f64::from(self.size.height) * area.h * 1.11);
        let size = Size { width: w as u32, height: h as u32 };
        let (x, y) = timeline::interest(photo, size);
        Some(image::cover(photo, size.width, size.height, (x as f32, y as f32)))
    }

    /// The ground of the closing card: the brand's colour, lighter where the product stands, with a breath of the
    /// campaign's background in it.
    fn card(&self, frame: &Frame) -> Canvas {
        let (w, h) = (self.size.width, self.size.height);
        let primary = self.palette.primary;
        let mut card = match self.pictures.backgrounds.first() {
            Some(background) => image::cover(background, w, h, (0.5, 0.5)),
            None => Canvas::new(w, h, primary),
        };
        card.over(&Canvas::new(w, h, primary), 0, 0, 0.93);
        let (x, y, _, _) = frame.card_product;
        let place = (x as f32 * w as f32, y as f32 * h as f32);
        let light = primary.mix(self.palette.light, 0.30);
        shape::glow(
            &mut card,
            place,
            w.max(h) as f32 * 0.55,
            &[(0.0, light.alpha(0.75)), (0.45, light.alpha(0.28)), (1.0, light.alpha(0.0))],
        );
        card
    }

    /// A round field of colour that stands behind the product and moves a little against it.
    fn disc(&self, color: Color, strength: f32) -> Canvas {
        let size = 900.0f32;
        let mut disc = Canvas::new(size as u32, size as u32, Color::CLEAR);
        let inset = size * 0.055;
        shape::ellipse(
            &mut disc,
            (inset, inset, size - 2.0 * inset, size - 2.0 * inset),
            color.alpha(strength),
        );
        shape::frame(
            &mut disc,
            (2.0, 2.0, size - 4.0, size - 4.0),
            size / 2.0,
            3.0,
            color.alpha(strength * 1.3),
        );
        disc
    }
}

fn ours(error: handbill_media::Error) -> Error {
    Error::Media { what: "video".into(), reason: error.to_string(), theirs: false }
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
        checks.push(CheckResult {
            rule: rule.into(),
            severity: Severity::Warn,
            message,
            suggestion: None,
            place: Some(place.to_owned()),
        });
    };
    if let Some(lufs) = probe.lufs.filter(|l| (l - LUFS).abs() > 1.0) {
        warn(
            "loudness",
            "audio",
            format!("响度为 {lufs:.1} LUFS，目标 {LUFS} LUFS"),
            format!("{lufs:.1} LUFS, the target is {LUFS} LUFS"),
        );
    }
    for (place, slot) in ctx
        .brief
        .placements
        .iter()
        .filter_map(|id| placement(id))
        .flat_map(|p| p.videos.iter().map(move |v| (p, v)))
    {
        if !slot.ratios.contains(&params.ratio) {
            continue;
        }
        let seconds = probe.seconds as f32;
        let short = slot.duration_s.min.is_some_and(|min| seconds < min - 0.1);
        let long = slot.duration_s.max.is_some_and(|max| seconds > max + 0.1);
        if short || long {
            warn(
                "duration",
                &place.id,
                format!("时长 {seconds:.0} 秒不在该版位允许的范围内"),
                format!("{seconds:.0} s is outside what this placement takes"),
            );
        }
        if slot.max_bytes.is_some_and(|max| probe.bytes > max) {
            let mb = probe.bytes as f64 / 1e6;
            warn(
                "file_size",
                &place.id,
                format!("文件 {mb:.1} MB 超过该版位上限"),
                format!("{mb:.1} MB is more than this placement takes"),
            );
        }
    }
    Ok(checks)
}

async fn output(
    ctx: &Context<'_>,
    params: &Params,
    made: Made,
    models: Vec<String>,
    ai_origin: AiOrigin,
    checks: Vec<CheckResult>,
) -> Result<StepOutput, Error> {
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
mod tests;
