//! Batches against certified plans, single plans, plain arithmetic and themselves in parts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod small_network;

use futures::executor::block_on;
use slicewise_core::slice::batch::BatchPlans;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_core::slice::sweep::{Axis, Day, Quantity, Surface};
use slicewise_core::slice::{Status, Sweep, Traffic};
use slicewise_nets::Network;
use slicewise_optim::{Halted, Monitor, Stopped, Unmonitored};
use slicewise_slice::batch::quality::{compare, random_problem};
use slicewise_slice::batch::{
    Look, Span, Table, calibrate, judge, plan_batch, questions, solve_questions, work,
};
use slicewise_slice::model::{NAMES, shipped};
use slicewise_slice::question::Question;
use slicewise_slice::{Effort, solve};

fn axis(quantity: Quantity, from: f64, to: f64, points: usize) -> Axis {
    Axis { quantity, from, to, points }
}

fn surface(x: Axis, y: Axis) -> Sweep {
    let network = shipped("testbed-gaussian").unwrap();
    let traffic = Traffic::Normal { mean: 3.0, deviation: 0.6 };
    let problem = SliceProblem::in_whole_box(&network.card, traffic, 5.0, 0.1);
    Sweep::Surface(Surface { problem, x, y })
}

fn day(trace: Vec<f64>, slots_per_interval: usize) -> Sweep {
    let network = shipped("testbed-gaussian").unwrap();
    let traffic = Traffic::Constant { users_per_second: 0.0 };
    let problem = SliceProblem::in_whole_box(&network.card, traffic, 5.0, 0.1);
    Sweep::Day(Day { problem, trace, variation: 0.2, slots_per_interval })
}

fn sweeps() -> [Sweep; 3] {
    [
        surface(axis(Quantity::Traffic, 0.0, 5.0, 9), axis(Quantity::Capacity(1), 10.0, 50.0, 5)),
        surface(
            axis(Quantity::DegradationThreshold, 0.01, 0.3, 7),
            axis(Quantity::Price(0), 1e-4, 1e-3, 6),
        ),
        day((0..40).map(|slot| 0.1 * f64::from(slot)).collect(), 3),
    ]
}

fn planned(network: &Network, sweep: &Sweep, first: usize, count: usize) -> BatchPlans {
    block_on(plan_batch(network, sweep, first, count, &Unmonitored, &mut ())).unwrap()
}

fn refused(sweep: &Sweep, first: usize, count: usize) -> String {
    let network = shipped("testbed-gaussian").unwrap();
    match block_on(plan_batch(&network, sweep, first, count, &Unmonitored, &mut ())) {
        Err(Halted::Input(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_batch_keeps_what_a_certificate_says_can_be_kept_and_costs_a_thousandth_more_at_most() {
    for name in NAMES {
        let network = shipped(name).unwrap();
        let quality = block_on(compare(&network, 77, 200, 1e-4, &Unmonitored)).unwrap();
        assert_eq!(quality.missed, 0, "{name}");
        assert!(quality.quantile(1.0) <= 1e-3, "{name}: {:?}", quality.excesses.last());
        assert!(quality.excesses.len() > 100 && quality.infeasible > 10, "{name}");
    }
}

#[test]
fn a_question_of_a_sweep_is_that_of_its_problem() {
    let network = shipped("testbed-gaussian").unwrap();
    for sweep in sweeps() {
        let all = questions(&network, &sweep, 0, sweep.len());
        for (index, question) in all.iter().enumerate() {
            assert_eq!(*question, Question::new(&sweep.problem(index), &network, 0), "{index}");
        }
        assert_eq!(questions(&network, &sweep, 3, 5), all[3..8]);
    }
}

#[test]
fn ranges_of_a_sweep_together_are_the_whole() {
    let network = shipped("testbed-gaussian").unwrap();
    for sweep in sweeps() {
        let whole = planned(&network, &sweep, 0, sweep.len());
        let mut parts = planned(&network, &sweep, 0, 2);
        parts.append(planned(&network, &sweep, 2, sweep.len() - 2));
        assert_eq!(parts, whole);
    }
}

#[test]
fn every_number_of_a_plan_is_that_of_plain_arithmetic() {
    for name in NAMES {
        let network = shipped(name).unwrap();
        let problems: Vec<_> = (0..60).map(|index| random_problem(&network, 5, index)).collect();
        let all: Vec<_> = problems.iter().map(|p| Question::new(p, &network, 0)).collect();
        let plans = block_on(solve_questions(&network, &all, &Unmonitored, &mut ())).unwrap();
        assert_eq!(plans.len(), all.len());
        for (index, question) in all.iter().enumerate() {
            let allocation = plans.allocation(index);
            let degradation = question.strict_degradation(&network, allocation);
            assert_eq!(
                plans.degradations[index].to_bits(),
                degradation.to_bits(),
                "{name} {index}"
            );
            assert_eq!(plans.feasible[index], degradation <= question.limit);
            let cost = problems[index].cost(allocation);
            assert!((plans.costs[index] - cost).abs() <= 1e-12 * cost);
            for (k, resource) in problems[index].resources.iter().enumerate() {
                assert!(allocation[k] >= resource.minimum && allocation[k] <= resource.capacity);
            }
        }
    }
}

#[test]
fn multipliers_say_what_a_looser_promise_saves() {
    let network = shipped("testbed-gaussian").unwrap();
    let traffic = Traffic::Normal { mean: 3.0, deviation: 0.8 };
    let base = SliceProblem::in_whole_box(&network.card, traffic, 5.0, 0.1);
    let middle = Question::new(&base, &network, 0);
    let at = |limit: f64| Question { limit, ..middle.clone() };
    let step = 1e-4;
    let all = [at(0.1 - step), at(0.1), at(0.1 + step)];
    let plans = block_on(solve_questions(&network, &all, &Unmonitored, &mut ())).unwrap();
    let saved = (plans.costs[0] - plans.costs[2]) / (2.0 * step);
    let claimed = plans.multipliers[1];
    // At a kink of the network the multiplier is the least that is surely saved.
    assert!(claimed <= 1.01 * saved && claimed >= 0.8 * saved, "{saved} {claimed}");
}

#[test]
fn points_that_miss_by_rounding_are_moved_inside_and_no_others() {
    let network = shipped("testbed-mixture").unwrap();
    let problem = SliceProblem::in_whole_box(
        &network.card,
        Traffic::Normal { mean: 3.0, deviation: 0.8 },
        5.0,
        0.1,
    );
    let question = [Question::new(&problem, &network, 0)];
    let best = block_on(solve_questions(&network, &question, &Unmonitored, &mut ())).unwrap();
    let rounded: Vec<f64> =
        question[0].point(best.allocation(0)).iter().map(|x| x * (1.0 - 1e-6)).collect();
    let missed = question[0].strict_degradation(&network, &question[0].allocation(&rounded));
    assert!(missed > question[0].limit);
    let plans = judge(&network, &question, &rounded, 7);
    assert!(plans.feasible[0] && plans.evaluations == 7);
    assert!((plans.costs[0] - best.costs[0]).abs() < 1e-5 * best.costs[0]);
    let far = [0.1, 0.1];
    let plans = judge(&network, &question, &far, 0);
    assert!(!plans.feasible[0]);
    assert_eq!(plans.allocation(0), question[0].allocation(&far));
    let broken = judge(&network, &question, &[f64::NAN, f64::INFINITY], 0);
    assert_eq!(broken.allocation(0), [0.0, problem.resources[1].capacity]);
}

#[test]
fn problems_without_traffic_get_their_least_allocation() {
    let network = shipped("delay").unwrap();
    let mut problem = SliceProblem::in_whole_box(
        &network.card,
        Traffic::Constant { users_per_second: 0.0 },
        50.0,
        0.1,
    );
    problem.resources[0].minimum = 100.0;
    let idle = Question::new(&problem, &network, 0);
    problem.slices[0].traffic = Traffic::Constant { users_per_second: 2.0 };
    let busy = Question::new(&problem, &network, 0);
    let all = [idle.clone(), busy, idle.clone()];
    let plans = block_on(solve_questions(&network, &all, &Unmonitored, &mut ())).unwrap();
    for index in [0, 2] {
        assert_eq!(plans.allocation(index), [100.0, 0.0]);
        assert_eq!((plans.costs[index], plans.degradations[index]), (idle.base_cost, 0.0));
        assert!(plans.feasible[index] && plans.multipliers[index] == 0.0);
    }
    assert!(plans.feasible[1] && plans.degradations[1] > 0.0);
    let alone = block_on(solve_questions(&network, &all[..1], &Unmonitored, &mut ())).unwrap();
    assert_eq!(alone.costs, [idle.base_cost]);
    assert!(block_on(solve_questions(&network, &[], &Unmonitored, &mut ())).unwrap().is_empty());
}

#[test]
fn the_look_is_the_degradation_at_the_nodes() {
    for name in NAMES {
        let network = shipped(name).unwrap();
        let traffic = Traffic::Normal { mean: 3.0, deviation: 0.8 };
        let qos = network.card.output.threshold_default;
        let problem = SliceProblem::in_whole_box(&network.card, traffic, qos, 0.1);
        let question = Question::new(&problem, &network, 0);
        let table = Table::new(&network, Span::of(std::slice::from_ref(&question)));
        let mut look = Look::default();
        table.look(&question, &mut look);
        for (node, value) in look.values.iter().enumerate() {
            let at = [table.coordinate(node, 0), table.coordinate(node, 1)];
            let plain = question.strict_degradation(&network, &at);
            assert!((value - plain).abs() < 1e-6, "{name} {node}: {value} {plain}");
        }
    }
}

#[test]
fn traffic_between_the_tables_levels_is_shared_between_them_with_its_mean() {
    let network = shipped("testbed-gaussian").unwrap();
    let levels = (0..17).map(f64::from).collect();
    let span = Span { lowest: vec![0.0; 2], extent: vec![1.0; 2], levels };
    let table = Table::new(&network, span);
    let problem = SliceProblem::in_whole_box(
        &network.card,
        Traffic::Normal { mean: 6.0, deviation: 1.3 },
        5.0,
        0.1,
    );
    let question = Question::new(&problem, &network, 0);
    let mut weights = Vec::new();
    table.level_weights(&question, &mut weights);
    let mean = |traffic: &[f64], weights: &[f64]| -> f64 {
        traffic.iter().zip(weights).map(|(t, w)| t * w).sum()
    };
    let expected = mean(&question.traffic, &question.weights);
    assert!((mean(&table.span.levels, &weights) - expected).abs() < 1e-12);
    assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn one_resource_or_three_or_four_are_planned_as_well_as_with_a_certificate() {
    for resources in [1, 3, 4] {
        let network = small_network::network(resources);
        let traffic = Traffic::Constant { users_per_second: 1.0 };
        let qos = network.outputs(&vec![0.6; network.inputs()])[0];
        let problems: Vec<_> = (0..12)
            .map(|index| {
                let degradation = 0.05 + 0.02 * f64::from(index);
                SliceProblem::in_whole_box(&network.card, traffic.clone(), qos, degradation)
            })
            .collect();
        let all: Vec<_> = problems.iter().map(|p| Question::new(p, &network, 0)).collect();
        let plans = block_on(solve_questions(&network, &all, &Unmonitored, &mut ())).unwrap();
        let mut most_kept = 0;
        for (index, problem) in problems.iter().enumerate() {
            let effort = Effort { most_boxes: 2000, ..Effort::default() };
            let single = block_on(solve(&network, problem, effort, &Unmonitored, &mut ())).unwrap();
            let kept = single.status != Status::Infeasible;
            assert_eq!(plans.feasible[index], kept, "{resources} resources, {index}");
            most_kept += usize::from(kept);
            assert!(
                !kept || plans.costs[index] <= single.cost * 1.001,
                "{resources} resources: {} {}",
                plans.costs[index],
                single.cost
            );
        }
        assert!(most_kept >= 6, "{resources} resources: {most_kept} of 12");
    }
}

#[test]
fn damaged_batches_are_refused_by_field() {
    let good =
        surface(axis(Quantity::Traffic, 1.0, 5.0, 4), axis(Quantity::QosThreshold, 2.0, 6.0, 3));
    assert!(refused(&good, 12, 1).starts_with("first is 12; allowed: 0 to 11"));
    assert!(refused(&good, 0, 0).starts_with("count is 0; allowed: 1 to 12"));
    assert!(refused(&good, 8, 5).starts_with("count is 5; allowed: 1 to 4"));
    assert!(refused(&good, usize::MAX, usize::MAX).starts_with("first is"));
    let degradation = axis(Quantity::DegradationThreshold, 0.1, 0.2, 2);
    let with = |x: Axis| refused(&surface(x, degradation), 0, 1);
    assert!(
        with(axis(Quantity::QosThreshold, 2.0, 600.0, 3)).starts_with("slices[0].qos_threshold")
    );
    assert!(with(axis(Quantity::Price(2), 1.0, 2.0, 3)).starts_with("x.resource is 2"));
    assert!(with(axis(Quantity::Traffic, 1.0, f64::NAN, 3)).starts_with("x.to is NaN"));
    assert!(refused(&day(vec![], 1), 0, 1).starts_with("trace (slots) is 0"));
    assert!(refused(&day(vec![1.0, f64::NAN], 1), 0, 1).starts_with("trace[1] is NaN"));
    assert!(refused(&day(vec![1.0], 0), 0, 1).starts_with("slots_per_interval is 0"));
}

#[test]
fn a_batch_stops_when_it_is_told_to() {
    struct Impatient(std::cell::Cell<usize>);
    impl Monitor for Impatient {
        async fn checkpoint(&self) -> Result<(), Stopped> {
            self.0.set(self.0.get() + 1);
            if self.0.get() > 20 { Err(Stopped) } else { Ok(()) }
        }
    }
    let network = shipped("testbed-gaussian").unwrap();
    let sweep = &sweeps()[0];
    let monitor = Impatient(std::cell::Cell::new(0));
    let stopped = block_on(plan_batch(&network, sweep, 0, sweep.len(), &monitor, &mut ()));
    assert!(matches!(stopped, Err(Halted::Stopped)));
}

#[test]
fn a_calibration_is_the_line_through_its_two_batches() {
    let network = shipped("testbed-gaussian").unwrap();
    let traffic = Traffic::Normal { mean: 3.0, deviation: 0.6 };
    let problem = SliceProblem::in_whole_box(&network.card, traffic, 5.0, 0.1);
    // A clock by which the first two measurements take 3 ms and the last two 7 ms.
    let calls = std::cell::Cell::new(0);
    let now = || {
        calls.set(calls.get() + 1);
        [0.0, 3.0, 3.0, 6.0, 10.0, 17.0, 20.0, 27.0][calls.get() - 1]
    };
    let model = block_on(calibrate(&network, &problem, &now, &Unmonitored)).unwrap();
    let levels = 16.0 * network.multiplications() as f64;
    assert!((model.expected_ms(8.0 * levels) - 3.0).abs() < 1e-9);
    assert!((model.expected_ms(40.0 * levels) - 7.0).abs() < 1e-9);
    let one = [Question::new(&problem, &network, 0)];
    assert_eq!(work(&network, &one), levels);
}
