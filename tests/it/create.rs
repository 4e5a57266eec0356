//! `handbill create`: one brief in, a campaign out.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::house::{House, a_small_brief};

/// With a short video, in both languages.
const WITH_VIDEO: &str = "locales: [zh-CN, en-US]\nplacements: [meta.feed_image, xiaohongshu.note_image, google_ads.rsa]\n\
                          deliverables: { videos: [15], video_ratios: [\"1:1\"] }";

#[test]
fn a_brief_becomes_a_campaign_and_the_same_seed_the_same_bytes() {
    let packs: Vec<BTreeMap<String, Vec<u8>>> = (0..2)
        .map(|_| {
            let house = House::with(&a_small_brief(WITH_VIDEO));
            let ran = house.run(&["create", "brief.yaml", "--out", "pack", "--seed", "7", "--yes"]).ended(0);
            assert!(ran.out.trim_end().ends_with("index.html"), "{}", ran.out);
            house.files("pack")
        })
        .collect();
    let names = |pack: &BTreeMap<String, Vec<u8>>| pack.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&packs[0]), names(&packs[1]));
    let differing: Vec<_> =
        packs[0].iter().filter(|(name, bytes)| packs[1][*name] != **bytes).map(|(name, _)| name).collect();
    assert!(differing.is_empty(), "{differing:?} differ between two runs");
    let made = |ending: &str| packs[0].keys().filter(|name| name.ends_with(ending)).count();
    assert_eq!((made(".mp4"), made(".srt"), made(".vtt")), (2, 2, 2), "{:?}", names(&packs[0]));
    assert!(packs[0].contains_key("article.zh-CN.md") && packs[0].contains_key("copy.csv"));
    assert!(packs[0].contains_key("copy/zh-CN/xiaohongshu.note_image.md"));
}

#[test]
fn every_asset_of_the_manifest_is_there_with_its_size_and_digest() {
    let house = House::with(&a_small_brief("deliverables: { article: true, variants: 2 }"));
    house.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(0);
    let manifest = house.manifest("pack");
    let assets = manifest["assets"].as_array().unwrap();
    assert!(assets.len() >= 4, "{assets:?}");
    for asset in assets {
        let bytes = std::fs::read(house.path("pack").join(asset["file"].as_str().unwrap())).unwrap();
        assert_eq!(asset["bytes"], bytes.len(), "{asset}");
        assert_eq!(asset["digest"], blake3::hash(&bytes).to_hex().as_str(), "{asset}");
        assert_eq!(asset["ai_origin"], "none", "rehearsal never pretends to be a model: {asset}");
        assert!(
            asset["lineage"]["step"].is_string()
                && !asset["lineage"]["brief_fields"].as_array().unwrap().is_empty(),
            "{asset}"
        );
    }
    assert_eq!(manifest["cost"]["spent"]["amount_micros"], 0);
    assert!(
        manifest["cost"]["list"]["amount_micros"].as_i64().unwrap() > 0,
        "rehearsal is priced like the model it stands in for"
    );
}

#[test]
fn killed_at_random_moments_it_goes_on_and_ends_with_the_same_campaign() {
    let brief = a_small_brief(WITH_VIDEO);
    let undisturbed = House::with(&brief);
    let began = Instant::now();
    undisturbed.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(0);
    let whole = began.elapsed();

    let disturbed = House::with(&brief);
    // A fixed series of odd fractions of the undisturbed time: early, late, and in between.
    for share in [0.03, 0.11, 0.38, 0.21, 0.57, 0.08, 0.33] {
        let mut running =
            disturbed.handbill(&["create", "brief.yaml", "--out", "pack", "--yes"]).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(share));
        // SIGKILL; a run that ended already is no mistake.
        running.kill().unwrap();
        running.wait().unwrap();
        let parts: Vec<_> = whole_files(&disturbed);
        for (name, bytes) in parts {
            assert!(undisturbed.files("pack").get(&name) == Some(&bytes), "{name} is there and not whole");
        }
    }
    let ran = disturbed.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(0);
    let (ours, theirs) = (whole_files(&disturbed), undisturbed.files("pack"));
    assert_eq!(ours.len(), theirs.len(), "{}", ran.err);
    for (name, bytes) in ours {
        assert!(theirs.get(&name) == Some(&bytes), "{name} differs from the undisturbed run");
    }
}

/// Files of the pack that a person sees: not the hidden parts that a killed write may leave.
fn whole_files(house: &House) -> Vec<(String, Vec<u8>)> {
    if !house.path("pack").exists() {
        return Vec::new();
    }
    let hidden = |name: &str| name.rsplit('/').next().is_some_and(|name| name.starts_with('.'));
    house.files("pack").into_iter().filter(|(name, _)| !hidden(name)).collect()
}

#[test]
fn a_second_run_into_the_same_folder_makes_nothing_again() {
    let house = House::with(&a_small_brief(""));
    house.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(0);
    let first = house.files("pack");
    let began = Instant::now();
    let ran = house.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(0);
    assert!(began.elapsed() < Duration::from_secs(60));
    assert!(first == house.files("pack"));
    assert!(ran.err.contains("already"), "it says what is there: {}", ran.err);
}

#[test]
fn a_folder_with_another_campaign_is_not_overwritten() {
    let house = House::with(&a_small_brief(""));
    house.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(0);
    let first = house.files("pack");
    let ran = house.run(&["create", "brief.yaml", "--out", "pack", "--seed", "99", "--yes"]).ended(2);
    assert!(ran.err.contains("pack"), "{}", ran.err);
    assert!(first == house.files("pack"));
}

#[test]
fn above_the_ceiling_nothing_starts_and_the_plan_says_what_would_fit() {
    let house = House::with(&a_small_brief(WITH_VIDEO));
    let ran = house.run(&["create", "brief.yaml", "--out", "pack", "--max-cost", "0.02", "--yes"]).ended(4);
    assert!(!house.path("pack").exists());
    assert!(ran.err.contains("0.02") || ran.out.contains("0.02"), "{}{}", ran.out, ran.err);
}

#[test]
fn a_broken_brief_names_every_problem_with_its_place() {
    let house =
        House::with(&a_small_brief("placements: [meta.feed_imag]\nlocales: [en-US, english]\nvarints: 3"));
    let ran = house.run(&["create", "brief.yaml", "--out", "pack"]).ended(2);
    for word in ["/placements/0", "meta.feed_image", "/locales/1", "/varints"] {
        assert!(ran.err.contains(word), "{word} is not in {}", ran.err);
    }
    assert!(!house.path("pack").exists());
}

#[test]
fn photos_of_every_shape_become_pictures() {
    for photo in ["portrait.jpg", "alpha.png", "cmyk.jpg", "rotated.jpg"] {
        let more = format!("# photo: photos/{photo}\nplacements: [meta.feed_image, instagram.story]");
        let house = House::with(&a_small_brief(&more));
        house.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(0);
        let pictures = house.files("pack").into_keys().filter(|name| name.starts_with("images/")).count();
        assert!(pictures >= 2, "{photo}: {pictures} pictures");
    }
}

#[test]
fn a_photo_that_cannot_be_read_is_a_problem_of_the_brief() {
    let house = House::with(&a_small_brief("# photo: photos/torn.jpg"));
    std::fs::write(house.path("photos/torn.jpg"), b"\xff\xd8\xff\xe0 not a picture").unwrap();
    let ran = house.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(2);
    assert!(ran.err.contains("/product/photos/0"), "{}", ran.err);
}

#[test]
fn a_photo_of_a_few_pixels_is_a_problem_of_the_brief() {
    let house = House::with(&a_small_brief("# photo: photos/dot.gif"));
    let dot = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    std::fs::write(house.path("photos/dot.gif"), dot).unwrap();
    let ran = house.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(2);
    assert!(ran.err.contains("has only 1 × 1 pixels"), "{}", ran.err);
}

#[test]
fn an_interrupted_run_ends_with_130_and_goes_on_later() {
    let house = House::with(&a_small_brief(WITH_VIDEO));
    let running =
        house.handbill(&["create", "brief.yaml", "--out", "pack", "--yes", "--json"]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let pid = running.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = running.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    house.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(0);
    assert_eq!(house.manifest("pack")["state"], "succeeded");
}

#[test]
fn progress_as_json_is_one_event_a_line() {
    let house = House::with(&a_small_brief(""));
    let ran = house.run(&["create", "brief.yaml", "--out", "pack", "--yes", "--json"]).ended(0);
    let events: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.len() > 4, "{}", ran.out);
    assert!(events.iter().all(|event| event["event"].is_string()), "{}", ran.out);
}
