//! A plan as people read it: what will be made, by whom, at what price.

use std::collections::BTreeSet;

use handbill_domain::brief::Brief;
use handbill_pipeline::plan::{Admission, Change, Plan, Range};
use handbill_providers::Catalog;

use crate::{
    console::Console,
    language::{Language, said},
    money,
    table::columns,
};

/// Shows a plan: one row a kind of step, then the sum.
pub fn show(plan: &Plan, brief: &Brief, catalog: &Catalog, language: Language) -> String {
    let (locales, placements, variants) =
        (brief.locales.len(), brief.placements.len(), brief.deliverables.variants);
    let head = said!(
        language,
        "{}: {placements} placements, {locales} locales, {variants} variants: {} files",
        "{}：{placements} 个投放位，{locales} 种语言，{variants} 个版本，共 {} 个文件",
        brief.campaign,
        plan.assets()
    );
    let mut rows: Vec<Vec<String>> = Vec::new();
    for stage in stages(plan) {
        let mut kinds: Vec<&str> = Vec::new();
        for line in plan.lines.iter().filter(|line| line.stage == stage) {
            if !kinds.contains(&line.kind.as_str()) {
                kinds.push(&line.kind);
            }
        }
        rows.extend(kinds.into_iter().map(|kind| row(plan, stage, kind, language)));
    }
    let table = columns(&rows, &[2, 3]);
    format!("{head}\n{}\n{}", indented(&table), sum(plan, catalog, language))
}

/// The stages in the order of the plan.
fn stages(plan: &Plan) -> Vec<&str> {
    let mut stages: Vec<&str> = Vec::new();
    for line in &plan.lines {
        if !stages.contains(&line.stage.as_str()) {
            stages.push(&line.stage);
        }
    }
    stages
}

fn row(plan: &Plan, stage: &str, kind: &str, language: Language) -> Vec<String> {
    let lines = || plan.lines.iter().filter(|line| line.stage == stage && line.kind == kind);
    let files: usize = lines().map(|line| line.makes.len()).sum();
    let files =
        if files == 0 { String::new() } else { said!(language, "{files} files", "{files} 个文件") };
    let mut models: Vec<&str> = lines().filter_map(|line| line.model.as_deref()).collect();
    models.dedup();
    let voices: BTreeSet<&str> = lines().filter_map(|line| line.voice.as_deref()).collect();
    let mut models = models.join(", ");
    if !voices.is_empty() {
        let voices = voices.into_iter().collect::<Vec<_>>().join(", ");
        models = said!(language, "{models} (voice {voices})", "{models}（音色 {voices}）");
    }
    let price = sums(lines().filter_map(|line| line.price.as_ref()));
    vec![
        stage_name(stage, language),
        kind_name(kind, language),
        format!("{} ×", lines().count()),
        files,
        models,
        price,
    ]
}

fn sums<'r>(prices: impl Iterator<Item = &'r Range>) -> String {
    summed(prices).iter().map(money::range).collect::<Vec<_>>().join(" + ")
}

/// One sum a currency: amounts in two have none.
fn summed<'r>(prices: impl Iterator<Item = &'r Range>) -> Vec<Range> {
    let mut sums: Vec<Range> = Vec::new();
    for price in prices {
        let sum = sums.iter_mut().find(|sum| sum.low.currency == price.low.currency);
        match sum.and_then(|sum| Some((sum.low.plus(&price.low)?, sum.high.plus(&price.high)?, sum))) {
            Some((low, high, sum)) => *sum = Range { low, high },
            None => sums.push(price.clone()),
        }
    }
    sums
}

/// The price of a plan.
pub fn total(plan: &Plan) -> String {
    let sums = plan.total.iter().map(money::range).collect::<Vec<_>>();
    if sums.is_empty() { "0".to_owned() } else { sums.join(" + ") }
}

/// What of a plan is really spent: the lines whose models are paid. Empty: rehearsal serves all of it.
pub fn spends(plan: &Plan, catalog: &Catalog) -> Vec<Range> {
    let is_paid = |id: &str| catalog.entry(id).is_some_and(|entry| !catalog.is_rehearsal(entry));
    let lines = plan
        .lines
        .iter()
        .filter(|line| line.model.as_deref().is_some_and(|models| models.split(" + ").any(is_paid)));
    summed(lines.filter_map(|line| line.price.as_ref()).filter(|price| price.high.amount_micros > 0))
}

/// The same in words. None: nothing is spent.
pub fn spent(plan: &Plan, catalog: &Catalog) -> Option<String> {
    let sums = spends(plan, catalog).iter().map(money::range).collect::<Vec<_>>().join(" + ");
    Some(sums).filter(|spent| !spent.is_empty())
}

fn sum(plan: &Plan, catalog: &Catalog, language: Language) -> String {
    let price = total(plan);
    let ceiling = match &plan.ceiling {
        Some(ceiling) => said!(language, "ceiling {ceiling}", "上限 {ceiling}"),
        None => language.pick("no ceiling", "未设上限").to_owned(),
    };
    let spent = match spent(plan, catalog) {
        None => language.pick("nothing is spent, rehearsal is free", "实际不花费，彩排免费").to_owned(),
        Some(spent) => said!(language, "{spent} of it is really spent", "其中实际花费 {spent}"),
    };
    said!(language, "list price {price}, {ceiling}; {spent}", "标价 {price}，{ceiling}；{spent}")
}

/// Says that a plan is over its ceiling, and what would fit.
pub fn refuse(plan: &Plan, console: &Console) {
    let Admission::OverCeiling { fits } = &plan.admission else { return };
    let language = console.language;
    let ceiling = plan.ceiling.as_ref().map(ToString::to_string).unwrap_or_default();
    let price = total(plan);
    let head = said!(
        language,
        "handbill: nothing was started: this may cost {price}, and the ceiling is {ceiling}",
        "handbill：尚未开始：本次可能花费 {price}，而上限为 {ceiling}"
    );
    let advice = match fits {
        Some(fit) => {
            let changes = fit
                .changes
                .iter()
                .map(|change| format!("  - {}\n", describe(change, language)))
                .collect::<String>();
            let price = fit.total.iter().map(money::range).collect::<Vec<_>>().join(" + ");
            let files = fit.assets;
            said!(
                language,
                "This would fit ({price}, {files} files):\n{changes}or raise the ceiling: --max-cost, and `ceiling` in the brief",
                "以下调整后可行（{price}，{files} 个文件）：\n{changes}或提高上限：--max-cost 和简报中的 `ceiling`"
            )
        }
        None => said!(
            language,
            "nothing smaller fits under it; raise the ceiling: --max-cost, and `ceiling` in the brief",
            "缩减内容也无法满足；请提高上限：--max-cost 和简报中的 `ceiling`"
        ),
    };
    console.complain(&format!("{head}\n{advice}"));
}

fn describe(change: &Change, language: Language) -> String {
    match change {
        Change::Variants { from, to } => {
            said!(language, "{to} variants instead of {from}", "版本数从 {from} 减为 {to}")
        }
        Change::WithoutTier { seconds } => {
            said!(language, "without the videos of {seconds} s", "不做 {seconds} 秒视频")
        }
        Change::WithoutArticle => said!(language, "without the article", "不做文章"),
        Change::WithoutPlacement { placement } => said!(language, "without {placement}", "不做 {placement}"),
        Change::WithoutLocale { locale } => said!(language, "without {locale}", "不做 {locale}"),
    }
}

/// A stage's name for people; a recipe of the user's own keeps its own word.
pub fn stage_name(stage: &str, language: Language) -> String {
    let zh = match stage {
        "words" => "文案",
        "pictures" => "画面",
        "designs" => "设计",
        "videos" => "视频",
        _ => stage,
    };
    language.pick(stage, zh).to_owned()
}

fn kind_name(kind: &str, language: Language) -> String {
    let (en, zh) = match kind {
        "strategy" => ("strategy", "策略"),
        "outline" => ("outline", "提纲"),
        "copy" => ("copy", "投放文案"),
        "article" => ("article", "文章"),
        "art_direction" => ("art direction", "视觉方向"),
        "background" => ("background", "背景"),
        "design" => ("design", "版面"),
        "storyboard" => ("storyboard", "分镜"),
        "speech" => ("speech", "配音"),
        "video" => ("video", "成片"),
        other => (other, other),
    };
    language.pick(en, zh).to_owned()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
