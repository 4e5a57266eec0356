//! The steps: one function a kind. A step returns; only the worker writes its state.

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
