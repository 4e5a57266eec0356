//! Plans, orders, and requests that are done once.

use super::{
    desk::{a_plan, an_order},
    *,
};

async fn order(server: &Server, key: &str, body: &Value) -> Answer {
    Call::new(server, "POST", "/api/v1/runs").key(key).json(body).done().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_tells_what_is_made_and_a_run_begins_only_below_its_ceiling() {
    let server = serving().await;
    let key = server.any_key().await;
    let plan = a_plan(&server, &key, |_| {}).await;
    assert_eq!(plan["admission"], "admitted");
    assert_eq!(plan["assets"], json!({ "total": 1, "current": 0, "stale": 0, "missing": 1 }));
    assert_eq!(plan["deliveries"][0]["placement"], "meta.feed_image");
    assert_eq!(plan["deliveries"][0]["assets"][0], json!({ "id": "copy.meta", "currency": "missing" }));
    let plan_path = format!("/api/v1/plans/{}", plan["id"].as_str().unwrap());
    assert_eq!(Call::new(&server, "GET", &plan_path).key(&key).done().await.body, plan);

    let refused = order(&server, &key, &an_order(&plan, 0)).await.with(402);
    assert_eq!((refused.code(), &refused.body["fault"]), ("over_ceiling", &json!("over_budget")));
    assert_eq!(refused.body["errors"][0]["pointer"], "/max_cost/amount_micros");
    let none = Call::new(&server, "GET", "/api/v1/runs").key(&key).done().await.with(200);
    assert_eq!(none.body, json!({ "data": [] }), "nothing was started");
    let mut yuan = an_order(&plan, 5);
    yuan["max_cost"]["currency"] = json!("CNY");
    order(&server, &key, &yuan).await.with(422);

    let mut body = an_order(&plan, 5);
    body["metadata"] = json!({ "client": "春茶" });
    let made = order(&server, &key, &body).await.with(201);
    assert_eq!(made.body["id"], plan["run"]);
    assert_eq!((&made.body["state"], &made.body["metadata"]["client"]), (&json!("running"), &json!("春茶")));
    assert_eq!(made.body["cost"]["ceiling"], json!({ "amount_micros": 5_000_000, "currency": "USD" }));
    let created = made.body["created_at"].as_str().unwrap();
    assert!(created.starts_with("20") && created.ends_with('Z') && created.len() == 24, "{created}");
    let there = Call::new(&server, "GET", made.header("location").unwrap()).key(&key).done().await.with(200);
    assert_eq!(there.body, made.body);
    body["max_cost"]["amount_micros"] = json!(5_000_000.0);
    order(&server, &key, &body).await.with(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_plan_is_told_whole_and_cannot_be_ordered() {
    let server = serving().await;
    let ceiling = handbill_domain::money::Money {
        amount_micros: 500_000,
        currency: handbill_domain::money::Currency::Usd,
    };
    let key = server.key("local", |new| new.ceiling = Some(ceiling.clone())).await;
    let plan = a_plan(&server, &key, |body| body["max_cost"] = json!(ceiling)).await;
    assert_eq!(plan["admission"], "blocked");
    let codes: Vec<&str> =
        plan["obstacles"].as_array().unwrap().iter().map(|o| o["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["over_ceiling", "over_key_ceiling"], "all at once");
    let refused = order(&server, &key, &an_order(&plan, 5)).await.with(409);
    assert_eq!((refused.code(), refused.body["errors"].as_array().unwrap().len()), ("plan_blocked", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_key_orders_rehearsals_and_keeps_its_hands_off_paid_runs() {
    let server = serving().await;
    let (live, rehearsal) = (server.any_key().await, server.key("local", |new| new.rehearsal = true).await);
    let paid = a_plan(&server, &live, |_| {}).await;
    assert_eq!(order(&server, &rehearsal, &an_order(&paid, 5)).await.with(403).code(), "rehearsal_only");
    order(&server, &live, &an_order(&paid, 5)).await.with(201);
    for action in ["resume", "retry", "regenerate", "redo"] {
        let path = format!("/api/v1/runs/{}/{action}", paid["run"].as_str().unwrap());
        let call = Call::new(&server, "POST", &path).key(&rehearsal).json(&json!({ "step": "copy" }));
        let answer = call.done().await;
        // `retry` takes no step, and says so before it looks at the run.
        assert!(
            matches!((answer.status, answer.code()), (403, "rehearsal_only") | (422, "invalid")),
            "{action}"
        );
    }
    let free = a_plan(&server, &rehearsal, |_| {}).await;
    assert_eq!((&free["rehearsal"], &free["spends"]), (&json!(true), &json!([])));
    let run = order(&server, &rehearsal, &an_order(&free, 5)).await.with(201);
    assert_eq!(run.body["rehearsal"], true);
    let id = rehearsal.split('_').nth(2).unwrap();
    let scope = handbill_store::budgets::Scope::Key(id.into());
    let budgets =
        handbill_store::budgets::read(&server.store, &WorkspaceId::default(), &scope).await.unwrap();
    assert_eq!(budgets.len(), 3, "every currency");
    assert!(budgets.iter().all(|b| b.ceiling.as_ref().unwrap().amount_micros == 0), "{budgets:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_a_name_is_done_once() {
    let server = serving().await;
    let key = server.any_key().await;
    let plan = a_plan(&server, &key, |_| {}).await;
    let named = |name: &'static str, body: Value| {
        let call = Call::new(&server, "POST", "/api/v1/runs").key(&key).with("idempotency-key", name);
        call.json(&body).done()
    };
    // A refused one leaves the name free.
    named("order-1", an_order(&plan, 0)).await.with(402);
    let first = named("order-1", an_order(&plan, 5)).await.with(201);
    let again = named("order-1", an_order(&plan, 5)).await.with(201);
    assert_eq!((&again.body, again.header("location")), (&first.body, first.header("location")));
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        (None, Some("true"))
    );
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
    assert_eq!(named("order-1", an_order(&plan, 6)).await.with(422).code(), "idempotency_key_reused");
    let strange = Call::new(&server, "POST", "/api/v1/runs").key(&key).with("idempotency-key", "a b");
    assert_eq!(strange.json(&json!({})).done().await.with(422).code(), "idempotency_key_unusable");
    // Another caller's name is another name.
    let other = server.any_key().await;
    let call = Call::new(&server, "POST", "/api/v1/runs").key(&other).with("idempotency-key", "order-1");
    call.json(&an_order(&plan, 7)).done().await.with(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_equal_requests_at_once_one_is_done() {
    let server = Arc::new(serving().await);
    let key = server.any_key().await;
    let ask = |server: Arc<Server>, key: String, body: Value| async move {
        let call = Call::new(&server, "POST", "/api/v1/plans").key(&key).with("idempotency-key", "plan-1");
        call.json(&body).done().await
    };
    let upload = Call::new(&server, "POST", "/api/v1/files").key(&key).bytes("image/png", b"PNG".to_vec());
    let digest = upload.done().await.body["digest"].clone();
    let mut body = super::desk::a_plan_request();
    body["files"] = json!({ "photos/bottle.png": digest });
    let all: Vec<_> = (0..12).map(|_| tokio::spawn(ask(server.clone(), key.clone(), body.clone()))).collect();
    let mut ids = std::collections::BTreeSet::new();
    for one in all {
        let answer = one.await.unwrap();
        match answer.status {
            201 => drop(ids.insert(answer.body["id"].as_str().unwrap().to_owned())),
            409 => {
                assert_eq!(answer.code(), "request_under_way");
                assert!(answer.body["resource"].is_string(), "it names the request that is under way");
            }
            other => panic!("{other}: {}", answer.text),
        }
    }
    assert_eq!(ids.len(), 1, "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_through_the_whole_list_once_while_runs_come() {
    let server = serving().await;
    let key = server.any_key().await;
    for seed in 1..=7 {
        let plan = a_plan(&server, &key, |body| body["seed"] = json!(seed)).await;
        order(&server, &key, &an_order(&plan, 5)).await.with(201);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for n in 0.. {
        let path = format!("/api/v1/runs?limit=3{cursor}");
        let page = Call::new(&server, "GET", &path).key(&key).done().await.with(200).body;
        seen.extend(
            page["data"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()),
        );
        if n == 0 {
            let plan = a_plan(&server, &key, |body| body["seed"] = json!(99)).await;
            order(&server, &key, &an_order(&plan, 5)).await.with(201);
        }
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((seen.len(), unique.len()), (7, 7), "{seen:?}");
    let canceled = Call::new(&server, "GET", "/api/v1/runs?state=canceled").key(&key).done().await.with(200);
    assert_eq!(canceled.body["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_held_resumed_and_ended_by_its_owner() {
    let server = serving().await;
    let key = server.any_key().await;
    let plan = a_plan(&server, &key, |_| {}).await;
    let run =
        order(&server, &key, &an_order(&plan, 5)).await.with(201).body["id"].as_str().unwrap().to_owned();
    let act = |action: &'static str, body: Value| {
        let path = format!("/api/v1/runs/{run}/{action}");
        Call::new(&server, "POST", &path).key(&key).json(&body).done()
    };
    assert_eq!(act("pause", json!({})).await.with(202).body["state"], "paused");
    assert_eq!(act("resume", json!({})).await.with(202).body["state"], "running");
    assert_eq!(
        act("resume", json!({})).await.with(202).body["state"],
        "running",
        "asked twice is no mistake"
    );
    let unknown = act("retry", json!({ "steps": ["cop"] })).await.with(422);
    assert_eq!(unknown.body["errors"][0]["pointer"], "/steps/0");
    assert!(unknown.body["errors"][0]["hint"].as_str().unwrap().contains("copy"));
    assert_eq!(act("retry", json!({})).await.with(409).code(), "not_in_this_state");
    assert_eq!(
        act("regenerate", json!({ "asset": "copy.meta" })).await.with(409).code(),
        "not_in_this_state"
    );
    act("regenerate", json!({ "asset": "nothing" })).await.with(422);
    act("regenerate", json!({ "asset": "copy.meta", "step": "copy" })).await.with(422);

    let preview = act("cancel", json!({ "preview": true })).await.with(202).body;
    assert_eq!(
        (&preview["run"]["state"], &preview["assets_lost"]),
        (&json!("running"), &json!(["copy.meta"]))
    );
    let canceled = act("cancel", json!({})).await.with(202).body;
    assert_eq!((&canceled["run"]["state"], &canceled["steps_lost"]), (&json!("canceled"), &json!(1)));
    assert_eq!(act("resume", json!({})).await.with(409).code(), "run_canceled");
    assert_eq!(order(&server, &key, &an_order(&plan, 5)).await.with(409).code(), "run_canceled");
    let steps =
        Call::new(&server, "GET", &format!("/api/v1/runs/{run}/steps")).key(&key).done().await.with(200);
    assert_eq!(
        (&steps.body["data"][0]["key"], &steps.body["data"][0]["state"]),
        (&json!("copy"), &json!("canceled"))
    );
}
