//! English: what can be said about a product, in fragments and sentences whose grammar follows from the brief's phrases.

use super::{
    super::inputs::{Told, ToldFact, ToldOffer},
    angle::Lead,
    bank::{Bank, Said, distinct, turned},
    dice::Dice,
    name,
    zh::interleaved,
};

pub(super) fn bank(told: &Told, lead: Lead, turn: usize, dice: &Dice) -> Bank {
    let noun = noun(&told.product, &told.brand);
    let worded = told
        .facts
        .iter()
        .filter(|f| !f.is_number || f.benefit.is_some() || is_verb(first(&f.label)))
        .cloned()
        .collect();
    let facts: Vec<ToldFact> = turned(worded, lead, turn, |f| f.is_number && !is_verb(first(&f.label)));
    let bare: Vec<&ToldFact> = told.facts.iter().filter(|f| !facts.iter().any(|g| g.id == f.id)).collect();
    let bare_text: Vec<String> = bare.iter().map(|f| statement(f)).collect();
    let mut specs: Vec<Said> =
        told.facts.iter().filter(|f| f.is_number).map(|f| Said::about(f, capital(&statement(f)))).collect();
    specs.extend(
        facts
            .iter()
            .filter(|f| !f.is_number)
            .flat_map(|f| pieces(&f.stated).into_iter().map(move |p| Said::about(f, capital(&p)))),
    );
    let writer = Writer { told, noun: &noun, facts: &facts, dice };
    Bank {
        chinese: false,
        product: told.product.clone(),
        message: Some(capital(stop(&told.key_message))).filter(|m| !m.is_empty()),
        hooks: writer.hooks(lead),
        body: writer.body(),
        numbers: (!bare_text.is_empty()).then(|| format!("{}.", capital(&listed(&bare_text)))),
        lines: writer.lines(lead),
        titles: writer.titles(lead),
        specs,
        bullets: facts.iter().map(|f| Said::about(f, stop(&sentence(f, 0)).to_owned())).collect(),
        heads: writer.heads(lead),
        offer: told.offer.as_ref().map(offer),
        price: told.price.as_ref().map(|p| format!("{}, {p}.", told.product)),
        closes: writer.closes(),
        tags: tags(told, &noun),
        noun,
    }
}

/// What kind of phrase the brief wrote; it decides which sentences it fits into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `a double-lidded tin`.
    Noun,
    /// `keeps leaves dry`.
    Verb,
    /// `ice from breakfast is still ice at dusk`.
    Clause,
    /// `hand-picked before Qingming`.
    Participle,
}

const VERBS: &[&str] = &[
    "adds", "brings", "carries", "charges", "cleans", "cools", "covers", "cuts", "dries", "feels", "fits",
    "folds", "gives", "grips", "has", "heats", "helps", "holds", "keeps", "lasts", "lets", "lifts", "locks",
    "looks", "makes", "melts", "needs", "opens", "packs", "plays", "protects", "removes", "runs", "saves",
    "sits", "slides", "smells", "stands", "stays", "stops", "stores", "supports", "takes", "tastes", "turns",
    "warms", "washes", "wears", "weighs", "works",
];

fn is_verb(word: &str) -> bool {
    VERBS.contains(&word.to_lowercase().as_str())
}

fn first(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

pub(super) fn shape(text: &str) -> Shape {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
        .collect();
    let small = [
        "before", "after", "by", "in", "from", "with", "for", "at", "on", "without", "over", "under", "to",
        "against", "and",
    ];
    let Some(head) = words.first() else { return Shape::Noun };
    if is_verb(head) {
        return Shape::Verb;
    }
    if head.ends_with("ed") && words.get(1).is_some_and(|w| small.contains(&w.as_str())) {
        return Shape::Participle;
    }
    for (n, word) in words.iter().enumerate().skip(1) {
        if ["that", "which", "who", "you", "we", "to"].contains(&word.as_str()) {
            return Shape::Noun;
        }
        let finite = ["is", "are", "can", "will", "does", "do", "never", "always"].contains(&word.as_str());
        let plural =
            words[n - 1].ends_with('s') && ["stay", "keep", "taste", "last", "fit"].contains(&word.as_str());
        if finite || plural || (is_verb(word) && n + 1 < words.len()) {
            return Shape::Clause;
        }
    }
    Shape::Noun
}

/// `Keeps cold for 24 hours`, `volume 750 ml`; words stand for themselves.
pub(super) fn statement(fact: &ToldFact) -> String {
    let stated = stop(&fact.stated);
    if !fact.is_number {
        return stated.to_owned();
    }
    let lasting = ["hour", "hours", "h", "minutes", "min", "days", "day", "weeks", "months", "years", "year"];
    let unit = stated.split_whitespace().last().unwrap_or_default();
    match (is_verb(first(&fact.label)), lasting.contains(&unit)) {
        (true, true) => format!("{} for {stated}", fact.label),
        (true, false) => format!("{} {stated}", fact.label),
        (false, _) => format!("{} {stated}", lower(&fact.label)),
    }
}

pub(super) fn stop(text: &str) -> &str {
    text.trim().trim_end_matches(['.', '!', ';', ',', '。'])
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

/// Without the capital at the start, unless the word is a name or an abbreviation.
pub(super) fn lower(text: &str) -> String {
    let head = first(text);
    let plain =
        head.chars().skip(1).all(|c| c.is_lowercase() || !c.is_alphabetic()) && head.chars().count() > 1;
    let mut letters = text.chars();
    if !plain && head != "A" {
        return text.to_owned();
    }
    letters.next().map_or_else(String::new, |c| c.to_lowercase().chain(letters).collect())
}

fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// The parts of a phrase that stand for themselves; a comma between adjectives is not such a place.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let text = stop(text);
    let articles = ["a", "an", "the"];
    let fits = |left: &str, right: &str, comma: bool| {
        let (l, r) = (left.split_whitespace().count(), right.split_whitespace().count());
        let opens = articles.contains(&first(left).to_lowercase().as_str());
        let goes_on = articles.contains(&first(right).to_lowercase().as_str()) || is_verb(first(right));
        l >= 3 && r >= if comma { 2 } else { 3 } && (!opens || goes_on)
    };
    for (mark, comma) in [("; ", true), (", and ", true), (", ", true), (" and ", false)] {
        for (at, _) in text.match_indices(mark) {
            let (left, right) = (&text[..at], &text[at + mark.len()..]);
            if fits(left, right, comma) {
                return std::iter::once(left.to_owned()).chain(pieces(right)).collect();
            }
        }
    }
    vec![text.to_owned()]
}

/// The product without its brand: `Trail Bottle 750`.
fn noun(product: &str, brand: &str) -> String {
    name::bare(product, brand).to_owned()
}

fn offer(offer: &ToldOffer) -> String {
    let mut text = capital(stop(&offer.text));
    match (&offer.code, offer.until.as_deref().and_then(day)) {
        (Some(code), Some(day)) => text.push_str(&format!(": use code {code} by {day}")),
        (Some(code), None) => text.push_str(&format!(" with code {code}")),
        (None, Some(day)) => text.push_str(&format!(", until {day}")),
        (None, None) => {}
    }
    format!("{text}.")
}

/// `April 30, 2026` of `2026-04-30`.
pub(super) fn day(iso: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let mut parts = iso.splitn(3, '-').map(|p| p.parse::<usize>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    Some(format!("{} {day}, {year}", MONTHS.get(month.checked_sub(1)?)?))
}

/// What the audience wants, as a sentence to them: `You want ten quiet minutes in a working day.`
pub(super) fn want(audience: &str) -> Option<String> {
    let (_, tail) = stop(audience).split_once(" who ")?;
    let verbs = [
        "want", "need", "like", "love", "look", "carry", "work", "prefer", "care", "travel", "cook", "run",
        "drink", "read", "ride",
    ];
    verbs.contains(&first(tail)).then(|| format!("You {}.", tail.replace(" their ", " your ")))
}

/// One or two sentences about a fact; `turn` chooses between shapes that fit.
pub(super) fn sentence(fact: &ToldFact, turn: usize) -> String {
    let stated = statement(fact);
    let said = capital(&stated);
    let Some(benefit) = fact.benefit.as_deref().map(stop) else { return format!("{said}.") };
    let has_comma = stated.contains([',', ':', ';']);
    match (fact.is_number, shape(&stated), shape(benefit)) {
        (false, Shape::Noun, Shape::Verb) if !has_comma => format!("{said} {benefit}."),
        (_, _, Shape::Verb) => format!("{said}: {benefit}."),
        (false, Shape::Noun, Shape::Noun) if !has_comma && turn % 2 == 1 => {
            format!("{said} means {benefit}.")
        }
        (false, Shape::Participle, Shape::Noun) if !has_comma => format!("{said}, for {benefit}."),
        (_, Shape::Verb, Shape::Clause) if turn % 2 == 1 => format!("{said}, so {}.", lower(benefit)),
        (_, _, Shape::Clause) if turn % 3 == 2 => format!("{}. {said}.", capital(benefit)),
        (_, _, Shape::Clause) => format!("{said}. {}.", capital(benefit)),
        _ => format!("{said}: {}.", lower(benefit)),
    }
}

struct Writer<'a> {
    told: &'a Told,
    noun: &'a str,
    facts: &'a [ToldFact],
    dice: &'a Dice,
}

impl Writer<'_> {
    fn hooks(&self, lead: Lead) -> Vec<String> {
        let Self { told, facts, .. } = self;
        let key = format!("{}.", capital(stop(&told.key_message)));
        let head = facts.first();
        let about = |f: &ToldFact| (!is_verb(first(&f.label))).then(|| lower(&f.label));
        let craft = head.map(|f| match about(f) {
            Some(label) if !f.is_number => format!("Start with the {label}: {}.", lower(stop(&f.stated))),
            _ => format!("{}.", capital(&statement(f))),
        });
        let benefit = head.and_then(|f| f.benefit.as_deref()).map(|b| match shape(b) {
            Shape::Noun if self.dice.roll("hook").is_multiple_of(2) => {
                format!("Picture it: {}.", lower(stop(b)))
            }
            Shape::Verb => format!("It {}.", stop(b)),
            _ => format!("{}.", capital(stop(b))),
        });
        let people = format!("For {}.", lower(stop(&told.audience)));
        let offered = told.offer.as_ref().map(|o| format!("{}.", capital(stop(&o.text))));
        let priced = told.price.as_ref().map(|p| format!("{} for {p}.", told.product));
        let asks: Vec<String> = facts.iter().filter_map(about).take(2).collect();
        let question = (!asks.is_empty())
            .then(|| format!("Worth asking before you buy: what about the {}?", asks.join(" and the ")));
        let order = match lead {
            Lead::Craft => vec![craft, benefit, Some(key)],
            Lead::Moment => vec![Some(key), benefit, want(&told.audience)],
            Lead::Offer => vec![offered, priced, Some(key)],
            Lead::People => vec![want(&told.audience), Some(people), Some(key)],
            Lead::Question => vec![question, craft, Some(key)],
        };
        distinct(order.into_iter().flatten().collect())
    }

    fn body(&self) -> Vec<Said> {
        let start = self.dice.roll("body");
        self.facts.iter().enumerate().map(|(n, f)| Said::about(f, sentence(f, start + n))).collect()
    }

    fn lines(&self, lead: Lead) -> Vec<String> {
        let Self { told, noun, facts, .. } = self;
        let caps = |items: Vec<String>| items.iter().map(|i| capital(i)).collect::<Vec<_>>();
        let key = capital(stop(&told.key_message));
        let keys: Vec<String> = std::iter::once(key).chain(caps(pieces(&told.key_message))).collect();
        let stated = caps(facts.iter().filter(|f| !f.is_number).flat_map(|f| pieces(&f.stated)).collect());
        let benefits = caps(facts.iter().filter_map(|f| f.benefit.as_deref()).flat_map(pieces).collect());
        let numbers = caps(facts.iter().chain(&told.facts).filter(|f| f.is_number).map(statement).collect());
        let mut sale: Vec<String> = told.offer.iter().map(|o| capital(stop(&o.text))).collect();
        sale.extend(told.price.iter().map(|p| format!("Yours for {p}")));
        let names = vec![format!("Meet {noun}"), told.product.clone()];
        let order: Vec<Vec<String>> = match lead {
            Lead::Craft => vec![stated, benefits, keys, numbers, names, sale],
            Lead::Moment => vec![keys, benefits, stated, numbers, names, sale],
            Lead::Offer => vec![sale, keys, benefits, names, stated, numbers],
            Lead::People => vec![benefits, keys, stated, names, numbers, sale],
            Lead::Question => vec![numbers, stated, benefits, keys, names, sale],
        };
        let mut lines = interleaved(order);
        let act = capital(stop(&told.call_to_action));
        lines.push(format!("{act} with {}", told.brand));
        lines.push(act);
        distinct(lines)
    }

    /// Lines for a picture: the message, what the buyer has, what is true, in the order of the lead.
    fn heads(&self, lead: Lead) -> Vec<String> {
        let Self { told, facts, .. } = self;
        let caps = |items: Vec<String>| items.iter().map(|i| capital(i)).collect::<Vec<_>>();
        let key = vec![capital(stop(&told.key_message))];
        let stated = caps(facts.iter().filter(|f| !f.is_number).flat_map(|f| pieces(&f.stated)).collect());
        let worded = facts.iter().filter_map(|f| f.benefit.as_deref()).filter(|b| shape(b) != Shape::Verb);
        let benefits = caps(worded.flat_map(pieces).collect());
        let parts = caps(pieces(&told.key_message));
        let mut sale: Vec<String> = told.offer.iter().map(|o| capital(stop(&o.text))).collect();
        sale.extend(told.price.iter().map(|p| format!("Yours for {p}")));
        distinct(
            match lead {
                Lead::Craft | Lead::Question => [stated, benefits, key, parts],
                Lead::Moment => [key, benefits, parts, stated],
                Lead::Offer => [sale, key, benefits, parts],
                Lead::People => [benefits, key, parts, stated],
            }
            .concat(),
        )
    }

    fn titles(&self, lead: Lead) -> Vec<String> {
        let Self { told, noun, facts, .. } = self;
        let key = capital(stop(&told.key_message));
        let named = format!("{}: {}", told.product, lower(&key));
        let short = format!("{noun}: {}", lower(&key));
        let facted: Vec<String> =
            facts.iter().map(|f| format!("{}: {}", told.product, lower(&statement(f)))).collect();
        let pairs: Vec<String> =
            facts.iter().map(|f| stop(&sentence(f, 0)).to_owned()).filter(|t| !t.contains(". ")).collect();
        let sale: Vec<String> =
            told.offer.iter().map(|o| format!("{}: {}", told.product, lower(stop(&o.text)))).collect();
        let order = match lead {
            Lead::Craft => vec![facted, pairs, vec![key, named, short]],
            Lead::Moment => vec![vec![key, named, short], pairs, facted],
            Lead::Offer => vec![sale, vec![named, short, key], facted],
            Lead::People => vec![pairs, vec![short, key, named], facted],
            Lead::Question => vec![facted, vec![key, short, named], pairs],
        };
        distinct(order.concat())
    }

    fn closes(&self) -> Vec<String> {
        let act = capital(stop(&self.told.call_to_action));
        let mut closes = vec![
            format!("{act}."),
            format!("{act} with {}.", self.told.brand),
            format!("Ready when you are. {act}."),
        ];
        let by = self.dice.roll("close") % closes.len();
        closes.rotate_left(by);
        closes
    }
}

fn tags(told: &Told, noun: &str) -> Vec<String> {
    let joined = |text: &str| text.split(|c: char| !c.is_alphabetic()).map(capital).collect::<String>();
    let kind = match told.category.as_str() {
        "food" => "FoodAndDrink",
        "cosmetics" => "SkincareRoutine",
        "household" => "EverydayGear",
        "apparel" => "EverydayStyle",
        "electronics" => "EverydayTech",
        "toys" => "PlayTime",
        "pet" => "PetLife",
        _ => "EverydayFinds",
    };
    let things =
        told.facts.iter().filter(|f| !f.is_number).filter_map(|f| thing(&f.stated)).map(|t| joined(&t));
    distinct([joined(&told.brand), joined(noun), kind.to_owned()].into_iter().chain(things).collect())
}

/// What a buyer asks that this fact answers.
pub(super) fn question(fact: &ToldFact, noun: &str) -> String {
    let label = lower(&fact.label);
    match (is_verb(first(&fact.label)), label.split_once(' ')) {
        // `Keeps cold` → how long does it keep cold?
        (true, Some((_, rest))) if statement(fact).contains(" for ") => {
            format!("How long does {noun} {} {rest}?", first(&label).trim_end_matches('s'))
        }
        (true, _) => format!("What does {noun} offer here: {label}?"),
        (false, _) if matches!(label.as_str(), "material" | "materials" | "fabric") => {
            format!("What is {noun} made of?")
        }
        (false, _) if label.ends_with('s') => format!("What about the {label}?"),
        (false, _) => format!("What is the {label} of {noun}?"),
    }
}

/// The thing that a phrase names: `stainless steel` of `double-walled 18/8 stainless steel`.
pub(super) fn thing(phrase: &str) -> Option<String> {
    let pieces = pieces(phrase);
    let phrase = pieces.first()?;
    let cut = [" that ", " which ", " in ", " with ", " of ", " for ", " from ", ","]
        .iter()
        .filter_map(|at| phrase.find(at))
        .min();
    let words: Vec<&str> = phrase[..cut.unwrap_or(phrase.len())]
        .split_whitespace()
        .filter(|w| !w.contains(|c: char| c.is_ascii_digit()))
        .collect();
    let words = words
        .strip_prefix(&["a"])
        .or_else(|| words.strip_prefix(&["an"]))
        .or_else(|| words.strip_prefix(&["the"]))
        .unwrap_or(&words);
    let known = !["every", "each", "all", "no"].contains(words.first()?) && shape(phrase) == Shape::Noun;
    let from = words.len().saturating_sub(2);
    (known && !words.is_empty()).then(|| words[from..].join(" "))
}

/// Without its article and what is said about it after `that`: a phrase for a list of search words.
pub(super) fn terse(phrase: &str) -> String {
    let cut = [" that ", " which "].iter().filter_map(|at| phrase.find(at)).min().unwrap_or(phrase.len());
    let phrase = &phrase[..cut];
    let bare = ["A ", "An ", "The ", "a ", "an ", "the "]
        .iter()
        .find_map(|article| phrase.strip_prefix(article))
        .unwrap_or(phrase);
    capital(bare)
}

/// Is a label a noun (`Material`), not a verb (`Keeps cold`)?
pub(super) fn names_a_thing(label: &str) -> bool {
    !is_verb(first(label))
}
