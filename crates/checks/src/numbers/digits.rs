//! What Arabic and Chinese digits are worth.

use super::MICRO;

/// A decimal in Arabic or Chinese digits, in millionths.
pub(crate) fn micros_of(text: &str) -> Option<i128> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let text = text.replace(',', "");
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let part = format!("{part:0<6}");
        return Some(whole.parse::<i128>().ok()?.checked_mul(MICRO)? + part.get(..6)?.parse::<i128>().ok()?);
    }
    let (whole, part) = text.split_once('点').unwrap_or((text, ""));
    let mut micros = chinese_whole(whole)?.checked_mul(MICRO)?;
    let mut place = MICRO / 10;
    for c in part.chars() {
        micros += digit(c)? * place;
        place /= 10;
    }
    Some(micros)
}

fn chinese_whole(text: &str) -> Option<i128> {
    if text.is_empty() {
        return None;
    }
    if !text.contains(['十', '百', '千', '万', '亿']) {
        return text.chars().try_fold(0i128, |sum, c| Some(sum.checked_mul(10)? + digit(c)?));
    }
    let (mut total, mut section, mut last) = (0i128, 0i128, None);
    for c in text.chars() {
        let factor = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            '万' => {
                total += factor_or_one(section + last.take().unwrap_or(0), total).checked_mul(10_000)?;
                section = 0;
                continue;
            }
            '亿' => {
                let sum = total + section + last.take().unwrap_or(0);
                total = factor_or_one(sum, 0).checked_mul(100_000_000)?;
                section = 0;
                continue;
            }
            _ => {
                last = Some(digit(c)?);
                continue;
            }
        };
        section += last.take().unwrap_or(1) * factor;
    }
    Some(total + section + last.unwrap_or(0))
}

/// `万` alone is ten thousand.
fn factor_or_one(sum: i128, before: i128) -> i128 {
    if sum == 0 && before == 0 { 1 } else { sum }
}

pub(super) fn digit(c: char) -> Option<i128> {
    if let Some(digit) = c.to_digit(10) {
        return Some(i128::from(digit));
    }
    Some(match c {
        '〇' | '零' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_both_scripts_are_read() {
        let table = [
            ("1,250.5", 1250.5),
            ("0.000001", 0.000001),
            ("一百零八", 108.0),
            ("两千三百", 2300.0),
            ("十二", 12.0),
            ("二十", 20.0),
            ("三万五千", 35_000.0),
            ("一亿二千万", 120_000_000.0),
            ("三点五", 3.5),
            ("二〇二六", 2026.0),
            ("百", 100.0),
            ("万", 10_000.0),
            ("一万亿", 1e12),
        ];
        for (text, value) in table {
            assert_eq!(micros_of(text), Some((value * 1e6_f64).round() as i128), "{text}");
        }
        for bad in ["", "点五", "很多", "1.2.3"] {
            assert_eq!(micros_of(bad), None, "{bad}");
        }
    }
}
