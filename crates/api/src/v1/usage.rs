//! What was spent: summed by run and model, and call by call.

use std::collections::BTreeMap;

use actix_web::web::Data;
use handbill_domain::{ids::RunId, money::Money};
use handbill_store::ledger::{self, Line, Total};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Problem, State,
    access::{Permission, Principal},
    give::Shown,
    moment::Moment,
    operation::Operation,
    page::{self, Page},
    take::Query,
};

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/usage", ("get_usage", "What was spent, summed by run and model"), usage)
            .needs(Permission::UsageRead),
        Operation::get(
            "/ledger",
            ("list_ledger", "Every call that was paid or rehearsed, newest first"),
            lines,
        )
        .needs(Permission::UsageRead),
    ]
}

/// What was spent.
#[derive(Debug, Serialize, JsonSchema)]
struct Usage {
    /// One a currency.
    sums: Vec<UsageSum>,
    /// One a run and model, newest runs first.
    totals: Vec<UsageTotal>,
}

/// Everything in one currency.
#[derive(Debug, Serialize, JsonSchema)]
struct UsageSum {
    calls: i64,
    /// At list price.
    list: Money,
    /// Really spent.
    spent: Money,
    /// Calls that may have been billed; they are in neither amount.
    ambiguous_calls: i64,
}

/// What the calls of one run to one model came to.
#[derive(Debug, Serialize, JsonSchema)]
struct UsageTotal {
    run: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<String>,
    provider: String,
    model: String,
    calls: i64,
    /// Of these, calls that the local rehearsal answered: never billed.
    rehearsed_calls: i64,
    /// Of these, calls that may have been billed; they are in neither amount.
    ambiguous_calls: i64,
    /// At list price.
    list: Money,
    /// Really spent.
    spent: Money,
}

/// Whose.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UsageQuery {
    /// Only of this run.
    run: Option<String>,
}

async fn usage(
    state: Data<State>,
    who: Principal,
    Query(asked): Query<UsageQuery>,
) -> Result<Shown<Usage>, Problem> {
    let run = asked.run.map(RunId::new);
    let totals = ledger::totals(&state.store, &who.workspace, run.as_ref()).await?;
    let mut sums: BTreeMap<&str, (i64, i64, i64, i64)> = BTreeMap::new();
    for total in &totals {
        let sum = sums.entry(&total.currency).or_default();
        sum.0 += total.calls;
        sum.1 += total.list_micros;
        sum.2 += total.spent_micros;
        sum.3 += total.ambiguous;
    }
    let sums = sums.into_iter().map(|(code, (calls, list, spent, ambiguous_calls))| {
        Ok(UsageSum { calls, list: money(list, code)?, spent: money(spent, code)?, ambiguous_calls })
    });
    let sums = sums.collect::<Result<_, Problem>>()?;
    Ok(Shown(Usage { sums, totals: totals.into_iter().map(total).collect::<Result<_, _>>()? }))
}

fn total(total: Total) -> Result<UsageTotal, Problem> {
    Ok(UsageTotal {
        list: money(total.list_micros, &total.currency)?,
        spent: money(total.spent_micros, &total.currency)?,
        run: total.run_id,
        campaign: total.campaign_id,
        provider: total.provider,
        model: total.model,
        calls: total.calls,
        rehearsed_calls: total.rehearsed,
        ambiguous_calls: total.ambiguous,
    })
}

fn money(amount_micros: i64, code: &str) -> Result<Money, Problem> {
    Ok(Money { amount_micros, currency: ledger::currency(code)? })
}

/// One call in the ledger.
#[derive(Debug, Serialize, JsonSchema)]
struct LedgerLine {
    /// Key of the call: unique in the workspace.
    call: String,
    run: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<String>,
    step: String,
    provider: String,
    model: String,
    /// At list price.
    list: Money,
    /// Really spent.
    spent: Money,
    /// `no`, `yes` or `maybe`.
    billed: String,
    /// The API key that ordered the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    at: Moment,
}

/// Which lines.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LedgerQuery {
    /// Only of this run.
    run: Option<String>,
    /// Entries of a page, 1 to 200.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn lines(
    state: Data<State>,
    who: Principal,
    Query(asked): Query<LedgerQuery>,
) -> Result<Shown<Page<LedgerLine>>, Problem> {
    let limit = page::limit(asked.limit)?;
    let after = page::open_timed(asked.cursor.as_deref())?;
    let after = after.as_ref().map(|(at, call)| (*at, call.as_str()));
    let run = asked.run.map(RunId::new);
    let found = ledger::page(&state.store, &who.workspace, run.as_ref(), after, limit + 1).await?;
    let page = Page::of(found, limit, |line| page::timed(line.at, &line.call_key), line);
    Ok(Shown(Page { data: page.data.into_iter().collect::<Result<_, _>>()?, next_cursor: page.next_cursor }))
}

fn line(line: Line) -> Result<LedgerLine, Problem> {
    Ok(LedgerLine {
        list: money(line.list_micros, &line.currency)?,
        spent: money(line.spent_micros, &line.currency)?,
        call: line.call_key,
        run: line.run_id,
        campaign: line.campaign_id,
        step: line.step_key,
        provider: line.provider,
        model: line.model,
        billed: line.billed,
        key_id: line.key_id,
        at: Moment(line.at),
    })
}
