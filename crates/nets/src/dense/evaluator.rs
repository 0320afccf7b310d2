//! What a solver asks of a network, whatever is behind it.

use crate::dense::head::Measure;

/// Value and gradient of a network on a batch of rows.
///
/// A row is the network's inputs in the card's order: a traffic level and an allocation, or a share
/// and a slice's features. The methods are asynchronous because a GPU evaluator has to wait for its
/// results; the CPU evaluators are ready at once.
#[allow(async_fn_in_trait, reason = "evaluators run on one thread, no Send bound is wanted")]
pub trait Evaluator {
    /// What is asked of the rows beside their inputs; nothing where the value is the network's output.
    type Question;

    /// Inputs per row.
    fn inputs(&self) -> usize;

    /// The value of each row.
    ///
    /// `inputs` holds rows x [`Self::inputs`] numbers, row by row.
    async fn values(&mut self, inputs: &[f64], question: &Self::Question, values: &mut [f64]);

    /// The value of each row and its gradient with respect to the row's inputs (`gradients`: rows x
    /// [`Self::inputs`], per unit of the input).
    async fn gradients(
        &mut self,
        inputs: &[f64],
        question: &Self::Question,
        values: &mut [f64],
        gradients: &mut [f64],
    );
}

/// Asks for the expected degradation of the QoS.
#[derive(Clone, Debug, PartialEq)]
pub struct Degradation {
    /// The QoS threshold of each row, in the network's scale.
    pub thresholds: Vec<f64>,
    /// How the degradation is measured.
    pub measure: Measure,
}

/// An evaluator of a network whose answer is a distribution of the QoS.
#[allow(async_fn_in_trait, reason = "evaluators run on one thread, no Send bound is wanted")]
pub trait DistributionEvaluator: Evaluator<Question = Degradation> {
    /// Components of the QoS mixture, 1 for a Gaussian.
    fn components(&self) -> usize;

    /// The QoS distribution of each row, in the network's scale: for each row the means, the
    /// deviations and the shares of its components (3 x components numbers).
    ///
    /// `inputs` holds rows x [`Evaluator::inputs`] numbers, row by row.
    async fn distributions(&mut self, inputs: &[f64], distributions: &mut [f64]);
}
