//! The last step of a training: where the decisions should lie by what the training steps cost.
//!
//! The regressor's gradient comes through a loss network that rounds off every edge of the metric, so
//! that its decisions end up beside the cheapest ones by a little. Both offsets of a slice's decision
//! (in units of the local and of the overall change) are moved to where the training steps would have
//! cost least. The metric is evaluated, as in exploration; nothing is differentiated.

use crate::model::{Forecaster, REJECTED};
use crate::windows::Scale;

/// Steps of the search in units of the usual change, from coarse to fine.
const STEPS: [f64; 4] = [0.4, 0.2, 0.1, 0.05];
/// Moves of one step width at most.
const MOST_MOVES: usize = 12;

/// Decisions that were taken for some steps.
pub(super) struct Decided {
    /// Decision for each slice, row after row.
    pub decisions: Vec<Vec<f64>>,
    /// Last demand of each slice before the step.
    pub last: Vec<Vec<f64>>,
    /// Demand of each slice.
    pub demands: Vec<Vec<f64>>,
}

/// Adds to the head of `forecaster` the offsets with the least mean `cost` of `decided`. Slices that
/// share a `capacity` are judged one at a time and up to it, with the others rejected.
pub(super) fn calibrate(
    forecaster: &mut Forecaster,
    decided: &Decided,
    cost: &dyn Fn(&[f64], &[f64]) -> f64,
    capacity: Option<f64>,
) {
    let slices = forecaster.scales.len();
    for slice in 0..slices {
        let mean =
            |offsets: [f64; 2]| mean_cost(forecaster, decided, slice, offsets, cost, capacity);
        let [local, overall] = least(mean);
        forecaster.network.head.bias[slice] += local;
        forecaster.network.head.bias[slices + slice] += overall;
    }
}

fn mean_cost(
    forecaster: &Forecaster,
    decided: &Decided,
    slice: usize,
    offsets: [f64; 2],
    cost: &dyn Fn(&[f64], &[f64]) -> f64,
    capacity: Option<f64>,
) -> f64 {
    let scales = &forecaster.scales;
    let rejected: Vec<f64> = scales.iter().map(|scale| REJECTED * scale.peak).collect();
    let mut total = 0.0;
    let mut tried = rejected;
    for (row, decision) in decided.decisions.iter().enumerate() {
        if capacity.is_none() {
            tried.copy_from_slice(decision);
        }
        let last = decided.last[row][slice];
        let moved = decision[slice] + offset(&scales[slice], last, offsets);
        tried[slice] = moved.max(0.0).min(capacity.unwrap_or(f64::INFINITY));
        total += cost(&tried, &decided.demands[row]);
    }
    total
}

fn offset(scale: &Scale, last: f64, [local, overall]: [f64; 2]) -> f64 {
    scale.local_change(last) * local + scale.change * overall
}

/// The least of `value` around 0 by steps that become finer.
fn least(value: impl Fn([f64; 2]) -> f64) -> [f64; 2] {
    let mut best = [0.0; 2];
    let mut lowest = value(best);
    for step in STEPS {
        for _ in 0..MOST_MOVES {
            let from = best;
            for (x, y) in [(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1), (1, 1), (-1, -1)] {
                let tried = [from[0] + step * f64::from(x), from[1] + step * f64::from(y)];
                let found = value(tried);
                if found < lowest {
                    (best, lowest) = (tried, found);
                }
            }
            if best == from {
                break;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_finds_the_foot_of_a_slanted_valley() {
        let value = |[x, y]: [f64; 2]| (x + y - 0.7).powi(2) + 0.1 * (x - y + 0.3).powi(2);
        let [x, y] = least(value);
        assert!((x - 0.2).abs() < 0.06 && (y - 0.5).abs() < 0.06, "{x} {y}");
    }

    #[test]
    fn decisions_move_to_what_the_rows_say_is_cheapest() {
        let scale = Scale { mean: 10.0, deviation: 1.0, change: 1.0, peak: 12.0 };
        let size = crate::model::Size { regressor: vec![2], loss: vec![2] };
        let mut forecaster = Forecaster::drawn(&size, &[scale, scale], 1);
        let before = forecaster.network.head.bias.clone();
        let rows = 40;
        let decided = Decided {
            decisions: vec![vec![10.0, 10.0]; rows],
            last: vec![vec![10.0, 10.0]; rows],
            demands: vec![vec![10.0, 10.0]; rows],
        };
        // Least at 0.8 above the demand of the first slice; the second is not to move.
        let cost = |p: &[f64], y: &[f64]| {
            let first = if p[0] < 0.0 { 0.0 } else { (p[0] - y[0] - 0.8).abs() };
            let second = if p[1] < 0.0 { 0.0 } else { (p[1] - y[1]).abs() };
            first + second
        };
        for capacity in [None, Some(50.0)] {
            let mut moved = forecaster.clone();
            calibrate(&mut moved, &decided, &cost, capacity);
            let bias = &moved.network.head.bias;
            let change =
                |slice: usize| bias[slice] + bias[2 + slice] - before[slice] - before[2 + slice];
            assert!((change(0) - 0.8).abs() < 1e-9 && change(1).abs() < 1e-9, "{bias:?}");
        }
        forecaster.network.head.bias = before;
    }
}
