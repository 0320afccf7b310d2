//! One slice's part of a problem, in the form that the searches work on.

use slicewise_core::card::Better;
use slicewise_core::slice::Traffic;
use slicewise_core::slice::problem::{ResourceTerms, SliceProblem, multiple_above};
use slicewise_nets::dense::enclosure::{Boxes, EnclosureEvaluator, LowerBound};
use slicewise_nets::dense::evaluator::{Degradation, DistributionEvaluator};
use slicewise_nets::dense::head::Measure;
use slicewise_nets::{FusedEvaluator, Network};
use slicewise_optim::Constraint;
use slicewise_optim::branch_and_bound::{MOST_DIMENSIONS, Region, Underestimate, Underestimator};
use slicewise_optim::joint_branch_and_bound::{Corners, Held};

use crate::plan::not_shown;

/// Traffic as levels with users, and the share of the users that each stands for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Levels {
    /// Traffic levels with users, in users/s.
    pub traffic: Vec<f64>,
    /// Share of the users that each level stands for; sums to 1 (MicroOpt, equation 1).
    pub weights: Vec<f64>,
}

impl Levels {
    /// The levels of `traffic`; none where it has no user.
    ///
    /// A monotone network's levels below the measured traffic count as the least that was measured:
    /// fewer users are served no worse, and so nothing is said of traffic that nobody saw.
    pub fn of(traffic: &Traffic, network: &Network) -> Self {
        let least =
            if network.is_monotone() { network.card.inputs[0].trained_minimum } else { 0.0 };
        let samples: Vec<_> =
            traffic.samples().into_iter().filter(|s| s.users_per_second > 0.0).collect();
        let users: f64 = samples.iter().map(|s| s.weight * s.users_per_second).sum();
        Self {
            traffic: samples.iter().map(|s| s.users_per_second.max(least)).collect(),
            weights: samples.iter().map(|s| s.weight * s.users_per_second / users).collect(),
        }
    }
}

/// A slice's traffic, promise and room, with allocations scaled to the unit box.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Traffic levels with users, in users/s.
    pub traffic: Vec<f64>,
    /// Share of the users that each level stands for; sums to 1 (MicroOpt, equation 1).
    pub weights: Vec<f64>,
    /// QoS threshold in the network's scale: with a confidence, raised by the card's factor, so that
    /// the degradation against it is an upper bound of that against the promised one.
    pub threshold: f64,
    /// The promised QoS threshold in the network's scale.
    pub promised_threshold: f64,
    /// Degradation threshold.
    pub limit: f64,
    /// Whether the measurements can show so small a degradation with the problem's confidence.
    pub shown: bool,
    /// Least allocation per resource.
    pub lowest: Vec<f64>,
    /// Largest allocation less the least, per resource.
    pub extent: Vec<f64>,
    /// Cost of the whole extent, per resource.
    pub costs: Vec<f64>,
    /// Cost of the least allocation.
    pub base_cost: f64,
    /// Of what an allocation is a whole multiple, per resource; 0 where it can be any amount. The least
    /// allocation and the extent are such multiples.
    pub granularity: Vec<f64>,
}

/// By what the problem's confidence multiplies a QoS threshold.
fn factor(problem: &SliceProblem, network: &Network) -> f64 {
    let confidence = problem.confidence;
    confidence.and_then(|level| network.card.confidence_factor(level)).unwrap_or(1.0)
}

/// The most allocations that are few.
const FEW: f64 = 20_000.0;

fn granularity(terms: &ResourceTerms) -> f64 {
    terms.granularity.unwrap_or(0.0)
}

impl Question {
    /// Slice `slice` of a validated problem. All slices share one scale per resource: from the
    /// least allocation to what the others' least allocations leave of the capacity.
    pub fn new(problem: &SliceProblem, network: &Network, slice: usize) -> Self {
        let levels = Levels::of(&problem.slices[slice].traffic, network);
        Self::with_levels(problem, network, slice, levels)
    }

    /// The questions of all slices of a validated problem, in their order.
    pub fn of_all(problem: &SliceProblem, network: &Network) -> Vec<Self> {
        (0..problem.slices.len()).map(|slice| Self::new(problem, network, slice)).collect()
    }

    /// [`Self::new`] with `levels` in place of the slice's traffic: of many problems that share
    /// their traffic, its levels are needed once.
    pub fn with_levels(
        problem: &SliceProblem,
        network: &Network,
        slice: usize,
        levels: Levels,
    ) -> Self {
        let terms = &problem.slices[slice];
        let slices = problem.slices.len() as f64;
        let lowest: Vec<f64> = problem.least();
        let extent = problem.resources.iter().enumerate().map(|(k, r)| {
            let most = problem.most(&network.card, k);
            r.rounded_down((r.capacity - slices * lowest[k]).min(most - lowest[k]))
        });
        let extent: Vec<f64> = extent.collect();
        let output = &network.card.output;
        let raised = match output.better {
            Better::Higher => terms.qos_threshold * factor(problem, network),
            Better::Lower => terms.qos_threshold / factor(problem, network),
        };
        Self {
            traffic: levels.traffic,
            weights: levels.weights,
            threshold: output.scale.forward(raised),
            promised_threshold: output.scale.forward(terms.qos_threshold),
            limit: terms.degradation_threshold,
            shown: not_shown(network, problem, terms.degradation_threshold).is_none(),
            costs: problem.resources.iter().zip(&extent).map(|(r, e)| r.price * e).collect(),
            base_cost: problem.cost(&lowest),
            granularity: problem.resources.iter().map(granularity).collect(),
            lowest,
            extent,
        }
    }

    /// Whether a resource is allocated in steps.
    pub fn has_granularity(&self) -> bool {
        self.granularity.iter().any(|step| *step > 0.0)
    }

    /// How many steps lead across the unit box, per resource; 0 where any amount can be allocated, or
    /// only one.
    pub fn steps(&self) -> Vec<f64> {
        let pairs = self.granularity.iter().zip(&self.extent);
        pairs
            .map(|(step, extent)| if *step > 0.0 { (extent / step).round() } else { 0.0 })
            .collect()
    }

    /// Whether the granularity leaves so few allocations that a search over them needs no start.
    pub fn has_few_allocations(&self) -> bool {
        let in_steps = self.granularity.iter().all(|step| *step > 0.0);
        in_steps && self.steps().iter().map(|steps| steps + 1.0).product::<f64>() <= FEW
    }

    /// `amount` of resource `k`, or the next larger one that the granularity allows.
    pub fn rounded_up(&self, k: usize, amount: f64) -> f64 {
        let step = self.granularity[k];
        if step > 0.0 { multiple_above(amount, step) } else { amount }
    }

    /// The point of the unit box next above `point` that the granularity allows.
    pub fn point_rounded_up(&self, point: &[f64]) -> Vec<f64> {
        if !self.has_granularity() {
            return point.to_vec();
        }
        let allocation = self.allocation(point);
        let rounded: Vec<f64> =
            allocation.iter().enumerate().map(|(k, amount)| self.rounded_up(k, *amount)).collect();
        self.point(&rounded).iter().map(|x| x.min(1.0)).collect()
    }

    /// The question of a planner that takes QoS for a number and not a distribution (MicroOpt,
    /// section VI-C): QoS falls as traffic rises, so a share 1 - limit of the users is served when
    /// the traffic level at that quantile is, and there [`Measure::Deterministic`] must not exceed
    /// one half.
    #[must_use]
    pub fn without_distribution(&self) -> Self {
        let mut levels: Vec<(f64, f64)> =
            self.traffic.iter().copied().zip(self.weights.iter().copied()).collect();
        levels.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut served = 0.0;
        let quantile = levels.iter().find(|(_, weight)| {
            served += weight;
            served >= 1.0 - self.limit
        });
        let level = quantile.or(levels.last()).map_or(0.0, |(traffic, _)| *traffic);
        Self { traffic: vec![level], weights: vec![1.0], limit: 0.5, ..self.clone() }
    }

    /// Cost of `allocation`: η·r, as the cost of the least allocation and of what lies above it.
    pub fn cost(&self, allocation: &[f64]) -> f64 {
        let mut cost = self.base_cost;
        for (k, value) in allocation.iter().enumerate() {
            if self.extent[k] > 0.0 {
                cost += self.costs[k] * ((value - self.lowest[k]) / self.extent[k]);
            }
        }
        cost
    }

    /// λ at `allocation`: the saving per unit of the degradation threshold, from the degradation's
    /// `slopes` per unit of each resource. `capacity_prices` (per unit, empty for none) are added to
    /// the resources' own.
    ///
    /// Every resource that is not at a bound gives the same ratio of price to effect; at a kink of
    /// the network they differ, and the least is what is surely saved.
    pub fn multiplier(&self, allocation: &[f64], slopes: &[f64], capacity_prices: &[f64]) -> f64 {
        let inside = |k: usize| {
            let x = allocation[k] - self.lowest[k];
            x > 1e-6 * self.extent[k] && x < (1.0 - 1e-6) * self.extent[k]
        };
        (0..slopes.len())
            .filter(|k| inside(*k) && slopes[*k] < 0.0)
            .map(|k| {
                let scarcity = capacity_prices.get(k).copied().unwrap_or(0.0);
                (self.costs[k] / self.extent[k] + scarcity) / -slopes[k]
            })
            .reduce(f64::min)
            .unwrap_or(0.0)
    }

    /// Number of resources.
    pub fn resources(&self) -> usize {
        self.extent.len()
    }

    /// The allocation at `point` of the unit box.
    pub fn allocation(&self, point: &[f64]) -> Vec<f64> {
        let scaled = point.iter().zip(&self.extent).map(|(x, extent)| x * extent);
        self.lowest.iter().zip(scaled).map(|(lowest, more)| lowest + more).collect()
    }

    /// The point of the unit box at `allocation`.
    pub fn point(&self, allocation: &[f64]) -> Vec<f64> {
        allocation
            .iter()
            .zip(&self.lowest)
            .zip(&self.extent)
            .map(|((a, lowest), extent)| if *extent > 0.0 { (a - lowest) / extent } else { 0.0 })
            .collect()
    }

    /// Degradation at `allocation` against the threshold of the question, computed plainly: the check
    /// that owes nothing to a search or to a fused evaluator.
    pub fn strict_degradation(&self, network: &Network, allocation: &[f64]) -> f64 {
        self.plain_degradation(network, allocation, self.threshold)
    }

    /// Expected degradation at `allocation` against the promised threshold, computed plainly.
    pub fn expected_degradation(&self, network: &Network, allocation: &[f64]) -> f64 {
        self.plain_degradation(network, allocation, self.promised_threshold)
    }

    fn plain_degradation(&self, network: &Network, allocation: &[f64], threshold: f64) -> f64 {
        let mut row = vec![0.0; 1 + allocation.len()];
        row[1..].copy_from_slice(allocation);
        let mut total = 0.0;
        for (traffic, weight) in self.traffic.iter().zip(&self.weights) {
            row[0] = *traffic;
            total += weight * network.degradation(&row, threshold);
        }
        total
    }
}

/// Questions put to an evaluator as one batch: degradation as a constraint over the unit box, owner
/// by owner.
pub struct SliceConstraint<'a, E> {
    questions: &'a [Question],
    evaluator: E,
    asked: Degradation,
    rows: Vec<f64>,
    row_values: Vec<f64>,
    row_gradients: Vec<f64>,
    /// Rows evaluated so far.
    pub evaluations: u64,
}

impl<'a, E: DistributionEvaluator> SliceConstraint<'a, E> {
    /// Puts `questions` (at least one, of equally many resources) to `evaluator` under `measure`;
    /// question i is owner i.
    pub fn new(questions: &'a [Question], evaluator: E, measure: Measure) -> Self {
        Self {
            questions,
            evaluator,
            asked: Degradation { thresholds: Vec::new(), measure },
            rows: Vec::new(),
            row_values: Vec::new(),
            row_gradients: Vec::new(),
            evaluations: 0,
        }
    }

    /// Writes one row per point and traffic level.
    fn load(&mut self, owners: &[usize], points: &[f64]) {
        let resources = self.questions[0].resources();
        self.rows.clear();
        self.asked.thresholds.clear();
        for (owner, point) in owners.iter().zip(points.chunks_exact(resources)) {
            let question = &self.questions[*owner];
            self.asked.thresholds.extend(question.traffic.iter().map(|_| question.threshold));
            for traffic in &question.traffic {
                self.rows.push(*traffic);
                for (k, x) in point.iter().enumerate() {
                    self.rows.push(question.lowest[k] + x * question.extent[k]);
                }
            }
        }
        let count = self.asked.thresholds.len();
        self.row_values.resize(count, 0.0);
        self.row_gradients.resize(self.rows.len(), 0.0);
        self.evaluations += count as u64;
    }

    fn gather_values(&self, owners: &[usize], values: &mut [f64]) {
        let mut rows = self.row_values.iter();
        for (value, owner) in values.iter_mut().zip(owners) {
            let weights = &self.questions[*owner].weights;
            *value = weights.iter().zip(rows.by_ref()).map(|(w, v)| v * w).sum();
        }
    }
}

impl<E: DistributionEvaluator> Constraint for SliceConstraint<'_, E> {
    fn dimension(&self) -> usize {
        self.questions[0].resources()
    }

    async fn values(&mut self, owners: &[usize], points: &[f64], values: &mut [f64]) {
        self.load(owners, points);
        self.evaluator.values(&self.rows, &self.asked, &mut self.row_values).await;
        self.gather_values(owners, values);
    }

    async fn gradients(
        &mut self,
        owners: &[usize],
        points: &[f64],
        values: &mut [f64],
        gradients: &mut [f64],
    ) {
        self.load(owners, points);
        self.evaluator
            .gradients(&self.rows, &self.asked, &mut self.row_values, &mut self.row_gradients)
            .await;
        self.gather_values(owners, values);
        let resources = self.dimension();
        let mut rows = self.row_gradients.chunks_exact(1 + resources);
        for (gradient, owner) in gradients.chunks_exact_mut(resources).zip(owners) {
            let question = &self.questions[*owner];
            gradient.fill(0.0);
            for (weight, row) in question.weights.iter().zip(rows.by_ref()) {
                for (k, sum) in gradient.iter_mut().enumerate() {
                    *sum += question.extent[k] * weight * row[1 + k];
                }
            }
        }
    }
}

/// What bounds a network over boxes.
#[derive(Clone, Debug)]
pub enum Bounds {
    /// Affine forms, for any network.
    Affine(Box<EnclosureEvaluator>),
    /// The network at the corner with most of every resource: the least degradation of a monotone one.
    BestCorner,
}

impl Bounds {
    /// The bounds of `network`; nothing where it has too many resources.
    pub fn of(network: &Network) -> Option<Self> {
        if network.is_monotone() {
            return (network.inputs() - 1 <= MOST_DIMENSIONS).then_some(Self::BestCorner);
        }
        EnclosureEvaluator::new(network).map(|affine| Self::Affine(Box::new(affine)))
    }
}

/// A question put to bounds: degradation bounded from below over boxes.
pub struct SliceEnclosure<'a> {
    question: &'a Question,
    enclosure: Bounds,
    evaluator: FusedEvaluator,
    centres: Vec<f64>,
    half_widths: Vec<f64>,
    thresholds: Vec<f64>,
    bounds: Vec<LowerBound>,
    values: Vec<f64>,
    /// Rows bounded so far.
    pub evaluations: u64,
}

impl<'a> SliceEnclosure<'a> {
    /// Puts `question` to `enclosure` and, for single points, to `evaluator`.
    pub fn new(question: &'a Question, enclosure: Bounds, evaluator: FusedEvaluator) -> Self {
        Self {
            question,
            enclosure,
            evaluator,
            centres: Vec::new(),
            half_widths: Vec::new(),
            thresholds: Vec::new(),
            bounds: Vec::new(),
            values: Vec::new(),
            evaluations: 0,
        }
    }

    fn load(&mut self, regions: &[Region]) {
        let question = self.question;
        self.centres.clear();
        self.half_widths.clear();
        for region in regions {
            for traffic in &question.traffic {
                self.centres.push(*traffic);
                for k in 0..question.resources() {
                    let extent = question.extent[k];
                    self.centres.push(question.lowest[k] + region.middle[k] * extent);
                    self.half_widths.push(region.half_width[k] * extent);
                }
            }
        }
        let count = regions.len() * question.traffic.len();
        self.thresholds.resize(count, question.threshold);
        self.bounds.resize(count, LowerBound::default());
        self.evaluations += count as u64;
    }
}

/// Taken off a bound so that rounding cannot make it too high.
const ROUNDING: f64 = 1e-10;

impl SliceEnclosure<'_> {
    /// Bounds the regions that were loaded by the network's value at their upper corners.
    fn at_best_corners(&mut self, found: &mut [Underestimate]) {
        let resources = self.question.resources();
        let rows = self.centres.chunks_exact_mut(1 + resources);
        for (row, half_widths) in rows.zip(self.half_widths.chunks_exact(resources)) {
            for (value, half_width) in row[1..].iter_mut().zip(half_widths) {
                *value += half_width;
            }
        }
        self.values.resize(self.thresholds.len(), 0.0);
        let (rows, thresholds) = (&self.centres, &self.thresholds);
        self.evaluator.values_now(rows, thresholds, &Measure::Expected, &mut self.values);
        let levels = self.question.traffic.len();
        for (found, values) in found.iter_mut().zip(self.values.chunks_exact(levels)) {
            let parts = values.iter().zip(&self.question.weights);
            let bound = parts.map(|(value, weight)| value * weight).sum::<f64>() - ROUNDING;
            found.linear = [(bound, [0.0; MOST_DIMENSIONS]); 2];
        }
    }
}

/// A point counts as feasible where this share of the limit is left, so that it is so by plain arithmetic.
const MARGIN: f64 = 1e-9;

impl SliceEnclosure<'_> {
    /// What is known of the promise over boxes of two resources.
    pub fn examine(&mut self, boxes: &[Corners], found: &mut Vec<Option<Held>>) {
        let regions: Vec<Region> = boxes.iter().map(region).collect();
        let mut bounds = vec![Underestimate::default(); boxes.len()];
        self.underestimate(&regions, &mut bounds);
        let limit = self.question.limit;
        let feasible = |value: f64| value <= limit * (1.0 - MARGIN);
        if matches!(self.enclosure, Bounds::BestCorner) {
            found.extend(boxes.iter().zip(&bounds).map(|(corners, bound)| {
                let bound = bound.linear[0].0;
                let upper_is_feasible = feasible(bound + ROUNDING);
                (bound <= limit).then_some(Held { least: corners.lower, upper_is_feasible })
            }));
            return;
        }
        let point = |upper: [f64; 2]| region(&Corners { lower: upper, upper });
        let uppers: Vec<Region> = boxes.iter().map(|corners| point(corners.upper)).collect();
        let mut values = vec![0.0; boxes.len()];
        self.values(&uppers, &mut values);
        for ((region, bound), value) in regions.iter().zip(&bounds).zip(values) {
            let least = least_within(region, bound, limit);
            found.push(least.map(|least| Held { least, upper_is_feasible: feasible(value) }));
        }
    }
}

/// A box by its middle.
fn region(corners: &Corners) -> Region {
    let mut region = Region { middle: [0.0; 3], half_width: [0.0; 3] };
    for k in 0..2 {
        region.middle[k] = 0.5 * (corners.lower[k] + corners.upper[k]);
        region.half_width[k] = 0.5 * (corners.upper[k] - corners.lower[k]);
    }
    region
}

/// The least of each of two resources at which `bound` lets degradation within `region` reach `limit`;
/// nothing where it never does.
fn least_within(region: &Region, bound: &Underestimate, limit: f64) -> Option<[f64; 2]> {
    let lower = |k: usize| region.middle[k] - region.half_width[k];
    let mut least = [lower(0), lower(1)];
    for (constant, slopes) in &bound.linear {
        let left = limit + ROUNDING - constant;
        if left + slopes[0].abs() + slopes[1].abs() < 0.0 {
            return None;
        }
        for k in 0..2 {
            // slope·eps <= left + what the other can take off, with eps in [-1, 1].
            let most = left + slopes[1 - k].abs();
            if slopes[k] < 0.0 {
                let eps = most / slopes[k] - ROUNDING;
                least[k] = least[k].max(region.middle[k] + region.half_width[k] * eps.min(1.0));
            }
        }
    }
    Some(least)
}

impl Underestimator for SliceEnclosure<'_> {
    fn underestimate(&mut self, regions: &[Region], found: &mut [Underestimate]) {
        self.load(regions);
        let Bounds::Affine(enclosure) = &mut self.enclosure else {
            return self.at_best_corners(found);
        };
        let boxes = Boxes {
            centres: &self.centres,
            half_widths: &self.half_widths,
            thresholds: &self.thresholds,
        };
        enclosure.lower_bounds(&boxes, &mut self.bounds);
        let levels = self.question.traffic.len();
        for (found, bounds) in found.iter_mut().zip(self.bounds.chunks_exact(levels)) {
            *found = combine(bounds, &self.question.weights);
        }
    }

    fn values(&mut self, regions: &[Region], values: &mut [f64]) {
        self.load(regions);
        let mut rows = vec![0.0; self.thresholds.len()];
        self.evaluator.values_now(&self.centres, &self.thresholds, &Measure::Expected, &mut rows);
        let levels = self.question.traffic.len();
        for (value, rows) in values.iter_mut().zip(rows.chunks_exact(levels)) {
            *value = rows.iter().zip(&self.question.weights).map(|(v, w)| v * w).sum();
        }
    }
}

/// Adds up the levels' bounds, once all linear and once with the flat bound where it is better.
fn combine(bounds: &[LowerBound], weights: &[f64]) -> Underestimate {
    let mut sum = Underestimate::default();
    for (bound, weight) in bounds.iter().zip(weights) {
        let least: f64 = bound.constant - bound.slopes.iter().map(|s| s.abs()).sum::<f64>();
        let flat = (bound.flat, [0.0; MOST_DIMENSIONS]);
        let linear = (bound.constant, bound.slopes);
        let choices = [linear, if bound.flat > least { flat } else { linear }];
        for (total, (constant, slopes)) in sum.linear.iter_mut().zip(choices) {
            total.0 += weight * constant;
            for (total, slope) in total.1.iter_mut().zip(slopes) {
                *total += weight * slope;
            }
        }
    }
    sum
}
