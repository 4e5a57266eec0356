//! The key that asks: what it may do, and what it may still spend.

use actix_web::web::Data;
use handbill_domain::money::Money;
use handbill_store::{
    budgets::{self, Scope},
    keys,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Problem, State,
    access::{Permission, Principal},
    give::Shown,
    moment::Moment,
    operation::Operation,
};

pub(crate) fn operations() -> Vec<Operation> {
    let says = ("get_key", "The key that you send: what it may do and what it may still spend");
    vec![Operation::get("/key", says, show).needs(Permission::RunsRead)]
}

/// An API key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Key")]
struct KeyView {
    /// Its id, which is part of its text.
    id: String,
    /// What it is for.
    name: String,
    /// Whose it is.
    workspace: String,
    /// `live`, or `rehearsal`: can never spend.
    environment: &'static str,
    /// What it may do.
    scopes: Vec<String>,
    /// Most that all its runs together may spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    ceiling: Option<Money>,
    /// What its runs have spent, one amount a currency.
    spent: Vec<Money>,
    created_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Moment>,
}

async fn show(state: Data<State>, who: Principal) -> Result<Shown<KeyView>, Problem> {
    let key = keys::find(&state.store, &who.workspace, who.key()).await?;
    let budgets = budgets::read(&state.store, &who.workspace, &Scope::Key(key.id.clone())).await?;
    let spent = budgets.into_iter().map(|budget| budget.spent).filter(|spent| spent.amount_micros > 0);
    Ok(Shown(KeyView {
        id: key.id,
        name: key.name,
        workspace: key.workspace.to_string(),
        environment: if key.rehearsal { "rehearsal" } else { "live" },
        scopes: key.scopes,
        ceiling: key.ceiling,
        spent: spent.collect(),
        created_at: Moment(key.created_at),
        expires_at: key.expires_at.map(Moment),
    }))
}
