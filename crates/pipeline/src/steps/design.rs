//! Makes one picture of one placement: chooses a template, composes it, encodes it as the placement wants it, and proves it.

mod choose;
mod mend;
mod prove;

use std::collections::BTreeSet;

use bytes::Bytes;
use handbill_checks::proof::Pixels;
use handbill_domain::{
    asset::{AiOrigin, Asset, AssetKind, CheckResult, Lineage, Severity},
    channel::{self, ImageSlot, Placement, Size},
    locale::Locale,
    money::{Currency, Money},
    proof::Proof,
    words::{DesignWords, Outline},
};
use handbill_media::{
    Canvas, Color, Error as MediaError,
    image::encode::{self, Encoded, Format},
    template::{Composed, Need, Read, Scene, Template, compose, lay_out, reads},
};
use handbill_provenance::Label;
use serde::Deserialize;

use self::{choose::Turn, mend::Mend};
use super::{
    background::Drawn,
    content::{MadeOf, Part},
    label::{self, Parts},
    material::{Material, Photos},
};
use crate::{Context, Error, graph::StepOutput, templates::Templates};

/// What this step is told.
#[derive(Clone, Debug, Deserialize)]
struct Params {
    placement: String,
    role: String,
    size: Size,
    locale: Locale,
    variant: u32,
    #[serde(default)]
    template: Option<String>,
    #[serde(default = "one")]
    card: u32,
    background: Option<String>,
    outline: String,
}

fn one() -> u32 {
    1
}

/// Designs one picture.
pub async fn run(ctx: &Context<'_>) -> Result<StepOutput, Error> {
    let params: Params = ctx.params()?;
    let placement = channel::placement(&params.placement)
        .ok_or_else(|| Error::Broken(format!("there is no placement `{}`", params.placement)))?;
    let slot = placement.images.iter().find(|s| s.role == params.role);
    let slot =
        slot.ok_or_else(|| Error::Broken(format!("{} has no picture `{}`", placement.id, params.role)))?;
    let outline: Outline = ctx.output(&params.outline)?;
    let drawn: Option<Drawn> = params.background.as_ref().map(|key| ctx.output(key)).transpose()?;
    let drawn = drawn.as_slice();
    ctx.desk.progress(0.0, &params.placement);
    let material = Material::gather(ctx, &params.locale, drawn, Photos::First).await?;
    let turn = turn(ctx, &params);
    let words = Parts::words(ctx.writers(&params.outline));
    let job = Job {
        placement,
        slot,
        params: params.clone(),
        outline,
        material,
        templates: ctx.templates.clone(),
        turn,
        id: id(ctx, &params),
        bare: Parts::default().label(ctx),
        full: words.drawn(drawn).label(ctx),
    };
    let made = tokio::task::spawn_blocking(move || job.make())
        .await
        .map_err(|e| Error::Broken(format!("designing: {e}")))??;
    output(ctx, &params, drawn, made).await
}

/// Which of the suitable templates has its turn: neighbours in a campaign differ, and so do variants and cards.
fn turn(ctx: &Context<'_>, params: &Params) -> Turn {
    let place = ctx.brief.placements.iter().position(|id| *id == params.placement).unwrap_or(0);
    let variant = params.variant.saturating_sub(1) + params.card.saturating_sub(1);
    Turn { place, variant: variant as usize, seed: ctx.seed }
}

/// The id of the picture.
fn id(ctx: &Context<'_>, params: &Params) -> String {
    let Params { placement, role, locale, variant, .. } = params;
    let made = ctx.step.makes.first().cloned();
    made.unwrap_or_else(|| format!("image.{placement}.{role}.{locale}.v{variant}"))
}

/// Everything that is needed to design, so that it can move to another thread.
struct Job {
    placement: &'static Placement,
    slot: &'static ImageSlot,
    params: Params,
    outline: Outline,
    material: Material,
    templates: Templates,
    turn: Turn,
    id: String,
    /// What a picture of the product or the logo alone says about its making.
    bare: Label,
    /// What every other says.
    full: Label,
}

/// A finished picture.
struct Made {
    id: String,
    file: Encoded,
    /// What it says about its making.
    label: Label,
    /// Is it the product or the logo alone?
    bare: bool,
    template: String,
    size: Size,
    /// Names of what stands on it.
    shown: Vec<String>,
    /// What of the brief decided about it.
    parts: BTreeSet<Part>,
    proof: Proof,
}

/// Why a design was not taken.
enum Refusal {
    /// Another layout may do better.
    Unfit(Error),
    /// No layout will.
    Final(Error),
}

impl Job {
    /// The first design that its proof does not object to: every layout with all words, then with fewer.
    fn make(&self) -> Result<Made, Error> {
        let asked = choose::Asked {
            template: self.params.template.as_deref(),
            placement: self.placement,
            slot: self.slot,
            there: &self.there(),
            turn: self.turn,
        };
        let candidates = choose::candidates(self.templates.all(), &asked)?;
        let mut refusal = None;
        let mut parts = BTreeSet::new();
        for mend in Mend::ALL {
            let words = mend.words(&self.outline.design);
            for template in &candidates {
                match self.attempt(template, mend, &words, &mut parts) {
                    Ok(made) => return Ok(made),
                    Err(Refusal::Unfit(error)) => refusal = refusal.or(Some(error)),
                    Err(Refusal::Final(error)) => return Err(error),
                }
            }
        }
        let none = || Error::Broken(format!("no template suits {}", self.placement.id));
        Err(refusal.unwrap_or_else(none))
    }

    /// One design: laid out and proved before it is painted, painted and proved before it is written.
    fn attempt(
        &self,
        template: &Template,
        mend: Mend,
        words: &DesignWords,
        parts: &mut BTreeSet<Part>,
    ) -> Result<Made, Refusal> {
        let unusable = |e: MediaError| match e {
            e @ MediaError::TooLong { .. } => Refusal::Unfit(self.unusable(&e)),
            e => Refusal::Final(self.unusable(&e)),
        };
        let scene = self.scene(template, mend, words).map_err(unusable)?;
        parts.extend(self.parts(template, &scene));
        let laid = lay_out(template, &scene, &self.material.fonts).map_err(unusable)?;
        self.held(prove::laid(self, template, &laid))?;
        let composed = compose(template, &scene, &self.material.fonts).map_err(unusable)?;
        let kept = prove::kept(self.material.product.as_ref(), &composed);
        self.held(prove::painted(self, template, &composed, kept.as_ref()))?;
        self.finish(template, &composed, kept, parts)
    }

    /// The proof, if it holds.
    fn held(&self, proof: Proof) -> Result<Proof, Refusal> {
        if proof.holds() {
            return Ok(proof);
        }
        let mut objections = handbill_checks::proof::objections(&proof);
        objections.retain(|o| o.severity == Severity::Block);
        Err(Refusal::Unfit(Error::Unpublishable(objections)))
    }

    /// What of all that a template can need is there.
    fn there(&self) -> Vec<Need> {
        let (m, words) = (&self.material, &self.material.words);
        let others = [
            (Need::Quote, !self.outline.design.quote.trim().is_empty()),
            (Need::Photo, !m.lifestyle.is_empty()),
            (Need::Bullets, self.outline.design.bullets.len() >= 2),
            (Need::Cutout, m.product.is_some()),
        ];
        words.there().into_iter().chain(others).filter(|(_, there)| *there).map(|(need, _)| need).collect()
    }

    /// What of the brief a design of this template is made of.
    fn parts(&self, template: &Template, scene: &Scene<'_>) -> BTreeSet<Part> {
        let mut parts: BTreeSet<Part> = reads(template, scene).into_iter().map(part).collect();
        parts.extend([Part::Colors, Part::Fonts]);
        if is_logo(template) {
            parts.remove(&Part::Legal);
        } else {
            // Whether the product can be cut out decides which templates there are.
            parts.insert(Part::ProductPhoto);
        }
        parts
    }

    fn scene<'a>(
        &'a self,
        template: &Template,
        mend: Mend,
        design: &'a DesignWords,
    ) -> Result<Scene<'a>, MediaError> {
        let (m, words) = (&self.material, &self.material.words);
        let required = self.required_background(template);
        let cut_out_needed = required.is_some() && m.product.is_none();
        if cut_out_needed && template.suits.plain {
            let reason = "the product cannot be cut out of its photo: give a PNG with transparency, or a photo on a plain background";
            return Err(MediaError::Unsupported(reason.into()));
        }
        Ok(Scene {
            size: self.params.size,
            safe_zone: self.slot.safe_zone.as_ref(),
            locale: &self.params.locale,
            words: design,
            call_to_action: if mend == Mend::AllWords { &words.call_to_action } else { "" },
            offer: words.offer.as_deref(),
            price: words.price.as_ref(),
            facts: &words.facts,
            url: words.url.as_deref(),
            brand: &words.brand,
            palette: m.palette,
            background: m.backgrounds.first().map(AsRef::as_ref),
            product: m.product.as_ref(),
            product_photo: m.product_photo.as_deref(),
            photo: m.lifestyle.first().map(AsRef::as_ref),
            logo: m.logo.as_deref(),
            logo_wide: m.logo_wide.as_deref(),
            legal: if is_logo(template) { &[] } else { &words.legal },
            ai_label: self.seen(template).map(|seen| seen.text),
            required_background: required,
            min_fill: self.slot.min_fill,
        })
    }

    /// The ground that the platform demands; plain product pictures stand on white where it demands none, and logos
    /// on the brand's own light ground.
    fn required_background(&self, template: &Template) -> Option<Color> {
        match self.slot.background.as_deref() {
            Some("transparent") => Some(Color::CLEAR),
            Some(hex) => Some(hex.parse().unwrap_or(Color::WHITE)),
            None if self.params.role.contains("transparent") => Some(Color::CLEAR),
            None if template.suits.plain => Some(Color::WHITE),
            None => None,
        }
    }

    /// What a picture of this template says about its making.
    fn label(&self, template: &Template) -> &Label {
        if is_bare(template) { &self.bare } else { &self.full }
    }

    /// What is to be seen of it.
    fn seen(&self, template: &Template) -> Option<label::Seen> {
        label::seen(self.label(template).origin, &self.params.locale, [self.placement])
    }

    /// Writes the file in the first format that keeps the byte limit and the product, with its label and its proof.
    fn finish(
        &self,
        template: &Template,
        composed: &Composed,
        kept: Option<Pixels>,
        parts: &BTreeSet<Part>,
    ) -> Result<Made, Refusal> {
        let label = self.label(template).clone();
        let room = label::room_for(&self.id, &label).map_err(Refusal::Final)?;
        let most = self.slot.max_bytes.map(|most| most.saturating_sub(room));
        let mut refusal = None;
        for format in self.formats(&composed.canvas) {
            let mut file = match encode::best(&composed.canvas, format, most) {
                Ok(file) => file,
                Err(e) => {
                    refusal = Some(Refusal::Final(self.blocked("file_size", e.to_string())));
                    continue;
                }
            };
            let pixels = prove::touched(self, template, composed, &file, kept.clone());
            file.bytes = label::written(file.bytes, file.format.media_type(), &self.id, &label)
                .map_err(Refusal::Final)?;
            let proof = match self.held(prove::written(self, template, composed, &file, pixels.as_ref())) {
                Ok(proof) => proof,
                Err(refused) => {
                    refusal = Some(refused);
                    continue;
                }
            };
            let shown = composed.boxes.iter().map(|b| b.name.clone()).collect();
            return Ok(Made {
                id: self.id.clone(),
                file,
                label,
                bare: is_bare(template),
                template: template.name.clone(),
                size: self.params.size,
                shown,
                parts: parts.clone(),
                proof,
            });
        }
        Err(refusal.unwrap_or_else(|| {
            let message = format!("we write none of the formats that {} takes", self.placement.id);
            Refusal::Final(self.blocked("format", message))
        }))
    }

    /// The accepted formats to try: what is clear and what is flat as PNG first, pictures as AVIF where web pages take it,
    /// else as JPEG.
    fn formats(&self, canvas: &Canvas) -> Vec<Format> {
        let accepted: Vec<Format> =
            self.slot.formats.iter().filter_map(|ending| Format::from_ending(ending)).collect();
        let accepts_png =
            accepted.contains(&Format::Png) || self.slot.formats.iter().any(|f| f.starts_with("png"));
        let clear = !encode::is_opaque(canvas);
        let mut order = match clear {
            true => vec![Format::Png, Format::Webp],
            false if self.params.role.contains("logo") || self.params.role == "icon" => {
                vec![Format::Png, Format::Jpeg, Format::Webp]
            }
            // Labels go into JPEG, PNG and WebP: a file that must have one is none of the others.
            false if self.full.origin == AiOrigin::None => {
                vec![Format::Avif, Format::Jpeg, Format::Webp, Format::Png]
            }
            false => vec![Format::Jpeg, Format::Webp, Format::Png],
        };
        order.retain(|f| accepted.contains(f) || (*f == Format::Png && accepts_png));
        order
    }

    fn unusable(&self, error: &MediaError) -> Error {
        match error {
            MediaError::TooLong { place, text, fits } => {
                let message = match self.params.locale.is_chinese() {
                    true => format!("“{text}”放不进{place}：最多 {fits} 个字"),
                    false => format!("“{text}” does not fit {place}: at most {fits} characters do"),
                };
                self.blocked("text_fit", message)
            }
            MediaError::Unsupported(reason) => {
                Error::Media { what: "product photo".into(), reason: reason.clone(), theirs: true }
            }
            MediaError::MissingGlyph { .. } => {
                Error::Media { what: "text of the picture".into(), reason: error.to_string(), theirs: true }
            }
            other => {
                Error::Media { what: self.params.placement.clone(), reason: other.to_string(), theirs: false }
            }
        }
    }

    fn blocked(&self, rule: &str, message: String) -> Error {
        let place = format!("{}.{}", self.params.placement, self.params.role);
        Error::Unpublishable(vec![CheckResult {
            rule: rule.into(),
            severity: Severity::Block,
            message,
            suggestion: None,
            place: Some(place),
        }])
    }
}

fn part(read: Read) -> Part {
    match read {
        Read::Product => Part::ProductPhoto,
        Read::Photo => Part::WorldPhoto,
        Read::Logo => Part::Logo,
        Read::Brand => Part::BrandName,
        Read::Price => Part::Price,
        Read::Offer => Part::Offer,
        Read::CallToAction => Part::CallToAction,
        Read::Facts => Part::Facts,
        Read::Url => Part::Url,
        Read::Legal => Part::Legal,
    }
}

fn is_logo(template: &Template) -> bool {
    template.suits.roles.iter().any(|r| r == "logo")
}

/// Does it show the product or the logo alone, with no words and no background of ours?
fn is_bare(template: &Template) -> bool {
    template.suits.plain || is_logo(template)
}

async fn output(
    ctx: &Context<'_>,
    params: &Params,
    drawn: &[Drawn],
    made: Made,
) -> Result<StepOutput, Error> {
    let Params { placement, role, locale, variant, size, card, .. } = params;
    let id = made.id;
    // A slot may have several sizes and cards; the id tells them apart.
    let part = id
        .strip_prefix(&format!("image.{placement}."))
        .and_then(|rest| rest.strip_suffix(&format!(".{locale}.v{variant}")))
        .unwrap_or(role);
    let bytes = Bytes::from(made.file.bytes);
    let shown = drawn.first().filter(|_| !made.bare);
    let mut models: Vec<String> = shown.map(|d| d.model.clone()).into_iter().collect();
    models.extend(made.label.systems.iter().filter(|m| shown.is_none_or(|d| d.model != **m)).cloned());
    let lineage = Lineage {
        prompt: shown.map(|d| d.prompt.clone()),
        models,
        brief_fields: fields(&made.shown),
        ..ctx.lineage()
    };
    let asset = Asset {
        file: format!("images/{locale}/{placement}.{part}.v{variant}.{}", made.file.format.ending()),
        id,
        kind: AssetKind::Image,
        placement: Some(placement.clone()),
        role: Some(role.clone()),
        locale: Some(locale.clone()),
        variant: Some(*variant),
        media_type: made.file.format.media_type().into(),
        width: Some(made.size.width),
        height: Some(made.size.height),
        duration_s: None,
        bytes: bytes.len() as u64,
        digest: ctx.desk.put(bytes).await?,
        lineage,
        ai_origin: made.label.origin,
        cost: Money::zero(Currency::default()),
        checks: handbill_checks::proof::objections(&made.proof),
        proof: Some(made.proof),
    };
    let value = serde_json::json!({ "template": made.template, "quality": made.file.quality, "card": card, "size": size });
    let made_of = Some(MadeOf::of(ctx, made.parts)?);
    Ok(StepOutput { value, assets: vec![asset], made_of, ..StepOutput::default() })
}

/// The fields of the brief that are seen on the picture.
fn fields(shown: &[String]) -> Vec<String> {
    let table: [(&str, &[&str]); 7] = [
        ("product", &["/product/photos"]),
        ("photo", &["/product/photos"]),
        ("price", &["/product/price", "/product/list_price"]),
        ("offer", &["/offer"]),
        ("button", &["/call_to_action"]),
        ("logo", &["/brand/logo", "/brand/logo_wide", "/brand/name"]),
        ("legal", &["/brand/legal_lines"]),
    ];
    let mut fields = vec!["/brand/colors".to_owned()];
    for (name, used) in table {
        if shown.iter().any(|s| s == name) {
            fields.extend(used.iter().map(|f| (*f).to_owned()));
        }
    }
    fields.dedup();
    fields
}

#[cfg(test)]
mod tests;
