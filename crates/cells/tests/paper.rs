//! The online experiment and how it is summed up.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_cells::paper::{
    Experiment, Record, Run, best_possible, distribution, recovery_steps, run, satisfied, summary,
};
use slicewise_core::cells::card::EstimatorForm;
use slicewise_core::cells::scenario::CELLS;
use slicewise_core::cells::{FEATURES, Scheme};
use slicewise_nets::estimator::Estimator;
use slicewise_optim::Unmonitored;

fn experiment(steps: [usize; 3]) -> Experiment {
    Experiment { steps, ..Experiment::new(3) }
}

fn estimator() -> Estimator {
    let knots = (0..=10).map(|knot| f64::from(knot) / 10.0).collect();
    Estimator::random(EstimatorForm::Monotone { knots }, FEATURES, &[12, 8], 3).unwrap()
}

fn run_of(scheme: Scheme, steps: [usize; 3], snapshots: &[usize]) -> Run {
    let (experiment, estimator) = (experiment(steps), estimator());
    let run = run(&experiment, &estimator, scheme, snapshots, &|| 0.0, &Unmonitored);
    block_on(run).unwrap()
}

/// A run of one slice whose satisfaction in step t is `value(t)` in all cells.
fn made_up(steps: usize, value: impl Fn(usize) -> f64) -> Run {
    let record = |step| Record {
        present: vec![0],
        satisfaction: vec![value(step); CELLS],
        throughput_over_requirement: vec![2.0 * value(step); CELLS],
        offered_mbps: 1.0,
        expected_utility: f64::NAN,
        utility: 0.0,
        gap: f64::NAN,
        decision_ms: step as f64,
    };
    Run { scheme: Scheme::Equal, records: (0..steps).map(record).collect(), snapshots: Vec::new() }
}

#[test]
fn the_paper_s_periods_follow_each_other_and_the_third_slice_comes_with_the_last() {
    let experiment = Experiment::new(1);
    let [collect, three, four] = experiment.periods();
    assert_eq!((collect.first, collect.end), (0, 1000));
    assert_eq!((three.first, three.end, three.converged), (1000, 3000, 2000));
    assert_eq!((four.first, four.end, four.converged), (3000, 5000, 4000));
    assert_eq!(experiment.scenario().present(2999), [0, 1, 3]);
    assert_eq!(experiment.scenario().present(3000), [0, 1, 2, 3]);
}

#[test]
fn all_schemes_meet_the_same_traffic_and_the_new_slice_gets_shares() {
    let steps = [4, 4, 4];
    let traffic = run_of(Scheme::Traffic, steps, &[]);
    let exact = run_of(Scheme::Exact, steps, &[]);
    assert_eq!(exact.records.len(), 12);
    for (one, other) in exact.records.iter().zip(&traffic.records) {
        assert_eq!(one.offered_mbps, other.offered_mbps);
    }
    assert_eq!(exact.records[8].present, [0, 1, 2, 3]);
    assert!(exact.records[4..8].iter().all(|record| record.gap <= 1e-3));
    assert!(exact.records[..4].iter().all(|record| record.decision_ms.is_nan()), "H0 decides not");
}

#[test]
fn the_best_split_of_a_step_serves_no_fewer_than_a_scheme_that_knows_less() {
    let run = run_of(Scheme::Equal, [2, 4, 2], &[4, 5]);
    assert_eq!(run.snapshots.len(), 2);
    for network in &run.snapshots {
        let best = best_possible(network, 20, 2);
        let record = &run.records[best.step];
        assert!(best.satisfaction_probability >= satisfied(std::slice::from_ref(record)));
        assert!(best.mean_utility >= record.utility);
    }
}

#[test]
fn samples_lie_in_the_second_half_and_at_several_times_of_the_day() {
    let experiment = Experiment::new(1);
    let [_, three, _] = experiment.periods();
    let samples = experiment.samples(&three, 24);
    assert_eq!(samples.len(), 24);
    assert!(samples.iter().all(|step| (2000..3000).contains(step)));
    let mut times: Vec<usize> = samples.iter().map(|step| step % 96).collect();
    times.sort_unstable();
    times.dedup();
    assert_eq!(times.len(), 24);
    assert_eq!(experiment.samples(&three, 5000).len(), 1000);
}

#[test]
fn probability_and_means_are_those_of_the_second_half() {
    // H1 is steps 4 to 12; from 8 on every other step is satisfied.
    let run = made_up(14, |step| if step >= 8 && step % 2 == 0 { 1.0 } else { 0.5 });
    let [_, period, _] = experiment([4, 8, 2]).periods();
    let summary = summary(&run, &period);
    assert_eq!(summary.satisfaction_probability, 0.5);
    assert_eq!(summary.satisfaction_probability_whole, 0.25);
    assert_eq!(summary.mean_satisfaction, 0.75);
    assert_eq!(summary.throughput_over_requirement, [(1, 1.5)]);
    assert_eq!(summary.decision_ms, Some(8.0));
    assert_eq!(summary.largest_gap, None);
    assert_eq!(distribution(&run, &period, &[0.4, 0.5, 0.99, 1.0]), [0.0, 0.5, 0.5, 1.0]);
}

#[test]
fn a_scheme_has_recovered_when_its_last_hour_is_at_its_later_level() {
    let [_, period, _] = experiment([2, 960, 2]).periods();
    // Half of the level for 10 steps: the mean of 4 steps reaches 98 % when the last of them is in.
    let late = made_up(964, |step| if step < 12 { 0.4 } else { 0.8 });
    assert_eq!(recovery_steps(&late, &period), Some(13));
    let at_once = made_up(964, |_| 0.8);
    assert_eq!(recovery_steps(&at_once, &period), Some(0));
}

#[test]
fn the_hour_of_the_day_does_not_pass_for_a_recovery() {
    let [_, period, _] = experiment([2, 960, 2]).periods();
    // A daily wave; the scheme is at 90 % of it for 200 steps.
    let daily = |step: usize| 0.7 + 0.2 * (step as f64 * std::f64::consts::TAU / 96.0).cos();
    let run = made_up(964, |step| daily(step) * if step < 202 { 0.9 } else { 1.0 });
    let recovered = recovery_steps(&run, &period).unwrap();
    assert!((200..=203).contains(&recovered), "{recovered}");
}

#[test]
fn a_period_of_no_steps_is_refused() {
    let error = experiment([0, 5, 5]).validate().unwrap_err();
    assert_eq!(error.field, "steps[0]");
}
