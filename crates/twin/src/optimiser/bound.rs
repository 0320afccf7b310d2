//! How low the fullest link can be by any routing at all: the multi-commodity flow.
//!
//! Lengths y of the links prove a bound: Σ demand x shortest distance <= θ Σ y_l c_l for every routing whose
//! fullest link is θ (weak duality; Shahrokhi and Matula, 1990). Distances are worked out by origins, so that a
//! bound takes as many searches as there are origins. First lengths follow the loads, exponentially (a smoothed
//! maximum, whose ascent needs the sums of the loads alone); then paths are generated until bound and flow meet.

use slicewise_core::seed::{SmallStream, uniform};
use slicewise_optim::least_peak::{Entries, LeastPeak};
use slicewise_optim::monitor::{Monitor, Stopped};

use super::columns::{Aim, Columns, generate};
use super::demands::Demand;
use super::effort::Effort;
use crate::problem::Problem;
use crate::shortest_ways::{NO_LINK, ShortestWays, Ways};

/// The lower bound of the highest utilisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// No routing has a lower highest utilisation.
    pub utilisation: f64,
    /// A routing over all paths has this one: the optimum lies between both.
    pub reached: f64,
}

/// Demands beyond which paths are not generated.
const MOST_DEMANDS: usize = 20_000;

/// The bound over all routings of `demands` that keep off `closed` links.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn bound(
    problem: &Problem,
    demands: &[Demand],
    closed: &[bool],
    effort: &Effort<'_>,
    monitor: &impl Monitor,
) -> Result<Bound, Stopped> {
    let mut paths = Paths::new(problem, demands, closed);
    let mut best = Bound { utilisation: 0.0, reached: f64::INFINITY };
    let ascended = ascend(&mut paths, &mut best, effort, monitor).await?;
    if demands.len() > MOST_DEMANDS || effort.is_spent() || demands.is_empty() {
        return Ok(best);
    }
    let start = ascended.start.into_iter().map(|entries| (entries.unwrap_or_default(), ()));
    let start = start.collect();
    let mut division = LeastPeak::new(vec![0.0; closed.len()], start);
    let aim = Aim { demands: demands.len(), goal: 0.0, centre: Some(ascended.prices) };
    let bound = generate(&mut division, &mut paths, aim, effort, monitor, &mut |_, _| {}).await?;
    best.utilisation = best.utilisation.max(bound);
    best.reached = best.reached.min(division.peak());
    Ok(best)
}

/// Rounds of the ascent.
const ROUNDS: usize = 60;
/// How far, as a share of the peak, the smoothed maximum may lie above it in the first round and in the last.
const BLUR: (f64, f64) = (0.3, 0.02);

/// What the ascent came to.
struct Ascended {
    /// Prices of the best bound.
    prices: Vec<f64>,
    /// A path of each demand, drawn so that the loads are on average those of the flow; none where there is none.
    start: Vec<Option<Entries>>,
}

/// Raises the bound by lengths that follow the loads: in every round all demands take their shortest ways, and
/// the flow moves towards them as far as the smoothed maximum falls (Frank and Wolfe, 1956).
async fn ascend(
    paths: &mut Paths<'_>,
    best: &mut Bound,
    effort: &Effort<'_>,
    monitor: &impl Monitor,
) -> Result<Ascended, Stopped> {
    let rows = paths.capacities.len();
    let mut prices = vec![1.0 / rows as f64; rows];
    let mut ascended = Ascended { prices: prices.clone(), start: vec![None; paths.demands.len()] };
    let mut stream = SmallStream::new(1);
    let mut flow: Vec<f64> = Vec::new();
    for round in 0..ROUNDS {
        monitor.checkpoint().await?;
        let bound = paths.prepare(&prices);
        if bound > best.utilisation {
            best.utilisation = bound;
            ascended.prices.clone_from(&prices);
        }
        effort.count();
        let shortest = paths.all_or_nothing();
        let done = round as f64 / ROUNDS as f64;
        let blur = BLUR.0 * libm::exp(done * libm::log(BLUR.1 / BLUR.0));
        let share = if flow.is_empty() { 1.0 } else { step(&flow, &shortest, blur) };
        for (demand, start) in ascended.start.iter_mut().enumerate() {
            if uniform(&mut stream) < share {
                *start = paths.column(demand).map(|(entries, ())| entries);
            }
        }
        if flow.is_empty() {
            flow = shortest;
        } else {
            flow.iter_mut().zip(&shortest).for_each(|(own, new)| *own += share * (new - *own));
        }
        let peak = flow.iter().copied().fold(0.0, f64::max);
        best.reached = best.reached.min(peak);
        let sharpness = sharpness(rows, blur, peak);
        for (price, load) in prices.iter_mut().zip(&flow) {
            *price = libm::exp(sharpness * (load - peak));
        }
        let sum: f64 = prices.iter().sum();
        prices.iter_mut().for_each(|price| *price /= sum);
        if effort.is_spent() || best.reached <= best.utilisation * (1.0 + 1e-9) {
            break;
        }
    }
    Ok(ascended)
}

/// The factor in the exponents at which the smoothed maximum lies at most `blur` of the peak above it.
pub(crate) fn sharpness(rows: usize, blur: f64, peak: f64) -> f64 {
    libm::log(rows.max(2) as f64) / (blur * peak.max(f64::MIN_POSITIVE))
}

/// How far to move from `flow` towards `other`: where the smoothed maximum is least, by halving.
pub(crate) fn step(flow: &[f64], other: &[f64], blur: f64) -> f64 {
    let peak = flow.iter().copied().fold(0.0, f64::max);
    let sharpness = sharpness(flow.len(), blur, peak);
    // The slope of the smoothed maximum has the sign of this sum.
    let slope = |share: f64| {
        let at = |(own, new): (&f64, &f64)| own + share * (new - own);
        let highest = flow.iter().zip(other).map(at).fold(0.0, f64::max);
        let terms = flow.iter().zip(other).map(|(own, new)| {
            (new - own) * libm::exp(sharpness * (own + share * (new - own) - highest))
        });
        terms.sum::<f64>()
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..20 {
        let middle = 0.5 * (low + high);
        if slope(middle) < 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// Shortest paths of all demands, by lengths of the links.
struct Paths<'a> {
    demands: &'a [Demand],
    ways: Ways,
    tree: ShortestWays,
    capacities: Vec<f64>,
    /// Demands by origin: the first of each and the end.
    origins: Vec<(u32, usize, usize)>,
    lengths: Vec<f64>,
    costs: Vec<f64>,
    /// The link by which the shortest way enters each node, for every origin.
    entered_by: Vec<Vec<u32>>,
}

/// Length of a link without a price, as a share of the mean: of ways that cost nothing the shorter one is taken.
const LEAST_LENGTH: f64 = 1e-7;

impl<'a> Paths<'a> {
    fn new(problem: &Problem, demands: &'a [Demand], closed: &[bool]) -> Self {
        let topology = &problem.scenario.topology;
        let is_open = |link: u32| !problem.failed_links[link as usize] && !closed[link as usize];
        let mut origins: Vec<(u32, usize, usize)> = Vec::new();
        for (index, demand) in demands.iter().enumerate() {
            match origins.last_mut() {
                Some((source, _, end)) if *source == demand.source => *end = index + 1,
                _ => origins.push((demand.source, index, index + 1)),
            }
        }
        Self {
            demands,
            ways: Ways::new(topology, is_open),
            tree: ShortestWays::default(),
            capacities: topology.links.iter().map(|link| link.capacity_bit_per_s).collect(),
            entered_by: vec![vec![NO_LINK; topology.nodes.len()]; origins.len()],
            origins,
            lengths: Vec::new(),
            costs: vec![0.0; demands.len()],
        }
    }

    /// The shortest ways from an origin.
    fn search(&mut self, origin: usize) {
        self.tree.grow(self.origins[origin].0, &self.ways, &self.lengths, |_| true);
        self.entered_by[origin].copy_from_slice(self.tree.entered_by());
    }

    /// The utilisations when every demand takes its shortest way.
    fn all_or_nothing(&self) -> Vec<f64> {
        let mut loads = vec![0.0; self.capacities.len()];
        for origin in 0..self.origins.len() {
            let (_, first, end) = self.origins[origin];
            for demand in &self.demands[first..end] {
                for link in self.path(origin, demand.target) {
                    loads[link as usize] += demand.rate_bit_per_s;
                }
            }
        }
        loads.iter_mut().zip(&self.capacities).for_each(|(load, capacity)| *load /= capacity);
        loads
    }

    /// The links of the shortest way from an origin, the last one first.
    fn path(&self, origin: usize, target: u32) -> impl Iterator<Item = u32> + '_ {
        self.ways.back(&self.entered_by[origin], target)
    }

    fn origin_of(&self, demand: usize) -> usize {
        self.origins.partition_point(|(_, _, end)| *end <= demand)
    }
}

impl Columns for Paths<'_> {
    type Label = ();

    fn prepare(&mut self, prices: &[f64]) -> f64 {
        let mean = 1.0 / prices.len() as f64;
        let longer = prices.iter().map(|price| price + LEAST_LENGTH * mean);
        let sum = 1.0 + LEAST_LENGTH;
        let lengths =
            longer.zip(&self.capacities).map(|(price, capacity)| price / (sum * capacity));
        self.lengths = lengths.collect();
        let mut bound = 0.0;
        for origin in 0..self.origins.len() {
            self.search(origin);
            let (_, first, end) = self.origins[origin];
            for (demand, cost) in self.demands[first..end].iter().zip(&mut self.costs[first..end]) {
                *cost = demand.rate_bit_per_s * self.tree.distance()[demand.target as usize];
                // What cannot arrive proves nothing.
                bound += if cost.is_finite() { *cost } else { 0.0 };
            }
        }
        bound
    }

    fn cost(&self, demand: usize) -> f64 {
        self.costs[demand]
    }

    fn column(&self, demand: usize) -> Option<(Entries, ())> {
        let own = &self.demands[demand];
        let links = self.path(self.origin_of(demand), own.target);
        let entry = |link: u32| (link, own.rate_bit_per_s / self.capacities[link as usize]);
        let mut entries: Entries = links.map(entry).collect();
        entries.sort_unstable_by_key(|(link, _)| *link);
        Some((entries, ()))
    }
}
