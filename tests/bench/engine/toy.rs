//! A graph that costs money, one that does nothing, and a provider that answers at once.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use handbill_domain::{
    model::{Entry, PriceUnit, Role},
    money::{Currency, Money},
    step::Lane,
};
use handbill_pipeline::{
    Context, Error as StepError,
    graph::{PlannedCall, StepOutput, StepSpec},
};
use handbill_providers::{
    Error as ModelError,
    ask::{
        Image, JobHandle, Model, Polled, Reply, Speech, Submission, Text, TextAnswer, TextAsk, Usage, Video,
    },
};
use handbill_queue::limits::Account;
use handbill_worker::{Inputs, Models, Order, Runner};
use serde_json::{Value, json};

/// A tenth of a cent for each question.
const PRICE: i64 = 1000;

/// Runs toy steps, and remembers when those began whose key says so.
#[derive(Default)]
pub struct Toy {
    pub ran: AtomicU64,
    /// Do steps take the time that they name?
    pub slow: AtomicBool,
    pub begun: Mutex<BTreeMap<String, Vec<Instant>>>,
    pub ended: Mutex<BTreeMap<String, Instant>>,
}

#[async_trait]
impl Runner for Toy {
    async fn run(&self, ctx: &Context<'_>) -> Result<StepOutput, StepError> {
        let step = ctx.step;
        let timed = step.params["timed"].as_str();
        if let Some(name) = timed {
            self.begun.lock().expect("no panic").entry(name.to_owned()).or_default().push(Instant::now());
        }
        if self.slow.load(Ordering::Relaxed)
            && let Some(ms) = step.params["ms"].as_u64()
        {
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
        let parents: Vec<Value> = step.needs.iter().map(|need| ctx.output(need)).collect::<Result<_, _>>()?;
        let mut said = Vec::new();
        for call in &step.calls {
            said.push(ctx.desk.text(call.role, &question(&step.key, &parents)).await?.answer.value);
        }
        self.ran.fetch_add(1, Ordering::Relaxed);
        if let Some(name) = timed {
            self.ended.lock().expect("no panic").insert(name.to_owned(), Instant::now());
        }
        Ok(StepOutput { value: json!({ "said": said, "of": parents.len() }), ..StepOutput::default() })
    }
}

fn question(key: &str, parents: &[Value]) -> TextAsk {
    TextAsk {
        task: "toy".into(),
        system: String::new(),
        user: format!("{key} after {} parents", parents.len()),
        schema: json!({}),
        inputs: json!({ "parents": parents }),
        seed: 1,
        max_output_tokens: 10,
        repair: None,
    }
}

/// A provider that answers at once and honours keys.
pub struct Provider(Entry);

impl Provider {
    fn new() -> Self {
        let entry = json!({
            "id": "toy/one", "modality": "text", "provider": "toy", "model": "one", "abilities": { "idempotency": true },
        });
        Self(serde_json::from_value(entry).expect("an entry"))
    }
}

#[async_trait]
impl Model<Text> for Provider {
    fn entry(&self) -> &Entry {
        &self.0
    }

    async fn submit(&self, ask: &TextAsk, _: &str) -> Result<Submission, ModelError> {
        let body = Bytes::from(format!("an answer to {}", ask.user));
        Ok(Submission::Replied(Reply { status: 200, media_type: "text/plain".into(), body }))
    }

    async fn poll(&self, _: &JobHandle) -> Result<Polled, ModelError> {
        Ok(Polled::Pending { after_ms: 1000 })
    }

    fn read(&self, _: &TextAsk, reply: &Reply) -> Result<TextAnswer, ModelError> {
        let value = String::from_utf8_lossy(&reply.body).into_owned().into();
        Ok(TextAnswer { value, usage: usage(1) })
    }
}

fn usage(requests: u64) -> Usage {
    Usage { counts: vec![(PriceUnit::Request, requests)], ..Usage::default() }
}

pub struct Catalogue(Arc<Provider>);

impl Default for Catalogue {
    fn default() -> Self {
        Self(Arc::new(Provider::new()))
    }
}

impl Models for Catalogue {
    fn text(&self, _: Role) -> Result<Arc<dyn Model<Text>>, ModelError> {
        Ok(self.0.clone())
    }

    fn image(&self, role: Role) -> Result<Arc<dyn Model<Image>>, ModelError> {
        Err(nobody(role))
    }

    fn video(&self, role: Role) -> Result<Arc<dyn Model<Video>>, ModelError> {
        Err(nobody(role))
    }

    fn speech(&self, role: Role) -> Result<Arc<dyn Model<Speech>>, ModelError> {
        Err(nobody(role))
    }

    fn price(&self, _: &Entry, usage: &Usage, currency: Currency) -> Result<Money, ModelError> {
        let requests: u64 = usage.counts.iter().map(|(_, n)| n).sum();
        Ok(Money { amount_micros: i64::try_from(requests).unwrap_or(i64::MAX) * PRICE, currency })
    }

    fn account(&self, entry: &Entry) -> Account {
        Account { id: entry.provider.clone(), ..Account::default() }
    }

    fn is_rehearsal(&self, _: &Entry) -> bool {
        false
    }
}

fn nobody(role: Role) -> ModelError {
    ModelError::Rejected { provider: "toy".into(), reason: format!("nobody is {}", role.as_str()) }
}

fn a_step(key: String, lane: Lane, needs: Vec<String>, calls: usize, params: Value) -> StepSpec {
    let call = PlannedCall { role: Role::Writer, usage: usage(1), at_most: 1 };
    let makes = vec![format!("asset.{key}")];
    StepSpec {
        key,
        kind: "toy".into(),
        lane,
        needs,
        params,
        makes,
        calls: vec![call; calls],
        stage: "toy".into(),
    }
}

/// plan → four texts → one page of all of them: five paid calls, a journal, a ledger, a budget.
pub fn a_graph() -> Vec<StepSpec> {
    let texts: Vec<String> = (1..=4).map(|n| format!("text.{n}")).collect();
    let mut steps = vec![a_step("plan".into(), Lane::Model, vec![], 1, Value::Null)];
    steps.extend(
        texts.iter().map(|key| a_step(key.clone(), Lane::Model, vec!["plan".into()], 1, Value::Null)),
    );
    steps.push(a_step("page".into(), Lane::Media, texts, 0, Value::Null));
    steps
}

/// Steps that do nothing and wait for nobody.
pub fn nothing(count: usize) -> Vec<StepSpec> {
    (0..count).map(|n| a_step(format!("n{n}"), Lane::Model, vec![], 0, Value::Null)).collect()
}

/// One step after another, each with its time.
pub fn a_chain(length: usize) -> Vec<StepSpec> {
    let name = |n: usize| format!("hop {n:04}");
    let needs = |n: usize| if n == 0 { vec![] } else { vec![name(n - 1)] };
    let steps = 0..length;
    steps.map(|n| a_step(name(n), Lane::Model, needs(n), 0, json!({ "timed": name(n) }))).collect()
}

/// One step that takes so long where steps are slow, and whose beginning is remembered under this name.
pub fn a_timed(name: &str, ms: u64) -> Vec<StepSpec> {
    vec![a_step("only".into(), Lane::Model, vec![], 0, json!({ "timed": name, "ms": ms }))]
}

/// An order; the number makes it another one than those before.
pub fn an_order(number: u64, steps: Vec<StepSpec>, bulk: bool) -> Order {
    let brief = json!({
        "handbill": 1, "campaign": "toy", "objective": "launch", "audience": "all", "key_message": "m", "call_to_action": "go",
        "product": { "name": "Toy", "category": "toys", "photos": [{ "file": "toy.png" }],
                     "facts": [{ "id": "one", "label": "Pieces", "value": 1 }] },
        "brand": { "name": "Brand", "colors": { "primary": "#112233" } },
        "locales": ["en-US"], "placements": ["google_ads.rsa"],
    });
    let inputs = Inputs {
        brief: serde_json::from_value(brief).expect("a brief"),
        brief_files: BTreeMap::new(),
        seed: number,
        models: BTreeMap::from([("writer".into(), "toy/one".into())]),
        recipe: "toy 1".into(),
        made_with: BTreeMap::new(),
    };
    let calls = steps.iter().map(|s| s.calls.len()).sum::<usize>();
    let planned = Money { amount_micros: PRICE * i64::try_from(calls).unwrap_or(0), currency: Currency::Usd };
    Order { inputs, steps, planned, ceiling_micros: Some(1_000_000), key: None, bulk }
}
