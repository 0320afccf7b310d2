//! The plans of a batch of problems of one slice each, column by column.

use serde::{Deserialize, Serialize};

use crate::Origin;
use crate::packed_numbers;

/// Plans of many problems. Every number was computed anew in f64 from the allocations, whatever
/// device searched for them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BatchPlans {
    /// Resources per plan.
    pub resources: usize,
    /// Allocations, plan by plan: plans x resources, in the resources' units.
    #[serde(with = "packed_numbers")]
    pub allocations: Vec<f64>,
    /// Cost of each plan.
    #[serde(with = "packed_numbers")]
    pub costs: Vec<f64>,
    /// Degradation of each plan, in closed form, as its promise is held to it: expected, or the upper
    /// bound at the problem's confidence.
    #[serde(with = "packed_numbers")]
    pub degradations: Vec<f64>,
    /// λ of each plan: what one more unit of the degradation threshold would save.
    #[serde(with = "packed_numbers")]
    pub multipliers: Vec<f64>,
    /// Whether each plan keeps its promise and its capacities.
    pub feasible: Vec<bool>,
    /// Whether each plan lies beyond what was measured; empty in plans of builds that did not tell.
    #[serde(default)]
    pub outside: Vec<bool>,
    /// Rows of the network that the search evaluated.
    pub evaluations: u64,
    /// What made the plans.
    #[serde(default)]
    pub origin: Origin,
}

impl BatchPlans {
    /// Number of plans.
    pub fn len(&self) -> usize {
        self.costs.len()
    }

    /// Whether there is no plan.
    pub fn is_empty(&self) -> bool {
        self.costs.is_empty()
    }

    /// The allocation of plan `index`.
    pub fn allocation(&self, index: usize) -> &[f64] {
        &self.allocations[index * self.resources..(index + 1) * self.resources]
    }

    /// Whether plan `index` keeps its promise by the network, but beyond what was measured, where nobody
    /// knows whether the network is right.
    pub fn is_outside(&self, index: usize) -> bool {
        self.feasible[index] && self.outside.get(index).is_some_and(|outside| *outside)
    }

    /// Appends the plans of `more`, which has as many resources and the same origin.
    pub fn append(&mut self, mut more: Self) {
        self.resources = more.resources;
        self.allocations.append(&mut more.allocations);
        self.costs.append(&mut more.costs);
        self.degradations.append(&mut more.degradations);
        self.multipliers.append(&mut more.multipliers);
        self.feasible.append(&mut more.feasible);
        self.outside.append(&mut more.outside);
        self.evaluations += more.evaluations;
        self.origin = more.origin;
    }
}
