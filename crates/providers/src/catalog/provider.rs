//! How a `[provider.NAME]` of a file is read.

use handbill_domain::model::Provider;
use toml::{Table, Value};

use super::{Draft, Place, meant};
use crate::registry;

const PROVIDER: [&str; 9] = [
    "protocol",
    "dialect",
    "base_url",
    "key_env",
    "local",
    "answer_within_s",
    "at_once",
    "requests_per_minute",
    "tokens_per_minute",
];

impl Draft {
    pub(super) fn provider(&mut self, name: &str, value: &Value, place: Place) {
        let value = self.over_known(name, value);
        let Some(provider) = self.typed::<Provider>(&value, &place, &PROVIDER) else { return };
        let protocols: Vec<_> = registry::protocols().collect();
        if !protocols.contains(&provider.protocol.as_str()) {
            let hint = meant(&provider.protocol, protocols.iter().copied());
            self.problem(
                &place.at("protocol"),
                format!("there is no protocol `{}`", provider.protocol),
                Some(hint),
            );
        } else if let Some(dialect) = &provider.dialect {
            let known = registry::dialects(&provider.protocol);
            if !known.contains(&dialect.as_str()) {
                let hint = meant(dialect, known.iter().copied());
                self.problem(
                    &place.at("dialect"),
                    format!("`{}` has no dialect `{dialect}`", provider.protocol),
                    Some(hint),
                );
            }
        }
        if provider.protocol != "rehearsal" && provider.base_url.is_none() {
            self.problem(
                &place.at("base_url"),
                "it needs an address".to_owned(),
                Some("such as https://api.example.com/v1".to_owned()),
            );
        }
        if provider.answer_within_s == Some(0) {
            let message = "an answer takes at least a second".to_owned();
            self.problem(&place.at("answer_within_s"), message, None);
        }
        for (key, limit) in provider.limits() {
            if limit == Some(0) {
                let message = "with a limit of nothing it could never be asked".to_owned();
                let hint = "at least 1; leave the key out where there is no limit";
                self.problem(&place.at(key), message, Some(hint.to_owned()));
            }
        }
        self.places.insert(format!("provider {name}"), place);
        self.providers.insert(name.to_owned(), provider);
    }

    /// A table without a protocol changes single keys of a provider that is known already.
    fn over_known(&self, name: &str, value: &Value) -> Value {
        let known = self.providers.get(name).and_then(|known| Table::try_from(known).ok());
        match (known, value) {
            (Some(mut known), Value::Table(changes)) if !changes.contains_key("protocol") => {
                known.extend(changes.clone());
                Value::Table(known)
            }
            _ => value.clone(),
        }
    }
}
