//! Is an article fit to publish on the brand's own site?

use std::borrow::Cow;

use handbill_domain::{
    asset::CheckResult,
    brief::Brief,
    channel::{Placement, placement},
    locale::Locale,
    words::Article,
};

use crate::{
    finding::{Findings, said},
    meter::length,
    rules::Flag,
    voice,
    wording::folded,
};

/// The placement that says how long a page's title and description may be.
const PAGE: &str = "web.article";

/// Everything that stands against the article, what blocks first: empty parts, title and description against what search
/// results show, the slug, sections and questions, and the wording of it all.
pub fn objections(article: &Article, locale: &Locale, brief: &Brief) -> Vec<CheckResult> {
    let mut findings = Findings::in_language_of(locale);
    let texts = texts(article);
    for (place, _) in texts.iter().filter(|(_, text)| text.trim().is_empty()) {
        findings.block("empty", place, said!("内容为空", "it is empty"), said!("写上内容", "write it"));
    }
    if let Some(page) = placement(PAGE) {
        length_objections(page, "title", &article.title, &mut findings);
        length_objections(page, "meta_description", &article.meta_description, &mut findings);
        length_objections(page, "slug", &article.slug, &mut findings);
    }
    slug_objections(&article.slug, &mut findings);
    shape_objections(article, &mut findings);
    findings.extend(voice::objections(&texts, locale, placement(PAGE), brief));
    findings.finish()
}

/// What has to be said because of how the article came about, and is not said in it. It never blocks: the page that it
/// is put on may say it.
pub fn undisclosed(article: &Article, locale: &Locale, brief: &Brief, flags: &[Flag]) -> Vec<CheckResult> {
    voice::undisclosed(&texts(article), locale, placement(PAGE), brief, flags)
}

fn length_objections(page: &Placement, key: &str, text: &str, findings: &mut Findings<'_>) {
    let Some(field) = page.field(key) else { return };
    let has = length(text, field.unit);
    if let Some(max) = field.max.filter(|max| has > *max) {
        findings.block(
            "length",
            key,
            said!("长 {has}，上限 {max}", "{has} characters long; the limit is {max}"),
            said!("缩到 {max} 以内", "shorten it to at most {max}"),
        );
    } else if let Some(seen) = field.recommended_max.filter(|seen| has > *seen) {
        findings.warn(
            "length_seen",
            key,
            said!(
                "长 {has}，搜索结果约显示前 {seen}",
                "{has} characters long; search results show about {seen}"
            ),
            said!("把要点放进前 {seen}", "say what matters within the first {seen}"),
        );
    }
}

/// Lower-case ASCII words with single hyphens between them.
fn slug_objections(slug: &str, findings: &mut Findings<'_>) {
    let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !slug.trim().is_empty() && !slug.split('-').all(word) {
        findings.block(
            "slug",
            "slug",
            said!("“{slug}”不能用作网址", "`{slug}` cannot be part of an address"),
            said!(
                "只用小写英文字母、数字和连字符，如 spring-tea",
                "use lower-case ASCII letters, digits and hyphens: spring-tea"
            ),
        );
    }
}

fn shape_objections(article: &Article, findings: &mut Findings<'_>) {
    let sections = article.sections.len();
    if sections < 2 {
        findings.block(
            "sections",
            "sections",
            said!("正文只有 {sections} 节", "the body has {sections} sections"),
            said!("至少写两节", "write at least two"),
        );
    }
    for (at, _) in article.sections.iter().enumerate().filter(|(_, s)| s.paragraphs.is_empty()) {
        findings.block(
            "empty",
            &format!("sections[{at}].paragraphs"),
            said!("这一节没有正文", "this section has no text"),
            said!("写上正文", "write it"),
        );
    }
    if article.faq.is_empty() {
        findings.block(
            "faq",
            "faq",
            said!("没有常见问题", "there are no questions and answers"),
            said!("至少写一问一答", "write at least one question with its answer"),
        );
    }
    let headings: Vec<String> = article.sections.iter().map(|s| folded(&s.heading)).collect();
    let questions: Vec<String> = article.faq.iter().map(|q| folded(&q.question)).collect();
    for (list, name) in [(headings, "sections"), (questions, "faq")] {
        for (at, text) in
            list.iter().enumerate().filter(|(at, text)| !text.is_empty() && list[..*at].contains(text))
        {
            let _ = text;
            findings.block(
                "duplicate",
                &format!("{name}[{at}]"),
                said!("与前文重复", "it repeats an earlier one"),
                said!("换一个角度", "write it from another side"),
            );
        }
    }
}

/// Every text that people read, with its place.
fn texts(article: &Article) -> Vec<voice::Placed<'_>> {
    let mut texts = vec![
        ("title".to_owned(), Cow::from(&article.title)),
        ("meta_description".to_owned(), Cow::from(&article.meta_description)),
        ("lead".to_owned(), Cow::from(&article.lead)),
    ];
    for (at, section) in article.sections.iter().enumerate() {
        texts.push((format!("sections[{at}].heading"), Cow::from(&section.heading)));
        let place = |n| format!("sections[{at}].paragraphs[{n}]");
        texts.extend(section.paragraphs.iter().enumerate().map(|(n, text)| (place(n), Cow::from(text))));
    }
    for (at, faq) in article.faq.iter().enumerate() {
        texts.push((format!("faq[{at}].question"), Cow::from(&faq.question)));
        texts.push((format!("faq[{at}].answer"), Cow::from(&faq.answer)));
    }
    texts
}

#[cfg(test)]
mod tests {
    use handbill_domain::words::{Question, Section};

    use super::*;
    use crate::samples::a_brief;

    fn an_article() -> Article {
        let section =
            |heading: &str, text: &str| Section { heading: heading.into(), paragraphs: vec![text.into()] };
        Article {
            title: "How to brew green tea picked before Qingming".into(),
            meta_description:
                "Water at 80 °C, a wide cup and a little patience: how to brew a spring green tea at home."
                    .into(),
            slug: "brew-spring-green-tea".into(),
            lead: "Spring tea asks for little: good water, and a moment.".into(),
            sections: vec![
                section("Water", "Let it cool to 80 °C. Hotter water makes it bitter."),
                section("Leaves", "A spoonful for each cup is enough."),
            ],
            faq: vec![Question {
                question: "How long does it keep?".into(),
                answer: "18 months, closed and dry.".into(),
            }],
        }
    }

    fn objected(change: impl FnOnce(&mut Article)) -> Vec<String> {
        let mut article = an_article();
        change(&mut article);
        let found = objections(&article, &"en-US".parse().unwrap(), &a_brief());
        found.into_iter().map(|r| format!("{} {}", r.rule, r.place.unwrap_or_default())).collect()
    }

    #[test]
    fn a_good_article_has_nothing_against_it() {
        assert_eq!(objected(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn each_fault_of_an_article_is_named_with_its_place() {
        assert_eq!(objected(|a| a.slug = "春茶 Tea".into()), ["slug slug"]);
        assert_eq!(objected(|a| a.slug = "tea--2".into()), ["slug slug"]);
        assert_eq!(objected(|a| a.faq.clear()), ["faq faq"]);
        assert_eq!(objected(|a| a.lead = " ".into()), ["empty lead"]);
        assert_eq!(objected(|a| drop(a.sections.pop())), ["sections sections"]);
        assert_eq!(objected(|a| a.sections[1].paragraphs.clear()), ["empty sections[1].paragraphs"]);
        assert_eq!(objected(|a| a.sections[1].heading = "water ".into()), ["duplicate sections[1]"]);
        assert_eq!(objected(|a| a.faq[0].answer = "24 months.".into()), ["fact faq[0].answer"]);
        assert_eq!(
            objected(|a| a.sections[0].paragraphs[0] = "It cures insomnia.".into()),
            ["US-HEALTH-001 sections[0].paragraphs[0]"]
        );
        assert_eq!(objected(|a| a.title = "Tea and tea and more of it ".repeat(9)).len(), 1);
    }
}
