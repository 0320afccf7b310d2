//! Proven lower bounds on expected degradation over boxes of allocations.
//!
//! Every unit of the network is enclosed by an affine form over the box, c + sum_k a_k eps_k +- e
//! with eps_k in [-1, 1] for each resource k. Dense layers carry such forms exactly; a rectifier
//! whose sign is not settled within the box is replaced by the parallelogram of least area around
//! it (the zonotope relaxation of Singh et al., "Fast and effective robustness certification",
//! 2018). Where every rectifier is settled, the enclosure of the last layer is exact, so the bounds
//! tighten with the square of the box's size instead of its size.

use pulp::{Arch, Simd, WithSimd};
use slicewise_core::traffic::standard_normal_cdf;

use crate::head::{Head, MOST_COMPONENTS, Measure, normal_density, sigmoid};
use crate::layer::{Packed, VECTORS, multiply};
use crate::network::Network;

/// The most resources over which boxes are bounded.
pub const MOST_RESOURCES: usize = 3;
/// Taken off every bound so that rounding cannot make it too high.
const ROUNDING: f64 = 1e-10;

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
        let stride = network.widest().next_multiple_of(crate::layer::GROUP);
        let quantities = network.inputs() + 1;
        let lanes = 8;
        Some(Self {
            arch: Arch::new(),
            head: network.head,
            inputs: network.inputs(),
            forward: network.layers.iter().map(Packed::forward).collect(),
            linear: network.layers.iter().map(Packed::linear).collect(),
            absolute: network.layers.iter().map(Packed::absolute).collect(),
            buffer: vec![0.0; 2 * quantities * stride * VECTORS * lanes],
            stride,
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
            for (lane, bound) in bounds.iter_mut().enumerate() {
                let forms = evaluator.forms::<S>(odd, lane);
                *bound = forms.lower_bound(&evaluator.head, boxes.thresholds[first + lane]);
            }
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

    /// The forms of the last layer for one lane.
    #[inline(always)]
    fn forms<S: Simd>(&self, odd: bool, lane: usize) -> Forms {
        let (lanes, block) = (S::F64_LANES * VECTORS, self.block::<S>());
        let quantities = self.quantities();
        let set = if odd { quantities * block } else { 0 };
        let at = |quantity: usize, unit: usize| {
            self.buffer[set + quantity * block + unit * lanes + lane]
        };
        let mut forms = Forms::default();
        for unit in 0..self.head.outputs() {
            forms.centre[unit] = at(0, unit);
            forms.radius[unit] = at(quantities - 1, unit);
            for k in 0..quantities - 2 {
                forms.coefficients[unit][k] = at(1 + k, unit);
            }
        }
        forms
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

/// Affine forms of a network's outputs over one box.
struct Forms {
    centre: [f64; 3 * MOST_COMPONENTS],
    coefficients: [[f64; MOST_RESOURCES]; 3 * MOST_COMPONENTS],
    radius: [f64; 3 * MOST_COMPONENTS],
}

impl Default for Forms {
    fn default() -> Self {
        Self {
            centre: [0.0; 3 * MOST_COMPONENTS],
            coefficients: [[0.0; MOST_RESOURCES]; 3 * MOST_COMPONENTS],
            radius: [0.0; 3 * MOST_COMPONENTS],
        }
    }
}

/// A closed interval.
#[derive(Clone, Copy, Debug)]
struct Interval {
    low: f64,
    high: f64,
}

impl Interval {
    fn middle(self) -> f64 {
        0.5 * (self.low + self.high)
    }

    fn half_width(self) -> f64 {
        0.5 * (self.high - self.low)
    }

    fn negated(self) -> Self {
        Self { low: -self.high, high: -self.low }
    }

    /// Product with an interval of numbers of 0 or more.
    fn times_positive(self, other: Self) -> Self {
        Self {
            low: self.low * if self.low >= 0.0 { other.low } else { other.high },
            high: self.high * if self.high >= 0.0 { other.high } else { other.low },
        }
    }
}

/// Bounds of one component over a box.
#[derive(Clone, Copy)]
struct Component {
    /// Phi(z).
    value: Interval,
    share: Interval,
    /// Partial derivative of Phi(z) with respect to the mean and the raw deviation.
    by_mean: Interval,
    by_raw_deviation: Interval,
}

impl Forms {
    fn reach(&self, unit: usize) -> f64 {
        self.radius[unit] + self.coefficients[unit].iter().map(|a| a.abs()).sum::<f64>()
    }

    fn interval(&self, unit: usize) -> Interval {
        let reach = self.reach(unit);
        Interval { low: self.centre[unit] - reach, high: self.centre[unit] + reach }
    }

    /// The mean value form of the degradation around the middle of the box.
    fn lower_bound(&self, head: &Head, threshold: f64) -> LowerBound {
        let count = head.components;
        let filler = Interval { low: 1.0, high: 1.0 };
        let mut components =
            [Component { value: filler, share: filler, by_mean: filler, by_raw_deviation: filler };
                MOST_COMPONENTS];
        for (j, component) in components[..count].iter_mut().enumerate() {
            *component = self.component(head, threshold, j);
        }
        let components = &components[..count];
        let total = Interval {
            low: extreme_mixture(components, false),
            high: extreme_mixture(components, true),
        };
        let mut bound = LowerBound {
            constant: head.value(&self.centre[..head.outputs()], threshold, &Measure::Expected)
                - ROUNDING,
            slopes: [0.0; MOST_RESOURCES],
            flat: (total.low - ROUNDING).max(0.0),
        };
        for (j, component) in components.iter().enumerate() {
            self.add_slope(&mut bound, j, component.by_mean.times_positive(component.share));
            let by_deviation = component.by_raw_deviation.times_positive(component.share);
            self.add_slope(&mut bound, count + j, by_deviation);
            if count > 1 {
                let excess = Interval {
                    low: component.value.low - total.high,
                    high: component.value.high - total.low,
                };
                self.add_slope(&mut bound, 2 * count + j, excess.times_positive(component.share));
            }
        }
        bound
    }

    /// Adds one output's share: partial derivative in `slope`, output in this form.
    fn add_slope(&self, bound: &mut LowerBound, unit: usize, slope: Interval) {
        let middle = slope.middle();
        bound.constant -= middle.abs() * self.radius[unit] + slope.half_width() * self.reach(unit);
        for (sum, coefficient) in bound.slopes.iter_mut().zip(&self.coefficients[unit]) {
            *sum += middle * coefficient;
        }
    }

    fn component(&self, head: &Head, threshold: f64, j: usize) -> Component {
        let count = head.components;
        let mean = self.interval(j);
        let raw = self.interval(count + j);
        let deviation = Interval { low: head.deviation(raw.low), high: head.deviation(raw.high) };
        let sign = head.sign();
        let distance = if sign > 0.0 {
            Interval { low: threshold - mean.high, high: threshold - mean.low }
        } else {
            Interval { low: mean.low - threshold, high: mean.high - threshold }
        };
        let inverse = Interval { low: 1.0 / deviation.high, high: 1.0 / deviation.low };
        let z = distance.times_positive(inverse);
        let by_mean = density(z).times_positive(inverse);
        let growth = Interval {
            low: head.deviation_scale * sigmoid(raw.low) / deviation.high,
            high: head.deviation_scale * sigmoid(raw.high) / deviation.low,
        };
        Component {
            value: Interval { low: standard_normal_cdf(z.low), high: standard_normal_cdf(z.high) },
            share: self.share(head, j),
            by_mean: if sign > 0.0 { by_mean.negated() } else { by_mean },
            by_raw_deviation: weighted_density(z).negated().times_positive(growth),
        }
    }

    fn share(&self, head: &Head, j: usize) -> Interval {
        let count = head.components;
        if count == 1 {
            return Interval { low: 1.0, high: 1.0 };
        }
        let own = self.interval(2 * count + j);
        let others = |own: f64, pick: fn(Interval) -> f64| {
            let sum: f64 = (0..count)
                .filter(|i| *i != j)
                .map(|i| libm::exp(pick(self.interval(2 * count + i)) - own))
                .sum();
            1.0 / (1.0 + sum)
        };
        Interval { low: others(own.low, |i| i.high), high: others(own.high, |i| i.low) }
    }
}

/// Lowest (or highest) sum of share x value over shares within their intervals that sum to 1.
fn extreme_mixture(components: &[Component], highest: bool) -> f64 {
    let value = |c: &Component| if highest { c.value.high } else { c.value.low };
    let mut order = [0usize; MOST_COMPONENTS];
    let order = &mut order[..components.len()];
    order.iter_mut().enumerate().for_each(|(i, slot)| *slot = i);
    order.sort_unstable_by(|a, b| {
        let by_value = value(&components[*a]).total_cmp(&value(&components[*b]));
        if highest { by_value.reverse() } else { by_value }
    });
    let mut left = 1.0 - components.iter().map(|c| c.share.low).sum::<f64>();
    let mut total = 0.0;
    for index in order.iter() {
        let component = &components[*index];
        let extra = (component.share.high - component.share.low).min(left.max(0.0));
        left -= extra;
        total += (component.share.low + extra) * value(component);
    }
    total
}

/// Range of the standard normal density.
fn density(z: Interval) -> Interval {
    let (low, high) = (normal_density(z.low), normal_density(z.high));
    let top = if z.low <= 0.0 && z.high >= 0.0 { normal_density(0.0) } else { low.max(high) };
    Interval { low: low.min(high), high: top }
}

/// Range of z times the standard normal density, whose extremes lie at z = -1 and z = 1.
fn weighted_density(z: Interval) -> Interval {
    let f = |z: f64| z * normal_density(z);
    let (mut low, mut high) = (f(z.low).min(f(z.high)), f(z.low).max(f(z.high)));
    if z.low <= -1.0 && z.high >= -1.0 {
        low = f(-1.0);
    }
    if z.low <= 1.0 && z.high >= 1.0 {
        high = f(1.0);
    }
    Interval { low, high }
}
