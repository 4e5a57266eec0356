//! Texts as a reader sees them: topics set off, HTML as its paragraphs.

use serde::Serialize;

/// A piece of a text: a `#topic`, or what stands between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) topic: bool,
}

/// A paragraph of HTML: `h`, `p`, `li`, or `cta` for a paragraph that is one link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Block {
    pub(super) kind: &'static str,
    pub(super) text: String,
}

/// Sets off `#topic` and `#话题#`.
pub(super) fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('#') {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let word = &from[1..];
        let end = word.find(|c: char| c.is_whitespace() || c == '#').unwrap_or(word.len());
        let closed = word[end..].starts_with('#') && !word[end + 1..].starts_with(char::is_alphanumeric);
        let length = 1 + end + usize::from(closed);
        if word.starts_with(char::is_alphabetic) {
            if !plain.is_empty() {
                runs.push(Run { text: std::mem::take(&mut plain), topic: false });
            }
            runs.push(Run { text: from[..length].to_owned(), topic: true });
        } else {
            plain.push_str(&from[..length]);
        }
        rest = &from[length..];
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        runs.push(Run { text: plain, topic: false });
    }
    runs
}

/// Is a text HTML from its first letter to its last?
pub(super) fn is_html(text: &str) -> bool {
    text.trim_start().starts_with('<') && text.trim_end().ends_with('>')
}

/// The paragraphs of HTML as text. What is not shown (`head`, `style`, `script`) is left out.
pub(super) fn blocks(html: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        reader.text(&rest[..at]);
        let (tag, after) = tag(&rest[at..]);
        rest = after;
        let name = tag.trim_start_matches('/');
        if matches!(name, "head" | "style" | "script" | "title") && !tag.starts_with('/') {
            let end = rest.to_ascii_lowercase().find(&format!("</{name}"));
            rest = end.map_or("", |end| &rest[end..]);
        } else {
            reader.tag(&tag);
        }
    }
    reader.text(rest);
    reader.flush();
    reader.blocks
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    kind: Option<&'static str>,
    text: String,
    in_link: bool,
    /// Is all of the text so far inside a link?
    linked: bool,
}

impl Reader {
    fn text(&mut self, raw: &str) {
        let text = decoded(raw);
        if text.trim().is_empty() {
            if !self.text.is_empty() && !self.text.ends_with(' ') {
                self.text.push(' ');
            }
            return;
        }
        self.linked = self.in_link && (self.text.trim().is_empty() || self.linked);
        self.text.push_str(&text);
    }

    fn tag(&mut self, tag: &str) {
        match tag {
            "a" => self.in_link = true,
            "/a" => self.in_link = false,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.open("h"),
            "li" => self.open("li"),
            "p" | "div" | "ul" | "ol" | "table" | "tr" | "td" | "section" | "br" | "body" | "/p" | "/div"
            | "/li" | "/td" | "/h1" | "/h2" | "/h3" | "/h4" | "/h5" | "/h6" => self.flush(),
            _ => {}
        }
    }

    fn open(&mut self, kind: &'static str) {
        self.flush();
        self.kind = Some(kind);
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text).split_whitespace().collect::<Vec<_>>().join(" ");
        let kind = self.kind.take().unwrap_or(if self.linked { "cta" } else { "p" });
        self.linked = false;
        if !text.is_empty() {
            self.blocks.push(Block { kind, text });
        }
    }
}

/// The name of the tag at the start (`p`, `/p`), and what follows it.
fn tag(from: &str) -> (String, &str) {
    if let Some(comment) = from.strip_prefix("<!--") {
        return (String::new(), comment.split_once("-->").map_or("", |(_, after)| after));
    }
    let mut quote = None;
    let end = from.char_indices().find(|&(_, c)| match (quote, c) {
        (Some(q), c) if c == q => {
            quote = None;
            false
        }
        (None, '"' | '\'') => {
            quote = Some(c);
            false
        }
        (None, '>') => true,
        _ => false,
    });
    let end = end.map_or(from.len(), |(at, _)| at);
    let name = from[1..end].split(|c: char| c.is_whitespace()).next().unwrap_or_default();
    (name.trim_end_matches('/').to_ascii_lowercase(), from.get(end + 1..).unwrap_or_default())
}

fn decoded(raw: &str) -> String {
    const NAMED: &[(&str, &str)] =
        &[("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    NAMED.iter().fold(raw.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(text: &str) -> Vec<String> {
        runs(text).into_iter().filter(|run| run.topic).map(|run| run.text).collect()
    }

    #[test]
    fn topics_are_set_off_as_each_platform_writes_them() {
        assert_eq!(topics("好茶。\n#明前龙井 #山前雾"), ["#明前龙井", "#山前雾"]);
        assert_eq!(topics("好茶 #明前龙井# #山前雾#"), ["#明前龙井#", "#山前雾#"]);
        assert_eq!(topics("#spring#tea now"), ["#spring", "#tea"]);
        assert!(topics("No. #1, C# and a # alone").is_empty());
    }

    #[test]
    fn no_letter_is_lost_when_topics_are_set_off() {
        for text in ["", "#", "##", "a#b#c", "#茶# 好 #1", "好 #茶#。"] {
            assert_eq!(runs(text).into_iter().map(|run| run.text).collect::<String>(), text);
        }
    }

    #[test]
    fn html_is_read_as_its_paragraphs() {
        let html = "<!doctype html><head><title>x</title></head><h1>Tea &amp; time</h1>\n<p>One <b>fine</b> cup.</p>\
                    <ul><li>A</li><li>B</li></ul><p><a href=\"https://a.example/?b>c\">Taste</a></p><p>See <a>us</a></p>";
        let read: Vec<(&str, String)> = blocks(html).into_iter().map(|b| (b.kind, b.text)).collect();
        let expected = [
            ("h", "Tea & time"),
            ("p", "One fine cup."),
            ("li", "A"),
            ("li", "B"),
            ("cta", "Taste"),
            ("p", "See us"),
        ];
        assert_eq!(read, expected.map(|(kind, text)| (kind, text.to_owned())));
    }
}
