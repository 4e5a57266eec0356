//! Lists come in pages: `limit`, and an opaque `cursor` that stays right while rows come and go.

use handbill_domain::problem::Problem as At;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Problem;

/// Entries of a page where the caller names no number.
pub(crate) const USUAL: u32 = 50;
/// Entries of a page at most.
pub(crate) const MOST: u32 = 200;

/// A part of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(crate) struct Page<T> {
    /// The entries.
    pub(crate) data: Vec<T>,
    /// Where the next page begins; none: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

/// How many entries are wanted.
pub(crate) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        Some(n) if n == 0 || n > MOST => {
            let at = At::at("/query/limit", format!("should be 1 to {MOST}"));
            Err(Problem::invalid(at.in_chinese(format!("应为 1 至 {MOST}"), "").into()).code("invalid_query"))
        }
        asked => Ok(asked.unwrap_or(USUAL)),
    }
}

impl<T> Page<T> {
    /// A page of rows of which one more was asked for than is shown; `place` tells where a row stands.
    pub(crate) fn of<R>(
        mut rows: Vec<R>,
        limit: u32,
        place: impl Fn(&R) -> String,
        show: impl Fn(R) -> T,
    ) -> Self {
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next_cursor = rows.last().filter(|_| more).map(|row| closed(&place(row)));
        Self { data: rows.into_iter().map(show).collect(), next_cursor }
    }
}

/// A place that callers do not look into.
fn closed(place: &str) -> String {
    place.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The place of a cursor that we gave.
pub(crate) fn open(cursor: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = cursor.as_bytes().chunks(2).map(byte).collect();
    let place = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    place.map(Some).ok_or_else(wrong)
}

/// Where something stands in a list by time.
pub(crate) fn timed(at: i64, id: &str) -> String {
    format!("{at} {id}")
}

/// The time and id of a cursor of such a list.
pub(crate) fn open_timed(cursor: Option<&str>) -> Result<Option<(i64, String)>, Problem> {
    let Some(place) = open(cursor)? else { return Ok(None) };
    let (at, id) = place.split_once(' ').ok_or_else(wrong)?;
    Ok(Some((at.parse().map_err(|_| wrong())?, id.to_owned())))
}

/// The place says nothing that we understand.
pub(crate) fn wrong() -> Problem {
    let at = At::at("/query/cursor", "is no cursor of this list; begin without one");
    Problem::invalid(at.in_chinese("不是此列表的游标，请去掉后重新开始", "").into()).code("invalid_query")
}
