//! `handbill keys` and `handbill workspaces`: who may use the API.

use clap::{Args, Subcommand};
use handbill_api::Permission;
use handbill_domain::{
    ids::WorkspaceId,
    money::{Currency, Money},
    problem::nearest,
};
use handbill_store::{
    Error, Store,
    keys::{self, Key, NewKey},
    workspaces,
};
use serde_json::{Value, json};

use crate::{
    console::Console, ending::Ending, language::said, money, settings::Settings, table::columns, wiring,
};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key; it is shown once
    Create(Wanted),
    /// List the keys of a workspace
    List(Of),
    /// Make a key good for nothing, from the next request on
    Revoke {
        /// Id of the key, as `keys list` shows it
        #[arg(value_name = "KEY")]
        key: String,
        /// Of which workspace
        #[command(flatten)]
        of: Of,
    },
}

/// Whose keys.
#[derive(Debug, Args)]
pub struct Of {
    /// Workspace
    #[arg(long, default_value = "local", value_name = "NAME")]
    pub workspace: String,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// A key that is wanted.
#[derive(Debug, Args)]
pub struct Wanted {
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub name: String,
    /// What it may do, with commas between the scopes [default: everything]
    #[arg(long, value_delimiter = ',', value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// It can never spend: rehearsal serves all its runs
    #[arg(long, conflicts_with = "ceiling")]
    pub rehearsal: bool,
    /// Most that all its runs together may spend, such as "50 USD"
    #[arg(long, value_name = "AMOUNT")]
    pub ceiling: Option<String>,
    /// Days until it expires [default: never]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: Option<u32>,
    /// Whose
    #[command(flatten)]
    pub of: Of,
}

/// What to do with workspaces.
#[derive(Debug, Subcommand)]
pub enum WorkspacesCommand {
    /// Make a workspace
    Create {
        /// Its name: lower-case letters, digits and hyphens
        #[arg(value_name = "NAME")]
        workspace: String,
    },
    /// List workspaces
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

impl KeysCommand {
    /// Does a program read the answer?
    pub fn is_json(&self) -> bool {
        match self {
            Self::Create(wanted) => wanted.of.json,
            Self::List(of) | Self::Revoke { of, .. } => of.json,
        }
    }
}

impl WorkspacesCommand {
    /// Does a program read the answer?
    pub fn is_json(&self) -> bool {
        matches!(self, Self::List { json: true })
    }
}

/// Does it.
pub async fn run(what: &KeysCommand, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let store = wiring::rows(settings).await?;
    match what {
        KeysCommand::Create(wanted) => create(&store, wanted, console).await,
        KeysCommand::List(of) => list(&store, of, console).await,
        KeysCommand::Revoke { key, of } => revoke(&store, key, of, console).await,
    }
}

async fn create(store: &Store, wanted: &Wanted, console: &Console) -> Result<(), Ending> {
    let all = Permission::ALL.iter().map(|one| one.as_str());
    if let Some(strange) = wanted.scopes.iter().find(|scope| !all.clone().any(|known| known == **scope)) {
        let known = all.clone().collect::<Vec<_>>().join(", ");
        let meant = nearest(strange, all).map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        return Err(Ending::refused(
            format!("there is no scope `{strange}`{meant}\nscopes: {known}"),
            format!("没有权限 `{strange}`\n可用权限：{known}"),
        ));
    }
    let scopes =
        if wanted.scopes.is_empty() { all.map(str::to_owned).collect() } else { wanted.scopes.clone() };
    let ceiling: Option<Money> =
        wanted.ceiling.as_deref().map(|text| money::read(text, Currency::Usd)).transpose()?;
    let new = NewKey {
        name: wanted.name.clone(),
        scopes,
        rehearsal: wanted.rehearsal,
        ceiling,
        lives_ms: wanted.days.map(|days| i64::from(days) * DAY_MS),
    };
    let made = keys::create(store, &WorkspaceId::new(&wanted.of.workspace), &new).await;
    let (key, text) = made.map_err(|error| unknown(error, &wanted.of.workspace))?;
    if console.json {
        let mut shown = as_json(&key);
        shown["key"] = json!(text);
        console.answer(&shown.to_string());
        return Ok(());
    }
    console.tell(
        console.language.pick(
            "the key is shown this once; keep it like a password",
            "密钥只显示这一次，请像密码一样保管",
        ),
    );
    console.answer(&text);
    Ok(())
}

async fn list(store: &Store, of: &Of, console: &Console) -> Result<(), Ending> {
    let all = keys::all(store, &WorkspaceId::new(&of.workspace)).await.map_err(anyhow::Error::from)?;
    if console.json {
        console.answer(&all.iter().map(as_json).collect::<Value>().to_string());
        return Ok(());
    }
    if all.is_empty() {
        console.answer(console.language.pick(
            "no keys; make one: handbill keys create --name me",
            "没有密钥；请创建：handbill keys create --name me",
        ));
        return Ok(());
    }
    let now = store.clock().await.map_err(anyhow::Error::from)?;
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|key| {
            let ceiling = key.ceiling.as_ref().map(ToString::to_string).unwrap_or_default();
            let state = match (key.revoked_at, key.used_at) {
                (Some(_), _) => console.language.pick("revoked", "已吊销"),
                _ if key.expires_at.is_some_and(|at| at <= now) => console.language.pick("expired", "已过期"),
                (None, None) => console.language.pick("never used", "未使用过"),
                (None, Some(_)) => console.language.pick("in use", "使用中"),
            };
            let scopes = key.scopes.join(",");
            vec![key.id.clone(), key.name.clone(), env(key).to_owned(), ceiling, state.to_owned(), scopes]
        })
        .collect();
    console.answer(&columns(&rows, &[3]));
    Ok(())
}

async fn revoke(store: &Store, key: &str, of: &Of, console: &Console) -> Result<(), Ending> {
    let workspace = WorkspaceId::new(&of.workspace);
    let revoked = keys::revoke(store, &workspace, key).await;
    let revoked = match revoked {
        Err(Error::NotFound(_)) => {
            return Err(Ending::refused(
                format!("there is no key {key} in workspace {workspace}; `handbill keys list` names them"),
                format!("工作区 {workspace} 中没有密钥 {key}；可用 `handbill keys list` 查看"),
            ));
        }
        other => other.map_err(anyhow::Error::from)?,
    };
    if console.json {
        console.answer(&json!({ "id": key, "revoked_now": revoked }).to_string());
    } else {
        console.answer(&said!(console.language, "key {key} is revoked", "密钥 {key} 已吊销"));
    }
    Ok(())
}

/// Does it.
pub async fn workspaces(
    what: &WorkspacesCommand,
    settings: &Settings,
    console: &Console,
) -> Result<(), Ending> {
    let store = wiring::rows(settings).await?;
    match what {
        WorkspacesCommand::Create { workspace } => {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            if !(1..=40).contains(&workspace.len()) || !workspace.bytes().all(plain) {
                return Err(Ending::refused(
                    format!("`{workspace}` is no name for a workspace: use 1 to 40 of a-z, 0-9 and -"),
                    format!("`{workspace}` 不能作为工作区名称：请用 1 至 40 个 a-z、0-9 或 -"),
                ));
            }
            let id = WorkspaceId::new(workspace);
            if !workspaces::create(&store, &id).await.map_err(anyhow::Error::from)? {
                return Err(Ending::refused(
                    format!("there is a workspace {id} already"),
                    format!("工作区 {id} 已存在"),
                ));
            }
            console.answer(&said!(
                console.language,
                "workspace {id} is there; make its first key: handbill keys create --workspace {id} --name first",
                "已创建工作区 {id}；请创建第一个密钥：handbill keys create --workspace {id} --name first"
            ));
        }
        WorkspacesCommand::List { .. } => {
            let all = workspaces::all(&store).await.map_err(anyhow::Error::from)?;
            let names: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
            console.answer(&if console.json { json!(names).to_string() } else { names.join("\n") });
        }
    }
    Ok(())
}

fn unknown(error: Error, workspace: &str) -> Ending {
    match error {
        Error::NotFound(_) => Ending::refused(
            format!("there is no workspace {workspace}; make it: handbill workspaces create {workspace}"),
            format!("没有工作区 {workspace}；请先创建：handbill workspaces create {workspace}"),
        ),
        other => anyhow::Error::from(other).into(),
    }
}

fn env(key: &Key) -> &'static str {
    if key.rehearsal { "rehearsal" } else { "live" }
}

fn as_json(key: &Key) -> Value {
    json!({
        "id": key.id, "workspace": key.workspace, "name": key.name, "environment": env(key), "scopes": key.scopes,
        "ceiling": key.ceiling, "created_at": key.created_at, "expires_at": key.expires_at, "used_at": key.used_at,
        "revoked_at": key.revoked_at,
    })
}

/// Help in Chinese: subcommand, argument (none: the command itself), text.
const CHINESE: &[(&str, &str, &str)] = &[
    ("create", "", "创建密钥（只显示一次）"),
    ("create", "name", "用途"),
    ("create", "scopes", "权限，用逗号分隔 [默认：全部]"),
    ("create", "rehearsal", "永不产生花费：全部由彩排完成"),
    ("create", "ceiling", "其全部运行合计的花费上限，例如 \"50 USD\""),
    ("create", "days", "有效天数 [默认：永久]"),
    ("list", "", "列出工作区的密钥"),
    ("revoke", "", "吊销密钥，下一个请求起即失效"),
    ("revoke", "key", "密钥编号，见 `keys list`"),
];

/// `keys` with its help in Chinese.
pub fn in_chinese(mut command: clap::Command) -> clap::Command {
    for (subcommand, argument, text) in CHINESE {
        command = command.mut_subcommand(*subcommand, |command| match *argument {
            "" => command.about(*text),
            argument => command.mut_arg(argument, |a| a.help(*text)),
        });
    }
    for subcommand in ["create", "list", "revoke"] {
        command = command.mut_subcommand(subcommand, |command| {
            command.mut_arg("workspace", |a| a.help("工作区")).mut_arg("json", |a| a.help("输出 JSON"))
        });
    }
    command
}

/// `workspaces` with its help in Chinese.
pub fn workspaces_in_chinese(command: clap::Command) -> clap::Command {
    command
        .mut_subcommand("create", |command| {
            command.about("创建工作区").mut_arg("workspace", |a| a.help("名称：小写字母、数字和连字符"))
        })
        .mut_subcommand("list", |command| {
            command.about("列出工作区").mut_arg("json", |a| a.help("输出 JSON"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_argument_has_chinese_help() {
        let chinese = |text: String| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let keys = in_chinese(KeysCommand::augment_subcommands(clap::Command::new("keys")));
        let workspaces =
            workspaces_in_chinese(WorkspacesCommand::augment_subcommands(clap::Command::new("workspaces")));
        for command in keys.get_subcommands().chain(workspaces.get_subcommands()) {
            assert!(chinese(command.get_about().unwrap().to_string()), "{}", command.get_name());
            for argument in command.get_arguments().filter(|a| a.get_id() != "help") {
                let help = argument.get_help().unwrap().to_string();
                assert!(chinese(help), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }
}
