//! Finds the numbers in a Chinese or English text, with what they count: amounts with units, prices, percentages, dates.
//!
//! What only looks like a number is left out: idioms (`一起`, `千万别`, `24/7`), ordinals, list numbering, "three reasons".

use std::{ops::Range, sync::LazyLock};

use regex::{Captures, Regex};

use crate::units::{self, PERCENT, Unit};

mod digits;

use digits::digit;
pub(crate) use digits::micros_of;

/// A number where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// As written, with its unit.
    pub text: String,
    pub meaning: Meaning,
    at: Range<usize>,
}

/// What a number says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// So many millionths of the unit's base; of things that are not measured where there is none.
    Amount { micros: i128, base: Option<&'static str> },
    /// A day; without a year, of any.
    Date { year: Option<u32>, month: u32, day: u32 },
    /// A month of the year.
    Month(u32),
    /// A time of day.
    Clock(u32, u32),
    /// So many of so many parts.
    Part(i128, i128),
    /// A name with a number in it: `SPF50`.
    Name(String),
}

const MICRO: i128 = 1_000_000;
const ZH_DIGITS: &str = "〇零一二三四五六七八九十百千万亿两";

/// All numbers of a text in the order in which they stand.
pub(crate) fn find(text: &str) -> Vec<Found> {
    let mut text = plain(text);
    let Some(patterns) = PATTERNS.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    for (pattern, read) in patterns {
        let mut taken = Vec::new();
        for captures in pattern.captures_iter(&text) {
            if let Some(claim) = read(&captures, &text) {
                taken.push(claim);
            }
        }
        for claim in taken {
            let (at, meaning) = claim;
            if let Some(meaning) = meaning {
                found.push(Found { text: text[at.clone()].trim().to_owned(), meaning, at: at.clone() });
            }
            text.replace_range(at.clone(), &"\0".repeat(at.len()));
        }
    }
    found.sort_by_key(|f| f.at.start);
    share_units_of_ranges(&mut found, &text);
    found.retain(|f| f.meaning != Meaning::Amount { micros: MICRO, base: None });
    found
}

/// Digits, signs and separators in their ASCII form.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '０'..='９' | '％' | '．' | '：' | '＋' | '／' | '＄' => {
            char::from_u32(c as u32 - 0xFEE0).unwrap_or(c)
        }
        '￥' => '¥',
        '\u{a0}' | '\u{202f}' | '\u{3000}' => ' ',
        _ => c,
    };
    text.chars().map(narrow).collect()
}

/// A stretch of text that is used up, and what it says where it counts.
type Claim = (Range<usize>, Option<Meaning>);
type Read = fn(&Captures<'_>, &str) -> Option<Claim>;

/// In order: what comes first takes its text away from what follows.
static PATTERNS: LazyLock<Option<Vec<(Regex, Read)>>> = LazyLock::new(|| {
    let zh = ZH_DIGITS;
    let month = "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
    let n = format!("(?:[0-9]{{1,4}}|[{zh}]{{1,4}})");
    let words = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?";
    let list: Vec<(String, Read)> = vec![
        (IDIOMS.into(), nothing),
        (format!(r"第[0-9{zh}]+"), nothing),
        (r"(?i)(?-u:\b)[0-9]+(?:st|nd|rd|th)(?-u:\b)".into(), nothing),
        (r"(?m)^\s*[0-9]{1,2}(?:[.、)）]\s|、|[.)）][^0-9\s])".into(), nothing),
        (format!(r"(?i)(?:[0-9]+|[{zh}]+)\s*(?:个|大|条|点|件|招|步)?\s*(?:理由|步骤|步|招|件事|问题|要点|方法|技巧|瞬间|场景|卖点|关键词)|(?-u:\b)[0-9]+\s+(?:(?:good|simple|easy|quick|small|more|little)\s+)?(?:reasons?|steps?|ways?|tips?|things?|questions?|facts?|ideas?|moments?|points?|words?)(?-u:\b)"), nothing),
        (r"(?-u:\b)([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?-u:\b)".into(), |c, _| date(c, 1, 2, 3)),
        (format!(r"(?:({n})年)?\s*({n})月\s*({n})[日号]"), |c, _| date(c, 1, 2, 3)),
        (format!(r"({n})月(?:份|初|中旬|底|末|间)?"), |c, _| month_of_year(c)),
        (format!(r"(?i)(?-u:\b)({month})\.?\s+([0-9]{{1,2}})(?:st|nd|rd|th)?(?-u:\b)(?:,?\s+([0-9]{{4}})(?-u:\b))?"), |c, _| date(c, 3, 1, 2)),
        (format!(r"(?i)(?-u:\b)([0-9]{{1,2}})(?:st|nd|rd|th)?\s+({month})(?-u:\b)(?:\s+([0-9]{{4}})(?-u:\b))?"), |c, _| date(c, 3, 2, 1)),
        (r"(?-u:\b)([01]?[0-9]|2[0-3]):([0-5][0-9])(?-u:\b)(?:\s?[AaPp]\.?[Mm](?-u:\b))?".into(), |c, _| clock(c)),
        (r"(?i)(?-u:\b)([0-9]{1,2})()\s?[ap]\.?m(?-u:\b)".into(), |c, _| clock(c)),
        (format!(r"([0-9]{{1,2}}|[{zh}]{{1,3}})点(?:(钟|整)|半|[0-9{zh}]+分)"), |c, _| clock(c)),
        (format!(r"百分之([0-9]+(?:\.[0-9]+)?|[{zh}]+(?:点[{zh}]+)?)|百分(百)"), |c, _| hundredths(c)),
        (format!(r"([0-9]+|[{zh}]+)分之([0-9]+|[{zh}]+)"), |c, _| part(c)),
        (r"([1-9](?:\.[0-9])?|[1-9][0-9]|[一二三四五六七八九]{1,2})折([叠射页断])?".into(), |c, _| discount(c)),
        (r"(?i)(US\$|[$€£¥]|(?:(?-u:\b)(?:RMB|CNY|USD|EUR|GBP)))\s?([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)".into(), price),
        (r"(?-u:\b)[A-Za-z]+[0-9][A-Za-z0-9]*(?:\.[0-9]+)?\+?".into(), |c, _| name(c)),
        (r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?".into(), amount),
        (format!(r"[{zh}]+(?:点[〇零一二三四五六七八九]+)?"), chinese),
        (format!(r"(?i)(?-u:\b)({words})(?:[ -](hundred|thousand|million))?(?-u:\b)"), spelled),
    ];
    list.into_iter().map(|(pattern, read)| Regex::new(&pattern).ok().map(|p| (p, read))).collect()
});

/// Words with a number in them that counts nothing.
const IDIOMS: &str = r"(?i)(?-u:\b)24/7(?-u:\b)|(?-u:\b)(?:2|3)-?D(?-u:\b)|(?-u:\b)[48]K(?-u:\b)|(?-u:\b)[45]G(?-u:\b)|(?-u:\b)(?:H2O|CO2|B2B|B2C|MP[34])(?-u:\b)|[0-9]\x{FE0F}?\x{20E3}|千万(?:别|不|要)|万一|万分|万物|万里|万千|千里|千山|千年|千古|百年|百搭|百味|百变|百花|百态|百忙|百货|百科|成百上千|成千上万|上百|上千|十分|十足|十全十美|十里|一年四季|四季|四月天|四处|四溢|四海|五谷|五味|五官|五彩|七夕|八方|九州|三餐|三伏|三九|三秋|三口之家|三五|三两|两三|两全|两相|三生有幸|三天两头|三心二意|一心一意|一五一十|一清二楚|一干二净|七上八下|四通八达|五颜六色|二十四节气|二十四小时营业|周[一二三四五六日]|星期[一二三四五六日]|礼拜[一二三四五六日]|[零一]添加|第二天|一百分|双十一|双十二|六一|五一|十一黄金周|九五后|零零后|九零后|八零后";

fn nothing(captures: &Captures<'_>, _: &str) -> Option<Claim> {
    Some((captures.get(0)?.range(), None))
}

fn date(captures: &Captures<'_>, year: usize, month: usize, day: usize) -> Option<Claim> {
    let number = |group: usize| captures.get(group).and_then(|m| small(m.as_str()));
    let month = captures.get(month).and_then(|m| small(m.as_str()).or_else(|| month_named(m.as_str())))?;
    let day = number(day)?;
    let real = (1..=12).contains(&month) && (1..=31).contains(&day);
    real.then_some((captures.get(0)?.range(), Some(Meaning::Date { year: number(year), month, day })))
}

fn month_of_year(captures: &Captures<'_>) -> Option<Claim> {
    let month = small(captures.get(1)?.as_str()).filter(|m| (1..=12).contains(m))?;
    Some((captures.get(0)?.range(), Some(Meaning::Month(month))))
}

fn month_named(name: &str) -> Option<u32> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let head = name.get(..3)?.to_lowercase();
    (1..).zip(MONTHS).find(|(_, m)| *m == head).map(|(n, _)| n)
}

fn clock(captures: &Captures<'_>) -> Option<Claim> {
    let hour = small(captures.get(1)?.as_str())?;
    let minute = captures.get(2).and_then(|m| small(m.as_str())).unwrap_or(0);
    Some((captures.get(0)?.range(), Some(Meaning::Clock(hour, minute))))
}

fn hundredths(captures: &Captures<'_>) -> Option<Claim> {
    let micros = match captures.get(1) {
        Some(number) => micros_of(number.as_str())?,
        None => 100 * MICRO,
    };
    Some((captures.get(0)?.range(), Some(measured(micros, PERCENT))))
}

fn part(captures: &Captures<'_>) -> Option<Claim> {
    let [of, parts] = [1, 2].map(|group| captures.get(group).and_then(|m| micros_of(m.as_str())));
    Some((captures.get(0)?.range(), Some(Meaning::Part(parts?, of?))))
}

/// `8折` takes 20 % off, `七五折` 25 %.
fn discount(captures: &Captures<'_>) -> Option<Claim> {
    if captures.get(2).is_some() {
        return nothing(captures, "");
    }
    let written = captures.get(1)?.as_str();
    let digits: Vec<i128> = written.chars().filter_map(digit).collect();
    let tenths = match digits.as_slice() {
        [tenths] => tenths * 10,
        [tenths, hundredths] => tenths * 10 + hundredths,
        _ => return None,
    };
    Some((captures.get(0)?.range(), Some(measured((100 - tenths) * MICRO, PERCENT))))
}

fn price(captures: &Captures<'_>, text: &str) -> Option<Claim> {
    let unit = units::of_currency_sign(captures.get(1)?.as_str())?;
    let at = captures.get(0)?.range();
    let (factor, end) = multiplier(text, at.end);
    Some((at.start..end, Some(measured(micros_of(captures.get(2)?.as_str())? * factor, unit))))
}

fn name(captures: &Captures<'_>) -> Option<Claim> {
    let name = captures.get(0)?;
    Some((name.range(), Some(Meaning::Name(name.as_str().to_lowercase()))))
}

fn amount(captures: &Captures<'_>, text: &str) -> Option<Claim> {
    let at = captures.get(0)?.range();
    let micros = micros_of(&text[at.clone()])?;
    let (factor, end) = multiplier(text, at.end);
    let calendar_year = factor == 1 && is_calendar_year(micros, &text[end..]);
    match unit_after(text, end).filter(|_| !calendar_year) {
        Some((unit, end)) => Some((at.start..end, Some(measured(micros * factor, unit)))),
        None => Some((at.start..end, Some(Meaning::Amount { micros: micros * factor, base: None }))),
    }
}

/// `2026年` names a year and measures none.
fn is_calendar_year(micros: i128, rest: &str) -> bool {
    (1900 * MICRO..2100 * MICRO).contains(&micros) && rest.starts_with('年')
}

/// Chinese numerals count where they measure (`二十四小时`), or are a number and no figure of speech (`三万`, `十二`).
fn chinese(captures: &Captures<'_>, text: &str) -> Option<Claim> {
    let at = captures.get(0)?.range();
    let mut written = &text[at.clone()];
    // The last 两 is a weight (`二两`) or starts the next word; the number ends before it.
    if written.chars().count() > 1 {
        written = written.trim_end_matches('两');
    }
    let end = at.start + written.len();
    let letters = written.chars().count();
    let has_digit = written.chars().any(|c| "一二三四五六七八九两".contains(c));
    let vague = letters > 1 && letters != 4 && !written.contains(['十', '百', '千', '万', '亿', '点']);
    let Some(micros) = micros_of(written).filter(|_| !vague) else { return Some((at, None)) };
    let some_more =
        text[..at.start].ends_with(['几', '数', '半', '同', '统', '唯', '每', '再', '这', '那', '某']);
    if is_calendar_year(micros, &text[end..]) {
        return Some((at.start..end, Some(Meaning::Amount { micros, base: None })));
    }
    let unit = unit_after(text, end).or_else(|| unit_after_range(text, end));
    let counts = match &unit {
        Some((unit, _)) if unit.base == "people" || unit.base == "sold" => micros >= 10 * MICRO,
        Some((unit, _)) if unit.base == "star" => false,
        Some(_) => (micros > MICRO || written.contains('点')) && has_digit || written == "十",
        None => has_digit && micros > 10 * MICRO && !text[end..].starts_with(['几', '多', '余']),
    };
    if !counts || some_more {
        return Some((at, None));
    }
    Some(match unit {
        Some((unit, end)) => (at.start..end, Some(measured(micros, unit))),
        None => (at.start..end, Some(Meaning::Amount { micros, base: None })),
    })
}

/// Number words count only where they measure: `two-year`, `twenty-four hours`, not "the two of us".
fn spelled(captures: &Captures<'_>, text: &str) -> Option<Claim> {
    const ONES: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let value = |word: &str| {
        let tens = (20..).step_by(10).zip(TENS).find(|(_, t)| *t == word).map(|(n, _)| n);
        tens.or_else(|| (0..).zip(ONES).find(|(_, o)| *o == word).map(|(n, _)| n))
    };
    let at = captures.get(0)?.range();
    let number: i128 = captures.get(1)?.as_str().to_lowercase().split([' ', '-']).filter_map(value).sum();
    let factor = match captures.get(2).map(|m| m.as_str().to_lowercase()).as_deref() {
        Some("hundred") => 100,
        Some("thousand") => 1000,
        Some("million") => 1_000_000,
        _ => 1,
    };
    match unit_after(text, at.end).filter(|(unit, _)| unit.base != "people" || factor > 1) {
        Some((unit, end)) => Some((at.start..end, Some(measured(number * factor * MICRO, unit)))),
        None if factor > 1 => {
            Some((at, Some(Meaning::Amount { micros: number * factor * MICRO, base: None })))
        }
        None => None,
    }
}

/// `3万`, `10k`, `2 million`: the factor, and where it ends.
fn multiplier(text: &str, end: usize) -> (i128, usize) {
    const WORDS: &[(&str, i128)] = &[
        ("万", 10_000),
        ("亿", 100_000_000),
        ("千", 1000),
        ("百", 100),
        (" thousand", 1000),
        (" million", 1_000_000),
        (" billion", 1_000_000_000),
        ("k", 1000),
    ];
    let rest = &text[end..];
    // 千克, 千瓦 and 千卡 are units; `kg` and `km` too.
    if ["千克", "千瓦", "千米", "千卡", "千焦"].iter().any(|unit| rest.starts_with(unit)) {
        return (1, end);
    }
    let fits = |word: &str| {
        let next = rest[word.len()..].chars().next();
        !word.is_ascii() || !next.is_some_and(|c| c.is_ascii_alphanumeric())
    };
    let head = |word: &str| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    WORDS
        .iter()
        .find(|(word, _)| head(word) && fits(word))
        .map_or((1, end), |(word, factor)| (*factor, end + word.len()))
}

/// The unit after a number, over a space, a hyphen, a plus or a 多, and where it ends.
fn unit_after(text: &str, end: usize) -> Option<(Unit, usize)> {
    let rest = &text[end..];
    let gap = rest.len() - rest.trim_start_matches([' ', '-', '+', '多', '余']).len();
    let near = |skip: usize| units::leading(rest.get(skip..)?).map(|(unit, len)| (unit, end + skip + len));
    near(gap).or_else(|| rest[gap..].starts_with('个').then(|| near(gap + '个'.len_utf8())).flatten())
}

/// `三到五分钟`: the unit stands after the second number; the first ends where it ends.
fn unit_after_range(text: &str, end: usize) -> Option<(Unit, usize)> {
    let rest = text[end..].strip_prefix(['到', '至', '或', '-', '~', '～'])?;
    let second = rest.trim_start_matches(|c| ZH_DIGITS.contains(c));
    let start = text.len() - second.len();
    unit_after(text, start).filter(|_| second.len() < rest.len()).map(|(unit, _)| (unit, end))
}

/// `3-5 minutes`: the first number is minutes too.
fn share_units_of_ranges(found: &mut [Found], text: &str) {
    for n in (1..found.len()).rev() {
        let (head, tail) = found.split_at_mut(n);
        let (Some(first), Some(second)) = (head.last_mut(), tail.first()) else { continue };
        let between = text.get(first.at.end..second.at.start).map(str::trim).unwrap_or_default();
        let range =
            matches!(between, "-" | "–" | "—" | "~" | "～" | "至" | "到" | "to" | "and" | "或" | "or");
        let (Meaning::Amount { micros, base: base @ None }, Meaning::Amount { base: Some(unit), .. }) =
            (&mut first.meaning, &second.meaning)
        else {
            continue;
        };
        let scale =
            unit_after(&second.text, digits_len(&second.text)).map_or(1_000_000, |(unit, _)| unit.micros);
        if range {
            *base = Some(unit);
            *micros = *micros * i128::from(scale) / MICRO;
        }
    }
}

fn digits_len(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',' && !ZH_DIGITS.contains(c))
        .unwrap_or(text.len())
}

fn measured(micros: i128, unit: Unit) -> Meaning {
    Meaning::Amount { micros: micros * i128::from(unit.micros) / MICRO, base: Some(unit.base) }
}

/// A whole number below ten thousand, in either script; four Chinese digits in a row are a year.
fn small(text: &str) -> Option<u32> {
    u32::try_from(micros_of(text)? / MICRO).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers in short: `100 g`, `20 %`, `4-5`.
    fn found(text: &str) -> Vec<String> {
        let short = |f: Found| match f.meaning {
            Meaning::Amount { micros, base } => {
                let amount = format!("{}.{:06}", micros / MICRO, micros % MICRO);
                let amount = amount.trim_end_matches('0').trim_end_matches('.').to_owned();
                base.map_or(amount.clone(), |base| format!("{amount} {base}"))
            }
            Meaning::Date { year, month, day } => {
                format!("{}{month}-{day}", year.map_or(String::new(), |y| format!("{y}-")))
            }
            Meaning::Month(month) => format!("month {month}"),
            Meaning::Clock(hour, minute) => format!("{hour}:{minute:02}"),
            Meaning::Part(part, of) => format!("{}/{}", part / MICRO, of / MICRO),
            Meaning::Name(name) => name,
        };
        find(text).into_iter().map(short).collect()
    }

    #[test]
    fn numbers_are_found_in_chinese() {
        let table: &[(&str, &[&str])] = &[
            ("净含量100克，80℃水冲泡", &["100 g", "80 °C"]),
            ("净含量１００克", &["100 g"]),
            ("一千二百毫升大容量", &["1200 ml"]),
            ("1.2升大容量", &["1200 ml"]),
            ("保冰二十四小时，保温十二个小时", &["86400 s", "43200 s"]),
            ("仅需两分钟", &["120 s"]),
            ("百分之九十八的人", &["98 %"]),
            ("98％好评，百分百手工", &["98 %", "100 %"]),
            ("3-5分钟出汤", &["180 s", "300 s"]),
            ("三到五分钟", &["180 s", "300 s"]),
            ("到手价￥268，原价328元", &["268 CNY", "328 CNY"]),
            ("8折，七五折，8.8折", &["20 %", "25 %", "12 %"]),
            ("三折叠设计", &[]),
            ("2026年4月5日前", &["2026-4-5"]),
            ("四月五日截止，4月采摘", &["4-5", "month 4"]),
            ("2026年新茶，二〇二六年", &["2026", "2026"]),
            ("卖出3万件，销量超10万", &["30000", "100000"]),
            ("百万用户", &["1000000 people"]),
            ("十二道工序，三代人", &["12 step of work", "3 generation"]),
            ("保修三年，两年质保", &["36 month", "24 month"]),
            ("海拔八百米", &["800000 mm"]),
            ("三分之二的原料", &["2/3"]),
            ("0糖0脂", &["0", "0"]),
            ("SPF50防晒", &["spf50"]),
            ("早上7:30，晚上八点半", &["7:30", "8:00"]),
            ("每天10点多喝一杯", &["10"]),
        ];
        for (text, expected) in table {
            assert_eq!(found(text), *expected, "{text}");
        }
    }

    #[test]
    fn idioms_in_chinese_are_no_numbers() {
        for text in [
            "一起喝一杯，一口春天，一年一季",
            "千万别错过，万一你喜欢",
            "十分清香，百搭四季，一心一意",
            "第一次，第3天，第二泡",
            "三个理由爱上它，3步泡好茶",
            "两三好友，三五知己，几十年如一日",
            "五颜六色，七夕好礼，周一到周五",
            "一芽一叶，两手空空，再一次，统一包装",
            "双十一，三餐四季，二十四节气",
            "一点一滴，这一天，唯一",
            "1. 先温杯\n2、再投茶",
            "1️⃣ 温杯",
            "24/7在线，3D打印",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn numbers_are_found_in_english() {
        let table: &[(&str, &[&str])] = &[
            ("Keeps ice for 24 hours", &["86400 s"]),
            ("a 24-hour cold, 24h hot", &["86400 s", "86400 s"]),
            ("twenty-four hours of cold", &["86400 s"]),
            ("Two-year warranty", &["24 month"]),
            ("750 ml / 25 oz", &["750 ml", "25 oz"]),
            ("Was $39.50, now $29", &["39.5 USD", "29 USD"]),
            ("1,250 g, 1.25 kg", &["1250 g", "1250 g"]),
            ("20% off, 20 percent", &["20 %", "20 %"]),
            ("until April 5, 2026", &["2026-4-5"]),
            ("from 5 April to Apr 12", &["4-5", "4-12"]),
            ("by 2026-04-05", &["2026-4-5"]),
            ("10k sold, over 2 million people", &["10000 sold", "2000000 people"]),
            ("3 to 5 minutes", &["180 s", "300 s"]),
            ("80–85 °C", &["80 °C", "85 °C"]),
            ("SPF50 and 18/8 steel", &["spf50", "18", "8"]),
            ("Rated 4.8", &["4.8"]),
            ("at 7:30 am or 6pm", &["7:30", "6:00"]),
            ("5x stronger", &["5 ×"]),
            ("two hundred hikers", &["200"]),
        ];
        for (text, expected) in table {
            assert_eq!(found(text), *expected, "{text}");
        }
    }

    #[test]
    fn ordinals_and_turns_of_phrase_in_english_are_no_numbers() {
        for text in [
            "One bottle, one day, the first sip",
            "The 1st of its kind in the 21st century",
            "3 reasons to carry it; 5 simple steps",
            "the two of us, ten to one it leaks",
            "24/7 fresh, a 3D print, 4K",
            "1. Fill it\n2. Close it",
            "someone, often, weight, tonight",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
