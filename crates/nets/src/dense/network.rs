//! A dense network as plain numbers: the form that every evaluator is built from.

use slicewise_core::ModelCard;
use slicewise_core::card::Scale;

use crate::dense::head::{Head, Measure};
pub use crate::dense::layer::Layer;
use crate::dense::layer::outputs;
use crate::dense::limits::Limits;

/// A trained network with its card. Normalisation of inputs and outputs is folded into the layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// What the network is.
    pub card: ModelCard,
    /// Dense layers, first to last; all but the last are rectified.
    pub layers: Vec<Layer>,
    /// The last step.
    pub head: Head,
}

/// Smallest value of an input that is read in logarithmic scale.
const LEAST_INPUT: f64 = 1e-9;

/// The inputs that a network reads in logarithmic scale.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputScales {
    logarithmic: Vec<usize>,
}

impl InputScales {
    /// The scales of `card`.
    pub fn new(card: &ModelCard) -> Self {
        let inputs = card.inputs.iter().enumerate();
        let logarithmic = inputs.filter(|(_, input)| input.scale == Scale::Logarithmic);
        Self { logarithmic: logarithmic.map(|(place, _)| place).collect() }
    }

    /// Whether all inputs are read as they are.
    pub fn is_linear(&self) -> bool {
        self.logarithmic.is_empty()
    }

    /// Takes a row of inputs to the network's scales; what is not positive counts as very little.
    pub fn forward(&self, row: &mut [f64]) {
        for place in &self.logarithmic {
            row[*place] = libm::log(row[*place].max(LEAST_INPUT));
        }
    }

    /// Takes a gradient by the network's inputs to one by those of `row`.
    pub fn backward(&self, row: &[f64], gradient: &mut [f64]) {
        for place in &self.logarithmic {
            let value = row[*place];
            gradient[*place] = if value > LEAST_INPUT { gradient[*place] / value } else { 0.0 };
        }
    }

    /// Places of the inputs in logarithmic scale, ascending.
    pub fn logarithmic(&self) -> &[usize] {
        &self.logarithmic
    }
}

impl Network {
    /// Inputs per row.
    pub fn inputs(&self) -> usize {
        self.card.inputs.len()
    }

    /// The widest layer, inputs included.
    pub fn widest(&self) -> usize {
        self.layers.iter().map(|layer| layer.outputs.max(layer.inputs)).max().unwrap_or(0)
    }

    /// Multiplications of one forward pass.
    pub fn multiplications(&self) -> usize {
        self.layers.iter().map(|layer| layer.inputs * layer.outputs).sum()
    }

    /// Outputs of the last layer for one row, computed plainly: the independent check of the
    /// fused evaluator and of every plan.
    pub fn outputs(&self, inputs: &[f64]) -> Vec<f64> {
        let mut row = inputs.to_vec();
        InputScales::new(&self.card).forward(&mut row);
        outputs(&self.layers, &row)
    }

    /// Expected degradation of one row against `threshold`, in the network's scale, computed plainly,
    /// the card's limits included.
    pub fn degradation(&self, inputs: &[f64], threshold: f64) -> f64 {
        let value = self.head.value(&self.outputs(inputs), threshold, &Measure::Expected);
        Limits::new(&self.card).apply(inputs, threshold, value)
    }

    /// The same ensemble with its members' shares multiplied by `weights`, one per member.
    #[must_use]
    pub fn with_member_weights(&self, weights: &[f64]) -> Self {
        let mut network = self.clone();
        let components = self.card.architecture.components;
        let count = self.head.components;
        let Some(last) = network.layers.last_mut() else { return network };
        for (j, logit) in last.bias[2 * count..].iter_mut().enumerate() {
            *logit += libm::log(weights[j / components].max(1e-300));
        }
        let outputs = last.bias.clone();
        if let Some(fixed) = &mut network.head.fixed {
            self.head.shares(&outputs, &mut fixed.shares[..count]);
        }
        network
    }

    /// Whether its QoS never gets worse as a resource grows, nor better as traffic does.
    pub fn is_monotone(&self) -> bool {
        self.card.architecture.monotone_members > 0
    }
}
