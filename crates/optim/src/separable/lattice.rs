//! A bound and candidates by dynamic programming over a grid, where branching alone takes long:
//! many functions with steps of nearly the same width.
//!
//! Every x lies in one cell [k, k + 1]/units, and the k of an allocation sum to at most
//! budget·units. So the best choice of cells under that sum bounds every allocation, if each cell
//! counts as the best of its x. That alone gives away a cell per function; pricing x at what it is
//! worth around the optimum gives away only what the price does not explain.

use super::grid::{Grid, Whole};
use super::{Gain, Problem};

/// Cells overlap by this much, so that rounding leaves no x between two.
const OVERLAP: f64 = 1e-12;

/// The grid's memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Lattice {
    grid: Grid,
    values: Vec<f64>,
}

impl Lattice {
    /// What no allocation exceeds, by cells of 1/`units` priced at `price`.
    pub fn bound(&mut self, problem: &Problem, units: usize, price: f64) -> f64 {
        let limit = limit(problem, units);
        self.values.clear();
        self.values.resize(problem.len() * (limit + 1), f64::NEG_INFINITY);
        for (s, values) in self.values.chunks_exact_mut(limit + 1).enumerate() {
            highest_by_cell(problem, s, units, price, values);
        }
        let most = self.grid.maximise(&self.values, limit, Whole::Sum) + price * problem.budget;
        most + 1e-12 * (problem.len() as f64 + most.abs() + price * problem.budget)
    }

    /// The best allocation to grid points, into `x`.
    pub fn best_points(&mut self, problem: &Problem, units: usize, x: &mut Vec<f64>) {
        let limit = limit(problem, units);
        self.values.clear();
        self.values.resize(problem.len() * (limit + 1), f64::NEG_INFINITY);
        for (s, values) in self.values.chunks_exact_mut(limit + 1).enumerate() {
            let (first, last) = problem.range(s);
            let (least, most) = (problem.points[first as usize], problem.points[last as usize]);
            for (k, value) in values.iter_mut().enumerate() {
                let point = k as f64 / units as f64;
                // A part takes its least where that lies between two grid points: its unit is paid
                // in full.
                if point >= least && (k as f64 - 1.0) < most * units as f64 {
                    *value = problem.value_at(s, point.min(most));
                }
            }
        }
        self.grid.maximise(&self.values, limit, Whole::Sum);
        x.clear();
        x.extend(self.grid.allocation().iter().enumerate().map(|(s, k)| {
            let (first, last) = problem.range(s);
            let point = f64::from(*k) / units as f64;
            point.clamp(problem.points[first as usize], problem.points[last as usize])
        }));
    }
}

/// Units within the budget.
fn limit(problem: &Problem, units: usize) -> usize {
    (problem.budget * units as f64 + 1e-9).floor() as usize
}

/// The highest g(v(x)) - price·x of function `s` in each cell.
fn highest_by_cell(problem: &Problem, s: usize, units: usize, price: f64, values: &mut [f64]) {
    let (first, last) = problem.range(s);
    let (first, last) = (first as usize, last as usize);
    let cell_of = |x: f64| (x * units as f64).floor().max(0.0) as usize;
    let top = values.len() - 1;
    let mut include = |k: usize, x: f64| {
        let height = problem.value_at(s, x) - price * x;
        values[k] = values[k].max(height);
    };
    if first == last {
        let x = problem.points[first];
        include(cell_of(x - OVERLAP).min(top), x);
        return;
    }
    for piece in first..last {
        let (from, to) = (problem.points[piece], problem.points[piece + 1]);
        let summit = summit(problem, s, piece, price);
        for k in cell_of(from - OVERLAP)..=cell_of(to + OVERLAP).min(top) {
            let start = (k as f64 / units as f64 - OVERLAP).max(from);
            let end = ((k + 1) as f64 / units as f64 + OVERLAP).min(to);
            if start <= end {
                include(k, summit.clamp(start, end));
            }
        }
    }
}

/// Where g(v(x)) - price·x is highest along a piece, continued beyond its ends.
fn summit(problem: &Problem, s: usize, piece: usize, price: f64) -> f64 {
    let parts = &problem.pieces[piece];
    let falls = problem.values[piece + 1] <= problem.values[piece];
    match problem.gains[s] {
        Gain::Logarithm if falls => f64::MIN,
        Gain::Logarithm if price > 0.0 => 1.0 / price - parts.offset,
        Gain::Linear { .. } if parts.slope_at_start <= price => f64::MIN,
        _ => f64::MAX,
    }
}
