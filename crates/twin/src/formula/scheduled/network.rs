//! The small dense network that corrects the closed forms.

use slicewise_core::twin::card::MOST_UNITS;

use super::description::FEATURES;

/// What the network gives: corrections of mean wait, variance and loss.
pub const OUTPUTS: usize = 3;

/// One layer. Its weights lie input by input, so that all outputs grow side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// Weights, inputs x outputs.
    pub weight: Vec<f64>,
    /// What is added to each output.
    pub bias: Vec<f64>,
}

impl Layer {
    /// Adds up the outputs of `inputs` in `outputs`.
    pub fn apply(&self, inputs: &[f64], outputs: &mut [f64]) {
        outputs.copy_from_slice(&self.bias);
        for (input, row) in inputs.iter().zip(self.weight.chunks_exact(self.outputs)) {
            for (output, weight) in outputs.iter_mut().zip(row) {
                *output += input * weight;
            }
        }
    }
}

/// Dense layers with [`squash`] between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The layers, from [`FEATURES`] to [`OUTPUTS`].
    pub layers: Vec<Layer>,
}

impl Network {
    /// What the network gives for `features`, each squashed to -1 to 1.
    pub fn answer(&self, features: &[f64; FEATURES.len()]) -> [f64; OUTPUTS] {
        let (mut from, mut to) = ([0.0; MOST_UNITS], [0.0; MOST_UNITS]);
        from[..FEATURES.len()].copy_from_slice(features);
        for layer in &self.layers {
            let outputs = &mut to[..layer.outputs];
            layer.apply(&from[..layer.inputs], outputs);
            outputs.iter_mut().for_each(|output| *output = squash(*output));
            std::mem::swap(&mut from, &mut to);
        }
        std::array::from_fn(|output| from[output])
    }
}

/// `x / sqrt(1 + x^2)`: as smooth as tanh between -1 and 1, without a transcendental function.
pub fn squash(value: f64) -> f64 {
    value / (1.0 + value * value).sqrt()
}
