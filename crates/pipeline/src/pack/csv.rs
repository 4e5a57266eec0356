//! `copy.csv`: one row a text, for spreadsheets.

use handbill_checks::meter;
use handbill_domain::{channel, words::PlacementCopy};

const HEAD: [&str; 9] =
    ["placement", "placement_name", "locale", "variant", "angle", "field", "text", "length", "limit"];

/// The table. It starts with a byte order mark, without which Excel misreads Chinese.
pub(super) fn copy(copies: &[PlacementCopy]) -> String {
    let mut out = String::from("\u{feff}");
    line(&mut out, &HEAD.map(str::to_owned));
    for copy in copies {
        let Some(placement) = channel::placement(&copy.placement) else { continue };
        for field in &placement.fields {
            for text in copy.fields.get(&field.key).into_iter().flatten() {
                let limit = field.max.map(|max| max.to_string()).unwrap_or_default();
                line(
                    &mut out,
                    &[
                        placement.id.clone(),
                        placement.name.for_language(copy.locale.language()).to_owned(),
                        copy.locale.to_string(),
                        copy.variant.to_string(),
                        copy.angle.clone(),
                        field.key.clone(),
                        text.clone(),
                        meter::length(text, field.unit).to_string(),
                        limit,
                    ],
                );
            }
        }
    }
    out
}

fn line(out: &mut String, cells: &[String]) {
    let quoted: Vec<String> = cells.iter().map(|cell| quote(cell)).collect();
    out.push_str(&quoted.join(","));
    out.push_str("\r\n");
}

/// RFC 4180. A cell that a spreadsheet would take for a formula gets a leading apostrophe, as OWASP advises.
fn quote(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        assert_eq!(quote("春茶"), "春茶");
        assert_eq!(quote("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(quote("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(quote("a\nb"), "\"a\nb\"");
    }
}
