use handbill_domain::channel::placement;

use super::{super::geometry::Rect, *};

fn words(lines: &[&str], em: f32) -> Option<Words> {
    let lines = lines.iter().map(|l| (*l).to_owned()).collect();
    Some(Words { lines, em, glyph: em * 0.9, contrast: Some(7.0), tofu: 0 })
}

/// A story with a headline, a button, a logo, a product and the label that a model made it.
fn a_story() -> Vec<Part> {
    let part =
        |name: &str, rect: Rect, words: Option<Words>| Part { name: name.into(), rect, room: None, words };
    vec![
        part("photo", [0.0, 0.0, 1080.0, 1920.0], None),
        part("product", [300.0, 700.0, 480.0, 640.0], None),
        part("logo", [80.0, 300.0, 240.0, 80.0], None),
        part("headline", [80.0, 440.0, 900.0, 180.0], words(&["清明前手采，", "一芽一叶"], 96.0)),
        part("button", [80.0, 1380.0, 320.0, 90.0], words(&["立即品尝"], 40.0)),
        part("ai_label", [760.0, 1490.0, 240.0, 65.0], words(&["AI生成"], 65.0)),
    ]
}

const FILE: File<'static> = File {
    media_type: "image/jpeg",
    size: Size { width: 1080, height: 1920 },
    bytes: 900_000,
    seconds: None,
    fps: None,
    codec: None,
};

fn pixels() -> Pixels {
    Pixels { compared: 9000, in_proportion: true, ..Pixels::default() }
}

fn proved(parts: &[Part], file: File<'static>, pixels: &Pixels) -> Proof {
    let slot = placement("meta.stories").unwrap().images.iter().find(|s| s.safe_zone.is_some()).unwrap();
    let locale = "zh-CN".parse().unwrap();
    prove(&Picture {
        slot,
        locale: &locale,
        size: file.size,
        file: Some(file),
        parts,
        label: Some(0.05),
        product: Some(pixels),
    })
}

/// The checks that fail when one part is changed, with what they say.
fn failing(name: &str, change: impl Fn(&mut Part)) -> Vec<(Check, String)> {
    let mut parts = a_story();
    parts.iter_mut().filter(|part| part.name == name).for_each(change);
    named(&proved(&parts, FILE, &pixels()))
}

fn named(proof: &Proof) -> Vec<(Check, String)> {
    proof.failed().map(|entry| (entry.check, entry.reason.clone().unwrap())).collect()
}

fn only(check: Check, says: &str, found: &[(Check, String)]) {
    assert!(matches!(found, [(c, why)] if *c == check && why.contains(says)), "{check:?}: {found:?}");
}

fn set(part: &mut Part, change: impl Fn(&mut Words)) {
    change(part.words.as_mut().unwrap());
}

#[test]
fn a_good_picture_has_an_entry_for_each_check_and_all_hold() {
    let proof = proved(&a_story(), FILE, &pixels());
    assert_eq!(named(&proof), []);
    assert_eq!(proof.entries.len(), 14);
    assert!(proof.entries.iter().all(|e| e.outcome == Outcome::Passed), "{:#?}", proof.entries);
    assert_eq!(proof.boxes[3].rect, [0.0741, 0.2292, 0.8333, 0.0938]);
    assert!(objections(&proof).is_empty());
    let json = serde_json::to_value(&proof).unwrap();
    assert_eq!(serde_json::from_value::<Proof>(json).unwrap(), proof, "it is data");
}

#[test]
fn a_wrong_size_is_named() {
    only(
        Check::Size,
        "270×480",
        &named(&proved(&[], File { size: Size { width: 270, height: 480 }, ..FILE }, &pixels()))[..1],
    );
}

#[test]
fn a_wrong_ratio_is_named() {
    let found =
        named(&proved(&a_story(), File { size: Size { width: 1080, height: 1900 }, ..FILE }, &pixels()));
    only(Check::Ratio, "9:16", &found);
}

#[test]
fn a_file_that_is_too_large_is_named() {
    only(Check::FileSize, "MB", &named(&proved(&a_story(), File { bytes: 99_000_000, ..FILE }, &pixels())));
}

#[test]
fn a_format_that_is_not_accepted_is_named() {
    let found = named(&proved(&a_story(), File { media_type: "image/avif", ..FILE }, &pixels()));
    only(Check::Format, "image/avif", &found);
}

#[test]
fn a_logo_under_the_platforms_controls_is_named() {
    only(Check::SafeZone, "logo", &failing("logo", |p| p.rect[1] = 120.0));
}

#[test]
fn words_that_no_phone_shows_readably_are_named() {
    only(Check::TextSize, "立即品尝", &failing("button", |p| set(p, |w| w.em = 16.0)));
}

#[test]
fn words_that_do_not_stand_out_are_named() {
    only(Check::Contrast, "headline", &failing("headline", |p| set(p, |w| w.contrast = Some(4.2))));
}

#[test]
fn a_character_without_a_glyph_is_named() {
    only(Check::Tofu, "headline", &failing("headline", |p| set(p, |w| w.tofu = 1)));
}

#[test]
fn a_line_that_begins_with_a_comma_is_named() {
    let broken = |p: &mut Part| set(p, |w| w.lines = vec!["清明前手采".into(), "，一芽一叶".into()]);
    only(Check::LineBreaks, "清明前手采 / ，一芽一叶", &failing("headline", broken));
}

#[test]
fn words_that_leave_the_picture_or_their_room_are_named() {
    only(Check::Overflow, "headline", &failing("headline", |p| p.room = Some([80.0, 440.0, 700.0, 180.0])));
    let beyond_the_edge = failing("headline", |p| p.rect[2] = 1040.0);
    assert!(beyond_the_edge.iter().any(|(check, _)| *check == Check::Overflow), "{beyond_the_edge:?}");
}

#[test]
fn words_on_words_are_named() {
    let found = failing("button", |p| p.rect = [80.0, 560.0, 320.0, 90.0]);
    only(Check::Overlap, "立即品尝", &found);
}

#[test]
fn words_under_the_product_are_named() {
    let mut parts = a_story();
    parts.swap(1, 3);
    parts[1].rect[1] = 600.0;
    only(Check::Overlap, "product", &named(&proved(&parts, FILE, &pixels())));
}

#[test]
fn a_crowded_logo_is_named() {
    only(Check::LogoSpace, "离标志太近", &failing("headline", |p| p.rect[1] = 384.0));
}

#[test]
fn a_label_that_is_too_low_or_missing_is_named() {
    only(Check::LabelHeight, "高度", &failing("ai_label", |p| set(p, |w| w.glyph = 40.0)));
    only(Check::LabelHeight, "缺少", &failing("ai_label", |p| p.name = "legal".into()));
}

#[test]
fn a_product_that_is_no_longer_itself_is_named() {
    let found = |pixels: &Pixels| named(&proved(&a_story(), FILE, pixels));
    only(Check::ProductPixels, "12", &found(&Pixels { differing: 12, ..pixels() }));
    only(Check::ProductPixels, "拉伸", &found(&Pixels { in_proportion: false, ..pixels() }));
    only(Check::ProductPixels, "color", &found(&Pixels { changes: vec!["color".into()], ..pixels() }));
    only(Check::ProductPixels, "看不到", &found(&Pixels { compared: 0, ..pixels() }));
}

#[test]
fn what_fails_blocks_and_says_why_and_what_to_do() {
    let mut parts = a_story();
    set(&mut parts[3], |w| w.contrast = Some(2.0));
    set(&mut parts[4], |w| w.em = 22.0);
    let found = objections(&proved(&parts, FILE, &pixels()));
    let said: Vec<_> = found.iter().map(|f| (f.rule.as_str(), f.severity, f.place.as_deref())).collect();
    assert_eq!(
        said,
        [("contrast", Severity::Block, Some("headline")), ("text_size", Severity::Warn, Some("button"))]
    );
    assert!(found.iter().all(|f| f.suggestion.is_some()));
}
