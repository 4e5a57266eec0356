//! OpenAI's protocol, and the many services that speak it.
//!
//! Quirks: an error can hide in a 200, in a choice and in the middle of a stream; 429 means "slow down" or "no money";
//! what differs between services is data in `dialects.toml`.

mod dialect;
mod image;
mod schema;
mod speech;
mod text;
mod trouble;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use handbill_domain::model::Entry;
use handbill_net::{Answer, Request};

use self::dialect::Dialect;
use crate::{
    Account, Error,
    ask::{Image, Model, Reply, Speech, Text},
};

/// One model of one account.
struct OpenAi {
    account: Account,
    entry: Entry,
    dialect: Dialect,
}

/// Names of the dialects.
pub(crate) fn dialects() -> Vec<&'static str> {
    dialect::names()
}

/// Makes words.
pub(crate) fn text(account: Account, entry: Entry) -> Result<Arc<dyn Model<Text>>, Error> {
    Ok(Arc::new(OpenAi::of(account, entry)?))
}

/// Makes pictures.
pub(crate) fn image(account: Account, entry: Entry) -> Result<Arc<dyn Model<Image>>, Error> {
    Ok(Arc::new(OpenAi::of(account, entry)?))
}

/// Speaks.
pub(crate) fn speech(account: Account, entry: Entry) -> Result<Arc<dyn Model<Speech>>, Error> {
    Ok(Arc::new(OpenAi::of(account, entry)?))
}

impl OpenAi {
    fn of(account: Account, entry: Entry) -> Result<Self, Error> {
        let name = account.dialect.as_deref();
        let dialect = dialect::named(name).ok_or_else(|| Error::Rejected {
            provider: entry.provider.clone(),
            reason: format!("there is no dialect `{}`", name.unwrap_or_default()),
        })?;
        Ok(Self { account, entry, dialect })
    }

    /// Sends a request once; a bad status becomes the error that it means.
    async fn send(&self, request: Request, key: &str) -> Result<Answer, Error> {
        let keyed = self.dialect.idempotency && !key.is_empty();
        let request = if keyed { request.header("idempotency-key", key) } else { request };
        let client = self.account.client()?;
        let answer =
            client.send(request).await.map_err(|e| trouble::unsent_or_cut(&self.entry.provider, &e))?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(self.trouble(answer.status, &answer.body, answer.retry_after))
        }
    }

    fn unreadable(&self, detail: impl Into<String>) -> Error {
        Error::Unreadable { provider: self.entry.provider.clone(), detail: detail.into() }
    }
}

fn reply_of(answer: Answer) -> Reply {
    Reply { status: answer.status, media_type: answer.media_type, body: answer.body }
}
