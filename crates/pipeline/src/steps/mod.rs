//! The steps: one function a kind. A step returns; only the worker writes its state.

mod art_direction;
mod article;
pub mod background;
pub mod content;
mod copy;
pub mod design;
mod label;
mod material;
mod outline;
mod pacing;
pub mod speech;
mod storyboard;
mod strategy;
#[cfg(test)]
mod tests;
mod timeline;
pub mod video;
mod write;

use crate::{Context, Error, graph::StepOutput};

/// Every kind that a recipe can name.
pub const KINDS: &[&str] = &[
    "strategy",
    "outline",
    "copy",
    "article",
    "art_direction",
    "background",
    "design",
    "storyboard",
    "speech",
    "video",
];

/// Runs a step.
pub async fn run(ctx: &Context<'_>) -> Result<StepOutput, Error> {
    match ctx.step.kind.as_str() {
        "strategy" => strategy::run(ctx).await,
        "outline" => outline::run(ctx).await,
        "copy" => copy::run(ctx).await,
        "article" => article::run(ctx).await,
        "art_direction" => art_direction::run(ctx).await,
        "background" => background::run(ctx).await,
        "design" => design::run(ctx).await,
        "speech" => speech::run(ctx).await,
        "video" => video::run(ctx).await,
        "storyboard" => storyboard::run(ctx).await,
        other => Err(Error::Broken(format!("nobody knows how to run `{other}`"))),
    }
}
