//! The proof of a picture, from what the studio measured on it.

use handbill_checks::proof::{File, Part, Picture, Pixels, Words, prove};
use handbill_domain::{asset::AiOrigin, proof::Proof};
use handbill_media::{
    image::{
        Cutout,
        encode::Encoded,
        fidelity::{self, Place},
    },
    open,
    template::{Composed, Placed, Template},
};

use super::Job;

/// Of a layout, before it is painted.
pub(super) fn laid(job: &Job, template: &Template, laid: &Composed) -> Proof {
    proof(job, template, laid, None, None)
}

/// Of a painted picture, before it is written.
pub(super) fn painted(job: &Job, template: &Template, composed: &Composed, kept: Option<&Pixels>) -> Proof {
    proof(job, template, composed, None, kept)
}

/// Of a finished file.
pub(super) fn written(
    job: &Job,
    template: &Template,
    composed: &Composed,
    file: &Encoded,
    pixels: Option<&Pixels>,
) -> Proof {
    let file = File {
        media_type: file.format.media_type(),
        size: job.params.size,
        bytes: file.bytes.len() as u64,
        seconds: None,
        fps: None,
        codec: None,
    };
    proof(job, template, composed, Some(file), pixels)
}

/// Are the product's pixels those of its photo? Absent where no cut-out stands on the picture.
pub(super) fn kept(product: Option<&Cutout>, composed: &Composed) -> Option<Pixels> {
    let (product, place) = product.zip(place(composed))?;
    let kept = fidelity::kept(product, &composed.canvas, place, &over(composed));
    Some(Pixels {
        compared: kept.compared,
        differing: kept.differing,
        in_proportion: kept.in_proportion,
        changes: Vec::new(),
    })
}

/// The same, with what became of the product in the file where a model had a part in the picture: the file is read again.
pub(super) fn touched(
    job: &Job,
    template: &Template,
    composed: &Composed,
    file: &Encoded,
    kept: Option<Pixels>,
) -> Option<Pixels> {
    let mut pixels = kept?;
    let by_a_model = job.label(template).origin > AiOrigin::Assisted;
    let (Some(product), Some(place), true) = (&job.material.product, place(composed), by_a_model) else {
        return Some(pixels);
    };
    match open::open(&file.bytes, &open::Limits::default()) {
        Ok(opened) => {
            let found = fidelity::fidelity(product, &opened.canvas, place, &over(composed));
            pixels.changes = found.changes.iter().map(|change| change.as_str().to_owned()).collect();
        }
        Err(error) => pixels.changes = vec![error.to_string()],
    }
    Some(pixels)
}

/// Where the product stands.
fn place(composed: &Composed) -> Option<Place> {
    let found = composed.boxes.iter().find(|placed| placed.name == "product")?;
    Some(whole(found.rect))
}

/// What a design sets over the product on purpose: words, a badge.
fn over(composed: &Composed) -> Vec<Place> {
    let after = composed.boxes.iter().skip_while(|placed| placed.name != "product").skip(1);
    after.filter(|placed| placed.name != "photo").map(|placed| whole(placed.rect)).collect()
}

fn whole((x, y, w, h): (f32, f32, f32, f32)) -> Place {
    (x.round() as i32, y.round() as i32, w.round() as u32, h.round() as u32)
}

fn proof(
    job: &Job,
    template: &Template,
    composed: &Composed,
    file: Option<File<'_>>,
    product: Option<&Pixels>,
) -> Proof {
    let parts: Vec<Part> = composed.boxes.iter().map(part).collect();
    prove(&Picture {
        slot: job.slot,
        locale: &job.params.locale,
        size: job.params.size,
        file,
        parts: &parts,
        label: job.seen(template).map(|seen| seen.glyph),
        product,
    })
}

fn part(placed: &Placed) -> Part {
    let rect = |(x, y, w, h): (f32, f32, f32, f32)| [x, y, w, h];
    Part {
        name: placed.name.clone(),
        rect: rect(placed.rect),
        room: placed.room.map(rect),
        words: placed.text_size.map(|em| Words {
            lines: placed.lines.clone(),
            em,
            glyph: placed.glyph_height.unwrap_or_default(),
            contrast: placed.contrast,
            tofu: placed.tofu,
        }),
    }
}
