//! Server-sent events, read from the whole text of a stream.

/// The `data` of each event, in order. Comments, other fields and every kind of line end are understood; an event that
/// the end of the stream cut off is kept, because some servers end without the last empty line.
pub(crate) fn events(text: &str) -> Vec<String> {
    let mut events = Vec::new();
    let mut data: Option<String> = None;
    for line in lines(text.trim_start_matches('\u{feff}')) {
        if line.is_empty() {
            events.extend(data.take());
        } else if let Some(rest) = line.strip_prefix("data") {
            let Some(value) = rest.strip_prefix(':').or_else(|| rest.is_empty().then_some("")) else {
                continue;
            };
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => data = Some(value.to_owned()),
            }
        }
    }
    events.extend(data);
    events
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(at) = text.find(['\r', '\n']) else {
            rest = None;
            return if text.is_empty() { None } else { Some(text) };
        };
        let width = if text[at..].starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&text[at + width..]);
        Some(&text[..at])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_whatever_the_line_ends_and_comments_are_skipped() {
        for end in ["\n", "\r\n", "\r"] {
            let text = [
                ": hello",
                "data: {\"a\":1}",
                "",
                "event: x",
                "id: 7",
                "data:b",
                "data: c",
                "",
                "data: [DONE]",
            ]
            .join(end);
            assert_eq!(events(&text), ["{\"a\":1}", "b\nc", "[DONE]"], "{end:?}");
        }
        assert_eq!(events(""), Vec::<String>::new());
        assert_eq!(events("database: no\n\n: only a comment\n\n"), Vec::<String>::new());
        assert_eq!(events("\u{feff}data\n\n"), [""]);
    }
}
