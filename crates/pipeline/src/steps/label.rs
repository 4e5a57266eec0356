//! What a finished picture or video says about the part that models had in it: inside its file, and where a market
//! demands it, to the eye.

use handbill_domain::{
    asset::{AiOrigin, Digest},
    channel::Placement,
    locale::Locale,
};
use handbill_provenance::{Label, demanded, label, room};

use super::background::Drawn;
use crate::{Context, Error};

/// The program, as files name it.
const TOOL: &str = concat!("Handbill ", env!("CARGO_PKG_VERSION"));

/// Letters must have a height that is a share of the short side; Chinese ones fill five sixths of their em, Latin capitals
/// eight elevenths.
const CHINESE_EM: f64 = 1.2;
const LATIN_EM: f64 = 1.4;
/// Where a market demands a label and says not how: as China does (GB 45438-2025, 5.2 and 5.4).
const GLYPH: f32 = 0.05;
const SECONDS: f32 = 2.0;

/// The models that had a part in something. Rehearsal is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// Those whose pixels or sounds are in it.
    media: Vec<String>,
    /// Those whose words are.
    words: Vec<String>,
}

impl Parts {
    /// Of words that these models wrote, with nothing to see or hear yet.
    pub(super) fn words(models: &[String]) -> Self {
        Self { media: Vec::new(), words: models.to_vec() }
    }

    /// With these backgrounds, as far as a model drew them.
    pub(super) fn drawn(mut self, drawn: &[Drawn]) -> Self {
        let by_a_model = drawn.iter().filter(|d| d.ai_origin > AiOrigin::Assisted);
        self.media.extend(by_a_model.map(|d| d.model.clone()));
        self
    }

    /// With what these models spoke.
    pub(super) fn spoken(mut self, models: &[String]) -> Self {
        self.media.extend_from_slice(models);
        self
    }

    /// How much of it is a model's. Words and photos of the brief are always in it, so it is never all.
    pub(super) fn origin(&self) -> AiOrigin {
        match (self.media.is_empty(), self.words.is_empty()) {
            (false, _) => AiOrigin::Composite,
            (true, false) => AiOrigin::Assisted,
            (true, true) => AiOrigin::None,
        }
    }

    /// What a file of it says. The id is completed by [`written`].
    pub(super) fn label(&self, ctx: &Context<'_>) -> Label {
        let mut systems = [self.media.clone(), self.words.clone()].concat();
        systems.sort();
        systems.dedup();
        Label {
            origin: self.origin(),
            producer: ctx.producer.to_owned(),
            tool: TOOL.to_owned(),
            systems,
            ..Label::default()
        }
    }
}

/// The label in a file, as its last change. Its id is the asset's with the start of the digest of what was labelled, so
/// the same content has the same id, and other content another.
pub(super) fn written(bytes: Vec<u8>, media_type: &str, id: &str, said: &Label) -> Result<Vec<u8>, Error> {
    let digest = Digest::of(&bytes);
    let said = Label { produce_id: produce_id(id, &digest), ..said.clone() };
    label(bytes, media_type, &said).map_err(|e| unlabelled(id, &e))
}

/// How many bytes [`written`] adds to a picture at most.
pub(super) fn room_for(id: &str, said: &Label) -> Result<u64, Error> {
    let said = Label { produce_id: produce_id(id, &Digest::of(&[])), ..said.clone() };
    room(&said).map_err(|e| unlabelled(id, &e))
}

fn produce_id(id: &str, digest: &Digest) -> String {
    format!("{id}-{}", &digest.as_str()[..16])
}

fn unlabelled(id: &str, error: &handbill_provenance::Error) -> Error {
    Error::Media { what: format!("label of {id}"), reason: error.to_string(), theirs: false }
}

/// A label that people see.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seen {
    /// The words.
    pub(super) text: &'static str,
    /// Least height of the letters, as a share of the short side.
    pub(super) glyph: f32,
    /// Size of the letters' em, as a share of the short side.
    pub(super) em: f64,
    /// How long a video shows it from its start.
    pub(super) seconds: f64,
}

/// The label that must be seen on a picture or video of this origin, where the market of its locale or of one of its
/// placements demands one.
pub(super) fn seen<'p>(
    origin: AiOrigin,
    locale: &Locale,
    placements: impl IntoIterator<Item = &'p Placement>,
) -> Option<Seen> {
    let places = std::iter::once(None).chain(placements.into_iter().map(Some));
    let demand = places.filter_map(|place| demanded(origin, locale, place)).next()?;
    let marks = || demand.image.iter().chain(&demand.video);
    let glyph = marks().map(|m| m.min_glyph_of_short_side).fold(GLYPH, f32::max);
    let seconds = marks().filter_map(|m| m.min_seconds).fold(SECONDS, f32::max);
    let text = demand.text.for_language(locale.language());
    let em = if text.is_ascii() { LATIN_EM } else { CHINESE_EM };
    Some(Seen { text, glyph, em: f64::from(glyph) * em, seconds: f64::from(seconds) })
}

#[cfg(test)]
mod tests {
    use handbill_domain::channel::placement;

    use super::*;

    fn drawn(origin: AiOrigin) -> Drawn {
        Drawn {
            digest: Digest::of(b"picture"),
            ai_origin: origin,
            model: "ours/painter".into(),
            prompt: Digest::of(b"prompt"),
        }
    }

    #[test]
    fn how_much_is_a_models_follows_from_its_parts() {
        let words = ["ours/writer".to_owned()];
        let nobody = Parts::default();
        assert_eq!(nobody.clone().drawn(&[drawn(AiOrigin::None)]).origin(), AiOrigin::None);
        assert_eq!(Parts::words(&words).origin(), AiOrigin::Assisted);
        assert_eq!(nobody.clone().drawn(&[drawn(AiOrigin::Generated)]).origin(), AiOrigin::Composite);
        assert_eq!(nobody.spoken(&["ours/voice".to_owned()]).origin(), AiOrigin::Composite);
    }

    #[test]
    fn a_label_is_seen_where_the_locale_or_one_of_the_placements_demands_it() {
        let [zh, en] = ["zh-CN", "en-US"].map(|tag| tag.parse::<Locale>().unwrap());
        let at = |id: &str| placement(id).unwrap();
        let text = |origin, locale, places: &[&Placement]| {
            seen(origin, locale, places.iter().copied()).map(|s| s.text)
        };
        assert_eq!(text(AiOrigin::Composite, &zh, &[]), Some("AI生成"));
        assert_eq!(text(AiOrigin::Composite, &en, &[at("meta.reels")]), None);
        let both = [at("meta.reels"), at("douyin.video_post")];
        assert_eq!(text(AiOrigin::Composite, &en, &both), Some("AI-generated"));
        assert_eq!(text(AiOrigin::Assisted, &zh, &both), None, "words alone are labelled as words");
        let size = seen(AiOrigin::Composite, &zh, []).unwrap();
        assert!((size.em - 0.06).abs() < 1e-6 && size.seconds == 2.0, "{size:?}");
        let size = seen(AiOrigin::Composite, &en, both).unwrap();
        assert!((size.em - 0.07).abs() < 1e-6, "capitals are lower than Chinese characters: {size:?}");
    }

    #[test]
    fn the_same_content_has_the_same_id() {
        let said = Label { origin: AiOrigin::Composite, producer: "us".into(), ..Label::default() };
        let bare = Label::default();
        assert_eq!(written(vec![1], "image/jpeg", "image.a", &bare).unwrap(), [1]);
        assert!(written(vec![1], "image/jpeg", "image.a", &said).is_err(), "it is no JPEG");
        assert_eq!(produce_id("image.a", &Digest::of(b"")), "image.a-af1349b9f5f9a1a6");
    }
}
