//! A dense network as plain numbers: the form that every evaluator is built from.

use slicewise_core::ModelCard;

use crate::dense::head::Head;
pub use crate::dense::layer::Layer;
use crate::dense::layer::outputs;

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
        outputs(&self.layers, inputs)
    }
}
