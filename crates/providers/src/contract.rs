//! What every adapter of every protocol keeps to. Each protocol's tests run this suite over its own models.

use std::fmt::Debug;

use bytes::Bytes;
use handbill_domain::{Fault, fault::Billed};

use crate::{
    Catalog, Error,
    ask::{JobHandle, Kind, Model, Polled, Reply, Submission, Usage},
    usage::Expected,
};

/// Most looks at a job.
const LOOKS: usize = 20;

/// Asks once, by the book, and holds everything that callers count on. Gives the answer.
pub(crate) async fn holds<K: Kind>(
    model: &dyn Model<K>,
    ask: &K::Ask,
    usage_of: impl Fn(&K::Answer) -> &Usage,
) -> K::Answer
where
    K::Ask: PartialEq + Debug,
    K::Answer: PartialEq + Debug,
{
    let kept: K::Ask = through_json(ask);
    assert_eq!(&kept, ask, "an ask comes back from the journal as it went in");
    assert!(!ask.expected(model.entry()).counts.is_empty(), "a plan knows what an ask will use");

    let reply = reply(model, ask).await;
    let kept: Reply = through_json(&reply);
    let answer = model.read(ask, &reply).expect("the reply is read");
    assert_eq!(
        model.read(ask, &kept).expect("a kept reply is read"),
        answer,
        "a reply that was kept says the same"
    );

    let usage = usage_of(&answer);
    assert!(!usage.counts.is_empty(), "an answer tells what it used");
    let catalog = Catalog::builtin().expect("the catalogue is whole");
    catalog.list_price(model.entry(), ask, usage).expect("what was used has a price");

    broken_replies(model, ask, &reply);
    let stranger = JobHandle { id: "no-such-job".to_owned(), detail: serde_json::Value::Null };
    assert!(model.poll(&stranger).await.is_err(), "a job of somebody else is an error");
    answer
}

/// The same ask gives the same bytes.
pub(crate) async fn is_deterministic<K: Kind>(model: &dyn Model<K>, ask: &K::Ask) {
    assert_eq!(reply(model, ask).await, reply(model, ask).await, "the same ask gives the same bytes");
}

async fn reply<K: Kind>(model: &dyn Model<K>, ask: &K::Ask) -> Reply {
    match model.submit(ask, "contract-key").await.expect("the request is taken") {
        Submission::Replied(reply) => reply,
        Submission::Accepted(job) => {
            let job: JobHandle = through_json(&job);
            for _ in 0..LOOKS {
                if let Polled::Replied(reply) = model.poll(&job).await.expect("the job is found") {
                    return reply;
                }
            }
            panic!("the job never ended")
        }
    }
}

/// Whatever comes back, it is read as an answer or as a typed error: never a panic, never a wrong answer for garbage.
fn broken_replies<K: Kind>(model: &dyn Model<K>, ask: &K::Ask, good: &Reply) {
    let half = good.body.slice(..good.body.len() / 2);
    let garbage: [&[u8]; 6] =
        [b"", b"{", b"\xff\xfe\x00\x80", b"null", b"<html>502 Bad Gateway</html>", b"{\"a\": [1, 2, {}]}"];
    let bodies = garbage.into_iter().map(Bytes::from_static).chain([half]);
    for body in bodies {
        let reply = Reply { body, ..good.clone() };
        let _ = model.usage(ask, &reply);
        let error = model.read(ask, &reply).map(|_| ()).expect_err("half an answer and garbage are errors");
        speaks_well(&error);
    }
}

/// An error's words agree with each other.
pub(crate) fn speaks_well(error: &Error) {
    let text = error.to_string();
    assert!(!text.is_empty() && text.len() < 4_000 && !text.ends_with('.'), "{text}");
    assert!(error.code().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", error.code());
    let retried = matches!(error.fault(), Fault::Busy { .. });
    assert!(!retried || error.billed() == Billed::No, "what is tried again was not paid: {text}");
}

fn through_json<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).expect("it is written");
    serde_json::from_str(&text).expect("it is read")
}
