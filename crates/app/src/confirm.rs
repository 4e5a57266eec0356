//! Money is spent when somebody said yes.

use handbill_pipeline::plan::Plan;
use handbill_providers::Catalog;

use crate::{console::Console, ending::Ending, language::said, planned};

/// Asks before real money is spent; `--yes` has answered already.
pub fn confirm(plan: &Plan, catalog: &Catalog, yes: bool, console: &Console) -> Result<(), Ending> {
    let Some(price) = planned::spent(plan, catalog).filter(|_| !yes) else { return Ok(()) };
    if !console.can_ask() {
        return Err(Ending::refused(
            format!("this costs {price}; say that you agree: add --yes"),
            format!("本次将花费 {price}；如同意，请加上 --yes"),
        ));
    }
    console.complain(&said!(
        console.language,
        "This costs {price}. Go on? [y/N]",
        "本次将花费 {price}。继续吗？[y/N]"
    ));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(anyhow::Error::from)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" | "是" | "好" => Ok(()),
        _ => Err(Ending::refused("nothing was started", "未开始")),
    }
}
