//! Is the copy of a placement fit to print there?

use std::{borrow::Cow, collections::BTreeMap};

use handbill_domain::{
    asset::CheckResult,
    brief::Brief,
    channel::{Placement, TextField, TextUnit},
    words::PlacementCopy,
};

use crate::{
    finding::{Findings, said},
    meter::{length, visible},
    rules::Flag,
    voice,
    wording::folded,
};

/// Everything that stands against the copy, what blocks first: fields, counts, lengths, duplicates, the brand's unwanted
/// words, claim rules, and numbers that the brief does not state.
pub fn objections(copy: &PlacementCopy, placement: &Placement, brief: &Brief) -> Vec<CheckResult> {
    let mut findings = Findings::in_language_of(&copy.locale);
    let known: Vec<&str> = placement.fields.iter().map(|f| f.key.as_str()).collect();
    for key in copy.fields.keys().filter(|key| !known.contains(&key.as_str())) {
        let fields = known.join(", ");
        findings.block(
            "field",
            key,
            said!("该版位没有“{key}”这个字段", "this placement has no field `{key}`"),
            said!("只填写：{fields}", "fill these only: {fields}"),
        );
    }
    for field in &placement.fields {
        let texts = copy.fields.get(&field.key).map(Vec::as_slice).unwrap_or_default();
        field_objections(field, texts, &mut findings);
    }
    duplicate_objections(&copy.fields, &mut findings);
    findings.extend(voice::objections(&spoken(copy, placement), &copy.locale, Some(placement), brief));
    findings.finish()
}

/// What has to be said because of how the copy came about, and is not said in it. It never blocks: platforms have
/// switches of their own for it.
pub fn undisclosed(
    copy: &PlacementCopy,
    placement: &Placement,
    brief: &Brief,
    flags: &[Flag],
) -> Vec<CheckResult> {
    voice::undisclosed(&spoken(copy, placement), &copy.locale, Some(placement), brief, flags)
}

/// `headline`, or `headline[2]` where there are several.
fn place(key: &str, at: usize, of: usize) -> String {
    if of == 1 { key.to_owned() } else { format!("{key}[{at}]") }
}

fn field_objections(field: &TextField, texts: &[String], findings: &mut Findings<'_>) {
    let key = &field.key;
    let filled = texts.iter().filter(|t| !t.trim().is_empty()).count();
    let least = field.count.map_or(1, |c| c.min.max(1)) as usize;
    let most = field.count.map_or(Some(1), |c| c.max).map(|max| max as usize);
    if filled == 0 {
        if field.required {
            findings.block(
                "required",
                key,
                said!("缺少必填字段“{key}”", "`{key}` is required and missing"),
                said!("写 {least} 条", "write {least} of it"),
            );
        }
        if texts.is_empty() {
            return;
        }
    } else if filled < least {
        findings.block(
            "count",
            key,
            said!(
                "“{key}”只有 {filled} 条，至少要 {least} 条",
                "`{key}` has {filled} texts and needs at least {least}"
            ),
            said!("再补写，每条换一个角度", "write more, each from another side"),
        );
    }
    if let Some(most) = most.filter(|most| texts.len() > *most) {
        let has = texts.len();
        findings.block(
            "count",
            key,
            said!("“{key}”有 {has} 条，最多 {most} 条", "`{key}` has {has} texts and takes at most {most}"),
            said!("留下最好的 {most} 条", "keep the best {most}"),
        );
    }
    for (at, text) in texts.iter().enumerate() {
        let place = place(key, at, texts.len());
        if text.trim().is_empty() {
            findings.block(
                "empty",
                &place,
                said!("内容为空", "it is empty"),
                said!("写上内容或删去", "write it or leave it out"),
            );
        } else {
            length_objections(field, text, &place, findings);
        }
    }
}

fn length_objections(field: &TextField, text: &str, place: &str, findings: &mut Findings<'_>) {
    let has = length(text, field.unit);
    let (zh, en) = unit_names(field.unit);
    if let Some(max) = field.max.filter(|max| has > *max) {
        findings.block(
            "length",
            place,
            said!("长 {has}{zh}，上限 {max}{zh}", "{has} {en} long; the limit is {max}"),
            said!("缩到 {max}{zh}以内", "shorten it to at most {max} {en}"),
        );
    } else if let Some(seen) = field.recommended_max.filter(|seen| has > *seen) {
        findings.warn(
            "length_seen",
            place,
            said!(
                "长 {has}{zh}，超过 {seen}{zh}的部分可能被折叠",
                "{has} {en} long; what follows the first {seen} may be hidden"
            ),
            said!("把要点放进前 {seen}{zh}", "say what matters within the first {seen} {en}"),
        );
    }
    if let Some(min) = field.min.filter(|min| has < *min) {
        findings.block(
            "length",
            place,
            said!("长 {has}{zh}，至少 {min}{zh}", "{has} {en} long; at least {min} are needed"),
            said!("写到 {min}{zh}以上", "write at least {min} {en}"),
        );
    }
    if field.unit == TextUnit::CharsAscii && !text.is_ascii() {
        findings.block(
            "ascii",
            place,
            said!("只能用英文字母、数字和半角符号", "only ASCII letters, digits and signs are accepted"),
            said!("改用拼音或英文", "write it in ASCII"),
        );
    }
}

/// What a unit is called beside a number.
fn unit_names(unit: TextUnit) -> (&'static str, &'static str) {
    match unit {
        TextUnit::BytesUtf8 => (" 字节", "bytes"),
        TextUnit::Cjk2 | TextUnit::GoogleWidth => (" 个字符（汉字算 2）", "characters (wide ones count 2)"),
        TextUnit::XWeighted => (" 个加权字符（汉字算 2）", "weighted characters"),
        _ => (" 字", "characters"),
    }
}

/// Two texts of a field, or two kinds of headline, that say the same.
fn duplicate_objections(fields: &BTreeMap<String, Vec<String>>, findings: &mut Findings<'_>) {
    let mut seen: Vec<(String, String, String)> = Vec::new();
    for (key, texts) in fields {
        // Headlines of all lengths are shown together; other fields repeat each other by design.
        let group = if key.contains("headline") { "headline" } else { key };
        for (at, text) in texts.iter().enumerate() {
            let (place, plain) = (place(key, at, texts.len()), folded(text));
            let twin = seen.iter().find(|(g, p, _)| g == group && *p == plain && !plain.is_empty());
            if let Some((_, _, other)) = twin {
                findings.block(
                    "duplicate",
                    &place,
                    said!("与 {other} 重复", "it says the same as {other}"),
                    said!("换一个角度重写", "write it from another side"),
                );
            }
            seen.push((group.to_owned(), plain, place));
        }
    }
}

/// The texts that people read: no addresses, no values of a list.
fn spoken<'a>(copy: &'a PlacementCopy, placement: &Placement) -> Vec<voice::Placed<'a>> {
    let mut spoken = Vec::new();
    for field in placement.fields.iter().filter(|f| !matches!(f.unit, TextUnit::CharsAscii | TextUnit::Enum))
    {
        let texts = copy.fields.get(&field.key).map(Vec::as_slice).unwrap_or_default();
        for (at, text) in texts.iter().enumerate() {
            // A mail or an article's body is HTML too, though its platform counts bytes or characters of it.
            let marked_up = field.unit == TextUnit::Html || text.trim_start().starts_with('<');
            let read = if marked_up { Cow::Owned(visible(text)) } else { Cow::Borrowed(text.as_str()) };
            spoken.push((place(&field.key, at, texts.len()), read));
        }
    }
    spoken
}

#[cfg(test)]
mod tests {
    use handbill_domain::{asset::Severity, channel::placement};

    use super::*;
    use crate::samples::{a_brief, a_search_ad};

    /// Rule and place of each objection to the sample ad after a change.
    fn objected(change: impl FnOnce(&mut BTreeMap<String, Vec<String>>)) -> Vec<(String, String)> {
        let mut copy = a_search_ad();
        change(&mut copy.fields);
        let found = objections(&copy, placement("google_ads.rsa").unwrap(), &a_brief());
        found.into_iter().map(|r| (r.rule, r.place.unwrap_or_default())).collect()
    }

    fn pair(rule: &str, place: &str) -> (String, String) {
        (rule.to_owned(), place.to_owned())
    }

    #[test]
    fn good_copy_has_nothing_against_it() {
        assert_eq!(objected(|_| ()), []);
    }

    #[test]
    fn each_fault_is_named_with_its_place() {
        let set = |key: &'static str, at: usize, text: &'static str| {
            move |fields: &mut BTreeMap<String, Vec<String>>| {
                fields.get_mut(key).unwrap()[at] = text.to_owned()
            }
        };
        assert_eq!(
            objected(set("headline", 0, "Green tea from a garden of our own")),
            [pair("length", "headline[0]")]
        );
        assert_eq!(
            objected(set("headline", 1, "tea  from one garden!")),
            [pair("GADS-PUNCT-002", "headline[1]"), pair("GADS-SPACE-001", "headline[1]")]
        );
        assert_eq!(objected(set("headline", 2, "FRESH spring tea")).len(), 1);
        assert_eq!(
            objected(set("headline", 2, " ")),
            [pair("count", "headline"), pair("empty", "headline[2]")]
        );
        assert_eq!(
            objected(set("headline", 2, "Spring tea, picked by hand")),
            [pair("duplicate", "headline[2]")]
        );
        assert_eq!(
            objected(set("description", 0, "A cheap tea for every day.")),
            [pair("unwanted_word", "description[0]")]
        );
        assert_eq!(
            objected(set("description", 1, "250 g of loose leaf tea.")),
            [pair("fact", "description[1]")]
        );
        assert_eq!(objected(|f| drop(f.remove("description"))), [pair("required", "description")]);
        assert_eq!(
            objected(|f| drop(f.insert("slogan".into(), vec!["Tea".into()]))),
            [pair("field", "slogan")]
        );
        assert_eq!(
            objected(|f| f.get_mut("description").unwrap().extend(["A", "B", "C"].map(String::from)))[0],
            pair("count", "description")
        );
    }

    #[test]
    fn copy_of_a_model_is_to_be_called_that_in_china_and_nowhere_else() {
        let flags = [Flag::AiGeneratedText];
        let (brief, placement) = (a_brief(), placement("google_ads.rsa").unwrap());
        let mut copy = a_search_ad();
        assert_eq!(undisclosed(&copy, placement, &brief, &flags), []);
        copy.locale = "zh-CN".parse().unwrap();
        copy.fields.insert("description".into(), vec!["清明前采摘，当日手工炒制。".into()]);
        let found = undisclosed(&copy, placement, &brief, &flags);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].rule.as_str(), found[0].severity), ("CN-AI-001", Severity::Warn));
        assert_eq!(undisclosed(&copy, placement, &brief, &[]), [], "nobody but people wrote it");
        copy.fields.insert("description".into(), vec!["当日手工炒制。本内容由AI生成。".into()]);
        assert_eq!(undisclosed(&copy, placement, &brief, &flags), []);
    }

    #[test]
    fn lengths_are_told_in_the_language_of_the_copy() {
        let mut copy = a_search_ad();
        copy.locale = "zh-CN".parse().unwrap();
        copy.fields.insert(
            "headline".into(),
            ["明前龙井手工炒制一口鲜爽回甘悠长", "春茶上新", "现采现制"].map(String::from).into(),
        );
        copy.fields.insert(
            "description".into(),
            ["清明前采摘，当日手工炒制。", "一芽一叶，汤清味醇。"].map(String::from).into(),
        );
        let found = objections(&copy, placement("google_ads.rsa").unwrap(), &a_brief());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].message, "长 32 个字符（汉字算 2），上限 30 个字符（汉字算 2）");
        assert_eq!(found[0].severity, Severity::Block);
    }
}
