//! The paper's search: Lagrangian ascent from several points (IDLA, Algorithm 1), all cells and
//! points of a batch at once.
//!
//! As printed, except where the print cannot be meant or leaves something open:
//! - the utility has the +1 of equations (11) and (16), which (12) and line 16 drop;
//! - shares stay within their minimum and 1, where (15) keeps them from falling below 0 only;
//! - the multipliers begin at the mean slope of the utility at the start, and the rates fall as
//!   [`Rates`] says;
//! - a gradient path ends near the budget, not on it. What a split has above the minima is scaled
//!   to use the whole cell before the points are compared: down, because it must be feasible, and
//!   up, because the utility does not fall with the share (section IV-B);
//! - for max-min the least satisfaction's gradient is followed.

use std::ops::Range;

use slicewise_core::cells::{CellBatch, CellPlans, MOST_SLICES, Objective};
use slicewise_core::seed;
use slicewise_nets::dense::evaluator::Evaluator;
use slicewise_optim::{Monitor, Stopped};

use super::room::{fill_cell, in_proportion, least_shares};
use super::utility::{slopes, utility};

/// Neighbouring points per cell, P (IDLA, section V-C).
pub const POINTS: usize = 5;
/// Standard deviation of their distance from the start. N(0, 0.05) can also be read as a variance;
/// shares that differ by 0.22 are no neighbours.
const SPREAD: f64 = 0.05;

/// What the paper leaves open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// First rate of the shares, δ_x.
    pub shares: f64,
    /// First rate of the multiplier, δ_λ.
    pub multiplier: f64,
    /// Iterations after which both are halved: rate / (1 + i / this).
    pub halved_after: f64,
    /// A path ends when the shares move less than this, η.
    pub least_move: f64,
    /// The most iterations, i_max.
    pub most_iterations: usize,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            shares: 0.03,
            multiplier: 3.0,
            halved_after: 20.0,
            least_move: 1e-4,
            most_iterations: 200,
        }
    }
}

/// The search with its memory.
#[derive(Clone, Debug)]
pub struct Idla {
    objective: Objective,
    seed: u64,
    rates: Rates,
    least: Vec<f64>,
    scratch: Vec<f64>,
    paths: Vec<Path>,
    /// Least share and share of every slice of every path, path after path.
    lower: Vec<f64>,
    shares: Vec<f64>,
    /// The paths that still move.
    moving: Vec<usize>,
    rows: Vec<f64>,
    values: Vec<f64>,
    gradients: Vec<f64>,
}

/// One point of one cell on its way.
#[derive(Clone, Copy, Debug)]
struct Path {
    cell: usize,
    /// Where its shares begin.
    start: usize,
    slices: usize,
    multiplier: f64,
}

impl Path {
    fn own(&self) -> Range<usize> {
        self.start..self.start + self.slices
    }
}

impl Idla {
    /// A search for `objective` whose neighbours are drawn from `seed`.
    pub fn new(objective: Objective, seed: u64) -> Self {
        Self::with_rates(objective, seed, Rates::default())
    }

    /// A search with other rates than ours.
    pub fn with_rates(objective: Objective, seed: u64, rates: Rates) -> Self {
        Self {
            objective,
            seed,
            rates,
            least: Vec::new(),
            scratch: Vec::new(),
            paths: Vec::new(),
            lower: Vec::new(),
            shares: Vec::new(),
            moving: Vec::new(),
            rows: Vec::new(),
            values: Vec::new(),
            gradients: Vec::new(),
        }
    }

    /// Appends the best split found for each cell of `range`, with its multiplier as the price.
    ///
    /// # Errors
    /// [`Stopped`] when `monitor` says so.
    pub async fn search(
        &mut self,
        evaluator: &mut impl Evaluator<Question = ()>,
        cells: &CellBatch,
        range: Range<usize>,
        plans: &mut CellPlans,
        monitor: &impl Monitor,
    ) -> Result<(), Stopped> {
        self.begin(cells, range.clone());
        for iteration in 0..self.rates.most_iterations {
            if self.moving.is_empty() {
                break;
            }
            self.evaluate(evaluator, cells, plans).await;
            self.advance(cells, iteration);
            monitor.checkpoint().await?;
        }
        for path in &self.paths {
            let own = path.own();
            fill_cell(&self.lower[own.clone()], &mut self.shares[own]);
        }
        self.moving.clear();
        self.moving.extend(0..self.paths.len());
        self.fill_rows(cells);
        evaluator.values(&self.rows, &(), &mut self.values).await;
        plans.evaluations += self.values.len() as u64;
        for first in (0..self.paths.len()).step_by(POINTS) {
            self.choose(cells, first, plans);
        }
        Ok(())
    }

    /// Sets all paths to their starts: the previous shares, or else the same share for each slice,
    /// and a normal distance from there.
    fn begin(&mut self, cells: &CellBatch, range: Range<usize>) {
        self.paths.clear();
        self.lower.clear();
        self.shares.clear();
        for cell in range {
            let slices = cells.range(cell);
            least_shares(&cells.minimum_shares[slices.clone()], &mut self.least);
            self.scratch.clear();
            self.scratch.resize(slices.len(), 0.0);
            if cells.previous_shares.is_empty() {
                in_proportion(&[], &self.least, &mut self.scratch);
            } else {
                self.scratch.copy_from_slice(&cells.previous_shares[slices.clone()]);
            }
            let mut generator = seed::stream(self.seed, name_of(cells, cell));
            for _ in 0..POINTS {
                let start = self.shares.len();
                let (slices, multiplier) = (slices.len(), f64::NAN);
                self.paths.push(Path { cell, start, slices, multiplier });
                self.lower.extend_from_slice(&self.least);
                for (share, least) in self.scratch.iter().zip(&self.least) {
                    let moved = share + SPREAD * seed::normal(&mut generator);
                    self.shares.push(moved.clamp(*least, 1.0));
                }
            }
        }
        self.moving.clear();
        self.moving.extend(0..self.paths.len());
    }

    /// The rows of the paths that move.
    fn fill_rows(&mut self, cells: &CellBatch) {
        self.rows.clear();
        for path in self.moving.iter().map(|index| &self.paths[*index]) {
            for (slice, share) in cells.range(path.cell).zip(&self.shares[path.own()]) {
                self.rows.push(*share);
                self.rows.extend_from_slice(cells.features_of(slice));
            }
        }
        self.values.clear();
        self.values.resize(self.rows.len() / (cells.width + 1), 0.0);
    }

    async fn evaluate(
        &mut self,
        evaluator: &mut impl Evaluator<Question = ()>,
        cells: &CellBatch,
        plans: &mut CellPlans,
    ) {
        self.fill_rows(cells);
        self.gradients.clear();
        self.gradients.resize(self.rows.len(), 0.0);
        evaluator.gradients(&self.rows, &(), &mut self.values, &mut self.gradients).await;
        plans.evaluations += self.values.len() as u64;
    }

    /// One update of shares and multipliers (15) for every path that moves; forgets those that have
    /// arrived.
    fn advance(&mut self, cells: &CellBatch, iteration: usize) {
        let fall = 1.0 / (1.0 + iteration as f64 / self.rates.halved_after);
        let (shares_rate, multiplier_rate) =
            (self.rates.shares * fall, self.rates.multiplier * fall);
        let least_move = self.rates.least_move;
        let width = cells.width + 1;
        let mut row = 0;
        let Self { moving, paths, shares, lower, values, gradients, objective, .. } = self;
        moving.retain(|index| {
            let path = &mut paths[*index];
            let count = path.slices;
            let mut slope = [0.0; MOST_SLICES];
            let slope = &mut slope[..count];
            let weights = &cells.weights[cells.range(path.cell)];
            slopes(*objective, &values[row..row + count], weights, slope);
            for (s, slope) in slope.iter_mut().enumerate() {
                *slope *= gradients[(row + s) * width];
            }
            row += count;
            if path.multiplier.is_nan() {
                path.multiplier = (slope.iter().sum::<f64>() / count as f64).max(0.0);
            }
            let (mut moved, mut total) = (0.0, 0.0);
            for (s, at) in path.own().enumerate() {
                let next =
                    (shares[at] + shares_rate * (slope[s] - path.multiplier)).clamp(lower[at], 1.0);
                moved += (next - shares[at]) * (next - shares[at]);
                total += next;
                shares[at] = next;
            }
            path.multiplier = (path.multiplier - multiplier_rate * (1.0 - total)).max(0.0);
            libm::sqrt(moved) >= least_move
        });
    }

    /// Appends the best of a cell's points, which begin at path `first`.
    fn choose(&self, cells: &CellBatch, first: usize, plans: &mut CellPlans) {
        let weights = &cells.weights[cells.range(self.paths[first].cell)];
        let worth = |path: &Path| utility(self.objective, &self.values[path.own()], weights);
        let mut best = &self.paths[first];
        for path in &self.paths[first + 1..first + POINTS] {
            if worth(path) > worth(best) {
                best = path;
            }
        }
        plans.shares.extend_from_slice(&self.shares[best.own()]);
        plans.bounds.push(f64::NAN);
        plans.prices.push(best.multiplier);
    }
}

/// A number that stands for what a cell is, wherever in a batch it lies: its starts are drawn from
/// the stream of this number.
fn name_of(cells: &CellBatch, cell: usize) -> u64 {
    let slices = cells.range(cell);
    let own = &cells.features[slices.start * cells.width..slices.end * cells.width];
    own.iter().fold(0xcbf2_9ce4_8422_2325, |name: u64, feature| {
        let mixed = (name ^ feature.to_bits()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    })
}
