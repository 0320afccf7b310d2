//! The estimators that ship with the planner.

use slicewise_core::InputError;
use slicewise_core::cells::card::EstimatorForm;
use slicewise_nets::estimator::Estimator;

use crate::observation::FEATURES;

/// Their names, the default first.
pub fn names() -> &'static [&'static str] {
    &["simulated"]
}

/// The estimator of that name.
///
/// # Errors
/// Names the estimator where none of that name ships.
pub fn shipped(name: &str) -> Result<Estimator, InputError> {
    if !names().contains(&name) {
        return Err(InputError::new("estimator", name, names().join(", ")));
    }
    // Weights come with the training.
    let knots = (0..=20).map(|knot| f64::from(knot) / 20.0).collect();
    Estimator::random(EstimatorForm::Monotone { knots }, FEATURES, &[32, 32], 1)
}
