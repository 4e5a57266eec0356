//! Texts as Markdown: one file per placement and locale, and the articles.

use std::{collections::BTreeMap, fmt::Write as _};

use handbill_checks::meter;
use handbill_domain::{
    channel::{self, TextField},
    words::{Article, PlacementCopy},
};

use super::{Leads, names::Words};

/// `copy/<locale>/<placement>.md` with all variants of a placement.
pub(super) fn copy(copies: &[PlacementCopy], leads: &Leads, words: &Words) -> Vec<(String, String)> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for copy in copies {
        let Some(placement) = channel::placement(&copy.placement) else { continue };
        let language = copy.locale.language();
        let file = files.entry(format!("copy/{}/{}.md", copy.locale, copy.placement)).or_insert_with(|| {
            format!("# {} · {}\n\n`{}`\n", placement.name.for_language(language), copy.locale, placement.id)
        });
        let (variant, angle) =
            if language == "zh" { ("方案", "切入点：") } else { ("Variant", "angle: ") };
        let name = leads.get(&(copy.locale.clone(), copy.variant)).map_or(&copy.angle, |lead| &lead.angle);
        // Writing to a String cannot fail.
        let _ = match language {
            "zh" => write!(file, "\n## {variant} {}（{angle}{name}）\n", copy.variant),
            _ => write!(file, "\n## {variant} {} ({angle}{name})\n", copy.variant),
        };
        for field in &placement.fields {
            for text in copy.fields.get(&field.key).into_iter().flatten() {
                let names = words.field(field);
                let label = names.for_language(language);
                let _ = write!(file, "\n**{label}** ({})\n\n{}\n", count(text, field), quoted(text));
            }
        }
    }
    files.into_iter().collect()
}

/// Length and limit: `24/30`, or the length alone.
pub(super) fn count(text: &str, field: &TextField) -> String {
    let length = meter::length(text, field.unit);
    field.max.map_or_else(|| length.to_string(), |max| format!("{length}/{max}"))
}

/// As a block quotation, so that nothing in the text is taken for markup of ours.
fn quoted(text: &str) -> String {
    plain(text).lines().map(|line| format!("> {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Words in which nothing is markup: no tags, no links, no headings of their own.
fn plain(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.replace('<', "\\<").replace('[', "\\[").replace('`', "\\`");
        let start = line.trim_start();
        let is_heading = start.starts_with('#') && start.trim_start_matches('#').starts_with(' ');
        if is_heading || start.starts_with('>') { format!("\\{start}") } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The same for a heading, which is one line.
fn heading(text: &str) -> String {
    plain(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// An article with front matter, as static site generators read it.
pub fn article(article: &Article, locale: &str) -> String {
    let chinese = locale.starts_with("zh");
    let field = |text: &str| serde_json::Value::from(text).to_string();
    let mut out = format!(
        "---\ntitle: {}\ndescription: {}\nslug: {}\nlang: {locale}\n---\n\n# {}\n\n{}\n",
        field(&article.title),
        field(&article.meta_description),
        article.slug,
        heading(&article.title),
        plain(&article.lead)
    );
    for section in &article.sections {
        let _ = write!(
            out,
            "\n## {}\n\n{}\n",
            heading(&section.heading),
            plain(&section.paragraphs.join("\n\n"))
        );
    }
    if !article.faq.is_empty() {
        let _ = writeln!(out, "\n## {}", if chinese { "常见问题" } else { "Questions and answers" });
        for entry in &article.faq {
            let _ = write!(out, "\n### {}\n\n{}\n", heading(&entry.question), plain(&entry.answer));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Lead;

    #[test]
    fn copy_is_shown_with_its_length_and_limit() {
        let copy = PlacementCopy {
            placement: "google_ads.rsa".into(),
            locale: "zh-CN".parse().unwrap(),
            variant: 1,
            angle: "craft".into(),
            fields: [("headline".to_owned(), vec!["明前龙井".to_owned()])].into(),
        };
        let lead = Lead { angle: "看得见的用心".into(), headline: "明前龙井".into() };
        let leads = [((copy.locale.clone(), 1), lead)].into();
        let files = super::copy(&[copy], &leads, &Words::read().unwrap());
        assert_eq!(files[0].0, "copy/zh-CN/google_ads.rsa.md");
        assert!(files[0].1.contains("## 方案 1（切入点：看得见的用心）"), "{}", files[0].1);
        assert!(files[0].1.contains("**标题** (8/30)\n\n> 明前龙井\n"), "{}", files[0].1);
    }

    #[test]
    fn words_are_never_taken_for_markup() {
        assert_eq!(quoted("# one\n#two <b> [a](b)\n> c"), "> \\# one\n> #two \\<b> \\[a](b)\n> \\> c");
        assert_eq!(heading("a\n# b <img>"), "a # b \\<img>");
    }

    #[test]
    fn an_article_keeps_quotes_in_its_front_matter() {
        let text = article(
            &Article {
                title: "Tea: \"spring\"".into(),
                meta_description: "d".into(),
                slug: "tea".into(),
                lead: "Lead.".into(),
                sections: vec![],
                faq: vec![],
            },
            "en-US",
        );
        assert!(text.starts_with("---\ntitle: \"Tea: \\\"spring\\\"\"\n"), "{text}");
    }
}
