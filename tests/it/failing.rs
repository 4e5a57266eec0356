//! Models that fail: one asset that fails does not lose the others, and the failure says what to do.

use serde_json::Value;

use crate::{
    house::{House, a_small_brief},
    provider::Provider,
};

const DECLINED: &str = r#"{"error":{"message":"Your request was rejected by the safety system.","type":"invalid_request_error","code":"moderation_blocked"}}"#;

#[test]
fn a_declined_picture_does_not_lose_the_words() {
    let provider = Provider::answering(400, DECLINED);
    let house = House::with(&a_small_brief(""));
    std::fs::write(house.path("models.toml"), provider.models("illustrator", "image", "image = 40000"))
        .unwrap();

    let ran =
        house.run(&["create", "brief.yaml", "--out", "pack", "--models", "models.toml", "--yes"]).ended(3);

    let manifest = house.manifest("pack");
    assert_eq!(manifest["state"], "partial", "{}", ran.err);
    let kinds =
        |kind: &str| manifest["assets"].as_array().unwrap().iter().filter(|a| a["kind"] == kind).count();
    assert_eq!((kinds("copy"), kinds("image")), (2, 0));
    let failure = failure(&manifest, "background");
    assert_eq!(
        (&failure["code"], &failure["billed"], &failure["next_action"]),
        (&"model_declined".into(), &"no".into(), &"edit_brief".into())
    );
    assert!(house.path("pack/index.html").exists());
}

#[test]
fn a_run_in_which_nothing_was_made_has_failed_and_says_so_everywhere() {
    let provider = Provider::answering(400, DECLINED);
    let house = House::with(&a_small_brief(""));
    let both = "price = [{ unit = \"output_token\", micros = 1 }, ";
    let models = provider.models("writer", "text", "input_token = 1").replace("price = [", both);
    std::fs::write(house.path("models.toml"), models).unwrap();
    let command = ["create", "brief.yaml", "--out", "pack", "--models", "models.toml", "--yes", "--json"];

    let ran = house.run(&command).ended(1);

    let manifest = house.manifest("pack");
    assert_eq!((&manifest["state"], manifest["assets"].as_array().unwrap().len()), (&"failed".into(), 0));
    assert_eq!(failure(&manifest, "strategy")["code"], "model_declined");
    let states = ran.out.lines().filter_map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        matches!(event["event"].as_str(), Some("run_ended" | "pack")).then(|| event["state"].clone())
    });
    assert_eq!(states.collect::<Vec<_>>(), ["failed", "failed"], "{}", ran.out);

    let ran = house.run(&command[..7]).ended(1);
    assert!(ran.err.contains("nothing was made"), "{}", ran.err);
}

/// Each byte comes in time, the answer never does: only the limit for the whole of it ends the wait.
#[test]
fn a_provider_that_speaks_slowly_for_ever_ends_its_step_in_time_and_is_not_asked_twice() {
    let provider = Provider::dripping();
    let house = House::with(&a_small_brief("placements: [meta.feed_image]"));
    let models = provider.models("illustrator", "image", "image = 40000");
    std::fs::write(
        house.path("models.toml"),
        models.replace("local = true", "local = true\nanswer_within_s = 2"),
    )
    .unwrap();
    let command = ["create", "brief.yaml", "--out", "pack", "--models", "models.toml", "--yes"];
    for _ in 0..2 {
        house.run(&command).ended(3);
        let manifest = house.manifest("pack");
        let failure = failure(&manifest, "background");
        assert_eq!(
            (&failure["code"], &failure["billed"]),
            (&"call_ambiguous".into(), &"maybe".into()),
            "{failure}"
        );
        assert!(manifest["assets"].as_array().unwrap().iter().any(|asset| asset["kind"] == "copy"));
        assert_eq!((&manifest["cost"]["ambiguous_calls"], provider.asked()), (&1.into(), 1));
    }
}

#[test]
fn models_paid_in_two_currencies_are_named_with_their_place_in_the_models_file() {
    let provider = Provider::answering(400, DECLINED);
    let house = House::with(&a_small_brief(""));
    let models = provider.models("illustrator", "image", "image = 40000");
    std::fs::write(
        house.path("models.toml"),
        models.replace("micros = 40000", "micros = 40000, currency = \"CNY\""),
    )
    .unwrap();
    let ran = house.run(&["plan", "brief.yaml", "--models", "models.toml"]).ended(2);
    for word in
        ["models.toml", "line 2, /roles/illustrator", "`ours/model` is paid in CNY", "USD", "[[entry]]"]
    {
        assert!(ran.err.contains(word), "{word} is not in {}", ran.err);
    }
}

#[test]
fn a_speaker_without_a_voice_for_a_language_is_told_before_anything_starts() {
    let provider = Provider::answering(400, DECLINED);
    let brief = a_small_brief("deliverables: { article: false, videos: [15], video_ratios: [\"1:1\"] }");
    let house = House::with(&brief);
    std::fs::write(house.path("models.toml"), provider.models("speaker", "speech", "character = 15"))
        .unwrap();
    let ran =
        house.run(&["create", "brief.yaml", "--out", "pack", "--models", "models.toml", "--yes"]).ended(2);
    for word in ["line 2, /roles/speaker", "`ours/model` has no voice for en-US", "voices = { en = "] {
        assert!(ran.err.contains(word), "{word} is not in {}", ran.err);
    }
    assert!(!house.path("pack").exists());
    assert_eq!(provider.asked(), 0);
}

#[test]
fn running_again_after_a_failure_makes_only_what_is_missing() {
    let provider = Provider::answering(400, DECLINED);
    let house = House::with(&a_small_brief(""));
    std::fs::write(house.path("models.toml"), provider.models("illustrator", "image", "image = 40000"))
        .unwrap();
    let command = ["create", "brief.yaml", "--out", "pack", "--models", "models.toml", "--yes"];
    house.run(&command).ended(3);
    let (words, asked) = (house.files("pack/copy"), provider.asked());

    house.run(&command).ended(3);

    assert!(words == house.files("pack/copy"), "the words were kept");
    assert!(provider.asked() > asked, "the declined picture was asked for again");
}

#[test]
fn a_connection_that_breaks_after_the_request_is_reported_as_perhaps_billed_and_not_repeated() {
    let provider = Provider::hanging_up();
    let house = House::with(&a_small_brief(""));
    std::fs::write(house.path("models.toml"), provider.models("illustrator", "image", "image = 40000"))
        .unwrap();

    house.run(&["create", "brief.yaml", "--out", "pack", "--models", "models.toml", "--yes"]).ended(3);

    let manifest = house.manifest("pack");
    let failure = failure(&manifest, "background");
    assert_eq!((&failure["code"], &failure["billed"]), (&"call_ambiguous".into(), &"maybe".into()));
    let backgrounds =
        manifest["failures"].as_array().unwrap().iter().filter(|f| f["code"] == "call_ambiguous").count();
    assert_eq!(provider.asked(), backgrounds, "each was sent once");
    assert_eq!(manifest["cost"]["ambiguous_calls"], backgrounds);
}

#[test]
fn a_model_without_its_key_is_told_before_anything_starts() {
    let house = House::with(&a_small_brief(""));
    std::fs::write(house.path("models.toml"), "[roles]\nwriter = \"openai/gpt-6-luna\"\n").unwrap();
    let mut command =
        house.handbill(&["create", "brief.yaml", "--out", "pack", "--models", "models.toml", "--yes"]);
    let output = command.env_remove("OPENAI_API_KEY").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("OPENAI_API_KEY"), "{said}");
    assert!(!house.path("pack").exists());
}

fn failure<'a>(manifest: &'a Value, step: &str) -> &'a Value {
    let failures = manifest["failures"].as_array().unwrap();
    let of_step = |failure: &&Value| failure["step"].as_str().unwrap().starts_with(step);
    failures.iter().find(of_step).unwrap_or_else(|| panic!("no failure of {step} in {failures:?}"))
}
