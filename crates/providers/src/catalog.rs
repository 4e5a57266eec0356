//! The catalogue: which models there are, and which of them serves which role.
//!
//! The compiled-in files come first; a file of the user's may add providers and entries, replace any of them by name,
//! and point roles at entries. Everything that is wrong is told at once.

use std::collections::{BTreeMap, BTreeSet};

use handbill_domain::{
    model::{CATALOG, Entry, Modality, Provider, Role},
    money::Money,
    problem::{Problem, Problems, nearest},
};
use serde::de::DeserializeOwned;
use toml::{Table, Value};

mod provider;

use crate::{Error, ask::Usage, price, usage::Expected};

/// Which models there are and whom they serve. Every role has an entry of its modality, and every entry a provider
/// whose protocol we speak.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalog {
    providers: BTreeMap<String, Provider>,
    entries: BTreeMap<String, Entry>,
    roles: BTreeMap<Role, String>,
    /// Where the user's file points the role at an entry.
    lines: BTreeMap<Role, u32>,
}

impl Catalog {
    /// The compiled-in catalogue; all roles are served by `rehearsal`.
    pub fn builtin() -> Result<Self, Problems> {
        Self::read(None)
    }

    /// The compiled-in catalogue with a file of the user's (`--models`) on top.
    pub fn with_file(text: &str) -> Result<Self, Problems> {
        Self::read(Some(text))
    }

    fn read(file: Option<&str>) -> Result<Self, Problems> {
        let mut draft = Draft::default();
        for (name, text) in CATALOG {
            draft.add(text, &format!("{name}: "));
        }
        if let Some(text) = file {
            draft.add(text, "");
        }
        draft.finish()
    }

    /// Every entry, ordered by id.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The entry with this id.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// The provider with this name.
    pub fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers.get(name)
    }

    /// Role → id of its entry.
    pub fn roles(&self) -> &BTreeMap<Role, String> {
        &self.roles
    }

    /// The entry that serves a role.
    pub fn serving(&self, role: Role) -> &Entry {
        // Every catalogue that exists has an entry for each role: `finish` saw to it.
        &self.entries[&self.roles[&role]]
    }

    /// The line on which the user's file names who serves a role; none: it does not.
    pub fn line_of(&self, role: Role) -> Option<u32> {
        self.lines.get(&role).copied()
    }

    /// The same catalogue with other models in the roles, as a run was ordered. The id of a model that is not in it is the
    /// error.
    pub fn recast<'a>(&self, roles: impl IntoIterator<Item = (Role, &'a str)>) -> Result<Self, String> {
        let mut cast = self.clone();
        for (role, id) in roles {
            let modality = self.serving(role).modality;
            if self.entries.get(id).is_none_or(|entry| entry.modality != modality) {
                return Err(id.to_owned());
            }
            cast.roles.insert(role, id.to_owned());
        }
        Ok(cast)
    }

    /// Is it a local model that no key is needed for and no money is spent on?
    pub fn is_rehearsal(&self, entry: &Entry) -> bool {
        self.providers.get(&entry.provider).is_some_and(|provider| provider.protocol == "rehearsal")
    }

    /// Whose prices are shown for an entry: those of the model that it stands in for, else its own.
    pub fn priced_as<'a>(&'a self, entry: &'a Entry) -> &'a Entry {
        entry.stands_in_for.as_deref().and_then(|id| self.entries.get(id)).unwrap_or(entry)
    }

    /// What a request will cost at list price, rather too much than too little.
    pub fn plan(&self, entry: &Entry, ask: &impl Expected) -> Result<Money, Error> {
        let priced = self.priced_as(entry);
        price::cost(priced, &ask.expected(priced))
    }

    /// What a call cost at list price. Where a local model counts in other units than the model that it stands in for,
    /// what that model was expected to use counts.
    pub fn list_price(&self, entry: &Entry, ask: &impl Expected, usage: &Usage) -> Result<Money, Error> {
        let priced = self.priced_as(entry);
        if priced.id == entry.id {
            return price::cost(entry, usage);
        }
        let known =
            usage.counts.iter().any(|(unit, n)| *n > 0 && priced.price.iter().any(|row| row.unit == *unit));
        if known { price::cost(priced, &usage.clone().as_billed_by(priced)) } else { self.plan(entry, ask) }
    }

    /// What was really spent on a call: nothing for `rehearsal`.
    pub fn spent(&self, entry: &Entry, list: &Money) -> Money {
        if self.is_rehearsal(entry) { Money::zero(list.currency) } else { list.clone() }
    }

    /// Roles whose model the provider no longer serves on this day (`2026-11-23`), with the entry's last day.
    pub fn retired(&self, today: &str) -> Vec<(Role, &Entry)> {
        let gone = |entry: &Entry| entry.deprecation_date.as_deref().is_some_and(|day| day < today);
        Role::ALL
            .into_iter()
            .map(|role| (role, self.serving(role)))
            .filter(|(_, entry)| gone(entry))
            .collect()
    }
}

/// A catalogue that is being read.
#[derive(Default)]
struct Draft {
    providers: BTreeMap<String, Provider>,
    entries: BTreeMap<String, Entry>,
    /// Where each entry and provider stands, for problems that show only when everything is read.
    places: BTreeMap<String, Place>,
    roles: Vec<(String, Value, Place)>,
    problems: Problems,
}

/// A pointer into a file, and the line there.
#[derive(Clone, Default)]
struct Place {
    file: String,
    pointer: String,
    line: Option<u32>,
}

const SECTIONS: [&str; 3] = ["entry", "provider", "roles"];
const ENTRY: [&str; 9] = [
    "id",
    "modality",
    "provider",
    "model",
    "abilities",
    "price",
    "deprecation_date",
    "stands_in_for",
    "extra",
];

impl Draft {
    fn add(&mut self, text: &str, file: &str) {
        let table: Table = match toml::from_str(text) {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map(|span| line_at(text, span.start));
                let place = Place { file: file.to_owned(), pointer: String::new(), line };
                return self.problem(
                    &place,
                    format!("this is no TOML: {}", error.message().trim_end_matches('.')),
                    None,
                );
            }
        };
        let place = |pointer: String, header: &str, nth: usize| Place {
            file: file.to_owned(),
            line: line_of(text, header, nth),
            pointer,
        };
        for (section, value) in &table {
            match (section.as_str(), value) {
                ("provider", Value::Table(providers)) => {
                    for (name, value) in providers {
                        self.provider(
                            name,
                            value,
                            place(format!("/provider/{name}"), &format!("[provider.{name}]"), 0),
                        );
                    }
                }
                ("entry", Value::Array(entries)) => {
                    let mut ids = BTreeSet::new();
                    for (n, value) in entries.iter().enumerate() {
                        let place = place(format!("/entry/{n}"), "[[entry]]", n);
                        if let Some(id) =
                            value.get("id").and_then(Value::as_str).filter(|id| !ids.insert(*id))
                        {
                            self.problem(&place.at("id"), format!("there are two entries `{id}`"), None);
                        }
                        self.entry(value, place);
                    }
                }
                ("roles", Value::Table(roles)) => {
                    for (role, id) in roles {
                        self.roles.push((
                            role.clone(),
                            id.clone(),
                            place(format!("/roles/{role}"), &format!("{role} "), 0),
                        ));
                    }
                }
                ("provider" | "entry" | "roles", _) => {
                    self.problem(
                        &place(format!("/{section}"), section, 0),
                        "it has the wrong form".to_owned(),
                        Some("write [roles], [[entry]] and [provider.NAME]".to_owned()),
                    );
                }
                _ => {
                    self.unknown(&place(format!("/{section}"), &format!("[{section}]"), 0), section, SECTIONS)
                }
            }
        }
    }

    fn entry(&mut self, value: &Value, place: Place) {
        let Some(entry) = self.typed::<Entry>(value, &place, &ENTRY) else { return };
        for (n, row) in entry.price.iter().enumerate() {
            if row.per == 0 || row.micros < 0 {
                self.problem(
                    &place.at(&format!("price/{n}")),
                    "a price is not negative and `per` is at least 1".to_owned(),
                    None,
                );
            }
        }
        if let Some(other) = entry.price.iter().find(|row| row.currency != entry.price[0].currency) {
            self.problem(
                &place.at("price"),
                format!("one entry has one currency, not {} and {}", entry.price[0].currency, other.currency),
                None,
            );
        }
        self.places.insert(format!("entry {}", entry.id), place);
        self.entries.insert(entry.id.clone(), entry);
    }

    /// Reads a table into its type. Unknown keys are told with the nearest known one, all of them.
    fn typed<T: DeserializeOwned>(
        &mut self,
        value: &Value,
        place: &Place,
        known: &[&'static str],
    ) -> Option<T> {
        let unknown: Vec<_> = value
            .as_table()
            .into_iter()
            .flat_map(Table::keys)
            .filter(|key| !known.contains(&key.as_str()))
            .collect();
        for key in &unknown {
            self.unknown(&place.at(key), key, known.iter().copied());
        }
        let mut clean = value.clone();
        if let Some(table) = clean.as_table_mut() {
            table.retain(|key, _| known.contains(&key));
        }
        match clean.try_into() {
            Ok(typed) => Some(typed),
            Err(error) => {
                self.problem(place, error.message().trim().replace('\n', " "), None);
                None
            }
        }
    }

    fn finish(mut self) -> Result<Catalog, Problems> {
        self.check_entries();
        let lines = self.lines();
        let roles = self.roles();
        self.problems.0.sort_by_key(|problem| problem.line);
        let catalog = Catalog { providers: self.providers, entries: self.entries, roles, lines };
        self.problems.or(catalog)
    }

    fn check_entries(&mut self) {
        let mut found = Vec::new();
        for entry in self.entries.values() {
            let place = self.places.get(&format!("entry {}", entry.id)).cloned().unwrap_or_default();
            if !self.providers.contains_key(&entry.provider) {
                let hint = meant(&entry.provider, self.providers.keys().map(String::as_str));
                found.push((
                    place.at("provider"),
                    format!("there is no provider `{}`", entry.provider),
                    hint,
                ));
            }
            let serves = Role::ALL.into_iter().find(|role| default_of(*role) == entry.id);
            if serves.is_some_and(|role| role.modality() != entry.modality) {
                found.push((
                    place.at("modality"),
                    format!("`{}` serves roles by default and cannot make something else", entry.id),
                    String::new(),
                ));
            }
            if let Some(other) = entry.stands_in_for.as_ref().filter(|id| !self.entries.contains_key(*id)) {
                let hint = meant(other, self.entries.keys().map(String::as_str));
                found.push((place.at("stands_in_for"), format!("there is no entry `{other}`"), hint));
            }
        }
        for (place, message, hint) in found {
            self.problem(&place, message, Some(hint));
        }
    }

    /// The line of each role that is named.
    fn lines(&self) -> BTreeMap<Role, u32> {
        let named = self.roles.iter().filter_map(|(name, _, place)| {
            let role = Role::ALL.into_iter().find(|role| role.as_str() == name)?;
            Some((role, place.line?))
        });
        named.collect()
    }

    /// Every role by its default, then as the files say.
    fn roles(&mut self) -> BTreeMap<Role, String> {
        let mut roles: BTreeMap<Role, String> =
            Role::ALL.into_iter().map(|role| (role, default_of(role).to_owned())).collect();
        for (name, id, place) in std::mem::take(&mut self.roles) {
            let Some(role) = Role::ALL.into_iter().find(|role| role.as_str() == name) else {
                self.unknown(&place, &name, Role::ALL.map(Role::as_str));
                continue;
            };
            let Some(id) = id.as_str() else {
                self.problem(
                    &place,
                    "write the id of one entry in quotes".to_owned(),
                    Some(format!("{name} = \"{}\"", default_of(role))),
                );
                continue;
            };
            match self.entries.get(id) {
                Some(entry) if entry.modality == role.modality() => {
                    roles.insert(role, id.to_owned());
                }
                Some(entry) => {
                    let message = format!(
                        "`{id}` makes {}, and {name} needs {}",
                        word(entry.modality),
                        word(role.modality())
                    );
                    let hint = self
                        .entries
                        .values()
                        .find(|e| e.modality == role.modality() && e.provider == entry.provider)
                        .map(|e| format!("such as `{}`", e.id));
                    self.problem(&place, message, hint);
                }
                None => {
                    let hint = meant(
                        id,
                        self.entries
                            .values()
                            .filter(|e| e.modality == role.modality())
                            .map(|e| e.id.as_str()),
                    );
                    self.problem(&place, format!("there is no entry `{id}`"), Some(hint));
                }
            }
        }
        roles
    }

    fn unknown(&mut self, place: &Place, key: &str, known: impl IntoIterator<Item = &'static str>) {
        let hint = meant(key, known);
        self.problem(place, format!("there is no key `{key}`"), Some(hint));
    }

    fn problem(&mut self, place: &Place, message: String, hint: Option<String>) {
        let mut problem = Problem::at(&place.pointer, format!("{}{message}", place.file));
        problem.line = place.line;
        problem.hint = hint.filter(|hint| !hint.is_empty());
        self.problems.push(problem);
    }
}

impl Place {
    fn at(&self, key: &str) -> Self {
        Self { pointer: format!("{}/{key}", self.pointer), ..self.clone() }
    }
}

fn default_of(role: Role) -> &'static str {
    match role.modality() {
        Modality::Text => "rehearsal/text",
        Modality::Image => "rehearsal/image",
        Modality::Video => "rehearsal/video",
        Modality::Speech => "rehearsal/speech",
    }
}

fn word(modality: Modality) -> &'static str {
    match modality {
        Modality::Text => "text",
        Modality::Image => "pictures",
        Modality::Video => "video",
        Modality::Speech => "speech",
    }
}

/// The nearest name, else the names that there are, when they are few.
fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<_> = known.into_iter().collect();
    match nearest(word, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.len() <= 12 => format!("one of {}", known.join(", ")),
        None => String::new(),
    }
}

/// Line of the n-th line that begins with these words.
fn line_of(text: &str, start: &str, nth: usize) -> Option<u32> {
    let mut lines =
        text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with(start.trim_end()));
    lines.nth(nth).and_then(|(n, _)| u32::try_from(n + 1).ok())
}

fn line_at(text: &str, byte: usize) -> u32 {
    let before = text.get(..byte).unwrap_or(text);
    u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
