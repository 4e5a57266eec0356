//! Money: integer micros and a currency. Never a float.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount in one currency. One micro is a millionth of the unit: 2.50 USD is 2 500 000 micros.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    /// Millionths of the currency's unit.
    pub amount_micros: i64,
    /// ISO 4217 code in capitals.
    pub currency: Currency,
}

/// The currencies in which model providers bill us.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// US dollar.
    #[default]
    Usd,
    /// Chinese yuan.
    Cny,
    /// Euro.
    Eur,
}

impl Currency {
    /// Every currency.
    pub const ALL: [Self; 3] = [Self::Usd, Self::Cny, Self::Eur];

    /// The ISO 4217 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Cny => "CNY",
            Self::Eur => "EUR",
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl Money {
    /// Nothing, in this currency.
    pub fn zero(currency: Currency) -> Self {
        Self { amount_micros: 0, currency }
    }

    /// Adds an amount; `None` when the currencies differ or the sum leaves the range.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        Some(Self {
            amount_micros: self.amount_micros.checked_add(other.amount_micros)?,
            currency: self.currency,
        })
    }
}

/// Reads a plain decimal such as `2.50` into micros. At most six decimals, no sign, no exponent.
pub fn micros(text: &str) -> Option<i64> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || part.len() > 6 || !digits(whole) || !digits(part) {
        return None;
    }
    let part: i64 = if part.is_empty() { 0 } else { format!("{part:0<6}").parse().ok()? };
    i64::from_str(whole).ok()?.checked_mul(1_000_000)?.checked_add(part)
}

impl fmt::Display for Money {
    /// At least two decimals, at most six: `2.50 USD`, `0.0004 USD`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.amount_micros < 0 { "-" } else { "" };
        let amount = self.amount_micros.unsigned_abs();
        let decimals = format!("{:06}", amount % 1_000_000);
        let kept = decimals.trim_end_matches('0').len().max(2);
        write!(out, "{sign}{}.{} {}", amount / 1_000_000, &decimals[..kept], self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_and_shown_without_floats() {
        assert_eq!(micros("2.50"), Some(2_500_000));
        assert_eq!(micros("0.000001"), Some(1));
        assert_eq!(micros("3"), Some(3_000_000));
        for bad in ["", "-1", "1e3", "1.0000001", ".5", "１"] {
            assert_eq!(micros(bad), None, "{bad}");
        }
        let shown = |amount_micros| Money { amount_micros, currency: Currency::Usd }.to_string();
        assert_eq!(shown(2_500_000), "2.50 USD");
        assert_eq!(shown(400), "0.0004 USD");
        assert_eq!(shown(-1_250_000), "-1.25 USD");
    }
}
