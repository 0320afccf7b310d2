//! What the best possible shares of a step would be: a search with knowledge of what is to come.
//!
//! Given the interference, slices do not disturb one another: each slice's satisfaction depends on
//! its own share alone. So one run of all cells per share of a grid gives every slice's true curve,
//! and dynamic programming finds each cell's best split on the grid. The new split changes the
//! interference; the search repeats with that and keeps the best split that it has seen.

use slicewise_core::cells::Objective;
use slicewise_core::cells::scenario::{CELLS, SliceKpis};

use super::NetworkSimulator;
use super::radio::Interference;

/// What the best split is best in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// The utility of each cell; the weights of [`Objective::WeightedSum`] are equal.
    Utility(Objective),
    /// The number of slices whose satisfaction is at least this; their sum where numbers are equal.
    Satisfied(f64),
}

/// The best split that was found for one step.
#[derive(Clone, Debug, PartialEq)]
pub struct BestSplit {
    /// Shares, cells x slices present.
    pub shares: Vec<f64>,
    /// What they lead to.
    pub kpis: Vec<SliceKpis>,
    /// The goal summed over the cells.
    pub value: f64,
    /// How often the whole network was simulated.
    pub runs: usize,
}

/// Searches the best shares of the coming step on a grid of 1 / `grid`, in `rounds` rounds of
/// interference. Costs `rounds` x (`grid` + 1) simulated steps.
pub fn best_split(network: &NetworkSimulator, goal: Goal, grid: usize, rounds: usize) -> BestSplit {
    let slices = network.coming.present.len();
    let grid = grid.max(1);
    let equal = vec![1.0 / slices.max(1) as f64; CELLS * slices];
    let mut measured = network.try_out(&equal, Interference::Lived(&network.loads));
    let kpis = measured.kpis(&network.coming, &equal);
    let value = total(goal, &kpis, slices);
    let mut best = BestSplit { shares: equal, kpis, value, runs: 1 };
    if slices == 0 {
        return best;
    }
    for _ in 0..rounds {
        let mut curves = vec![0.0; CELLS * slices * (grid + 1)];
        for point in 0..=grid {
            let share = point as f64 / grid as f64;
            let shares = vec![share; CELLS * slices];
            let tried = network.try_out(&shares, Interference::Given(&measured.interfering));
            for (group, kpis) in tried.kpis(&network.coming, &shares).iter().enumerate() {
                curves[group * (grid + 1) + point] = kpis.satisfaction;
            }
        }
        let shares: Vec<f64> = curves
            .chunks(slices * (grid + 1))
            .flat_map(|cell| split_of_cell(goal, cell, slices, grid))
            .collect();
        measured = network.try_out(&shares, Interference::Lived(&network.loads));
        let runs = best.runs + grid + 2;
        let kpis = measured.kpis(&network.coming, &shares);
        let value = total(goal, &kpis, slices);
        if value > best.value {
            best = BestSplit { shares, kpis, value, runs };
        }
        best.runs = runs;
    }
    best
}

/// What one slice adds to the goal; the least counts for [`Objective::MaxMin`], the sum otherwise.
fn merit(goal: Goal, satisfaction: f64) -> f64 {
    match goal {
        Goal::Utility(Objective::LogSum) => libm::log1p(satisfaction),
        Goal::Utility(Objective::MaxMin | Objective::WeightedSum) => satisfaction,
        Goal::Satisfied(least) => {
            // The sum decides between equal numbers and never outweighs one slice.
            f64::from(u8::from(satisfaction >= least)) + 0.01 * satisfaction
        }
    }
}

fn join(goal: Goal, one: f64, other: f64) -> f64 {
    if goal == Goal::Utility(Objective::MaxMin) { one.min(other) } else { one + other }
}

fn total(goal: Goal, kpis: &[SliceKpis], slices: usize) -> f64 {
    let merit_of = |kpis: &SliceKpis| merit(goal, kpis.satisfaction);
    let cell = |cell: &[SliceKpis]| {
        cell[1..].iter().fold(merit_of(&cell[0]), |sum, kpis| join(goal, sum, merit_of(kpis)))
    };
    kpis.chunks(slices.max(1)).map(cell).sum()
}

/// The best split of one cell on the grid, by dynamic programming over its slices; what no slice
/// gains from is dealt out in proportion.
fn split_of_cell(goal: Goal, curves: &[f64], slices: usize, grid: usize) -> Vec<f64> {
    let merit_of = |slice: usize, units: usize| merit(goal, curves[slice * (grid + 1) + units]);
    let mut choices = vec![vec![0; grid + 1]; slices];
    let mut reached: Vec<f64> = Vec::new();
    for (slice, choices) in choices.iter_mut().enumerate() {
        let mut next = vec![f64::NEG_INFINITY; grid + 1];
        for budget in 0..=grid {
            for units in 0..=budget {
                let own = merit_of(slice, units);
                let sum = match reached.get(budget - units) {
                    Some(others) => join(goal, *others, own),
                    None => own,
                };
                if sum > next[budget] + 1e-12 {
                    next[budget] = sum;
                    choices[budget] = units;
                }
            }
        }
        reached = next;
    }
    let mut shares = vec![0.0; slices];
    let mut budget = grid;
    for slice in (0..slices).rev() {
        let units = choices[slice][budget];
        shares[slice] = units as f64 / grid as f64;
        budget -= units;
    }
    let sum: f64 = shares.iter().sum();
    if sum > 0.0 {
        shares.iter_mut().for_each(|share| *share /= sum);
    }
    shares
}
