//! The ways into a message that rehearsal knows, and what each puts first.

use handbill_domain::words::Angle;

use super::super::inputs::Told;

/// What a text puts first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// How it is made: facts first (FAB).
    Craft,
    /// The moment of use: benefits first (AIDA).
    Moment,
    /// The reason to act now: offer and price first.
    Offer,
    /// Whom it is for: audience first.
    People,
    /// A buyer's question, answered by facts (PAS without the drama).
    Question,
}

impl Lead {
    /// The lead of an angle; an angle of somebody else's is taken by its number.
    pub(super) fn of(id: &str, variant: u32) -> Self {
        match id {
            "craft" => Self::Craft,
            "moment" => Self::Moment,
            "offer" => Self::Offer,
            "people" => Self::People,
            "question" => Self::Question,
            _ => [Self::Craft, Self::Moment, Self::Offer, Self::People, Self::Question]
                [(variant as usize + 4) % 5],
        }
    }
}

/// One angle for each variant. An angle from the offer needs an offer or a price.
pub(super) fn angles(told: &Told, variants: u32) -> Vec<Angle> {
    let promise = |text: &str| text.trim_end_matches(['。', '.', '！', '!']).to_owned();
    let fact = told.facts.iter().find(|f| !f.is_number).or_else(|| told.facts.first());
    let benefit = told.facts.iter().find_map(|f| f.benefit.as_deref());
    let zh = told.locale.is_chinese();
    let openly = if zh { "价格写在明处" } else { "The price, said plainly" };
    let mut all = vec![
        ("craft", if zh { "看得见的用心" } else { "How it is made" }, fact.map(|f| promise(&f.stated))),
        ("moment", if zh { "用起来的那一刻" } else { "The moment of use" }, benefit.map(promise)),
        (
            "offer",
            if zh { "现在入手的理由" } else { "A reason to act now" },
            told.offer.as_ref().map(|o| promise(&o.text)).or(told.priced.then(|| openly.to_owned())),
        ),
        ("people", if zh { "写给这样的你" } else { "Made for you" }, Some(promise(&told.audience))),
        (
            "question",
            if zh { "选购前的一问" } else { "A question before you buy" },
            Some(promise(&told.key_message)),
        ),
    ];
    all.retain(|(id, _, promise)| *id != "offer" || promise.is_some());
    let angle = |(id, name, promise): &(&str, &str, Option<String>)| Angle {
        id: (*id).into(),
        name: (*name).into(),
        promise: promise.clone().unwrap_or_else(|| told.key_message.clone()),
    };
    all.iter().cycle().take(variants as usize).map(angle).collect()
}
