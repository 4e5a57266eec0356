//! `index.html`: one page, no network. Every text from a brief or a model is escaped.

use minijinja::{
    AutoEscape, Environment, UndefinedBehavior,
    syntax::SyntaxConfig,
    value::{Serde, Value},
};

use super::view::View;
use crate::Error;

macro_rules! frames {
    ($($name:literal),* $(,)?) => {
        &[$((concat!("frames/", $name, ".html"), include_str!(concat!("../../pack/frames/", $name, ".html")))),*]
    };
}

/// The drawings around placements, one file each: our own, after the way in which a kind of place shows things.
const FRAMES: &[(&str, &str)] = frames![
    "app", "card", "feed", "letter", "listing", "mail", "moments", "note", "page", "photo", "pin", "player",
    "post", "search", "short", "story", "wall",
];

const PARTS: &[(&str, &str)] = &[
    ("index.html", include_str!("../../pack/index.html")),
    ("parts.html", include_str!("../../pack/parts.html")),
    ("page.css", include_str!("../../pack/page.css")),
    ("page.js", include_str!("../../pack/page.js")),
];

/// The page.
pub(super) fn render(view: &View) -> Result<String, Error> {
    let broken = |e: minijinja::Error| Error::Broken(format!("index.html: {e:#}"));
    let page = environment().map_err(broken)?;
    let page = page.get_template("index.html").map_err(broken)?;
    page.render(Value::from(Serde(view))).map_err(broken)
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut page = Environment::new();
    page.set_undefined_behavior(UndefinedBehavior::Strict);
    page.set_auto_escape_callback(|_| AutoEscape::Html);
    page.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, text) in PARTS.iter().chain(FRAMES) {
        page.add_template(name, text)?;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use handbill_domain::{
        asset::{Cost, FailedStep, Manifest},
        channel::{self, Placement},
        fault::{Billed, Failure, NextAction},
        money::{Currency, Money},
        step::RunState,
        words::PlacementCopy,
    };

    use super::*;
    use crate::{
        pack::{Lead, Pack, names::Words},
        samples::spring_tea,
    };

    /// Words in every field of these placements, and nothing else.
    fn a_pack(places: &[&Placement]) -> Pack {
        let mut brief = spring_tea();
        brief.placements = places.iter().map(|p| p.id.clone()).collect();
        let locale = brief.locales[0].clone();
        let copy = |place: &&Placement| PlacementCopy {
            placement: place.id.clone(),
            locale: locale.clone(),
            variant: 1,
            angle: "craft".into(),
            fields: place
                .fields
                .iter()
                .map(|f| (f.key.clone(), vec![format!("<{}> #春茶", f.key)]))
                .collect(),
        };
        let copies = places.iter().map(copy).collect();
        let free = || Money::zero(Currency::Usd);
        let lead = Lead { angle: "看得见的用心".into(), headline: "明前龙井".into() };
        let manifest = Manifest {
            handbill: 1,
            run: "run".into(),
            state: RunState::Succeeded,
            brief,
            seed: 7,
            models: Default::default(),
            assets: vec![],
            failures: vec![],
            cost: Cost { planned: free(), list: free(), spent: free(), ambiguous_calls: 0 },
        };
        let leads = [((locale, 1), lead)].into();
        Pack { manifest, copies, articles: Default::default(), storyboards: vec![], leads }
    }

    fn page(places: &[&Placement]) -> String {
        let words = Words::read().unwrap();
        render(&View::of(&a_pack(places), &words)).unwrap()
    }

    #[test]
    fn every_placement_is_drawn_in_a_frame_with_all_of_its_words() {
        let words = Words::read().unwrap();
        for place in channel::channels().iter().flat_map(|c| &c.placements) {
            let drawn = format!("frames/{}.html", words.frame(place));
            assert!(FRAMES.iter().any(|(name, _)| *name == drawn), "{}: {drawn} is missing", place.id);
            let page = page(&[place]);
            for field in &place.fields {
                let text = format!("&lt;{}&gt; #春茶</dd>", field.key);
                assert!(page.contains(&text), "{}: {} is not shown", place.id, field.key);
            }
        }
    }

    #[test]
    fn a_frame_shows_a_placement_as_its_readers_see_it() {
        let of = |id: &str| page(&[channel::placement(id).unwrap()]);
        let note = of("xiaohongshu.note_image");
        assert!(
            note.contains("<div class=\"f f-note\"") && note.contains("<span class=\"topic\">#春茶</span>"),
            "{note}"
        );
        assert!(of("taobao.item").contains("<b>¥268</b> <s>¥328</s>"));
        assert!(of("google_ads.rsa").contains("tea.example.com&#x2f;&lt;path1&gt; #春茶"));
        assert!(note.contains("看得见的用心") && !note.contains(">craft<"));
    }

    #[test]
    fn a_failure_says_its_code_whether_it_was_billed_and_what_to_do_in_both_languages() {
        let mut pack = a_pack(&[channel::placement("weibo.post").unwrap()]);
        let failure = Failure {
            code: "model_declined".into(),
            message: "ours/model declined: <b>no</b>".into(),
            billed: Billed::Maybe,
            next_action: NextAction::EditBrief,
        };
        for step in ["background.v1.square", "background.v2.square"] {
            let missing = vec!["image.weibo.post.photo".into()];
            pack.manifest.failures.push(FailedStep { step: step.into(), missing, failure: failure.clone() });
        }
        let page = render(&View::of(&pack, &Words::read().unwrap())).unwrap();
        for words in [
            "模型拒绝生成这项内容",
            "The model declined this content",
            "model_declined",
            "可能已计费",
            "perhaps billed",
            "修改简报",
            "Change the brief",
            "2 项内容",
            "2 assets",
            "background.v1.square, background.v2.square",
            "&lt;b&gt;no",
        ] {
            assert!(page.contains(words), "{words} is not on the page");
        }
    }
}
