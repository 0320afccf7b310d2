//! A dense network inside a kernel: one row per unit, the value of each neuron together with its
//! derivatives in up to three directions.
//!
//! Derivatives are carried forward: with two or three resources that is as much arithmetic as
//! carrying them back, but each weight is read once, and no activation has to be kept.

#![allow(missing_docs, reason = "the macro cube writes undocumented items beside each function")]

use burn::cubecl;
use burn::cubecl::prelude::*;
use slicewise_core::card::Better;

use crate::dense::network::{InputScales, Network};

/// Numbers per neuron: its value and the derivatives in [`DIRECTIONS`] directions.
pub const LANES: usize = 4;
/// Directions in which one pass differentiates.
pub const DIRECTIONS: usize = LANES - 1;
/// The most components of a mixture.
pub const MOST_COMPONENTS: usize = crate::dense::head::MOST_COMPONENTS;

/// Where one layer's numbers lie among the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayerShape {
    /// Neurons of the layer before.
    pub inputs: usize,
    /// Neurons.
    pub outputs: usize,
    /// Parts of the layer that each read their own part of the layer before, as an ensemble's members
    /// do; 1 where every neuron reads all.
    pub blocks: usize,
    /// Neurons of one part; those after the last part begin anew with the first.
    pub block_outputs: usize,
    /// Index of the first weight; W lies row by row, outputs x (inputs / blocks).
    pub weight: usize,
    /// Index of the first bias.
    pub bias: usize,
}

/// The shape of a network: kernels are compiled once per shape, whatever the weights.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NetworkShape {
    /// Layers, first to last.
    pub layers: Vec<LayerShape>,
    /// The widest layer, inputs included.
    pub widest: usize,
    /// Components of the QoS mixture.
    pub components: usize,
    /// Whether low QoS degrades.
    pub higher_is_better: bool,
    /// Index of the head's two numbers: the deviation's scale and floor.
    pub head: usize,
    /// Places of the inputs that are read in logarithmic scale.
    pub logarithmic: Vec<usize>,
}

impl NetworkShape {
    /// Inputs per row.
    pub fn inputs(&self) -> usize {
        self.layers[0].inputs
    }

    /// Numbers that the last layer gives.
    pub fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs
    }
}

/// The shape of `network` and its numbers in the order that the shape gives.
pub fn pack(network: &Network) -> (NetworkShape, Vec<f32>) {
    let mut numbers = Vec::new();
    let mut layers = Vec::new();
    let last = network.layers.len() - 1;
    for (index, layer) in network.layers.iter().enumerate() {
        let weight = numbers.len();
        let members = network.card.architecture.monotone_members;
        let blocks = if index > 0 { members.max(1) } else { 1 };
        let of_members = if index == last { network.head.components } else { layer.outputs };
        let block_outputs = if blocks > 1 { of_members / blocks } else { layer.outputs };
        let width = layer.inputs / blocks;
        for (output, row) in layer.weight.chunks_exact(layer.inputs).enumerate() {
            let start = output / block_outputs % blocks * width;
            numbers.extend(row[start..start + width].iter().map(|w| *w as f32));
        }
        let bias = numbers.len();
        numbers.extend(layer.bias.iter().map(|b| *b as f32));
        layers.push(LayerShape {
            inputs: layer.inputs,
            outputs: layer.outputs,
            blocks,
            block_outputs,
            weight,
            bias,
        });
    }
    let shape = NetworkShape {
        layers,
        widest: network.widest(),
        components: network.head.components,
        higher_is_better: network.head.better == Better::Higher,
        head: numbers.len(),
        logarithmic: InputScales::new(&network.card).logarithmic().to_vec(),
    };
    numbers.push(network.head.deviation_scale as f32);
    numbers.push(network.head.deviation_floor as f32);
    (shape, numbers)
}

/// Runs all layers on the row whose values and directions are in the first half of `units`.
///
/// Unit u of the current layer lies at u, or at [`NetworkShape::widest`] + u after an odd number of
/// layers. Returns where the last layer's outputs begin.
#[cube]
pub fn forward<N: Size>(
    units: &mut Array<Vector<f32, N>>,
    weights: &[f32],
    value_lane: Vector<f32, N>,
    #[comptime] shape: &NetworkShape,
) -> comptime_type!(usize) {
    let count = comptime!(shape.layers.len());
    #[unroll]
    for index in 0..comptime!(shape.logarithmic.len()) {
        let place = comptime!(shape.logarithmic[index]);
        let input = units[place];
        let value = input.extract(0usize).max(1e-9f32);
        let direction_lanes = Vector::new(1.0f32) - value_lane;
        units[place] = value_lane * Vector::new(value.ln())
            + direction_lanes * input * Vector::new(1.0f32 / value);
    }
    #[unroll]
    for index in 0..count {
        let layer = comptime!(shape.layers[index]);
        let last = comptime!(index + 1 == count);
        let from = comptime!((index % 2) * shape.widest);
        let to = comptime!(((index + 1) % 2) * shape.widest);
        for output in 0..layer.outputs {
            let mut sum = value_lane * Vector::new(weights[layer.bias + output]);
            let width = comptime!(layer.inputs / layer.blocks);
            let row = layer.weight + output * width;
            let start = from + output / layer.block_outputs % layer.blocks * width;
            for input in 0..width {
                sum += Vector::new(weights[row + input]) * units[start + input];
            }
            if comptime!(!last) {
                let active = f32::cast_from(sum.extract(0usize) > 0.0f32);
                sum *= Vector::new(active);
            }
            units[to + output] = sum;
        }
    }
    comptime!((count % 2) * shape.widest)
}

/// Φ(z) for f32: the complementary error function by the Chebyshev fit of Press et al., Numerical
/// Recipes, section 6.2, with a relative error below 1.2e-7.
#[cube]
pub fn normal_cdf(z: f32) -> f32 {
    let x = z.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0f32 / (1.0f32 + 0.5f32 * x);
    let fit = -1.265_512_2f32
        + t * (1.000_023_7f32
            + t * (0.374_091_96f32
                + t * (0.096_784_18f32
                    + t * (-0.186_288_06f32
                        + t * (0.278_868_07f32
                            + t * (-1.135_204f32
                                + t * (1.488_515_9f32
                                    + t * (-0.822_152_23f32 + t * 0.170_872_77f32))))))));
    let upper = 0.5f32 * t * (fit - x * x).exp();
    select(z > 0.0f32, 1.0f32 - upper, upper)
}

/// log(1 + exp(x)), without overflow.
#[cube]
fn softplus(x: f32) -> f32 {
    x.max(0.0f32) + (1.0f32 + (-x.abs()).exp()).ln()
}

/// 1 / (1 + exp(-x)), without overflow.
#[cube]
fn sigmoid(x: f32) -> f32 {
    let small = (-x.abs()).exp();
    select(x > 0.0f32, 1.0f32 / (1.0f32 + small), small / (1.0f32 + small))
}

/// Expected degradation against `threshold` in the first lane, its derivatives in the others, from
/// the last layer's outputs at `first` of `units` (MicroOpt, equation 5, in closed form).
#[cube]
pub fn expected<N: Size>(
    units: &Array<Vector<f32, N>>,
    weights: &[f32],
    threshold: f32,
    value_lane: Vector<f32, N>,
    #[comptime] first: usize,
    #[comptime] shape: &NetworkShape,
) -> Vector<f32, N> {
    let count = comptime!(shape.components);
    let sign = comptime!(if shape.higher_is_better { 1.0f32 } else { -1.0f32 });
    let scale = weights[comptime!(shape.head)];
    let floor = weights[comptime!(shape.head + 1)];
    let mut shares = Array::<f32>::new(count);
    if comptime!(count == 1) {
        shares[0] = 1.0f32;
    } else {
        let logits = comptime!(first + 2 * count);
        let mut highest = units[logits].extract(0usize);
        #[unroll]
        for j in 1..count {
            highest = highest.max(units[logits + j].extract(0usize));
        }
        let mut sum = 0.0f32;
        #[unroll]
        for j in 0..count {
            let share = (units[logits + j].extract(0usize) - highest).exp();
            shares[j] = share;
            sum += share;
        }
        #[unroll]
        for j in 0..count {
            shares[j] /= sum;
        }
    }
    let mut below = Array::<f32>::new(count);
    let mut total = 0.0f32;
    let mut slopes = Vector::<f32, N>::new(0.0f32);
    #[unroll]
    for j in 0..count {
        let mean = units[first + j];
        let raw = units[first + count + j];
        let raw_value = raw.extract(0usize);
        let deviation = scale * softplus(raw_value) + floor;
        let z = sign * (threshold - mean.extract(0usize)) / deviation;
        let value = normal_cdf(z);
        below[j] = value;
        total += shares[j] * value;
        let density = 0.398_942_3f32 * (-0.5f32 * z * z).exp();
        let by_mean = shares[j] * density / deviation;
        slopes += Vector::new(-sign * by_mean) * mean
            + Vector::new(-z * by_mean * scale * sigmoid(raw_value)) * raw;
    }
    if comptime!(count > 1) {
        #[unroll]
        for j in 0..count {
            slopes += Vector::new(shares[j] * (below[j] - total)) * units[first + 2 * count + j];
        }
    }
    let direction_lanes = Vector::new(1.0f32) - value_lane;
    value_lane * Vector::new(total) + direction_lanes * slopes
}

/// The vector with 1 in the value's lane and 0 in the others.
#[cube]
pub fn value_lane<N: Size>() -> Vector<f32, N> {
    let mut lanes = Vector::<f32, N>::new(0.0f32);
    lanes.insert(0usize, 1.0f32);
    lanes
}

/// Φ(z) to 1.6e-7, without transcendental functions (Abramowitz and Stegun, Handbook of Mathematical
/// Functions, 7.1.28): for looks, where many are wanted and none is final.
#[cube]
pub fn fraction_below(z: f32) -> f32 {
    let x = z.abs().min(20.0f32) * std::f32::consts::FRAC_1_SQRT_2;
    let sum = 0.070_523_08f32
        + x * (0.042_282_01f32
            + x * (0.009_270_527f32
                + x * (0.000_152_014_3f32 + x * (0.000_276_567_2f32 + x * 0.000_043_063_8f32))));
    let root = 1.0f32 + x * sum;
    let square = root * root;
    let fourth = square * square;
    let eighth = fourth * fourth;
    let tail = 0.5f32 / (eighth * eighth);
    select(z < 0.0f32, tail, 1.0f32 - tail)
}
