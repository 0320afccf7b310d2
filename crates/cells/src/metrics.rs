//! How well an estimator describes rows, beside its trivial rivals.

use std::collections::BTreeMap;

use serde::Serialize;
use slicewise_core::cells::Curves;
use slicewise_core::cells::card::{EstimatorMetrics, ExperimentErrors};
use slicewise_nets::estimator::{Estimator, EstimatorEvaluator};

use crate::dataset::CellRows;

/// Satisfaction from which on a row counts as satisfied.
pub const SATISFIED: f64 = 0.99;
/// A fall of a curve that is no rounding.
pub const FALL: f64 = 1e-9;
/// Rows that are evaluated together.
const ROWS_TOGETHER: usize = 4096;

/// Mean absolute errors of the satisfaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Errors {
    /// Over all rows.
    pub mae: f64,
    /// Half of the mean over rows below [`SATISFIED`] and half of that over the others; the mean of
    /// what there is where one kind is missing.
    pub mae_balanced: f64,
}

/// How well an estimator describes a set of rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Evaluation {
    /// Errors of the estimator.
    #[serde(flatten)]
    pub errors: Errors,
    /// Errors of the best constant for each figure, found on these very rows.
    pub constant: Errors,
    /// Errors of the satisfaction of the step before; 1 where none was measured.
    pub last_value: Errors,
    /// Mean absolute error of the estimator by service.
    pub mae_per_service: BTreeMap<u32, f64>,
    /// Rows over whose shares, from 0 to 1, the estimate falls somewhere by more than [`FALL`]: by
    /// their exact curves, not on a grid.
    pub monotone_violations: usize,
    /// Largest fall of any row's curve between two of its neighbouring points.
    pub largest_fall: f64,
    /// How much the estimate rises from the smallest to the largest share that it was trained on,
    /// on average over the rows below [`SATISFIED`].
    pub mean_rise: f64,
    /// Errors in each run or experiment, by `runs` of the rows.
    pub experiments: ExperimentErrors,
    /// Rows below [`SATISFIED`].
    pub rows_below: usize,
    /// Number of rows.
    pub rows: usize,
}

impl Evaluation {
    /// What a model card keeps of it.
    pub fn metrics(&self) -> EstimatorMetrics {
        EstimatorMetrics {
            mae: self.errors.mae,
            mae_balanced: self.errors.mae_balanced,
            monotone_violations: self.monotone_violations,
            experiments: None,
        }
    }

    /// The same of experiments that the estimator has not seen, with their spread.
    pub fn metrics_by_experiment(&self) -> EstimatorMetrics {
        EstimatorMetrics { experiments: Some(self.experiments), ..self.metrics() }
    }
}

/// Estimates of the satisfaction of `rows`.
pub fn estimates(estimator: &Estimator, rows: &CellRows) -> Vec<f64> {
    let mut evaluator = EstimatorEvaluator::new(estimator);
    let mut values = vec![0.0; rows.len()];
    evaluator.values_now(&rows.narrowed(estimator.inputs()).inputs, &mut values);
    values
}

/// Sums of absolute errors and their numbers: of rows below [`SATISFIED`], and of the others.
#[derive(Clone, Copy, Default)]
struct ErrorSums {
    sums: [f64; 2],
    counts: [f64; 2],
}

impl ErrorSums {
    fn add(&mut self, measured: f64, estimate: f64) {
        let kind = usize::from(measured >= SATISFIED);
        self.sums[kind] += (estimate - measured).abs();
        self.counts[kind] += 1.0;
    }

    fn errors(&self) -> Errors {
        let Self { sums, counts } = self;
        let mae = (sums[0] + sums[1]) / (counts[0] + counts[1]).max(1.0);
        let mean = |kind: usize| sums[kind] / counts[kind];
        let balanced = if counts[0] * counts[1] > 0.0 { 0.5 * (mean(0) + mean(1)) } else { mae };
        Errors { mae, mae_balanced: balanced }
    }
}

/// Errors of `estimates` against what `rows` measured.
pub fn errors(rows: &CellRows, estimates: impl Fn(usize) -> f64) -> Errors {
    let mut sums = ErrorSums::default();
    for (index, measured) in rows.satisfaction.iter().enumerate() {
        sums.add(*measured, estimates(index));
    }
    sums.errors()
}

/// Errors of `estimates` and of the step before in each run or experiment of `rows`.
pub fn errors_by_experiment(rows: &CellRows, estimates: &[f64]) -> ExperimentErrors {
    let mut experiments: BTreeMap<u32, [ErrorSums; 2]> = BTreeMap::new();
    for (index, measured) in rows.satisfaction.iter().enumerate() {
        let [estimate, last] = experiments.entry(rows.runs[index]).or_default();
        estimate.add(*measured, estimates[index]);
        last.add(*measured, rows.previous[index]);
    }
    let pairs: Vec<[f64; 2]> =
        experiments.values().map(|sums| sums.map(|sums| sums.errors().mae_balanced)).collect();
    let count = pairs.len().max(1) as f64;
    let mean = |of: usize| pairs.iter().map(|pair| pair[of]).sum::<f64>() / count;
    let (own, last) = (mean(0), mean(1));
    let variance = pairs.iter().map(|pair| (pair[0] - own).powi(2)).sum::<f64>() / count;
    let values = pairs.iter().map(|pair| pair[0]);
    ExperimentErrors {
        count: pairs.len(),
        mean: own,
        deviation: variance.sqrt(),
        least: values.clone().reduce(f64::min).unwrap_or_default(),
        largest: values.reduce(f64::max).unwrap_or_default(),
        last_value: errors(rows, |index| rows.previous[index]).mae_balanced,
        last_value_mean: last,
        better_than_last_value: pairs.iter().filter(|pair| pair[0] < pair[1]).count(),
    }
}

/// Measures `estimator` on `rows`.
pub fn evaluate(estimator: &Estimator, rows: &CellRows) -> Evaluation {
    evaluate_folds(&[(estimator, rows)])
}

/// Measures estimators, each on rows of its own, as if they were one: what a cross-validation says.
pub fn evaluate_folds(folds: &[(&Estimator, &CellRows)]) -> Evaluation {
    let mut rows = CellRows::new(folds.first().map_or(1, |(_, rows)| rows.width));
    let mut values = Vec::new();
    for (estimator, more) in folds {
        rows.append(more);
        values.extend(estimates(estimator, more));
    }
    let rows = &rows;
    let mut per_service: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for (index, value) in values.iter().enumerate() {
        let (sum, count) = per_service.entry(rows.services[index]).or_default();
        *sum += (value - rows.satisfaction[index]).abs();
        *count += 1.0;
    }
    let mut evaluation = Evaluation {
        errors: errors(rows, |index| values[index]),
        constant: best_constant(rows),
        last_value: errors(rows, |index| rows.previous[index]),
        experiments: errors_by_experiment(rows, &values),
        mae_per_service: per_service.iter().map(|(s, (sum, count))| (*s, sum / count)).collect(),
        rows_below: rows.satisfaction.iter().filter(|value| **value < SATISFIED).count(),
        rows: rows.len(),
        ..Evaluation::default()
    };
    for (estimator, rows) in folds {
        measure_curves(estimator, rows, &mut evaluation);
    }
    evaluation.mean_rise /= evaluation.rows_below.max(1) as f64;
    evaluation
}

/// Errors of the constants that are best for each figure.
fn best_constant(rows: &CellRows) -> Errors {
    let below = rows.satisfaction.iter().filter(|value| **value < SATISFIED).count() as f64;
    let above = rows.len() as f64 - below;
    let weight = |value: f64| 1.0 / if value < SATISFIED { below } else { above };
    let plain = weighted_median(&rows.satisfaction, |_| 1.0);
    let balanced = weighted_median(&rows.satisfaction, weight);
    Errors {
        mae: errors(rows, |_| plain).mae,
        mae_balanced: errors(rows, |_| balanced).mae_balanced,
    }
}

fn weighted_median(values: &[f64], weight: impl Fn(f64) -> f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let half = 0.5 * sorted.iter().map(|value| weight(*value)).sum::<f64>();
    let mut sum = 0.0;
    for value in &sorted {
        sum += weight(*value);
        if sum >= half {
            return *value;
        }
    }
    sorted.last().copied().unwrap_or(1.0)
}

/// Adds what the rows' whole curves tell; the rise is summed up.
fn measure_curves(estimator: &Estimator, rows: &CellRows, evaluation: &mut Evaluation) {
    let share = &estimator.card.inputs[0];
    let range = (share.trained_minimum, share.trained_maximum);
    let features = rows.narrowed(estimator.inputs()).features();
    let mut evaluator = EstimatorEvaluator::new(estimator);
    let mut curves = Curves::default();
    let width = estimator.features();
    for (part, features) in features.chunks(ROWS_TOGETHER * width).enumerate() {
        evaluator.curves(features, &mut curves);
        for index in 0..curves.len() {
            let (shares, values) = curves.curve(index);
            let falls = values.windows(2).map(|pair| pair[0] - pair[1]);
            let fall = falls.fold(0.0, f64::max);
            evaluation.monotone_violations += usize::from(fall > FALL);
            evaluation.largest_fall = evaluation.largest_fall.max(fall);
            if rows.satisfaction[part * ROWS_TOGETHER + index] < SATISFIED {
                evaluation.mean_rise += at(shares, values, range.1) - at(shares, values, range.0);
            }
        }
    }
}

/// A curve's value at `share`.
fn at(shares: &[f64], values: &[f64], share: f64) -> f64 {
    let after = shares.partition_point(|s| *s < share).clamp(1, shares.len() - 1);
    let (from, to) = (shares[after - 1], shares[after]);
    let place = ((share - from) / (to - from)).clamp(0.0, 1.0);
    values[after - 1] + place * (values[after] - values[after - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(satisfaction: &[f64]) -> CellRows {
        let count = satisfaction.len();
        CellRows {
            width: 2,
            inputs: vec![0.5; 2 * count],
            satisfaction: satisfaction.to_vec(),
            previous: vec![1.0; count],
            services: vec![0; count],
            runs: vec![0; count],
        }
    }

    #[test]
    fn balanced_errors_weigh_rare_rows_as_much_as_the_others() {
        let rows = rows(&[0.2, 1.0, 1.0, 1.0]);
        let found = errors(&rows, |_| 1.0);
        assert!((found.mae - 0.2).abs() < 1e-12 && (found.mae_balanced - 0.4).abs() < 1e-12);
        let satisfied = self::rows(&[1.0, 1.0]);
        assert_eq!(errors(&satisfied, |_| 0.5), Errors { mae: 0.5, mae_balanced: 0.5 });
    }

    #[test]
    fn experiments_weigh_alike_however_many_rows_they_have() {
        let rows = CellRows {
            runs: vec![4, 4, 4, 7],
            previous: vec![0.2, 0.9, 1.0, 0.6],
            ..rows(&[0.2, 1.0, 1.0, 0.4])
        };
        // Experiment 4: 0.4 below and 0 above; the last value 0 below and 0.05 above.
        let found = errors_by_experiment(&rows, &[0.6, 1.0, 1.0, 0.5]);
        let expected = ExperimentErrors {
            count: 2,
            mean: 0.15,
            deviation: 0.05,
            least: 0.1,
            largest: 0.2,
            last_value: 0.5 * (0.1 + 0.05),
            last_value_mean: 0.5 * (0.025 + 0.2),
            better_than_last_value: 1,
        };
        let numbers = |e: &ExperimentErrors| {
            [e.mean, e.deviation, e.least, e.largest, e.last_value, e.last_value_mean]
        };
        for (found, expected) in numbers(&found).iter().zip(numbers(&expected)) {
            assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
        }
        assert_eq!((found.count, found.better_than_last_value), (2, 1));
    }

    #[test]
    fn no_constant_beats_the_best_one() {
        let rows = rows(&[0.1, 0.4, 0.45, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.995]);
        let best = best_constant(&rows);
        for step in 0..=1000 {
            let found = errors(&rows, |_| f64::from(step) / 1000.0);
            assert!(found.mae >= best.mae - 1e-12);
            assert!(found.mae_balanced >= best.mae_balanced - 1e-12);
        }
    }
}
