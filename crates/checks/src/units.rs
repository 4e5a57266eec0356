//! Units as people write them in both languages, brought to one base so that `1.2 L` is `1200 毫升`.

/// What a unit measures, by the name of its base, and how many millionths of the base it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub base: &'static str,
    pub micros: i64,
}

const ONE: i64 = 1_000_000;

/// Base, size in millionths of the base, spellings in lower case.
const UNITS: &[(&str, i64, &[&str])] = &[
    ("g", ONE, &["g", "gram", "grams", "gramme", "grammes", "克"]),
    ("g", ONE / 1000, &["mg", "milligram", "milligrams", "毫克"]),
    ("g", 1000 * ONE, &["kg", "kgs", "kilo", "kilos", "kilogram", "kilograms", "千克", "公斤"]),
    ("g", 500 * ONE, &["斤"]),
    ("oz", ONE, &["oz", "ounce", "ounces", "fl oz", "fl. oz", "盎司"]),
    ("lb", ONE, &["lb", "lbs", "pound", "pounds", "磅"]),
    ("ml", ONE, &["ml", "millilitre", "millilitres", "milliliter", "milliliters", "cc", "毫升"]),
    ("ml", 1000 * ONE, &["l", "litre", "litres", "liter", "liters", "升", "公升"]),
    ("mm", ONE, &["mm", "millimetre", "millimetres", "millimeter", "millimeters", "毫米"]),
    ("mm", 10 * ONE, &["cm", "centimetre", "centimetres", "centimeter", "centimeters", "厘米", "公分"]),
    ("mm", 1000 * ONE, &["m", "metre", "metres", "meter", "meters", "米"]),
    ("mm", 1_000_000 * ONE, &["km", "kilometre", "kilometres", "kilometer", "kilometers", "公里", "千米"]),
    ("inch", ONE, &["inch", "inches", "英寸", "寸"]),
    ("foot", ONE, &["ft", "foot", "feet", "英尺"]),
    ("s", ONE, &["s", "sec", "secs", "second", "seconds", "秒", "秒钟"]),
    ("s", 60 * ONE, &["min", "mins", "minute", "minutes", "分钟"]),
    ("s", 3600 * ONE, &["h", "hr", "hrs", "hour", "hours", "小时", "钟头"]),
    ("s", 86_400 * ONE, &["day", "days", "天", "日", "昼夜"]),
    ("s", 604_800 * ONE, &["week", "weeks", "周", "星期"]),
    ("month", ONE, &["month", "months", "个月"]),
    ("month", 12 * ONE, &["year", "years", "yr", "yrs", "年", "周年"]),
    ("%", ONE, &["%", "percent", "per cent", "pct"]),
    ("°C", ONE, &["°c", "℃", "摄氏度", "度", "degrees c", "degrees celsius"]),
    ("°F", ONE, &["°f", "℉", "华氏度", "degrees f", "degrees fahrenheit"]),
    ("W", ONE, &["w", "watt", "watts", "瓦"]),
    ("V", ONE, &["v", "volt", "volts", "伏"]),
    ("mAh", ONE, &["mah", "毫安时", "毫安"]),
    ("Hz", ONE, &["hz", "赫兹"]),
    ("dB", ONE, &["db", "分贝"]),
    ("px", ONE, &["px", "pixels", "像素"]),
    ("kcal", ONE, &["kcal", "calories", "千卡", "大卡", "卡路里"]),
    ("kJ", ONE, &["kj", "千焦"]),
    ("×", ONE, &["x", "×", "times", "倍"]),
    ("CNY", ONE, &["元", "块钱", "块", "yuan", "rmb", "cny", "人民币"]),
    ("USD", ONE, &["usd", "dollars", "dollar", "bucks", "美元", "美金"]),
    ("EUR", ONE, &["eur", "euro", "euros", "€", "欧元"]),
    ("GBP", ONE, &["gbp", "英镑"]),
    ("layer", ONE, &["layer", "layers", "层"]),
    ("step of work", ONE, &["道"]),
    ("generation", ONE, &["generation", "generations", "代"]),
    ("star", ONE, &["star", "stars", "星"]),
    ("people", ONE, &["people", "customers", "users", "人", "用户", "家庭", "粉丝"]),
    ("sold", ONE, &["sold", "销量"]),
];

/// The unit that a text starts with and how many bytes it takes.
pub(crate) fn leading(text: &str) -> Option<(Unit, usize)> {
    let known = UNITS.iter().flat_map(|(base, micros, spellings)| {
        spellings.iter().map(move |spelling| (Unit { base, micros: *micros }, *spelling))
    });
    known
        .filter(|(_, spelling)| starts_with(text, spelling))
        .map(|(unit, s)| (unit, s.len()))
        .max_by_key(|(_, len)| *len)
}

/// The unit that a text is, such as a fact's `unit`.
pub(crate) fn named(text: &str) -> Option<Unit> {
    let text = text.trim();
    leading(text).filter(|(_, len)| *len == text.len()).map(|(unit, _)| unit)
}

/// The unit of a sign that stands before an amount.
pub(crate) fn of_currency_sign(sign: &str) -> Option<Unit> {
    let base = match sign.to_ascii_uppercase().as_str() {
        "¥" | "￥" | "RMB" | "CNY" => "CNY",
        "$" | "US$" | "USD" => "USD",
        "€" | "EUR" => "EUR",
        "£" | "GBP" => "GBP",
        _ => return None,
    };
    Some(Unit { base, micros: ONE })
}

pub(crate) const PERCENT: Unit = Unit { base: "%", micros: ONE };

/// Is the spelling there, and for Latin letters not merely the start of a longer word?
fn starts_with(text: &str, spelling: &str) -> bool {
    let Some(head) = text.get(..spelling.len()) else { return false };
    let next = text[spelling.len()..].chars().next();
    let latin = spelling.ends_with(|c: char| c.is_ascii_alphabetic());
    let word_goes_on = latin && next.is_some_and(|c| c.is_ascii_alphanumeric());
    head.to_lowercase() == spelling && !word_goes_on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_spelling_is_the_unit() {
        let base = |text| leading(text).map(|(unit, len)| (unit.base, unit.micros / ONE, len));
        assert_eq!(base("千克装"), Some(("g", 1000, 6)));
        assert_eq!(base("克"), Some(("g", 1, 3)));
        assert_eq!(base("hours long"), Some(("s", 3600, 5)));
        assert_eq!(base("month"), Some(("month", 1, 5)));
        assert_eq!(base("moon"), None);
        assert_eq!(base("°C water"), Some(("°C", 1, 3)));
        assert_eq!(named(" mL "), Some(Unit { base: "ml", micros: ONE }));
        assert_eq!(named("袋"), None);
    }
}
