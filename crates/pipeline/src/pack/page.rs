//! `index.html`: one page, no network. Every text from a brief or a model is escaped.

use minijinja::{
    AutoEscape, Environment, UndefinedBehavior,
    syntax::SyntaxConfig,
    value::{Serde, Value},
};

use super::view::View;
use crate::Error;

const TEMPLATE: &str = include_str!("../../pack/index.html");

/// The page.
pub(super) fn render(view: &View) -> Result<String, Error> {
    let mut page = Environment::new();
    page.set_undefined_behavior(UndefinedBehavior::Strict);
    page.set_auto_escape_callback(|_| AutoEscape::Html);
    let broken = |e: minijinja::Error| Error::Broken(format!("index.html: {e:#}"));
    page.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(broken)?);
    page.render_str(TEMPLATE, Value::from(Serde(view))).map_err(broken)
}
