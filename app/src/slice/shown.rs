//! What the page shows of its answers: plans and charted results, each with its question.

use std::sync::Arc;

use slicewise_core::card::ModelCard;
use slicewise_core::slice::{SlicePlan, SliceProblem};

/// Where a shown plan comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Shipped with the page.
    Precomputed,
    /// Planned here.
    Engine,
}

/// A plan and the question that it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The question.
    pub problem: Arc<SliceProblem>,
    /// Its model.
    pub card: Arc<ModelCard>,
    /// The answer.
    pub plan: Arc<SlicePlan>,
    /// Who answered.
    pub source: Source,
    /// How long the engine took, once it has finished.
    pub elapsed_ms: Option<f64>,
}

/// A charted result and the question that it belongs to.
#[derive(Clone, Debug)]
pub struct Charted<T> {
    /// The question.
    pub problem: Arc<SliceProblem>,
    /// The result.
    pub data: Arc<T>,
}

impl<T> PartialEq for Charted<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.problem, &other.problem) && Arc::ptr_eq(&self.data, &other.data)
    }
}
