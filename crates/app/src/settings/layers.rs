//! The two layers that people write: a file and the environment.

use std::path::Path;

use handbill_domain::problem::{Problem, Problems, nearest};
use toml::{Table, Value};

use super::DEFAULT;

/// First part of our variables' names.
pub const PREFIX: &str = "HANDBILL_";
/// Variables of ours that are no settings: the log, and the set-up script.
const OTHERS: &[&str] = &["HANDBILL_LOG", "HANDBILL_SETUP"];

/// What people wrote.
#[derive(Debug, Default)]
pub struct Layers {
    /// `handbill.toml`.
    pub file: Table,
    /// `HANDBILL_…`.
    pub environment: Table,
    text: String,
    variables: Vec<(String, String)>,
}

/// The layer that is compiled in.
pub fn defaults() -> Table {
    // A test reads it, so a default file that does not parse never leaves this repository.
    toml::from_str(DEFAULT).unwrap_or_default()
}

/// Reads both layers. Names that the default file does not have are problems.
pub fn read(
    path: &Path,
    file: &str,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Layers, Problems> {
    let known = leaves(&defaults(), "");
    let mut problems = Problems::default();
    let table = toml::from_str(file).unwrap_or_else(|error| {
        let line = error.span().map_or(1, |span| file[..span.start].matches('\n').count() + 1);
        let problem = Problem::at(
            "",
            format!("{} is no TOML: {}", path.display(), error.message().replace('\n', ", ")),
        );
        problems.push(problem.line(u32::try_from(line).unwrap_or(u32::MAX)));
        Table::new()
    });
    let mut layers = Layers { file: table, text: file.to_owned(), ..Layers::default() };
    for key in strangers(&layers.file, &defaults(), "") {
        let all = known.iter().map(|(name, _)| name.as_str()).chain(sections());
        let problem = Problem::at(pointer(&key), format!("there is no setting `{key}`"));
        let problem = problem.line(layers.line(&key).unwrap_or(1));
        problems.push(match nearest(&key, all) {
            Some(meant) => problem.hint(format!("did you mean `{meant}`?")),
            None => problem.hint("the comments of `settings.default.toml` name them all"),
        });
    }
    for (name, value) in environment {
        if OTHERS.contains(&name.as_str()) {
            continue;
        }
        let Some(key) = name.strip_prefix(PREFIX).map(|rest| rest.to_lowercase().replace("__", ".")) else {
            continue;
        };
        match known.iter().find(|(leaf, _)| *leaf == key) {
            Some((_, default)) => {
                put(&mut layers.environment, &key, typed(&value, default));
                layers.variables.push((key, name));
            }
            None => {
                let problem = Problem::at(
                    pointer(&key),
                    format!("{name} in the environment: there is no setting `{key}`"),
                );
                let meant = nearest(&key, known.iter().map(|(leaf, _)| leaf.as_str()));
                problems.push(match meant {
                    Some(meant) => problem
                        .hint(format!("did you mean {PREFIX}{}?", meant.replace('.', "__").to_uppercase())),
                    None => problem.hint("the comments of `settings.default.toml` name them all"),
                });
            }
        }
    }
    problems.or(layers)
}

impl Layers {
    /// The variable that a setting was read from, if it was one.
    pub fn variable(&self, key: &str) -> Option<&str> {
        self.variables.iter().find(|(known, _)| known == key).map(|(_, name)| name.as_str())
    }

    /// The line of the file in which a setting stands.
    pub fn line(&self, key: &str) -> Option<u32> {
        let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
        let mut inside = String::new();
        for (n, line) in self.text.lines().enumerate() {
            let line = line.trim();
            let found = u32::try_from(n + 1).ok();
            if let Some(header) = line.strip_prefix('[') {
                inside = header.split(']').next().unwrap_or_default().trim().to_owned();
                if inside == key {
                    return found;
                }
            } else if let Some((left, _)) = line.split_once('=') {
                let left = left.trim();
                if (left == name && inside == section) || (inside.is_empty() && left == key) {
                    return found;
                }
            }
        }
        None
    }
}

fn pointer(key: &str) -> String {
    format!("/{}", key.replace('.', "/"))
}

/// Every setting with its default, by dotted name.
fn leaves(table: &Table, prefix: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) => found.extend(leaves(inner, &format!("{prefix}{key}."))),
            value => found.push((format!("{prefix}{key}"), value.clone())),
        }
    }
    found
}

fn sections<'t>() -> impl Iterator<Item = &'t str> {
    DEFAULT.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'))
}

/// Names in `table` that `known` does not have.
fn strangers(table: &Table, known: &Table, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in table {
        match (value, known.get(key)) {
            (_, None) => found.push(format!("{prefix}{key}")),
            (Value::Table(inner), Some(Value::Table(known))) => {
                found.extend(strangers(inner, known, &format!("{prefix}{key}.")))
            }
            _ => {}
        }
    }
    found
}

/// A variable's text as the type of its default; what does not fit stays a text, and is told as a wrong type.
fn typed(text: &str, default: &Value) -> Value {
    let read = match default {
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        Value::Float(_) => text.parse().ok().map(Value::Float),
        _ => None,
    };
    read.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn put(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => drop(table.insert(key.to_owned(), value)),
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
