//! Rehearsal's writer: strategy, outline, copy, article, art direction and storyboard from the brief's own facts,
//! through copy frameworks, in Chinese and English. It says nothing that the brief does not say.

mod angle;
mod art;
mod article;
mod bank;
mod copy;
mod dice;
mod en;
mod fill;
mod long;
mod name;
mod outline;
mod storyboard;
mod strategy;
mod zh;

use async_trait::async_trait;
use handbill_domain::model::{Entry, PriceUnit};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::inputs::Told;
use crate::{
    Error,
    ask::{self, Model, Reply, Submission, TextAnswer, TextAsk, Usage},
    said::answer_in,
};
use dice::Dice;

/// A local writer.
#[derive(Clone, Debug)]
pub struct Text {
    entry: Entry,
}

impl Text {
    /// With its catalogue entry.
    pub fn new(entry: Entry) -> Self {
        Self { entry }
    }
}

#[async_trait]
impl Model<ask::Text> for Text {
    fn entry(&self) -> &Entry {
        &self.entry
    }

    async fn submit(&self, ask: &TextAsk, _key: &str) -> Result<Submission, Error> {
        let value = Writer { entry: &self.entry }.write(ask)?;
        Ok(Submission::Replied(Reply {
            status: 200,
            media_type: "application/json".into(),
            body: value.to_string().into(),
        }))
    }

    fn read(&self, ask: &TextAsk, reply: &Reply) -> Result<TextAnswer, Error> {
        let provider = || self.entry.provider.clone();
        let said = std::str::from_utf8(&reply.body)
            .map_err(|e| Error::Unreadable { provider: provider(), detail: e.to_string() })?;
        let malformed =
            |objections| Error::Malformed { provider: provider(), said: said.to_owned(), objections };
        let value = answer_in(said, &ask.schema).map_err(malformed)?;
        // A token is about four letters of English; Chinese takes more, and the list price is only shown.
        let tokens = |text: usize| u64::try_from(text.div_ceil(4)).unwrap_or(u64::MAX);
        let counts = vec![
            (PriceUnit::InputToken, tokens(ask.system.len() + ask.user.len())),
            (PriceUnit::OutputToken, tokens(reply.body.len())),
        ];
        Ok(TextAnswer { value, usage: Usage { counts, variant: None, estimated: true } })
    }
}

struct Writer<'a> {
    entry: &'a Entry,
}

impl Writer<'_> {
    fn write(&self, ask: &TextAsk) -> Result<Value, Error> {
        // A second try rolls other dice.
        let dice = Dice::new(ask.seed, ask.repair.as_ref().map(|r| r.objections.join("\n")).as_deref());
        match ask.task.as_str() {
            "strategy" => self.answer(ask, |inputs| strategy::write(inputs, &dice)),
            "outline" => self.answer(ask, |inputs| outline::write(inputs, &dice)),
            "copy" => self.answer(ask, |inputs| copy::write(inputs, &dice)),
            "article" => self.answer(ask, |inputs| article::write(inputs, &dice)),
            "art_direction" => self.answer(ask, |inputs| art::write(inputs, &dice)),
            "storyboard" => self.answer(ask, |inputs| storyboard::write(inputs, &dice)),
            other => Err(self.declines(format!("it has not learnt the task `{other}`"))),
        }
    }

    fn answer<I: DeserializeOwned + ToldIn, O: Serialize>(
        &self,
        ask: &TextAsk,
        write: impl FnOnce(&I) -> O,
    ) -> Result<Value, Error> {
        let broken = |e: serde_json::Error| self.unreadable(format!("inputs of {}: {e}", ask.task));
        let mut inputs: I = serde_json::from_value(ask.inputs.clone()).map_err(broken)?;
        let told = inputs.told();
        told.product = name::plain(&told.product);
        if !self.entry.abilities.writes(&told.locale) {
            return Err(self.declines(format!(
                "rehearsal writes English and simplified Chinese only, not {} ({})",
                told.language, told.locale
            )));
        }
        serde_json::to_value(json!(write(&inputs))).map_err(broken)
    }

    fn declines(&self, reason: String) -> Error {
        Error::Declined { model: self.entry.id.clone(), reason }
    }

    fn unreadable(&self, detail: String) -> Error {
        Error::Unreadable { provider: self.entry.provider.clone(), detail }
    }
}

/// Inputs that hold a brief.
trait ToldIn {
    fn told(&mut self) -> &mut Told;
}

macro_rules! told_in {
    ($($inputs:ident),*) => { $(impl ToldIn for super::inputs::$inputs { fn told(&mut self) -> &mut Told { &mut self.brief } })* };
}
told_in!(StrategyInputs, OutlineInputs, CopyInputs, ArticleInputs, ArtInputs, StoryboardInputs);

#[cfg(test)]
mod tests;
