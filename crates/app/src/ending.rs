//! How a command ends when not everything was done, and its exit code.

use std::{path::PathBuf, process::ExitCode};

use handbill_domain::{ids::RunId, problem::Problems};
use serde_json::{Value, json};

use crate::{console::Console, language::said};

/// Why a command ended before or beside its goal. The exit codes are documented in the help and the README.
#[derive(Debug)]
pub enum Ending {
    /// A file is wrong; nothing was started. Exit code 2.
    Problems {
        /// The file.
        file: PathBuf,
        /// Everything that is wrong with it.
        problems: Problems,
    },
    /// Something else that was given is wrong; nothing was started. Exit code 2.
    Refused {
        /// English.
        en: String,
        /// Chinese.
        zh: String,
    },
    /// Some of it was made; what failed was told. Exit code 3.
    Partial,
    /// Everything failed; why was told. Exit code 1.
    Nothing,
    /// Above the ceiling; nothing was started, and what would fit was told. Exit code 4.
    OverCeiling,
    /// A person paused the run from elsewhere. Exit code 130.
    Paused(RunId),
    /// A person canceled the run, now or before; what was made was told. Exit code 130.
    Canceled(RunId),
    /// Somebody stopped us. Exit code 130.
    Interrupted,
    /// `doctor` found something missing and told it. Exit code 1.
    Unwell,
    /// Our mistake, or the machine's. Exit code 1.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Ending {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl Ending {
    /// A refusal in both languages.
    pub fn refused(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::Refused { en: en.into(), zh: zh.into() }
    }

    /// Says why, where that was not said before, and gives the exit code.
    pub fn tell(self, console: &Console) -> ExitCode {
        let language = console.language;
        match self {
            Self::Problems { file, problems } => {
                let name = file.display();
                for problem in &problems.0 {
                    console.note("problem", json!({ "file": name.to_string(), "problem": problem }));
                }
                if !console.json {
                    let count = problems.0.len();
                    let lines = problems
                        .0
                        .iter()
                        .map(|p| format!("  {}\n", p.shown(language.tag())))
                        .collect::<String>();
                    let head = match count {
                        1 => said!(language, "{name} has a problem:", "{name} 有 1 个问题："),
                        _ => said!(language, "{name} has {count} problems:", "{name} 有 {count} 个问题："),
                    };
                    console.complain(&format!("{head}\n{}", lines.trim_end()));
                }
                ExitCode::from(2)
            }
            Self::Refused { en, zh } => {
                let note = json!({ "message": en });
                why(console, "refused", note, &format!("handbill: {}", language.pick(en, zh)), 2)
            }
            Self::Partial => ExitCode::from(3),
            Self::Nothing => ExitCode::from(1),
            Self::OverCeiling => ExitCode::from(4),
            Self::Paused(run) => {
                let words = said!(
                    language,
                    "handbill: the run is paused; go on with `handbill runs resume {run}`, then run the same command again",
                    "handbill：该运行已暂停；先执行 `handbill runs resume {run}`，再运行同一命令即可继续"
                );
                why(console, "paused", json!({ "run": run.as_str() }), &words, 130)
            }
            Self::Canceled(run) => {
                let words = said!(
                    language,
                    "handbill: run {run} was canceled, and nothing more of it is made; another --seed orders it anew",
                    "handbill：运行 {run} 已取消，不再继续制作；如需重新制作，请换一个 --seed"
                );
                why(console, "canceled", json!({ "run": run.as_str() }), &words, 130)
            }
            Self::Interrupted => {
                let words = said!(
                    language,
                    "handbill: stopped; run the same command again to go on",
                    "handbill：已停止；再次运行同一命令即可继续"
                );
                why(console, "interrupted", json!({}), &words, 130)
            }
            Self::Unwell => ExitCode::from(1),
            Self::Failed(error) => {
                let words = said!(language, "handbill: {error:#}", "handbill：{error:#}");
                why(console, "failed", json!({ "message": format!("{error:#}") }), &words, 1)
            }
        }
    }
}

/// Says why to whoever reads: a program gets the note, a person the words.
fn why(console: &Console, event: &str, note: Value, words: &str, code: u8) -> ExitCode {
    console.note(event, note);
    if !console.json {
        console.complain(words);
    }
    ExitCode::from(code)
}
