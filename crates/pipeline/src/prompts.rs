//! The prompts in force: ours, with those of the user's folder over them.
//!
//! A prompt is a file `<step>/<language>.md` with two parts: a line `## system` before the first, a line `## user` before
//! the second. It is a template (minijinja) over the inputs of its step; a name that the inputs do not have is an error.
//! Locales without a prompt of their language take the English one, which names the language to write in.

use std::{collections::BTreeMap, path::Path};

use handbill_domain::{
    asset::Digest,
    locale::Locale,
    problem::{Problem, Problems},
};
use minijinja::{
    Environment, UndefinedBehavior,
    syntax::SyntaxConfig,
    value::{Serde, Value},
};
use serde::Serialize;

use crate::Error;

macro_rules! ours {
    ($($step:literal),* $(,)?) => {
        &[$((concat!($step, "/zh"), include_str!(concat!("../prompts/", $step, "/zh.md"))),
            (concat!($step, "/en"), include_str!(concat!("../prompts/", $step, "/en.md")))),*]
    };
}

/// One line a step.
const OURS: &[(&str, &str)] = ours!["strategy", "outline", "copy", "article", "art_direction", "storyboard"];

/// The prompts in force.
#[derive(Clone, Debug)]
pub struct Prompts {
    /// `<step>/<language>` → its two parts.
    files: BTreeMap<String, Parts>,
    /// Of the user's files.
    own: Option<Digest>,
}

#[derive(Clone, Debug)]
struct Parts {
    system: String,
    user: String,
}

/// A prompt, filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Who the model shall be.
    pub system: String,
    /// What it shall do.
    pub user: String,
    /// Of both.
    pub digest: Digest,
}

impl Default for Prompts {
    fn default() -> Self {
        let files =
            OURS.iter().filter_map(|(name, text)| Some(((*name).to_owned(), Parts::of(text)?))).collect();
        Self { files, own: None }
    }
}

impl Parts {
    fn of(text: &str) -> Option<Self> {
        let (_, text) = text.split_once("## system\n")?;
        let (system, user) = text.split_once("\n## user\n")?;
        Some(Self { system: system.trim().to_owned(), user: user.trim().to_owned() })
    }
}

impl Prompts {
    /// Ours, with the files of a folder over them: `<folder>/copy/zh.md` takes the place of our own. Names that are no
    /// prompt of ours, parts that are missing and templates that do not parse are problems.
    pub fn with_folder(folder: &Path) -> Result<Self, Problems> {
        let mut prompts = Self::default();
        let mut problems = Problems::default();
        let mut own = BTreeMap::new();
        for path in markdown_files(folder).map_err(|e| unreadable(folder, &e))? {
            let name = path.strip_prefix(folder).unwrap_or(&path).with_extension("");
            let name = name.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
            let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, &e))?;
            match prompts.replace(&name, &text) {
                Ok(()) => {}
                Err(problem) => problems.push(*problem),
            }
            own.insert(name, text);
        }
        prompts.own = (!own.is_empty()).then(|| Digest::of_json(&own));
        problems.or(prompts)
    }

    /// What tells them from ours; none: they are ours.
    pub fn own(&self) -> Option<&Digest> {
        self.own.as_ref()
    }

    /// Name of every file in force, `<step>/<language>`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Puts a prompt in the place of ours. A language that we have no prompt in may be added to a step that we have.
    fn replace(&mut self, name: &str, text: &str) -> Result<(), Box<Problem>> {
        let step = name.split('/').next().unwrap_or_default();
        if !OURS.iter().any(|(ours, _)| ours.split('/').next() == Some(step)) || name.split('/').count() != 2
        {
            let steps: Vec<&str> = OURS.iter().filter_map(|(ours, _)| ours.strip_suffix("/en")).collect();
            let hint = format!("name it <step>/<language>.md with one of the steps {}", steps.join(", "));
            return Err(Box::new(Problem::at(format!("{name}.md"), "no step has this prompt").hint(hint)));
        }
        let parts = Parts::of(text).ok_or_else(|| {
            let hint = "write a line `## system` before the first part and `## user` before the second";
            Box::new(Problem::at(format!("{name}.md"), "a part is missing").hint(hint))
        })?;
        for part in [&parts.system, &parts.user] {
            environment().and_then(|env| env.template_from_str(part).map(|_| ())).map_err(|e| {
                Box::new(Problem::at(format!("{name}.md"), format!("the template does not parse: {e:#}")))
            })?;
        }
        self.files.insert(name.to_owned(), parts);
        Ok(())
    }

    /// The prompt of a step in a locale, filled with its inputs.
    pub fn render(&self, step: &str, locale: &Locale, inputs: &impl Serialize) -> Result<Prompt, Error> {
        let own = format!("{step}/{}", locale.language());
        let parts = self.files.get(&own).or_else(|| self.files.get(&format!("{step}/en")));
        let parts = parts.ok_or_else(|| Error::Broken(format!("there is no prompt for {step}")))?;
        let values = Value::from(Serde(inputs));
        let broken = |e: minijinja::Error| Error::Broken(format!("prompt {step} for {locale}: {e:#}"));
        let env = environment().map_err(broken)?;
        let fill = |part: &str| env.render_str(part, values.clone()).map_err(broken);
        let (system, user) = (fill(&parts.system)?, fill(&parts.user)?);
        let digest = Digest::of(format!("{system}\n\u{0}\n{user}").as_bytes());
        Ok(Prompt { system, user, digest })
    }
}

fn environment<'e>() -> Result<Environment<'e>, minijinja::Error> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    Ok(env)
}

/// All `.md` files one folder below, in the order of their names.
fn markdown_files(folder: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for step in std::fs::read_dir(folder)? {
        let step = step?.path();
        if step.is_dir() {
            for file in std::fs::read_dir(&step)? {
                files.push(file?.path());
            }
        }
    }
    files.retain(|file| file.extension().is_some_and(|ending| ending == "md"));
    files.sort();
    Ok(files)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problems {
    Problems(vec![Problem::at(path.display().to_string(), format!("cannot be read: {error}"))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Inputs {
        variants: u32,
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn every_prompt_of_ours_has_both_parts() {
        assert_eq!(Prompts::default().files.len(), OURS.len());
    }

    #[test]
    fn a_folder_lies_over_our_prompts_and_may_add_a_language() {
        let dir =
            folder(&[("copy/de.md", "## system\nDu schreibst.\n\n## user\n{{ variants }} Varianten.\n")]);
        let prompts = Prompts::with_folder(dir.path()).unwrap();
        let prompt = prompts.render("copy", &"de-DE".parse().unwrap(), &Inputs { variants: 3 }).unwrap();
        assert_eq!((prompt.system.as_str(), prompt.user.as_str()), ("Du schreibst.", "3 Varianten."));
    }

    #[test]
    fn a_name_that_the_inputs_do_not_have_is_an_error() {
        let error = Prompts::default()
            .render("strategy", &"zh-CN".parse().unwrap(), &Inputs { variants: 3 })
            .unwrap_err();
        assert!(error.to_string().contains("undefined"), "{error}");
    }

    #[test]
    fn all_problems_of_a_folder_are_told() {
        let dir = folder(&[
            ("copies/zh.md", "## system\n\n## user\n"),
            ("copy/zh.md", "no parts"),
            ("outline/en.md", "## system\nx\n\n## user\n{{ open\n"),
        ]);
        let problems = Prompts::with_folder(dir.path()).unwrap_err();
        assert_eq!(
            problems.0.iter().map(|p| p.pointer.as_str()).collect::<Vec<_>>(),
            ["copies/zh.md", "copy/zh.md", "outline/en.md"],
            "{problems}"
        );
    }
}
