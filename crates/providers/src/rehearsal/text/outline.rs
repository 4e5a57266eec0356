//! Outline: what is said in which order, and the words that the pictures carry.

use handbill_domain::words::{DesignWords, Outline, Point};

use super::{
    super::inputs::OutlineInputs,
    angle::Lead,
    bank::{Bank, plain},
    dice::Dice,
    fill::Guard,
    name,
};

pub(super) fn write(inputs: &OutlineInputs, dice: &Dice) -> Outline {
    let OutlineInputs { brief, angle, variant, .. } = inputs;
    let bank = Bank::of(brief, Lead::of(&angle.id, *variant), variant.saturating_sub(1) as usize, dice);
    let guard = Guard::new(brief, None);
    let points = bank.body.iter().filter(|s| guard.allows(&s.text));
    Outline {
        angle: angle.id.clone(),
        hooks: guard.allowed(&bank.hooks),
        points: points.map(|s| Point { facts: vec![s.fact.clone()], line: s.text.clone() }).collect(),
        close: bank.closes.iter().find(|c| guard.allows(c)).cloned().unwrap_or_default(),
        design: design(&bank, &guard),
    }
}

/// Length as a designer sees it: Chinese characters without punctuation, or English words.
pub(super) fn size(text: &str, chinese: bool) -> usize {
    if chinese {
        text.chars().filter(|c| c.is_alphanumeric()).count()
    } else {
        text.split_whitespace().count()
    }
}

/// What is left of a sentence when a part of it stands elsewhere.
fn without(text: &str, part: &str, chinese: bool) -> String {
    let at = text.to_lowercase().find(&part.to_lowercase());
    let rest = at.map(|at| format!("{}{}", &text[..at], &text[at + part.len()..])).unwrap_or_default();
    let marks = |c: char| c.is_whitespace() || matches!(c, '，' | '。' | ',' | ':' | '.' | '：' | '；');
    let rest = rest.trim_matches(marks);
    let rest = [" for", " means", " so"]
        .iter()
        .find_map(|word| rest.strip_suffix(word))
        .unwrap_or(rest)
        .trim_matches(marks);
    // Only a whole clause is left, never half of one.
    let whole = rest.split(['.', ':']).count() == 1
        && (chinese || !["for", "means", "so"].contains(&rest.split(' ').next().unwrap_or_default()));
    if !whole {
        String::new()
    } else if chinese {
        rest.to_owned()
    } else {
        super::en::capital(rest)
    }
}

fn design(bank: &Bank, guard: &Guard) -> DesignWords {
    let chinese = bank.chinese;
    let lines: Vec<String> =
        guard.allowed(&bank.heads.iter().chain(&bank.lines).cloned().collect::<Vec<_>>());
    let within = |most: usize, not: &[&str]| {
        let differs =
            |l: &&String| !not.iter().any(|n| plain(n).contains(&plain(l)) || plain(l).contains(&plain(n)));
        lines
            .iter()
            .filter(|l| size(l, chinese) <= most && size(l, chinese) >= if chinese { 4 } else { 2 })
            .find(differs)
            .cloned()
    };
    let (long, short, below) = if chinese { (12, 8, 26) } else { (6, 4, 14) };
    let headline = within(long, &[])
        .or_else(|| lines.first().cloned())
        .unwrap_or_else(|| name::short(&bank.product, &bank.noun, chinese, long));
    let headline_short = if size(&headline, chinese) <= short {
        headline.clone()
    } else {
        within(short, &[]).unwrap_or_else(|| name::short(&bank.noun, &bank.noun, chinese, short))
    };
    let said =
        |text: &str| plain(&headline).contains(&plain(text)) || plain(text).contains(&plain(&headline));
    let quoted = bank
        .body
        .iter()
        .find(|s| guard.allows(&s.text) && !said(&s.text) && size(&s.text, chinese) <= below + 4);
    let quote = quoted.map(|s| s.text.trim_end_matches(['。', '.']).to_owned()).unwrap_or_default();
    // What the buyer has of the fact in the headline, else the message, else another fact.
    let about = bank.bullets.iter().find(|s| plain(&s.text).contains(&plain(&headline)));
    let rest = about.map(|s| without(&s.text, &headline, chinese)).filter(|r| !r.is_empty());
    let subline = rest
        .into_iter()
        .chain(bank.message.clone())
        .chain(bank.bullets.iter().map(|s| s.text.clone()))
        .chain(bank.titles.iter().cloned())
        .filter(|t| guard.allows(t) && size(t, chinese) <= below && !said(t))
        .map(|t| t.trim_end_matches(['。', '.']).to_owned())
        .find(|t| *t != quote && !t.contains(". "))
        .unwrap_or_default();
    let list = bank.specs.iter().filter(|s| {
        guard.allows(&s.text) && size(&s.text, chinese) <= if chinese { 10 } else { 6 } && !said(&s.text)
    });
    let mut bullets: Vec<String> = Vec::new();
    // Words and numbers in turn.
    let (numbers, words): (Vec<_>, Vec<_>) = list.partition(|s| s.is_number);
    for n in 0..3 {
        bullets.extend(words.get(n).iter().chain(&numbers.get(n)).map(|s| s.text.clone()));
    }
    bullets.truncate(4);
    DesignWords {
        headline,
        headline_short,
        subline,
        kicker: name::short(&bank.product, &bank.noun, chinese, if chinese { 12 } else { 6 }),
        quote,
        quote_source: quoted.map(|s| s.label.clone()).unwrap_or_default(),
        bullets,
    }
}
