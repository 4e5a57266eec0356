//! Prompts and templates of the user's own: named in the settings, they stand over ours.

use serde_json::Value;

use crate::house::{House, a_small_brief};

/// Every picture becomes the product alone on a plain ground.
const TEMPLATE: &str = "\
name: product-hero
title: { en: Ours alone, zh: 自家版式 }
suits: { turn: 1 }
layouts:
  square: { layers: [{ product: { area: [0.2, 0.2, 0.6, 0.6], shadow: false, align: center, valign: middle } }] }
";
const PROMPT: &str = "## system\nYou write plainly.\n\n## user\nWrite about {{ brief.product }}.\n";

#[test]
fn a_template_and_a_prompt_of_the_users_own_stand_over_ours() {
    let house = House::with(&a_small_brief("placements: [meta.feed_image]"));
    house.run(&["create", "brief.yaml", "--out", "usual", "--yes"]).ended(0);

    write(&house, "mine/prompts/copy/en.md", PROMPT);
    write(&house, "mine/templates/product-hero/template.yaml", TEMPLATE);
    write(
        &house,
        "handbill.toml",
        "[pipeline]\nprompts = \"mine/prompts\"\ntemplates = \"mine/templates\"\n",
    );
    house.run(&["create", "brief.yaml", "--out", "own", "--yes"]).ended(0);

    let (usual, own) = (house.manifest("usual"), house.manifest("own"));
    assert_ne!(usual["run"], own["run"], "it is another run, not the finished one from before");
    let of = |manifest: &Value, kind: &str, pointer: &str| {
        let assets = manifest["assets"].as_array().unwrap();
        let asset = assets.iter().find(|asset| asset["kind"] == kind).unwrap();
        asset.pointer(pointer).unwrap().clone()
    };
    assert_ne!(
        of(&usual, "copy", "/lineage/prompt"),
        of(&own, "copy", "/lineage/prompt"),
        "another prompt was asked"
    );
    assert_ne!(of(&usual, "image", "/digest"), of(&own, "image", "/digest"), "another picture was made");

    let ran = house.run(&["create", "brief.yaml", "--out", "usual", "--yes"]).ended(2);
    assert!(ran.err.contains("usual"), "a folder of another run is left alone: {}", ran.err);
}

#[test]
fn a_folder_that_is_not_there_or_has_nothing_for_us_is_named_with_its_setting() {
    let house = House::with(&a_small_brief(""));
    for (setting, folder) in [
        ("prompts", "no-such-folder"),
        ("templates", "no-such-folder"),
        ("prompts", "photos"),
        ("templates", "photos"),
    ] {
        write(&house, "handbill.toml", &format!("[pipeline]\n{setting} = \"{folder}\"\n"));
        let ran = house.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(2);
        for word in [folder, &format!("pipeline.{setting}")] {
            assert!(ran.err.contains(word), "{word} is not in {}", ran.err);
        }
        assert!(!house.path("pack").exists());
    }
}

#[test]
fn a_template_and_a_prompt_with_mistakes_are_told_with_their_file() {
    let house = House::with(&a_small_brief(""));
    write(&house, "mine/copy/en.md", "## system\nx\n\n## user\n{{ open\n");
    write(&house, "handbill.toml", "[pipeline]\nprompts = \"mine\"\n");
    let ran = house.run(&["plan", "brief.yaml"]).ended(2);
    assert!(ran.err.contains("copy/en.md") && ran.err.contains("does not parse"), "{}", ran.err);

    write(&house, "mine/hero/template.yaml", "name: Hero\ntitle: { en: x, zh: y }\nsuits: {}\nlayouts: {}\n");
    write(&house, "handbill.toml", "[pipeline]\ntemplates = \"mine\"\n");
    let ran = house.run(&["plan", "brief.yaml"]).ended(2);
    assert!(ran.err.contains("hero/template.yaml/name") && ran.err.contains("`Hero`"), "{}", ran.err);
}

fn write(house: &House, file: &str, text: &str) {
    let path = house.path(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
