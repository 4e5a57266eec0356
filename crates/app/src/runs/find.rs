//! The run that somebody means.

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    problem::nearest,
};
use handbill_store::{Store, runs};

use crate::ending::Ending;

/// So many runs are looked through for a beginning or a likeness.
const LOOKED_THROUGH: u64 = 10_000;
/// Shortest beginning of an id that stands for it.
const BEGINNING: usize = 4;
/// Characters of an id that are shown in tables.
const SHOWN: usize = 12;

/// An id as tables show it.
pub fn short(run: &str) -> &str {
    run.get(..SHOWN).unwrap_or(run)
}

/// The run with this id, or the only one whose id begins so.
pub async fn find(store: &Store, typed: &str) -> Result<RunId, Ending> {
    let names = runs::names(store, &WorkspaceId::default(), LOOKED_THROUGH).await;
    let names = names.map_err(anyhow::Error::from)?;
    let typed = typed.trim();
    if let Some((id, _)) = names.iter().find(|(id, _)| id.as_str() == typed) {
        return Ok(id.clone());
    }
    let begun: Vec<&RunId> = names
        .iter()
        .map(|(id, _)| id)
        .filter(|id| typed.len() >= BEGINNING && id.as_str().starts_with(typed))
        .collect();
    match begun[..] {
        [one] => Ok(one.clone()),
        [first, second, ..] => Err(Ending::refused(
            format!("several runs begin with {typed}, such as {first} and {second}: write more of the id"),
            format!("有多个运行以 {typed} 开头，例如 {first} 和 {second}：请多写几位"),
        )),
        [] => Err(unknown(typed, &names)),
    }
}

/// Says what was probably meant: the newest run of a campaign of this name, or an id that looks alike.
fn unknown(typed: &str, names: &[(RunId, Option<String>)]) -> Ending {
    if let Some((id, _)) = names.iter().find(|(_, campaign)| campaign.as_deref() == Some(typed)) {
        return Ending::refused(
            format!("{typed} is a campaign; its newest run is {id}"),
            format!("{typed} 是活动名；它最新的运行是 {id}"),
        );
    }
    // Who typed the beginning of an id is compared with beginnings.
    let alike = |id: &str| id.get(..typed.len()).unwrap_or(id).to_owned();
    let beginnings: Vec<String> = names.iter().map(|(id, _)| alike(id.as_str())).collect();
    let meant = nearest(typed, beginnings.iter().map(String::as_str))
        .and_then(|meant| names.iter().map(|(id, _)| id).find(|id| id.as_str().starts_with(meant)));
    match meant {
        Some(id) => Ending::refused(
            format!("there is no run {typed}; did you mean {id}?"),
            format!("没有运行 {typed}；是否指 {id}？"),
        ),
        None => Ending::refused(
            format!("there is no run {typed}; `handbill runs list` shows which there are"),
            format!("没有运行 {typed}；可用 `handbill runs list` 查看全部运行"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(typed: &str) -> String {
        let names =
            ["8f2c01d3e4b5a697", "1b7e99aa00112233"].map(|id| (RunId::new(id), Some("spring".to_owned())));
        let Ending::Refused { en, .. } = unknown(typed, &names) else { panic!("{typed} was accepted") };
        en
    }

    #[test]
    fn who_mistypes_is_told_the_nearest_run() {
        assert_eq!(
            said("8f2c01d3e4b5a679"),
            "there is no run 8f2c01d3e4b5a679; did you mean 8f2c01d3e4b5a697?"
        );
        assert_eq!(said("8f2c10"), "there is no run 8f2c10; did you mean 8f2c01d3e4b5a697?");
        assert_eq!(said("spring"), "spring is a campaign; its newest run is 8f2c01d3e4b5a697");
        assert!(said("zzzz").contains("handbill runs list"));
    }
}
