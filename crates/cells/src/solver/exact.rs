//! The best split of one cell with a proof, on the exact curves of its slices.
//!
//! Between two points of a curve the satisfaction is linear in the share, so a slice's utility is
//! concave there with known slopes: the cell's split is a [`slicewise_optim::separable`] problem.
//! At its optimum all slices that could still use more gain the same per unit of share: the price.

use slicewise_core::cells::{Curves, MOST_SLICES, Objective};
use slicewise_optim::separable::level::Levels;
use slicewise_optim::separable::{Effort, Gain, Problem, Search, interpolate};

use super::room::{fill_cell, least_shares};
use super::utility;

/// By how much a curve may differ from its network, from rounding: satisfactions that a network
/// gives differ from those of its curve by less, and every bound is raised by as much.
pub const CURVE_ERROR: f64 = 1e-12;

/// How far the search goes: nearly always to what rounding leaves, to a thousandth in every
/// cell.
const EFFORT: Effort =
    Effort { tolerance: 1e-11, acceptable: 1e-3, nodes: 200, most_nodes: 10_000 };

/// What proves a split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proof {
    /// No split of the cell has a higher utility.
    pub bound: f64,
    /// What one more unit of share would add to the utility.
    pub price: f64,
    /// Nodes of the search, 0 for [`Objective::MaxMin`].
    pub nodes: usize,
}

/// The solver with its memory, kept from one cell to the next.
#[derive(Clone, Debug, Default)]
pub struct ExactSolver {
    problem: Problem,
    search: Search,
    levels: Levels,
    least: Vec<f64>,
    shares: Vec<f64>,
    filled: Vec<f64>,
}

impl ExactSolver {
    /// The shares of the last [`Self::split`], one per slice.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// Finds the best split of the cell whose slices have the curves from number `first` on; as
    /// many as it has `weights` and `minimum` shares.
    ///
    /// Shares that no slice needs are handed out in proportion to what each has above its minimum:
    /// an estimate may be wrong, and spare blocks help against that. Where an estimate falls with
    /// the share, so that this would cost utility, they are left free.
    pub fn split(
        &mut self,
        objective: Objective,
        curves: &Curves,
        first: usize,
        weights: &[f64],
        minimum: &[f64],
    ) -> Proof {
        least_shares(minimum, &mut self.least);
        let proof = match objective {
            Objective::MaxMin => self.highest_level(curves, first),
            Objective::LogSum => self.highest_sum(curves, first, |_| Gain::Logarithm),
            Objective::WeightedSum => {
                let total: f64 = weights.iter().sum();
                let gain = |s: usize| Gain::Linear { weight: weights[s] / total };
                self.highest_sum(curves, first, gain)
            }
        };
        let now = self.utility(objective, curves, first, weights, &self.shares);
        self.filled.clone_from(&self.shares);
        fill_cell(&self.least, &mut self.filled);
        // A curve that is level may fall by rounding.
        if self.utility(objective, curves, first, weights, &self.filled) >= now - 1e-14 {
            std::mem::swap(&mut self.shares, &mut self.filled);
        }
        let perfect = utility(objective, &[1.0; MOST_SLICES][..weights.len()], weights);
        let error =
            CURVE_ERROR * if objective == Objective::LogSum { weights.len() as f64 } else { 1.0 };
        Proof { bound: (proof.bound + error).min(perfect), ..proof }
    }

    /// The bound of a split that was found on curves which lie below the true ones by `errors` at most,
    /// one per slice: `bound` holds for those curves, and no utility grows faster than its slices'
    /// satisfactions, each in proportion to its weight.
    pub fn raised_bound(objective: Objective, bound: f64, errors: &[f64], weights: &[f64]) -> f64 {
        let raise = match objective {
            Objective::LogSum => errors.iter().sum(),
            Objective::MaxMin => errors.iter().copied().fold(0.0, f64::max),
            Objective::WeightedSum => {
                let total: f64 = weights.iter().sum();
                errors
                    .iter()
                    .zip(weights)
                    .map(|(error, weight)| weight / total * error)
                    .sum::<f64>()
            }
        };
        let perfect = utility(objective, &[1.0; MOST_SLICES][..weights.len()], weights);
        (bound + raise).min(perfect)
    }

    fn highest_sum(
        &mut self,
        curves: &Curves,
        first: usize,
        gain: impl Fn(usize) -> Gain,
    ) -> Proof {
        let free = 1.0 - self.least.iter().sum::<f64>();
        self.problem.begin(1.0);
        for (s, least) in self.least.iter().enumerate() {
            let (points, values) = curves.curve(first + s);
            self.problem.push(points, values, gain(s), *least, (least + free).min(1.0));
        }
        let found = self.search.maximise(&self.problem, &EFFORT);
        self.shares.clear();
        self.shares.extend_from_slice(self.search.allocation());
        Proof { bound: found.bound, price: found.price, nodes: found.nodes }
    }

    fn highest_level(&mut self, curves: &Curves, first: usize) -> Proof {
        let free = 1.0 - self.least.iter().sum::<f64>();
        self.levels.begin(1.0);
        for (s, least) in self.least.iter().enumerate() {
            let (points, values) = curves.curve(first + s);
            self.levels.push(points, values, *least, (least + free).min(1.0));
        }
        let found = self.levels.highest();
        self.shares.clear();
        self.shares.extend_from_slice(self.levels.allocation());
        Proof { bound: found.bound, price: found.price, nodes: 0 }
    }

    /// The utility of `shares` as the curves have it.
    fn utility(
        &self,
        objective: Objective,
        curves: &Curves,
        first: usize,
        weights: &[f64],
        shares: &[f64],
    ) -> f64 {
        let mut satisfaction = [0.0; MOST_SLICES];
        for (s, share) in shares.iter().enumerate() {
            let (points, values) = curves.curve(first + s);
            satisfaction[s] = interpolate(points, values, *share);
        }
        utility(objective, &satisfaction[..shares.len()], weights)
    }
}
