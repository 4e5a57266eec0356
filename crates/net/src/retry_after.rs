//! How long the other side asks us to wait, in any of the forms that providers use.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;

/// Longer waits are cut to this: a day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The wait that the headers ask for: `retry-after-ms`, then `retry-after` as seconds, decimal or HTTP date (counted
/// from the answer's own `date`, so a wrong clock here does no harm), then the reset of an exhausted limit.
pub fn from_headers(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim);
    let wait = text("retry-after-ms")
        .and_then(|ms| seconds(ms).map(|s| s / 1000.0))
        .and_then(duration)
        .or_else(|| text("retry-after").and_then(|value| from_value(value, text("date"))))
        .or_else(|| exhausted(headers))?;
    Some(wait.min(LONGEST))
}

fn from_value(value: &str, date: Option<&str>) -> Option<Duration> {
    if let Some(wait) = seconds(value).and_then(duration).or_else(|| spans(value)) {
        return Some(wait);
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = date.and_then(|d| httpdate::parse_http_date(d).ok()).unwrap_or_else(SystemTime::now);
    Some(until.duration_since(now).unwrap_or(Duration::ZERO))
}

/// OpenAI and its kin: `x-ratelimit-remaining-tokens: 0` with `x-ratelimit-reset-tokens: 6m0s`.
fn exhausted(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: String| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim);
    ["requests", "tokens"]
        .into_iter()
        .filter(|what| text(format!("x-ratelimit-remaining-{what}")) == Some("0"))
        .filter_map(|what| text(format!("x-ratelimit-reset-{what}")))
        .filter_map(|value| spans(value).or_else(|| seconds(value).and_then(duration)))
        .max()
}

fn seconds(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain { text.parse().ok() } else { None }
}

fn duration(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds.min(LONGEST.as_secs_f64())).ok()
}

/// `6m0s`, `1h2m`, `20ms`, `1.5s`.
fn spans(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let amount = seconds(&rest[..number])?;
        let unit = rest[number..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |n| n + number);
        let factor = match &rest[number..unit] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        sum += duration(amount * factor)?;
        rest = &rest[unit..];
    }
    if text.is_empty() { None } else { Some(sum) }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn wait(headers: &[(&'static str, &str)]) -> Option<u128> {
        let headers = headers
            .iter()
            .map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_str(v).unwrap()))
            .collect();
        from_headers(&headers).map(|d| d.as_millis())
    }

    #[test]
    fn every_form_of_retry_after_is_understood() {
        assert_eq!(wait(&[("retry-after", "20")]), Some(20_000));
        assert_eq!(wait(&[("retry-after", " 1.5 ")]), Some(1_500));
        assert_eq!(wait(&[("retry-after", "0")]), Some(0));
        assert_eq!(wait(&[("retry-after-ms", "250"), ("retry-after", "9")]), Some(250));
        assert_eq!(wait(&[("retry-after", "2s")]), Some(2_000));
        let date = ("date", "Mon, 23 Nov 2026 14:00:00 GMT");
        assert_eq!(wait(&[date, ("retry-after", "Mon, 23 Nov 2026 14:00:30 GMT")]), Some(30_000));
        assert_eq!(wait(&[date, ("retry-after", "Mon, 23 Nov 2026 13:00:00 GMT")]), Some(0));
        assert_eq!(
            wait(&[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "6m0.5s")]),
            Some(360_500)
        );
        assert_eq!(
            wait(&[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "20ms")]),
            Some(20)
        );
    }

    #[test]
    fn a_reset_of_a_limit_that_is_not_used_up_says_nothing() {
        assert_eq!(
            wait(&[("x-ratelimit-remaining-tokens", "100"), ("x-ratelimit-reset-tokens", "6m0s")]),
            None
        );
    }

    #[test]
    fn nonsense_is_no_wait_and_a_year_is_cut_to_a_day() {
        for nonsense in ["", "-5", "soon", "1e9", "NaN", "5x", "."] {
            assert_eq!(wait(&[("retry-after", nonsense)]), None, "{nonsense}");
        }
        assert_eq!(wait(&[("retry-after", "31536000")]), Some(86_400_000));
        assert_eq!(wait(&[("retry-after", "99999999999999999999999999")]), Some(86_400_000));
    }
}
