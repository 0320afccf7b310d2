//! One resource or three: the planner does not count on two.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_core::card::{Better, InputField};
use slicewise_core::plan::Status;
use slicewise_core::problem::{Method, SliceProblem};
use slicewise_core::seed::{stream, uniform};
use slicewise_core::{SlicePlan, Traffic};
use slicewise_nets::Network;
use slicewise_nets::head::Head;
use slicewise_nets::network::Layer;
use slicewise_optim::Unmonitored;
use slicewise_slice::model::shipped;
use slicewise_slice::question::Question;
use slicewise_slice::{Effort, solve};

/// A random network of a traffic and `resources` resources of capacity 1 in which QoS tends to rise
/// with every resource and to fall with traffic.
fn network(resources: usize) -> Network {
    let mut generator = stream(40, resources as u64);
    let mut draw = |low: f64, high: f64| low + (high - low) * uniform(&mut generator);
    let mut layer = |inputs: usize, outputs: usize, sign: &dyn Fn(usize) -> f64| Layer {
        inputs,
        outputs,
        weight: (0..inputs * outputs).map(|i| sign(i % inputs) * draw(-0.2, 1.0)).collect(),
        bias: (0..outputs).map(|_| draw(-0.2, 0.3)).collect(),
    };
    let inputs = 1 + resources;
    let first = layer(inputs, 10, &|input| if input == 0 { -0.2 } else { 1.5 });
    let second = layer(10, 10, &|_| 0.5);
    let mut last = layer(10, 2, &|_| 0.4);
    last.bias[0] = 3.0;
    last.weight[10..].iter_mut().for_each(|weight| *weight *= 0.1);
    let mut card = shipped("testbed-gaussian").unwrap().card;
    card.output.threshold_maximum = 1e3;
    card.inputs.truncate(1);
    card.inputs.extend((0..resources).map(|k| InputField {
        name: format!("resource {k}"),
        unit: "units".to_owned(),
        trained_minimum: 0.0,
        trained_maximum: 1.0,
        default_capacity: 1.0,
    }));
    let head =
        Head { components: 1, deviation_scale: 0.5, deviation_floor: 0.01, better: Better::Higher };
    Network { card, layers: vec![first, second, last], head }
}

fn problem(network: &Network) -> SliceProblem {
    let traffic = Traffic::Constant { users_per_second: 1.0 };
    // Kept with a share of every resource, missed without any.
    let qos = network.outputs(&vec![0.6; network.inputs()])[0];
    SliceProblem::single(&network.card, traffic, qos, 0.2)
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
        let network = network(resources);
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
    let network = network(4);
    let problem = problem(&network);
    let plan = planned(&network, &problem);
    assert_eq!(plan.status, Status::FeasibleNotProven);
    assert!(plan.lower_bound.is_none() && plan.gap.is_none());
    assert!(plan.cost <= exhaustive(&network, &problem, 10) * 1.001);
}

#[test]
fn the_papers_method_takes_any_number_of_resources() {
    for resources in 1..=4 {
        let network = network(resources);
        let mut problem = problem(&network);
        let best = planned(&network, &problem).cost;
        problem.method = Method::PrimalDual;
        let plan = planned(&network, &problem);
        assert_eq!(plan.status, Status::FeasibleNotProven, "{resources}");
        assert!(plan.cost >= best * 0.999 && plan.cost <= best * 1.2, "{} {best}", plan.cost);
    }
}
