//! What the stories share: a folder of their own, the binary, a small brief.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// A folder with a brief and its photos, in which `handbill` runs.
pub struct House {
    dir: tempfile::TempDir,
}

impl House {
    /// With a brief under `brief.yaml` and the photos of the examples under `photos/`.
    pub fn with(brief: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("brief.yaml"), brief).unwrap();
        std::fs::create_dir(dir.path().join("photos")).unwrap();
        for folder in ["examples/spring-tea/photos", "examples/steel-bottle/photos", "tests/fixtures/photos"]
        {
            for file in std::fs::read_dir(project().join(folder)).unwrap() {
                let file = file.unwrap().path();
                std::fs::copy(&file, dir.path().join("photos").join(file.file_name().unwrap())).unwrap();
            }
        }
        Self { dir }
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The command, ready to run in the folder, with nothing of the tester's own settings.
    pub fn handbill(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handbill"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HANDBILL_")) {
            command.env_remove(name);
        }
        command.args(args).current_dir(self.dir.path()).env("LANG", "C.UTF-8");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.handbill(args).output().unwrap())
    }

    /// The manifest of a pack.
    pub fn manifest(&self, pack: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.path(pack).join("campaign.json")).unwrap()).unwrap()
    }

    /// Every file of a pack with its bytes.
    pub fn files(&self, pack: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path(pack), "", &mut files);
        files
    }
}

/// How a command ended.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Fails with everything that was printed unless it ended with this code.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "--- stdout\n{}\n--- stderr\n{}", self.out, self.err);
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

fn collect(dir: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
}

/// The root of the project.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A brief that is quick to make: two placements, one locale, no video. `more` replaces or adds top-level lines.
pub fn a_small_brief(more: &str) -> String {
    let brief = r##"handbill: 1
campaign: small
product:
  name: { en-US: Fernway Trail Bottle, zh-CN: 蕨径保温瓶 }
  category: household
  facts:
    - { id: volume, label: { en-US: Volume, zh-CN: 容量 }, value: 750, unit: { en-US: ml, zh-CN: 毫升 }, benefit: { en-US: enough water for a morning on the trail, zh-CN: 走一上午山路也够喝 } }
    - { id: cold, label: { en-US: Keeps cold, zh-CN: 保冷 }, value: 24, unit: { en-US: hours, zh-CN: 小时 }, benefit: { en-US: ice from breakfast is still ice at dusk, zh-CN: 早上放的冰傍晚还在 } }
    - { id: cap, label: { en-US: Cap, zh-CN: 瓶盖 }, value: { en-US: a leak-proof cap, zh-CN: 防漏瓶盖 }, benefit: { en-US: a dry backpack all day, zh-CN: 放进背包也不怕漏 } }
  price: { amount: "34.00", currency: USD }
  photos:
    - { file: PHOTO, role: product }
brand:
  name: { en-US: Fernway, zh-CN: 蕨径 }
  colors: { primary: "#3E5C50", accent: "#E0693A", background: "#F4F2EC" }
objective: conversion
audience: { en-US: Weekend hikers, zh-CN: 周末爱往山里走的人 }
key_message: { en-US: Ice in the morning and ice at the summit, zh-CN: 早上放的冰，到山顶还在 }
call_to_action: { en-US: Shop now, zh-CN: 立即选购 }
url: https://fernway.example.com/
"##;
    let photo = more.lines().find_map(|line| line.strip_prefix("# photo: ")).unwrap_or("photos/bottle.png");
    let defaults = [
        ("locales:", "locales: [en-US]\n"),
        ("placements:", "placements: [meta.feed_image, google_ads.rsa]\n"),
        ("deliverables:", "deliverables: { article: false }\n"),
    ];
    let missing = defaults.iter().filter(|(key, _)| !more.lines().any(|line| line.starts_with(key)));
    let rest: String = missing.map(|(_, line)| *line).collect();
    format!("{}{rest}{more}\n", brief.replace("PHOTO", photo))
}
