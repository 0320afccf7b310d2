//! A coarse picture of the network, shared by all problems of a batch: QoS distributions on a grid
//! of allocations and traffic levels. With it every problem looks at its whole box for the price of
//! a few hundred distribution functions, and without asking the network.

use slicewise_nets::dense::limits::Limits;
use slicewise_nets::{FusedEvaluator, Network};

use super::starts::Candidate;
use crate::question::Question;

/// The most resources that a table has axes for.
pub const MOST_RESOURCES: usize = 3;
/// Nodes per axis for one, two and three resources.
pub const NODES_PER_AXIS: [usize; MOST_RESOURCES] = [65, 17, 7];
/// The most traffic levels of a table.
pub const MOST_LEVELS: usize = 17;

/// What a table covers.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Least allocation per resource, in the resource's unit.
    pub lowest: Vec<f64>,
    /// Largest allocation less the least, per resource.
    pub extent: Vec<f64>,
    /// Traffic levels in users/s, ascending, 1 to [`MOST_LEVELS`] of them.
    pub levels: Vec<f64>,
}

impl Span {
    /// The box around the boxes of `questions` (at least one, all of equally many resources) and
    /// their traffic levels: all of them where they are few, or else as many as a table has, evenly
    /// spaced.
    pub fn of(questions: &[Question]) -> Self {
        let resources = questions[0].resources();
        let (mut lowest, mut highest) =
            (vec![f64::INFINITY; resources], vec![f64::NEG_INFINITY; resources]);
        for question in questions {
            for k in 0..resources {
                lowest[k] = question.lowest[k].min(lowest[k]);
                highest[k] = (question.lowest[k] + question.extent[k]).max(highest[k]);
            }
        }
        let mut levels: Vec<f64> =
            questions.iter().flat_map(|question| question.traffic.iter().copied()).collect();
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        let extent = highest.iter().zip(&lowest).map(|(high, low)| high - low).collect();
        let span = Self { lowest, extent, levels };
        if span.levels.len() > MOST_LEVELS { span.evenly() } else { span }
    }

    /// The same box with as many levels as a table has, evenly spaced from the lowest level to the
    /// highest; a single level stays alone.
    #[must_use]
    pub fn evenly(mut self) -> Self {
        let (Some(first), Some(last)) = (self.levels.first(), self.levels.last()) else {
            return self;
        };
        let (first, last) = (*first, *last);
        if first < last {
            let step = (last - first) / (MOST_LEVELS - 1) as f64;
            self.levels = (0..MOST_LEVELS).map(|level| first + step * level as f64).collect();
        }
        self
    }

    fn resources(&self) -> usize {
        self.extent.len()
    }
}

/// QoS distributions of a network over a [`Span`].
///
/// Node n lies at step n / per_axis^k % per_axis of resource k. Every array holds levels x
/// components x nodes numbers: at traffic level t, component j of node n is number
/// (t * components + j) * nodes + n.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What the table covers.
    pub span: Span,
    /// Nodes along each resource.
    pub per_axis: usize,
    /// Nodes in all.
    pub nodes: usize,
    /// Components of the QoS mixture.
    pub components: usize,
    /// +1 where low QoS degrades, -1 where high QoS does.
    pub sign: f64,
    /// Mean of each component, in the network's scale.
    pub means: Vec<f64>,
    /// 1 / deviation of each component.
    pub steepnesses: Vec<f64>,
    /// Share of each component.
    pub shares: Vec<f64>,
    /// Whether its degradation never rises with a resource.
    pub is_monotone: bool,
    /// The card's limits, which depend on the threshold that is asked for.
    limits: Limits,
    /// Traffic, then the allocation of each node; the traffic is the level's that is looked at.
    rows: Vec<f64>,
}

/// What the look at one question needs beside the table; kept from one question to the next.
#[derive(Clone, Debug, Default)]
pub struct Look {
    level_weights: Vec<f64>,
    /// Degradation at each node at one level.
    level_values: Vec<f64>,
    /// A row of the network.
    row: Vec<f64>,
    /// Expected degradation at each node, about.
    pub values: Vec<f64>,
    pub(super) candidates: Vec<Candidate>,
}

impl Table {
    /// Fills the table, for 1 to [`MOST_RESOURCES`] resources.
    pub fn new(network: &Network, span: Span) -> Self {
        let resources = span.resources();
        let per_axis = NODES_PER_AXIS[resources - 1];
        let nodes = per_axis.pow(resources as u32);
        let components = network.head.components;
        let mut table = Self {
            per_axis,
            nodes,
            components,
            sign: network.head.sign(),
            means: Vec::with_capacity(span.levels.len() * components * nodes),
            steepnesses: Vec::with_capacity(span.levels.len() * components * nodes),
            shares: Vec::with_capacity(span.levels.len() * components * nodes),
            is_monotone: network.is_monotone(),
            limits: Limits::new(&network.card),
            rows: Vec::new(),
            span,
        };
        let width = 1 + resources;
        let mut rows = vec![0.0; nodes * width];
        for (node, row) in rows.chunks_exact_mut(width).enumerate() {
            for (k, value) in row[1..].iter_mut().enumerate() {
                *value = table.coordinate(node, k);
            }
        }
        let mut evaluator = FusedEvaluator::new(network);
        let mut distributions = vec![0.0; nodes * 3 * components];
        for level in &table.span.levels {
            rows.chunks_exact_mut(width).for_each(|row| row[0] = *level);
            evaluator.distributions_now(&rows, &mut distributions);
            for j in 0..components {
                for row in distributions.chunks_exact(3 * components) {
                    table.means.push(row[j]);
                    table.steepnesses.push(1.0 / row[components + j]);
                    table.shares.push(row[2 * components + j]);
                }
            }
        }
        table.rows = rows;
        table
    }

    /// Allocation of resource `k` at `node`, in the resource's unit.
    pub fn coordinate(&self, node: usize, k: usize) -> f64 {
        let step = node / self.per_axis.pow(k as u32) % self.per_axis;
        self.span.lowest[k] + self.span.extent[k] * step as f64 / (self.per_axis - 1) as f64
    }

    /// The question's traffic on the table's levels: the weight of each of its levels goes to the
    /// two nearest of the table, in proportion to nearness.
    pub fn level_weights(&self, question: &Question, weights: &mut Vec<f64>) {
        let levels = &self.span.levels;
        weights.clear();
        weights.resize(levels.len(), 0.0);
        for (traffic, weight) in question.traffic.iter().zip(&question.weights) {
            let above = levels.partition_point(|level| level < traffic);
            if above == 0 {
                weights[0] += weight;
            } else if above == levels.len() {
                weights[above - 1] += weight;
            } else {
                let gap = levels[above] - levels[above - 1];
                let share = (traffic - levels[above - 1]) / gap;
                weights[above] += weight * share;
                weights[above - 1] += weight * (1.0 - share);
            }
        }
    }

    /// Expected degradation of `question` at every node, to [`FRACTION_ERROR`] and the error of
    /// spreading its traffic.
    pub fn look(&self, question: &Question, look: &mut Look) {
        self.level_weights(question, &mut look.level_weights);
        look.values.clear();
        look.values.resize(self.nodes, 0.0);
        for (level, weight) in look.level_weights.iter().enumerate() {
            if *weight == 0.0 {
                continue;
            }
            look.level_values.clear();
            look.level_values.resize(self.nodes, 0.0);
            self.add_level(level, question.threshold, &mut look.level_values);
            if !self.limits.is_empty() {
                self.limit(level, question.threshold, &mut look.row, &mut look.level_values);
            }
            for (value, at_level) in look.values.iter_mut().zip(&look.level_values) {
                *value += weight * at_level;
            }
        }
    }

    /// Adds the degradation against `threshold` at a traffic level to the value of each node.
    fn add_level(&self, level: usize, threshold: f64, values: &mut [f64]) {
        for j in 0..self.components {
            let first = (level * self.components + j) * self.nodes;
            let part = first..first + self.nodes;
            let parameters = self.means[part.clone()]
                .iter()
                .zip(&self.steepnesses[part.clone()])
                .zip(&self.shares[part]);
            for (value, ((mean, steepness), share)) in values.iter_mut().zip(parameters) {
                let z = self.sign * (threshold - mean) * steepness;
                *value += share * fraction_below(z);
            }
        }
    }

    /// Makes certain what the card's limits rule out at a traffic level.
    fn limit(&self, level: usize, threshold: f64, row: &mut Vec<f64>, values: &mut [f64]) {
        let width = 1 + self.span.resources();
        for (value, at) in values.iter_mut().zip(self.rows.chunks_exact(width)) {
            row.clear();
            row.extend_from_slice(at);
            row[0] = self.span.levels[level];
            *value = self.limits.apply(row, threshold, *value);
        }
    }
}

/// Largest error of [`fraction_below`].
pub const FRACTION_ERROR: f64 = 1.6e-7;

/// Φ(z) to [`FRACTION_ERROR`], without branches or transcendental functions (Abramowitz and Stegun,
/// Handbook of Mathematical Functions, 7.1.28).
#[inline(always)]
pub fn fraction_below(z: f64) -> f64 {
    const TERMS: [f64; 6] = [
        0.070_523_078_4,
        0.042_282_012_3,
        0.009_270_527_2,
        0.000_152_014_3,
        0.000_276_567_2,
        0.000_043_063_8,
    ];
    let x = z.abs() * std::f64::consts::FRAC_1_SQRT_2;
    let mut sum = TERMS[5];
    for term in TERMS[..5].iter().rev() {
        sum = sum * x + term;
    }
    let root = 1.0 + sum * x;
    let square = root * root;
    let fourth = square * square;
    let eighth = fourth * fourth;
    let tail = 0.5 / (eighth * eighth);
    if z < 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use slicewise_core::slice::traffic::standard_normal_cdf;

    use super::*;

    #[test]
    fn the_fast_distribution_function_keeps_its_error() {
        for step in -4000..4000 {
            let z = f64::from(step) * 0.01;
            assert!((fraction_below(z) - standard_normal_cdf(z)).abs() < FRACTION_ERROR, "{z}");
        }
        assert_eq!((fraction_below(-1e300), fraction_below(1e300)), (0.0, 1.0));
    }
}
