//! What nature forbids, the default networks do not promise.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_core::slice::{SliceProblem, Status, Traffic};
use slicewise_optim::Unmonitored;
use slicewise_slice::feedback::nearby;
use slicewise_slice::model::{measured, shipped};
use slicewise_slice::nature::{broken_order, forbidden_plans};
use slicewise_slice::{Effort, solve};

const ENSEMBLES: [&str; 2] = ["testbed-ensemble", "delay-ensemble"];

#[test]
fn no_plan_of_a_thousand_allocates_nothing_or_too_little_bandwidth() {
    for model in ENSEMBLES {
        let found = block_on(forbidden_plans(&shipped(model).unwrap(), 500, 7, &Unmonitored));
        let found = found.unwrap();
        assert_eq!((found.nothing, found.too_little_bandwidth), (0, 0), "{model}: {found:?}");
        assert!(found.kept > 100, "{model}: {found:?}");
    }
}

#[test]
fn who_has_more_is_never_served_worse() {
    for model in ENSEMBLES {
        assert_eq!(broken_order(&shipped(model).unwrap(), 100_000, 11), 0, "{model}");
    }
}

#[test]
fn the_networks_of_before_do_break_the_order_so_that_the_count_can_fail() {
    assert!(broken_order(&shipped("testbed-mixture").unwrap(), 10_000, 11) > 0);
}

fn plan(problem: &SliceProblem) -> slicewise_core::slice::SlicePlan {
    let network = shipped(&problem.model).unwrap();
    block_on(solve(&network, problem, Effort::default(), &Unmonitored, &mut ())).unwrap()
}

fn constant(users_per_second: f64, qos: f64, degradation: f64) -> SliceProblem {
    let card = shipped("testbed-ensemble").unwrap().card;
    let traffic = Traffic::Constant { users_per_second };
    SliceProblem::single(&card, traffic, qos, degradation)
}

#[test]
fn half_a_megabit_for_two_users_a_second_takes_resources() {
    let mut problem = constant(2.0, 0.5, 0.1);
    let inside = plan(&problem);
    assert_eq!(inside.status, Status::Solved, "{inside:?}");
    assert_eq!(inside.slices[0].allocation, [500.0, 5.0]);
    let card = shipped("testbed-ensemble").unwrap().card;
    problem =
        SliceProblem::in_whole_box(&card, Traffic::Constant { users_per_second: 2.0 }, 0.5, 0.1);
    let beyond = plan(&problem);
    assert_eq!(beyond.status, Status::OutsideMeasurements);
    assert!(beyond.slices[0].allocation[1] >= 2.0 * 0.5 * 0.9 * 0.95, "{beyond:?}");
    assert!(beyond.slices[0].allocation[0] > 0.0);
}

#[test]
fn a_plan_beyond_the_measurements_says_so_and_is_never_solved() {
    let mut problem = constant(6.0, 2.0, 0.2);
    let plan_of_six = plan(&problem);
    assert_eq!(plan_of_six.status, Status::OutsideMeasurements, "{plan_of_six:?}");
    assert_eq!(plan_of_six.slices[0].extrapolates, ["traffic"]);
    problem = constant(0.5, 2.0, 0.2);
    // Fewer users than were measured are served no worse than the fewest that were.
    let fewer = plan(&problem);
    assert_eq!(fewer.status, Status::Solved);
    assert_eq!(fewer.cost, plan(&constant(1.0, 2.0, 0.2)).cost);
}

#[test]
fn confidence_costs_and_its_bound_is_what_keeps_the_promise() {
    let mut last = 0.0;
    for confidence in [None, Some(0.8), Some(0.95), Some(0.99)] {
        let mut problem = constant(3.0, 3.0, 0.1);
        problem.confidence = confidence;
        let plan = plan(&problem);
        assert_eq!(plan.status, Status::Solved, "{plan:?}");
        assert!(plan.cost >= last - 1e-6, "{confidence:?}: {} {last}", plan.cost);
        last = plan.cost;
        let slice = &plan.slices[0];
        assert_eq!(slice.degradation_bound.is_some(), confidence.is_some());
        assert!(slice.held_degradation() <= 0.1);
        if let Some(bound) = slice.degradation_bound.filter(|_| confidence > Some(0.9)) {
            assert!(slice.degradation < bound);
            assert!(plan.cost_without_confidence.unwrap() < plan.cost);
        }
    }
}

#[test]
fn a_promise_that_so_few_measurements_cannot_show_is_answered_so() {
    let plan = plan(&constant(1.0, 1.0, 0.02));
    assert_eq!(plan.status, Status::Infeasible);
    let reason = plan.reason.unwrap();
    assert!(reason.contains("cannot show fewer than 4."), "{reason}");
    let mut problem = constant(1.0, 1.0, 0.02);
    problem.confidence = None;
    assert_eq!(self::plan(&problem).status, Status::Solved);
}

#[test]
fn a_certificate_of_an_ensemble_agrees_with_a_fine_grid() {
    for (users, qos, degradation) in [(3.0, 4.0, 0.1), (2.0, 5.0, 0.2), (5.0, 2.0, 0.1)] {
        let mut problem = constant(users, qos, degradation);
        problem.confidence = None;
        let network = shipped("testbed-ensemble").unwrap();
        let plan = plan(&problem);
        assert_eq!(plan.status, Status::Solved, "{plan:?}");
        let mut cheapest = f64::INFINITY;
        for i in 0..=140 {
            for j in 0..=140 {
                let allocation = [500.0 + 25.0 * f64::from(i), 5.0 + 0.25 * f64::from(j)];
                let cost = problem.cost(&allocation);
                if cost >= cheapest {
                    continue;
                }
                let row = [users, allocation[0], allocation[1]];
                let threshold = network.card.output.scale.forward(qos);
                if network.degradation(&row, threshold) <= degradation {
                    cheapest = cost;
                }
            }
        }
        assert!(plan.cost <= cheapest + 1e-9, "{users}: {} {cheapest}", plan.cost);
        assert!(plan.lower_bound.unwrap() <= cheapest);
        assert!(cheapest - plan.cost < 0.012, "{users}: {} {cheapest}", plan.cost);
    }
}

#[test]
fn what_was_measured_nearby_is_told_with_its_error() {
    let card = shipped("testbed-ensemble").unwrap().card;
    let cells = measured(&card).unwrap();
    assert_eq!(cells.len(), 239);
    let cell = cells.iter().find(|cell| cell.inputs == [3.0, 2000.0, 25.0]).unwrap();
    let median = 0.5 * (cell.qos[7] + cell.qos[8]);
    let near = nearby(cells, &cell.inputs, median, card.output.better).unwrap();
    assert!((near.degradation - 0.5).abs() < 0.25, "{near:?}");
    assert!(near.standard_error > 0.0 && near.rows >= cell.rows);
    assert!(nearby(cells, &[3.0, 1.0, 0.01], 1.0, card.output.better).is_none());
    let plan = plan(&constant(3.0, 3.0, 0.1));
    assert!(plan.slices[0].measured_nearby.is_some());
}
