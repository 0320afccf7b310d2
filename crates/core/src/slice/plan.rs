//! The plan: what each slice gets, what it costs and how sure that is.

use serde::{Deserialize, Serialize};

use crate::slice::measured::Nearby;
use crate::slice::problem::Method;

/// How the reason of an infeasible plan ends where it is proven.
pub const PROVEN: &str = "(proven by branch and bound)";

/// How far a plan can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Every promise holds on strict re-evaluation and the certified gap is within the tolerance.
    Solved,
    /// Every promise holds on strict re-evaluation; how far the cost is from the optimum is not proven.
    FeasibleNotProven,
    /// Every promise holds by the network, but the traffic or an allocation lies beyond what was
    /// measured, where nobody knows whether the network is right.
    OutsideMeasurements,
    /// No allocation within the limits was found to keep the promises; `reason` names the constraint.
    Infeasible,
    /// The search was stopped before it had an answer.
    Stopped,
}

impl Status {
    /// The status as it is written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Solved => "solved",
            Self::FeasibleNotProven => "feasible-not-proven",
            Self::OutsideMeasurements => "outside-measurements",
            Self::Infeasible => "infeasible",
            Self::Stopped => "stopped",
        }
    }
}

/// An answer with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlicePlan {
    /// How far the plan can be trusted.
    pub status: Status,
    /// For an infeasible or stopped plan: the constraint and the best degradation reached.
    pub reason: Option<String>,
    /// How it was searched.
    pub method: Method,
    /// Name of the network.
    pub model: String,
    /// Fingerprint of the network's weights.
    pub weights_fingerprint: String,
    /// Seed of the random initial points.
    pub seed: u64,
    /// The build that made the plan; empty for plans kept by builds which did not tell.
    #[serde(default)]
    pub build: String,
    /// What each slice gets; for an infeasible plan the closest that was found, which breaks the
    /// constraint that `reason` names: a promise, or a capacity that the slices overdraw together.
    pub slices: Vec<SliceAllocation>,
    /// Sum over slices of η·r.
    pub cost: f64,
    /// Proven lower bound on the cost of any feasible plan; absent where nothing was proven.
    pub lower_bound: Option<f64>,
    /// (cost - lower_bound) / cost.
    pub gap: Option<f64>,
    /// What one more unit of each resource's capacity would lower the cost by, in cost per unit.
    pub capacity_multipliers: Vec<f64>,
    /// Rows (traffic sample x allocation) evaluated by the network, bounds of boxes included.
    pub evaluations: u64,
    /// Boxes of allocations examined by branch and bound.
    pub boxes: u64,
    /// Bounds as the search went on.
    pub history: Vec<BoundsAt>,
    /// Descent paths of each start, for the first slice up to the last.
    pub paths: Vec<DescentPath>,
    /// Cost of the static allocation for peak traffic under the strictest promise, if it exists.
    pub peak_cost: Option<f64>,
    /// Cost of the plan without confidence: what certainty costs is the difference. Absent where no
    /// confidence was asked for, or nothing keeps the promises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_without_confidence: Option<f64>,
}

/// What one slice gets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SliceAllocation {
    /// The slice's name.
    pub name: String,
    /// Allocation per resource, in the resource's unit.
    pub allocation: Vec<f64>,
    /// η·r of this slice.
    pub cost: f64,
    /// Expected degradation on strict re-evaluation, 0 to 1.
    pub degradation: f64,
    /// Upper bound of the degradation at the problem's confidence, to which the promise is held;
    /// absent where none was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degradation_bound: Option<f64>,
    /// What was measured near the allocation under the slice's traffic; absent where the model tells
    /// nothing of that, or nothing is near.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_nearby: Option<Nearby>,
    /// What one more unit of the degradation threshold would lower the cost by (λ).
    pub degradation_multiplier: f64,
    /// Inputs beyond the range on which the network was trained: `traffic`, `cpu`, ...
    pub extrapolates: Vec<String>,
}

/// Bounds on the optimal cost at one moment of a search.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoundsAt {
    /// Iteration of the outer loop, or boxes examined so far.
    pub iteration: u64,
    /// Lower bound, if there is one yet.
    pub lower: Option<f64>,
    /// Cost of the best feasible plan, if there is one yet.
    pub upper: Option<f64>,
}

/// Where one start went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DescentPath {
    /// Index of the slice.
    pub slice: usize,
    /// Allocations visited, in the resources' units, first to last.
    pub points: Vec<Vec<f64>>,
}

impl SliceAllocation {
    /// The degradation that is held to the promise: the upper bound where there is one.
    pub fn held_degradation(&self) -> f64 {
        self.degradation_bound.unwrap_or(self.degradation)
    }
}

impl SlicePlan {
    /// Whether every promise is kept by the network, be it inside or outside what was measured.
    pub fn keeps_promises(&self) -> bool {
        matches!(
            self.status,
            Status::Solved | Status::FeasibleNotProven | Status::OutsideMeasurements
        )
    }

    /// Whether it is proven that nothing keeps the promises within the capacities, and not only that the
    /// search found nothing.
    pub fn is_proven_infeasible(&self) -> bool {
        let reason = self.reason.as_deref();
        self.status == Status::Infeasible && reason.is_some_and(|text| text.ends_with(PROVEN))
    }

    /// Allocation of all slices together, per resource.
    pub fn total_allocation(&self) -> Vec<f64> {
        let resources = self.slices.first().map_or(0, |slice| slice.allocation.len());
        (0..resources).map(|k| self.slices.iter().map(|s| s.allocation[k]).sum()).collect()
    }

    /// The largest upper bound of a degradation among the slices, where they have one.
    pub fn worst_degradation_bound(&self) -> Option<f64> {
        self.slices.iter().filter_map(|slice| slice.degradation_bound).reduce(f64::max)
    }

    /// The largest degradation among the slices, as it is held to their promises.
    pub fn worst_held_degradation(&self) -> f64 {
        self.slices.iter().map(SliceAllocation::held_degradation).fold(0.0, f64::max)
    }

    /// The largest expected degradation among the slices.
    pub fn worst_degradation(&self) -> f64 {
        self.slices.iter().map(|slice| slice.degradation).fold(0.0, f64::max)
    }
}
