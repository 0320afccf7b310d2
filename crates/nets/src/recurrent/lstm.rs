//! The plain recurrent network: one window in, one vector of outputs out.

use slicewise_core::seed::{self, Rng};

use crate::dense::layer::Layer;

use super::RecurrentShape;

/// One LSTM layer (Hochreiter and Schmidhuber, with forget gate): gates in the order input, forget,
/// cell, output, as PyTorch stores them.
#[derive(Clone, Debug, PartialEq)]
pub struct LstmLayer {
    /// Length of the input vector of a step.
    pub inputs: usize,
    /// Length of the state.
    pub units: usize,
    /// Weights of the input: 4 units x inputs, row by row.
    pub weight_input: Vec<f64>,
    /// Weights of the previous output: 4 units x units, row by row.
    pub weight_hidden: Vec<f64>,
    /// One bias per gate and unit: 4 units.
    pub bias: Vec<f64>,
}

/// LSTM layers on top of one another, reading one series.
pub type Branch = Vec<LstmLayer>;

/// Branches side by side and a linear head over their last outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Recurrent {
    /// One branch per series; each has at least one layer, whose input has length 1.
    pub branches: Vec<Branch>,
    /// The linear head.
    pub head: Layer,
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

impl LstmLayer {
    /// Replaces a sequence of input vectors (`steps` x inputs) by the outputs (`steps` x units).
    fn run(&self, sequence: &[f64]) -> Vec<f64> {
        let units = self.units;
        let mut output = Vec::with_capacity(sequence.len() / self.inputs * units);
        let mut hidden = vec![0.0; units];
        let mut cell = vec![0.0; units];
        let mut gates = vec![0.0; 4 * units];
        for input in sequence.chunks_exact(self.inputs) {
            gates.copy_from_slice(&self.bias);
            add_product(&self.weight_input, input, &mut gates);
            add_product(&self.weight_hidden, &hidden, &mut gates);
            for unit in 0..units {
                let gate = |number: usize| gates[number * units + unit];
                let kept = sigmoid(gate(1)) * cell[unit];
                cell[unit] = kept + sigmoid(gate(0)) * libm::tanh(gate(2));
                hidden[unit] = sigmoid(gate(3)) * libm::tanh(cell[unit]);
            }
            output.extend_from_slice(&hidden);
        }
        output
    }

    /// Weights uniform in +-1/sqrt(units), biases of the forget gate 1 and 0 elsewhere.
    fn drawn(inputs: usize, units: usize, generator: &mut impl Rng) -> Self {
        let limit = 1.0 / libm::sqrt(units as f64);
        let mut numbers = |count: usize| -> Vec<f64> {
            (0..count).map(|_| limit * (2.0 * seed::uniform(generator) - 1.0)).collect()
        };
        let weight_input = numbers(4 * units * inputs);
        let weight_hidden = numbers(4 * units * units);
        let forget = |index: usize| index / units == 1;
        let bias = (0..4 * units).map(|index| if forget(index) { 1.0 } else { 0.0 }).collect();
        Self { inputs, units, weight_input, weight_hidden, bias }
    }
}

/// `sums` += `matrix` x `vector`, row by row.
fn add_product(matrix: &[f64], vector: &[f64], sums: &mut [f64]) {
    for (row, sum) in matrix.chunks_exact(vector.len()).zip(sums) {
        // Four sums side by side, in an order that no platform changes.
        let (row, row_rest) = row.as_chunks::<4>();
        let (vector, vector_rest) = vector.as_chunks::<4>();
        let mut parts = [0.0; 4];
        for (weights, values) in row.iter().zip(vector) {
            for lane in 0..4 {
                parts[lane] += weights[lane] * values[lane];
            }
        }
        let rest: f64 = row_rest.iter().zip(vector_rest).map(|(w, v)| w * v).sum();
        *sum += (parts[0] + parts[1]) + (parts[2] + parts[3]) + rest;
    }
}

/// Moves `values` by `share` of the way to `others`.
pub(super) fn approach(values: &mut [f64], others: &[f64], share: f64) {
    values.iter_mut().zip(others).for_each(|(value, other)| *value += share * (other - *value));
}

impl Recurrent {
    /// A network with weights drawn from `generator`.
    pub fn drawn(shape: &RecurrentShape, generator: &mut impl Rng) -> Self {
        let branches = (0..shape.branches)
            .map(|_| {
                let layers = shape.layers();
                layers.map(|(inputs, units)| LstmLayer::drawn(inputs, units, generator)).collect()
            })
            .collect();
        let inputs = shape.head_inputs();
        let limit = 1.0 / libm::sqrt(inputs as f64);
        let weight = (0..inputs * shape.outputs)
            .map(|_| limit * (2.0 * seed::uniform(generator) - 1.0))
            .collect();
        let bias = vec![0.0; shape.outputs];
        Self { branches, head: Layer { inputs, outputs: shape.outputs, weight, bias } }
    }

    /// Moves every weight by `share` of the way to that of `other`, a network of the same shape.
    pub fn approach(&mut self, other: &Self, share: f64) {
        for (branch, other) in self.branches.iter_mut().zip(&other.branches) {
            for (layer, other) in branch.iter_mut().zip(other) {
                approach(&mut layer.weight_input, &other.weight_input, share);
                approach(&mut layer.weight_hidden, &other.weight_hidden, share);
                approach(&mut layer.bias, &other.bias, share);
            }
        }
        approach(&mut self.head.weight, &other.head.weight, share);
        approach(&mut self.head.bias, &other.head.bias, share);
    }

    /// Its shape.
    pub fn shape(&self) -> RecurrentShape {
        let units = self
            .branches
            .first()
            .map_or(Vec::new(), |branch| branch.iter().map(|layer| layer.units).collect());
        RecurrentShape { branches: self.branches.len(), units, outputs: self.head.outputs }
    }

    /// The outputs for one window: the past samples of each branch's series, oldest first, branch
    /// after branch. A window whose length is no multiple of the branches is cut.
    pub fn forward(&self, window: &[f64]) -> Vec<f64> {
        let steps = window.len() / self.branches.len().max(1);
        let mut states = Vec::with_capacity(self.head.inputs);
        for (branch, samples) in self.branches.iter().zip(window.chunks_exact(steps.max(1))) {
            let mut sequence = samples.to_vec();
            for layer in branch {
                sequence = layer.run(&sequence);
            }
            let units = branch.last().map_or(1, |layer| layer.units);
            states.extend_from_slice(&sequence[sequence.len() - units..]);
        }
        self.head.apply(&states)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_unit_follows_the_equations_by_hand() {
        let layer = LstmLayer {
            inputs: 1,
            units: 1,
            weight_input: vec![0.5, -0.3, 0.8, 0.2],
            weight_hidden: vec![0.1, 0.4, -0.6, 0.7],
            bias: vec![0.05, 1.0, -0.1, 0.3],
        };
        let s = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (mut h, mut c) = (0.0f64, 0.0f64);
        for x in [0.7, -1.2, 0.4] {
            let i = s(0.5 * x + 0.1 * h + 0.05);
            let f = s(-0.3 * x + 0.4 * h + 1.0);
            let g = (0.8 * x - 0.6 * h - 0.1).tanh();
            let o = s(0.2 * x + 0.7 * h + 0.3);
            c = f * c + i * g;
            h = o * c.tanh();
        }
        let output = layer.run(&[0.7, -1.2, 0.4]);
        assert!((output[2] - h).abs() < 1e-12);
    }

    #[test]
    fn branches_do_not_see_each_others_series() {
        let shape = RecurrentShape { branches: 2, units: vec![5, 3], outputs: 2 };
        let mut network = Recurrent::drawn(&shape, &mut seed::stream(1, 0));
        // The first output reads the first branch alone.
        network.head.weight[3..6].fill(0.0);
        let window = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
        let mut other = window;
        other[4] = 9.0;
        let (one, two) = (network.forward(&window), network.forward(&other));
        assert_eq!(one[0], two[0]);
        assert_ne!(one[1], two[1]);
        assert_eq!(network.shape(), shape);
    }
}
