//! What is spent, what is reserved, and what is not.

use std::time::Duration;

use handbill_domain::{fault::NextAction, step::RunState};
use handbill_store::ledger;

use super::{stories::create, world::*};
use crate::Stop;

#[tokio::test(flavor = "multi_thread")]
async fn the_ceiling_holds_at_every_moment_and_more_money_lets_the_run_go_on() {
    let world = World::new(Temper { slow: Duration::from_millis(15), ..Temper::default() });
    let engine = world.engine().await;
    // Eight questions at once; money for three at the planned price, for five at the real one.
    let steps: Vec<_> = (1..=8).map(|n| a_step(&format!("text.{n}"), "words", &[], 1)).collect();
    let mut order = an_order(steps);
    order.ceiling_micros = Some(5 * COST + (PLANNED - COST));
    let id = engine.submit(&here(), &order).await.unwrap();
    let (workspace, stop) = (here(), Stop::default());
    let watching = async {
        let mut highest = 0;
        loop {
            let sums = ledger::sums(&engine.store, &here(), &id).await.unwrap();
            highest = highest.max(sums.spent.amount_micros + sums.reserved.amount_micros);
            assert!(highest <= order.ceiling_micros.unwrap(), "{highest}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let outcome = tokio::select! {
        outcome = engine.run(&workspace, &id, &stop) => outcome.unwrap(),
        () = watching => unreachable!("it watches for ever"),
    };
    assert_eq!(
        (outcome.state, outcome.outputs.len()),
        (RunState::Partial, 5),
        "what is not used is given back to the others"
    );
    assert!(outcome.failures.iter().all(|f| f.failure.code == "ceiling_reached"));
    assert_eq!(outcome.cost.spent.amount_micros, world.bill().total());
    let sums = ledger::sums(&engine.store, &here(), &id).await.unwrap();
    assert_eq!(sums.reserved.amount_micros, 0, "nothing is reserved when nothing runs");

    order.ceiling_micros = None;
    let outcome = create(&world.engine().await, &order).await;
    assert_eq!((outcome.state, outcome.outputs.len()), (RunState::Succeeded, 8));
    assert_eq!(world.bill().most_for_one_key(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_dearer_than_its_reservation_is_entered_as_it_is_and_holds_what_comes_later() {
    // Each answer costs five times the usual: one dollar, where three tenths were reserved.
    let world = World::new(Temper { dear: 5, ..Temper::default() });
    let mut order = an_order((1..=4).map(|n| a_step(&format!("text.{n}"), "words", &[], 1)).collect());
    let mut engine = world.engine().await;
    engine.settings.model_workers = 1;
    order.ceiling_micros = Some(2 * PLANNED);

    let outcome = create(&engine, &order).await;

    // The first was let through and passed the ceiling by itself; after that nobody is asked any more.
    assert_eq!((outcome.state, outcome.outputs.len()), (RunState::Partial, 1));
    assert_eq!(outcome.cost.spent.amount_micros, 5 * COST, "the ledger says what was really charged");
    assert_eq!(world.bill().charges().len(), 1);
    assert!(outcome.failures.iter().all(|f| f.failure.code == "ceiling_reached"), "{:?}", outcome.failures);
    assert_eq!(outcome.failures[0].failure.next_action, NextAction::RaiseCeiling);
    let sums =
        ledger::sums(&engine.store, &here(), &engine.submit(&here(), &order).await.unwrap()).await.unwrap();
    assert_eq!(sums.reserved.amount_micros, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_may_cost_more_than_the_plan_foresaw_reserves_what_it_may_cost() {
    // The plan foresaw one request; ten tokens of answer, which are allowed, cost more than there is.
    let world = World::new(Temper::default());
    let mut order = an_order(vec![a_step("text.1", "words", &[], 1)]);
    order.steps[0].calls[0].usage = usage(1);
    order.ceiling_micros = Some(10 * TOKEN - 1);
    let engine = world.engine().await;
    let outcome = create(&engine, &order).await;
    assert_eq!((outcome.state, outcome.outputs.len()), (RunState::Failed, 0), "it was not let through");
    assert_eq!(outcome.failures[0].failure.code, "ceiling_reached");
    assert!(world.bill().charges().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_shows_the_list_price_and_spends_nothing() {
    let world = World::new(Temper { rehearsal: true, ..Temper::default() });
    let mut order = an_order(a_graph());
    order.ceiling_micros = Some(0);
    let outcome = create(&world.engine().await, &order).await;
    assert_eq!(outcome.state, RunState::Succeeded);
    assert_eq!((outcome.cost.list.amount_micros, outcome.cost.spent.amount_micros), (CALLS * COST, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_an_answer_is_never_sent_again_and_not_called_spent() {
    let world = World::new(Temper::default().saying("text.2", 1, Says::Nothing));
    for _ in 0..2 {
        let outcome = create(&world.engine().await, &an_order(a_graph())).await;
        assert_eq!((outcome.state, outcome.cost.ambiguous_calls), (RunState::Partial, 1));
        let failure = &outcome.failures[0].failure;
        assert_eq!(
            (failure.code.as_str(), failure.billed),
            ("call_ambiguous", handbill_domain::fault::Billed::Maybe)
        );
        assert_eq!(outcome.cost.spent.amount_micros, world.bill().total() - COST);
    }
    assert_eq!(world.bill().most_for_one_key(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_an_answer_is_sent_again_under_the_same_key_where_the_provider_honours_it() {
    let world = World::new(Temper { keyed: true, ..Temper::default() }.saying("text.2", 1, Says::Nothing));
    let outcome = create(&world.engine().await, &an_order(a_graph())).await;
    assert_eq!((outcome.state, outcome.cost.ambiguous_calls), (RunState::Succeeded, 0));
    assert_eq!((world.bill().charges().len() as i64, world.bill().most_for_one_key()), (CALLS, 1));
    assert_eq!(outcome.cost.spent.amount_micros, world.bill().total());
}
