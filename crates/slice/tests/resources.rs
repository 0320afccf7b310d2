//! One resource or three: the planner does not count on two.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod small_network;

use futures::executor::block_on;
use slicewise_core::slice::plan::Status;
use slicewise_core::slice::problem::{Method, SliceProblem};
use slicewise_core::slice::{SlicePlan, Traffic};
use slicewise_nets::Network;
use slicewise_optim::Unmonitored;
use slicewise_slice::question::Question;
use slicewise_slice::{Effort, solve};

fn problem(network: &Network) -> SliceProblem {
    let traffic = Traffic::Constant { users_per_second: 1.0 };
    // Kept with a share of every resource, missed without any.
    let qos = network.outputs(&vec![0.6; network.inputs()])[0];
    SliceProblem::in_whole_box(&network.card, traffic, qos, 0.2)
}

fn planned(network: &Network, problem: &SliceProblem) -> SlicePlan {
    block_on(solve(network, problem, Effort::default(), &Unmonitored, &mut ())).unwrap()
}

/// Least cost of a feasible point on a grid with `steps` intervals per resource.
fn exhaustive(network: &Network, problem: &SliceProblem, steps: usize) -> f64 {
    let question = Question::new(problem, network, 0);
    let resources = question.resources();
    (0..(steps + 1).pow(resources as u32))
        .filter_map(|index| {
            let point: Vec<f64> = (0..resources)
                .map(|k| (index / (steps + 1).pow(k as u32) % (steps + 1)) as f64 / steps as f64)
                .collect();
            let at = question.allocation(&point);
            let kept = question.strict_degradation(network, &at) <= question.limit;
            kept.then(|| problem.cost(&at))
        })
        .fold(f64::INFINITY, f64::min)
}

#[test]
fn one_two_and_three_resources_are_proven_cheapest() {
    for (resources, steps) in [(1, 2000), (2, 150), (3, 40)] {
        let network = small_network::network(resources);
        let problem = problem(&network);
        let plan = planned(&network, &problem);
        let grid = exhaustive(&network, &problem, steps);
        assert!(grid.is_finite(), "the example has an answer");
        assert_eq!(plan.status, Status::Solved, "{resources}: {plan:?}");
        assert!(plan.cost <= grid * 1.000_1 && plan.lower_bound.unwrap() <= grid, "{resources}");
    }
}

#[test]
fn four_resources_are_planned_without_a_proof() {
    let network = small_network::network(4);
    let problem = problem(&network);
    let plan = planned(&network, &problem);
    assert_eq!(plan.status, Status::FeasibleNotProven);
    assert!(plan.lower_bound.is_none() && plan.gap.is_none());
    assert!(plan.cost <= exhaustive(&network, &problem, 10) * 1.001);
}

#[test]
fn the_papers_method_takes_any_number_of_resources() {
    for resources in 1..=4 {
        let network = small_network::network(resources);
        let mut problem = problem(&network);
        let best = planned(&network, &problem).cost;
        problem.method = Method::PrimalDual;
        let plan = planned(&network, &problem);
        assert_eq!(plan.status, Status::FeasibleNotProven, "{resources}");
        assert!(plan.cost >= best * 0.999 && plan.cost <= best * 1.2, "{} {best}", plan.cost);
    }
}
