mod violations;

use std::sync::{Arc, LazyLock};

use handbill_domain::proof::{Check, Outcome};
use handbill_media::{
    image::cut_out,
    shape,
    template::{FactLine, Palette, PriceTag, built_in, read},
    text::{BrandFonts, Fonts},
};

use super::{super::material::Words, *};

static FONTS: LazyLock<Arc<Fonts>> = LazyLock::new(|| Arc::new(Fonts::load(&BrandFonts::default()).unwrap()));

/// A tin of tea at a placement, with words that fit.
fn a_job(placement: &str, role: &str, size: (u32, u32)) -> Job {
    let [primary, secondary, accent, background, text] =
        ["#1F4D3A", "#8FB09A", "#C8622D", "#F6F1E4", "#1C2A22"].map(|c| c.parse::<Color>().unwrap());
    let palette = Palette { primary, secondary, accent, background, text };
    let mut tin = Canvas::new(240, 320, Color::CLEAR);
    shape::rect(&mut tin, 30.0, 30.0, 180.0, 260.0, 15.0, primary);
    shape::rect(&mut tin, 60.0, 100.0, 120.0, 150.0, 4.0, background);
    let fact = |label: &str, value: &str| FactLine {
        label: label.into(),
        value: value.into(),
        is_number: true,
        usual: None,
    };
    let placement = channel::placement(placement).unwrap();
    let [headline, headline_short, subline] =
        ["Picked before the spring rains", "Spring in a tin", "Pan-fired by hand in small batches"]
            .map(str::to_owned);
    let design = DesignWords { headline, headline_short, subline, ..DesignWords::default() };
    Job {
        placement,
        slot: placement.images.iter().find(|slot| slot.role == role).unwrap(),
        params: Params {
            placement: placement.id.clone(),
            role: role.into(),
            size: Size { width: size.0, height: size.1 },
            locale: "en-US".parse().unwrap(),
            variant: 1,
            template: None,
            card: 1,
            background: None,
            outline: "outline".into(),
        },
        outline: Outline {
            angle: "craft".into(),
            hooks: Vec::new(),
            points: Vec::new(),
            close: String::new(),
            design,
        },
        material: Material {
            fonts: FONTS.clone(),
            palette,
            words: Words {
                brand: "Mistfore".into(),
                product: "Longjing".into(),
                message: "Spring".into(),
                call_to_action: "Taste it".into(),
                offer: None,
                code: None,
                price: Some(PriceTag { sign: "¥".into(), amount: "268".into(), list: None }),
                facts: vec![fact("Net weight", "100 g"), fact("Altitude", "600 m")],
                url: None,
                legal: Vec::new(),
            },
            backgrounds: Vec::new(),
            product: cut_out(&tin),
            product_photo: Some(Arc::new(tin)),
            lifestyle: Vec::new(),
            detail: Vec::new(),
            logo: None,
            logo_wide: None,
        },
        templates: Templates::default(),
        turn: Turn::default(),
        id: "image.test".into(),
        bare: Label::default(),
        full: Label::default(),
    }
}

/// A job with one template of its own.
fn with_template(mut job: Job, layers: &str) -> Job {
    let yaml = format!(
        "name: own\ntitle: {{ en: Own, zh: 自己的 }}\nsuits: {{}}\nlayouts:\n  square:\n    layers:\n{layers}"
    );
    let mut all = built_in().to_vec();
    all.push(read(&yaml).unwrap());
    job.templates = Templates::of(all);
    job.params.template = Some("own".into());
    job
}

const GROUND: &str = "      - background: { color: background, veil: 1 }\n";
const PRODUCT: &str = "      - product: { area: [0.5, 0.1, 0.45, 0.8] }\n";

fn headline(max: f32) -> String {
    format!(
        "      - stack:\n          name: message\n          area: [0.06, 0.1, 0.4, 0.6]\n          items:\n            - text: {{ say: headline, family: heading, weight: 700, max: {max}, min: 1, lines: 4, color: ink }}\n"
    )
}

fn blocked(job: &Job) -> Vec<CheckResult> {
    match job.make() {
        Err(Error::Unpublishable(objections)) => objections,
        Ok(made) => panic!("{} was made", made.template),
        Err(e) => panic!("{e}"),
    }
}

#[test]
fn a_finished_picture_has_a_proof_of_every_check() {
    let made = a_job("instagram.feed", "photo", (1080, 1350)).make().unwrap();
    assert!(made.proof.holds(), "{:#?}", made.proof);
    let of = |check: Check| made.proof.entries.iter().find(|entry| entry.check == check).unwrap();
    assert_eq!(made.proof.entries.len(), 14);
    for check in [Check::FileSize, Check::Format, Check::Contrast, Check::TextSize, Check::ProductPixels] {
        assert!(matches!(of(check).outcome, Outcome::Passed | Outcome::Warned), "{check:?}");
    }
    assert!(made.proof.boxes.iter().any(|b| b.name == "product" && b.rect[2] > 0.1));
}

#[test]
fn a_button_that_does_not_fit_is_left_out_rather_than_the_picture() {
    let mut job = a_job("instagram.story", "story", (1080, 1920));
    job.params.template = Some("announce-invite".into());
    assert!(job.make().unwrap().shown.iter().any(|s| s == "button"));
    job.material.words.call_to_action =
        "Order the whole harvest of this spring right now ".repeat(2).trim().into();
    let made = job.make().unwrap();
    assert!(!made.shown.iter().any(|s| s == "button"), "{:?}", made.shown);
}

#[test]
fn words_that_no_layout_can_carry_block_with_how_many_fit() {
    let mut job = a_job("instagram.feed", "photo", (1080, 1350));
    job.outline.design.headline = "清明前手采的龙井一芽一叶".repeat(30);
    job.outline.design.headline_short = job.outline.design.headline.clone();
    job.params.template = Some("product-hero".into());
    let found = blocked(&job);
    assert_eq!(found[0].rule, "text_fit");
    assert!(found[0].message.contains("at most"), "{}", found[0].message);
    let failure = Error::Unpublishable(found).failure();
    assert_eq!(
        (failure.code.as_str(), failure.next_action),
        ("not_publishable", handbill_domain::fault::NextAction::EditBrief)
    );
}

#[test]
fn words_too_small_for_a_phone_block_a_design_and_another_takes_its_place() {
    let job = with_template(
        a_job("google_ads.demand_gen_image", "square", (1200, 1200)),
        &format!("{GROUND}{PRODUCT}{}", headline(1.2)),
    );
    let found = blocked(&job);
    assert_eq!(found[0].rule, "text_size", "{found:?}");
    assert!(found[0].message.contains("Picked before the spring rains"), "{}", found[0].message);
    let free = Job { params: Params { template: None, ..job.params.clone() }, ..job };
    assert_ne!(free.make().unwrap().template, "own");
}

#[test]
fn a_design_that_paints_over_the_product_breaks_the_contract() {
    let over = "      - panel: { area: [0.6, 0.4, 0.2, 0.2], color: accent }\n";
    let job =
        |layers: String| with_template(a_job("google_ads.demand_gen_image", "square", (1200, 1200)), &layers);
    assert_eq!(job(format!("{GROUND}{PRODUCT}{}", headline(8.0))).make().unwrap().template, "own");
    let found = blocked(&job(format!("{GROUND}{PRODUCT}{over}{}", headline(8.0))));
    assert_eq!((found[0].rule.as_str(), found[0].place.as_deref()), ("product_pixels", Some("product")));
}

#[test]
fn a_file_that_a_model_had_a_part_in_is_read_again_and_still_shows_the_product() {
    let mut job = a_job("instagram.feed", "photo", (1080, 1350));
    job.full = Label {
        origin: handbill_domain::asset::AiOrigin::Composite,
        producer: "us".into(),
        tool: "test".into(),
        systems: vec!["ours/painter".into()],
        ..Label::default()
    };
    let made = job.make().unwrap();
    let pixels = made.proof.entries.iter().find(|entry| entry.check == Check::ProductPixels).unwrap();
    assert_eq!(pixels.outcome, Outcome::Passed, "{pixels:?}");
    // The same file beside another product.
    let composed = compose(
        built_in().iter().find(|t| t.name == made.template).unwrap(),
        &job.scene(&built_in()[0], Mend::AllWords, &job.outline.design).unwrap(),
        &job.material.fonts,
    )
    .unwrap();
    let mut other = job.material.product.clone().unwrap();
    shape::rect(&mut other.canvas, 40.0, 90.0, 60.0, 60.0, 0.0, Color::rgb(200, 40, 40));
    job.material.product = Some(other);
    let kept = Pixels { compared: 1, in_proportion: true, ..Pixels::default() };
    let template = &built_in()[0];
    let touched = prove::touched(&job, template, &composed, &made.file, Some(kept)).unwrap();
    assert!(touched.changes.contains(&"detail".to_owned()), "{touched:?}");
}

#[test]
fn web_pages_get_avif_and_shops_get_what_they_take() {
    let made = a_job("web.article", "hero", (1200, 675)).make().unwrap();
    assert_eq!(made.file.format, Format::Avif);
    let made = a_job("instagram.feed", "photo", (1080, 1350)).make().unwrap();
    assert_eq!(made.file.format, Format::Jpeg);
}

#[test]
fn every_slot_of_every_channel_has_a_design_that_its_proof_lets_through() {
    let (mut wrong, mut tried, mut refused) = (Vec::new(), 0, 0);
    let places = channel::channels().iter().flat_map(|c| &c.placements);
    let slots = places.flat_map(|p| p.images.iter().map(move |slot| (p, slot)));
    let logo = Arc::new(Canvas::new(300, 100, Color::rgb(31, 77, 58)));
    for (place, slot) in slots {
        for size in slot.sizes() {
            let mut job = a_job(&place.id, &slot.role, (size.width, size.height));
            job.material.logo = Some(logo.clone());
            let there = job.there();
            let asked = choose::Asked {
                template: None,
                placement: job.placement,
                slot: job.slot,
                there: &there,
                turn: job.turn,
            };
            let candidates = choose::candidates(job.templates.all(), &asked).unwrap();
            let (mut held, mut why) = (0, Vec::new());
            for template in &candidates {
                let scene = job.scene(template, Mend::AllWords, &job.outline.design).unwrap();
                match lay_out(template, &scene, &job.material.fonts) {
                    Ok(laid) => {
                        let proof = prove::laid(&job, template, &laid);
                        held += u32::from(proof.holds());
                        why.extend(
                            proof
                                .failed()
                                .filter_map(|e| e.reason.clone())
                                .map(|r| format!("{}: {r}", template.name)),
                        );
                    }
                    Err(e) => why.push(e.to_string()),
                }
            }
            tried += candidates.len();
            refused += candidates.len() - held as usize;
            if held == 0 || std::env::var("TELL").is_ok() && !why.is_empty() {
                wrong.push(format!(
                    "{} {} {}×{} ({held} hold):\n    {}",
                    place.id,
                    slot.role,
                    size.width,
                    size.height,
                    why.join("\n    ")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused * 5 < tried, "{refused} of {tried} designs are refused");
}
