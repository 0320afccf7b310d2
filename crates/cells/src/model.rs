//! The estimators that ship with the planner.

use slicewise_core::cells::EstimatorCard;
use slicewise_core::model_files::{self, ShippedModel};
use slicewise_core::{InputError, shipped_model};
use slicewise_nets::estimator::Estimator;

const EXPECTED: ShippedModel = shipped_model!("cells", "simulated-expected");
const SIMULATED: ShippedModel = shipped_model!("cells", "simulated");
const PLAIN: ShippedModel = shipped_model!("cells", "simulated-plain");
const COLOSSEUM: ShippedModel = shipped_model!("cells", "colosseum");

/// The shipped estimators, the default first.
pub const SHIPPED: &[ShippedModel] = &[EXPECTED, SIMULATED, PLAIN, COLOSSEUM];

/// Those that never fall with the share: graphics processors plan by no others.
pub const RISING: &[ShippedModel] = &[EXPECTED, SIMULATED, COLOSSEUM];

/// Names of the shipped estimators, the default first.
pub fn names() -> Vec<&'static str> {
    model_files::names(SHIPPED)
}

/// Loads a shipped estimator.
///
/// # Errors
/// Names the model when there is none of that name, or what is wrong with its files.
pub fn shipped(name: &str) -> Result<Estimator, InputError> {
    load(SHIPPED, name)
}

/// Loads one of `models`.
///
/// # Errors
/// As [`shipped`].
pub fn load(models: &[ShippedModel], name: &str) -> Result<Estimator, InputError> {
    let found = model_files::named(models, name)?;
    Estimator::load(&EstimatorCard::from_json(found.card)?, found.weights)
}
