//! What the page says and draws by data: `pack/words.yaml`.

use std::collections::BTreeMap;

use handbill_domain::channel::{Names, Placement, TextField};
use serde::Deserialize;

use crate::Error;

/// Names in both languages, by key, and the drawings that stand around placements.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    frames: BTreeMap<String, String>,
    fields: BTreeMap<String, String>,
    pub(super) roles: Table,
    pub(super) failures: Table,
    pub(super) actions: Table,
    pub(super) billed: Table,
    pub(super) severities: Table,
    pub(super) models: Table,
}

/// Key → name.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Table(pub(super) BTreeMap<String, Names>);

impl Words {
    pub(super) fn read() -> Result<Self, Error> {
        serde_saphyr::from_str(include_str!("../../pack/words.yaml"))
            .map_err(|e| Error::Broken(format!("words.yaml: {e}")))
    }

    /// Which drawing of `pack/frames` stands around a placement.
    pub(super) fn frame(&self, placement: &Placement) -> &str {
        let named = self.frames.get(&placement.id).or_else(|| self.frames.get(&placement.kind));
        named.map_or("feed", String::as_str)
    }

    /// A field's name: `高亮标题`, `Long headline`.
    pub(super) fn field(&self, field: &TextField) -> Names {
        let en = self.fields.get(&field.key).cloned().unwrap_or_else(|| spoken(&field.key));
        Names { en, zh: field.label_zh.clone() }
    }
}

impl Table {
    /// The name of a key; a key that nobody named is shown as it is.
    pub(super) fn name(&self, key: &str) -> Names {
        self.0.get(key).cloned().unwrap_or_else(|| Names { en: spoken(key), zh: spoken(key) })
    }
}

/// `long_headline` → `Long headline`.
fn spoken(key: &str) -> String {
    let words = key.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use handbill_domain::channel;

    use super::*;

    #[test]
    fn every_picture_role_of_every_placement_has_a_name_in_both_languages() {
        let words = Words::read().unwrap();
        let roles = channel::channels().iter().flat_map(|c| &c.placements).flat_map(|p| &p.images);
        let unnamed: BTreeSet<&str> =
            roles.map(|slot| slot.role.as_str()).filter(|role| !words.roles.0.contains_key(*role)).collect();
        assert!(unnamed.is_empty(), "{unnamed:?}");
    }

    #[test]
    fn frames_are_given_to_placements_and_kinds_that_exist() {
        let words = Words::read().unwrap();
        let places: Vec<&Placement> = channel::channels().iter().flat_map(|c| &c.placements).collect();
        for key in words.frames.keys() {
            assert!(
                places.iter().any(|p| p.id == *key || p.kind == *key),
                "{key} is no placement and no kind"
            );
        }
    }
}
