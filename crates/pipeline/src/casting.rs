//! Casting: which voice speaks which language, and whether a model writes it, told before anything is spent.

use std::collections::BTreeSet;

use handbill_domain::{
    locale::Locale,
    model::{Modality, Role},
    problem::{Problem, Problems},
};
use handbill_providers::Models;
use serde_json::{Value, json};

use crate::graph::{Graph, StepSpec};

/// Who tells voices: the models in force.
pub trait Voices {
    /// The voice in which the model of this role speaks a locale. A language that it has no voice for is a problem.
    fn voice(&self, role: Role, locale: &Locale) -> Result<String, Problems>;
    /// A locale that the model of this role does not write is a problem.
    fn writes(&self, role: Role, locale: &Locale) -> Result<(), Problems>;
}

impl Voices for Models {
    /// The first that the catalogue names for the locale, else for its language.
    fn voice(&self, role: Role, locale: &Locale) -> Result<String, Problems> {
        let entry = self.entry(role);
        let voices = &entry.abilities.voices;
        let named = voices.get(locale.as_str()).or_else(|| voices.get(locale.language()));
        named.and_then(|voices| voices.first()).cloned().ok_or_else(|| {
            let (id, language) = (&entry.id, locale.language());
            let pointer = format!("/roles/{}", role.as_str());
            Problem::at(pointer, format!("`{id}` has no voice for {locale}"))
                .hint(format!(
                    "choose another {}, name its voices in the entry (abilities = {{ voices = {{ {language} = [\"…\"] }} }}), \
                     or ask for no videos in {locale}",
                    role.as_str()
                ))
                .in_chinese(
                    format!("`{id}` 没有可用于 {locale} 的音色"),
                    format!(
                        "请换一个 {}，或在条目中写明音色（abilities = {{ voices = {{ {language} = [\"…\"] }} }}），或不做 {locale} 的视频",
                        role.as_str()
                    ),
                )
                .into()
        })
    }

    fn writes(&self, role: Role, locale: &Locale) -> Result<(), Problems> {
        let entry = self.entry(role);
        if entry.abilities.writes(locale) {
            return Ok(());
        }
        let (id, role, written) = (&entry.id, role.as_str(), entry.abilities.languages.join(", "));
        Err(Problem::at(format!("/roles/{role}"), format!("`{id}` writes {written}, and not {locale}"))
            .hint(format!("choose another {role}, or take {locale} out of the locales"))
            .in_chinese(
                format!("`{id}` 只能撰写 {written}，不支持 {locale}"),
                format!("请换一个 {role}，或从 locales 中去掉 {locale}"),
            )
            .into())
    }
}

/// Gives every step that speaks its voice: as its parameter `voice`, and in what its calls use, because a voice may
/// have a price of its own. Each problem is told once.
pub fn cast(mut graph: Graph, voices: &(impl Voices + ?Sized)) -> Result<Graph, Problems> {
    let mut problems = Problems::default();
    for step in &mut graph.steps {
        let Some(locale) = step.params["locale"].as_str().and_then(|tag| tag.parse::<Locale>().ok()) else {
            continue;
        };
        let roles: BTreeSet<Role> = step.calls.iter().map(|call| call.role).collect();
        for role in roles {
            match role.modality() {
                Modality::Text => voices.writes(role, &locale).unwrap_or_else(|more| problems.push_new(more)),
                Modality::Speech => match voices.voice(role, &locale) {
                    Ok(voice) => give(step, &voice),
                    Err(more) => problems.push_new(more),
                },
                Modality::Image | Modality::Video => {}
            }
        }
    }
    problems.or(graph)
}

/// The voice that a step was given.
pub fn voice_of(step: &StepSpec) -> Option<&str> {
    step.params["voice"].as_str()
}

fn give(step: &mut StepSpec, voice: &str) {
    if let Value::Object(params) = &mut step.params {
        params.insert("voice".to_owned(), json!(voice));
    }
    for call in step.calls.iter_mut().filter(|call| call.role == Role::Speaker) {
        call.usage.variant = Some(voice.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use handbill_providers::Catalog;

    use super::*;
    use crate::{graph::graph, recipe::Recipe, samples::spring_tea};

    fn models(file: &str) -> Models {
        Models::new(Catalog::with_file(file).unwrap(), |_| None)
    }

    #[test]
    fn each_language_is_spoken_in_the_first_voice_that_the_catalogue_names_for_it() {
        let graph = graph(&Recipe::campaign().unwrap(), &spring_tea()).unwrap();
        let graph = cast(graph, &models("[roles]\nspeaker = 'openai/gpt-4o-mini-tts'")).unwrap();
        let speaking = graph.steps.iter().filter(|step| step.kind == "speech").collect::<Vec<_>>();
        assert!(speaking.len() >= 2);
        for step in speaking {
            assert_eq!(voice_of(step), Some("coral"), "{}", step.key);
            assert_eq!(step.calls[0].usage.variant.as_deref(), Some("coral"), "{}", step.key);
        }
        assert!(graph.steps.iter().filter(|step| step.kind != "speech").all(|step| voice_of(step).is_none()));
    }

    #[test]
    fn a_locale_of_its_own_wins_over_its_language() {
        let entry = "[provider.x]\nprotocol = 'openai'\nbase_url = 'https://x.example'\n[[entry]]\nid = 'x/v'\nmodality = 'speech'\n\
                     provider = 'x'\nmodel = 'v'\nabilities = { voices = { zh = ['lin'], zh-HK = ['yuet'] } }\n[roles]\nspeaker = 'x/v'";
        let models = models(entry);
        let voice = |tag: &str| models.voice(Role::Speaker, &tag.parse().unwrap()).unwrap();
        assert_eq!((voice("zh-HK"), voice("zh-CN")), ("yuet".to_owned(), "lin".to_owned()));
    }

    #[test]
    fn a_language_without_a_voice_is_told_once_and_before_anything_is_spent() {
        let mut brief = spring_tea();
        brief.locales = vec!["zh-CN".parse().unwrap(), "de-DE".parse().unwrap()];
        brief.deliverables.videos = vec![15, 30];
        let graph = graph(&Recipe::campaign().unwrap(), &brief).unwrap();
        let writers = "writer = 'openai/gpt-6.1-terra'\ndrafter = 'openai/gpt-6.1-terra'\nart_director = 'openai/gpt-6.1-terra'";
        let models = models(&format!("[roles]\nspeaker = 'openai/tts-1'\n{writers}"));
        let Problems(problems) = cast(graph, &models).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].pointer, "/roles/speaker");
        assert!(problems[0].message.contains("openai/tts-1") && problems[0].message.contains("de-DE"));
        assert!(problems[0].hint.as_ref().unwrap().contains("de = [") && problems[0].zh.is_some());
    }

    #[test]
    fn a_language_that_rehearsal_does_not_write_is_told_before_anything_is_begun() {
        for (tag, written) in [("zh-SG", true), ("en-GB", true), ("zh-TW", false), ("de-DE", false)] {
            let mut brief = spring_tea();
            brief.locales = vec!["zh-CN".parse().unwrap(), tag.parse().unwrap()];
            let cast = cast(graph(&Recipe::campaign().unwrap(), &brief).unwrap(), &models(""));
            let told = cast.err().map_or_else(String::new, |problems| problems.to_string());
            assert_eq!(told.is_empty(), written, "{tag}: {told}");
            assert!(
                written || told.contains(&format!("`rehearsal/text` writes en, zh-CN, zh-SG, and not {tag}")),
                "{told}"
            );
        }
    }
}
