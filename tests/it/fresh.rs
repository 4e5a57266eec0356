//! A brief that changes: what consumed the change is made again, everything else is taken over, byte for byte, and no
//! model is asked the same twice.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::house::{House, a_small_brief};

/// What a run told.
struct Told {
    /// Steps that finished: were they taken over from before?
    steps: BTreeMap<String, bool>,
    /// Steps that asked a model something new.
    asked: BTreeSet<String>,
}

impl Told {
    /// Steps that computed pictures and videos in this run.
    fn computed(&self) -> BTreeSet<String> {
        let media = |step: &&String| step.starts_with("design.") || step.starts_with("video.");
        self.steps.iter().filter(|(_, kept)| !**kept).map(|(step, _)| step).filter(media).cloned().collect()
    }
}

fn create(house: &House, pack: &str) -> Told {
    let ran = house.run(&["create", "brief.yaml", "--out", pack, "--yes", "--json"]).ended(0);
    let mut told = Told { steps: BTreeMap::new(), asked: BTreeSet::new() };
    for line in ran.out.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let step = event["step"].as_str().unwrap_or_default().to_owned();
        match event["event"].as_str().unwrap() {
            "step_finished" => drop(told.steps.insert(step, event["kept"].as_bool().unwrap())),
            "call_made" if event["kept"] == false => drop(told.asked.insert(step)),
            _ => {}
        }
    }
    told
}

/// Makes the brief, and again with one word changed; the changed brief, and what the second run told.
fn changed(house: &House, brief: &str, from: &str, to: &str) -> (String, Told) {
    create(house, "before");
    let changed = brief.replace(from, to);
    assert_ne!(brief, changed);
    std::fs::write(house.path("brief.yaml"), &changed).unwrap();
    let told = create(house, "after");
    (changed, told)
}

/// The files of a pack's assets: id → digest.
fn assets(house: &House, pack: &str) -> BTreeMap<String, String> {
    let manifest = house.manifest(pack);
    let one = |asset: &Value| {
        (asset["id"].as_str().unwrap().to_owned(), asset["digest"].as_str().unwrap().to_owned())
    };
    manifest["assets"].as_array().unwrap().iter().map(one).collect()
}

/// Steps of the pictures and videos that show a field of the brief.
fn showing(house: &House, pack: &str, field: &str) -> BTreeSet<String> {
    let manifest = house.manifest(pack);
    let shows = |asset: &&Value| {
        let fields = asset["lineage"]["brief_fields"].as_array().unwrap();
        fields.iter().any(|shown| shown == field)
            && ["image", "video"].iter().any(|kind| asset["kind"] == *kind)
    };
    let steps = manifest["assets"].as_array().unwrap().iter().filter(shows);
    steps.map(|asset| asset["lineage"]["step"].as_str().unwrap().to_owned()).collect()
}

/// The same brief made where nothing was made before.
fn made_cleanly(brief: &str) -> BTreeMap<String, String> {
    let house = House::with(brief);
    create(&house, "pack");
    assets(&house, "pack")
}

#[test]
fn a_new_price_makes_again_exactly_what_shows_the_price() {
    let brief = a_small_brief(
        "locales: [zh-CN, en-US]\nplacements: [meta.feed_image, google_merchant.product, xiaohongshu.note_image, taobao.item]",
    );
    let house = House::with(&brief);
    let (changed, told) = changed(&house, &brief, "\"34.00\"", "\"36.50\"");

    let priced = showing(&house, "after", "/product/price");
    let all = told.steps.keys().filter(|step| step.starts_with("design.")).count();
    assert!(
        !priced.is_empty() && priced.len() < all,
        "{priced:?} of {all}: the placements show too little or too much"
    );
    assert_eq!(told.computed(), priced);
    // Message and look were settled without the amount, so no model is asked for them again.
    let settled = |step: &&String| {
        ["strategy.", "art_direction", "background."].iter().any(|kind| step.starts_with(kind))
    };
    assert_eq!(told.asked.iter().find(settled), None);
    assert!(told.steps.keys().filter(settled).count() >= 4, "{:?}", told.steps.keys());
    // What was taken over is what would have been made.
    assert_eq!(assets(&house, "after"), made_cleanly(&changed));
    let (before, after) = (assets(&house, "before"), assets(&house, "after"));
    let differ =
        after.iter().filter(|(id, digest)| id.starts_with("image.") && before[*id] != **digest).count();
    assert_eq!(differ, priced.len());

    // Back to the old price, nothing is computed at all, and nobody is asked.
    std::fs::write(house.path("brief.yaml"), brief.replace("small\n", "small\n# as it was\n")).unwrap();
    let told = create(&house, "again");
    assert_eq!((told.computed(), told.asked), (BTreeSet::new(), BTreeSet::new()));
    assert_eq!(assets(&house, "again"), before);
}

#[test]
fn a_name_in_one_language_leaves_the_other_languages_alone() {
    let brief = a_small_brief(
        "locales: [zh-CN, en-US]\nplacements: [meta.feed_image, instagram.story, google_ads.rsa]",
    );
    let house = House::with(&brief);
    let (changed, told) =
        changed(&house, &brief, "en-US: Fernway Trail Bottle", "en-US: Fernway Summit Bottle");

    let chinese = |step: &&String| step.contains(".zh-CN");
    assert_eq!(told.computed().iter().find(chinese), None);
    assert_eq!(told.asked.iter().find(chinese), None);
    let (before, after) = (assets(&house, "before"), assets(&house, "after"));
    assert!(before.iter().filter(|(id, _)| id.contains(".zh-CN")).all(|(id, digest)| after[id] == *digest));
    assert!(
        before.iter().any(|(id, digest)| after[id] != *digest),
        "the English words have another name in them"
    );
    assert_eq!(after, made_cleanly(&changed));
}

#[test]
fn what_is_laid_over_costs_no_call_of_a_model() {
    let video = "placements: [meta.feed_image, instagram.story, google_merchant.product]\n\
                 deliverables: { article: false, videos: [15], video_ratios: [\"1:1\"] }";
    let brief = a_small_brief(video)
        .replace("  name: { en-US: Fernway,", "  logo: photos/alpha.png\n  name: { en-US: Fernway,");
    let house = House::with(&brief);
    create(&house, "before");
    // Another file under the same name.
    std::fs::copy(house.path("photos/bottle.png"), house.path("photos/alpha.png")).unwrap();
    let told = create(&house, "after");

    assert_eq!(told.asked, BTreeSet::new());
    let signed = showing(&house, "after", "/brand/logo");
    let all =
        told.steps.keys().filter(|step| step.starts_with("design.") || step.starts_with("video.")).count();
    assert!(
        signed.iter().any(|step| step.starts_with("video.")) && signed.len() < all,
        "{signed:?} of {all}"
    );
    assert_eq!(told.computed(), signed);
}
