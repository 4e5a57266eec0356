//! Storyboard: what is said and seen in each section, within the time that a voice has for it.

use handbill_domain::words::{Scene, ScenePicture, Storyboard};

use super::{
    super::inputs::{StoryboardInputs, ToldSection},
    angle::Lead,
    bank::{Bank, distinct, plain},
    dice::Dice,
    en,
    fill::Guard,
    outline::size,
    zh,
};

pub(super) fn write(inputs: &StoryboardInputs, dice: &Dice) -> Storyboard {
    let told = &inputs.brief;
    let bank = Bank::of(told, Lead::Moment, 0, dice);
    let writer = Writer { inputs, guard: Guard::new(told, None), chinese: bank.chinese, bank };
    let mut said: Vec<String> = Vec::new();
    let scenes = inputs.sections.iter().map(|section| writer.scene(section, &mut said)).collect();
    Storyboard { scenes }
}

struct Writer<'a> {
    inputs: &'a StoryboardInputs,
    bank: Bank,
    guard: Guard,
    chinese: bool,
}

impl Writer<'_> {
    fn scene(&self, section: &ToldSection, said: &mut Vec<String>) -> Scene {
        let mut options = self.options(&section.section);
        // A section whose own lines are used up or too long takes another line about the product.
        options.extend(self.bank.lines.iter().map(|l| self.full(l)));
        options.extend(self.spare(&section.section));
        let fits = |o: &&String| {
            self.guard.allows(o)
                && self.seconds(o) <= f64::from(section.seconds) * 0.96
                && size(o, self.chinese) <= section.most as usize
        };
        let mut fitting: Vec<&String> = options.iter().filter(fits).collect();
        fitting.dedup();
        let unsaid =
            |o: &&&String| !said.iter().any(|s| plain(s).contains(&plain(o)) || plain(o).contains(&plain(s)));
        let narration =
            fitting.iter().find(unsaid).or(fitting.last()).map(|o| (*o).clone()).unwrap_or_default();
        said.push(narration.clone());
        let picture = self.picture(&section.section, said.len());
        Scene {
            id: section.id.clone(),
            section: section.section.clone(),
            seconds: section.seconds,
            headline: self.headline(section, &narration),
            visual: self.visual(picture),
            picture,
            narration,
        }
    }

    /// How long a calm voice takes, rather too long: digits are read out, and punctuation is a breath.
    fn seconds(&self, text: &str) -> f64 {
        let breath = |c: char| match c {
            '。' | '？' | '.' | '?' => 0.32,
            '，' | '、' | '：' | ',' | ':' => 0.16,
            _ => 0.0,
        };
        let letters = |c: char| match c {
            _ if c.is_ascii_digit() => {
                if self.chinese {
                    0.36
                } else {
                    0.5
                }
            }
            _ if c.is_alphabetic() && !c.is_ascii() => 0.22,
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'A' | 'E' | 'I' | 'O' | 'U' => 0.2,
            _ => 0.0,
        };
        let text = text.trim_end_matches(['。', '.', '？', '?']);
        text.chars().map(|c| breath(c) + letters(c)).sum()
    }

    fn full(&self, line: &str) -> String {
        if line.ends_with(['。', '.', '？', '?', '！', '!']) {
            line.to_owned()
        } else if self.chinese {
            format!("{line}。")
        } else {
            format!("{line}.")
        }
    }

    /// What can be said in a section, the best first.
    fn options(&self, section: &str) -> Vec<String> {
        let told = &self.inputs.brief;
        let bank = &self.bank;
        let outline = &self.inputs.outline;
        let full = |text: &str| self.full(text);
        let stop =
            |text: &str| if self.chinese { zh::stop(text).to_owned() } else { en::stop(text).to_owned() };
        let body: Vec<String> = bank.body.iter().map(|s| s.text.clone()).collect();
        let points: Vec<String> = outline.points.iter().map(|p| p.line.clone()).collect();
        let benefits = || {
            told.facts
                .iter()
                .filter_map(|f| f.benefit.as_deref())
                .map(|b| full(&capital(&stop(b), self.chinese)))
        };
        let all = match section {
            "hook" => {
                let key = full(&capital(&stop(&told.key_message), self.chinese));
                [vec![key], benefits().collect(), outline.hooks.clone(), bank.hooks.clone()].concat()
            }
            "pain" => self.pain(),
            "reveal" => self.reveal(),
            "price" => {
                let short_offer = told.offer.iter().map(|o| full(&capital(&stop(&o.text), self.chinese)));
                let both = bank.price.iter().flat_map(|p| {
                    told.offer.iter().map(move |o| {
                        format!("{p}{}{}", bank.gap(), full(&capital(&stop(&o.text), self.chinese)))
                    })
                });
                let both: Vec<String> = both.collect();
                both.into_iter().chain(bank.price.clone()).chain(short_offer).collect()
            }
            "call_to_action" => {
                let act = capital(&stop(&told.call_to_action), self.chinese);
                let named = if self.chinese {
                    format!("{}，{act}。", told.product)
                } else {
                    format!("{}. {act}.", told.product)
                };
                let short = if self.chinese {
                    format!("{}，{act}。", told.brand)
                } else {
                    format!("{act} with {}.", told.brand)
                };
                vec![outline.close.clone(), named, short, full(&act)]
            }
            "trust" => bank.numbers.iter().cloned().chain(bank.specs.iter().map(|s| full(&s.text))).collect(),
            "demo" => benefits().chain(body).collect(),
            // Fact by fact: in full, else shorter.
            _ => {
                let short = bank.bullets.iter().map(|b| full(&b.text));
                let line = |n: usize| {
                    [points.get(n), body.get(n)].into_iter().flatten().cloned().collect::<Vec<_>>()
                };
                short
                    .enumerate()
                    .flat_map(|(n, b)| line(n).into_iter().chain([b]))
                    .chain(bank.titles.iter().map(|t| full(t)))
                    .chain(benefits())
                    .collect()
            }
        };
        distinct(all)
    }

    fn pain(&self) -> Vec<String> {
        let told = &self.inputs.brief;
        if self.chinese {
            let audience = zh::audience(&told.audience);
            let want = audience.want.map(|w| format!("{w}。"));
            want.into_iter().chain([format!("写给{}。", audience.who)]).collect()
        } else {
            en::want(&told.audience)
                .into_iter()
                .chain([format!("For {}.", en::lower(en::stop(&told.audience)))])
                .collect()
        }
    }

    fn reveal(&self) -> Vec<String> {
        let Bank { product, noun, .. } = &self.bank;
        if self.chinese {
            vec![format!("来认识一下，{product}。"), format!("这就是{product}。"), format!("这款{noun}。")]
        } else {
            vec![format!("Meet {product}."), format!("This is {product}."), format!("{noun}.")]
        }
    }

    /// Said when nothing of the brief is short enough.
    fn spare(&self, section: &str) -> Vec<String> {
        let lines: &[&str] = match (section, self.chinese) {
            ("pain", true) => &["挑来挑去，就想要一个放心的。", "好东西，值得慢慢挑。"],
            ("pain", false) => &["Some things are worth choosing well.", "Choose it well."],
            (_, true) => &["细节，看得见。", "日子，就在这些小事里。"],
            (_, false) => &["The details are there to see.", "Look closer."],
        };
        lines.iter().map(|l| (*l).to_owned()).collect()
    }

    fn picture(&self, section: &str, nth: usize) -> ScenePicture {
        match section {
            "call_to_action" => ScenePicture::EndCard,
            "pain" => ScenePicture::Background,
            "hook" | "demo" if self.inputs.has_lifestyle => ScenePicture::Lifestyle,
            "trust" => ScenePicture::Detail,
            "selling_point" if nth.is_multiple_of(2) => ScenePicture::Detail,
            _ => ScenePicture::Product,
        }
    }

    /// What stands large: the narration where it is short, else a line of it or of the product.
    fn headline(&self, section: &ToldSection, narration: &str) -> String {
        let most = if self.chinese { 10 } else { 6 };
        let letters = self.inputs.headline_most as usize;
        let fits = |text: &str| size(text, self.chinese) <= most && text.chars().count() <= letters;
        let stopped = narration.trim_end_matches(['。', '.']);
        if fits(stopped) && !stopped.contains(". ") {
            return stopped.to_owned();
        }
        let own: Vec<String> = match section.section.as_str() {
            "price" => self.inputs.brief.price.iter().cloned().collect(),
            "call_to_action" => vec![self.inputs.brief.call_to_action.clone()],
            "reveal" => vec![self.bank.product.clone(), self.bank.noun.clone()],
            _ => Vec::new(),
        };
        let parts = if self.chinese { zh::pieces(stopped) } else { en::pieces(stopped) };
        let inside = |l: &&String| plain(narration).contains(&plain(l));
        let lines = self.bank.lines.iter().filter(inside).cloned();
        let options = own.into_iter().chain(lines).chain(parts.into_iter().filter(|_| self.chinese));
        options.filter(|o| self.guard.allows(o)).find(|o| fits(o)).unwrap_or_default()
    }

    fn visual(&self, picture: ScenePicture) -> String {
        let product = &self.bank.product;
        match (picture, self.chinese) {
            (ScenePicture::Product, true) => format!("{product}置于画面中央，镜头缓缓推近"),
            (ScenePicture::Lifestyle, true) => format!("{product}的使用场景，自然光，镜头平移"),
            (ScenePicture::Detail, true) => format!("{product}的细节特写，浅景深"),
            (ScenePicture::Background, true) => "品牌色背景，光影缓慢移动，留白给文字".into(),
            (ScenePicture::EndCard, true) => "品牌标识、优惠信息与行动号召".into(),
            (ScenePicture::Product, false) => {
                format!("{product} in the middle of the frame, the camera moving slowly closer")
            }
            (ScenePicture::Lifestyle, false) => format!("{product} in use, natural light, a slow pan"),
            (ScenePicture::Detail, false) => format!("A close detail of {product}, shallow depth of field"),
            (ScenePicture::Background, false) => {
                "A background in the brand's colours, light moving slowly, room for words".into()
            }
            (ScenePicture::EndCard, false) => "Logo, offer and call to action".into(),
        }
    }
}

fn capital(text: &str, chinese: bool) -> String {
    if chinese { text.to_owned() } else { en::capital(text) }
}
