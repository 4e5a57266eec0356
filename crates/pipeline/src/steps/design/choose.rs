//! Which template a picture gets: what its slot demands first, then those that suit, each in its turn.

use handbill_domain::channel::{ImageSlot, Placement};
use handbill_media::template::{Need, Template};

use crate::Error;

/// What is asked for, and what there is to show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// A template by name.
    pub(super) template: Option<&'a str>,
    pub(super) placement: &'a Placement,
    pub(super) slot: &'a ImageSlot,
    /// What of all that a template can need is there.
    pub(super) there: &'a [Need],
    /// Whose turn it is.
    pub(super) turn: usize,
}

/// The templates to try, the best first.
pub(super) fn candidates<'t>(all: &'t [Template], asked: &Asked<'_>) -> Result<Vec<&'t Template>, Error> {
    if let Some(name) = asked.template {
        let found = all.iter().find(|t| t.name == name);
        return found.map(|t| vec![t]).ok_or_else(|| Error::Broken(format!("there is no template `{name}`")));
    }
    if asked.slot.background.is_some() {
        return Ok(all.iter().filter(|t| t.suits.plain).collect());
    }
    let by_role: Vec<&Template> = all
        .iter()
        .filter(|t| t.suits.roles.iter().any(|r| asked.slot.role.starts_with(r.as_str())))
        .collect();
    if !by_role.is_empty() {
        return Ok(by_role);
    }
    let mut suiting: Vec<&Template> = all.iter().filter(|t| suits(t, asked)).collect();
    suiting.sort_by_key(|t| t.suits.turn);
    if !suiting.is_empty() {
        let first = asked.turn % suiting.len();
        suiting.rotate_left(first);
    }
    Ok(suiting)
}

fn suits(template: &Template, asked: &Asked<'_>) -> bool {
    let has = |need: &Need| asked.there.contains(need);
    let kind = template.suits.kinds.is_empty() || template.suits.kinds.contains(&asked.placement.kind);
    !template.suits.plain && template.suits.roles.is_empty() && kind && template.suits.needs.iter().all(has)
}

#[cfg(test)]
mod tests {
    use handbill_domain::channel::placement;
    use handbill_media::template::built_in;

    use super::*;

    fn names(id: &str, role: &str, change: impl Fn(Asked<'static>) -> Asked<'static>) -> Vec<&'static str> {
        let placement = placement(id).unwrap();
        let slot = placement.images.iter().find(|s| s.role == role).unwrap();
        let asked = Asked {
            template: None,
            placement,
            slot,
            there: &[Need::Price, Need::Offer, Need::Quote, Need::Photo],
            turn: 0,
        };
        candidates(built_in(), &change(asked)).unwrap().iter().map(|t| t.name.as_str()).collect()
    }

    #[test]
    fn a_marketplace_gets_its_plain_picture_and_a_logo_slot_the_logo() {
        assert_eq!(names("amazon.product_listing", "main", |a| a), ["plain-product"]);
        assert_eq!(names("taobao.item", "transparent", |a| a), ["plain-product"]);
        assert_eq!(names("google_merchant.product", "image_link", |a| a), ["plain-product"]);
        assert_eq!(names("google_ads.pmax", "logo_landscape", |a| a), ["logo"]);
    }

    #[test]
    fn each_turn_begins_with_another_design() {
        let first = |turn| names("instagram.feed", "photo", |a| Asked { turn, ..a })[0];
        assert_eq!(
            [first(0), first(1), first(2), first(3), first(4)],
            ["product-hero", "offer", "fact-quote", "lifestyle", "product-hero"]
        );
    }

    #[test]
    fn what_the_brief_has_not_is_not_designed() {
        let bare = names("instagram.feed", "photo", |a| Asked { there: &[Need::Offer], ..a });
        assert_eq!(bare, ["product-hero"]);
    }

    #[test]
    fn a_template_by_name_is_taken_or_missed() {
        assert_eq!(names("instagram.feed", "photo", |a| Asked { template: Some("offer"), ..a }), ["offer"]);
        let placement = placement("instagram.feed").unwrap();
        let asked =
            Asked { template: Some("nothing"), placement, slot: &placement.images[0], there: &[], turn: 0 };
        assert!(candidates(built_in(), &asked).is_err());
    }
}
