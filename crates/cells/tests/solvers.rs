//! Every scheme on the same cells: feasible splits, honest numbers, proofs that hold, and the order
//! in which the schemes must come.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_cells::city::{cells, random_cells};
use slicewise_cells::solver::{self, plan_on_threads};
use slicewise_core::cells::card::EstimatorForm;
use slicewise_core::cells::job::{City, Method};
use slicewise_core::cells::{
    CellBatch, CellPlans, Objective, PAPER_FEATURES, Scheme, ServiceProfile,
};
use slicewise_nets::estimator::Estimator;
use slicewise_optim::{Halted, Monitor, Stopped, Unmonitored};

const OBJECTIVES: [Objective; 3] = [Objective::LogSum, Objective::WeightedSum, Objective::MaxMin];
const SCHEMES: [Scheme; 5] =
    [Scheme::Exact, Scheme::Idla, Scheme::Oracle, Scheme::Traffic, Scheme::Equal];
/// Largest value of each feature that the random weights are made for.
const SCALES: [f64; PAPER_FEATURES] = [24., 24., 24., 24., 24., 15., 15., 15., 15., 15., 2., 300.];

/// An estimator with random weights for features in their units. The larger `sharpness`, the
/// steeper its curves; `shift` moves a plain one's satisfaction.
fn estimator(form: EstimatorForm, sharpness: f64, shift: f64, seed: u64) -> Estimator {
    let mut estimator = Estimator::random(form, PAPER_FEATURES, &[36, 24, 16, 16], seed).unwrap();
    let first = &mut estimator.layers[0];
    let inputs = first.inputs;
    for row in first.weight.chunks_exact_mut(inputs) {
        for (weight, scale) in row[inputs - PAPER_FEATURES..].iter_mut().zip(SCALES) {
            *weight /= scale;
        }
    }
    let last = estimator.layers.last_mut().unwrap();
    last.weight.iter_mut().for_each(|weight| *weight *= sharpness);
    last.bias.iter_mut().for_each(|bias| *bias = *bias * sharpness + shift);
    estimator
}

fn monotone(sharpness: f64, seed: u64) -> Estimator {
    let knots = (0..=24).map(|k| (f64::from(k) / 24.0).powi(2)).collect();
    estimator(EstimatorForm::Monotone { knots }, sharpness, 0.0, seed)
}

fn estimators() -> Vec<Estimator> {
    vec![
        monotone(1.0, 1),
        monotone(12.0, 2),
        estimator(EstimatorForm::Plain, 0.5, 0.1, 3),
        estimator(EstimatorForm::Plain, 2.0, 0.0, 4),
        estimator(EstimatorForm::Plain, 4.0, 0.3, 8),
    ]
}

fn method(objective: Objective, scheme: Scheme) -> Method {
    Method::new("random", objective, scheme, 3)
}

fn plan(
    estimator: &Estimator,
    objective: Objective,
    scheme: Scheme,
    cells: &CellBatch,
) -> CellPlans {
    block_on(solver::plan(estimator, &method(objective, scheme), cells, &Unmonitored)).unwrap()
}

/// The utility as the estimator's plain arithmetic has it.
fn utility(
    estimator: &Estimator,
    objective: Objective,
    cells: &CellBatch,
    cell: usize,
    shares: &[f64],
) -> f64 {
    let range = cells.range(cell);
    let weights = &cells.weights[range.clone()];
    let total: f64 = weights.iter().sum();
    let found = range
        .zip(shares)
        .map(|(slice, share)| estimator.satisfaction(*share, cells.features_of(slice)));
    match objective {
        Objective::LogSum => found.map(|r| (1.0 + r).ln()).sum(),
        Objective::WeightedSum => found.zip(weights).map(|(r, weight)| r * weight / total).sum(),
        Objective::MaxMin => found.fold(f64::INFINITY, f64::min),
    }
}

/// What must hold of every plan, whatever made it.
fn check(estimator: &Estimator, objective: Objective, cells: &CellBatch, plans: &CellPlans) {
    assert_eq!(plans.len(), cells.len());
    assert_eq!(plans.offsets, cells.offsets);
    assert!(plans.bounds.len() == cells.len() && plans.prices.len() == cells.len());
    for cell in 0..cells.len() {
        let range = plans.range(cell);
        let shares = &plans.shares[range.clone()];
        assert!(shares.iter().sum::<f64>() <= 1.0, "cell {cell}: {shares:?}");
        for (share, minimum) in shares.iter().zip(&cells.minimum_shares[range.clone()]) {
            assert!(share >= minimum && *share <= 1.0, "cell {cell}: {share} {minimum}");
        }
        for slice in range {
            let r = estimator.satisfaction(plans.shares[slice], cells.features_of(slice));
            assert!((r - plans.satisfaction[slice]).abs() < 1e-12);
        }
        let found = utility(estimator, objective, cells, cell, shares);
        assert!((found - plans.utilities[cell]).abs() < 1e-12, "cell {cell}");
    }
}

#[test]
fn exact_splits_are_proven_and_nobody_does_better() {
    let batch = random_cells(5, 0, 60, 2..=8);
    for estimator in estimators() {
        for objective in OBJECTIVES {
            let exact = plan(&estimator, objective, Scheme::Exact, &batch);
            check(&estimator, objective, &batch, &exact);
            for cell in 0..batch.len() {
                assert!(exact.bounds[cell] >= exact.utilities[cell] - 1e-12, "cell {cell}");
                assert!(exact.gap(cell) <= 1e-3, "cell {cell}: {}", exact.gap(cell));
                assert!(exact.prices[cell] >= 0.0);
            }
            for scheme in SCHEMES {
                let other = plan(&estimator, objective, scheme, &batch);
                check(&estimator, objective, &batch, &other);
                for cell in 0..batch.len() {
                    let (ours, theirs) = (exact.utilities[cell], other.utilities[cell]);
                    assert!(ours >= theirs - 1e-9, "{scheme:?} cell {cell}: {ours} {theirs}");
                    assert!(exact.bounds[cell] >= theirs, "{scheme:?} cell {cell}");
                }
            }
        }
    }
}

#[test]
fn no_split_of_a_fine_grid_exceeds_the_bound() {
    let steps = 60;
    let batch = random_cells(6, 0, 12, 3..=3);
    for estimator in estimators() {
        for objective in OBJECTIVES {
            let exact = plan(&estimator, objective, Scheme::Exact, &batch);
            for cell in 0..batch.len() {
                let least = &batch.minimum_shares[batch.range(cell)];
                for a in 0..=steps {
                    for b in 0..=steps - a {
                        let split = [a, b, steps - a - b].map(|k| k as f64 / steps as f64);
                        if split.iter().zip(least).any(|(share, least)| share < least) {
                            continue;
                        }
                        let found = utility(&estimator, objective, &batch, cell, &split);
                        assert!(found <= exact.bounds[cell], "cell {cell}: {split:?}");
                        assert!(found <= exact.utilities[cell] + 1e-9, "cell {cell}: {split:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_oracle_finds_what_brute_force_finds() {
    let batch = random_cells(7, 0, 20, 3..=3);
    for estimator in estimators() {
        for objective in OBJECTIVES {
            let oracle = plan(&estimator, objective, Scheme::Oracle, &batch);
            for cell in 0..batch.len() {
                let least = &batch.minimum_shares[batch.range(cell)];
                let step = (1.0 - least.iter().sum::<f64>()) / 20.0;
                let mut best = f64::NEG_INFINITY;
                for a in 0..=20 {
                    for b in 0..=20 - a {
                        for c in 0..=20 - a - b {
                            let units = [a, b, c].map(f64::from);
                            let split: Vec<f64> =
                                units.iter().zip(least).map(|(k, m)| m + k * step).collect();
                            best = best.max(utility(&estimator, objective, &batch, cell, &split));
                        }
                    }
                }
                assert!((best - oracle.utilities[cell]).abs() < 1e-9, "cell {cell}");
            }
        }
    }
}

#[test]
fn at_an_optimum_between_points_all_slices_gain_the_price_per_share() {
    let estimator = monotone(4.0, 2);
    let batch = random_cells(8, 0, 40, 2..=5);
    let (plans, curves) = block_on(solver::open(
        &estimator,
        &method(Objective::LogSum, Scheme::Exact),
        &batch,
        &Unmonitored,
    ))
    .unwrap();
    assert_eq!(curves.len(), batch.slices());
    let mut inside = 0;
    for cell in 0..batch.len() {
        for slice in batch.range(cell) {
            let share = plans.shares[slice];
            let (points, values) = curves.curve(slice);
            let k = points.partition_point(|point| *point <= share).clamp(1, points.len() - 1);
            let near = (share - points[k - 1]).min(points[k] - share);
            if near > 1e-6 && share > batch.minimum_shares[slice] + 1e-6 {
                let slope = (values[k] - values[k - 1]) / (points[k] - points[k - 1]);
                let gain = slope / (1.0 + plans.satisfaction[slice]);
                let price = plans.prices[cell];
                assert!((gain - price).abs() < 1e-5 * (1.0 + price), "{gain} {price}");
                inside += 1;
            }
        }
    }
    assert!(inside > 20, "{inside}");
}

#[test]
fn plans_do_not_depend_on_batches_or_threads() {
    let estimator = monotone(4.0, 1);
    let batch = random_cells(9, 0, 290, 2..=4);
    for scheme in SCHEMES {
        let whole = plan(&estimator, Objective::LogSum, scheme, &batch);
        let threads =
            plan_on_threads(&estimator, &method(Objective::LogSum, scheme), &batch, 3).unwrap();
        assert_eq!(bits(&threads), bits(&whole));
        let mut parts = CellPlans::default();
        for (first, count) in [(0, 1), (1, 130), (131, 159)] {
            let part = random_cells(9, first, count, 2..=4);
            parts.append(plan(&estimator, Objective::LogSum, scheme, &part));
        }
        assert_eq!(bits(&parts), bits(&whole), "{scheme:?}");
    }
}

fn bits(plans: &CellPlans) -> Vec<Vec<u64>> {
    let columns =
        [&plans.shares, &plans.satisfaction, &plans.utilities, &plans.bounds, &plans.prices];
    columns.map(|column| column.iter().map(|number| number.to_bits()).collect()).to_vec()
}

#[test]
fn cells_with_one_slice_sixteen_slices_no_traffic_and_no_room_are_planned() {
    let estimator = monotone(4.0, 1);
    let mut batch = CellBatch::new(PAPER_FEATURES);
    let quiet = [0.; PAPER_FEATURES];
    let busy = [9., 9., 9., 9., 9., 7., 7., 7., 7., 7., 2., 100.];
    batch.push_slice(&busy, 18.0);
    batch.end_cell();
    for _ in 0..16 {
        batch.push_slice(&busy, 18.0);
    }
    batch.end_cell();
    for _ in 0..3 {
        batch.push_slice(&quiet, 0.0);
    }
    batch.end_cell();
    for minimum in [0.2, 0.3, 0.5] {
        batch.push_slice(&busy, 18.0);
        *batch.minimum_shares.last_mut().unwrap() = minimum;
    }
    batch.end_cell();
    for objective in OBJECTIVES {
        for scheme in SCHEMES {
            let plans = plan(&estimator, objective, scheme, &batch);
            check(&estimator, objective, &batch, &plans);
            let last = &plans.shares[plans.range(3)];
            assert!(last.iter().zip([0.2, 0.3, 0.5]).all(|(a, b)| (a - b).abs() < 1e-12));
            assert_eq!(plans.shares[0], 1.0, "{scheme:?}");
        }
        let exact = plan(&estimator, objective, Scheme::Exact, &batch);
        assert!((0..4).all(|cell| exact.gap(cell) <= 1e-3), "{exact:?}");
    }
}

#[test]
fn slices_that_are_satisfied_whatever_they_get_leave_the_cell_full_and_without_a_price() {
    // A plain network whose output is far above 1 at every share.
    let estimator = estimator(EstimatorForm::Plain, 0.1, 3.0, 1);
    let batch = random_cells(12, 0, 10, 2..=4);
    for objective in OBJECTIVES {
        let plans = plan(&estimator, objective, Scheme::Exact, &batch);
        check(&estimator, objective, &batch, &plans);
        for cell in 0..batch.len() {
            assert_eq!(plans.gap(cell), 0.0);
            assert_eq!(plans.prices[cell], 0.0);
            let used: f64 = plans.shares[plans.range(cell)].iter().sum();
            assert!(used > 1.0 - 1e-9, "{used}");
        }
    }
}

#[test]
fn minima_that_sum_to_a_little_more_than_one_are_lowered() {
    let estimator = monotone(4.0, 1);
    let mut batch = random_cells(13, 0, 1, 3..=3);
    batch.minimum_shares = vec![0.3, 0.3, 0.4 + 5e-10];
    for objective in OBJECTIVES {
        for scheme in SCHEMES {
            let plans = plan(&estimator, objective, scheme, &batch);
            assert!(plans.shares.iter().sum::<f64>() <= 1.0);
            assert!(plans.shares.iter().zip([0.3, 0.3, 0.4]).all(|(a, b)| (a - b).abs() < 1e-8));
        }
    }
}

#[test]
fn traffic_is_shared_in_proportion_above_the_minima() {
    let estimator = monotone(1.0, 1);
    let mut batch = random_cells(14, 0, 1, 3..=3);
    batch.traffic_mbps = vec![1.0, 6.0, 3.0];
    batch.minimum_shares = vec![0.25, 0.0, 0.0];
    let plans = plan(&estimator, Objective::LogSum, Scheme::Traffic, &batch);
    let wanted = [0.25, 0.5, 0.25];
    assert!(plans.shares.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12), "{plans:?}");
    batch.traffic_mbps = vec![0.0; 3];
    batch.minimum_shares = vec![0.0; 3];
    let plans = plan(&estimator, Objective::LogSum, Scheme::Traffic, &batch);
    assert!(plans.shares.iter().all(|share| (share - 1.0 / 3.0).abs() < 1e-12));
}

#[test]
fn wrong_cells_and_methods_are_named() {
    let estimator = monotone(1.0, 1);
    let method = method(Objective::LogSum, Scheme::Exact);
    let mut batch = random_cells(15, 0, 3, 2..=2);
    batch.features[batch.width] = f64::NAN;
    let found = block_on(solver::plan(&estimator, &method, &batch, &Unmonitored));
    let Err(Halted::Input(error)) = found else { panic!("{found:?}") };
    assert_eq!(error.field, "cells[0].slices[1].features");
    let batch = random_cells(15, 0, 3, 2..=2);
    let agent = Method { scheme: Scheme::Td3, ..method };
    let found = block_on(solver::plan(&estimator, &agent, &batch, &Unmonitored));
    let Err(Halted::Input(error)) = found else { panic!("{found:?}") };
    assert_eq!(error.field, "scheme");
}

struct StopAtOnce;

impl Monitor for StopAtOnce {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        Err(Stopped)
    }
}

#[test]
fn every_scheme_stops_when_asked_to() {
    let estimator = monotone(1.0, 1);
    let batch = random_cells(16, 0, 200, 2..=4);
    for scheme in SCHEMES {
        let method = method(Objective::LogSum, scheme);
        let found = block_on(solver::plan(&estimator, &method, &batch, &StopAtOnce));
        assert_eq!(found, Err(Halted::Stopped));
    }
}

#[test]
fn an_empty_batch_has_an_empty_plan() {
    let estimator = monotone(1.0, 1);
    let batch = CellBatch::new(PAPER_FEATURES);
    for scheme in SCHEMES {
        assert_eq!(plan(&estimator, Objective::LogSum, scheme, &batch).len(), 0);
    }
}

#[test]
fn a_citys_cells_do_not_depend_on_the_part_that_is_made() {
    let city = City::new(4, 100, ServiceProfile::of_the_paper().to_vec());
    let whole = cells(&city, 0, 100);
    whole.validate(whole.width).unwrap();
    let part = cells(&city, 40, 7);
    assert_eq!(
        part.features,
        whole.features[whole.range(40).start * whole.width..][..part.features.len()]
    );
    assert_eq!(part.traffic_mbps, whole.traffic_mbps[160..188]);
    let other = City { seed: 5, ..city };
    assert_ne!(cells(&other, 0, 1).features, whole.features[..4 * whole.width]);
}

#[test]
fn a_citys_cells_differ_and_stay_in_range() {
    let city = City::new(4, 2000, ServiceProfile::of_the_paper().to_vec());
    let batch = cells(&city, 0, 2000);
    let traffic: Vec<f64> =
        (0..2000).map(|cell| batch.traffic_mbps[batch.range(cell)].iter().sum()).collect();
    let count = |low: f64, high: f64| traffic.iter().filter(|t| (low..high).contains(*t)).count();
    // Quiet, usual and busy cells; four full services of an average cell ask for 40 Mbit/s.
    assert!(count(0.0, 15.0) > 200, "{}", count(0.0, 15.0));
    assert!(count(15.0, 30.0) > 600, "{}", count(15.0, 30.0));
    assert!(count(30.0, 100.0) > 100, "{}", count(30.0, 100.0));
    for features in batch.features.chunks_exact(batch.width) {
        assert!(features[..5].iter().all(|users| (0.0..=48.0).contains(users)));
        assert!(features[5..10].iter().all(|cqi| (4.0..=14.0).contains(cqi)));
        let (low, high) = features[..5]
            .iter()
            .fold((f64::INFINITY, 0.0f64), |(low, high), u| (low.min(*u), high.max(*u)));
        assert!(high <= 1.5 * low, "{features:?}");
    }
}
