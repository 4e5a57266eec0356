//! A brief's file as a tree that knows the line of everything. YAML and JSON alike: JSON is YAML.

use std::borrow::Cow;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span};

use crate::problem::{Problem, Problems};

/// Deeper than any brief.
const MAX_DEPTH: usize = 16;

/// One value with its place.
#[derive(Debug)]
pub(super) struct Node {
    /// One-based line: of a text or number its own, of a list or map that of its key.
    pub(super) line: u32,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    /// What was written, and whether without quotes.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) line: u32,
}

impl Node {
    /// Was nothing written? (`key:`, `~`, `null`)
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The text of a scalar that is something.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(k, _)| k.name == key).map(|(_, node)| node),
            _ => None,
        }
    }
}

/// The line of a place, or of the nearest place around it that is there.
pub(super) fn line_of(root: &Node, pointer: &str) -> u32 {
    let mut node = root;
    for part in pointer.split('/').skip(1) {
        let inner = match &node.value {
            Value::List(items) => part.parse::<usize>().ok().and_then(|n| items.get(n)),
            _ => node.get(&part.replace("~1", "/").replace("~0", "~")),
        };
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node.line
}

/// Pointer to a member: `~` and `/` in keys are escaped as RFC 6901 says.
pub(super) fn join(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Reads a whole file. `Err` when there is no tree to go on with; what can be stepped over is noted in `problems`.
pub(super) fn parse(text: &str, problems: &mut Vec<Problem>) -> Result<Node, Problems> {
    let text = joined_surrogates(text);
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    let mut build = Build { open: Vec::new(), root: None, problems };
    for event in Parser::new_from_str_with_options(&text, options) {
        let (event, span) = event.map_err(|error| {
            let (line, column) = (one_based(error.marker().line()), error.marker().col() + 1);
            unreadable(line, column, &error.info())
        })?;
        build.take(event, span)?;
    }
    build.root.filter(|root| !root.is_null()).ok_or_else(|| {
        Problem::at("", "the file is empty")
            .line(1)
            .hint("start from a brief in `examples/`")
            .in_chinese("文件是空的", "可以从 `examples/` 里的示例开始")
            .into()
    })
}

fn unreadable(line: u32, column: usize, what: &str) -> Problems {
    Problem::at("", format!("is not readable YAML or JSON at column {column}: {what}"))
        .line(line)
        .hint("check the indentation, the quotes and the brackets of this line and the one above")
        .in_chinese(
            format!("第 {column} 列不是合法的 YAML 或 JSON：{what}"),
            "检查这一行和上一行的缩进、引号和括号",
        )
        .into()
}

fn one_based(line: usize) -> u32 {
    u32::try_from(line.max(1)).unwrap_or(u32::MAX)
}

/// A list or a map that is not closed yet.
struct Open {
    pointer: String,
    line: u32,
    value: Value,
    /// The key whose value comes next.
    key: Option<Key>,
}

struct Build<'p> {
    open: Vec<Open>,
    root: Option<Node>,
    problems: &'p mut Vec<Problem>,
}

impl Build<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problems> {
        let line = one_based(span.start.line());
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                return Err(Problem::at("", "a second document starts here")
                    .line(line)
                    .hint("one file holds one brief: remove the `---` and what follows it")
                    .in_chinese("这里开始了第二个文档", "一个文件只写一份简报：请删除 `---` 及其后的内容")
                    .into());
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let pointer = self.pointer();
                self.problems.push(
                    Problem::at(pointer, "is an alias (`*name`), which a brief does not use")
                        .line(line)
                        .hint("write the value out")
                        .in_chinese("使用了别名（`*名称`），简报不支持别名", "请把内容直接写出来"),
                );
                self.close(Node { line, value: Value::Scalar { text: String::new(), plain: true } });
            }
            Event::Scalar(text, style, ..) => {
                let plain = style == ScalarStyle::Plain;
                if self.wants_key() {
                    self.key(Key { name: text.into_owned(), line });
                } else {
                    self.close(Node { line, value: Value::Scalar { text: text.into_owned(), plain } });
                }
            }
            Event::SequenceStart(..) => self.begin(line, Value::List(Vec::new()))?,
            Event::MappingStart(..) => self.begin(line, Value::Map(Vec::new()))?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { line, value, .. }) = self.open.pop() {
                    self.close(Node { line, value });
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { value: Value::Map(_), key: None, .. }))
    }

    /// Pointer to the value that comes next.
    fn pointer(&self) -> String {
        match self.open.last() {
            None => String::new(),
            Some(Open { pointer, value: Value::List(items), .. }) => format!("{pointer}/{}", items.len()),
            Some(Open { pointer, key: Some(key), .. }) => join(pointer, &key.name),
            Some(Open { pointer, .. }) => pointer.clone(),
        }
    }

    fn begin(&mut self, line: u32, value: Value) -> Result<(), Problems> {
        if self.open.len() >= MAX_DEPTH || self.wants_key() {
            return Err(Problem::at(self.pointer(), "is nested deeper than any brief is")
                .line(line)
                .hint("check the indentation and the brackets")
                .in_chinese("嵌套层级过深", "请检查缩进和括号")
                .into());
        }
        let pointer = self.pointer();
        let line = self.open.last().and_then(|open| open.key.as_ref()).map_or(line, |key| key.line);
        self.open.push(Open { pointer, line, value, key: None });
        Ok(())
    }

    fn key(&mut self, key: Key) {
        let pointer = self.pointer();
        let Some(Open { value: Value::Map(entries), key: next, .. }) = self.open.last_mut() else { return };
        if let Some((first, _)) = entries.iter().find(|(known, _)| known.name == key.name) {
            self.problems.push(
                Problem::at(join(&pointer, &key.name), format!("`{}` is written twice", key.name))
                    .line(key.line)
                    .hint(format!("keep one of them; the first is in line {}", first.line))
                    .in_chinese(
                        format!("`{}` 写了两次", key.name),
                        format!("保留其中一个；第一个在第 {} 行", first.line),
                    ),
            );
        }
        *next = Some(key);
    }

    fn close(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open { value: Value::List(items), .. }) => items.push(node),
            Some(Open { value: Value::Map(entries), key, .. }) => {
                if let Some(key) = key.take()
                    && !entries.iter().any(|(known, _)| known.name == key.name)
                {
                    entries.push((key, node));
                }
            }
            Some(Open { value: Value::Scalar { .. }, .. }) => {}
        }
    }
}

/// JSON writes an emoji as two escapes (`\ud83c\udf75`), which YAML does not know: puts the character itself there.
fn joined_surrogates(text: &str) -> Cow<'_, str> {
    if !text.trim_start().starts_with('{') || !(text.contains("\\ud") || text.contains("\\uD")) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let pair = hex(rest).zip(rest.get(6..).and_then(hex));
        let joined = pair.and_then(|pair| {
            char::decode_utf16([pair.0, pair.1]).next()?.ok().filter(|c| *c as u32 > 0xFFFF)
        });
        let taken = match joined {
            Some(character) => {
                out.push(character);
                12
            }
            // Any other escape is two characters at least; skipping both keeps `\\ud83c` what it is.
            None => {
                let two = rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at);
                out.push_str(&rest[..two]);
                two
            }
        };
        rest = &rest[taken..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn hex(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}
