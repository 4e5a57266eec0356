//! Which template a picture gets: what its slot demands first, then what was made for its placement, then the families
//! in turn. Variants of one placement come from different families as long as there are any.

use handbill_domain::channel::{ImageSlot, Placement};
use handbill_media::template::{Need, Purpose, Template};

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
    pub(super) turn: Turn,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn {
    /// The placement's position in the brief: neighbours begin with different families.
    pub(super) place: usize,
    /// Zero-based variant, or card.
    pub(super) variant: usize,
    /// The run's seed: chooses inside a family.
    pub(super) seed: u64,
}

/// The families in the order of their turns.
const FAMILIES: [Purpose; 6] = [
    Purpose::Product,
    Purpose::Offer,
    Purpose::Fact,
    Purpose::Lifestyle,
    Purpose::Announcement,
    Purpose::Table,
];

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
    let suiting: Vec<&Template> = all.iter().filter(|t| suits(t, asked)).collect();
    Ok(in_turn(suiting, asked))
}

/// The best first: what was made for the placement leads its first variant; the others go through the other families.
fn in_turn<'t>(suiting: Vec<&'t Template>, asked: &Asked<'_>) -> Vec<&'t Template> {
    let Turn { place, variant, seed } = asked.turn;
    let made_for =
        |t: &&&Template| t.suits.made_for.iter().any(|p| asked.placement.id.starts_with(p.as_str()));
    let own = suiting.iter().find(made_for).copied();
    let mut families: Vec<Vec<&Template>> = FAMILIES
        .iter()
        .filter(|family| own.is_none_or(|own| own.purpose != **family))
        .map(|family| suiting.iter().filter(|t| t.purpose == *family).copied().collect())
        .filter(|family: &Vec<_>| !family.is_empty())
        .collect();
    let count = families.len().max(1);
    let step = place + if own.is_some() { variant.saturating_sub(1) } else { variant };
    for (n, family) in families.iter_mut().enumerate() {
        family.sort_by_key(|t| t.suits.turn);
        // Who says what is usual instead wants it to be seen.
        let compares = family.iter().position(|t| t.suits.needs.contains(&Need::Comparison));
        let first = compares.unwrap_or_else(|| chance(seed, &asked.placement.id, n));
        let first = (first + step / count) % family.len();
        family.rotate_left(first);
    }
    families.rotate_left(step % count);
    let rounds = families.iter().map(Vec::len).max().unwrap_or(0);
    let mut order: Vec<&Template> =
        (0..rounds).flat_map(|round| families.iter().filter_map(move |f| f.get(round).copied())).collect();
    if let Some(own) = own {
        order.insert(if variant == 0 { 0 } else { order.len() }, own);
        order.extend(suiting.iter().filter(|t| t.purpose == own.purpose && t.name != own.name));
    }
    order
}

/// A number that depends on the seed, the placement and the family alone.
fn chance(seed: u64, placement: &str, family: usize) -> usize {
    let start = 0xCBF2_9CE4_8422_2325 ^ seed ^ (family as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = placement.bytes().fold(start, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01B3));
    ((mixed ^ (mixed >> 29)) >> 8) as usize & 0xFFFF
}

fn suits(template: &Template, asked: &Asked<'_>) -> bool {
    let has = |need: &Need| asked.there.contains(need);
    let kind = template.suits.kinds.is_empty() || template.suits.kinds.contains(&asked.placement.kind);
    let only = &template.suits.only;
    let here = only.is_empty() || only.iter().any(|p| asked.placement.id.starts_with(p.as_str()));
    let words = !template.suits.plain && template.suits.roles.is_empty();
    words && kind && here && template.suits.needs.iter().all(has)
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
            turn: Turn::default(),
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

    const ALL: &[Need] = &[
        Need::Price,
        Need::Offer,
        Need::Quote,
        Need::Photo,
        Need::Bullets,
        Need::Facts,
        Need::Figure,
        Need::Cutout,
    ];

    #[test]
    fn variants_of_a_placement_differ_in_family_and_never_repeat_a_design() {
        for (id, role) in
            [("instagram.feed", "photo"), ("xiaohongshu.note_image", "photo"), ("taobao.item", "main")]
        {
            for seed in 0..20 {
                let first = |variant| {
                    names(id, role, |a| Asked { there: ALL, turn: Turn { place: 3, variant, seed }, ..a })[0]
                };
                let chosen: Vec<_> = (0..6).map(first).collect();
                let purpose = |name: &&str| built_in().iter().find(|t| t.name == **name).unwrap().purpose;
                let unique = |n: usize| chosen[..n].iter().collect::<std::collections::BTreeSet<_>>().len();
                assert_eq!(unique(6), 6, "{id} {seed}: {chosen:?}");
                assert_ne!(purpose(&chosen[0]), purpose(&chosen[1]), "{id} {seed}");
            }
        }
    }

    #[test]
    fn what_was_made_for_a_placement_leads_its_first_variant() {
        let first = |id, role, variant| {
            names(id, role, |a| Asked { there: ALL, turn: Turn { variant, ..Turn::default() }, ..a })[0]
        };
        assert_eq!(first("xiaohongshu.note_image", "photo", 0), "note-cover");
        assert_eq!(first("wechat.moments_ad_image", "single", 0), "moments");
        assert_eq!(first("taobao.item", "main", 0), "main-image");
        assert_ne!(first("taobao.item", "main", 1), "main-image");
    }

    #[test]
    fn a_comparison_leads_the_tables_of_a_brief_that_says_what_is_usual() {
        let all = [ALL, &[Need::Comparison]].concat();
        let all: &'static [Need] = all.leak();
        for seed in 0..20 {
            let turn = Turn { seed, ..Turn::default() };
            let names = names("meta.feed_image", "single", |a| Asked { there: all, turn, ..a });
            let tables = |name: &&&str| name.starts_with("spec-");
            assert_eq!(names.iter().find(tables), Some(&"spec-compare"), "{seed}");
        }
    }

    #[test]
    fn another_seed_chooses_other_designs() {
        let of = |seed| {
            names("instagram.feed", "photo", |a| Asked {
                there: ALL,
                turn: Turn { seed, ..Turn::default() },
                ..a
            })[0]
        };
        assert!((1..12).any(|seed| of(seed) != of(0)));
        assert_eq!(of(7), of(7));
    }

    #[test]
    fn what_the_brief_has_not_is_not_designed() {
        let bare = names("instagram.feed", "photo", |a| Asked { there: &[], ..a });
        let needs =
            |name: &&&str| !built_in().iter().find(|t| t.name == ***name).unwrap().suits.needs.is_empty();
        assert!(!bare.is_empty() && bare.iter().find(needs).is_none(), "{bare:?}");
    }

    #[test]
    fn a_template_by_name_is_taken_or_missed() {
        assert_eq!(names("instagram.feed", "photo", |a| Asked { template: Some("offer"), ..a }), ["offer"]);
        let placement = placement("instagram.feed").unwrap();
        let asked = Asked {
            template: Some("nothing"),
            placement,
            slot: &placement.images[0],
            there: &[],
            turn: Turn::default(),
        };
        assert!(candidates(built_in(), &asked).is_err());
    }
}
