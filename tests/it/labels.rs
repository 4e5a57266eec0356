//! What finished files say about the models that had a part in them.

use handbill_domain::asset::AiOrigin;
use handbill_provenance::{Label, read};
use serde_json::Value;

use crate::{
    house::{House, a_small_brief},
    provider::Provider,
};

const BRIEF: &str = "locales: [zh-CN, en-US]\nplacements: [meta.feed_image, taobao.item]\n\
    deliverables: { article: false, videos: [15], video_ratios: [\"1:1\"] }\n";

#[test]
fn a_picture_model_is_named_in_every_file_that_shows_its_work_and_in_no_other() {
    let house = House::with(&a_small_brief(BRIEF));
    let picture = std::fs::read(house.path("photos/bottle-trail.jpg")).unwrap();
    let answer = serde_json::json!({ "created": 1, "data": [{ "b64_json": base64(&picture) }] });
    let painter = Provider::answering(200, &answer.to_string());
    std::fs::write(house.path("models.toml"), painter.models("illustrator", "image", "image = 40000"))
        .unwrap();

    let ran =
        house.run(&["create", "brief.yaml", "--out", "pack", "--models", "models.toml", "--yes"]).ended(0);

    assert!(painter.asked() > 0, "{}", ran.err);
    let mut said = Vec::new();
    for (asset, label) in labels(&house) {
        let (id, media_type) = (asset["id"].as_str().unwrap(), asset["media_type"].as_str().unwrap());
        let Some(label) = label else {
            assert_eq!(asset["ai_origin"], "none", "{id}");
            said.push(format!("nothing in {media_type}"));
            continue;
        };
        assert_eq!(
            (asset["ai_origin"].as_str(), label.origin),
            (Some("composite"), AiOrigin::Composite),
            "{id}"
        );
        assert_eq!(
            (label.producer.as_str(), label.systems.as_slice()),
            ("handbill", &["ours/model".to_owned()][..])
        );
        assert!(label.produce_id.starts_with(&format!("{id}-")), "{id}: {}", label.produce_id);
        assert!(label.tool.starts_with("Handbill "), "{}", label.tool);
        said.push(format!("composite in {media_type}"));
    }
    for wanted in ["composite in image/jpeg", "composite in video/mp4", "nothing in image/png"] {
        assert!(said.iter().any(|s| s == wanted), "{wanted} is not among {said:?}");
    }
}

#[test]
fn a_rehearsal_says_of_no_file_that_a_model_made_it() {
    let house = House::with(&a_small_brief(BRIEF));

    house.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(0);

    let labels = labels(&house);
    assert!(labels.iter().any(|(asset, _)| asset["kind"] == "video"));
    for (asset, label) in labels {
        assert_eq!((&asset["ai_origin"], label), (&"none".into(), None), "{}", asset["id"]);
    }
    let said = house.manifest("pack").to_string();
    assert!(!said.contains("composite") && !said.contains("generated\""), "{said}");
}

/// Every picture and video of the pack, with what its file says; each has the size and digest of its row.
fn labels(house: &House) -> Vec<(Value, Option<Label>)> {
    let manifest = house.manifest("pack");
    let mut all = Vec::new();
    for asset in manifest["assets"].as_array().unwrap() {
        let bytes = std::fs::read(house.path("pack").join(asset["file"].as_str().unwrap())).unwrap();
        assert_eq!(asset["bytes"], bytes.len(), "{}", asset["id"]);
        assert_eq!(asset["digest"], blake3::hash(&bytes).to_hex().as_str(), "{}", asset["id"]);
        let media_type = asset["media_type"].as_str().unwrap();
        if media_type.starts_with("image/") || media_type.starts_with("video/") {
            all.push((asset.clone(), read(&bytes, media_type)));
        }
    }
    all
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = |chunk: &[u8]| {
        let bits = chunk.iter().enumerate().fold(0u32, |bits, (n, b)| bits | u32::from(*b) << (16 - 8 * n));
        let letter = |n: usize| match n > chunk.len() {
            true => '=',
            false => char::from(LETTERS[(bits >> (18 - 6 * n)) as usize & 63]),
        };
        [letter(0), letter(1), letter(2), letter(3)]
    };
    bytes.chunks(3).flat_map(letters).collect()
}
