//! The network in closed loop with the schemes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_cells::closed_loop::ClosedLoop;
use slicewise_cells::model::shipped;
use slicewise_cells::solver::plan;
use slicewise_core::cells::card::EstimatorForm;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::scenario::CELLS;
use slicewise_core::cells::{
    FEATURES, HISTORY, Objective, STEPS_PER_DAY, Scenario, Scheme, SimulatedStep,
};
use slicewise_nets::estimator::Estimator;
use slicewise_optim::{Halted, Monitor, Stopped, Unmonitored};

const PLANNING: [Scheme; 5] =
    [Scheme::Exact, Scheme::Idla, Scheme::Oracle, Scheme::Traffic, Scheme::Equal];

fn estimator() -> Estimator {
    let knots = (0..=10).map(|knot| f64::from(knot) / 10.0).collect();
    Estimator::random(EstimatorForm::Monotone { knots }, FEATURES, &[12, 8], 3).unwrap()
}

fn method(scheme: Scheme) -> Method {
    Method::new("random", Objective::LogSum, scheme, 4)
}

/// Slices 1, 2 and 4; slice 3 comes in step 3 and goes in step 6, then comes no more.
fn scenario() -> Scenario {
    let mut scenario = Scenario::of_the_paper(&[1, 2, 3, 4], 9);
    scenario.slices[2].arrives = 3;
    scenario.slices[2].leaves = Some(6);
    scenario
}

fn steps(scheme: Scheme, count: usize) -> Vec<SimulatedStep> {
    let estimator = estimator();
    let mut network = ClosedLoop::new(&scenario(), &estimator, method(scheme)).unwrap();
    (0..count).map(|_| block_on(network.step(&|| 0.0, &Unmonitored)).unwrap()).collect()
}

#[test]
fn every_split_of_every_scheme_is_feasible() {
    for scheme in PLANNING {
        for step in steps(scheme, 8) {
            assert_eq!(step.kpis.len(), CELLS * step.present.len());
            for cell in step.kpis.chunks(step.present.len()) {
                let sum: f64 = cell.iter().map(|kpis| kpis.share).sum();
                assert!(sum <= 1.0 + 1e-9, "{scheme:?} {sum}");
                assert!(cell.iter().all(|kpis| (0.0..=1.0).contains(&kpis.share)));
            }
        }
    }
}

#[test]
fn all_schemes_live_in_the_same_world() {
    let offered = |scheme| -> Vec<f64> {
        steps(scheme, 6).iter().flat_map(|step| &step.kpis).map(|kpis| kpis.offered_mbps).collect()
    };
    let wanted = offered(Scheme::Equal);
    assert!(wanted.iter().sum::<f64>() > 0.0);
    for scheme in [Scheme::Exact, Scheme::Idla, Scheme::Traffic] {
        assert_eq!(offered(scheme), wanted, "{scheme:?}");
    }
}

#[test]
fn exact_expects_no_less_than_the_paper_s_search_from_the_same_observation() {
    let estimator = estimator();
    let mut network = ClosedLoop::new(&scenario(), &estimator, method(Scheme::Exact)).unwrap();
    for _ in 0..8 {
        let measured = network.measured();
        let cells = network.batch(&measured);
        let exact = block_on(network.decide(&Unmonitored)).unwrap();
        if !exact.expected_utilities.is_empty() {
            let idla = method(Scheme::Idla);
            let other = block_on(plan(&estimator, &idla, &cells, &Unmonitored)).unwrap();
            for (exact, other) in exact.expected_utilities.iter().zip(&other.utilities) {
                assert!(exact >= &(other - 1e-9), "{exact} {other}");
            }
        }
        network.advance(exact, 0.0);
    }
}

#[test]
fn a_plan_says_what_it_expects_and_proves_only_where_it_does() {
    let of = |scheme| steps(scheme, 3).pop().unwrap();
    let exact = of(Scheme::Exact);
    assert_eq!(exact.expected_utilities.len(), CELLS);
    assert!(exact.gaps.iter().all(|gap| *gap <= 1e-3), "{:?}", exact.gaps);
    assert_eq!(exact.gaps.len(), CELLS);
    assert_eq!(of(Scheme::Idla).expected_utilities.len(), CELLS);
    assert!(of(Scheme::Idla).gaps.is_empty());
    assert!(of(Scheme::Traffic).expected_utilities.is_empty());
}

#[test]
fn the_first_step_is_split_equally_where_nothing_is_known() {
    for scheme in [Scheme::Exact, Scheme::Idla, Scheme::Oracle] {
        let first = &steps(scheme, 1)[0];
        assert!(first.kpis.iter().all(|kpis| (kpis.share - 1.0 / 3.0).abs() < 1e-12));
        assert!(first.expected_utilities.is_empty());
    }
}

#[test]
fn a_slice_that_arrives_gets_an_equal_share_and_the_others_are_planned_within_the_rest() {
    let estimator = estimator();
    let mut network = ClosedLoop::new(&scenario(), &estimator, method(Scheme::Exact)).unwrap();
    for _ in 0..3 {
        block_on(network.step(&|| 0.0, &Unmonitored)).unwrap();
    }
    assert_eq!(network.simulator().present(), [0, 1, 2, 3]);
    assert_eq!(network.measured(), [0, 1, 3]);
    let cells = network.batch(&[0, 1, 3]);
    let exact = method(Scheme::Exact);
    let alone = block_on(plan(&estimator, &exact, &cells, &Unmonitored)).unwrap();
    let arrival = block_on(network.step(&|| 0.0, &Unmonitored)).unwrap();
    for (cell, kpis) in arrival.kpis.chunks(4).enumerate() {
        assert!((kpis[2].share - 0.25).abs() < 1e-12);
        for (position, planned) in [0, 1, 3].iter().zip(&alone.shares[alone.range(cell)]) {
            assert!((kpis[*position].share - 0.75 * planned).abs() < 1e-9);
        }
    }
    assert_eq!(network.measured(), [0, 1, 2, 3]);
    let planned = block_on(network.step(&|| 0.0, &Unmonitored)).unwrap();
    assert_eq!(planned.expected_utilities.len(), CELLS);
}

#[test]
fn a_slice_that_has_left_is_forgotten() {
    let estimator = estimator();
    let mut network = ClosedLoop::new(&scenario(), &estimator, method(Scheme::Equal)).unwrap();
    for _ in 0..6 {
        block_on(network.step(&|| 0.0, &Unmonitored)).unwrap();
    }
    assert!(network.memory(5, 2).observation.measured > 0);
    block_on(network.step(&|| 0.0, &Unmonitored)).unwrap();
    assert_eq!(network.memory(5, 2).observation.measured, 0);
    assert!(network.memory(5, 0).observation.measured > 0);
}

#[test]
fn the_next_search_starts_from_the_shares_before() {
    let estimator = estimator();
    let mut network = ClosedLoop::new(&scenario(), &estimator, method(Scheme::Traffic)).unwrap();
    let first = block_on(network.step(&|| 0.0, &Unmonitored)).unwrap();
    let shares: Vec<f64> = first.kpis.iter().map(|kpis| kpis.share).collect();
    assert_eq!(network.batch(&[0, 1, 3]).previous_shares, shares);
}

#[test]
fn the_decision_is_timed_by_the_clock_that_is_passed_in() {
    let estimator = estimator();
    let mut network = ClosedLoop::new(&scenario(), &estimator, method(Scheme::Equal)).unwrap();
    let time = std::cell::Cell::new(0.0);
    let now = || {
        time.set(time.get() + 2.5);
        time.get()
    };
    assert_eq!(block_on(network.step(&now, &Unmonitored)).unwrap().decision_ms, 2.5);
}

/// Stops at once.
struct Impatient;

impl Monitor for Impatient {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        Err(Stopped)
    }
}

#[test]
fn a_stopped_step_has_not_been_taken() {
    let estimator = estimator();
    let mut network = ClosedLoop::new(&scenario(), &estimator, method(Scheme::Exact)).unwrap();
    block_on(network.step(&|| 0.0, &Unmonitored)).unwrap();
    let stopped = block_on(network.step(&|| 0.0, &Impatient)).unwrap_err();
    assert_eq!(stopped, Halted::Stopped);
    assert_eq!(network.step_number(), 1);
}

#[test]
fn an_estimator_of_other_features_is_refused() {
    let other = Estimator::random(EstimatorForm::Plain, 3, &[4], 1).unwrap();
    let error = ClosedLoop::new(&scenario(), &other, method(Scheme::Exact)).err().unwrap();
    assert_eq!(error.field, "estimator");
}

/// Mean utility of a cell that came of `scheme` over a day of all four slices, and what it expected.
fn a_day_of_four_slices(estimator: &Estimator, scheme: Scheme) -> (f64, f64) {
    let scenario = Scenario::of_the_paper(&[1, 2, 3, 4], 4711);
    let method = Method { estimator: estimator.card.name.clone(), ..method(scheme) };
    let mut network = ClosedLoop::new(&scenario, estimator, method).unwrap();
    let (mut came, mut expected) = (0.0, 0.0);
    for step in 0..STEPS_PER_DAY {
        let taken = block_on(network.step(&|| 0.0, &Unmonitored)).unwrap();
        if step >= HISTORY {
            came += taken.kpis.iter().map(|kpis| kpis.satisfaction.ln_1p()).sum::<f64>();
            expected += taken.expected_utilities.iter().sum::<f64>();
        }
    }
    let cells = (CELLS * (STEPS_PER_DAY - HISTORY)) as f64;
    (came / cells, expected / cells)
}

#[test]
fn splits_by_the_expected_satisfaction_give_what_they_promise_and_more_than_simple_ones() {
    let [expects, median] = ["simulated-expected", "simulated"].map(|name| shipped(name).unwrap());
    let (came, expected) = a_day_of_four_slices(&expects, Scheme::Exact);
    let (came_of_median, expected_of_median) = a_day_of_four_slices(&median, Scheme::Exact);
    assert!((came - expected).abs() < 0.05 * came, "{came} for {expected}");
    assert!((came - expected).abs() < (came_of_median - expected_of_median).abs());
    assert!(came > came_of_median, "{came} beside {came_of_median}");
    for scheme in [Scheme::Equal, Scheme::Traffic] {
        let (simple, _) = a_day_of_four_slices(&expects, scheme);
        assert!(came > simple, "{came} beside {simple} of {scheme:?}");
    }
}

#[test]
fn weights_and_least_shares_of_services_hold_in_every_cell() {
    let estimator = estimator();
    let mut scenario = scenario();
    scenario.slices[0].service.minimum_share = 0.4;
    scenario.slices[3].service.weight = 3.0;
    let weighted = Method { objective: Objective::WeightedSum, ..method(Scheme::Exact) };
    let mut network = ClosedLoop::new(&scenario, &estimator, weighted).unwrap();
    block_on(network.step(&|| 0.0, &Unmonitored)).unwrap();
    let cells = network.batch(&[0, 1, 3]);
    assert_eq!(cells.weights, [1.0, 1.0, 3.0].repeat(CELLS));
    assert_eq!(cells.minimum_shares, [0.4, 0.0, 0.0].repeat(CELLS));
    let step = block_on(network.step(&|| 0.0, &Unmonitored)).unwrap();
    assert!(step.kpis.iter().step_by(3).all(|kpis| kpis.share >= 0.4 - 1e-9));
}
