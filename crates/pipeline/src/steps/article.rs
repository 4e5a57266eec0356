//! The article for the brand's own site. One per locale.

use handbill_checks::article;
use handbill_domain::{asset::AssetKind, locale::Locale, words::Article};
use handbill_providers::rehearsal::inputs::{ArticleInputs, Told};
use serde::Deserialize;

use super::write::{READ, Task, TextFile, schema_of, write};
use crate::{Context, Error, graph::StepOutput, pack::article_markdown};

#[derive(Deserialize)]
struct Params {
    locale: Locale,
    strategy: String,
}

/// Writes the article of a locale.
pub(super) async fn run(ctx: &Context<'_>) -> Result<StepOutput, Error> {
    let Params { locale, strategy } = ctx.params()?;
    let inputs = ArticleInputs { brief: Told::of(ctx.brief, &locale), strategy: ctx.output(&strategy)? };
    let task = Task {
        name: "article",
        locale: &locale,
        inputs: &inputs,
        schema: schema_of::<Article>(),
        tokens: 6000,
    };
    let mut written =
        write(ctx, &task, |article: &mut Article| article::objections(article, &locale, ctx.brief)).await?;
    let undisclosed = article::undisclosed(&written.value, &locale, ctx.brief, written.flags());
    written.checks.extend(undisclosed);
    let file = TextFile {
        kind: AssetKind::Article,
        file: format!("article.{locale}.md"),
        media_type: "text/markdown",
        text: article_markdown(&written.value, locale.as_str()),
        locale: &locale,
        placement: None,
        variant: None,
        brief_fields: READ,
    };
    Ok(StepOutput { assets: vec![written.asset(ctx, file).await?], ..written.output()? })
}
