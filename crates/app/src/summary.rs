//! What was made, as the last words of a run.

use std::{collections::BTreeMap, time::Duration};

use handbill_domain::{
    asset::{AssetKind, FailedStep, Manifest},
    fault::{Billed, NextAction},
};
use handbill_pipeline::pack::Written;

use crate::{
    console::Console,
    language::{Language, said},
    money::cents,
    progress::clock,
};

/// Tells what was made, what failed and what to do about it; ends with the path of the page.
pub fn tell(manifest: &Manifest, written: &Written, elapsed: Duration, console: &Console) {
    let language = console.language;
    // What a person ended did not fail: there is nothing to do about it.
    let (canceled, failures): (Vec<_>, Vec<_>) =
        manifest.failures.iter().partition(|failed| failed.failure.code == "canceled");
    if !failures.is_empty() && !console.json {
        let count = failures.len();
        console.complain(&said!(language, "{count} steps failed:", "{count} 个步骤失败："));
        failures.into_iter().for_each(|failed| console.complain(&failure(failed, language)));
    }
    if !canceled.is_empty() {
        let count = canceled.len();
        console.tell(&said!(language, "{count} steps were canceled", "{count} 个步骤已取消"));
    }
    console.tell(&kept(written, language));
    console.tell(&said!(
        language,
        "{} in {}; {} {} at list prices, {} {} spent",
        "{}，用时 {}；标价 {} {}，实际花费 {} {}",
        made(manifest, language),
        clock(elapsed),
        cents(&manifest.cost.list),
        manifest.cost.list.currency,
        cents(&manifest.cost.spent),
        manifest.cost.spent.currency
    ));
    if manifest.cost.ambiguous_calls > 0 {
        let calls = manifest.cost.ambiguous_calls;
        console.complain(&said!(
            language,
            "{calls} calls got no answer and may have been billed: look at the provider's console",
            "有 {calls} 次请求没有收到答复，可能已计费：请到服务商后台核对"
        ));
    }
    if !console.json {
        console.answer(&written.page.display().to_string());
    }
}

fn kept(written: &Written, language: Language) -> String {
    let (kept, new) = (written.kept, written.written);
    match (kept, new) {
        (0, new) => said!(language, "{new} files written", "写入 {new} 个文件"),
        (kept, 0) => said!(language, "all {kept} files were there already", "{kept} 个文件已全部存在"),
        (kept, new) => said!(
            language,
            "{new} files written, {kept} were there already",
            "写入 {new} 个文件，{kept} 个已存在"
        ),
    }
}

fn made(manifest: &Manifest, language: Language) -> String {
    let mut counts: BTreeMap<AssetKind, usize> = BTreeMap::new();
    for asset in &manifest.assets {
        *counts.entry(asset.kind).or_default() += 1;
    }
    let shown = [
        (AssetKind::Copy, "texts", "份文案"),
        (AssetKind::Article, "articles", "篇文章"),
        (AssetKind::Image, "images", "张图片"),
        (AssetKind::Video, "videos", "条视频"),
    ];
    let parts = shown.into_iter().filter_map(|(kind, en, zh)| {
        counts.get(&kind).map(|count| format!("{count} {}", language.pick(en, zh)))
    });
    let parts = parts.collect::<Vec<_>>();
    if parts.is_empty() {
        return language.pick("nothing was made", "没有做成任何内容").to_owned();
    }
    parts.join(language.pick(", ", "、"))
}

fn failure(failed: &FailedStep, language: Language) -> String {
    let billed = match failed.failure.billed {
        Billed::No => language.pick("not billed", "未计费"),
        Billed::Yes => language.pick("billed", "已计费"),
        Billed::Maybe => language.pick("maybe billed", "可能已计费"),
    };
    let action = next(failed.failure.next_action, language);
    said!(
        language,
        "  {}: {} ({billed}); {action}",
        "  {}：{}（{billed}）；{action}",
        failed.step,
        failed.failure.message
    )
}

/// The one thing to do, as a sentence.
fn next(action: NextAction, language: Language) -> &'static str {
    match action {
        NextAction::EditBrief => language.pick("change the brief there", "请修改简报中的相应内容"),
        NextAction::Retry => language.pick("run the same command again", "请再次运行同一命令"),
        NextAction::Wait => {
            language.pick("wait a little, then run the same command again", "请稍候，再运行同一命令")
        }
        NextAction::CheckKey => language.pick("check the provider's key", "请检查服务商的密钥"),
        NextAction::RaiseCeiling => {
            language.pick("top up the account or raise the ceiling", "请充值或提高费用上限")
        }
        NextAction::ChangeModel => language.pick("choose another model for this role", "请为该角色更换模型"),
        NextAction::CheckProvider => language
            .pick("look at the provider's console before paying again", "再次付费前请先查看服务商后台"),
        NextAction::RunDoctor => language.pick("run `handbill doctor`", "请运行 `handbill doctor`"),
        NextAction::FixRequest => language.pick("change the request where it points", "请按所指位置修改请求"),
        NextAction::AskForAccess => {
            language.pick("ask the owner of the workspace", "请联系工作区所有者开通权限")
        }
        NextAction::PlanAgain => language.pick("plan again", "请重新生成计划"),
        NextAction::Report => language.pick("tell us: this is our mistake", "这是我们的问题，请反馈给我们"),
    }
}
