//! A plan made in the browser is the plan made natively.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(target_arch = "wasm32")]

#[allow(dead_code, reason = "each test takes what it needs")]
mod alone;

use alone::{Alone, outcome};
use slicewise_core::slice::plan::Status;
use slicewise_core::slice::problem::{SliceProblem, SliceTerms};
use slicewise_core::slice::{SliceJob, SliceOutcome, SlicePlan, Traffic};
use slicewise_engine::planners::Processor;
use slicewise_engine::planners::slice::SliceEngine;
use slicewise_slice::model::{default_network, shipped};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

async fn plan(problem: SliceProblem) -> SlicePlan {
    let engine = Alone::new(SliceEngine::new(Processor), &[SliceEngine::<Processor>::PLAN]);
    let (last, heard) = engine.ask(SliceJob::Plan { problem, tolerance: 1e-4 }).await;
    assert!(!heard.is_empty());
    match outcome(last) {
        SliceOutcome::Plan(plan) => *plan,
        other => panic!("{other:?}"),
    }
}

fn problem(model: &str, traffic: Traffic) -> SliceProblem {
    let card = shipped(model).unwrap().card.clone();
    SliceProblem::in_whole_box(&card, traffic, card.output.threshold_default, 0.1)
}

fn assert_same(found: &SlicePlan, expected: &SlicePlan) {
    assert_eq!(found.status, expected.status);
    assert_eq!(found.boxes, expected.boxes);
    for (found, expected) in found.slices.iter().zip(&expected.slices) {
        for (found, expected) in found.allocation.iter().zip(&expected.allocation) {
            assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{found} {expected}");
        }
    }
}

#[wasm_bindgen_test]
async fn the_first_view_is_planned_as_natively() {
    let expected: SlicePlan =
        serde_json::from_str(include_str!("../../../app/precomputed/plan.json")).unwrap();
    let card = default_network().unwrap().card;
    let traffic = Traffic::Constant { users_per_second: 3.0 };
    let found = plan(SliceProblem::single(&card, traffic, 5.0, 0.1)).await;
    assert_same(&found, &expected);
}

#[wasm_bindgen_test]
async fn distributions_and_mixtures_are_solved_in_the_browser() {
    for model in ["testbed-mixture", "delay"] {
        let found = plan(problem(model, Traffic::Normal { mean: 3.0, deviation: 0.8 })).await;
        assert_eq!(found.status, Status::Solved, "{model}");
    }
}

#[wasm_bindgen_test]
async fn competing_slices_are_planned_in_the_browser() {
    let mut problem = problem("testbed-gaussian", Traffic::Constant { users_per_second: 2.0 });
    problem.slices.push(SliceTerms { name: "second".to_owned(), ..problem.slices[0].clone() });
    problem.resources[1].capacity = 33.0;
    let found = plan(problem).await;
    assert_ne!(found.status, Status::Infeasible, "{:?}", found.reason);
    assert!(found.total_allocation()[1] <= 33.0);
}
