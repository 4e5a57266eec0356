//! How a text step writes: asks, reads, holds the answer against the checks, and lets the model repair it.

use handbill_checks::{Flag, blocks};
use handbill_domain::{
    asset::{AiOrigin, Asset, AssetKind, CheckResult, Digest, Lineage, Severity},
    locale::Locale,
    model::Role,
    money::Money,
};
use handbill_providers::{
    Error as ModelError,
    ask::{Repair, TextAsk},
    repair_of,
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Context, Error, graph::StepOutput};

/// How often an answer is repaired before the step gives up.
const REPAIRS: u32 = 2;

/// What shall be written.
pub(super) struct Task<'a, I> {
    /// Name of the prompt.
    pub name: &'a str,
    /// Language of the prompt and of the answer.
    pub locale: &'a Locale,
    /// What the prompt is rendered from.
    pub inputs: &'a I,
    /// JSON Schema of the answer.
    pub schema: Value,
    /// Most tokens of the answer.
    pub tokens: u32,
}

/// What was written.
pub(super) struct Written<T> {
    pub value: T,
    /// What the checks say that does not stop it.
    pub checks: Vec<CheckResult>,
    prompt: Digest,
    models: Vec<String>,
    rehearsed: bool,
    cost: Option<Money>,
}

/// The JSON Schema of a type.
pub(super) fn schema_of<T: JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

/// Writes something. What the checks object to goes back to the model as its next try's instructions.
pub(super) async fn write<I: Serialize, T: Serialize + DeserializeOwned>(
    ctx: &Context<'_>,
    task: &Task<'_, I>,
    check: impl Fn(&mut T) -> Vec<CheckResult>,
) -> Result<Written<T>, Error> {
    let role = ctx.step.calls.first().map_or(Role::Writer, |call| call.role);
    let prompt = ctx.prompts.render(task.name, task.locale, task.inputs)?;
    let mut ask = TextAsk {
        task: task.name.to_owned(),
        system: prompt.system,
        user: prompt.user,
        schema: task.schema.clone(),
        inputs: serde_json::to_value(task.inputs)
            .map_err(|e| Error::Broken(format!("inputs of {}: {e}", task.name)))?,
        seed: seed(ctx),
        max_output_tokens: task.tokens,
        repair: None,
    };
    let mut models: Vec<String> = Vec::new();
    let mut cost: Option<Money> = None;
    let mut objections = Vec::new();
    for _ in 0..=REPAIRS {
        let asked = match ctx.desk.text(role, &ask).await {
            Ok(asked) => asked,
            Err(error) => match repair_of(&ask, &error) {
                Some(again) => {
                    ask = again;
                    continue;
                }
                None => return Err(error.into()),
            },
        };
        cost = Some(match cost {
            Some(sum) => sum
                .plus(&asked.cost)
                .ok_or_else(|| Error::Broken(format!("prices of {} do not add up", asked.model)))?,
            None => asked.cost,
        });
        if !models.contains(&asked.model) {
            models.push(asked.model.clone());
        }
        let said = asked.answer.value;
        let mut value: T = serde_json::from_value(said.clone()).map_err(|e| ModelError::Unreadable {
            provider: asked.model.clone(),
            detail: format!("the answer to {}: {e}", task.name),
        })?;
        objections = check(&mut value);
        if !blocks(&objections) {
            return Ok(Written {
                value,
                checks: objections,
                prompt: prompt.digest,
                models,
                rehearsed: asked.rehearsed,
                cost,
            });
        }
        ask.repair = Some(Repair {
            said: said.to_string(),
            objections: objections.iter().filter(|o| o.severity == Severity::Block).map(told).collect(),
        });
    }
    // Only malformed answers were seen: the last error would have been returned, so something was objected to.
    Err(Error::Unpublishable(objections.into_iter().filter(|o| o.severity == Severity::Block).collect()))
}

/// An objection as it is told to the model.
fn told(objection: &CheckResult) -> String {
    let place = objection.place.as_deref().map(|p| format!("{p}: ")).unwrap_or_default();
    let suggestion = objection.suggestion.as_deref().map(|s| format!(" → {s}")).unwrap_or_default();
    format!("{place}{}{suggestion}", objection.message)
}

/// The run's seed, another one for each step.
pub(super) fn seed(ctx: &Context<'_>) -> u64 {
    let hash = blake3::hash(format!("{}/{}", ctx.seed, ctx.step.key).as_bytes());
    let [a, b, c, d, ..] = *hash.as_bytes();
    // 32 bits: providers take no longer seeds.
    u64::from(u32::from_le_bytes([a, b, c, d]) >> 1)
}

/// A text as a file of the pack.
pub(super) struct TextFile<'a> {
    pub kind: AssetKind,
    pub file: String,
    pub media_type: &'static str,
    pub text: String,
    pub locale: &'a Locale,
    pub placement: Option<String>,
    pub variant: Option<u32>,
    /// Fields of the brief that the step read.
    pub brief_fields: &'a [&'a str],
}

impl<T: Serialize> Written<T> {
    /// What the step gives to those that need it.
    pub(super) fn output(&self) -> Result<StepOutput, Error> {
        let models = if self.rehearsed { Vec::new() } else { self.models.clone() };
        Ok(StepOutput { value: value(&self.value)?, models, ..StepOutput::default() })
    }
}

impl<T> Written<T> {
    /// What the checks must know about how it came about.
    pub(super) fn flags(&self) -> &'static [Flag] {
        if self.rehearsed { &[] } else { &[Flag::AiGeneratedText] }
    }

    /// Keeps the text and gives its asset.
    pub(super) async fn asset(&self, ctx: &Context<'_>, file: TextFile<'_>) -> Result<Asset, Error> {
        let bytes = file.text.into_bytes();
        let id =
            ctx.step.makes.first().ok_or_else(|| Error::Broken(format!("{} makes nothing", ctx.step.key)))?;
        let size = bytes.len() as u64;
        let digest = ctx.desk.put(bytes.into()).await?;
        Ok(Asset {
            id: id.clone(),
            kind: file.kind,
            placement: file.placement,
            role: None,
            locale: Some(file.locale.clone()),
            variant: file.variant,
            file: file.file,
            media_type: file.media_type.to_owned(),
            width: None,
            height: None,
            duration_s: None,
            bytes: size,
            digest,
            lineage: Lineage {
                prompt: Some(self.prompt.clone()),
                models: self.models.clone(),
                seed: seed(ctx),
                brief_fields: file.brief_fields.iter().map(|f| (*f).to_owned()).collect(),
                ..ctx.lineage()
            },
            ai_origin: if self.rehearsed { AiOrigin::None } else { AiOrigin::Generated },
            cost: self.cost.clone().unwrap_or_else(|| Money::zero(Default::default())),
            checks: self.checks.clone(),
            proof: None,
        })
    }
}

/// Fields of the brief that every writer reads.
pub(super) const READ: &[&str] = &[
    "/product/name",
    "/product/category",
    "/product/facts",
    "/product/price",
    "/brand/name",
    "/brand/voice",
    "/objective",
    "/audience",
    "/key_message",
    "/offer",
    "/call_to_action",
    "/url",
];

/// A value for the steps that need it.
pub(super) fn value(value: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(|e| Error::Broken(e.to_string()))
}
