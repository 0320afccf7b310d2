//! Branch and bound for several parts that share two capacities.
//!
//! Minimises sum_s c·x_s subject to g_s(x_s) <= limit_s for each part s, x_s in the unit square and
//! sum_s x_s <= room. Prices of the capacities leave a duality gap where a part's needs are not convex.
//! Here each part's needs are covered by boxes from below and by feasible points from above; what the
//! parts need together is the sum of their frontiers ([`crate::frontier_sum`]), so that the cheapest
//! choice among all covers is found without trying their combinations. A round splits the boxes that a
//! plan cheaper than the incumbent may still use, in all parts alike, until the bound meets it.

use crate::frontier_sum::{Frontier, Thinning};
use crate::monitor::{Monitor, Stopped};

/// Boxes bounded between two checkpoints.
const BOXES_PER_STEP: usize = 256;
/// Boxes whose bound lies below this share of the way from the bound to the incumbent are split.
const HOPEFUL: f64 = 0.5;
/// Of these, those at least this share of the largest.
const LARGE: f64 = 0.5;
/// Boxes of a smaller side are not split any more.
const SMALLEST: f64 = 1e-10;

/// A box of one part's two variables, by its corners.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Corners {
    /// Least of each variable.
    pub lower: [f64; 2],
    /// Most of each variable.
    pub upper: [f64; 2],
}

/// What an oracle knows of a box that may hold feasible points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// No feasible point of the box has less of a variable than this.
    pub least: [f64; 2],
    /// Whether the corner with most of both is feasible.
    pub upper_is_feasible: bool,
}

/// Bounds the parts' constraints over boxes.
pub trait PartBounds {
    /// Pushes onto `found`, per box, what is known of it; nothing where no point of it is feasible for
    /// `part`.
    fn examine(&mut self, part: usize, boxes: &[Corners], found: &mut Vec<Option<Held>>);
}

/// What the parts share.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// Cost per variable, the same for each part.
    pub costs: [f64; 2],
    /// Room per variable for all parts together.
    pub room: [f64; 2],
    /// What a plan costs beside.
    pub base_cost: f64,
    /// Steps of the grid from 0 to 1, per variable; 0 where a variable takes any value.
    pub grid: [f64; 2],
    /// What a variable is worth when boxes are measured: its cost and the price of its capacity.
    pub worth: [f64; 2],
    /// The relative gap at which to stop.
    pub tolerance: f64,
}

/// Where a search stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// More rounds can close the gap further.
    Open,
    /// The gap is within the tolerance, or it is proven that nothing feasible exists.
    Closed,
    /// All boxes are as small as numbers allow.
    Exhausted,
}

/// A box with the least that a plan costs that uses it.
#[derive(Clone, Copy, Debug)]
struct Cell {
    corners: Corners,
    bound: f64,
}

/// A feasible point with the least that a plan costs that uses it.
#[derive(Clone, Copy, Debug)]
struct Point {
    amounts: [f64; 2],
    bound: f64,
    /// Whether a plan that is worth finding may use it. Those that none may still tell what is dear.
    useful: bool,
}

#[derive(Clone, Debug)]
struct Part {
    cells: Vec<Cell>,
    /// By rising first amount, and so by falling second one.
    points: Vec<Point>,
}

impl Part {
    fn whole() -> Self {
        let corners = Corners { lower: [0.0; 2], upper: [1.0; 2] };
        Self { cells: vec![Cell { corners, bound: 0.0 }], points: Vec::new() }
    }

    /// Takes feasible points in, and keeps those of which no other needs less of both.
    fn insert(&mut self, amounts: impl Iterator<Item = [f64; 2]>) {
        let before = self.points.len();
        self.points.extend(amounts.map(|amounts| Point { amounts, bound: 0.0, useful: true }));
        if self.points.len() == before {
            return;
        }
        self.points.sort_by(|a, b| {
            let [first, second] = [0, 1].map(|k| a.amounts[k].total_cmp(&b.amounts[k]));
            first.then(second)
        });
        let mut least = f64::INFINITY;
        self.points.retain(|point| {
            let lower = point.amounts[1] < least;
            least = least.min(point.amounts[1]);
            lower
        });
    }

    /// Drops the boxes in which every point needs as much of both variables as a feasible point, and
    /// cuts such parts off the others.
    fn cut_dominated(&mut self) {
        let points = &self.points;
        self.cells.retain_mut(|cell| {
            let Corners { lower, upper } = &mut cell.corners;
            let left = points.partition_point(|point| point.amounts[0] <= lower[0]);
            if let Some(point) = left.checked_sub(1).and_then(|left| points.get(left)) {
                upper[1] = upper[1].min(point.amounts[1]);
            }
            let below = points.partition_point(|point| point.amounts[1] > lower[1]);
            if let Some(point) = points.get(below) {
                upper[0] = upper[0].min(point.amounts[0]);
            }
            !dominated(*lower, points)
        });
    }

    /// What a plan may take: the boxes' lower corners, then the useful points.
    fn offers(&self) -> impl Iterator<Item = [f64; 2]> + '_ {
        let cells = self.cells.iter().map(|cell| cell.corners.lower);
        cells.chain(self.useful().map(|point| point.amounts))
    }

    /// Notes the `bounds` of all that is offered, and drops what is not below `cutoff`: the least bound
    /// of what was dropped.
    fn keep_below(&mut self, cutoff: f64, bounds: &[f64]) -> f64 {
        let mut dropped = f64::INFINITY;
        let mut bounds = bounds.iter().copied();
        let mut kept = |before: &mut f64| {
            *before = before.max(bounds.next().unwrap_or(*before));
            let kept = *before < cutoff;
            if !kept {
                dropped = dropped.min(*before);
            }
            kept
        };
        self.cells.retain_mut(|cell| kept(&mut cell.bound));
        for point in self.points.iter_mut().filter(|point| point.useful) {
            point.useful = kept(&mut point.bound);
        }
        dropped
    }

    fn useful(&self) -> impl Iterator<Item = &Point> + '_ {
        self.points.iter().filter(|point| point.useful)
    }
}

fn dominated(lower: [f64; 2], points: &[Point]) -> bool {
    let left = points.partition_point(|point| point.amounts[0] <= lower[0]);
    left.checked_sub(1).is_some_and(|left| points[left].amounts[1] <= lower[1])
}

/// A plan: what each part takes, with its cost.
pub type Plan = (f64, Vec<[f64; 2]>);

/// A search in progress.
#[derive(Clone, Debug)]
pub struct JointSearch {
    terms: Terms,
    parts: Vec<Part>,
    incumbent: Option<Plan>,
    /// The cheapest choice of lower corners and points, which may be no plan.
    cheapest: Option<Vec<[f64; 2]>>,
    /// Least cost among what was dropped for its cost.
    dropped: f64,
    lower: f64,
    boxes: u64,
}

impl JointSearch {
    /// Starts with the whole unit square for each of `parts` parts.
    pub fn new(terms: Terms, parts: usize) -> Self {
        let lower = terms.base_cost;
        Self {
            terms,
            parts: vec![Part::whole(); parts],
            incumbent: None,
            cheapest: None,
            dropped: f64::INFINITY,
            lower,
            boxes: 0,
        }
    }

    /// Offers what keeps all limits and capacities: amounts of each part.
    pub fn offer(&mut self, plan: &[[f64; 2]]) {
        let above: f64 = plan.iter().map(|amounts| self.cost(*amounts)).sum();
        let cost = self.terms.base_cost + above;
        for (part, amounts) in self.parts.iter_mut().zip(plan) {
            part.insert(std::iter::once(*amounts));
        }
        if self.incumbent.as_ref().is_none_or(|(best, _)| cost < *best) {
            self.incumbent = Some((cost, plan.to_vec()));
        }
    }

    fn cost(&self, amounts: [f64; 2]) -> f64 {
        self.terms.costs[0] * amounts[0] + self.terms.costs[1] * amounts[1]
    }

    /// The cheapest plan known, base cost included.
    pub fn incumbent(&self) -> Option<&Plan> {
        self.incumbent.as_ref()
    }

    /// The cheapest choice that is not ruled out yet: a start for a descent.
    pub fn cheapest(&self) -> Option<&[[f64; 2]]> {
        self.cheapest.as_deref()
    }

    /// No plan costs less than this; infinite where none exists.
    pub fn lower_bound(&self) -> f64 {
        self.incumbent.as_ref().map_or(self.lower, |(cost, _)| self.lower.min(*cost))
    }

    /// Boxes examined so far.
    pub fn boxes(&self) -> u64 {
        self.boxes
    }

    fn cutoff(&self) -> f64 {
        self.incumbent
            .as_ref()
            .map_or(f64::INFINITY, |(cost, _)| cost - self.terms.tolerance * cost.abs())
    }

    /// Splits the boxes that promise most, in all parts, and bounds what is left.
    ///
    /// # Errors
    /// [`Stopped`] when `monitor` says so.
    pub async fn round(
        &mut self,
        oracle: &mut impl PartBounds,
        monitor: &impl Monitor,
    ) -> Result<Standing, Stopped> {
        let least = self.least_extent_to_split();
        let mut split = 0;
        for part in 0..self.parts.len() {
            split += self.split_part(part, least, oracle, monitor).await?;
        }
        self.bound(monitor).await?;
        self.try_points(monitor).await?;
        Ok(self.standing(if split == 0 { Standing::Exhausted } else { Standing::Open }))
    }

    /// Where the search stands after an offer, where it stood at `before` without.
    pub fn standing(&self, before: Standing) -> Standing {
        let closed = self.lower >= self.cutoff() || self.lower == f64::INFINITY;
        if closed { Standing::Closed } else { before }
    }

    /// What the sides of a box are worth.
    fn extent(&self, corners: &Corners) -> f64 {
        let side = |k: usize| self.terms.worth[k] * (corners.upper[k] - corners.lower[k]);
        side(0) + side(1)
    }

    /// Boxes of a bound up to this are split.
    fn hopeful(&self) -> f64 {
        let cutoff = self.cutoff();
        if cutoff == f64::INFINITY {
            return cutoff;
        }
        self.lower + HOPEFUL * (cutoff - self.lower).max(0.0)
    }

    fn least_extent_to_split(&self) -> f64 {
        let hopeful = self.hopeful();
        let cells = self.parts.iter().flat_map(|part| &part.cells);
        let extents =
            cells.filter(|cell| cell.bound <= hopeful).map(|cell| self.extent(&cell.corners));
        LARGE * extents.fold(0.0, f64::max)
    }

    /// Splits the boxes of one part, of at least `extent`, and tells how many it has split or decided.
    async fn split_part(
        &mut self,
        part: usize,
        extent: f64,
        oracle: &mut impl PartBounds,
        monitor: &impl Monitor,
    ) -> Result<usize, Stopped> {
        let hopeful = self.hopeful();
        let mut kept = Vec::new();
        let mut halves: Vec<Cell> = Vec::new();
        let mut split = 0;
        for cell in std::mem::take(&mut self.parts[part].cells) {
            match self.halves(&cell.corners) {
                _ if cell.bound > hopeful => kept.push(cell),
                // A box that was cut down to a point has not been examined as such.
                None => halves.push(cell),
                Some(both) if self.extent(&cell.corners) >= extent => {
                    split += 1;
                    halves.extend(both.map(|corners| Cell { corners, bound: cell.bound }));
                }
                Some(_) => kept.push(cell),
            }
        }
        let mut feasible = Vec::new();
        let mut found = Vec::new();
        for batch in halves.chunks(BOXES_PER_STEP) {
            monitor.checkpoint().await?;
            let boxes: Vec<Corners> = batch.iter().map(|cell| cell.corners).collect();
            found.clear();
            oracle.examine(part, &boxes, &mut found);
            self.boxes += boxes.len() as u64;
            for (cell, held) in batch.iter().zip(&found) {
                let decided = held.is_none_or(|held| held.upper_is_feasible);
                split += usize::from(decided && self.halves(&cell.corners).is_none());
                let Some(held) = held else { continue };
                if held.upper_is_feasible {
                    feasible.push(cell.corners.upper);
                }
                if let Some(corners) = self.raised(cell.corners, held.least) {
                    kept.push(Cell { corners, bound: cell.bound });
                }
            }
        }
        let part = &mut self.parts[part];
        part.insert(feasible.into_iter());
        part.cells = kept;
        part.cut_dominated();
        Ok(split)
    }

    /// The two halves across the side that is worth most; nothing where the box is too small.
    fn halves(&self, corners: &Corners) -> Option<[Corners; 2]> {
        let side = |k: usize| corners.upper[k] - corners.lower[k];
        let worth = |k: usize| self.terms.worth[k] * side(k);
        let mut order = if worth(1) > worth(0) { [1, 0] } else { [0, 1] };
        if side(order[0]) < SMALLEST {
            order.reverse();
        }
        order.into_iter().find_map(|k| self.halves_across(corners, k))
    }

    fn halves_across(&self, corners: &Corners, k: usize) -> Option<[Corners; 2]> {
        let (lower, upper) = (corners.lower[k], corners.upper[k]);
        if upper - lower < SMALLEST {
            return None;
        }
        let steps = self.terms.grid[k];
        let (end, begin) = if steps > 0.0 {
            let (first, last) = ((lower * steps).round(), (upper * steps).round());
            let middle = (0.5 * (first + last)).floor();
            (middle / steps, ((middle + 1.0).min(last)) / steps)
        } else {
            let middle = 0.5 * (lower + upper);
            (middle, middle)
        };
        let (mut below, mut above) = (*corners, *corners);
        below.upper[k] = end;
        above.lower[k] = begin;
        Some([below, above])
    }

    /// A box without what lies below `least`, or nothing where that is all.
    fn raised(&self, mut corners: Corners, least: [f64; 2]) -> Option<Corners> {
        for k in 0..2 {
            let steps = self.terms.grid[k];
            let least =
                if steps > 0.0 { (least[k] * steps - 1e-6).ceil() / steps } else { least[k] };
            corners.lower[k] = corners.lower[k].max(least);
            if corners.lower[k] > corners.upper[k] {
                return None;
            }
        }
        Some(corners)
    }

    /// Bounds what a plan costs, whatever it uses, and drops what only dear ones can use.
    async fn bound(&mut self, monitor: &impl Monitor) -> Result<(), Stopped> {
        let Terms { costs, room, base_cost, .. } = self.terms;
        let offers: Vec<Vec<[f64; 2]>> =
            self.parts.iter().map(|part| part.offers().collect()).collect();
        let sums = Sums::new(&offers, room, costs, Thinning::Below, monitor).await?;
        let cutoff = self.cutoff();
        let mut lower = f64::NEG_INFINITY;
        for (index, offers) in offers.iter().enumerate() {
            monitor.checkpoint().await?;
            let others = sums.others(index);
            let mut least: (f64, Option<([f64; 2], usize)>) = (f64::INFINITY, None);
            let mut bounds = Vec::with_capacity(offers.len());
            for amounts in offers {
                let left = [room[0] - amounts[0], room[1] - amounts[1]];
                let found = others.cheapest_within(left, Thinning::Below);
                let bound = found.map_or(f64::INFINITY, |(cost, _)| {
                    base_cost + costs[0] * amounts[0] + costs[1] * amounts[1] + cost
                });
                if bound < least.0 {
                    least = (bound, found.map(|(_, place)| (*amounts, place)));
                }
                bounds.push(bound);
            }
            lower = lower.max(least.0);
            if index + 1 == self.parts.len() {
                self.cheapest = least.1.map(|(amounts, place)| sums.chosen(place, amounts));
            }
            let dropped = self.parts[index].keep_below(cutoff, &bounds);
            self.dropped = self.dropped.min(dropped);
        }
        self.lower = self.lower.max(lower.min(self.dropped));
        Ok(())
    }

    /// Makes the cheapest plan of feasible points the incumbent, if it is cheaper.
    async fn try_points(&mut self, monitor: &impl Monitor) -> Result<(), Stopped> {
        let Terms { costs, grid, .. } = self.terms;
        // Sums of multiples of a step may miss a multiple by their last digits.
        let in_steps = grid != [0.0; 2];
        let room =
            self.terms.room.map(|room| if in_steps { room + 1e-9 } else { room * (1.0 - 1e-12) });
        let points: Vec<Vec<[f64; 2]>> = self
            .parts
            .iter()
            .map(|part| part.useful().map(|point| point.amounts).collect())
            .collect();
        let Some(last) = points.last() else { return Ok(()) };
        let sums = Sums::of_first(&points, room, costs, Thinning::Kept, monitor).await?;
        let others = sums.others(points.len() - 1);
        let mut best: (f64, Option<([f64; 2], usize)>) = (f64::INFINITY, None);
        for amounts in last {
            let left = [room[0] - amounts[0], room[1] - amounts[1]];
            if let Some((cost, place)) = others.cheapest_within(left, Thinning::Kept) {
                let cost = self.cost(*amounts) + cost;
                if cost < best.0 {
                    best = (cost, Some((*amounts, place)));
                }
            }
        }
        if let Some((amounts, place)) = best.1
            && self.incumbent.as_ref().is_none_or(|(cost, _)| self.terms.base_cost + best.0 < *cost)
        {
            let plan = sums.chosen(place, amounts);
            self.offer(&plan);
        }
        Ok(())
    }
}

/// Frontiers of sums of what the parts offer.
struct Sums {
    own: Vec<Frontier>,
    /// Of the first part, of the first two, and so on without the last.
    first: Vec<Frontier>,
    /// Of all parts but one, by the one; of the last alone where no other is asked for.
    others: Vec<Frontier>,
}

impl Sums {
    /// With the sums of all parts but one, for each.
    async fn new(
        offers: &[Vec<[f64; 2]>],
        room: [f64; 2],
        costs: [f64; 2],
        thinning: Thinning,
        monitor: &impl Monitor,
    ) -> Result<Self, Stopped> {
        let mut sums = Self::of_first(offers, room, costs, thinning, monitor).await?;
        let count = offers.len();
        // Of the last part, of the last two, and so on.
        let mut after = sums.own.last().cloned();
        for index in (0..count.saturating_sub(1)).rev() {
            monitor.checkpoint().await?;
            let Some(rest) = after.take() else { break };
            let before = index.checked_sub(1).and_then(|before| sums.first.get(before));
            sums.others[index] = match before {
                Some(before) => before.plus(&rest, room, costs, thinning),
                None => rest.clone(),
            };
            monitor.checkpoint().await?;
            after = (index > 0).then(|| sums.own[index].plus(&rest, room, costs, thinning));
        }
        Ok(sums)
    }

    /// With the sum of all parts but the last.
    async fn of_first(
        offers: &[Vec<[f64; 2]>],
        room: [f64; 2],
        costs: [f64; 2],
        thinning: Thinning,
        monitor: &impl Monitor,
    ) -> Result<Self, Stopped> {
        let count = offers.len();
        let mut own = Vec::with_capacity(count);
        for offers in offers {
            let frontier = Frontier::of(offers.iter().copied(), costs);
            // Two parts need no sums, and so nothing of them has to be short.
            own.push(if count > 2 { frontier.thinned(costs, thinning) } else { frontier });
        }
        let mut first: Vec<Frontier> = Vec::with_capacity(own.len());
        for next in own.iter().take(own.len().saturating_sub(1)) {
            monitor.checkpoint().await?;
            let sum = match first.last() {
                Some(before) => before.plus(next, room, costs, thinning),
                None => next.clone(),
            };
            first.push(sum);
        }
        let nothing = || Frontier::of(std::iter::once([0.0; 2]), costs);
        let mut others = vec![Frontier::default(); own.len()];
        if let Some(last) = others.last_mut() {
            *last = first.last().cloned().unwrap_or_else(nothing);
        }
        Ok(Self { own, first, others })
    }

    fn others(&self, index: usize) -> &Frontier {
        &self.others[index]
    }

    /// What each part takes, where the last takes `amounts` and the others the pair at `place`.
    fn chosen(&self, place: usize, amounts: [f64; 2]) -> Vec<[f64; 2]> {
        let mut chosen = vec![amounts; self.own.len()];
        let mut place = place;
        for index in (0..self.first.len()).rev() {
            let pair = self.first[index].pairs()[place];
            if index == 0 {
                chosen[0] = pair.amounts;
                break;
            }
            chosen[index] = self.own[index].pairs()[pair.from[1]].amounts;
            place = pair.from[0];
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use slicewise_core::seed::{stream, uniform};

    use super::*;
    use crate::monitor::Unmonitored;

    /// Parts whose constraints fall in both variables: the best corner of a box bounds them.
    struct Falling {
        constraints: Vec<Box<dyn Fn([f64; 2]) -> bool>>,
    }

    impl PartBounds for Falling {
        fn examine(&mut self, part: usize, boxes: &[Corners], found: &mut Vec<Option<Held>>) {
            for corners in boxes {
                let feasible = (self.constraints[part])(corners.upper);
                found.push(
                    feasible.then_some(Held { least: corners.lower, upper_is_feasible: true }),
                );
            }
        }
    }

    fn terms(costs: [f64; 2], room: [f64; 2], tolerance: f64) -> Terms {
        Terms { costs, room, base_cost: 0.5, grid: [0.0; 2], worth: costs, tolerance }
    }

    fn searched(search: &mut JointSearch, oracle: &mut impl PartBounds) -> Standing {
        for _ in 0..200 {
            let standing = block_on(search.round(oracle, &Unmonitored)).unwrap();
            if standing != Standing::Open {
                return standing;
            }
        }
        Standing::Open
    }

    /// A part that needs x0 x1 >= `product`: its needs are convex.
    fn hyperbola(product: f64) -> Box<dyn Fn([f64; 2]) -> bool> {
        Box::new(move |x| x[0] * x[1] >= product)
    }

    /// A part that has enough outside a circle around nothing: its needs are not convex.
    fn outside(radius: f64) -> Box<dyn Fn([f64; 2]) -> bool> {
        Box::new(move |x| x[0] * x[0] + x[1] * x[1] >= radius * radius)
    }

    #[test]
    fn convex_parts_share_a_scarce_capacity_as_the_closed_form_says() {
        // 0.2 of the scarce variable each, and 0.3125 of the other: as shared_capacity's test has it.
        let mut oracle = Falling { constraints: vec![hyperbola(0.0625), hyperbola(0.0625)] };
        let mut search = JointSearch::new(terms([1.0, 1.0], [0.4, 2.0], 1e-3), 2);
        assert_eq!(searched(&mut search, &mut oracle), Standing::Closed);
        let (cost, plan) = search.incumbent().unwrap();
        assert!(search.lower_bound() <= 1.525 && 1.525 <= *cost + 1e-12);
        assert!((cost - search.lower_bound()) / cost <= 1e-3);
        assert!(plan[0][0] + plan[1][0] <= 0.4);
    }

    #[test]
    fn parts_that_are_not_convex_have_no_gap() {
        // Each takes 0.6 of one variable or of the other; only 0.8 of the first is there. At prices alone
        // the bound is that of a mixture: 0.5 + 0.6 + 0.6 at price 0.2 less 0.8 x 0.2.
        let mut oracle = Falling { constraints: vec![outside(0.6), outside(0.6)] };
        let mut search = JointSearch::new(terms([1.0, 1.2], [0.8, 5.0], 1e-3), 2);
        assert_eq!(searched(&mut search, &mut oracle), Standing::Closed);
        // One takes 0.6 of the first, the other what is left of it and the rest of the second.
        let exact = 0.5 + 0.6 + f64::min(1.2 * 0.6, 0.2 + 1.2 * (0.36f64 - 0.04).sqrt());
        let (cost, _) = search.incumbent().unwrap();
        assert!(search.lower_bound() <= exact && exact <= *cost + 1e-12, "{cost} {exact}");
        assert!((cost - search.lower_bound()) / cost <= 1e-3);
    }

    #[test]
    fn four_random_parts_are_shared_as_the_best_of_all_splits_on_a_grid_says() {
        const STEPS: usize = 24;
        let mut generator = stream(17, 0);
        let mut draw = |low: f64, high: f64| low + (high - low) * uniform(&mut generator);
        let (mut shared, mut refused) = (0, 0);
        for _ in 0..24 {
            let radii: Vec<f64> = (0..4).map(|_| draw(0.1, 0.7)).collect();
            let products: Vec<f64> = (0..4).map(|_| draw(0.005, 0.15)).collect();
            let needs = |part: usize| {
                if part.is_multiple_of(2) {
                    outside(radii[part])
                } else {
                    hyperbola(products[part])
                }
            };
            let costs = [draw(0.5, 2.0), draw(0.5, 2.0)];
            let room = [draw(0.8, 1.6), draw(0.8, 1.6)];
            let mut oracle = Falling { constraints: (0..4).map(needs).collect() };
            let mut search = JointSearch::new(terms(costs, room, 5e-3), 4);
            let standing = searched(&mut search, &mut oracle);
            assert_eq!(standing, Standing::Closed);
            // Every split of the grid is a plan: no bound may exceed one.
            let share = |n: usize| n as f64 / STEPS as f64;
            let mut totals = vec![[0.0, 0.0]];
            for part in 0..4 {
                let need = needs(part);
                let front: Vec<[f64; 2]> = (0..=STEPS)
                    .filter_map(|i| {
                        let least = (0..=STEPS).find(|j| need([share(i), share(*j)]))?;
                        Some([share(i), share(least)])
                    })
                    .collect();
                let sums = totals.iter().flat_map(|total: &[f64; 2]| {
                    front.iter().map(move |own| [total[0] + own[0], total[1] + own[1]])
                });
                totals = sums.filter(|sum| sum[0] <= room[0] && sum[1] <= room[1]).collect();
                totals.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
                let mut least = f64::INFINITY;
                totals.retain(|total| {
                    let lower = total[1] < least;
                    least = least.min(total[1]);
                    lower
                });
            }
            let cost = |total: &[f64; 2]| 0.5 + costs[0] * total[0] + costs[1] * total[1];
            let best = totals.iter().map(cost).fold(f64::INFINITY, f64::min);
            match search.incumbent() {
                Some((cost, plan)) => {
                    shared += 1;
                    assert!(search.lower_bound() <= best + 1e-9);
                    assert!(cost - search.lower_bound() <= 5e-3 * cost);
                    assert!(*cost <= best * 1.005 + 1e-12, "{cost} {best}");
                    for k in 0..2 {
                        assert!(plan.iter().map(|amounts| amounts[k]).sum::<f64>() <= room[k]);
                    }
                    assert!((0..4).all(|part| needs(part)(plan[part])));
                }
                None => {
                    refused += 1;
                    assert_eq!(search.lower_bound(), f64::INFINITY);
                    assert_eq!(best, f64::INFINITY);
                }
            }
        }
        assert!(shared >= 5 && refused >= 3, "{shared} {refused}");
    }

    #[test]
    fn what_cannot_be_shared_is_proven_so() {
        let mut oracle = Falling { constraints: vec![hyperbola(0.25), hyperbola(0.25)] };
        // Each needs x1 = 0.25 / x0; together at least 1 of one where 1 of the other is left.
        let mut search = JointSearch::new(terms([1.0, 1.0], [0.99, 1.0], 1e-3), 2);
        assert_eq!(searched(&mut search, &mut oracle), Standing::Closed);
        assert!(search.incumbent().is_none());
        assert_eq!(search.lower_bound(), f64::INFINITY);
    }

    #[test]
    fn on_a_fine_grid_the_gap_is_closed_for_any_room() {
        // Boxes are cut down to single points by what is feasible beside them.
        for (steps, scarce) in [(300.0, 0.52), (451.0, 0.61), (900.0, 0.55), (77.0, 0.7)] {
            let mut oracle = Falling { constraints: vec![outside(0.55), hyperbola(0.05)] };
            let grid = [steps, f64::floor(0.7 * steps)];
            let room = [f64::floor(scarce * steps) / steps, 1.0];
            let terms = Terms { grid, ..terms([1.0, 1.3], room, 1e-4) };
            let mut search = JointSearch::new(terms, 2);
            assert_eq!(searched(&mut search, &mut oracle), Standing::Closed, "{steps}");
            let (cost, _) = search.incumbent().unwrap();
            assert!(cost - search.lower_bound() <= 1e-4 * cost);
        }
    }

    #[test]
    fn on_a_grid_the_plan_is_the_cheapest_of_all_that_the_grid_has() {
        let constraints = || [outside(0.55), hyperbola(0.11)];
        let grid = [37.0, 53.0];
        let room = [23.0 / 37.0, 40.0 / 53.0];
        let costs = [1.0, 1.3];
        let mut oracle = Falling { constraints: constraints().into() };
        let mut search = JointSearch::new(Terms { grid, ..terms(costs, room, 0.0) }, 2);
        assert_eq!(searched(&mut search, &mut oracle), Standing::Closed);
        let points = |of: Box<dyn Fn([f64; 2]) -> bool>| -> Vec<[f64; 2]> {
            let all = (0..=37).flat_map(|i| (0..=53).map(move |j| [i, j]));
            let all = all.map(|[i, j]| [f64::from(i) / 37.0, f64::from(j) / 53.0]);
            all.filter(|x| of(*x)).collect()
        };
        let [first, second] = constraints().map(points);
        let mut best = f64::INFINITY;
        for a in &first {
            for b in &second {
                let sum = [a[0] + b[0], a[1] + b[1]];
                if sum[0] <= room[0] + 1e-9 && sum[1] <= room[1] + 1e-9 {
                    best = best.min(0.5 + costs[0] * sum[0] + costs[1] * sum[1]);
                }
            }
        }
        let (cost, plan) = search.incumbent().unwrap();
        assert!((cost - best).abs() < 1e-12, "{cost} {best}");
        assert!((search.lower_bound() - best).abs() < 1e-9);
        for amounts in plan {
            for k in 0..2 {
                let steps = amounts[k] * grid[k];
                assert!((steps - steps.round()).abs() < 1e-9);
            }
        }
    }
}
