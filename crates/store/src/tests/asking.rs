//! What the store promises to the API.

use std::time::Duration;

use handbill_domain::{
    asset::Digest,
    ids::{RunId, WorkspaceId},
    money::{Currency, Money},
    step::RunState,
};
use serde_json::json;

use crate::{
    Error, Store,
    budgets::{self, Scope},
    keys::{self, NewKey},
    ledger,
    orders::{self, Order},
    plans::{self, NewPlan},
    requests::{self, Answer, Claim, Request},
    runs::{self, Filter},
    secrets, steps,
    uploads::{self, Upload},
    versions, workspaces,
};

pub(super) async fn all(store: &Store) {
    a_key_opens_its_workspace_until_it_is_revoked_or_too_old(store).await;
    a_key_s_ceiling_holds_in_every_currency(store).await;
    a_request_is_claimed_by_one_and_answered_the_same(store).await;
    what_a_workspace_sent_planned_and_ordered_is_its_own(store).await;
    a_shared_secret_is_the_same_for_all(store).await;
    pages_go_through_a_list_in_its_order(store).await;
}

fn here() -> WorkspaceId {
    WorkspaceId::default()
}

fn elsewhere() -> WorkspaceId {
    WorkspaceId::new("elsewhere")
}

fn a_key() -> NewKey {
    NewKey {
        name: "a".into(),
        scopes: vec!["runs:read".into()],
        rehearsal: false,
        ceiling: None,
        lives_ms: None,
    }
}

async fn a_key_opens_its_workspace_until_it_is_revoked_or_too_old(store: &Store) {
    let nowhere = keys::create(store, &WorkspaceId::new("nowhere"), &a_key()).await;
    assert!(matches!(nowhere, Err(Error::NotFound(_))), "a key belongs to a workspace");
    assert!(workspaces::create(store, &elsewhere()).await.unwrap());
    assert!(!workspaces::create(store, &elsewhere()).await.unwrap());
    assert_eq!(workspaces::all(store).await.unwrap().len(), 2);
    let (key, text) = keys::create(store, &elsewhere(), &a_key()).await.unwrap();
    let found = keys::authenticate(store, &text).await.unwrap().unwrap();
    assert_eq!((&found.id, &found.workspace, &found.scopes), (&key.id, &elsewhere(), &key.scopes));
    assert!(keys::find(store, &elsewhere(), &key.id).await.unwrap().used_at.is_some());
    for wrong in [
        "",
        "hb",
        "hb_live",
        &format!("hb_live_{}_", key.id),
        &text[..text.len() - 1],
        &text.replace("live", "rehearsal"),
    ] {
        assert!(keys::authenticate(store, wrong).await.unwrap().is_none(), "{wrong}");
    }
    assert!(matches!(keys::revoke(store, &here(), &key.id).await, Err(Error::NotFound(_))), "not theirs");
    assert!(keys::authenticate(store, &text).await.unwrap().is_some());
    assert!(keys::revoke(store, &elsewhere(), &key.id).await.unwrap());
    assert!(!keys::revoke(store, &elsewhere(), &key.id).await.unwrap());
    assert!(keys::authenticate(store, &text).await.unwrap().is_none());
    let old = NewKey { lives_ms: Some(-1), ..a_key() };
    let (_, text) = keys::create(store, &here(), &old).await.unwrap();
    assert!(keys::authenticate(store, &text).await.unwrap().is_none());
    assert_eq!(keys::all(store, &elsewhere()).await.unwrap().len(), 1);
}

async fn a_key_s_ceiling_holds_in_every_currency(store: &Store) {
    let yuan = Money { amount_micros: 5_000_000, currency: Currency::Cny };
    let ceilings = |key: String| async move {
        let budgets = budgets::read(store, &here(), &Scope::Key(key)).await.unwrap();
        budgets.into_iter().map(|b| b.ceiling.map(|c| (c.currency, c.amount_micros))).collect::<Vec<_>>()
    };
    let (limited, _) =
        keys::create(store, &here(), &NewKey { ceiling: Some(yuan), ..a_key() }).await.unwrap();
    let most = [(Currency::Cny, 5_000_000), (Currency::Eur, 0), (Currency::Usd, 0)].map(Some);
    assert_eq!(ceilings(limited.id).await, most);
    let (rehearsal, _) = keys::create(store, &here(), &NewKey { rehearsal: true, ..a_key() }).await.unwrap();
    let nothing = [(Currency::Cny, 0), (Currency::Eur, 0), (Currency::Usd, 0)].map(Some);
    assert_eq!(ceilings(rehearsal.id).await, nothing);
    let (free, _) = keys::create(store, &here(), &a_key()).await.unwrap();
    assert!(ceilings(free.id).await.is_empty());
}

fn a_request(id: &str, fingerprint: &str) -> Request {
    Request { caller: "k".into(), name: "n".into(), fingerprint: fingerprint.into(), id: id.into() }
}

async fn a_request_is_claimed_by_one_and_answered_the_same(store: &Store) {
    let long = Duration::from_secs(60);
    let claim = |request: Request, patience: Duration| async move {
        requests::claim(store, &here(), &request, patience).await.unwrap()
    };
    let first = a_request("1", "f");
    assert_eq!(claim(first.clone(), long).await, Claim::Ours);
    assert_eq!(claim(a_request("2", "f"), long).await, Claim::UnderWay("1".into()));
    assert_eq!(claim(a_request("2", "g"), long).await, Claim::Other);
    let of_another = requests::claim(store, &elsewhere(), &a_request("9", "g"), long).await.unwrap();
    assert_eq!(of_another, Claim::Ours, "names are a workspace's own");
    // Whoever had it died: after a while it is the next one's, and what the dead one says no longer counts.
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(claim(a_request("3", "f"), Duration::ZERO).await, Claim::Ours);
    let answer =
        |body: &str| Answer { status: 201, location: None, media_type: "x".into(), body: body.into() };
    requests::keep(store, &here(), &first, &answer("late")).await.unwrap();
    requests::keep(store, &here(), &a_request("3", "f"), &answer("春")).await.unwrap();
    assert_eq!(claim(a_request("4", "f"), Duration::ZERO).await, Claim::Done(answer("春")));
    requests::give_up(store, &here(), &a_request("3", "f")).await.unwrap();
    assert_eq!(claim(a_request("5", "g"), long).await, Claim::Ours);
    assert_eq!(requests::sweep(store).await.unwrap(), 0, "they are kept for a day");
}

async fn what_a_workspace_sent_planned_and_ordered_is_its_own(store: &Store) {
    let digest = Digest::of(b"a photo");
    let upload = Upload {
        digest: digest.clone(),
        media_type: "image/png".into(),
        bytes: 7,
        size: Some((1, 2)),
        at: 0,
    };
    assert!(uploads::create(store, &here(), &upload).await.unwrap());
    assert!(!uploads::create(store, &here(), &upload).await.unwrap());
    assert_eq!(uploads::find(store, &here(), &digest).await.unwrap().size, Some((1, 2)));
    assert!(matches!(uploads::find(store, &elsewhere(), &digest).await, Err(Error::NotFound(_))));
    assert_eq!(uploads::known(store, &here(), [&digest]).await.unwrap().len(), 1);
    assert!(uploads::known(store, &elsewhere(), [&digest]).await.unwrap().is_empty());

    let run = RunId::new("r-ordered");
    let new = NewPlan {
        run: Some(run.clone()),
        rehearsal: true,
        shown: json!({ "z": 1, "a": 2 }),
        order: Some("o".into()),
    };
    let plan = plans::create(store, &here(), &new).await.unwrap();
    assert!(plan.is_good && plan.expires_at - plan.created_at == 24 * 3600 * 1000);
    assert_eq!((&plan.plan.shown, &plan.plan.order), (&new.shown, &new.order));
    assert!(matches!(plans::find(store, &elsewhere(), &plan.id).await, Err(Error::NotFound(_))));
    assert_eq!(plans::sweep(store).await.unwrap(), 0);

    let order = Order {
        plan: plan.id,
        metadata: [("a".into(), "春".into())].into(),
        callback_url: None,
        rehearsal: true,
    };
    orders::put(store, &here(), &run, &order).await.unwrap();
    let later = Order { callback_url: Some("https://a.example/".into()), ..order };
    orders::put(store, &here(), &run, &later).await.unwrap();
    assert_eq!(orders::of(store, &here(), [&run]).await.unwrap().get(&run), Some(&later));
    assert!(orders::of(store, &elsewhere(), [&run]).await.unwrap().is_empty());
}

async fn a_shared_secret_is_the_same_for_all(store: &Store) {
    let (one, same) = tokio::join!(secrets::shared(store, "links"), secrets::shared(store, "links"));
    assert_eq!(one.as_deref().unwrap().len(), 64);
    assert_eq!(one.unwrap(), same.unwrap());
    assert_ne!(
        secrets::shared(store, "links").await.unwrap(),
        secrets::shared(store, "other").await.unwrap()
    );
}

/// Runs, steps and lines are there from the promises to the engine.
async fn pages_go_through_a_list_in_its_order(store: &Store) {
    let all: Vec<_> =
        runs::all(store, &here(), None, 1000).await.unwrap().into_iter().map(|run| run.id).collect();
    let (mut seen, mut filter) = (Vec::new(), Filter::default());
    loop {
        let page = runs::page(store, &here(), &filter, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some((last.created_at, last.id.clone()));
        seen.extend(page.into_iter().map(|run| run.id));
    }
    assert!(all.len() > 4);
    assert_eq!(seen, all);
    let running = Filter { state: Some(RunState::Running), ..Filter::default() };
    let running = runs::page(store, &here(), &running, 1000).await.unwrap();
    assert!(running.iter().all(|run| run.state == RunState::Running) && running.len() < all.len());
    let now = store.clock().await.unwrap();
    let going_on = runs::lately(store, &here(), None).await.unwrap();
    assert!(going_on.iter().all(|run| run.ended_at.is_none()) && going_on.len() >= running.len());
    let lately = runs::lately(store, &here(), Some(now - 3_600_000)).await.unwrap();
    assert_eq!(lately.len(), all.len(), "those that ended too");
    assert!(runs::lately(store, &elsewhere(), Some(0)).await.unwrap().is_empty());

    let run = all.iter().rev().find(|run| run.as_str() == "once").unwrap();
    let whole = steps::all(store, &here(), run).await.unwrap();
    let first = steps::page(store, &here(), run, 0, 1).await.unwrap();
    let rest = steps::page(store, &here(), run, first[0].id, 9).await.unwrap();
    assert_eq!([first, rest].concat(), whole);

    let lines = ledger::lines(store, &here(), None, 1000).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let from = after.as_ref().map(|(at, key): &(i64, String)| (*at, key.as_str()));
        let page = ledger::page(store, &here(), None, from, 1).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.at, last.call_key.clone()));
        seen.extend(page);
    }
    assert!(lines.len() > 1);
    assert_eq!(seen, lines);
    assert!(versions::latest(store, &here(), "nothing", "", 5).await.unwrap().is_empty());
    assert!(versions::of_asset(store, &here(), "nothing", "x").await.unwrap().is_empty());
}
