//! Proof of optimality by branch and bound over boxes.
//!
//! Minimises c·x over the unit box subject to g(x) <= limit, with c > 0. Each box carries a linear
//! function that lies below g on it; the cheapest point of the box that satisfies the linear
//! function bounds the cost of every feasible point in the box. A box is dropped when it cannot
//! hold a feasible point, or none that is cheaper than the incumbent by more than the tolerance.
//!
//! Variables can be held to a grid: then boxes are shrunk to the grid's points, down to single ones.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// The most variables that boxes are built for.
pub const MOST_DIMENSIONS: usize = 3;

/// What is left to reach the limit that rounding alone can leave where the limit is met at a box's corner: such
/// a box is kept, which can only lower a bound.
const ROUNDING: f64 = 1e-14;

/// A box within the unit box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Middle, one number per variable.
    pub middle: [f64; MOST_DIMENSIONS],
    /// Half the width per variable.
    pub half_width: [f64; MOST_DIMENSIONS],
}

/// What an oracle knows of g over one region.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Underestimate {
    /// g >= constant + slopes·eps for every eps in [-1, 1]^K, in several versions.
    pub linear: [(f64, [f64; MOST_DIMENSIONS]); 2],
}

/// Bounds g from below over batches of regions.
pub trait Underestimator {
    /// Fills `found`, one entry per region.
    fn underestimate(&mut self, regions: &[Region], found: &mut [Underestimate]);

    /// Fills `values` with g at the middle of each region.
    fn values(&mut self, regions: &[Region], values: &mut [f64]);
}

/// An open region with the least cost that a feasible point in it can have.
#[derive(Clone, Copy, Debug)]
struct Open {
    cost: f64,
    region: Region,
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
    /// The heap's greatest is the cheapest; equal costs are ordered by place, so that a search
    /// takes the same way everywhere.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_place = || {
            let places = self.region.middle.iter().zip(&other.region.middle);
            places.map(|(a, b)| b.total_cmp(a)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        };
        other.cost.total_cmp(&self.cost).then_with(by_place)
    }
}

/// Where a search stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// More steps can close the gap further.
    Open,
    /// The gap is within the tolerance, or it is proven that nothing feasible exists.
    Closed,
}

/// A search in progress.
#[derive(Clone, Debug)]
pub struct Search {
    costs: Vec<f64>,
    base_cost: f64,
    limit: f64,
    tolerance: f64,
    /// Steps of the grid from 0 to 1, per variable; 0 where a variable takes any value.
    grid: [f64; MOST_DIMENSIONS],
    open: BinaryHeap<Open>,
    /// Least cost among the regions dropped for their cost.
    dropped: f64,
    incumbent: Option<(f64, Vec<f64>)>,
    boxes: u64,
}

impl Search {
    /// Starts with the whole unit box. `tolerance` is the relative gap at which to stop;
    /// `base_cost` belongs to x = 0 and counts in the relative gap.
    pub fn new(costs: &[f64], limit: f64, tolerance: f64, base_cost: f64) -> Self {
        debug_assert!(costs.len() <= MOST_DIMENSIONS);
        let mut whole = Region { middle: [0.0; 3], half_width: [0.0; 3] };
        whole.middle[..costs.len()].fill(0.5);
        whole.half_width[..costs.len()].fill(0.5);
        Self {
            costs: costs.to_vec(),
            base_cost,
            limit,
            tolerance,
            grid: [0.0; MOST_DIMENSIONS],
            open: BinaryHeap::from([Open { cost: base_cost, region: whole }]),
            dropped: f64::INFINITY,
            incumbent: None,
            boxes: 0,
        }
    }

    /// Holds each variable to `steps` whole steps from 0 to 1, one number per variable, where that is
    /// not 0. To be called before the first step and offer.
    #[must_use]
    pub fn on_grid(mut self, steps: &[f64]) -> Self {
        self.grid[..steps.len()].copy_from_slice(steps);
        self
    }

    fn dimension(&self) -> usize {
        self.costs.len()
    }

    /// Offers a feasible point with its cost (base cost included).
    pub fn offer(&mut self, cost: f64, point: &[f64]) {
        if self.incumbent.as_ref().is_none_or(|(best, _)| cost < *best) {
            self.incumbent = Some((cost, point.to_vec()));
        }
    }

    /// The cheapest feasible point known, with its cost.
    pub fn incumbent(&self) -> Option<(f64, &[f64])> {
        self.incumbent.as_ref().map(|(cost, point)| (*cost, point.as_slice()))
    }

    /// No feasible point costs less than this; infinite where none exists.
    pub fn lower_bound(&self) -> f64 {
        let open = self.open.peek().map_or(f64::INFINITY, |open| open.cost);
        let bound = open.min(self.dropped);
        self.incumbent.as_ref().map_or(bound, |(cost, _)| bound.min(*cost))
    }

    /// Regions examined so far.
    pub fn boxes(&self) -> u64 {
        self.boxes
    }

    fn cutoff(&self) -> f64 {
        self.incumbent
            .as_ref()
            .map_or(f64::INFINITY, |(cost, _)| cost - self.tolerance * cost.abs())
    }

    /// Splits the `count` cheapest regions and bounds their halves.
    pub fn step(&mut self, oracle: &mut impl Underestimator, count: usize) -> Standing {
        let cutoff = self.cutoff();
        let mut halves: Vec<(f64, Region)> = Vec::with_capacity(2 * count);
        while halves.len() < 2 * count {
            match self.open.peek() {
                Some(open) if open.cost < cutoff => {}
                _ => break,
            }
            let Some(Open { cost, region }) = self.open.pop() else { break };
            halves.extend(self.split(&region).map(|half| (cost, half)));
        }
        if halves.is_empty() {
            return Standing::Closed;
        }
        let regions: Vec<Region> = halves.iter().map(|(_, region)| *region).collect();
        let mut found = vec![Underestimate::default(); regions.len()];
        oracle.underestimate(&regions, &mut found);
        self.boxes += regions.len() as u64;
        let mut hopeful: Vec<Region> = Vec::new();
        for ((parent, region), underestimate) in halves.into_iter().zip(found) {
            let kept = self.examine(parent, region, &underestimate);
            let tried = self.middle_on_grid(region);
            if kept && self.cost_at_middle(&tried) < self.cutoff() {
                hopeful.push(tried);
            }
        }
        self.try_middles(oracle, &hopeful);
        if self.open.peek().is_some_and(|open| open.cost < self.cutoff()) {
            Standing::Open
        } else {
            Standing::Closed
        }
    }

    /// The two halves across the variable whose extent costs most.
    fn split(&self, region: &Region) -> [Region; 2] {
        let extent = |k: usize| self.costs[k] * region.half_width[k];
        let widest = (1..self.dimension())
            .fold(0, |best, k| if extent(k) > extent(best) { k } else { best });
        if self.grid[widest] > 0.0 {
            return self.split_on_grid(region, widest);
        }
        let quarter = 0.5 * region.half_width[widest];
        [-quarter, quarter].map(|shift| {
            let mut half = *region;
            half.half_width[widest] = quarter;
            half.middle[widest] += shift;
            half
        })
    }

    /// The two halves between neighbouring points of the grid; the same region twice of a single one.
    fn split_on_grid(&self, region: &Region, k: usize) -> [Region; 2] {
        let steps = self.grid[k];
        let (middle, half_width) = (region.middle[k] * steps, region.half_width[k] * steps);
        let (first, last) = ((middle - half_width).round(), (middle + half_width).round());
        let lower = (0.5 * (first + last)).floor();
        let upper = (lower + 1.0).min(last);
        [(first, lower), (upper, last)].map(|(first, last)| {
            let mut half = *region;
            half.middle[k] = 0.5 * (first + last) / steps;
            half.half_width[k] = 0.5 * (last - first) / steps;
            half
        })
    }

    /// Whether nothing in `region` costs more or less than anything else in it.
    fn is_single(&self, region: &Region) -> bool {
        (0..self.dimension()).all(|k| self.costs[k] * region.half_width[k] == 0.0)
    }

    /// A region of the point of the grid that lies at the middle of `region` or next above it.
    fn middle_on_grid(&self, mut region: Region) -> Region {
        for k in (0..self.dimension()).filter(|k| self.grid[*k] > 0.0) {
            let steps = self.grid[k];
            region.middle[k] = (region.middle[k] * steps - 1e-6).ceil() / steps;
        }
        region
    }

    fn cost_at_middle(&self, region: &Region) -> f64 {
        self.base_cost + self.costs.iter().zip(&region.middle).map(|(c, x)| c * x).sum::<f64>()
    }

    /// Offers the feasible ones among the regions' middles.
    fn try_middles(&mut self, oracle: &mut impl Underestimator, regions: &[Region]) {
        let mut values = vec![0.0; regions.len()];
        oracle.values(regions, &mut values);
        for (region, value) in regions.iter().zip(values) {
            if value <= self.limit {
                self.offer(self.cost_at_middle(region), &region.middle[..self.dimension()]);
            }
        }
    }

    /// Keeps a region that may hold a cheaper feasible point; says whether it did.
    fn examine(&mut self, parent: f64, region: Region, underestimate: &Underestimate) -> bool {
        let cost_at_middle = self.cost_at_middle(&region);
        let mut cost = parent;
        for (constant, slopes) in &underestimate.linear {
            match self.cheapest(&region, *constant, slopes) {
                Some(offset) => cost = cost.max(cost_at_middle + offset),
                None => return false,
            }
        }
        if cost >= self.cutoff() {
            self.dropped = self.dropped.min(cost);
            return false;
        }
        if !self.is_single(&region) {
            self.open.push(Open { cost, region });
        }
        true
    }

    /// Least cost, relative to the middle, where constant + slopes·eps <= limit in the region.
    ///
    /// The same fractional knapsack as [`crate::linear_step::cheapest_step`], without allocation.
    fn cheapest(
        &self,
        region: &Region,
        constant: f64,
        slopes: &[f64; MOST_DIMENSIONS],
    ) -> Option<f64> {
        let dimension = self.dimension();
        let price = |k: usize| self.costs[k] * region.half_width[k];
        let mut cost: f64 = -(0..dimension).map(price).sum::<f64>();
        let mut left = constant - self.limit - slopes[..dimension].iter().sum::<f64>();
        let mut used = [false; MOST_DIMENSIONS];
        while left > ROUNDING {
            let k = (0..dimension)
                .filter(|k| !used[*k] && slopes[*k] < 0.0)
                .min_by(|a, b| (price(*a) * -slopes[*b]).total_cmp(&(price(*b) * -slopes[*a])))?;
            used[k] = true;
            let share = (left / -slopes[k]).min(2.0);
            cost += share * price(k);
            left += share * slopes[k];
            if share < 2.0 {
                break;
            }
        }
        Some(cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// g = 1 - x0 * x1 with its exact mean value form.
    struct Hyperbola;

    impl Underestimator for Hyperbola {
        fn underestimate(&mut self, regions: &[Region], found: &mut [Underestimate]) {
            for (region, found) in regions.iter().zip(found) {
                let ([m0, m1, _], [h0, h1, _]) = (region.middle, region.half_width);
                let slopes = [-m1 * h0, -m0 * h1, 0.0];
                found.linear = [(1.0 - m0 * m1 - h0 * h1, slopes), (-1.0, [0.0; 3])];
            }
        }

        fn values(&mut self, regions: &[Region], values: &mut [f64]) {
            for (region, value) in regions.iter().zip(values) {
                *value = 1.0 - region.middle[0] * region.middle[1];
            }
        }
    }

    #[test]
    fn the_closed_form_optimum_is_proven() {
        // x0 * x1 >= 0.25 at least cost 3 + x0 + 2 x1: 3 + sqrt 2.
        let mut search = Search::new(&[1.0, 2.0], 0.75, 1e-4, 3.0);
        while search.step(&mut Hyperbola, 16) == Standing::Open {}
        let (cost, _) = search.incumbent().unwrap();
        let optimum = 3.0 + 2f64.sqrt();
        assert!(search.lower_bound() <= optimum && optimum <= cost);
        assert!((cost - search.lower_bound()) / cost <= 1e-4, "{}", search.boxes());
    }

    #[test]
    fn on_a_grid_the_cheapest_point_of_all_is_found_and_proven() {
        for (steps, costs) in
            [([7.0, 11.0], [1.0, 2.0]), ([40.0, 3.0], [1.0, 0.3]), ([1.0, 1.0], [1.0, 1.0])]
        {
            let mut search = Search::new(&costs, 0.75, 0.0, 3.0).on_grid(&steps);
            while search.step(&mut Hyperbola, 4) == Standing::Open {}
            let mut cheapest = f64::INFINITY;
            for i in 0..=steps[0] as usize {
                for j in 0..=steps[1] as usize {
                    let (x, y) = (i as f64 / steps[0], j as f64 / steps[1]);
                    if 1.0 - x * y <= 0.75 {
                        cheapest = cheapest.min(3.0 + costs[0] * x + costs[1] * y);
                    }
                }
            }
            let (cost, point) = search.incumbent().unwrap();
            assert!((cost - cheapest).abs() < 1e-12, "{steps:?}: {cost} {cheapest}");
            assert!((search.lower_bound() - cheapest).abs() < 1e-12);
            for (x, steps) in point.iter().zip(steps) {
                assert!((x * steps - (x * steps).round()).abs() < 1e-9, "{point:?}");
            }
        }
    }

    #[test]
    fn one_variable_on_a_grid_leaves_the_other_free() {
        // x0 of 0, 0.4 (as 2 of 5) and so on; x1 = 0.25 / x0.
        let mut search = Search::new(&[1.0, 2.0], 0.75, 1e-5, 0.0).on_grid(&[5.0, 0.0]);
        while search.step(&mut Hyperbola, 16) == Standing::Open {}
        let cheapest = (2..=5).map(|i| f64::from(i) / 5.0).map(|x| x + 0.5 / x).fold(9.0, f64::min);
        let (cost, _) = search.incumbent().unwrap();
        assert!(search.lower_bound() <= cheapest && cheapest <= cost + 1e-12);
        assert!(cost - cheapest < 1e-4, "{cost} {cheapest}");
    }

    #[test]
    fn a_grid_without_a_feasible_point_is_proven_so() {
        let mut search = Search::new(&[1.0, 2.0], -0.1, 0.0, 0.0).on_grid(&[3.0, 4.0]);
        while search.step(&mut Hyperbola, 4) == Standing::Open {}
        assert!(search.incumbent().is_none());
        assert_eq!(search.lower_bound(), f64::INFINITY);
    }

    #[test]
    fn infeasibility_is_proven() {
        let mut search = Search::new(&[1.0, 1.0], -0.1, 1e-3, 0.0);
        while search.step(&mut Hyperbola, 16) == Standing::Open {}
        assert!(search.incumbent().is_none());
        assert_eq!(search.lower_bound(), f64::INFINITY);
    }
}
