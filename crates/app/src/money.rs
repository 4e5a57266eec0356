//! Amounts on the command line and in sentences.

use handbill_domain::money::{Currency, Money, micros};
use handbill_pipeline::plan::Range;

use crate::ending::Ending;

/// Reads `2.50`, `2.50 USD` or `18CNY`; without a currency it is `usual`.
pub fn read(text: &str, usual: Currency) -> Result<Money, Ending> {
    let wrong = || {
        Ending::refused(
            format!("`{text}` is not an amount: write --max-cost 2.50, or --max-cost \"18 CNY\""),
            format!("`{text}` 不是金额：请写 --max-cost 2.50 或 --max-cost \"18 CNY\""),
        )
    };
    let digits = text.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let code = text.trim()[digits.len()..].to_uppercase();
    let currency = if code.is_empty() {
        Some(usual)
    } else {
        Currency::ALL.into_iter().find(|currency| currency.code() == code)
    };
    let amount_micros = micros(digits).filter(|micros| *micros > 0).ok_or_else(wrong)?;
    Ok(Money { amount_micros, currency: currency.ok_or_else(wrong)? })
}

/// `0.52 USD`, `0.52–1.30 USD`; to the cent, because people read it.
pub fn range(range: &Range) -> String {
    let (low, high) = (cents(&range.low), cents(&range.high));
    if low == high {
        format!("{high} {}", range.high.currency)
    } else {
        format!("{low}–{high} {}", range.high.currency)
    }
}

/// Rounded up to the cent, so that nobody pays more than they read.
pub fn cents(money: &Money) -> String {
    let cents = money.amount_micros.unsigned_abs().div_ceil(10_000);
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_with_and_without_their_currency() {
        let shown = |text: &str| read(text, Currency::Usd).map(|money| money.to_string()).ok();
        assert_eq!(shown("2.50").as_deref(), Some("2.50 USD"));
        assert_eq!(shown("18 cny").as_deref(), Some("18.00 CNY"));
        assert_eq!(shown("18EUR").as_deref(), Some("18.00 EUR"));
        for bad in ["", "0", "-1", "2,50", "2.50 GBP", "USD"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_price_is_rounded_up_to_the_cent() {
        let money = |amount_micros| Money { amount_micros, currency: Currency::Usd };
        assert_eq!(cents(&money(10_001)), "0.02");
        assert_eq!(range(&Range { low: money(120_000), high: money(1_300_000) }), "0.12–1.30 USD");
    }
}
