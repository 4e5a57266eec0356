//! `handbill ledger`: what was paid, by run, provider and model; what was rehearsed; what may have been billed.

use std::collections::BTreeMap;

use clap::Args;
use handbill_domain::{
    ids::WorkspaceId,
    money::{Currency, Money},
};
use handbill_store::ledger::{self, Total};
use serde_json::{Value, json};

use crate::{
    console::Console,
    ending::Ending,
    language::{Language, said},
    runs::{find, short},
    settings::Settings,
    table::columns,
    wiring,
};

/// Which part of the ledger, and in what form.
#[derive(Debug, Args)]
pub struct Wanted {
    /// Only this run; the first characters of its id are enough
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// As JSON
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// As CSV
    #[arg(long)]
    pub csv: bool,
}

/// Sums of one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    calls: i64,
    rehearsed: i64,
    ambiguous: i64,
    list: i64,
    spent: i64,
    maybe: i64,
}

/// Shows the ledger.
pub async fn ledger(wanted: &Wanted, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let store = wiring::rows(settings).await?;
    let run = match &wanted.run {
        Some(typed) => Some(find(&store, typed).await?),
        None => None,
    };
    let totals = ledger::totals(&store, &WorkspaceId::default(), run.as_ref()).await;
    let totals = totals.map_err(anyhow::Error::from)?;
    let sums = sums(&totals);
    if console.json {
        console.answer(&as_json(&totals, &sums).to_string());
    } else if wanted.csv {
        console.answer(&csv(&totals));
    } else {
        console.answer(&shown(&totals, &sums, console.language));
    }
    Ok(())
}

/// By currency: amounts in two currencies have no sum.
fn sums(totals: &[Total]) -> BTreeMap<String, Sum> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for total in totals {
        let sum = sums.entry(total.currency.clone()).or_default();
        sum.calls += total.calls;
        sum.rehearsed += total.rehearsed;
        sum.ambiguous += total.ambiguous;
        sum.list += total.list_micros;
        sum.spent += total.spent_micros;
        sum.maybe += total.ambiguous_micros;
    }
    sums
}

fn as_json(totals: &[Total], sums: &BTreeMap<String, Sum>) -> Value {
    let sums = sums.iter().map(|(currency, sum)| {
        json!({ "currency": currency, "calls": sum.calls, "rehearsed": sum.rehearsed, "ambiguous": sum.ambiguous,
            "list_micros": sum.list, "spent_micros": sum.spent, "ambiguous_micros": sum.maybe })
    });
    json!({ "totals": totals, "sums": sums.collect::<Vec<_>>() })
}

/// For spreadsheets: one header, plain numbers with a point, the currency in a column of its own.
fn csv(totals: &[Total]) -> String {
    let mut out = vec![
        "run,campaign,provider,model,currency,calls,rehearsed,ambiguous,list,spent,ambiguous_at_most"
            .to_owned(),
    ];
    for total in totals {
        let names = [
            total.run_id.as_str(),
            total.campaign_id.as_deref().unwrap_or_default(),
            &total.provider,
            &total.model,
            &total.currency,
        ];
        let counts = [total.calls, total.rehearsed, total.ambiguous].map(|count| count.to_string());
        let amounts = [total.list_micros, total.spent_micros, total.ambiguous_micros].map(decimal);
        let cells = names.into_iter().map(cell).chain(counts).chain(amounts);
        out.push(cells.collect::<Vec<_>>().join(","));
    }
    out.join("\n")
}

/// A text that a spreadsheet takes for nothing else.
fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn decimal(micros: i64) -> String {
    let amount = Money { amount_micros: micros, currency: Currency::default() }.to_string();
    amount.split(' ').next().unwrap_or_default().to_owned()
}

fn shown(totals: &[Total], sums: &BTreeMap<String, Sum>, language: Language) -> String {
    if totals.is_empty() {
        return language.pick("nothing was asked of a model yet", "尚未调用过任何模型").to_owned();
    }
    let head = language.pick(
        ["run", "campaign", "model", "calls", "list price", "spent", ""],
        ["运行", "活动", "模型", "调用", "标价", "实际花费", ""],
    );
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    let mut before = "";
    for total in totals {
        let is_new = before != total.run_id;
        before = &total.run_id;
        let named = |name: &str| if is_new { name.to_owned() } else { String::new() };
        let sum = Sum {
            calls: total.calls,
            rehearsed: total.rehearsed,
            ambiguous: total.ambiguous,
            list: total.list_micros,
            spent: total.spent_micros,
            maybe: total.ambiguous_micros,
        };
        lines.push(line(
            [
                named(short(&total.run_id)),
                named(total.campaign_id.as_deref().unwrap_or_default()),
                total.model.clone(),
            ],
            sum,
            &total.currency,
            language,
        ));
    }
    for (currency, sum) in sums {
        let name = language.pick("all", "合计").to_owned();
        lines.push(line([name, String::new(), String::new()], *sum, currency, language));
    }
    columns(&lines, &[3, 4, 5])
}

fn line(names: [String; 3], sum: Sum, currency: &str, language: Language) -> Vec<String> {
    let mut notes = Vec::new();
    if sum.rehearsed == sum.calls {
        notes.push(language.pick("rehearsed", "彩排").to_owned());
    } else if sum.rehearsed > 0 {
        notes.push(said!(language, "{} rehearsed", "其中彩排 {} 次", sum.rehearsed));
    }
    if sum.ambiguous > 0 {
        notes.push(said!(
            language,
            "{} may have been billed, {} {currency} at most",
            "{} 次可能已计费，最多 {} {currency}",
            sum.ambiguous,
            decimal(sum.maybe)
        ));
    }
    let amounts = [sum.list, sum.spent].map(|micros| format!("{} {currency}", decimal(micros)));
    let cells = names.into_iter().chain([sum.calls.to_string()]).chain(amounts);
    cells.chain([notes.join(language.pick("; ", "；"))]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_total(currency: &str, spent: i64, ambiguous: i64) -> Total {
        Total {
            run_id: "8f2c01d3e4b5a697".into(),
            campaign_id: Some("tea, green".into()),
            provider: "openai".into(),
            model: "openai/gpt".into(),
            currency: currency.into(),
            calls: 3,
            rehearsed: 0,
            ambiguous,
            list_micros: spent,
            spent_micros: spent,
            ambiguous_micros: ambiguous * 40_000,
        }
    }

    #[test]
    fn each_currency_has_a_sum_of_its_own() {
        let totals = [a_total("USD", 1_500_000, 0), a_total("USD", 500, 1), a_total("CNY", 7, 0)];
        let sums = sums(&totals);
        assert_eq!((sums["USD"].spent, sums["USD"].ambiguous, sums["CNY"].spent), (1_500_500, 1, 7));
        let text = shown(&totals, &sums, Language::En);
        assert!(
            text.contains("1.5005 USD") && text.contains("1 may have been billed, 0.04 USD at most"),
            "{text}"
        );
    }

    #[test]
    fn csv_keeps_commas_and_runs_no_formula() {
        let text = csv(&[a_total("USD", 1_500_000, 0)]);
        let row = text.lines().nth(1).unwrap();
        assert_eq!(row, "8f2c01d3e4b5a697,\"tea, green\",openai,openai/gpt,USD,3,0,0,1.50,1.50,0.00");
        assert_eq!(cell("=1+1"), "'=1+1");
    }
}
