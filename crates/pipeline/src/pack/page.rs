//! `index.html`: one page, no network. Every text from a brief or a model is escaped.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::view::View;
use crate::Error;

const TEMPLATE: &str = include_str!("../../pack/index.html");

/// The page.
pub(super) fn render(view: &View) -> Result<String, Error> {
    let mut page = Environment::new();
    page.set_undefined_behavior(UndefinedBehavior::Strict);
    page.set_auto_escape_callback(|_| AutoEscape::Html);
    page.set_trim_blocks(true);
    page.set_lstrip_blocks(true);
    page.render_str(TEMPLATE, view).map_err(|e| Error::Broken(format!("index.html: {e:#}")))
}
