//! The plan that the page shows before an engine has loaded: made by the command line, shipped with it.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use slicewise_core::slice::charts::{Curves, Landscape};
use slicewise_core::slice::{SlicePlan, SliceProblem, Traffic};

use crate::shell::json;
use crate::slice::models;

/// The question that the page opens with: 3 users/s, q at the model's default, β = 0.1.
pub fn default_problem() -> SliceProblem {
    let traffic = Traffic::Constant { users_per_second: 3.0 };
    match models::shipped().first() {
        Some(card) => SliceProblem::single(card, traffic, card.output.threshold_default, 0.1),
        None => SliceProblem {
            version: slicewise_core::slice::problem::PROBLEM_VERSION,
            model: String::new(),
            resources: Vec::new(),
            slices: Vec::new(),
            method: Default::default(),
            estimator: Default::default(),
            seed: 0,
            confidence: None,
            beyond_measurements: false,
            member_weights: None,
        },
    }
}

/// The plan of [`default_problem`].
pub fn plan() -> Option<Arc<SlicePlan>> {
    read(include_str!("../../precomputed/plan.json"))
}

/// The degradation field around that plan.
pub fn landscape() -> Option<Arc<Landscape>> {
    read(include_str!("../../precomputed/landscape.json"))
}

/// The curves through that plan.
pub fn curves() -> Option<Arc<Curves>> {
    read(include_str!("../../precomputed/curves.json"))
}

fn read<T: DeserializeOwned>(text: &str) -> Option<Arc<T>> {
    json::read(text).ok().map(Arc::new)
}

/// Every seventh value of each axis of `field`, for charts that are kept as text.
#[cfg(test)]
pub fn every_seventh(field: &Landscape) -> Landscape {
    let thin = |values: &[f64]| values.iter().copied().step_by(7).collect::<Vec<f64>>();
    let rows = field.degradation.chunks(field.x.len()).step_by(7);
    let by_traffic = field.density_by_traffic.iter();
    Landscape {
        slice: field.slice,
        x: thin(&field.x),
        y: thin(&field.y),
        degradation: rows.flat_map(thin).collect(),
        qos: thin(&field.qos),
        density: thin(&field.density),
        density_by_traffic: by_traffic.map(|(users, density)| (*users, thin(density))).collect(),
        measured: field.measured.clone(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_ships_can_be_read_and_belongs_to_the_default_problem() {
        let problem = super::default_problem();
        let plan = super::plan().unwrap();
        assert_eq!(plan.model, problem.model);
        assert_eq!(plan.slices.len(), problem.slices.len());
        let landscape = super::landscape().unwrap();
        assert_eq!(landscape.degradation.len(), landscape.x.len() * landscape.y.len());
        assert!(!super::curves().unwrap().over_qos.is_empty());
    }
}
