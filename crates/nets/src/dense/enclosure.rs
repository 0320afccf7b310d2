//! Proven lower bounds on expected degradation over boxes of allocations.
//!
//! Every unit of the network is enclosed by an affine form over the box, c + sum_k a_k eps_k +- e
//! with eps_k in [-1, 1] for each resource k. Dense layers carry such forms exactly; a rectifier
//! whose sign is not settled within the box is replaced by the parallelogram of least area around
//! it (the zonotope relaxation of Singh et al., "Fast and effective robustness certification",
//! 2018). Where every rectifier is settled, the enclosure of the last layer is exact, so the bounds
//! tighten with the square of the box's size instead of its size.

use pulp::{Arch, Simd, WithSimd};

use crate::dense::head::{Head, MOST_COMPONENTS};
use crate::dense::layer::{Packed, VECTORS, multiply};
use crate::dense::network::Network;
use crate::lane_math::{self, INVERSE_SQRT_TAU, LEAST_EXPONENT};

/// The most resources over which boxes are bounded.
pub const MOST_RESOURCES: usize = 3;
/// Taken off every bound so that rounding cannot make it too high.
const ROUNDING: f64 = 1e-10;
/// The largest value of z times the standard normal density: exp(-1/2) / sqrt(2 pi), at z = 1.
const HIGHEST_WEIGHTED_DENSITY: f64 = 0.241_970_724_519_143_37;
/// The most lanes of any supported instruction set.
const MOST_LANES: usize = 8;
/// Groups of vectors that the head's bound needs per component: value and share, low and high, and
/// two for the degradation at the middle of the box.
const SCRATCH_PER_COMPONENT: usize = 6;

/// A panel's numbers.
type Lanes<S> = lane_math::Lanes<S, VECTORS>;

/// A lower bound of the degradation over one box.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LowerBound {
    /// Degradation >= constant + slopes·eps for every eps with entries from -1 to 1.
    pub constant: f64,
    /// Change from the middle of the box to its upper face, per resource.
    pub slopes: [f64; MOST_RESOURCES],
    /// A lower bound without slopes; better in large boxes.
    pub flat: f64,
}

/// Bounds a network over boxes of its resources, the traffic held.
#[derive(Clone, Debug)]
pub struct EnclosureEvaluator {
    arch: Arch,
    head: Head,
    inputs: usize,
    forward: Vec<Packed>,
    linear: Vec<Packed>,
    absolute: Vec<Packed>,
    /// Two sets of forms, each (centre, coefficients, radius) x units.
    buffer: Vec<f64>,
    /// Units that one quantity of one set takes up.
    stride: usize,
    scratch: Vec<f64>,
}

/// Boxes to be bounded, one row each.
pub struct Boxes<'a> {
    /// The network's inputs at the middle of each box, row by row; the traffic comes first.
    pub centres: &'a [f64],
    /// Half the width of each box per resource, row by row.
    pub half_widths: &'a [f64],
    /// QoS threshold of each row, in the network's scale.
    pub thresholds: &'a [f64],
}

impl EnclosureEvaluator {
    /// Packs `network`; nothing where it has more than [`MOST_RESOURCES`] resources.
    pub fn new(network: &Network) -> Option<Self> {
        if network.inputs() - 1 > MOST_RESOURCES {
            return None;
        }
        let stride = network.widest().next_multiple_of(crate::dense::layer::GROUP);
        let quantities = network.inputs() + 1;
        Some(Self {
            arch: Arch::new(),
            head: network.head,
            inputs: network.inputs(),
            forward: network.layers.iter().map(Packed::forward).collect(),
            linear: network.layers.iter().map(Packed::linear).collect(),
            absolute: network.layers.iter().map(Packed::absolute).collect(),
            buffer: vec![0.0; 2 * quantities * stride * VECTORS * MOST_LANES],
            stride,
            scratch: vec![
                0.0;
                SCRATCH_PER_COMPONENT * network.head.components * VECTORS * MOST_LANES
            ],
        })
    }

    /// Lower bounds of the expected degradation of each row's box.
    pub fn lower_bounds(&mut self, boxes: &Boxes, bounds: &mut [LowerBound]) {
        let arch = self.arch;
        arch.dispatch(Pass { evaluator: self, boxes, bounds });
    }

    /// Quantities per unit: centre, one coefficient per resource, radius.
    fn quantities(&self) -> usize {
        self.inputs + 1
    }
}

struct Pass<'a, 'b> {
    evaluator: &'a mut EnclosureEvaluator,
    boxes: &'a Boxes<'b>,
    bounds: &'a mut [LowerBound],
}

impl WithSimd for Pass<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { evaluator, boxes, bounds } = self;
        let panel_rows = S::F64_LANES * VECTORS;
        for (panel, bounds) in bounds.chunks_mut(panel_rows).enumerate() {
            let first = panel * panel_rows;
            evaluator.load_panel::<S>(boxes, first, bounds.len());
            let odd = evaluator.carry_panel(simd);
            let thresholds = &boxes.thresholds[first..first + bounds.len()];
            evaluator.bound_panel(simd, odd, thresholds, bounds);
        }
    }
}

impl EnclosureEvaluator {
    /// Numbers that one quantity of one set takes up with `S`.
    #[inline(always)]
    fn block<S: Simd>(&self) -> usize {
        self.stride * VECTORS * S::F64_LANES
    }

    #[inline(always)]
    fn load_panel<S: Simd>(&mut self, boxes: &Boxes, first: usize, rows: usize) {
        let (lanes, block) = (S::F64_LANES * VECTORS, self.block::<S>());
        let resources = self.inputs - 1;
        let quantities = self.quantities();
        for quantity in 0..quantities {
            self.buffer[quantity * block..][..self.inputs * lanes].fill(0.0);
        }
        for lane in 0..rows {
            let row = first + lane;
            for unit in 0..self.inputs {
                self.buffer[unit * lanes + lane] = boxes.centres[row * self.inputs + unit];
            }
            for k in 0..resources {
                self.buffer[(1 + k) * block + (1 + k) * lanes + lane] =
                    boxes.half_widths[row * resources + k];
            }
        }
    }

    /// Carries the forms through every layer; true when they end in the second set.
    #[inline(always)]
    fn carry_panel<S: Simd>(&mut self, simd: S) -> bool {
        let quantities = self.quantities();
        let block = self.stride * VECTORS;
        let buffer = S::as_mut_simd_f64s(&mut self.buffer).0;
        let (mut from, mut to) = buffer[..2 * quantities * block].split_at_mut(quantities * block);
        let last = self.forward.len() - 1;
        for index in 0..=last {
            multiply(simd, &self.forward[index], &from[..block], &mut to[..block]);
            for k in 1..quantities - 1 {
                let part = k * block..(k + 1) * block;
                multiply(simd, &self.linear[index], &from[part.clone()], &mut to[part]);
            }
            let radius = (quantities - 1) * block..quantities * block;
            multiply(simd, &self.absolute[index], &from[radius.clone()], &mut to[radius]);
            if index < last {
                let units = self.forward[index].outputs * VECTORS;
                rectify(simd, to, quantities, block, units);
            }
            std::mem::swap(&mut from, &mut to);
        }
        self.forward.len() % 2 == 1
    }

    /// Bounds the degradation of the panel's rows from the forms of the last layer.
    #[inline(always)]
    fn bound_panel<S: Simd>(
        &mut self,
        simd: S,
        odd: bool,
        thresholds: &[f64],
        bounds: &mut [LowerBound],
    ) {
        let quantities = self.quantities();
        let set = if odd { quantities * self.stride * VECTORS } else { 0 };
        let vectors = &S::as_simd_f64s(&self.buffer).0[set..];
        let forms = Forms { simd, vectors, stride: self.stride, resources: quantities - 2 };
        let scratch = S::as_mut_simd_f64s(&mut self.scratch).0;
        let thresholds = Lanes::load_some(simd, thresholds);
        let found = forms.lower_bound(&self.head, thresholds, scratch);
        found.write(bounds);
    }
}

/// Replaces each unit's form by one that encloses its positive part.
#[inline(always)]
fn rectify<S: Simd>(simd: S, forms: &mut [S::f64s], quantities: usize, block: usize, units: usize) {
    let (zero, one, half) = (simd.splat_f64s(0.0), simd.splat_f64s(1.0), simd.splat_f64s(0.5));
    for unit in 0..units {
        let centre = forms[unit];
        let mut reach = forms[(quantities - 1) * block + unit];
        for k in 1..quantities - 1 {
            reach = simd.add_f64s(reach, simd.abs_f64s(forms[k * block + unit]));
        }
        let low = simd.sub_f64s(centre, reach);
        let high = simd.add_f64s(centre, reach);
        let chord = simd.div_f64s(high, simd.sub_f64s(high, low));
        let slope = simd.select_f64s(simd.greater_than_or_equal_f64s(low, zero), one, chord);
        let slope = simd.select_f64s(simd.less_than_or_equal_f64s(high, zero), zero, slope);
        let below = simd.min_f64s(low, zero);
        let shift = simd.mul_f64s(half, simd.mul_f64s(slope, simd.sub_f64s(zero, below)));
        forms[unit] = simd.add_f64s(simd.mul_f64s(slope, centre), shift);
        for k in 1..quantities - 1 {
            let coefficient = &mut forms[k * block + unit];
            *coefficient = simd.mul_f64s(slope, *coefficient);
        }
        let radius = &mut forms[(quantities - 1) * block + unit];
        *radius = simd.add_f64s(simd.mul_f64s(slope, *radius), shift);
    }
}

/// A closed interval per lane.
#[derive(Clone, Copy)]
struct Interval<S: Simd> {
    low: Lanes<S>,
    high: Lanes<S>,
}

impl<S: Simd> Interval<S> {
    #[inline(always)]
    fn negated(self) -> Self {
        Self { low: -self.high, high: -self.low }
    }

    /// Product with an interval of numbers of 0 or more.
    #[inline(always)]
    fn times_positive(self, other: Self) -> Self {
        Self {
            low: self.low * self.low.if_less(0.0, other.high, other.low),
            high: self.high * self.high.if_less(0.0, other.low, other.high),
        }
    }

    /// Writes low and high ends to groups `index` and `index + 1` of `scratch`.
    #[inline(always)]
    fn store(self, scratch: &mut [S::f64s], index: usize) {
        self.low.store(&mut scratch[index * VECTORS..]);
        self.high.store(&mut scratch[(index + 1) * VECTORS..]);
    }

    #[inline(always)]
    fn load(simd: S, scratch: &[S::f64s], index: usize) -> Self {
        Self {
            low: Lanes::load(simd, &scratch[index * VECTORS..]),
            high: Lanes::load(simd, &scratch[(index + 1) * VECTORS..]),
        }
    }
}

/// Affine forms of a network's outputs, one box per lane.
struct Forms<'a, S: Simd> {
    simd: S,
    vectors: &'a [S::f64s],
    stride: usize,
    resources: usize,
}

/// Lower bounds of a panel, as [`LowerBound`].
struct Bounds<S: Simd> {
    constant: Lanes<S>,
    slopes: [Lanes<S>; MOST_RESOURCES],
    flat: Lanes<S>,
}

impl<S: Simd> Bounds<S> {
    #[inline(always)]
    fn write(self, bounds: &mut [LowerBound]) {
        let mut columns = [[0.0; VECTORS * MOST_LANES]; 2 + MOST_RESOURCES];
        let found = [self.constant, self.flat, self.slopes[0], self.slopes[1], self.slopes[2]];
        for (column, lanes) in columns.iter_mut().zip(found) {
            lanes.store_some(&mut column[..Lanes::<S>::COUNT]);
        }
        for (lane, bound) in bounds.iter_mut().enumerate() {
            let [constant, flat, slopes @ ..] = columns.map(|column| column[lane]);
            *bound = LowerBound { constant, slopes, flat };
        }
    }
}

/// Bounds of one component over a box.
struct Component<S: Simd> {
    /// Phi(z).
    value: Interval<S>,
    /// Partial derivatives of Phi(z) with respect to the mean and the raw deviation.
    by_mean: Interval<S>,
    by_raw_deviation: Interval<S>,
}

impl<S: Simd> Forms<'_, S> {
    #[inline(always)]
    fn quantity(&self, quantity: usize, unit: usize) -> Lanes<S> {
        Lanes::load(self.simd, &self.vectors[(quantity * self.stride + unit) * VECTORS..])
    }

    #[inline(always)]
    fn radius(&self, unit: usize) -> Lanes<S> {
        self.quantity(self.resources + 1, unit)
    }

    #[inline(always)]
    fn reach(&self, unit: usize) -> Lanes<S> {
        let mut reach = self.radius(unit);
        for k in 0..self.resources {
            reach = reach + self.quantity(1 + k, unit).magnitude();
        }
        reach
    }

    #[inline(always)]
    fn interval(&self, unit: usize) -> Interval<S> {
        let (centre, reach) = (self.quantity(0, unit), self.reach(unit));
        Interval { low: centre - reach, high: centre + reach }
    }

    /// The mean value form of the degradation around the middle of the box.
    ///
    /// `scratch` takes the intervals of values, then of shares, then what the head needs.
    #[inline(always)]
    fn lower_bound(&self, head: &Head, thresholds: Lanes<S>, scratch: &mut [S::f64s]) -> Bounds<S> {
        let (simd, count) = (self.simd, head.components);
        let zero = Lanes::splat(simd, 0.0);
        let (intervals, own) = scratch.split_at_mut(4 * count * VECTORS);
        let (values, shares) = intervals.split_at_mut(2 * count * VECTORS);
        let middle =
            head.expected_lanes::<S, VECTORS, false>(simd, self.vectors, thresholds, &mut [], own);
        let mut bounds =
            Bounds { constant: middle - ROUNDING, slopes: [zero; MOST_RESOURCES], flat: zero };
        self.shares(count, shares);
        for j in 0..count {
            let share = Interval::load(simd, shares, 2 * j);
            let component = self.component(head, thresholds, j);
            component.value.store(values, 2 * j);
            self.add_slope(&mut bounds, j, component.by_mean.times_positive(share));
            let by_deviation = component.by_raw_deviation.times_positive(share);
            self.add_slope(&mut bounds, count + j, by_deviation);
        }
        let total = mixture(simd, count, values, shares);
        bounds.flat = zero.larger(total.low - ROUNDING);
        if count > 1 {
            for j in 0..count {
                let value = Interval::load(simd, values, 2 * j);
                let excess = Interval { low: value.low - total.high, high: value.high - total.low };
                let share = Interval::load(simd, shares, 2 * j);
                self.add_slope(&mut bounds, 2 * count + j, excess.times_positive(share));
            }
        }
        bounds
    }

    /// Adds one output's share: partial derivative in `slope`, output in this form.
    #[inline(always)]
    fn add_slope(&self, bounds: &mut Bounds<S>, unit: usize, slope: Interval<S>) {
        let middle = (slope.low + slope.high) * 0.5;
        let half_width = (slope.high - slope.low) * 0.5;
        let slack = middle.magnitude() * self.radius(unit) + half_width * self.reach(unit);
        bounds.constant = bounds.constant - slack;
        for (k, sum) in bounds.slopes[..self.resources].iter_mut().enumerate() {
            *sum = *sum + middle * self.quantity(1 + k, unit);
        }
    }

    #[inline(always)]
    fn component(&self, head: &Head, thresholds: Lanes<S>, j: usize) -> Component<S> {
        let mean = self.interval(j);
        let raw = self.interval(head.components + j);
        let (highest_inverse, least_slope) = self.inverse_deviation(head, raw.low);
        let (least_inverse, highest_slope) = self.inverse_deviation(head, raw.high);
        let inverse = Interval { low: least_inverse, high: highest_inverse };
        let growth =
            Interval { low: least_slope * least_inverse, high: highest_slope * highest_inverse };
        let above = Interval { low: thresholds - mean.high, high: thresholds - mean.low };
        let falling = head.sign() > 0.0;
        let z = if falling { above } else { above.negated() }.times_positive(inverse);
        let (lowest, density_at_low) = lane_math::normal(z.low);
        let (highest, density_at_high) = lane_math::normal(z.high);
        let at_ends = Interval { low: density_at_low, high: density_at_high };
        let by_mean = density(z, at_ends).times_positive(inverse);
        Component {
            value: Interval { low: lowest, high: highest },
            by_mean: if falling { by_mean.negated() } else { by_mean },
            by_raw_deviation: weighted_density(z, at_ends).negated().times_positive(growth),
        }
    }

    /// 1 / deviation and the deviation's slope for a raw deviation.
    #[inline(always)]
    fn inverse_deviation(&self, head: &Head, raw: Lanes<S>) -> (Lanes<S>, Lanes<S>) {
        let (soft, slope) = lane_math::softplus(raw);
        let deviation = soft * head.deviation_scale + head.deviation_floor;
        (Lanes::splat(self.simd, 1.0) / deviation, slope * head.deviation_scale)
    }

    /// Intervals of the components' shares, written to `shares`.
    #[inline(always)]
    fn shares(&self, count: usize, shares: &mut [S::f64s]) {
        let simd = self.simd;
        let one = Lanes::splat(simd, 1.0);
        if count == 1 {
            return Interval { low: one, high: one }.store(shares, 0);
        }
        let mut top = self.interval(2 * count).high;
        for j in 1..count {
            top = top.larger(self.interval(2 * count + j).high);
        }
        for j in 0..count {
            let logit = self.interval(2 * count + j);
            let low = logit.low - top;
            // What exp would round up counts as 0, so that the intervals hold what they must.
            let low = low.if_less(LEAST_EXPONENT, Lanes::splat(simd, 0.0), lane_math::exp(low));
            Interval { low, high: lane_math::exp(logit.high - top) }.store(shares, 2 * j);
        }
        let mut found = [Interval { low: one, high: one }; MOST_COMPONENTS];
        for (j, found) in found[..count].iter_mut().enumerate() {
            let own = Interval::load(simd, shares, 2 * j);
            let (mut below, mut above) = (own.high, own.low);
            for other in (0..count).filter(|other| *other != j) {
                let other = Interval::load(simd, shares, 2 * other);
                below = below + other.low;
                above = above + other.high;
            }
            *found = Interval { low: own.low / above, high: own.high / below };
        }
        for (j, found) in found[..count].iter().enumerate() {
            found.store(shares, 2 * j);
        }
    }
}

/// Lowest and highest sum of share x value over shares within their intervals that sum to 1.
///
/// By duality the lowest is the highest of v + sum_i (v_i - v) s_i over v among the values, where
/// s_i is the low end of share i where v_i > v, else the high end: no sorting is needed, and
/// rounding cannot choose wrongly.
#[inline(always)]
fn mixture<S: Simd>(simd: S, count: usize, values: &[S::f64s], shares: &[S::f64s]) -> Interval<S> {
    let mut total = Interval { low: Lanes::splat(simd, 0.0), high: Lanes::splat(simd, 1.0) };
    for pivot in 0..count {
        let mut sum = Interval::load(simd, values, 2 * pivot);
        let pivot = sum;
        for i in 0..count {
            let value = Interval::load(simd, values, 2 * i);
            let share = Interval::load(simd, shares, 2 * i);
            let (low, high) = (value.low - pivot.low, value.high - pivot.high);
            sum.low = sum.low + low * low.if_less(0.0, share.high, share.low);
            sum.high = sum.high + high * high.if_less(0.0, share.low, share.high);
        }
        total.low = total.low.larger(sum.low);
        total.high = total.high.smaller(sum.high);
    }
    total
}

/// Range of the standard normal density, given its values at the ends of `z`.
#[inline(always)]
fn density<S: Simd>(z: Interval<S>, at_ends: Interval<S>) -> Interval<S> {
    let low = at_ends.low.smaller(at_ends.high);
    let high = at_ends.low.larger(at_ends.high);
    let peak = INVERSE_SQRT_TAU;
    Interval { low, high: within(z, 0.0, high, peak) }
}

/// Range of z times the standard normal density, whose extremes lie at z = -1 and z = 1.
#[inline(always)]
fn weighted_density<S: Simd>(z: Interval<S>, at_ends: Interval<S>) -> Interval<S> {
    let (first, last) = (z.low * at_ends.low, z.high * at_ends.high);
    Interval {
        low: within(z, -1.0, first.smaller(last), -HIGHEST_WEIGHTED_DENSITY),
        high: within(z, 1.0, first.larger(last), HIGHEST_WEIGHTED_DENSITY),
    }
}

/// `inside` where `z` holds `point`, else `otherwise`.
#[inline(always)]
fn within<S: Simd>(z: Interval<S>, point: f64, otherwise: Lanes<S>, inside: f64) -> Lanes<S> {
    let inside = Lanes::splat(otherwise.simd(), inside);
    let from_above = z.high.if_less(point, otherwise, inside);
    (-z.low).if_less(-point, otherwise, from_above)
}

#[cfg(test)]
mod tests {
    use pulp::Scalar;
    use slicewise_core::seed::{stream, uniform};

    use super::*;

    /// The best sum over every choice of shares at an end, one of them taking what is left.
    fn by_exhaustion(values: &[f64], shares: &[(f64, f64)], best: fn(f64, f64) -> f64) -> f64 {
        let count = values.len();
        let mut found = f64::NAN;
        for (ends, rest) in (0..1usize << count).flat_map(|ends| (0..count).map(move |i| (ends, i)))
        {
            let mut chosen: Vec<f64> = (0..count)
                .map(|i| if ends >> i & 1 == 1 { shares[i].1 } else { shares[i].0 })
                .collect();
            chosen[rest] = 0.0;
            chosen[rest] = 1.0 - chosen.iter().sum::<f64>();
            if (shares[rest].0..=shares[rest].1).contains(&chosen[rest]) {
                found = best(found, chosen.iter().zip(values).map(|(s, v)| s * v).sum());
            }
        }
        found
    }

    #[test]
    fn mixtures_are_bounded_by_their_extreme_shares() {
        let mut generator = stream(3, 9);
        for _ in 0..500 {
            let mut ends = || (uniform(&mut generator), uniform(&mut generator));
            let values = [ends(), ends(), ends()].map(|(a, b)| (a.min(b), a.max(b)));
            let middle = [ends(), ends(), ends()].map(|(a, _)| a);
            let total: f64 = middle.iter().sum();
            let shares = middle.map(|share| {
                let (down, up) = ends();
                (share / total * (1.0 - down), share / total * (1.0 + up))
            });
            let lanes = |pairs: [(f64, f64); 3]| -> Vec<f64> {
                pairs
                    .iter()
                    .flat_map(|pair| [[pair.0; VECTORS], [pair.1; VECTORS]].concat())
                    .collect()
            };
            let found = mixture(Scalar, 3, &lanes(values), &lanes(shares));
            let mut column = [0.0; VECTORS];
            found.low.store_some(&mut column);
            let lowest = by_exhaustion(&values.map(|value| value.0), &shares, f64::min);
            assert!((column[0] - lowest).abs() < 1e-12, "{} {lowest}", column[0]);
            found.high.store_some(&mut column);
            let highest = by_exhaustion(&values.map(|value| value.1), &shares, f64::max);
            assert!((column[0] - highest).abs() < 1e-12, "{} {highest}", column[0]);
        }
    }
}
