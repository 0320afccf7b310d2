//! Plans in whole steps against every allocation on the grid, each evaluated plainly.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_core::slice::problem::{Method, SliceProblem, SliceTerms};
use slicewise_core::slice::sweep::{Axis, Day, Quantity, Surface};
use slicewise_core::slice::{SlicePlan, Status, Sweep, Traffic};
use slicewise_nets::Network;
use slicewise_optim::Unmonitored;
use slicewise_slice::batch::plan_batch;
use slicewise_slice::charts::curves;
use slicewise_slice::model::shipped;
use slicewise_slice::question::Question;
use slicewise_slice::{Effort, solve};

/// What can be set on a testbed: 100 millicores, 1 Mbit/s.
const STEPS: [f64; 2] = [100.0, 1.0];

fn in_steps(network: &Network, users: f64, qos: f64, steps: [f64; 2]) -> SliceProblem {
    let traffic = Traffic::Normal { mean: users, deviation: 0.3 };
    let mut problem = SliceProblem::single(&network.card, traffic, qos, 0.1);
    for (resource, step) in problem.resources.iter_mut().zip(steps) {
        resource.granularity = Some(step);
    }
    problem
}

fn planned(network: &Network, problem: &SliceProblem) -> SlicePlan {
    block_on(solve(network, problem, Effort::default(), &Unmonitored, &mut ())).unwrap()
}

fn multiples(problem: &SliceProblem, network: &Network, k: usize) -> Vec<f64> {
    let terms = &problem.resources[k];
    let step = terms.granularity.unwrap();
    let (first, last) =
        ((terms.minimum / step).ceil() as u64, (problem.most(&network.card, k) / step) as u64);
    (first..=last).map(|n| n as f64 * step).collect()
}

/// The least of the second resource beside each multiple of the first, by looking at all.
fn front(network: &Network, problem: &SliceProblem, slice: usize) -> Vec<(f64, f64)> {
    let question = Question::new(problem, network, slice);
    let second = multiples(problem, network, 1);
    let mut found = Vec::new();
    for first in multiples(problem, network, 0) {
        let kept = |second: &&f64| {
            question.strict_degradation(network, &[first, **second]) <= question.limit
        };
        found.extend(second.iter().find(kept).map(|second| (first, *second)));
    }
    found
}

fn cheapest(network: &Network, problem: &SliceProblem) -> Option<f64> {
    let costs = front(network, problem, 0).into_iter().map(|(a, b)| problem.cost(&[a, b]));
    costs.reduce(f64::min)
}

fn assert_on_grid(problem: &SliceProblem, allocation: &[f64]) {
    for (amount, terms) in allocation.iter().zip(&problem.resources) {
        let Some(step) = terms.granularity else { continue };
        assert_eq!(*amount, (amount / step).round() * step, "{allocation:?}");
    }
}

#[test]
fn the_plan_is_the_cheapest_of_its_grid_and_proven_so() {
    for name in ["testbed-ensemble", "testbed-gaussian", "testbed-mixture"] {
        let network = shipped(name).unwrap();
        for (users, qos, steps) in
            [(3.0, 4.0, STEPS), (1.5, 5.0, [250.0, 2.5]), (4.0, 3.0, [64.0, 0.36])]
        {
            let problem = in_steps(&network, users, qos, steps);
            let plan = planned(&network, &problem);
            let Some(cheapest) = cheapest(&network, &problem) else {
                assert_eq!(plan.status, Status::Infeasible, "{name} {users}");
                continue;
            };
            // Traffic below what the free networks were trained on is outside, and proven all the same.
            assert!(plan.keeps_promises() && plan.gap.unwrap() <= 1e-4, "{name} {users}: {plan:?}");
            assert_on_grid(&problem, &plan.slices[0].allocation);
            assert!(plan.cost <= cheapest * (1.0 + 1e-4), "{name}: {} {cheapest}", plan.cost);
            assert!(plan.cost >= cheapest - 1e-9, "{name}: {} {cheapest}", plan.cost);
            assert!(plan.lower_bound.unwrap() <= cheapest + 1e-9, "{name}: {plan:?}");
        }
    }
}

#[test]
fn a_plan_in_steps_costs_no_less_than_one_without() {
    let network = shipped("testbed-ensemble").unwrap();
    let mut problem = in_steps(&network, 3.0, 4.0, STEPS);
    let in_steps = planned(&network, &problem);
    problem.resources[1].granularity = None;
    let one_free = planned(&network, &problem);
    assert_on_grid(&problem, &one_free.slices[0].allocation);
    problem.resources[0].granularity = None;
    let free = planned(&network, &problem);
    assert_eq!([&in_steps, &one_free, &free].map(|plan| plan.status), [Status::Solved; 3]);
    assert!(free.lower_bound.unwrap() <= one_free.cost);
    assert!(one_free.lower_bound.unwrap() <= in_steps.cost);
    // A step of each is the most that rounding up costs on a monotone network.
    assert!(in_steps.cost <= free.cost + problem.cost(&STEPS));
    // What it is compared with is allocated in the same steps.
    assert!(in_steps.peak_cost.unwrap() >= in_steps.cost - 1e-9);
    assert!(in_steps.cost_without_confidence.unwrap() <= in_steps.cost + 1e-9);
}

#[test]
fn steps_too_fine_to_show_cost_what_none_cost() {
    let network = shipped("testbed-ensemble").unwrap();
    let fine = in_steps(&network, 3.0, 4.0, [0.1, 0.001]);
    let mut free = fine.clone();
    free.resources.iter_mut().for_each(|resource| resource.granularity = None);
    let (fine, free) = (planned(&network, &fine), planned(&network, &free));
    assert_eq!(fine.status, Status::Solved, "{fine:?}");
    assert!((fine.cost / free.cost - 1.0).abs() < 2e-4, "{} {}", fine.cost, free.cost);
}

#[test]
fn least_allocations_and_capacities_off_the_grid_are_kept() {
    let network = shipped("testbed-ensemble").unwrap();
    let mut problem = in_steps(&network, 1.0, 1.0, [300.0, 7.0]);
    (problem.resources[0].minimum, problem.resources[1].capacity) = (550.0, 20.0);
    let plan = planned(&network, &problem);
    assert_eq!(plan.status, Status::Solved, "{plan:?}");
    assert_eq!(plan.slices[0].allocation, [600.0, 7.0]);
    problem.slices[0].traffic = Traffic::Constant { users_per_second: 0.0 };
    assert_eq!(planned(&network, &problem).slices[0].allocation, [600.0, 7.0]);
}

#[test]
fn competing_slices_share_whole_steps_as_well_as_any_split_does() {
    let network = shipped("testbed-ensemble").unwrap();
    let mut problem = in_steps(&network, 2.0, 2.0, [250.0, 2.0]);
    let other = |users: f64, qos: f64| SliceTerms {
        name: format!("{users}"),
        traffic: Traffic::Constant { users_per_second: users },
        qos_threshold: qos,
        degradation_threshold: 0.2,
    };
    problem.slices.extend([other(1.0, 4.0), other(3.0, 1.5)]);
    for capacities in [[9000.0, 90.0], [4500.0, 34.0], [5000.0, 31.0]] {
        for (terms, capacity) in problem.resources.iter_mut().zip(capacities) {
            terms.capacity = capacity;
        }
        let plan = planned(&network, &problem);
        let fronts: Vec<Vec<(f64, f64)>> =
            (0..3).map(|slice| front(&network, &problem, slice)).collect();
        let mut cheapest = f64::INFINITY;
        for a in &fronts[0] {
            for b in &fronts[1] {
                for c in &fronts[2] {
                    let all = [a.0 + b.0 + c.0, a.1 + b.1 + c.1];
                    if all[0] <= capacities[0] && all[1] <= capacities[1] {
                        cheapest = cheapest.min(problem.cost(&all));
                    }
                }
            }
        }
        if cheapest.is_infinite() {
            assert_eq!(plan.status, Status::Infeasible, "{capacities:?}: {plan:?}");
            continue;
        }
        assert_eq!(plan.status, Status::Solved, "{capacities:?}: {plan:?}");
        assert!((plan.cost - cheapest).abs() < 1e-9, "{capacities:?}: {} {cheapest}", plan.cost);
        plan.slices.iter().for_each(|slice| assert_on_grid(&problem, &slice.allocation));
    }
}

#[test]
fn competing_slices_in_fine_steps_keep_promises_and_capacities() {
    let network = shipped("testbed-ensemble").unwrap();
    let mut problem = in_steps(&network, 2.0, 2.0, [5.0, 0.05]);
    let mut other = problem.slices[0].clone();
    other.qos_threshold = 3.0;
    problem.slices.push(other);
    let mut free = problem.clone();
    free.resources.iter_mut().for_each(|resource| resource.granularity = None);
    for bandwidth in [80.0, 24.0] {
        problem.resources[1].capacity = bandwidth;
        free.resources[1].capacity = bandwidth;
        let (plan, free) = (planned(&network, &problem), planned(&network, &free));
        assert_eq!(plan.keeps_promises(), free.keeps_promises(), "{bandwidth}: {plan:?}");
        plan.slices.iter().for_each(|slice| assert_on_grid(&problem, &slice.allocation));
        if plan.keeps_promises() {
            assert!(plan.cost <= 1.02 * free.cost, "{} {}", plan.cost, free.cost);
        }
    }
}

#[test]
fn batches_curves_and_baselines_are_on_the_grid() {
    for name in ["testbed-ensemble", "testbed-mixture"] {
        let network = shipped(name).unwrap();
        let mut problem = in_steps(&network, 3.0, 4.0, STEPS);
        let axis = |quantity, from, to, points| Axis { quantity, from, to, points };
        let surface = Sweep::Surface(Surface {
            problem: problem.clone(),
            x: axis(Quantity::Traffic, 1.0, 4.0, 4),
            y: axis(Quantity::QosThreshold, 2.0, 6.0, 3),
        });
        let trace = vec![1.0, 2.0, 4.0, 3.0];
        let day = Sweep::Day(Day {
            problem: problem.clone(),
            trace,
            variation: 0.1,
            slots_per_interval: 2,
        });
        for sweep in [surface, day] {
            let count = sweep.len();
            let plans =
                block_on(plan_batch(&network, &sweep, 0, count, &Unmonitored, &mut ())).unwrap();
            for index in 0..plans.len() {
                let problem = sweep.problem(index);
                let cheapest = cheapest(&network, &problem);
                assert_eq!(plans.feasible[index], cheapest.is_some(), "{name} {index}");
                assert_on_grid(&problem, plans.allocation(index));
                if let Some(cheapest) = cheapest {
                    let cost = plans.costs[index];
                    assert!((cost / cheapest - 1.0).abs() < 1e-3, "{name}: {cost} {cheapest}");
                }
            }
        }
        let curves = block_on(curves(&network, &problem, 0, 5, &Unmonitored)).unwrap();
        for point in curves.over_qos.iter().chain(&curves.over_degradation) {
            point.allocation.iter().for_each(|allocation| assert_on_grid(&problem, allocation));
        }
        for method in
            [Method::PrimalDual, Method::ZeroSigma, Method::TwoSigma, Method::PeakAllocation]
        {
            problem.method = method;
            let plan = planned(&network, &problem);
            assert_on_grid(&problem, &plan.slices[0].allocation);
        }
    }
}
