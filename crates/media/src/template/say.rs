//! What the pieces of a stack say, and what they are called.

use super::{Item, Say, compose::Board};
use crate::text;

/// Has this piece something to say?
pub(super) fn says(board: &Board<'_>, item: &Item) -> bool {
    match item {
        Item::Text { .. } | Item::Tag { .. } => said(board, item).is_some(),
        Item::List { .. } => !listed(board).is_empty(),
        Item::Price { .. } => board.scene.price.is_some(),
        Item::Button { .. } => !text::is_blank(board.scene.call_to_action),
        Item::Rule { .. } => true,
    }
}

/// The words of a text or a tag.
pub(super) fn said(board: &Board<'_>, item: &Item) -> Option<String> {
    let (say, caps) = match item {
        Item::Text { say, caps, .. } => (say, *caps),
        Item::Tag { say, .. } => (say, false),
        _ => return None,
    };
    let (scene, words) = (board.scene, board.scene.words);
    let figure = scene.facts.iter().find(|f| f.is_number);
    let text = match say {
        Say::Headline => words.headline.clone(),
        Say::HeadlineShort if text::is_blank(&words.headline_short) => words.headline.clone(),
        Say::HeadlineShort => words.headline_short.clone(),
        Say::Subline => words.subline.clone(),
        Say::Kicker => words.kicker.clone(),
        Say::Quote if text::is_blank(&words.quote) => words.headline.clone(),
        Say::Quote => words.quote.clone(),
        Say::QuoteSource => words.quote_source.clone(),
        Say::Bullets => words.bullets.iter().take(3).cloned().collect::<Vec<_>>().join("\n"),
        Say::Offer => scene.offer.unwrap_or_default().to_owned(),
        Say::Brand => scene.brand.to_owned(),
        Say::QuoteMark => "“".to_owned(),
        Say::Figure => figure.map(|f| f.value.clone()).unwrap_or_default(),
        Say::FigureLabel => figure.map(|f| f.label.clone()).unwrap_or_default(),
    };
    let text = text.trim();
    (!text::is_blank(text)).then(|| if caps { text.to_uppercase() } else { text.to_owned() })
}

/// The lines of a list: the short facts of the design, else the product's own.
pub(super) fn listed(board: &Board<'_>) -> Vec<String> {
    let bullets: Vec<_> = board.scene.words.bullets.iter().filter(|b| !text::is_blank(b)).collect();
    if bullets.is_empty() {
        board.scene.facts.iter().map(|f| format!("{} {}", f.label, f.value)).collect()
    } else {
        bullets.into_iter().cloned().collect()
    }
}

/// What goes first when there is no room; `None` for what must be there.
pub(super) fn drop_rank(item: &Item) -> Option<u8> {
    match item {
        Item::Text { drop, .. }
        | Item::Button { drop, .. }
        | Item::Tag { drop, .. }
        | Item::List { drop, .. } => *drop,
        Item::Rule { .. } => Some(0),
        Item::Price { .. } => None,
    }
}

/// The piece's name in proofs.
pub(super) fn item_name(item: &Item) -> &'static str {
    match item {
        Item::Text { say, .. } | Item::Tag { say, .. } => match say {
            Say::Headline | Say::HeadlineShort => "headline",
            Say::Subline => "subline",
            Say::Kicker => "kicker",
            Say::Quote => "quote",
            Say::QuoteSource => "quote_source",
            Say::Bullets => "bullets",
            Say::Offer => "offer",
            Say::Brand => "brand",
            Say::QuoteMark => "quote_mark",
            Say::Figure => "figure",
            Say::FigureLabel => "figure_label",
        },
        Item::List { .. } => "bullets",
        Item::Price { .. } => "price",
        Item::Button { .. } => "button",
        Item::Rule { .. } => "rule",
    }
}
