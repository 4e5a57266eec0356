use super::*;

fn problems(file: &str) -> Vec<String> {
    Catalog::with_file(file).unwrap_err().0.iter().map(ToString::to_string).collect()
}

#[test]
fn the_catalogue_that_is_compiled_in_is_whole_and_rehearses() {
    let catalog = Catalog::builtin().unwrap();
    for role in Role::ALL {
        assert!(catalog.is_rehearsal(catalog.serving(role)), "{role:?}");
    }
    for provider in [
        "openai",
        "deepseek",
        "dashscope",
        "ark",
        "zhipu",
        "moonshot",
        "openrouter",
        "ollama",
        "vllm",
        "llama-cpp",
    ] {
        assert!(catalog.entries().any(|entry| entry.provider == provider), "{provider}");
    }
}

#[test]
fn a_file_points_roles_at_entries_and_brings_its_own() {
    let file = "[roles]\nwriter = 'openai/gpt-6-luna'\ndrafter = 'mine/small'\n\n[provider.mine]\nprotocol = 'openai'\ndialect = 'vllm'\nbase_url = 'http://10.0.0.5:8000/v1'\nlocal = true\n\n[[entry]]\nid = 'mine/small'\nmodality = 'text'\nprovider = 'mine'\nmodel = 'small'\nprice = [{ unit = 'output_token', micros = 0 }]\n";
    let catalog = Catalog::with_file(file).unwrap();
    assert_eq!(catalog.serving(Role::Writer).model, "gpt-6-luna");
    assert_eq!(catalog.serving(Role::Drafter).provider, "mine");
    assert_eq!(catalog.serving(Role::Judge).id, "rehearsal/text");
}

#[test]
fn every_problem_of_a_file_is_told_at_once_with_its_place_and_the_nearest_name() {
    let file = "[roles]\nwritr = 'openai/gpt-6-luna'\nwriter = 'openai/gpt-6-lunar'\nspeaker = 'openai/gpt-6-luna'\njudge = 7\n\n[role]\n\n[provider.mine]\nprotocol = 'opnai'\nbase_ur = 'https://x.example'\n\n[[entry]]\nid = 'mine/a'\nmodality = 'text'\nprovider = 'mime'\nmodel = 'a'\nstands_in_for = 'openai/gpt-6-lunaa'\nprice = [{ unit = 'token', micros = 1 }]\n\n[[entry]]\nid = 'mine/b'\nmodality = 'text'\nprovider = 'mime'\nmodel = 'b'\nprice = [{ unit = 'request', micros = -1 }]\n";
    insta::assert_snapshot!(problems(file).join("\n"), @r#"
    line 2, /roles/writr: there is no key `writr` (did you mean `writer`?)
    line 3, /roles/writer: there is no entry `openai/gpt-6-lunar` (did you mean `openai/gpt-6-luna`?)
    line 4, /roles/speaker: `openai/gpt-6-luna` makes text, and speaker needs speech (such as `openai/gpt-4o-mini-tts`)
    line 5, /roles/judge: write the id of one entry in quotes (judge = "rehearsal/text")
    line 7, /role: there is no key `role` (did you mean `roles`?)
    line 9, /provider/mine/base_ur: there is no key `base_ur` (did you mean `base_url`?)
    line 9, /provider/mine/protocol: there is no protocol `opnai` (did you mean `openai`?)
    line 9, /provider/mine/base_url: it needs an address (such as https://api.example.com/v1)
    line 13, /entry/0: unknown variant `token`, expected one of `input_token`, `cached_token`, `output_token`, `image_input_token`, `image_output_token`, `image`, `video_second`, `character`, `audio_second`, `request`
    line 21, /entry/1/price/0: a price is not negative and `per` is at least 1
    line 21, /entry/1/provider: there is no provider `mime` (did you mean `mine`?)
    "#);
}

#[test]
fn a_file_that_is_no_toml_is_told_by_its_line() {
    assert!(
        problems("[roles]\nwriter = ")[0].starts_with("line 2, /: this is no TOML"),
        "{:?}",
        problems("[roles]\nwriter = ")
    );
}

#[test]
fn a_model_past_its_last_day_is_named() {
    let catalog = Catalog::with_file("[roles]\nspeaker = 'openai/tts-1'").unwrap();
    assert_eq!(catalog.retired("2027-01-06"), []);
    assert_eq!(
        catalog.retired("2027-01-07").iter().map(|(role, _)| *role).collect::<Vec<_>>(),
        [Role::Speaker]
    );
}

#[test]
fn no_entry_of_the_catalogue_is_past_its_last_day_when_it_was_written() {
    let catalog = Catalog::builtin().unwrap();
    let gone: Vec<_> = catalog
        .entries()
        .filter(|e| e.deprecation_date.as_deref().is_some_and(|day| day < "2026-11-23"))
        .collect();
    assert_eq!(gone, Vec::<&Entry>::new());
}

#[test]
fn rehearsal_is_shown_at_the_price_of_the_model_that_it_stands_in_for_and_costs_nothing() {
    use crate::ask::{ImageAsk, SpeechAsk};
    use handbill_domain::model::PriceUnit;

    let catalog = Catalog::builtin().unwrap();
    let usage = |unit, n| Usage { counts: vec![(unit, n)], variant: None, estimated: true };
    let draws = catalog.entry("rehearsal/image").unwrap();
    let ask = ImageAsk {
        prompt: "tea".to_owned(),
        width: 1080,
        height: 1920,
        seed: 1,
        inputs: serde_json::Value::Null,
        source: None,
    };
    let list = catalog.list_price(draws, &ask, &usage(PriceUnit::Image, 1)).unwrap();
    // 1584 tokens of a picture at 30 dollars per million, 21 of the prompt at 5.
    assert_eq!(list.amount_micros, 47_520 + 105);
    assert_eq!(catalog.spent(draws, &list).amount_micros, 0);
    let speaks = catalog.entry("rehearsal/speech").unwrap();
    let ask = SpeechAsk {
        text: "spring tea".to_owned(),
        locale: "en-US".to_owned(),
        voice: "plain".to_owned(),
        instructions: String::new(),
        speed: 1.0,
    };
    assert_eq!(
        catalog.list_price(speaks, &ask, &usage(PriceUnit::AudioSecond, 2)).unwrap().amount_micros,
        500
    );
}

#[test]
fn a_file_says_what_an_account_allows_and_leaves_the_rest_of_the_provider_as_it_is() {
    let file = "[provider.openai]\nat_once = 4\nrequests_per_minute = 500\ntokens_per_minute = 200000\n";
    let (ours, theirs) = (Catalog::builtin().unwrap(), Catalog::with_file(file).unwrap());
    let [before, after] = [&ours, &theirs].map(|catalog| catalog.provider("openai").unwrap().clone());
    assert!(
        before.limits().iter().all(|(_, limit)| limit.is_none()),
        "what depends on the account is not guessed"
    );
    assert_eq!(after.limits().map(|(_, limit)| limit), [Some(4), Some(500), Some(200_000)]);
    assert_eq!((after.base_url, after.key_env), (before.base_url, before.key_env));
}

#[test]
fn a_limit_of_nothing_and_one_that_is_no_number_are_told() {
    let file = "[provider.openai]\nat_once = 0\ntokens_per_minut = 5\n\n[provider.zhipu]\nrequests_per_minute = -1\n";
    insta::assert_snapshot!(problems(file).join("\n"), @r"
    line 1, /provider/openai/tokens_per_minut: there is no key `tokens_per_minut` (did you mean `tokens_per_minute`?)
    line 1, /provider/openai/at_once: with a limit of nothing it could never be asked (at least 1; leave the key out where there is no limit)
    line 5, /provider/zhipu: invalid value: integer `-1`, expected u32
    ");
}
