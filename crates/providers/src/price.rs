//! What a call costs, from the catalogue's price rows. Integer arithmetic; a price that is not known is an error.

use handbill_domain::{
    model::{Entry, PriceRow, PriceUnit},
    money::{Currency, Money},
};

use crate::{Error, ask::Usage};

/// The cost of a call, exact over all its units and rounded up once to the next micro. Units with a count of zero
/// cost nothing. Rows of different currencies cannot be added and count as not known.
pub fn cost(entry: &Entry, usage: &Usage) -> Result<Money, Error> {
    let Some(currency) = entry.price.first().map(|row| row.currency) else {
        return Err(unpriced(entry, PriceUnit::Request));
    };
    let input = [PriceUnit::InputToken, PriceUnit::CachedToken, PriceUnit::ImageInputToken]
        .map(|unit| usage.count(unit))
        .iter()
        .sum();
    let request =
        (entry.price.iter().any(|row| row.unit == PriceUnit::Request)).then_some((PriceUnit::Request, 1));
    let counted =
        usage.counts.iter().copied().chain(request.filter(|_| usage.count(PriceUnit::Request) == 0));
    let mut sum = Fraction { over: 0, under: 1 };
    for (unit, count) in counted.filter(|(_, count)| *count > 0) {
        let row = row(entry, currency, unit, usage.variant.as_deref(), input)
            .ok_or_else(|| unpriced(entry, unit))?;
        sum = sum
            .plus(i128::from(count) * i128::from(row.micros), i128::from(row.per))
            .ok_or_else(|| unpriced(entry, unit))?;
    }
    let amount_micros = i64::try_from(sum.ceiling()).map_err(|_| unpriced(entry, PriceUnit::Request))?;
    Ok(Money { amount_micros, currency })
}

fn unpriced(entry: &Entry, unit: PriceUnit) -> Error {
    Error::Unpriced { model: entry.id.clone(), unit: unit.as_str() }
}

/// The row for a unit: of the most exact variant, then of the largest `above` that the input is over. Cached tokens and
/// tokens of pictures without a row of their own cost as ordinary input.
fn row<'a>(
    entry: &'a Entry,
    currency: Currency,
    unit: PriceUnit,
    variant: Option<&str>,
    input: u64,
) -> Option<&'a PriceRow> {
    let exactness = |row: &PriceRow| match (&row.variant, variant) {
        (None, _) => Some(0),
        (Some(row), Some(used)) if row == used => Some(2),
        (Some(row), Some(used)) if used.split('/').any(|part| part == row) => Some(1),
        _ => None,
    };
    let found = entry
        .price
        .iter()
        .filter(|row| {
            row.unit == unit
                && row.currency == currency
                && row.per > 0
                && (row.above == 0 || row.above < input)
        })
        .filter_map(|row| Some((exactness(row)?, row.above, row)))
        .max_by_key(|(exactness, above, _)| (*exactness, *above))
        .map(|(_, _, row)| row);
    match unit {
        PriceUnit::CachedToken | PriceUnit::ImageInputToken if found.is_none() => {
            row_of_input(entry, currency, variant, input)
        }
        _ => found,
    }
}

fn row_of_input<'a>(
    entry: &'a Entry,
    currency: Currency,
    variant: Option<&str>,
    input: u64,
) -> Option<&'a PriceRow> {
    row(entry, currency, PriceUnit::InputToken, variant, input)
}

/// A sum of micros without rounding.
struct Fraction {
    over: i128,
    under: i128,
}

impl Fraction {
    fn plus(&self, over: i128, under: i128) -> Option<Self> {
        let shared = common(self.under, under);
        let left = self.over.checked_mul(under / shared)?;
        let right = over.checked_mul(self.under / shared)?;
        Some(Self { over: left.checked_add(right)?, under: self.under.checked_mul(under / shared)? })
    }

    fn ceiling(&self) -> i128 {
        self.over.div_euclid(self.under) + i128::from(self.over.rem_euclid(self.under) > 0)
    }
}

fn common(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { common(b, a % b) }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    fn an_entry(price: &str) -> Entry {
        let text =
            format!("id = \"p/m\"\nmodality = \"text\"\nprovider = \"p\"\nmodel = \"m\"\nprice = [{price}]");
        toml::from_str(&text).unwrap()
    }

    fn used(counts: &[(PriceUnit, u64)], variant: Option<&str>) -> Usage {
        Usage { counts: counts.to_vec(), variant: variant.map(str::to_owned), estimated: false }
    }

    fn micros(price: &str, counts: &[(PriceUnit, u64)], variant: Option<&str>) -> i64 {
        cost(&an_entry(price), &used(counts, variant)).unwrap().amount_micros
    }

    #[test]
    fn a_hundred_calls_cost_what_an_independent_table_says() {
        #[derive(Deserialize)]
        struct Case {
            model: String,
            price: Vec<PriceRow>,
            input: u64,
            cached: u64,
            output: u64,
            /// Dollars, as computed by LiteLLM 1.109.1 in floating point.
            dollars: f64,
        }
        let cases: Vec<Case> = serde_json::from_str(include_str!("../fixtures/cost_vectors.json")).unwrap();
        assert_eq!(cases.len(), 100);
        for case in cases {
            let entry = Entry { price: case.price, ..an_entry("") };
            let counts = [
                (PriceUnit::InputToken, case.input - case.cached),
                (PriceUnit::CachedToken, case.cached),
                (PriceUnit::OutputToken, case.output),
            ];
            let ours = cost(&entry, &used(&counts, None)).unwrap().amount_micros as f64;
            let theirs = case.dollars * 1e6;
            assert!(
                ours >= theirs - 1e-4 && ours < theirs + 1.0 - 1e-4,
                "{}: {ours} is not {theirs} rounded up",
                case.model
            );
        }
    }

    #[test]
    fn a_call_is_rounded_up_once_and_not_once_per_unit() {
        let price =
            "{ unit = 'input_token', micros = 1, per = 3 }, { unit = 'output_token', micros = 1, per = 6 }";
        assert_eq!(micros(price, &[(PriceUnit::InputToken, 1), (PriceUnit::OutputToken, 2)], None), 1);
        assert_eq!(micros(price, &[(PriceUnit::InputToken, 3), (PriceUnit::OutputToken, 1)], None), 2);
        assert_eq!(micros(price, &[(PriceUnit::InputToken, 0)], None), 0);
    }

    #[test]
    fn a_long_context_costs_its_own_price_for_the_whole_call() {
        let price = "{ unit = 'input_token', micros = 1 }, { unit = 'input_token', micros = 2, above = 100 }, { unit = 'output_token', micros = 1 }, { unit = 'output_token', micros = 5, above = 100 }";
        assert_eq!(micros(price, &[(PriceUnit::InputToken, 100), (PriceUnit::OutputToken, 1)], None), 101);
        assert_eq!(
            micros(
                price,
                &[(PriceUnit::InputToken, 90), (PriceUnit::CachedToken, 11), (PriceUnit::OutputToken, 1)],
                None
            ),
            207
        );
    }

    #[test]
    fn a_picture_costs_by_its_size_and_quality_the_most_exact_row_first() {
        let price = "{ unit = 'image', micros = 10 }, { unit = 'image', micros = 20, variant = '1024x1024' }, { unit = 'image', micros = 40, variant = 'high/1024x1024' }";
        assert_eq!(micros(price, &[(PriceUnit::Image, 2)], Some("high/1024x1024")), 80);
        assert_eq!(micros(price, &[(PriceUnit::Image, 1)], Some("low/1024x1024")), 20);
        assert_eq!(micros(price, &[(PriceUnit::Image, 1)], Some("low/512x512")), 10);
        assert_eq!(micros(price, &[(PriceUnit::Image, 1)], None), 10);
    }

    #[test]
    fn speech_costs_by_character_or_second_and_a_request_price_is_added() {
        assert_eq!(micros("{ unit = 'character', micros = 15 }", &[(PriceUnit::Character, 100)], None), 1500);
        assert_eq!(
            micros(
                "{ unit = 'audio_second', micros = 250 }, { unit = 'request', micros = 7 }",
                &[(PriceUnit::AudioSecond, 4)],
                None
            ),
            1007
        );
    }

    #[test]
    fn a_price_that_is_not_known_is_an_error_and_never_zero() {
        let tokens = "{ unit = 'input_token', micros = 1 }";
        let other_variant = "{ unit = 'image', micros = 1, variant = '512x512' }";
        let two_currencies =
            "{ unit = 'input_token', micros = 1 }, { unit = 'output_token', micros = 1, currency = 'CNY' }";
        let cases = [
            ("", vec![], "request"),
            (tokens, vec![(PriceUnit::OutputToken, 1)], "output_token"),
            (other_variant, vec![(PriceUnit::Image, 1)], "image"),
            (two_currencies, vec![(PriceUnit::OutputToken, 1)], "output_token"),
            (tokens, vec![(PriceUnit::InputToken, u64::MAX)], "request"),
        ];
        for (price, counts, missing) in cases {
            let error = cost(&an_entry(price), &used(&counts, None)).unwrap_err();
            assert!(matches!(&error, Error::Unpriced { unit, .. } if *unit == missing), "{price}: {error}");
        }
    }
}
