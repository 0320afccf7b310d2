//! The estimators that ship with the planner.

use slicewise_core::InputError;
use slicewise_core::cells::EstimatorCard;
use slicewise_nets::estimator::Estimator;

/// One shipped estimator: its card and its weight file.
struct Shipped {
    name: &'static str,
    card: &'static str,
    weights: &'static [u8],
}

macro_rules! shipped {
    ($name:literal) => {
        Shipped {
            name: $name,
            card: include_str!(concat!("../../../models/cell/", $name, "/card.json")),
            weights: include_bytes!(concat!(
                "../../../models/cell/",
                $name,
                "/weights.safetensors"
            )),
        }
    };
}

const SHIPPED: &[Shipped] = &[
    shipped!("simulated-expected"),
    shipped!("simulated"),
    #[cfg(not(feature = "rising-only"))]
    shipped!("simulated-plain"),
    shipped!("colosseum"),
];

/// Names of the shipped estimators, the default first.
pub fn names() -> Vec<&'static str> {
    SHIPPED.iter().map(|shipped| shipped.name).collect()
}

/// Loads a shipped estimator.
///
/// # Errors
/// Names the model when there is none of that name, or what is wrong with its files.
pub fn shipped(name: &str) -> Result<Estimator, InputError> {
    let found = SHIPPED
        .iter()
        .find(|shipped| shipped.name == name)
        .ok_or_else(|| InputError::new("model", name, names().join(", ")))?;
    Estimator::load(&EstimatorCard::from_json(found.card)?, found.weights)
}
