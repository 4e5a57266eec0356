//! SVG logos: read as data, refused where they would fetch, run or explode, then drawn within limits.

use std::collections::HashMap;

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{
        self, Tree,
        roxmltree::{Document, Node, ParsingOptions},
    },
};

use super::{Limits, damaged};
use crate::{Canvas, Error};

/// Long side of the drawn logo in px: no placement shows one larger.
const SIDE: f32 = 2048.0;
/// Most elements, those that `use`, patterns and masks repeat counted each time.
const ELEMENTS: u64 = 50_000;
/// Most filter steps.
const FILTERS: usize = 24;
/// Filter steps whose cost does not grow with what they are told.
const CHEAP: &[&str] = &[
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feMerge",
    "feMergeNode",
    "feOffset",
];

/// The text, if it is an SVG: what stands before its root may be a declaration, comments and a document type.
pub(super) fn source(bytes: &[u8]) -> Option<&str> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let start = bytes.iter().position(|b| !b.is_ascii_whitespace())?;
    let head = &bytes[start..bytes.len().min(start + 8192)];
    let is_svg = head.starts_with(b"<") && head.windows(4).any(|w| w == b"<svg" || w == b":svg");
    // Text that is not UTF-8 is no SVG that we read; the caller then names the format as unknown.
    is_svg.then(|| std::str::from_utf8(bytes).ok()).flatten()
}

/// Draws it.
pub(super) fn draw(text: &str, limits: &Limits) -> Result<Canvas, Error> {
    // Without a document type there are no entities, and so no entity bombs.
    let rules = ParsingOptions { allow_dtd: false, nodes_limit: 200_000, ..ParsingOptions::default() };
    let text = without_doctype(text)?;
    let document = Document::parse_with_options(&text, rules).map_err(|e| damaged(format!("SVG: {e}")))?;
    inspect(&document)?;
    let options = usvg::Options {
        resources_dir: None,
        image_href_resolver: usvg::ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..usvg::Options::default()
    };
    let tree = Tree::from_xmltree(&document, &options).map_err(|e| damaged(format!("SVG: {e}")))?;
    let (w, h) = (tree.size().width(), tree.size().height());
    let scale = SIDE / w.max(h);
    let (width, height) = ((w * scale).round() as u32, (h * scale).round() as u32);
    limits.allow(width, height)?;
    let mut pixels = Pixmap::new(width, height).ok_or_else(|| damaged("its size cannot be drawn"))?;
    resvg::render(&tree, Transform::from_scale(width as f32 / w, height as f32 / h), &mut pixels.as_mut());
    Canvas::from_premultiplied(width, height, pixels.take())
        .ok_or_else(|| damaged("its size and its pixels differ"))
}

/// Editors write a document type out of habit. A plain one goes; one that declares entities is refused.
fn without_doctype(text: &str) -> Result<std::borrow::Cow<'_, str>, Error> {
    let Some(start) = text.find("<!DOCTYPE") else { return Ok(text.into()) };
    let rest = &text[start..];
    let end = rest.find('>').ok_or_else(|| damaged("SVG: its document type does not end"))?;
    if rest[..end].contains('[') {
        return Err(Error::Unsupported("an SVG that declares entities".into()));
    }
    Ok(format!("{}{}", &text[..start], &rest[end + 1..]).into())
}

/// Refuses what would be fetched, what cannot be drawn as it is meant, and what would take for ever.
fn inspect(document: &Document<'_>) -> Result<(), Error> {
    let refuse = |what: String| Err(Error::Unsupported(format!("an SVG with {what}")));
    let mut filters = 0;
    for node in document.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        match name {
            "script" => return refuse("a script".into()),
            "image" | "feImage" => return refuse("an embedded picture (give the logo as PNG)".into()),
            "text"
                if node
                    .descendants()
                    .any(|n| n.is_text() && !n.text().unwrap_or_default().trim().is_empty()) =>
            {
                return refuse("text (convert it to outlines)".into());
            }
            _ if name.starts_with("fe") && node.ancestors().any(|n| n.has_tag_name("filter")) => {
                filters += 1;
                if !CHEAP.contains(&name) {
                    return refuse(format!("the filter {name}"));
                }
                if filters > FILTERS {
                    return Err(Error::TooLarge {
                        what: "SVG",
                        actual: format!("more than {FILTERS} filter steps"),
                        limit: format!("{FILTERS} filter steps"),
                    });
                }
            }
            _ => {}
        }
        for attribute in node.attributes() {
            let (key, value) = (attribute.name(), attribute.value().trim());
            if key.len() > 2 && key.starts_with("on") && key[2..].bytes().all(|b| b.is_ascii_lowercase()) {
                return refuse(format!("the script `{key}`"));
            }
            if key == "href" && !value.starts_with('#') && !matches!(name, "a" | "metadata") {
                return refuse(format!("a reference to the outside ({})", short(value)));
            }
            outside_url(value)?;
        }
        if name == "style" {
            let css = node.text().unwrap_or_default();
            if css.contains("@import") {
                return refuse("a style sheet of the outside".into());
            }
            outside_url(css)?;
        }
    }
    let elements = Weights::of(document).total;
    if elements > ELEMENTS {
        return Err(Error::TooLarge {
            what: "SVG",
            actual: "more elements than that, with its repetitions".into(),
            limit: format!("{ELEMENTS} elements"),
        });
    }
    Ok(())
}

/// `url(…)` may point into the document only.
fn outside_url(value: &str) -> Result<(), Error> {
    for part in value.split("url(").skip(1) {
        let target = part.trim_start_matches([' ', '\'', '"']);
        if !target.starts_with('#') {
            let target = target.split(')').next().unwrap_or_default();
            return Err(Error::Unsupported(format!(
                "an SVG with a reference to the outside ({})",
                short(target)
            )));
        }
    }
    Ok(())
}

fn short(value: &str) -> String {
    value.chars().take(40).collect()
}

/// How many elements there are when everything that is repeated is counted as often as it is drawn.
struct Weights<'a, 'b> {
    by_id: HashMap<&'a str, Node<'a, 'b>>,
    known: HashMap<&'a str, u64>,
    /// Of the whole document.
    total: u64,
}

impl<'a, 'b> Weights<'a, 'b> {
    fn of(document: &'a Document<'b>) -> Self {
        let elements = document.descendants().filter(Node::is_element);
        let by_id = elements.filter_map(|n| Some((n.attribute("id")?, n))).collect();
        let mut weights = Self { by_id, known: HashMap::new(), total: 0 };
        weights.total = weights.node(document.root_element(), 0);
        weights
    }

    /// A style sheet may give its references to every element, so they count for each.
    fn node(&mut self, node: Node<'a, 'b>, depth: usize) -> u64 {
        if depth > 200 {
            return ELEMENTS + 1;
        }
        let mut sum = 1u64;
        for attribute in node.attributes() {
            // A marker is drawn at every vertex.
            let times = match attribute.name().starts_with("marker") {
                true => node.attribute("d").or(node.attribute("points")).map_or(1, str::len) as u64,
                false => 1,
            };
            for id in references(attribute.name(), attribute.value()) {
                sum = sum.saturating_add(self.target(id, depth).saturating_mul(times));
            }
        }
        if node.has_tag_name("style") || node.tag_name().name() == "style" {
            let everywhere = self.by_id.len() as u64 + 1;
            for id in references("style", node.text().unwrap_or_default()) {
                sum = sum.saturating_add(self.target(id, depth).saturating_mul(everywhere));
            }
        }
        for child in node.children().filter(Node::is_element) {
            sum = sum.saturating_add(self.node(child, depth + 1));
        }
        sum
    }

    fn target(&mut self, id: &'a str, depth: usize) -> u64 {
        if let Some(known) = self.known.get(id) {
            return *known;
        }
        let Some(node) = self.by_id.get(id).copied() else { return 0 };
        // What refers to itself counts once; the drawing library leaves it out.
        self.known.insert(id, 1);
        let weight = self.node(node, depth + 1);
        self.known.insert(id, weight);
        weight
    }
}

/// The ids that a value refers to: `#leaf`, `url(#leaf)`.
fn references<'a>(key: &str, value: &'a str) -> Vec<&'a str> {
    if key == "href" {
        return value.strip_prefix('#').into_iter().collect();
    }
    let id = |part: &'a str| {
        part.trim_start_matches([' ', '\'', '"', '#']).split([')', '\'', '"', ' ']).next().unwrap_or_default()
    };
    value.split("url(").skip(1).map(id).collect()
}
