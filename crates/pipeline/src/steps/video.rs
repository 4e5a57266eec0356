//! Makes one video: storyboard, speech and pictures become a timeline, and that an MP4 with poster and captions.

mod artwork;
mod check;
mod gather;

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use handbill_domain::{
    asset::{AiOrigin, Asset, AssetKind, CheckResult, Severity},
    channel::{Placement, Size, channel_of, placement},
    locale::Locale,
    money::{Currency, Money},
    words::{ArtDirection, ScenePicture, Storyboard},
};
use handbill_media::{
    Canvas, Color,
    audio::{Mood, Sound},
    image::{self, encode},
    shape,
    text::Fonts,
    video::{self, Assets, Film, Probe, Quality, captions, timeline::Cue},
};
use handbill_provenance::Label;
use serde::Deserialize;

use self::{
    check::check,
    gather::{closing, mood, pictures, voices},
};
use super::{
    background::Drawn,
    content::{MadeOf, Part},
    label::{self, Parts, Seen},
    material::{Material, Photos, Words},
    pacing::{Pace, Wish, pace},
    speech::Spoken,
    timeline::{self, Closing, Frame, Palette, Pictures, Script, Voice, Zone, size_of},
};
use crate::{
    Context, Error,
    graph::{StepOutput, locales_for},
};

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

/// What of the brief a video may show. Its words come from the storyboard, but those of the closing card.
const SHOWN: [Part; 11] = [
    Part::Colors,
    Part::Fonts,
    Part::Photos,
    Part::Logo,
    Part::BrandName,
    Part::ProductName,
    Part::Message,
    Part::CallToAction,
    Part::Offer,
    Part::Price,
    Part::Legal,
];

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
    let material = Material::gather(ctx, &params.locale, &backgrounds, Photos::All).await?;
    let voice_models: &[String] = if spoken.generated { &spoken.models } else { &[] };
    let pictured = Parts::words(ctx.writers(&params.storyboard)).drawn(&backgrounds);
    let heard = pictured.clone().spoken(voice_models);
    let takes = takers(ctx, &params);
    let film = Cut {
        storyboard,
        voices: voices(ctx, &spoken).await?,
        pictures: pictures(&material),
        fonts: material.fonts,
        closing: closing(&material.words),
        palette: Palette::of(material.palette),
        mood: mood(&art.music),
        zone: Zone::of(ctx.brief.placements.iter().filter_map(|id| placement(id)), size),
        seed: ctx.seed,
        size,
        tier: params.tier,
        locale: params.locale.clone(),
        ids: ctx.step.makes.clone(),
        seen: label::seen(heard.origin(), &params.locale, takes.iter().copied()),
        seen_on_poster: label::seen(pictured.origin(), &params.locale, takes.iter().copied()),
        label: heard.label(ctx),
        poster_label: pictured.label(ctx),
    };
    let made = render(ctx, film).await?;
    let checks = check(ctx, &made.probe, &params, size)?;
    let voice = spoken.voice().map(str::to_owned);
    let mut models = spoken.models.clone();
    models.extend(backgrounds.into_iter().map(|b| b.model));
    models.extend_from_slice(ctx.writers(&params.storyboard));
    models.sort();
    models.dedup();
    output(ctx, &params, made, (models, voice), checks).await
}

/// The placements that take a video of this locale and ratio.
fn takers(ctx: &Context<'_>, params: &Params) -> Vec<&'static Placement> {
    let places = ctx.brief.placements.iter().filter_map(|id| Some((placement(id)?, channel_of(id)?)));
    places
        .filter(|(_, channel)| locales_for(channel, ctx.brief).contains(&&params.locale))
        .map(|(place, _)| place)
        .filter(|place| place.videos.iter().any(|v| v.ratios.contains(&params.ratio)))
        .collect()
}

/// Everything that is needed to render, so that it can move to another thread.
struct Cut {
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
    /// Ids of the assets that are made: the video's, the poster's.
    ids: Vec<String>,
    /// The label that the law wants to be seen.
    seen: Option<Seen>,
    /// The same on the poster, on which nobody speaks.
    seen_on_poster: Option<Seen>,
    label: Label,
    poster_label: Label,
}

/// The finished files.
struct Made {
    video: Vec<u8>,
    poster: Vec<u8>,
    srt: String,
    vtt: String,
    probe: Probe,
    /// How much of the video and of its poster is a model's.
    origin: AiOrigin,
    poster_origin: AiOrigin,
}

/// Renders on a thread of its own; stops soon when the step is dropped.
async fn render(ctx: &Context<'_>, film: Cut) -> Result<Made, Error> {
    let (tell, mut told) = tokio::sync::watch::channel(0.0f32);
    let mut work = tokio::task::spawn_blocking(move || film.make(|share| tell.send(share).is_ok()));
    loop {
        tokio::select! {
            done = &mut work => return done.map_err(|e| Error::Broken(format!("rendering: {e}")))?,
            Ok(()) = told.changed() => ctx.desk.progress(*told.borrow_and_update(), "frames"),
        }
    }
}

impl Cut {
    fn make(self, mut progress: impl FnMut(f32) -> bool) -> Result<Made, Error> {
        let pace = self.pace()?;
        let frame = Frame::labelled(self.size, self.zone, self.seen.map(|seen| seen.em));
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
        let timeline = timeline::write(&script, &cues, self.seen.as_ref());
        let assets = self.assets(&frame);
        let film = Film::new(&timeline, &assets).map_err(ours)?;
        let poster = self.poster(&film, &script, &cues, &assets)?;
        let folder = tempfile::tempdir().map_err(|e| Error::Files(e.to_string()))?;
        let path = folder.path().join("video.mp4");
        film.render(Quality::default(), &path, |done, all| progress(done as f32 / all as f32))
            .map_err(ours)?;
        let files = |e: std::io::Error| Error::Files(e.to_string());
        let video = self.labelled(std::fs::read(&path).map_err(files)?, "video/mp4", 0, &self.label)?;
        // What is looked at is what is given away.
        std::fs::write(&path, &video).map_err(files)?;
        let probe = video::probe(&path).map_err(ours)?;
        let (srt, vtt) = (captions::srt(&cues), captions::vtt(&cues));
        let (origin, poster_origin) = (self.label.origin, self.poster_label.origin);
        Ok(Made { video, poster, srt, vtt, probe, origin, poster_origin })
    }

    /// The poster. The label of a video goes after some seconds, the one of a picture stays.
    fn poster(
        &self,
        film: &Film<'_>,
        script: &Script<'_>,
        cues: &[Cue],
        assets: &Assets,
    ) -> Result<Vec<u8>, Error> {
        let canvas = if self.seen.is_none() {
            film.poster().map_err(ours)?
        } else {
            let seen = self.seen_on_poster.map(|seen| Seen { seconds: f64::from(self.tier), ..seen });
            let still = timeline::write(script, cues, seen.as_ref());
            Film::new(&still, assets).and_then(|film| film.poster()).map_err(ours)?
        };
        let jpeg = encode::jpeg(&canvas, 88, Color::WHITE).map_err(ours)?;
        self.labelled(jpeg, "image/jpeg", 1, &self.poster_label)
    }

    fn labelled(&self, bytes: Vec<u8>, media_type: &str, nth: usize, said: &Label) -> Result<Vec<u8>, Error> {
        let id = self.ids.get(nth).map_or("video", String::as_str);
        label::written(bytes, media_type, id, said)
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
}

fn ours(error: handbill_media::Error) -> Error {
    Error::Media { what: "video".into(), reason: error.to_string(), theirs: false }
}

async fn output(
    ctx: &Context<'_>,
    params: &Params,
    made: Made,
    (models, voice): (Vec<String>, Option<String>),
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
        let ai_origin = match kind {
            AssetKind::Video => made.origin,
            AssetKind::Poster => made.poster_origin,
            // Captions are the storyboard's words and nothing else.
            _ if ctx.writers(&params.storyboard).is_empty() => AiOrigin::None,
            _ => AiOrigin::Generated,
        };
        let mut lineage = ctx.lineage();
        lineage.models = models.clone();
        lineage.voice = voice.clone();
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
            ai_origin,
            cost: Money::zero(Currency::default()),
            checks,
            proof: None,
        });
    }
    let value = serde_json::to_value(&probe).map_err(|e| Error::Broken(e.to_string()))?;
    let made_of = Some(MadeOf::of(ctx, SHOWN.into())?);
    Ok(StepOutput { value, assets, made_of, ..StepOutput::default() })
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
