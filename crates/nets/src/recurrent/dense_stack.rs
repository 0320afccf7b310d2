//! Dense layers with rectified hidden units and a linear output.

use slicewise_core::seed::{self, Rng};

use crate::dense::layer::{Layer, outputs};

use super::lstm::approach;

/// Rectified dense layers on top of one another; the last layer is linear.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseStack {
    /// The layers, at least one.
    pub layers: Vec<Layer>,
}

impl DenseStack {
    /// Weights uniform in +-sqrt(6 / inputs) (He), biases 0; the output layer's are a third of that.
    pub fn drawn(
        inputs: usize,
        hidden: &[usize],
        outputs: usize,
        generator: &mut impl Rng,
    ) -> Self {
        let mut width = inputs;
        let mut layers = Vec::new();
        for (index, units) in hidden.iter().copied().chain([outputs]).enumerate() {
            let gain = if index == hidden.len() { 1.0 / 3.0 } else { 1.0 };
            let limit = gain * libm::sqrt(6.0 / width as f64);
            let weight = (0..width * units)
                .map(|_| limit * (2.0 * seed::uniform(generator) - 1.0))
                .collect();
            layers.push(Layer { inputs: width, outputs: units, weight, bias: vec![0.0; units] });
            width = units;
        }
        Self { layers }
    }

    /// The outputs for one row of inputs.
    pub fn forward(&self, inputs: &[f64]) -> Vec<f64> {
        outputs(&self.layers, inputs)
    }

    /// Moves every weight by `share` of the way to that of `other`, a stack of the same shape.
    pub fn approach(&mut self, other: &Self, share: f64) {
        for (layer, other) in self.layers.iter_mut().zip(&other.layers) {
            approach(&mut layer.weight, &other.weight, share);
            approach(&mut layer.bias, &other.bias, share);
        }
    }

    /// Units of the hidden layers.
    pub fn hidden(&self) -> Vec<usize> {
        let hidden = self.layers.len().saturating_sub(1);
        self.layers[..hidden].iter().map(|layer| layer.outputs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_units_are_rectified_and_the_output_is_not() {
        let layer =
            |weight: f64| Layer { inputs: 1, outputs: 1, weight: vec![weight], bias: vec![0.0] };
        let stack = DenseStack { layers: vec![layer(1.0), layer(-2.0)] };
        assert_eq!(stack.forward(&[3.0]), [-6.0]);
        assert_eq!(stack.forward(&[-3.0])[0].abs(), 0.0);
        assert_eq!(DenseStack::drawn(2, &[4, 3], 1, &mut seed::stream(1, 0)).hidden(), [4, 3]);
    }
}
