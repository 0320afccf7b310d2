//! What the page shows before its engine has arrived is what the engine then says.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_core::slice::{SlicePlan, Traffic};
use slicewise_optim::Unmonitored;
use slicewise_slice::model::{DEFAULT_MODEL, shipped};
use slicewise_slice::{Effort, solve};

#[test]
fn the_precomputed_plan_is_the_planners_own() {
    let text = include_str!("../../../app/precomputed/plan.json");
    let kept: SlicePlan = serde_json::from_str(text).unwrap();
    let network = shipped(DEFAULT_MODEL).unwrap();
    let traffic = Traffic::Constant { users_per_second: 3.0 };
    let problem = SliceProblem::single(&network.card, traffic, 5.0, 0.1);
    let plan =
        block_on(solve(&network, &problem, Effort::default(), &Unmonitored, &mut ())).unwrap();
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
    assert_eq!(kept.weights_fingerprint, plan.weights_fingerprint, "slicewise generate first-view");
    assert_eq!(kept.status, plan.status);
    assert!(close(kept.cost, plan.cost), "{} {}", kept.cost, plan.cost);
    assert!(close(kept.lower_bound.unwrap(), plan.lower_bound.unwrap()));
    let (kept_peak, peak) = (kept.peak_cost.unwrap(), plan.peak_cost.unwrap());
    assert!(close(kept_peak, peak), "{kept_peak} {peak}: run slicewise generate first-view");
    for (kept, plan) in kept.slices[0].allocation.iter().zip(&plan.slices[0].allocation) {
        assert!(close(*kept, *plan), "{kept} {plan}: run slicewise generate first-view");
    }
}
