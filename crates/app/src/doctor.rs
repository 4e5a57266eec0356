//! `handbill doctor`: what this machine has, and the exact command for what it lacks.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use handbill_domain::step::Lane;
use handbill_media::{
    text::{BrandFonts, Family, Fonts, TextStyle, layout},
    video::ffmpeg,
};
use handbill_providers::Catalog;
use handbill_store::Store;
use serde::Serialize;
use serde_json::json;

use crate::{
    console::Console,
    ending::Ending,
    language::{Language, said},
    settings::Settings,
    table::columns,
    wiring,
};

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// There, and it works.
    Ok,
    /// Not there, and we do without.
    Optional,
    /// Not there, and something will fail or look wrong.
    Missing,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    name: &'static str,
    state: State,
    /// What was seen, or what is done without it.
    detail: String,
    /// The command that gets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
}

impl Finding {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, state: State::Ok, detail: detail.into(), command: None }
    }

    fn missing(name: &'static str, detail: impl Into<String>, command: impl Into<String>) -> Self {
        Self { name, state: State::Missing, detail: detail.into(), command: Some(command.into()) }
    }

    fn optional(name: &'static str, detail: impl Into<String>, command: Option<&str>) -> Self {
        Self { name, state: State::Optional, detail: detail.into(), command: command.map(str::to_owned) }
    }
}

/// Looks at everything and tells it. Ends badly when something is missing that is not optional.
pub async fn doctor(settings: &Settings, console: &Console) -> Result<(), Ending> {
    let language = console.language;
    let mut findings = vec![video(language)];
    findings.extend(fonts(language)?);
    findings.push(speech(language));
    findings.push(data(settings, language));
    findings.push(rows(settings, language).await);
    findings.push(queue(settings, language).await);
    findings.extend(keys(settings, language)?);
    let unwell = findings.iter().any(|finding| finding.state == State::Missing);
    if console.json {
        console.answer(&json!({ "well": !unwell, "findings": findings }).to_string());
    } else {
        console.answer(&shown(&findings));
        console.answer(&verdict(&findings, language));
    }
    if unwell { Err(Ending::Unwell) } else { Ok(()) }
}

fn shown(findings: &[Finding]) -> String {
    let sign = |state| match state {
        State::Ok => "✓",
        State::Optional => "–",
        State::Missing => "✗",
    };
    let rows: Vec<_> = findings
        .iter()
        .map(|f| vec![sign(f.state).to_owned(), f.name.to_owned(), f.detail.clone()])
        .collect();
    columns(&rows, &[])
}

fn verdict(findings: &[Finding], language: Language) -> String {
    let commands = |state| {
        let found = findings.iter().filter(|f| f.state == state).filter_map(|f| f.command.as_ref());
        found.map(|command| format!("\n  {command}")).collect::<String>()
    };
    let (missing, optional) = (commands(State::Missing), commands(State::Optional));
    let mut text = match missing.is_empty() {
        true => said!(language, "\neverything that is needed is here", "\n所需组件均已就绪"),
        false => {
            said!(language, "\nmissing; this gets it:{missing}", "\n缺少组件；运行以下命令补齐：{missing}")
        }
    };
    if !optional.is_empty() {
        text.push_str(&said!(language, "\nif you want it:{optional}", "\n如有需要：{optional}"));
    }
    text
}

fn video(language: Language) -> Finding {
    let ffmpeg = ffmpeg();
    match ffmpeg.missing.as_slice() {
        [] => Finding::ok(
            "FFmpeg",
            said!(
                language,
                "libavcodec {}, with libx264 and aac",
                "libavcodec {}，含 libx264 和 aac",
                ffmpeg.version
            ),
        ),
        missing => {
            let missing = missing.join(", ");
            let detail = said!(
                language,
                "libavcodec {} has no {missing}: no videos",
                "libavcodec {} 缺少 {missing}：无法制作视频",
                ffmpeg.version
            );
            Finding::missing("FFmpeg", detail, "sudo apt-get install --reinstall libavcodec59 libx264-164")
        }
    }
}

/// Whether a Chinese character and an emoji can be set, found by setting them.
fn fonts(language: Language) -> Result<Vec<Finding>, Ending> {
    let fonts = Fonts::load(&BrandFonts::default()).map_err(anyhow::Error::from)?;
    let can_set = |text: &str| layout(&fonts, text, &TextStyle::new(Family::Body), 500.0).is_ok();
    let look = |name, text: &str, package: &str, en: &str, zh: &str| match can_set(text) {
        true => Finding::ok(name, text.to_owned()),
        false => Finding::missing(name, language.pick(en, zh), format!("sudo apt-get install {package}")),
    };
    Ok(vec![
        look("Chinese fonts", "春茶龍", "fonts-noto-cjk", "no font has Chinese characters", "没有中文字体"),
        look("emoji font", "🍵🎉", "fonts-noto-color-emoji", "no font has emoji", "没有表情符号字体"),
    ])
}

fn speech(language: Language) -> Finding {
    let version =
        Command::new("espeak-ng").arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output();
    match version {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            Finding::ok("espeak-ng", text.split("Data at").next().unwrap_or_default().trim().to_owned())
        }
        _ => {
            let detail = said!(
                language,
                "not here: rehearsal videos have timed silence for a voice",
                "未安装：彩排视频的配音将为静音"
            );
            Finding::missing("espeak-ng", detail, "sudo apt-get install espeak-ng")
        }
    }
}

fn data(settings: &Settings, language: Language) -> Finding {
    let folder = settings.data.display();
    match writable(&settings.data) {
        Ok(()) => Finding::ok("data folder", said!(language, "{folder} can be written", "{folder} 可写")),
        Err(error) => {
            let detail = said!(language, "{folder} cannot be written: {error}", "{folder} 无法写入：{error}");
            Finding::missing("data folder", detail, format!("sudo install -d -o \"$USER\" '{folder}'"))
        }
    }
}

fn writable(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(probe)
}

async fn rows(settings: &Settings, language: Language) -> Finding {
    let address = wiring::hidden(&settings.store.rows);
    let embedded = settings.store.rows.starts_with("sqlite:");
    let opened = match Store::open(&settings.store).await {
        Ok(store) => store.ping().await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(()) if embedded => Finding::ok(
            "database",
            said!(
                language,
                "SQLite, {address}; PostgreSQL is not needed{}",
                "SQLite，{address}；不需要 PostgreSQL{}",
                here("psql", language)
            ),
        ),
        Ok(()) => Finding::ok("database", said!(language, "{address} answers", "{address} 可连接")),
        Err(error) => {
            let command = if embedded {
                "handbill migrate"
            } else {
                "sudo apt-get install postgresql && sudo service postgresql start"
            };
            Finding::missing("database", format!("{address}: {error}"), command)
        }
    }
}

async fn queue(settings: &Settings, language: Language) -> Finding {
    let address = wiring::hidden(&settings.queue.redis);
    if address.is_empty() {
        let detail = said!(
            language,
            "in this process; Redis is not needed{}",
            "在本进程内；不需要 Redis{}",
            here("redis-server", language)
        );
        return Finding::ok("queue", detail);
    }
    let depth = match wiring::Line::open(settings).await.map(|line| line.dispatcher) {
        Ok(dispatcher) => dispatcher.depth(Lane::Model).await.map(drop).map_err(|error| error.to_string()),
        Err(Ending::Failed(error)) => Err(format!("{error:#}")),
        Err(_) => Err(language.pick("the settings are wrong", "设置有误").to_owned()),
    };
    match depth {
        Ok(()) => Finding::ok("queue", said!(language, "{address} answers", "{address} 可连接")),
        Err(error) => Finding::missing(
            "queue",
            format!("{address}: {error}"),
            "sudo apt-get install redis-server && sudo service redis-server start",
        ),
    }
}

/// Whether a server that is not needed is there all the same.
fn here(program: &str, language: Language) -> &'static str {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
        language.pick(" (it is installed)", "（已安装）")
    } else {
        ""
    }
}

/// Keys of the providers, by the name of their variable only.
fn keys(settings: &Settings, language: Language) -> Result<Vec<Finding>, Ending> {
    let models = wiring::models(None, settings)?;
    let catalog: &Catalog = models.catalog();
    let mut names: Vec<&str> = Vec::new();
    for provider in catalog.entries().filter_map(|entry| catalog.provider(&entry.provider)) {
        if let Some(name) = provider.key_env.as_deref().filter(|name| !names.contains(name)) {
            names.push(name);
        }
    }
    let is_set = |name: &&str| std::env::var(name).is_ok_and(|value| !value.trim().is_empty());
    let (set, unset): (Vec<&str>, Vec<&str>) = names.into_iter().partition(is_set);
    let mut findings = Vec::new();
    if !set.is_empty() {
        findings.push(Finding::ok("keys", set.join(", ")));
    }
    if !unset.is_empty() {
        let detail = said!(
            language,
            "not set: {} (rehearsal needs none)",
            "未设置：{}（彩排不需要密钥）",
            unset.join(", ")
        );
        findings.push(Finding::optional("keys", detail, None));
    }
    Ok(findings)
}
