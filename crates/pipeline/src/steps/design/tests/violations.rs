//! Every template, with each kind of violation put into it by hand: its proof names it.

use handbill_checks::proof::Pixels;
use handbill_domain::asset::AiOrigin;
use handbill_media::{
    image::encode::{Encoded, Format},
    template::{Placed, lay_out},
};

use super::{super::prove, *};

/// A story of a tea, of which a model drew the ground, with everything that a template can need.
fn a_full_job() -> Job {
    let mut job = a_job("meta.stories", "story", (1080, 1920));
    job.params.locale = "zh-CN".parse().unwrap();
    let fact = |label: &str, value: &str, usual: Option<&str>| FactLine {
        label: label.into(),
        value: value.into(),
        is_number: value.starts_with(|c: char| c.is_ascii_digit()),
        usual: usual.map(str::to_owned),
    };
    job.material.words = Words {
        brand: "山前雾".into(),
        call_to_action: "立即尝鲜".into(),
        offer: Some("首单立减60元".into()),
        facts: vec![
            fact("海拔", "600 米", Some("约 200 米")),
            fact("采摘", "清明前手采", Some("谷雨后机采")),
            fact("净含量", "100 克", None),
            fact("工艺", "手工炒制", Some("滚筒机炒")),
        ],
        url: Some("https://tea.example.com/spring".into()),
        ..job.material.words
    };
    job.material.lifestyle = job.material.product_photo.iter().cloned().collect();
    job.outline.design = DesignWords {
        headline: "云雾里慢慢长成，香气更细".into(),
        headline_short: "清明前手采".into(),
        subline: "浙江杭州的高山茶园".into(),
        kicker: "春茶上新".into(),
        quote: "入口鲜爽，回甘清甜".into(),
        quote_source: "2026 年采摘记录".into(),
        bullets: vec!["一芽一叶".into(), "手工炒制".into(), "双层密封罐".into()],
    };
    job.full = Label { origin: AiOrigin::Composite, ..Label::default() };
    job
}

/// What is wrong with a picture: nothing but one thing, put in by hand.
struct Wrong {
    check: Check,
    boxes: fn(&mut Vec<Placed>),
    file: fn(&mut Encoded, &mut Size),
    pixels: fn(&mut Pixels),
}

const NOTHING: Wrong = Wrong { check: Check::Size, boxes: |_| {}, file: |_, _| {}, pixels: |_| {} };

/// The largest text, which every template has.
fn words(boxes: &mut [Placed]) -> &mut Placed {
    let own = boxes.iter_mut().filter(|b| b.text_size.is_some() && b.name != "ai_label" && b.name != "legal");
    own.max_by(|a, b| a.text_size.unwrap().total_cmp(&b.text_size.unwrap())).unwrap()
}

const WRONGS: [Wrong; 14] = [
    Wrong { check: Check::Size, file: |_, size| *size = Size { width: 270, height: 480 }, ..NOTHING },
    Wrong { check: Check::Ratio, file: |_, size| size.height -= 60, ..NOTHING },
    Wrong { check: Check::FileSize, file: |file, _| file.bytes.resize(40_000_000, 0), ..NOTHING },
    Wrong { check: Check::Format, file: |file, _| file.format = Format::Avif, ..NOTHING },
    Wrong { check: Check::SafeZone, boxes: |all| words(all).rect.1 = 20.0, ..NOTHING },
    Wrong { check: Check::TextSize, boxes: |all| words(all).text_size = Some(12.0), ..NOTHING },
    Wrong { check: Check::Contrast, boxes: |all| words(all).contrast = Some(4.3), ..NOTHING },
    Wrong { check: Check::Tofu, boxes: |all| words(all).tofu = 1, ..NOTHING },
    Wrong {
        check: Check::LineBreaks,
        boxes: |all| words(all).lines = vec!["云雾里慢慢长成".into(), "，香气更细".into()],
        ..NOTHING
    },
    Wrong {
        check: Check::Overflow,
        boxes: |all| {
            let text = words(all);
            text.room = Some((text.rect.0, text.rect.1, text.rect.2 - 9.0, text.rect.3));
        },
        ..NOTHING
    },
    Wrong {
        check: Check::Overlap,
        boxes: |all| {
            let twin = words(all).clone();
            all.push(twin);
        },
        ..NOTHING
    },
    Wrong {
        check: Check::LogoSpace,
        boxes: |all| {
            let (x, y, w, _) = words(all).rect;
            let logo = Placed { name: "logo".into(), text_size: None, ..all[0].clone() };
            all.push(Placed { rect: (x, y - 62.0, w.min(300.0), 60.0), ..logo });
            let last = all.len() - 1;
            let first = all.iter().position(|b| b.name == "logo").unwrap();
            all.swap(first, last);
        },
        ..NOTHING
    },
    Wrong {
        check: Check::LabelHeight,
        boxes: |all| {
            all.iter_mut().filter(|b| b.name == "ai_label").for_each(|b| b.glyph_height = Some(50.0))
        },
        ..NOTHING
    },
    Wrong { check: Check::ProductPixels, pixels: |pixels| pixels.differing = 3, ..NOTHING },
];

/// The checks that the proof of a picture with something wrong fails.
fn failed(job: &mut Job, template: &Template, wrong: &Wrong) -> Vec<Check> {
    let laid = {
        let scene = job.scene(template, Mend::AllWords, &job.outline.design).unwrap();
        lay_out(template, &scene, &job.material.fonts)
    };
    let mut laid = laid.unwrap_or_else(|e| panic!("{}: {e}", template.name));
    // Nothing is painted, so what would be measured is said.
    laid.boxes.iter_mut().filter(|b| b.text_size.is_some()).for_each(|b| b.contrast = Some(7.0));
    let mut file = Encoded { bytes: vec![0; 300_000], format: Format::Jpeg, quality: 85, likeness: 0.99 };
    let mut pixels = Pixels { compared: 9000, in_proportion: true, ..Pixels::default() };
    let size = job.params.size;
    (wrong.boxes)(&mut laid.boxes);
    (wrong.file)(&mut file, &mut job.params.size);
    (wrong.pixels)(&mut pixels);
    let proof = prove::written(job, template, &laid, &file, Some(&pixels));
    job.params.size = size;
    proof.failed().map(|entry| entry.check).collect()
}

#[test]
fn each_violation_put_into_each_template_is_named() {
    let mut job = a_full_job();
    let designs: Vec<&Template> =
        built_in().iter().filter(|t| !is_bare(t) && t.suits.only.is_empty()).collect();
    assert!(designs.len() >= 24, "{}", designs.len());
    let mut missed = Vec::new();
    for template in designs {
        let before = failed(&mut job, template, &NOTHING);
        if !before.is_empty() {
            missed.push(format!("{}: {before:?} without anything wrong", template.name));
        }
        for wrong in &WRONGS {
            let found = failed(&mut job, template, wrong);
            if !found.contains(&wrong.check) {
                missed.push(format!("{}: {:?} is not named: {found:?}", template.name, wrong.check));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
