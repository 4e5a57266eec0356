//! Rehearsal keeps to what every adapter keeps to, and gives the same bytes for the same ask.

use serde_json::json;

use crate::{
    Catalog, Models,
    ask::{Image, ImageAsk, Speech, SpeechAsk, Text, TextAsk},
    contract,
};
use handbill_domain::model::Role;

fn models() -> Models {
    Models::new(Catalog::builtin().unwrap(), |_| None)
}

fn a_strategy(locale: &str, words: [&str; 5]) -> TextAsk {
    let [product, brand, message, action, fact] = words;
    let brief = json!({
        "campaign": "spring", "locale": locale, "language": locale, "product": product, "brand": brand, "category": "food",
        "facts": [{"id": "origin", "label": fact, "stated": fact, "is_number": false, "benefit": null}],
        "objective": "conversion", "audience": fact, "key_message": message, "offer": null, "price": null, "list_price": null,
        "call_to_action": action, "url": null, "tone": null, "wanted": [], "unwanted": [], "legal": [], "photo": null,
    });
    let schema = json!({"type": "object", "required": ["insight", "message", "proofs", "angles", "tone"]});
    TextAsk {
        task: "strategy".to_owned(),
        system: String::new(),
        user: message.to_owned(),
        schema,
        inputs: json!({"brief": brief, "variants": 2}),
        seed: 7,
        max_output_tokens: 2000,
        repair: None,
    }
}

#[tokio::test]
async fn the_contract_holds_for_the_writer_in_both_languages() {
    let model = models().text(Role::Writer).unwrap();
    let chinese = a_strategy("zh-CN", ["明前龙井", "山前屋", "一口尝到春天", "立即选购", "清明前手工采摘"]);
    let english = a_strategy(
        "en-US",
        ["Spring tea", "Hillhouse", "Taste the first of spring", "Shop now", "Picked by hand in March"],
    );
    for ask in [chinese, english] {
        contract::holds::<Text>(&*model, &ask, |answer| &answer.usage).await;
        contract::is_deterministic::<Text>(&*model, &ask).await;
    }
}

#[tokio::test]
async fn the_contract_holds_for_the_illustrator() {
    let inputs = json!({"style": "paper", "mood": "calm", "colors": {"primary": "#1F4D3A"}});
    let ask =
        ImageAsk { prompt: "quiet paper".to_owned(), width: 64, height: 96, seed: 7, inputs, source: None };
    let model = models().image(Role::Illustrator).unwrap();
    contract::holds::<Image>(&*model, &ask, |answer| &answer.usage).await;
    contract::is_deterministic::<Image>(&*model, &ask).await;
}

#[tokio::test]
async fn the_contract_holds_for_the_speaker() {
    let model = models().speech(Role::Speaker).unwrap();
    let ask = SpeechAsk {
        text: "Taste the first of spring.".to_owned(),
        locale: "en-US".to_owned(),
        voice: "plain".to_owned(),
        instructions: String::new(),
        speed: 1.0,
    };
    contract::holds::<Speech>(&*model, &ask, |answer| &answer.usage).await;
    contract::is_deterministic::<Speech>(&*model, &ask).await;
}

#[tokio::test]
async fn every_role_that_rehearses_is_there_without_a_key() {
    let roles = Role::ALL.into_iter().filter(|role| *role != Role::Filmer);
    assert_eq!(models().missing(roles).len(), 0);
    assert!(models().is_rehearsal(Role::Writer));
}
