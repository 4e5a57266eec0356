//! The article for the brand's own site, and the page that an official account publishes.

use handbill_domain::words::{Article, Question, Section};

use super::{
    super::inputs::{ArticleInputs, Told},
    angle::Lead,
    bank::{Bank, Said, plain},
    dice::Dice,
    en, fill::Guard,
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
    let mut sections: Vec<Section> = sections.into_iter().map(|(heading, paragraphs)| Section { heading, paragraphs }).collect();
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

fn title(told: &Told, bank: &Bank, guard: &Guard) -> String {
    let labels: Vec<String> = bank.body.iter().take(2).map(|s| s.label.clone()).collect();
    let options = if bank.chinese {
        let key = zh::stop(&told.key_message);
        vec![format!("{}怎么选？从{}看起", bank.noun, labels.join("和")), format!("{}：{key}", bank.noun), told.product.clone()]
    } else {
        let key = en::lower(en::stop(&told.key_message));
        vec![format!("{}: {key}", told.product), format!("{}: {key}", bank.noun), told.product.clone()]
    };
    let most = if bank.chinese { 30 } else { 60 };
    options.into_iter().find(|t| t.chars().count() <= most && guard.allows(t)).unwrap_or_else(|| told.product.clone())
}

/// 120 to 160 characters.
fn meta(told: &Told, bank: &Bank) -> String {
    let open = if bank.chinese { format!("{}，{}。", told.product, zh::stop(&told.key_message)) } else { format!("{}: {}.", told.product, en::lower(en::stop(&told.key_message))) };
    let mut text = open;
    let more = bank.sentences().into_iter().chain(bank.price.clone()).chain(bank.offer.clone()).chain(bank.closes.last().cloned());
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
    let want = audience.want.as_ref().map_or_else(|| format!("这篇写给{}。", audience.who), |want| format!("{want}，不妨从一款合适的{noun}开始。"));
    let labels = |said: &[Said]| said.iter().map(|s| s.label.clone()).collect::<Vec<_>>().join("、");
    let texts = |said: &[Said]| said.iter().map(|s| s.text.clone()).collect::<Vec<_>>();
    let mut sections = vec![(format!("先看{}", labels(&made[..made.len().min(2)])), {
        let mut all = vec![format!("挑{noun}，先看它是怎么来的。")];
        all.extend(texts(made));
        all
    })];
    if !used.is_empty() {
        let mut all = vec!["再看用起来怎么样。".to_owned()];
        all.extend(texts(used));
        all.extend(bank.numbers.clone());
        sections.push((format!("再看{}", labels(&used[..used.len().min(2)])), all));
    }
    let mut buy: Vec<String> = bank.price.iter().chain(&bank.offer).cloned().collect();
    if buy.is_empty() {
        buy.push(format!("{product}，{}。", zh::stop(&told.key_message)));
    }
    sections.push((format!("怎么买到{noun}"), buy));
    Page { lead: format!("{want}{product}，{}。", zh::stop(&told.key_message)), sections, close: format!("{}。", zh::stop(&told.call_to_action)) }
}

fn english(told: &Told, bank: &Bank, made: &[Said], used: &[Said]) -> Page {
    let Bank { product, noun, .. } = bank;
    let key = en::capital(en::stop(&told.key_message));
    let open = en::want(&told.audience).unwrap_or_else(|| format!("This is for {}.", en::lower(en::stop(&told.audience))));
    let labels = |said: &[Said]| said.iter().take(2).map(|s| en::lower(&s.label)).collect::<Vec<_>>().join(" and ");
    let texts = |said: &[Said]| said.iter().map(|s| s.text.clone()).collect::<Vec<_>>();
    let mut sections = vec![(format!("First, the {}", labels(made)), {
        let mut all = vec![format!("What sets the tone for {noun} is how it is put together.")];
        all.extend(texts(made));
        all
    })];
    if !used.is_empty() {
        let mut all = vec!["Then there is what you notice in use.".to_owned()];
        all.extend(texts(used));
        all.extend(bank.numbers.clone());
        sections.push((format!("Then, the {}", labels(used)), all));
    }
    let mut buy: Vec<String> = bank.price.iter().chain(&bank.offer).cloned().collect();
    if buy.is_empty() {
        buy.push(format!("{product}: {}.", en::lower(&key)));
    }
    sections.push((format!("How to get {product}"), buy));
    Page { lead: format!("{open} {product} was made with that in mind. {key}."), sections, close: format!("{}.", en::capital(en::stop(&told.call_to_action))) }
}

/// Buyers' questions that the facts answer.
fn faq(told: &Told, bank: &Bank) -> Vec<Question> {
    let mut all: Vec<Question> = Vec::new();
    for fact in told.facts.iter().take(4) {
        let Some(answer) = bank.body.iter().find(|s| s.fact == fact.id).map(|s| s.text.clone()).or_else(|| bare(told, fact)) else { continue };
        let question = if bank.chinese { format!("{}的{}是怎样的？", bank.noun, fact.label) } else { en::question(fact, &bank.noun) };
        all.push(Question { question, answer });
    }
    if let Some(price) = &told.price {
        let (question, answer) = if bank.chinese {
            (format!("{}多少钱？", bank.noun), format!("现价{price}。"))
        } else {
            (format!("How much is {}?", told.product), format!("It is {price}."))
        };
        all.push(Question { question, answer });
    }
    if let Some(offer) = &bank.offer {
        let question = if bank.chinese { "现在有优惠吗？" } else { "Is there an offer at the moment?" };
        all.push(Question { question: question.into(), answer: offer.clone() });
    }
    all
}

fn bare(told: &Told, fact: &super::super::inputs::ToldFact) -> Option<String> {
    Some(if told.locale.is_chinese() { format!("{}。", zh::statement(fact)) } else { format!("{}.", en::capital(&en::statement(fact))) })
}
