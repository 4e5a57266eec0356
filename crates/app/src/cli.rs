//! The command line.

use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::{
    keys::{self, KeysCommand, WorkspacesCommand},
    language::Language,
    ledger::Wanted,
    runs::{self, RunsCommand},
    serve::Duty,
    template::{self, TemplateCommand},
};

/// One product brief in, a whole campaign out: copy, images in every size, short videos.
#[derive(Debug, Parser)]
#[command(name = "handbill", version, max_term_width = 100, after_help = CODES)]
pub struct Cli {
    /// Language of messages [default: as the environment asks for]
    #[arg(long, global = true, value_enum, hide_possible_values = false)]
    pub lang: Option<Language>,
    /// Settings file [default: handbill.toml in this folder, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const CODES: &str = "\
Exit codes:
  0    everything was made
  1    failed: nothing was made, or the program or the machine broke
  2    the brief, a setting or an argument is wrong; nothing was started
  3    some assets were made, some failed
  4    above the ceiling; nothing was started
  130  interrupted; the same command goes on";

const CODES_ZH: &str = "\
退出码：
  0    全部完成
  1    失败：什么都没有做成，或程序、本机出错
  2    简报、设置或参数有误；尚未开始
  3    部分完成，部分失败
  4    超出费用上限；尚未开始
  130  已中断；再次运行同一命令即可继续";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a campaign from a brief
    Create(Order),
    /// Tell what a brief would make and cost, without making it
    Plan(Order),
    /// Print a JSON Schema
    Schema {
        /// Of what
        #[arg(value_enum)]
        of: SchemaOf,
    },
    /// Check, render and look at image templates
    Template {
        /// What to do
        #[command(subcommand)]
        what: TemplateCommand,
    },
    /// Tell what this machine has, and how to get what it lacks
    Doctor {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Serve the API and work on all runs (until SIGINT or SIGTERM)
    Serve {
        /// A models file, as in `create`
        #[arg(long, value_name = "FILE")]
        models: Option<PathBuf>,
    },
    /// Work on all runs beside other processes, in some lanes (until SIGINT or SIGTERM)
    Worker(Duty),
    /// Look at runs, and stop, hold or repeat them
    Runs {
        /// What to do
        #[command(subcommand)]
        what: RunsCommand,
    },
    /// Make, list and revoke keys of the API
    Keys {
        /// What to do
        #[command(subcommand)]
        what: KeysCommand,
    },
    /// Make and list workspaces: tenants that see nothing of each other
    Workspaces {
        /// What to do
        #[command(subcommand)]
        what: WorkspacesCommand,
    },
    /// Print the OpenAPI document of the API
    Openapi,
    /// What was paid, by run, provider and model
    Ledger(Wanted),
    /// Compute steps that come in on standard input: what runs them begins it
    #[command(hide = true)]
    Render {
        /// Most memory, in MB
        #[arg(long, value_name = "MB")]
        memory: Option<u64>,
    },
    /// Bring the database to this version's schema
    Migrate,
    /// List channels and placements
    Channels {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// List models, their prices and whom they serve
    Models {
        /// A models file, as in `create`
        #[arg(long, value_name = "FILE")]
        models: Option<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// A campaign that is ordered.
#[derive(Debug, Args)]
pub struct Order {
    /// The brief (YAML or JSON)
    #[arg(value_name = "BRIEF.yaml")]
    pub brief: PathBuf,
    /// Folder of the campaign [default: campaigns/ and its name]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Seed: the same brief, models and seed give the same campaign
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Which models serve which role (TOML; without it `rehearsal` serves all)
    #[arg(long, value_name = "FILE")]
    pub models: Option<PathBuf>,
    /// The most that it may cost, such as 2.50 or "18 CNY"; the brief's own ceiling counts too
    #[arg(long, value_name = "AMOUNT")]
    pub max_cost: Option<String>,
    /// Spend without asking
    #[arg(long, short)]
    pub yes: bool,
    /// One event a line on stdout
    #[arg(long)]
    pub json: bool,
    /// Say nothing but problems and the result
    #[arg(long, short)]
    pub quiet: bool,
}

/// What there is a schema of.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SchemaOf {
    /// The brief
    Brief,
    /// campaign.json
    Manifest,
    /// template.yaml
    Template,
}

impl Command {
    /// Does a program read the answer?
    pub fn is_json(&self) -> bool {
        match self {
            Self::Create(order) | Self::Plan(order) => order.json,
            Self::Doctor { json } | Self::Channels { json } | Self::Models { json, .. } => *json,
            Self::Runs { what } => what.is_json(),
            Self::Keys { what } => what.is_json(),
            Self::Workspaces { what } => what.is_json(),
            Self::Ledger(wanted) => wanted.json,
            Self::Schema { .. }
            | Self::Template { .. }
            | Self::Openapi
            | Self::Serve { .. }
            | Self::Worker(_)
            | Self::Render { .. }
            | Self::Migrate => false,
        }
    }

    /// Does it go on until somebody stops it?
    pub fn serves(&self) -> bool {
        matches!(self, Self::Serve { .. } | Self::Worker(_))
    }

    /// Is progress unwanted?
    pub fn is_quiet(&self) -> bool {
        matches!(self, Self::Create(order) | Self::Plan(order) if order.quiet)
    }
}

/// Reads the command line; ends the process for `--help` and for arguments that are wrong.
pub fn parse(language: Language) -> Cli {
    // The language of the help itself must be known before anything is parsed.
    let arguments: Vec<_> = std::env::args_os().collect();
    let after =
        arguments.iter().skip_while(|a| *a != "--lang").nth(1).and_then(|a| a.to_str().map(str::to_owned));
    let joined = arguments.iter().find_map(|a| a.to_str()?.strip_prefix("--lang=").map(str::to_owned));
    let language = match after.or(joined).as_deref() {
        Some("zh") => Language::Zh,
        Some("en") => Language::En,
        _ => language,
    };
    let command = match language {
        Language::En => Cli::command(),
        Language::Zh => in_chinese(Cli::command()),
    };
    Cli::from_arg_matches(&command.get_matches_from(arguments)).unwrap_or_else(|error| error.exit())
}

/// Help in Chinese: subcommand (none: the whole command), argument (none: the command itself), text.
const CHINESE: &[(&str, &str, &str)] = &[
    ("", "", "一份产品简报，一整套营销内容：文案、各种尺寸的图片和短视频。"),
    ("", "lang", "提示语言 [默认：跟随系统环境]"),
    ("", "settings", "设置文件 [默认：当前文件夹中的 handbill.toml]"),
    ("create", "", "根据简报制作整套内容"),
    ("plan", "", "只说明会制作什么、花费多少，不开始制作"),
    ("schema", "", "输出 JSON Schema"),
    ("template", "", "检查、渲染和浏览图片模板"),
    ("doctor", "", "检查本机环境，并给出补齐缺失项的命令"),
    ("serve", "", "启动 API 服务，并执行所有运行（收到 SIGINT 或 SIGTERM 时停止）"),
    ("serve", "models", "模型文件，同 `create`"),
    ("worker", "", "与其他进程一起执行所有运行，只做指定的工作类型（收到 SIGINT 或 SIGTERM 时停止）"),
    ("worker", "lanes", "工作类型，用逗号分隔：model（调用模型）、media（图片与视频）、deliver（对外发送）"),
    ("worker", "models", "模型文件，同 `create`"),
    ("worker", "listen", "在此地址提供健康检查和指标（/healthz、/readyz、/metrics），例如 127.0.0.1:9470"),
    ("runs", "", "查看运行，或取消、暂停、继续、重试"),
    ("keys", "", "创建、列出和吊销 API 密钥"),
    ("workspaces", "", "创建和列出工作区（租户，彼此完全隔离）"),
    ("openapi", "", "输出 API 的 OpenAPI 文档"),
    ("ledger", "", "查看花费明细：按运行、服务商和模型"),
    ("ledger", "run", "只看一次运行"),
    ("ledger", "json", "输出 JSON"),
    ("ledger", "csv", "输出 CSV"),
    ("render", "", "渲染进程（由 handbill 自行启动，从标准输入接收步骤）"),
    ("render", "memory", "内存上限（MB）"),
    ("migrate", "", "把数据库升级到此版本的结构"),
    ("channels", "", "列出平台和投放位"),
    ("models", "", "列出模型、价格和分工"),
    ("create", "brief", "简报文件（YAML 或 JSON）"),
    ("create", "out", "输出文件夹 [默认：campaigns/ 加活动名]"),
    ("create", "seed", "随机种子：简报、模型和种子相同，结果就相同"),
    ("create", "models", "指定各角色使用的模型（TOML；不写则全部用 `rehearsal` 彩排）"),
    ("create", "max_cost", "费用上限，例如 2.50 或 \"18 CNY\"；简报中的上限同样有效"),
    ("create", "yes", "不再询问，直接花费"),
    ("create", "json", "在 stdout 上逐行输出 JSON 事件"),
    ("create", "quiet", "只输出问题和结果"),
    ("schema", "of", "对象"),
    ("doctor", "json", "输出一个 JSON 对象"),
    ("channels", "json", "输出 JSON"),
    ("models", "models", "模型文件，同 `create`"),
    ("models", "json", "输出 JSON"),
];

fn in_chinese(mut command: clap::Command) -> clap::Command {
    command = command
        .after_help(CODES_ZH)
        .mut_subcommand("template", template::in_chinese)
        .mut_subcommand("runs", runs::in_chinese)
        .mut_subcommand("keys", keys::in_chinese)
        .mut_subcommand("workspaces", keys::workspaces_in_chinese);
    for (subcommand, argument, text) in CHINESE {
        let with = |command: clap::Command| match *argument {
            "" => command.about(*text),
            argument => command.mut_arg(argument, |a| a.help(*text)),
        };
        command = match *subcommand {
            "" => with(command),
            "create" if !argument.is_empty() => {
                command.mut_subcommand("create", with).mut_subcommand("plan", with)
            }
            name => command.mut_subcommand(name, with),
        };
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together_in_both_languages() {
        Cli::command().debug_assert();
        in_chinese(Cli::command()).debug_assert();
    }

    #[test]
    fn every_command_and_argument_has_chinese_help() {
        let chinese = |text: String| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let command = in_chinese(Cli::command());
        for command in command.get_subcommands() {
            assert!(chinese(command.get_about().unwrap().to_string()), "{}", command.get_name());
            for argument in
                command.get_arguments().filter(|a| !matches!(a.get_id().as_str(), "help" | "version"))
            {
                assert!(
                    chinese(argument.get_help().unwrap().to_string()),
                    "{} {}",
                    command.get_name(),
                    argument.get_id()
                );
            }
        }
    }
}
