//! Chinese: what can be said about a product, in sentences that a Chinese copywriter would sign.

use super::{
    super::inputs::{Told, ToldFact, ToldOffer},
    angle::Lead,
    bank::{Bank, Said, distinct, turned},
    dice::Dice,
    name,
};

pub(super) fn bank(told: &Told, lead: Lead, turn: usize, dice: &Dice) -> Bank {
    let noun = noun(&told.product, &told.brand);
    let worded = told.facts.iter().filter(|f| !f.is_number || f.benefit.is_some()).cloned().collect();
    let facts: Vec<ToldFact> = turned(worded, lead, turn, |_| false);
    let bare: Vec<&ToldFact> = told.facts.iter().filter(|f| f.is_number && f.benefit.is_none()).collect();
    let bare_text: Vec<String> = bare.iter().map(|f| statement(f)).collect();
    let mut specs: Vec<Said> =
        told.facts.iter().filter(|f| f.is_number).map(|f| Said::about(f, statement(f))).collect();
    specs.extend(
        facts
            .iter()
            .filter(|f| !f.is_number)
            .flat_map(|f| pieces(&f.stated).into_iter().map(move |p| Said::about(f, p))),
    );
    let writer = Writer { told, noun: &noun, facts: &facts, dice };
    Bank {
        chinese: true,
        product: told.product.clone(),
        message: Some(stop(&told.key_message).to_owned()).filter(|m| !m.is_empty()),
        hooks: writer.hooks(lead),
        body: writer.body(),
        numbers: (!bare_text.is_empty()).then(|| format!("{}。", bare_text.join("，"))),
        lines: writer.lines(lead),
        titles: writer.titles(lead),
        specs,
        bullets: facts.iter().map(|f| Said::about(f, bullet(f))).collect(),
        heads: writer.heads(lead),
        offer: told.offer.as_ref().map(offer),
        price: told.price.as_ref().map(|p| format!("{noun}，现价{p}。")),
        closes: writer.closes(),
        tags: tags(told, &noun),
        noun,
    }
}

/// `净含量100克`; words stand for themselves.
pub(super) fn statement(fact: &ToldFact) -> String {
    let stated = stop(&fact.stated);
    if fact.is_number { format!("{}{stated}", fact.label) } else { stated.to_owned() }
}

/// Without the full stop.
pub(super) fn stop(text: &str) -> &str {
    text.trim().trim_end_matches(['。', '！', '；', '，', '.', '!', ';', ','])
}

/// The parts of a phrase that stand for themselves.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let parts: Vec<&str> =
        stop(text).split(['，', '；', '。', '！', '？']).map(str::trim).filter(|p| !p.is_empty()).collect();
    // A part of one or two characters belongs to its neighbour.
    if parts.iter().any(|p| p.chars().count() < 3) {
        vec![stop(text).to_owned()]
    } else {
        parts.into_iter().map(String::from).collect()
    }
}

/// `明前龙井` of `山前雾 明前龙井`, `保温瓶` of `蕨径 750 毫升保温瓶`.
fn noun(product: &str, brand: &str) -> String {
    let bare = name::bare(product, brand);
    let rest = bare.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' '));
    let measured = rest.len() < bare.len();
    let units = [
        "毫升", "千克", "公斤", "厘米", "毫米", "英寸", "升", "克", "寸", "米", "瓦", "片", "支", "ml", "ML",
        "L", "g", "kg",
    ];
    let noun = if measured { units.iter().find_map(|u| rest.strip_prefix(u)).unwrap_or(rest) } else { rest };
    let noun = noun.trim();
    if noun.chars().count() >= 2 { noun.to_owned() } else { product.to_owned() }
}

pub(super) fn bullet(fact: &ToldFact) -> String {
    match &fact.benefit {
        Some(benefit) => format!("{}，{}", statement(fact), stop(benefit)),
        None => statement(fact),
    }
}

fn offer(offer: &ToldOffer) -> String {
    let mut text = stop(&offer.text).to_owned();
    if let Some(code) = &offer.code {
        text.push_str(&format!("，下单填写优惠码{code}"));
    }
    if let Some(day) = offer.until.as_deref().and_then(day) {
        text.push_str(&format!("，活动截至{day}"));
    }
    format!("{text}。")
}

/// `2026年4月30日` of `2026-04-30`.
pub(super) fn day(iso: &str) -> Option<String> {
    let mut parts = iso.splitn(3, '-').map(|p| p.parse::<u32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    Some(format!("{year}年{month}月{day}日"))
}

/// Who is spoken to, and what they want, where the brief tells them apart.
pub(super) struct Audience {
    pub who: String,
    pub want: Option<String>,
}

pub(super) fn audience(text: &str) -> Audience {
    let text = stop(text);
    let (who, rest) = text.split_once('，').unwrap_or((text, ""));
    let wants = ["想", "要", "希望", "需要", "追求", "渴望", "爱", "喜欢", "讲究"];
    let want = wants.iter().any(|w| rest.starts_with(w)).then(|| rest.to_owned());
    Audience { who: if want.is_some() || rest.is_empty() { who.to_owned() } else { text.to_owned() }, want }
}

struct Writer<'a> {
    told: &'a Told,
    noun: &'a str,
    facts: &'a [ToldFact],
    dice: &'a Dice,
}

impl Writer<'_> {
    fn hooks(&self, lead: Lead) -> Vec<String> {
        let Self { told, noun, facts, .. } = self;
        let key = format!("{}。", stop(&told.key_message));
        let audience = audience(&told.audience);
        let first = facts.first();
        let craft = first.map(|f| {
            let plain = format!("好不好，先看{}：{}。", f.label, stop(&f.stated));
            let begins = format!("一款{noun}好不好，从{}就看得出来。", f.label);
            self.either("hook.craft", [plain, begins])
        });
        let moment = first.and_then(|f| f.benefit.as_deref()).map(|b| format!("{}。", stop(b)));
        let wanted = audience.want.as_ref().map(|want| format!("{want}？这款{noun}可以看看。"));
        let people = format!("写给{}。", audience.who);
        let offered = told.offer.as_ref().map(|o| format!("{}。", stop(&o.text)));
        let priced = told.price.as_ref().map(|p| format!("这款{noun}，现价{p}。"));
        let labels: Vec<&str> = facts.iter().map(|f| f.label.as_str()).take(2).collect();
        let question = (!labels.is_empty()).then(|| format!("{noun}怎么选？先看{}。", labels.join("，再看")));
        let order = match lead {
            Lead::Craft => vec![craft, moment, Some(key)],
            Lead::Moment => vec![Some(key), moment, wanted],
            Lead::Offer => vec![offered, priced, Some(key)],
            Lead::People => vec![wanted, Some(people), Some(key)],
            Lead::Question => vec![question, craft, Some(key)],
        };
        distinct(order.into_iter().flatten().collect())
    }

    fn either<const N: usize>(&self, question: &str, options: [String; N]) -> String {
        self.dice.one(question, &options).cloned().unwrap_or_default()
    }

    /// A sentence for each fact; neighbours have different shapes.
    fn body(&self) -> Vec<Said> {
        // The first is told straight; the hook may have named what it is about.
        let start = self.dice.roll("body");
        let mut shape = 0;
        let sentence = |fact: &ToldFact| {
            let text = match fact.benefit.as_deref().map(stop) {
                None => format!("{}。", statement(fact)),
                Some(benefit) if fact.is_number => format!("{}，{benefit}。", statement(fact)),
                Some(benefit) => {
                    shape += 1;
                    if shape == 1 {
                        shaped(start % 2 * 2, fact, benefit)
                    } else {
                        shaped(start + shape, fact, benefit)
                    }
                }
            };
            Said::about(fact, text)
        };
        self.facts.iter().map(sentence).collect()
    }

    fn lines(&self, lead: Lead) -> Vec<String> {
        let Self { told, noun, facts, .. } = self;
        let key = stop(&told.key_message).to_owned();
        let stated: Vec<String> =
            facts.iter().filter(|f| !f.is_number).flat_map(|f| pieces(&f.stated)).collect();
        let benefits: Vec<String> =
            facts.iter().filter_map(|f| f.benefit.as_deref()).flat_map(pieces).collect();
        let whole: Vec<String> =
            facts.iter().filter_map(|f| f.benefit.as_deref()).map(|b| stop(b).to_owned()).collect();
        let numbers: Vec<String> =
            facts.iter().chain(&told.facts).filter(|f| f.is_number).map(statement).collect();
        let offers =
            told.offer.iter().flat_map(|o| std::iter::once(stop(&o.text).to_owned()).chain(pieces(&o.text)));
        let mut sale: Vec<String> = offers.collect();
        sale.extend(told.price.iter().map(|p| format!("{noun}现价{p}")));
        let named: Vec<String> = stated.iter().map(|s| format!("{noun}，{s}")).collect();
        let asks = facts.first().map(|f| format!("{noun}怎么选，先看{}", f.label));
        let order: Vec<Vec<String>> = match lead {
            Lead::Craft => vec![stated, benefits, vec![key], numbers, whole, named, sale],
            Lead::Moment => vec![vec![key], benefits, stated, whole, numbers, named, sale],
            Lead::Offer => vec![sale, vec![key], benefits, stated, numbers, whole, named],
            Lead::People => vec![benefits, vec![key], stated, whole, named, numbers, sale],
            Lead::Question => {
                vec![asks.into_iter().collect(), stated, benefits, vec![key], numbers, whole, named, sale]
            }
        };
        let mut lines = interleaved(order);
        lines.push(told.product.clone());
        lines.push(format!("{}，{}", told.brand, stop(&told.call_to_action)));
        lines.push(format!("{noun}，{}", stop(&told.call_to_action)));
        distinct(lines)
    }

    /// Lines for a picture: the message, what the buyer has, what is true, in the order of the lead.
    fn heads(&self, lead: Lead) -> Vec<String> {
        let Self { told, facts, .. } = self;
        let key = vec![stop(&told.key_message).to_owned()];
        let stated: Vec<String> =
            facts.iter().filter(|f| !f.is_number).map(|f| stop(&f.stated).to_owned()).collect();
        let stated = stated.iter().cloned().chain(stated.iter().flat_map(|s| pieces(s))).collect::<Vec<_>>();
        let benefits: Vec<String> =
            facts.iter().filter_map(|f| f.benefit.as_deref()).map(|b| stop(b).to_owned()).collect();
        let mut sale: Vec<String> = told.offer.iter().map(|o| stop(&o.text).to_owned()).collect();
        sale.extend(told.price.iter().map(|p| format!("现价{p}")));
        distinct(
            match lead {
                Lead::Craft | Lead::Question => [stated, benefits, key],
                Lead::Moment => [key, benefits, stated],
                Lead::Offer => [sale, key, benefits],
                Lead::People => [benefits, key, stated],
            }
            .concat(),
        )
    }

    fn titles(&self, lead: Lead) -> Vec<String> {
        let Self { told, noun, facts, .. } = self;
        let key = stop(&told.key_message).to_owned();
        let pairs = |f: &ToldFact| {
            let benefit = stop(f.benefit.as_deref()?).to_owned();
            let stated = if f.is_number { statement(f) } else { pieces(&f.stated).first()?.clone() };
            Some(vec![format!("{stated}，{benefit}"), format!("{stated}，{}", pieces(&benefit).first()?)])
        };
        let pairs: Vec<String> = facts.iter().filter_map(pairs).flatten().collect();
        let tail = |b: &str| pieces(b).last().map(|p| format!("{p}的{noun}"));
        let of = facts
            .iter()
            .filter_map(|f| f.benefit.as_deref())
            .find_map(tail)
            .filter(|t| !t.contains("也") && !t.contains("还"));
        let ask = facts.first().map(|f| format!("{noun}怎么选？看{}就清楚", f.label));
        let sale = told.offer.as_ref().map(|o| format!("{noun}｜{}", stop(&o.text)));
        let named = format!("{noun}｜{key}");
        let order = match lead {
            Lead::Craft => vec![pairs, vec![key, named], of.into_iter().collect()],
            Lead::Moment => vec![vec![key], of.into_iter().collect(), pairs, vec![named]],
            Lead::Offer => vec![sale.into_iter().collect(), vec![named, key], pairs],
            Lead::People => vec![of.into_iter().collect(), pairs, vec![key, named]],
            Lead::Question => vec![ask.into_iter().collect(), pairs, vec![key]],
        };
        distinct(order.concat())
    }

    fn closes(&self) -> Vec<String> {
        let act = stop(&self.told.call_to_action);
        let key = stop(&self.told.key_message);
        let noun = self.noun;
        let mut closes =
            vec![format!("喜欢的话，{act}。"), format!("{act}，{key}。"), format!("{noun}，{act}。")];
        let by = self.dice.roll("close") % closes.len();
        closes.rotate_left(by);
        closes.push(format!("{act}。"));
        closes
    }
}

fn shaped(shape: usize, fact: &ToldFact, benefit: &str) -> String {
    let stated = stop(&fact.stated);
    match shape % 4 {
        0 => format!("{stated}，{benefit}。"),
        1 => format!("说到{}，{stated}，{benefit}。", fact.label),
        2 => format!("{benefit}，靠的是{stated}。"),
        _ => format!("{}不含糊：{stated}，{benefit}。", fact.label),
    }
}

/// One of each list in turn, so that neighbours differ in kind.
pub(super) fn interleaved(lists: Vec<Vec<String>>) -> Vec<String> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|n| lists.iter().filter_map(move |list| list.get(n).cloned())).collect()
}

fn tags(told: &Told, noun: &str) -> Vec<String> {
    let kind = match told.category.as_str() {
        "food" if told.product.contains('茶') || told.audience.contains('茶') => "喝茶日常",
        "food" => "好好吃饭",
        "cosmetics" => "护肤日常",
        "household" => "居家好物",
        "apparel" => "日常穿搭",
        "electronics" => "数码日常",
        "toys" => "亲子时光",
        "pet" => "养宠日常",
        _ => "好物分享",
    };
    let short = |p: &String| p.chars().count() <= 8 && p.chars().all(char::is_alphanumeric);
    let facts = told.facts.iter().filter(|f| !f.is_number).flat_map(|f| pieces(&f.stated)).filter(short);
    let mut tags = vec![noun.replace(' ', ""), told.brand.replace(' ', ""), kind.to_owned()];
    tags.extend(facts);
    distinct(tags)
}

/// What a buyer asks that this fact answers.
pub(super) fn question(fact: &ToldFact, noun: &str) -> String {
    let label = &fact.label;
    match label.as_str() {
        _ if fact.is_number => format!("{noun}的{label}是多少？"),
        "产地" => format!("{noun}产自哪里？"),
        "材质" | "面料" | "材料" => format!("{noun}用的是什么{label}？"),
        "包装" => format!("{noun}是什么包装？"),
        _ => format!("{noun}在{label}上有什么讲究？"),
    }
}
