//! `handbill runs`: what runs there are, how they stand, and what a person may do with them from any process.

mod anew;
mod control;
mod find;
mod list;
mod show;

use clap::{Args, Subcommand};

use crate::{console::Console, ending::Ending, settings::Settings, wiring};

pub use find::{find, short};

/// What to do with runs.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// List runs, newest first
    List(Listed),
    /// Tell how far a run is, what failed and what it cost
    Show(One),
    /// End a run: nothing more of it is begun or asked for
    Cancel(One),
    /// Begin nothing more of a run until it is resumed
    Pause(One),
    /// Go on with a paused run
    Resume(One),
    /// Try again what failed; what was paid for is not paid again
    Retry(Again),
    /// Make one step anew, and pay for it anew; what was made of it becomes stale
    Regenerate(Anew),
    /// Make again what is stale; questions that have not changed are not paid again
    Redo(One),
}

/// Which runs to list.
#[derive(Debug, Args)]
pub struct Listed {
    /// Only those of this campaign
    #[arg(long, value_name = "NAME")]
    pub campaign: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    pub most: u64,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// A run.
#[derive(Debug, Args)]
pub struct One {
    /// Id of the run; its first characters are enough
    #[arg(value_name = "RUN")]
    pub run: String,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// What to try again.
#[derive(Debug, Args)]
pub struct Again {
    /// Id of the run; its first characters are enough
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Only this step, by its key [default: everything that failed]
    #[arg(long, value_name = "STEP")]
    pub step: Option<String>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// What to make anew.
#[derive(Debug, Args)]
pub struct Anew {
    /// Id of the run; its first characters are enough
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Key of the step, as `runs show --json` and campaign.json name it
    #[arg(value_name = "STEP")]
    pub step: String,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

impl RunsCommand {
    /// Does a program read the answer?
    pub fn is_json(&self) -> bool {
        match self {
            Self::List(listed) => listed.json,
            Self::Show(one) | Self::Cancel(one) | Self::Pause(one) | Self::Resume(one) | Self::Redo(one) => {
                one.json
            }
            Self::Retry(again) => again.json,
            Self::Regenerate(anew) => anew.json,
        }
    }
}

/// Does it.
pub async fn run(what: &RunsCommand, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let store = wiring::rows(settings).await?;
    match what {
        RunsCommand::List(listed) => list::list(&store, listed, console).await,
        RunsCommand::Show(one) => show::show(&store, &one.run, console).await,
        RunsCommand::Cancel(one) => control::cancel(store, &one.run, settings, console).await,
        RunsCommand::Pause(one) => control::pause(store, &one.run, settings, console).await,
        RunsCommand::Resume(one) => control::resume(store, &one.run, settings, console).await,
        RunsCommand::Retry(again) => control::retry(store, again, settings, console).await,
        RunsCommand::Regenerate(anew) => anew::regenerate(store, anew, settings, console).await,
        RunsCommand::Redo(one) => anew::redo(store, &one.run, settings, console).await,
    }
}

/// Help in Chinese: subcommand, argument (none: the command itself), text.
const CHINESE: &[(&str, &str, &str)] = &[
    ("list", "", "列出运行，最新的在前"),
    ("list", "campaign", "只列出此活动的运行"),
    ("list", "most", "最多列出多少个"),
    ("list", "json", "输出 JSON"),
    ("show", "", "查看一次运行的进度、失败原因和花费"),
    ("cancel", "", "取消运行：不再开始任何步骤，也不再发出请求"),
    ("pause", "", "暂停运行：恢复之前不再开始新的步骤"),
    ("resume", "", "继续已暂停的运行"),
    ("retry", "", "重试失败的步骤；已付费的内容不会再次付费"),
    ("retry", "step", "只重试这一个步骤 [默认：全部失败的步骤]"),
    ("regenerate", "", "重新生成一个步骤并重新付费；由它制成的内容变为过期"),
    ("regenerate", "step", "步骤的键，见 `runs show --json` 和 campaign.json"),
    ("redo", "", "重新制作过期的内容；未变的请求不会再次付费"),
];

/// The same command with its help in Chinese.
pub fn in_chinese(mut command: clap::Command) -> clap::Command {
    for (subcommand, argument, text) in CHINESE {
        command = command.mut_subcommand(*subcommand, |command| match *argument {
            "" => command.about(*text),
            argument => command.mut_arg(argument, |a| a.help(*text)),
        });
    }
    for subcommand in ["show", "cancel", "pause", "resume", "retry", "regenerate", "redo"] {
        command = command.mut_subcommand(subcommand, |command| {
            command
                .mut_arg("run", |a| a.help("运行的编号，写前几位即可"))
                .mut_arg("json", |a| a.help("输出 JSON"))
        });
    }
    command.about("查看运行，或取消、暂停、继续、重试、重新生成")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_argument_has_chinese_help() {
        let command = in_chinese(RunsCommand::augment_subcommands(clap::Command::new("runs")));
        let chinese = |text: String| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for command in command.get_subcommands() {
            assert!(chinese(command.get_about().unwrap().to_string()), "{}", command.get_name());
            for argument in command.get_arguments().filter(|a| a.get_id() != "help") {
                let help = argument.get_help().unwrap().to_string();
                assert!(chinese(help), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }
}
