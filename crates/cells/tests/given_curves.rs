//! Plans on curves that are not quite the estimator's: their bounds hold all the same.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_cells::city::random_cells;
use slicewise_cells::model::shipped;
use slicewise_cells::solver::{self, plan_on_curves, plan_on_curves_and_threads};
use slicewise_core::cells::job::Method;
use slicewise_core::cells::{CellBatch, Curves, Objective, Scheme};
use slicewise_core::seed::{stream, uniform};
use slicewise_nets::estimator::{Estimator, EstimatorEvaluator};
use slicewise_optim::{Halted, Unmonitored};

const OBJECTIVES: [Objective; 3] = [Objective::LogSum, Objective::WeightedSum, Objective::MaxMin];

fn method(objective: Objective, scheme: Scheme) -> Method {
    Method::new("simulated", objective, scheme, 1)
}

/// The curves of all slices, each point wrong by up to `error`, and rising.
fn wrong_curves(estimator: &Estimator, cells: &CellBatch, error: f64) -> Curves {
    let mut curves = Curves::default();
    let cells = cells.narrowed(estimator.features()).unwrap();
    EstimatorEvaluator::new(estimator).curves(&cells.features, &mut curves);
    let mut generator = stream(9, 0);
    for slice in 0..curves.len() {
        let range = curves.offsets[slice] as usize..curves.offsets[slice + 1] as usize;
        let mut highest = 0.0_f64;
        for value in &mut curves.satisfaction[range] {
            let wrong = *value + error * (2.0 * uniform(&mut generator) - 1.0);
            highest = highest.max(wrong).min(1.0);
            *value = highest;
        }
    }
    curves
}

#[test]
fn bounds_on_wrong_curves_are_not_below_what_the_true_curves_allow() {
    let estimator = shipped("simulated").unwrap();
    let cells = random_cells(3, 0, 400, 2..=8);
    for objective in OBJECTIVES {
        let method = method(objective, Scheme::Exact);
        let best = block_on(solver::plan(&estimator, &method, &cells, &Unmonitored)).unwrap();
        for error in [0.0, 1e-6, 1e-3, 0.2] {
            let curves = wrong_curves(&estimator, &cells, error);
            let found =
                block_on(plan_on_curves(&estimator, &method, &cells, &curves, &Unmonitored));
            let found = found.unwrap();
            assert!(found.curve_error <= error + 1e-12, "{} {error}", found.curve_error);
            assert!(found.curve_error >= 0.5 * error, "{} {error}", found.curve_error);
            for cell in 0..cells.len() {
                let (utility, bound) = (found.plans.utilities[cell], found.plans.bounds[cell]);
                // The optimum lies between what the processor reached and what it has proven.
                assert!(bound >= best.utilities[cell], "cell {cell}: {bound}");
                assert!(utility <= best.bounds[cell], "cell {cell}: {utility}");
                let slices = cells.range(cell).len() as f64;
                let lost = best.utilities[cell] - utility;
                assert!(lost <= 2.0 * slices * error + 1e-3, "cell {cell}: {lost}");
            }
        }
    }
}

#[test]
fn satisfactions_and_utilities_are_the_networks_whatever_the_curves_say() {
    let estimator = shipped("simulated").unwrap();
    let cells = random_cells(4, 0, 60, 2..=8);
    let curves = wrong_curves(&estimator, &cells, 0.1);
    let method = method(Objective::LogSum, Scheme::Exact);
    let found = block_on(plan_on_curves(&estimator, &method, &cells, &curves, &Unmonitored));
    let plans = found.unwrap().plans;
    for cell in 0..cells.len() {
        let mut utility = 0.0;
        let mut sum = 0.0;
        for (slice, place) in cells.range(cell).zip(plans.range(cell)) {
            let share = plans.shares[place];
            let features = &cells.features_of(slice)[..estimator.features()];
            let exact = estimator.satisfaction(share, features);
            assert!((plans.satisfaction[place] - exact).abs() < 1e-12);
            assert!(share >= cells.minimum_shares[slice]);
            utility += (1.0 + exact).ln();
            sum += share;
        }
        assert!(sum <= 1.0, "{sum}");
        assert!((plans.utilities[cell] - utility).abs() < 1e-11);
    }
}

#[test]
fn threads_plan_on_given_curves_what_one_thread_plans() {
    let estimator = shipped("simulated").unwrap();
    let cells = random_cells(5, 0, 700, 2..=5);
    let curves = wrong_curves(&estimator, &cells, 1e-5);
    let method = method(Objective::LogSum, Scheme::Exact);
    let alone = block_on(plan_on_curves(&estimator, &method, &cells, &curves, &Unmonitored));
    let together = plan_on_curves_and_threads(&estimator, &method, &cells, &curves, 3);
    assert_eq!(alone.unwrap(), together.unwrap());
}

#[test]
fn too_few_curves_and_schemes_without_curves_are_named() {
    let estimator = shipped("simulated").unwrap();
    let cells = random_cells(5, 0, 3, 2..=2);
    let field = |method: &Method, curves: &Curves| {
        let found = block_on(plan_on_curves(&estimator, method, &cells, curves, &Unmonitored));
        match found {
            Err(Halted::Input(error)) => error.field,
            other => panic!("{other:?}"),
        }
    };
    let curves = wrong_curves(&estimator, &cells, 0.0);
    let exact = method(Objective::LogSum, Scheme::Exact);
    assert_eq!(field(&exact, &Curves::default()), "curves");
    assert_eq!(field(&method(Objective::LogSum, Scheme::Idla), &curves), "scheme");
}
