//! The implicit label of GB 45438-2025, 6.1 and Annex E: one JSON object under the key `AIGC`.

use handbill_domain::asset::AiOrigin;
use serde::{Deserialize, Serialize};

use crate::{Error, Label};

/// The object for a label. A file whose pixels and sounds are no model's carries none.
pub(crate) fn json(label: &Label) -> Result<Option<String>, Error> {
    if !matches!(label.origin, AiOrigin::Composite | AiOrigin::Generated) {
        return Ok(None);
    }
    let Label { producer, produce_id, propagator, propagate_id, .. } = label;
    for (field, value, required) in [
        ("ContentProducer", producer, true),
        ("ProduceID", produce_id, true),
        ("ContentPropagator", propagator, false),
        ("PropagateID", propagate_id, false),
    ] {
        let visible = value.bytes().all(|b| (0x21..=0x7E).contains(&b));
        if !visible || (required && value.is_empty()) {
            return Err(Error::Charset { field, value: value.clone() });
        }
    }
    let object = wire::Aigc {
        // "1": it is AI-made. "2" (may be) and "3" (suspected) are for those who only found it.
        label: "1".into(),
        content_producer: producer.clone(),
        produce_id: produce_id.clone(),
        reserved_code1: String::new(),
        content_propagator: propagator.clone(),
        propagate_id: propagate_id.clone(),
        reserved_code2: String::new(),
    };
    let unwritable = |_| Error::Malformed { kind: "the AIGC label", what: "it is no JSON" };
    serde_json::to_string(&object).map(Some).map_err(unwritable)
}

/// The names and ids in such an object.
pub(crate) fn read(json: &str) -> Option<Label> {
    let object: wire::Aigc = serde_json::from_str(json).ok()?;
    Some(Label {
        producer: object.content_producer,
        produce_id: object.produce_id,
        propagator: object.content_propagator,
        propagate_id: object.propagate_id,
        ..Label::default()
    })
}

mod wire {
    use super::*;

    /// The fields in the order of the standard.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct Aigc {
        pub label: String,
        pub content_producer: String,
        #[serde(rename = "ProduceID")]
        pub produce_id: String,
        #[serde(default)]
        pub reserved_code1: String,
        #[serde(default)]
        pub content_propagator: String,
        #[serde(default, rename = "PropagateID")]
        pub propagate_id: String,
        #[serde(default)]
        pub reserved_code2: String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_is_the_one_of_the_standard() {
        let label = Label {
            origin: AiOrigin::Generated,
            producer: "001191110102MACQD9K64010000".into(),
            produce_id: "01JD000000000000000000".into(),
            ..Label::default()
        };
        assert_eq!(
            json(&label).unwrap().unwrap(),
            r#"{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"01JD000000000000000000","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}"#
        );
        assert_eq!(json(&Label { origin: AiOrigin::Assisted, ..label }).unwrap(), None);
    }
}
