//! Ceilings that stand above a plan's own: the key's and the workspace's.

use handbill_domain::{fault::NextAction, money::Money, problem::Problem as At};
use handbill_store::{
    Store,
    budgets::{self, Scope},
};

use crate::{
    Problem,
    access::Principal,
    desk::{Obstacle, PriceRange},
};

/// Which of them this would pass, together with all that is spent and reserved.
pub(crate) async fn against(
    store: &Store,
    who: &Principal,
    spends: &[PriceRange],
) -> Result<Vec<Obstacle>, Problem> {
    let scopes = [
        (Scope::Key(who.key().to_owned()), "over_key_ceiling", ("the key", "密钥")),
        (Scope::Workspace, "over_workspace_ceiling", ("the workspace", "工作区")),
    ];
    let mut obstacles = Vec::new();
    for (scope, code, (en, zh)) in scopes {
        let budgets = budgets::read(store, &who.workspace, &scope).await?;
        for most in spends.iter().map(|range| &range.high) {
            let budget = budgets.iter().find(|budget| budget.spent.currency == most.currency);
            let Some((budget, ceiling)) = budget.and_then(|b| Some((b, b.ceiling.as_ref()?))) else {
                continue;
            };
            let gone = budget.spent.amount_micros + budget.reserved.amount_micros;
            if gone.saturating_add(most.amount_micros) > ceiling.amount_micros {
                let left = (ceiling.amount_micros - gone).max(0);
                let left = Money { amount_micros: left, currency: most.currency };
                let at = At::at("/ceiling", format!("{en} may still spend {left}, and this may cost {most}"))
                    .in_chinese(format!("{zh}还可花费 {left}，而本次可能花费 {most}"), "");
                obstacles.push(Obstacle { code: code.to_owned(), next_action: NextAction::RaiseCeiling, at });
            }
        }
    }
    Ok(obstacles)
}
