//! Recurrent block: LSTM layers read a window of past samples, a linear head reads their last state.
//!
//! [`Recurrent`] and [`DenseStack`] are the plain networks (f64, any platform, the same bits);
//! [`module`] holds the same ones over burn, for training on any device.

mod dense_stack;
mod files;
mod lstm;
#[cfg(feature = "burn")]
pub mod module;

pub use crate::dense::layer::Layer;
pub use dense_stack::DenseStack;
pub use files::{read_dense_stack, read_recurrent, write_dense_stack, write_recurrent};
pub use lstm::{Branch, LstmLayer, Recurrent};

/// Shape of a recurrent network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecurrentShape {
    /// Branches, one per input series; each reads its own.
    pub branches: usize,
    /// Units of each LSTM layer of a branch.
    pub units: Vec<usize>,
    /// Outputs of the linear head, which reads all branches.
    pub outputs: usize,
}

impl RecurrentShape {
    /// Inputs and units of each layer of a branch.
    fn layers(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let inputs = std::iter::once(1).chain(self.units.iter().copied());
        inputs.zip(self.units.iter().copied())
    }

    /// Inputs of the head.
    fn head_inputs(&self) -> usize {
        self.branches * self.units.last().copied().unwrap_or(1)
    }
}
