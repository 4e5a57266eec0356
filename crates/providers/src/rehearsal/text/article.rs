//! The article for the brand's own site, and the page that an official account publishes.

use handbill_domain::words::{Article, Question, Section};

use super::{
    super::inputs::{ArticleInputs, Told, ToldFact},
    angle::Lead,
    bank::{Bank, Said, plain},
    dice::Dice,
    en,
    fill::Guard,
    zh,
};

/// A page before it is set.
pub(super) struct Page {
    pub lead: String,
    /// Heading and paragraphs.
    pub sections: Vec<(String, Vec<String>)>,
    pub close: String,
}

pub(super) fn write(inputs: &ArticleInputs, dice: &Dice) -> Article {
    let told = &inputs.brief;
    let bank = Bank::of(told, Lead::Question, 0, dice);
    let guard = Guard::new(told, None);
    let Page { lead, sections, close } = page(told, &bank);
    let mut sections: Vec<Section> =
        sections.into_iter().map(|(heading, paragraphs)| Section { heading, paragraphs }).collect();
    if let Some(last) = sections.last_mut() {
        last.paragraphs.push(close);
    }
    Article {
        title: title(told, &bank, &guard),
        meta_description: meta(told, &bank),
        slug: told.campaign.clone(),
        lead,
        sections,
        faq: faq(told, &bank),
    }
}

pub(super) fn title(told: &Told, bank: &Bank, guard: &Guard) -> String {
    let labels: Vec<String> = bank.body.iter().take(2).map(|s| s.label.clone()).collect();
    let options = if bank.chinese {
        let key = zh::stop(&told.key_message);
        vec![
            format!("{}怎么选？从{}看起", bank.noun, labels.join("和")),
            format!("{}：{key}", bank.noun),
            told.product.clone(),
        ]
    } else {
        let key = en::lower(en::stop(&told.key_message));
        vec![format!("{}: {key}", told.product), format!("{}: {key}", bank.noun), told.product.clone()]
    };
    let most = if bank.chinese { 30 } else { 60 };
    options
        .into_iter()
        .find(|t| t.chars().count() <= most && guard.allows(t))
        .unwrap_or_else(|| told.product.clone())
}

/// 120 to 160 characters.
pub(super) fn meta(told: &Told, bank: &Bank) -> String {
    let open = if bank.chinese {
        format!("{}，{}。", told.product, zh::stop(&told.key_message))
    } else {
        format!("{}: {}.", told.product, en::lower(en::stop(&told.key_message)))
    };
    let mut text = open;
    let more = bank
        .sentences()
        .into_iter()
        .chain(bank.price.clone())
        .chain(bank.offer.clone())
        .chain(bank.closes.last().cloned());
    for sentence in more {
        let next = format!("{text}{}{sentence}", bank.gap());
        if next.chars().count() <= 160 && !plain(&text).contains(&plain(&sentence)) {
            text = next;
        }
    }
    text
}

pub(super) fn page(told: &Told, bank: &Bank) -> Page {
    let half = bank.body.len().div_ceil(2);
    let (made, used) = bank.body.split_at(half);
    if bank.chinese { chinese(told, bank, made, used) } else { english(told, bank, made, used) }
}

fn chinese(told: &Told, bank: &Bank, made: &[Said], used: &[Said]) -> Page {
    let Bank { noun, product, .. } = bank;
    let audience = zh::audience(&told.audience);
    let key = zh::stop(&told.key_message);
    let want = audience.want.as_ref().map_or_else(
        || format!("这篇写给{}。", audience.who),
        |want| format!("{want}，不妨从一款合适的{noun}开始。"),
    );
    let labels = |said: &[Said]| said.iter().take(2).map(|s| s.label.clone()).collect::<Vec<_>>().join("和");
    let mut sections = vec![(
        format!("先看{}", labels(made)),
        paragraphs(&format!("挑{noun}，先看它是怎么来的。"), made, None, ""),
    )];
    if !used.is_empty() {
        sections.push((
            format!("再看{}", labels(used)),
            paragraphs("用起来怎么样，要看这些细节。", used, bank.numbers.as_ref(), ""),
        ));
    }
    let mut buy: Vec<String> = bank.price.iter().chain(&bank.offer).cloned().collect();
    if buy.is_empty() {
        buy.push(format!("{product}，{key}。"));
    }
    sections.push((format!("怎么买到{noun}"), vec![buy.concat()]));
    Page {
        lead: format!("{want}{product}，{key}。"),
        sections,
        close: format!("{}。", zh::stop(&told.call_to_action)),
    }
}

/// An opening with the first sentence, then two sentences a paragraph.
fn paragraphs(open: &str, said: &[Said], last: Option<&String>, gap: &str) -> Vec<String> {
    let mut texts: Vec<String> = said.iter().map(|s| s.text.clone()).chain(last.cloned()).collect();
    if let Some(first) = texts.first_mut() {
        *first = format!("{open}{gap}{first}");
    }
    let (head, rest) = texts.split_at(texts.len().min(1));
    head.iter().cloned().chain(rest.chunks(2).map(|pair| pair.join(gap))).collect()
}

fn english(told: &Told, bank: &Bank, made: &[Said], used: &[Said]) -> Page {
    let Bank { product, noun, .. } = bank;
    let key = en::capital(en::stop(&told.key_message));
    let open = en::want(&told.audience)
        .unwrap_or_else(|| format!("This is for {}.", en::lower(en::stop(&told.audience))));
    let heading = |said: &[Said], first: &str, other: &str| {
        let labels: Vec<String> = said
            .iter()
            .map(|s| s.label.as_str())
            .filter(|l| en::names_a_thing(l))
            .take(2)
            .map(en::lower)
            .collect();
        if labels.is_empty() {
            other.to_owned()
        } else {
            format!("{first}, the {}", labels.join(" and the "))
        }
    };
    let start = format!("What you get from {noun} starts with how it is made.");
    let mut sections = vec![(heading(made, "First", "How it is made"), paragraphs(&start, made, None, " "))];
    if !used.is_empty() {
        let open = "Then there are the things you notice once you use it.";
        sections.push((heading(used, "Then", "In use"), paragraphs(open, used, bank.numbers.as_ref(), " ")));
    }
    let mut buy: Vec<String> = bank.price.iter().chain(&bank.offer).cloned().collect();
    if buy.is_empty() {
        buy.push(format!("{product}: {}.", en::lower(&key)));
    }
    sections.push((format!("How to get {product}"), vec![buy.join(" ")]));
    Page {
        lead: format!("{open} {product} was made with that in mind. {key}."),
        sections,
        close: format!("{}.", en::capital(en::stop(&told.call_to_action))),
    }
}

/// Buyers' questions that the facts answer.
fn faq(told: &Told, bank: &Bank) -> Vec<Question> {
    let mut all: Vec<Question> = told.facts.iter().take(5).map(|fact| asked(fact, bank)).collect();
    if let Some(price) = &told.price {
        let (question, answer) = if bank.chinese {
            (format!("{}多少钱？", bank.noun), format!("现价{price}。"))
        } else {
            (format!("How much is {}?", told.product), format!("It is {price}."))
        };
        all.push(Question { question, answer });
    }
    if let Some(offer) = &bank.offer {
        let question =
            if bank.chinese { "现在有优惠吗？" } else { "Is there an offer at the moment?" };
        all.push(Question { question: question.into(), answer: offer.clone() });
    }
    all
}

fn asked(fact: &ToldFact, bank: &Bank) -> Question {
    if bank.chinese {
        Question { question: zh::question(fact, &bank.noun), answer: format!("{}。", zh::bullet(fact)) }
    } else {
        Question {
            question: en::question(fact, &bank.noun),
            answer: format!("{}.", en::stop(&en::sentence(fact, 0))),
        }
    }
}
