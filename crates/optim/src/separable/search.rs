//! Branch and bound: the optimum and its proof where functions are not concave.
//!
//! The dual bound of a node is that of the functions' concave envelopes over the node's ranges. At
//! the best price all but one function can be served on their envelope; where that one hides a
//! point below its envelope, the range is split there. Between two such points a function is
//! concave, so the search ends after finitely many nodes. Functions that are the same can be served
//! in any order; only the order in which the first gets the most is searched.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::dual::{Choice, Dual};
use super::lattice::Lattice;
use super::{Problem, fit};

/// A point this little below a chord counts as on it.
const HIDDEN: f64 = 1e-13;
/// Grids that are tried, one after the other, where branching did not do: cells of the unit.
const GRIDS: [usize; 2] = [1000, 4000];

/// A gap that rounding alone can make: no search goes on for less.
const ROUNDING: f64 = 3e-11;

/// How far a search goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// Relative gap at which to stop at once; a gap of 3e-11 is none.
    pub tolerance: f64,
    /// Relative gap that will do once `nodes` are examined.
    pub acceptable: f64,
    /// Nodes to spend on `tolerance`. Beyond it grids help.
    pub nodes: usize,
    /// Nodes to spend at all, but for a few around the grids' allocations.
    pub most_nodes: usize,
}

impl Default for Effort {
    /// A millionth where a few hundred nodes suffice, a thousandth everywhere.
    fn default() -> Self {
        Self { tolerance: 1e-6, acceptable: 1e-3, nodes: 200, most_nodes: 10_000 }
    }
}

/// What a search found. The allocation itself is [`Search::allocation`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// The sum at the allocation.
    pub value: f64,
    /// No allocation exceeds it.
    pub bound: f64,
    /// What one more unit of budget would add around the allocation.
    pub price: f64,
    /// Nodes examined.
    pub nodes: usize,
}

impl Found {
    /// (bound - value)/bound, 0 to 1.
    pub fn gap(&self) -> f64 {
        if self.bound <= 0.0 { 0.0 } else { ((self.bound - self.value) / self.bound).max(0.0) }
    }
}

/// A node that may hold something better.
#[derive(Clone, Copy, Debug)]
struct Open {
    bound: f64,
    price: f64,
    /// Number of the node: where its ranges are, and the order among equals.
    node: u32,
    /// The function to be split, and the point.
    split: (u32, u32),
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open {}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Open {
    /// The heap's greatest has the highest bound, then the lowest number.
    fn cmp(&self, other: &Self) -> Ordering {
        self.bound.total_cmp(&other.bound).then_with(|| other.node.cmp(&self.node))
    }
}

/// The search's memory, kept from one problem to the next.
#[derive(Clone, Debug, Default)]
pub struct Search {
    dual: Dual,
    open: BinaryHeap<Open>,
    /// Ranges of points, node by node and function by function.
    ranges: Vec<(u32, u32)>,
    candidate: Vec<f64>,
    best: Vec<f64>,
    /// The deepest point below its chord of each function, and how deep.
    hidden: Vec<(f64, u32)>,
    /// The first function that is the same as each.
    twins: Vec<usize>,
    lattice: Lattice,
    /// The highest bound among nodes that were put aside.
    aside: f64,
    /// Whether the incumbent is the optimum at its price.
    settled: bool,
    /// Ranges around an allocation.
    around: Vec<(u32, u32)>,
}

impl Search {
    /// The allocation of the last [`Self::maximise`]: one number per function, within the budget
    /// when added up in order.
    pub fn allocation(&self) -> &[f64] {
        &self.best
    }

    /// Maximises the sum of `problem`, whose least x are within the budget.
    pub fn maximise(&mut self, problem: &Problem, effort: &Effort) -> Found {
        self.open.clear();
        self.ranges.clear();
        self.ranges.extend((0..problem.len()).map(|s| problem.range(s)));
        let mut found =
            Found { value: f64::NEG_INFINITY, bound: f64::NEG_INFINITY, price: 0.0, nodes: 0 };
        self.aside = f64::NEG_INFINITY;
        self.examine(problem, 0, 0.0, f64::INFINITY, effort.tolerance, &mut found);
        if !self.open.is_empty() {
            self.find_twins(problem);
        }
        self.branch(problem, effort.tolerance, effort.nodes, &mut found);
        let mut bound = self.bound(&found);
        let closed = |found: &Found, bound: f64| {
            bound - found.value <= (effort.acceptable * bound).max(ROUNDING)
        };
        for units in GRIDS {
            if closed(&found, bound) {
                break;
            }
            bound = bound.min(self.share_cells(problem, units, &mut found)).max(found.value);
            if !closed(&found, bound) {
                self.branch(problem, effort.acceptable, effort.most_nodes, &mut found);
                bound = bound.min(self.bound(&found)).max(found.value);
            }
        }
        if !self.settled {
            // The incumbent lies between what two prices choose: its own price is still unknown.
            let around = self.best.clone();
            found.price = self.improve_around(problem, &around, &mut found);
        }
        found.bound = bound.max(found.value);
        found
    }

    /// What no allocation exceeds as far as the nodes tell.
    fn bound(&self, found: &Found) -> f64 {
        let open = self.open.peek().map_or(f64::NEG_INFINITY, |open| open.bound);
        open.max(self.aside).max(found.value)
    }

    /// Splits nodes until the gap is within `tolerance` or `nodes` are examined.
    fn branch(&mut self, problem: &Problem, tolerance: f64, nodes: usize, found: &mut Found) {
        while let Some(open) = self.open.peek().copied() {
            let bound = open.bound.max(self.aside);
            let near = (tolerance * bound).max(ROUNDING);
            if bound - found.value <= near || found.nodes >= nodes {
                return;
            }
            self.open.pop();
            for upper in [false, true] {
                let node = self.child(problem, &open, upper);
                self.examine(problem, node, open.price, open.bound, tolerance, found);
            }
        }
    }

    /// Improves the incumbent from the best allocation to the points of a grid and bounds every
    /// allocation by the grid's cells, at the price that is found around the incumbent.
    fn share_cells(&mut self, problem: &Problem, units: usize, found: &mut Found) -> f64 {
        self.lattice.best_points(problem, units, &mut self.candidate);
        self.offer(problem, found.price, false, found);
        let around = std::mem::take(&mut self.best);
        let price = self.improve_around(problem, &around, found);
        if self.best.is_empty() {
            self.best = around;
        }
        self.lattice.bound(problem, units, price)
    }

    /// Solves anew between the points around `x` where every function is concave. Gives the price.
    fn improve_around(&mut self, problem: &Problem, x: &[f64], found: &mut Found) -> f64 {
        self.around.clear();
        self.around.extend(x.iter().enumerate().map(|(s, x)| problem.concave_around(s, *x)));
        found.nodes += 1;
        let least = self.dual.minimise(problem, &self.around, found.price, f64::NEG_INFINITY);
        self.fill(problem, least.exact);
        self.offer(problem, least.price, least.exact, found);
        least.price
    }

    /// Takes the candidate where it is better than the incumbent.
    fn offer(&mut self, problem: &Problem, price: f64, settled: bool, found: &mut Found) {
        let value = problem.sum_at(&self.candidate);
        if value > found.value {
            found.value = value;
            found.price = price;
            self.settled = settled;
            std::mem::swap(&mut self.best, &mut self.candidate);
        }
    }

    /// Adds the lower or upper part of a split node and gives its number.
    fn child(&mut self, problem: &Problem, open: &Open, upper: bool) -> u32 {
        let count = problem.len();
        let parent = open.node as usize * count;
        let node = (self.ranges.len() / count) as u32;
        self.ranges.extend_from_within(parent..parent + count);
        let ranges = &mut self.ranges[node as usize * count..];
        let split = open.split.0 as usize;
        let point = open.split.1 - problem.offsets[split];
        let same = |s: &usize| self.twins[*s] == self.twins[split];
        if upper {
            for s in (0..=split).filter(same) {
                ranges[s].0 = ranges[s].0.max(problem.offsets[s] + point);
            }
        } else {
            for s in (split..count).filter(same) {
                ranges[s].1 = ranges[s].1.min(problem.offsets[s] + point);
            }
        }
        node
    }

    fn find_twins(&mut self, problem: &Problem) {
        self.twins.clear();
        for s in 0..problem.len() {
            let twin = (0..s).find(|other| problem.same(*other, s)).unwrap_or(s);
            self.twins.push(twin);
        }
    }

    /// Bounds a node, improves the incumbent and keeps the node where it may hold more.
    fn examine(
        &mut self,
        problem: &Problem,
        node: u32,
        price: f64,
        parent_bound: f64,
        tolerance: f64,
        found: &mut Found,
    ) {
        let count = problem.len();
        let ranges = &self.ranges[node as usize * count..(node as usize + 1) * count];
        if ranges.iter().any(|(first, last)| first > last) {
            return;
        }
        let least: f64 = ranges.iter().map(|(first, _)| problem.points[*first as usize]).sum();
        // A node without room is empty, unless rounding made it so.
        if node > 0 && least > problem.budget * (1.0 + 1e-12) {
            return;
        }
        found.nodes += 1;
        // What is within half the tolerance needs no split.
        let cutoff = found.value + (0.5 * tolerance * found.value).max(0.5 * ROUNDING);
        let least = self.dual.minimise(problem, ranges, price, cutoff);
        let bound = least.bound.min(parent_bound);
        if bound <= cutoff {
            self.aside = self.aside.max(bound);
            return;
        }
        let split = self.fill(problem, least.exact);
        self.offer(problem, least.price, least.exact, found);
        match split {
            Some(split) if bound > found.value => {
                self.open.push(Open { bound, price: least.price, node, split });
            }
            _ => self.aside = self.aside.max(bound),
        }
    }

    /// Makes `candidate` of the dual's two sides: begins with what the high price chooses and
    /// spends what is left on the functions that the low price would give more. Says where to
    /// split if a function had to stop below its envelope.
    fn fill(&mut self, problem: &Problem, exact: bool) -> Option<(u32, u32)> {
        self.candidate.clear();
        self.candidate.extend(self.dual.high.choices.iter().map(|choice| choice.x));
        if exact {
            fit(problem.budget, &problem.least, &mut self.candidate);
            return None;
        }
        let mut room = problem.budget - self.dual.high.sum;
        let sides = || self.dual.high.choices.iter().zip(&self.dual.low.choices);
        self.hidden.clear();
        self.hidden.extend(sides().map(|(high, low)| {
            deepest(problem, high, low, self.dual.high.price, self.dual.low.price)
        }));
        let mut split = None;
        for hides in [false, true] {
            for (s, (high, low)) in sides().enumerate() {
                if (self.hidden[s].0 > HIDDEN) != hides || low.x <= high.x || room <= 0.0 {
                    continue;
                }
                let width = low.x - high.x;
                let given = width.min(room);
                self.candidate[s] = if given < width { high.x + given } else { low.x };
                room -= given;
                if hides && given < width {
                    split = Some((s as u32, self.hidden[s].1));
                }
            }
        }
        fit(problem.budget, &problem.least, &mut self.candidate);
        split.or_else(|| {
            let (s, deepest) =
                self.hidden.iter().enumerate().max_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
            (deepest.0 > HIDDEN).then_some((s as u32, deepest.1))
        })
    }
}

/// The point of a function that lies deepest below the chord between two choices, and how deep.
fn deepest(
    problem: &Problem,
    high: &Choice,
    low: &Choice,
    high_price: f64,
    low_price: f64,
) -> (f64, u32) {
    let last = if low.inside { low.point + 1 } else { low.point };
    let mut found = (0.0, 0);
    if low.x <= high.x {
        return found;
    }
    let start = high.height + high_price * high.x;
    let slope = (low.height + low_price * low.x - start) / (low.x - high.x);
    for k in high.point + 1..last {
        let depth =
            start + slope * (problem.points[k as usize] - high.x) - problem.heights[k as usize];
        if depth > found.0 {
            found = (depth, k);
        }
    }
    found
}
