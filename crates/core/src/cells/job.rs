//! What the page asks the Cells planner's engine, and what it answers.

use serde::{Deserialize, Serialize};

use super::batch::CellBatch;
use super::curve::Curves;
use super::objective::{Objective, Scheme};
use super::plan::CellPlans;
use super::profile::ServiceProfile;
use super::scenario::{CellPlace, Scenario, SimulatedStep};
use crate::error::{InputError, check_range};
use crate::formats::plan_documents::{DocumentRequest, WrittenDocuments};
use crate::planner::{Job, Never, Planner};
use crate::reader::{KpiFile, KpisRead, TableRead};

/// The Cells planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells;

impl Planner for Cells {
    const NAME: &'static str = "cells";
    type Job = CellJob;
    type News = CellNews;
    type Outcome = CellOutcome;
    type Network = Never;
}

/// How cells are planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Name of the estimator.
    pub estimator: String,
    /// What is maximised.
    pub objective: Objective,
    /// How the split is searched.
    pub scheme: Scheme,
    /// Seed of the search's starts.
    pub seed: u64,
    /// Least share of every slice that has users, 0 to [`MOST_LEAST_SHARE`]; lower in cells where the
    /// slices' own minima leave less.
    #[serde(default)]
    pub least_share: f64,
    /// What a change of a cell's split costs, in the objective's utility, 0 to
    /// [`MOST_COST_OF_CHANGE`]: where the split of the step before is known, a search changes it only
    /// for one that is worth more by this.
    #[serde(default)]
    pub cost_of_change: f64,
}

/// Least share of a slice with users unless somebody says otherwise: a share of 0 leaves as
/// `rRMPolicyMaxRatio` 0, which cuts its users off.
pub const DEFAULT_LEAST_SHARE: f64 = 0.05;
/// The largest [`Method::least_share`].
pub const MOST_LEAST_SHARE: f64 = 0.25;
/// The largest [`Method::cost_of_change`].
pub const MOST_COST_OF_CHANGE: f64 = 1.0;

impl Method {
    /// Without least shares and costs of change, as the paper plans.
    pub fn new(
        estimator: impl Into<String>,
        objective: Objective,
        scheme: Scheme,
        seed: u64,
    ) -> Self {
        let (least_share, cost_of_change) = (0.0, 0.0);
        Self { estimator: estimator.into(), objective, scheme, seed, least_share, cost_of_change }
    }

    /// The same with the least share and the cost of change that the page opens with.
    #[must_use]
    pub fn steady(self) -> Self {
        let cost_of_change = self.objective.default_cost_of_change();
        Self { least_share: DEFAULT_LEAST_SHARE, cost_of_change, ..self }
    }

    /// Checks least share and cost of change.
    ///
    /// # Errors
    /// Names the first one that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        check_range("least_share", self.least_share, 0.0, MOST_LEAST_SHARE, "of the PRB")?;
        let cost = self.cost_of_change;
        check_range("cost_of_change", cost, 0.0, MOST_COST_OF_CHANGE, "of utility")
    }
}

/// A city of cells that our own generator makes; cell i is a pure function of the city and i.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// Seed of the cells.
    pub seed: u64,
    /// Number of cells, 1 to [`MOST_CELLS`].
    pub cells: usize,
    /// The services; each cell serves them all.
    pub services: Vec<ServiceProfile>,
    /// Traffic of each service in relation to a full cell's, 0 to [`super::scenario::MOST_LOAD`]; empty where all are 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loads: Vec<f64>,
}

impl City {
    /// A city whose services have a full cell's traffic.
    pub fn new(seed: u64, cells: usize, services: Vec<ServiceProfile>) -> Self {
        Self { seed, cells, services, loads: Vec::new() }
    }
}

/// The most cells of a city.
pub const MOST_CELLS: usize = 1_000_000;

/// A job for the Cells planner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CellJob {
    /// One cell in full: its plan and its slices' curves.
    Open {
        /// How to plan.
        method: Method,
        /// One cell.
        cell: CellBatch,
    },
    /// Many cells.
    Plan {
        /// How to plan.
        method: Method,
        /// The cells.
        cells: CellBatch,
    },
    /// Cells `first` to `first + count` of a city.
    City {
        /// How to plan.
        method: Method,
        /// The city.
        city: City,
        /// Index of the first cell.
        first: usize,
        /// Number of cells.
        count: usize,
    },
    /// The network under one scheme, step by step; each step is also sent as it is done.
    Simulate {
        /// How to plan.
        method: Method,
        /// The network.
        scenario: Scenario,
        /// Step at which to begin: histories and queues are filled by the steps before it.
        first: usize,
        /// Number of steps.
        steps: usize,
    },
    /// Planned cells as documents for a network.
    Write(Box<DocumentRequest>),
    /// Cells of a file; the reader of files can.
    ReadKpis(Box<KpiFile>),
}

impl CellJob {
    /// The estimator that the job names; empty where it needs none.
    pub fn estimator(&self) -> &str {
        match self {
            Self::Open { method, .. }
            | Self::Plan { method, .. }
            | Self::City { method, .. }
            | Self::Simulate { method, .. } => &method.estimator,
            Self::Write(_) | Self::ReadKpis(_) => "",
        }
    }
}

impl Job for CellJob {
    fn kind(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Plan { .. } => "plan",
            Self::City { .. } => "city",
            Self::Simulate { .. } => "simulate",
            Self::Write(_) => "write",
            Self::ReadKpis(_) => "read-kpis",
        }
    }

    fn replaceable(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    fn goes_first(&self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

/// What is told of a job for the Cells planner before it is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CellNews {
    /// A step of a simulation is over; every one is sent, in order.
    Step(Box<SimulatedStep>),
}

/// What the Cells planner answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CellOutcome {
    /// One cell in full.
    Opened {
        /// Its plan.
        plan: CellPlans,
        /// One curve per slice.
        curves: Curves,
    },
    /// Plans of many cells.
    Plans(CellPlans),
    /// All steps were sent.
    Simulated {
        /// Where the cells are.
        places: Vec<CellPlace>,
        /// The last step.
        last: Box<SimulatedStep>,
    },
    /// Documents, as one file.
    Written(WrittenDocuments),
    /// Cells of a file.
    Kpis(Box<TableRead<KpisRead>>),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn methods_and_cities_of_before_plan_as_before() {
        let method = json!({
            "estimator": "simulated", "objective": "max-min", "scheme": "idla", "seed": 3,
        });
        let read: Method = serde_json::from_value(method).unwrap();
        assert_eq!(read, Method::new("simulated", Objective::MaxMin, Scheme::Idla, 3));
        let city: City =
            serde_json::from_value(json!({ "seed": 1, "cells": 2, "services": [] })).unwrap();
        assert_eq!(city, City::new(1, 2, Vec::new()));
    }

    #[test]
    fn objectives_are_written_by_their_names() {
        for objective in Objective::ALL {
            assert_eq!(json!(objective), objective.name());
            let steady = Method::new("e", objective, Scheme::Exact, 1).steady();
            assert_eq!(steady.validate(), Ok(()));
            assert!(steady.least_share > 0.0 && steady.cost_of_change > 0.0);
        }
    }
}
