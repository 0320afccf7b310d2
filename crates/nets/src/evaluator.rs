//! What a solver asks of a network, whatever is behind it.

use crate::head::Measure;

/// Value and gradient of a network's expected degradation on a batch of rows.
///
/// A row is one traffic level and one allocation: the network's inputs in the card's order. The
/// methods are asynchronous because a GPU evaluator has to wait for its results; the CPU evaluators
/// are ready at once.
#[allow(async_fn_in_trait, reason = "evaluators run on one thread, no Send bound is wanted")]
pub trait Evaluator {
    /// Inputs per row.
    fn inputs(&self) -> usize;

    /// Components of the QoS mixture, 1 for a Gaussian.
    fn components(&self) -> usize;

    /// The QoS distribution of each row, in the network's scale: for each row the means, the
    /// deviations and the shares of its components (3 x components numbers).
    ///
    /// `inputs` holds rows x [`Self::inputs`] numbers, row by row.
    async fn distributions(&mut self, inputs: &[f64], distributions: &mut [f64]);

    /// The expected degradation of each row.
    ///
    /// `thresholds` holds the QoS threshold of each row in the network's scale.
    async fn values(
        &mut self,
        inputs: &[f64],
        thresholds: &[f64],
        measure: &Measure,
        values: &mut [f64],
    );

    /// The expected degradation of each row and its gradient with respect to the row's inputs
    /// (`gradients`: rows x [`Self::inputs`], per unit of the input).
    async fn gradients(
        &mut self,
        inputs: &[f64],
        thresholds: &[f64],
        measure: &Measure,
        values: &mut [f64],
        gradients: &mut [f64],
    );
}
