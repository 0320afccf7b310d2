//! The estimators that ship with the planner.

use slicewise_core::cells::EstimatorCard;
use slicewise_core::model_files::{self, ShippedModel};
use slicewise_core::{InputError, shipped_model};
use slicewise_nets::estimator::Estimator;

const SHIPPED: &[ShippedModel] = &[
    shipped_model!("cells", "simulated-expected"),
    shipped_model!("cells", "simulated"),
    #[cfg(not(feature = "rising-only"))]
    shipped_model!("cells", "simulated-plain"),
    shipped_model!("cells", "colosseum"),
];

/// Names of the shipped estimators, the default first.
pub fn names() -> Vec<&'static str> {
    model_files::names(SHIPPED)
}

/// Loads a shipped estimator.
///
/// # Errors
/// Names the model when there is none of that name, or what is wrong with its files.
pub fn shipped(name: &str) -> Result<Estimator, InputError> {
    let found = model_files::named(SHIPPED, name)?;
    Estimator::load(&EstimatorCard::from_json(found.card)?, found.weights)
}
