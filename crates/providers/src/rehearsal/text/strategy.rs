//! Strategy: what the audience wants, the one message, why to believe it, and an angle for each variant.

use handbill_domain::words::{Proof, Strategy};

use super::{
    super::inputs::StrategyInputs,
    angle::{Lead, angles},
    bank::Bank,
    dice::Dice,
    en, zh,
};

pub(super) fn write(inputs: &StrategyInputs, dice: &Dice) -> Strategy {
    let told = &inputs.brief;
    let bank = Bank::of(told, Lead::Craft, 0, dice);
    let zh = told.locale.is_chinese();
    let insight = if zh {
        let audience = zh::audience(&told.audience);
        audience.want.map_or_else(
            || format!("打动{}，靠的是看得见的事实。", audience.who),
            |want| format!("{}{want}。", audience.who),
        )
    } else {
        format!("{}.", en::capital(en::stop(&told.audience)))
    };
    let tone = told
        .tone
        .clone()
        .unwrap_or_else(|| if zh { "平实、具体".into() } else { "plain, concrete".into() });
    let mut proofs: Vec<Proof> =
        bank.body.iter().map(|s| Proof { fact: s.fact.clone(), line: s.text.clone() }).collect();
    let bare = told.facts.iter().filter(|f| !proofs.iter().any(|p| p.fact == f.id));
    let bare = bare.map(|f| Proof {
        fact: f.id.clone(),
        line: if zh {
            format!("{}。", zh::statement(f))
        } else {
            format!("{}.", en::capital(&en::statement(f)))
        },
    });
    proofs.extend(bare.collect::<Vec<_>>());
    Strategy {
        insight,
        message: told.key_message.clone(),
        proofs,
        angles: angles(told, inputs.variants),
        tone,
    }
}
