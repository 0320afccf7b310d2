//! What the page asks the Cells planner's engine, and what it answers.

use serde::{Deserialize, Serialize};

use super::batch::CellBatch;
use super::curve::Curves;
use super::objective::{Objective, Scheme};
use super::plan::CellPlans;
use super::profile::ServiceProfile;
use super::scenario::{CellPlace, Scenario, SimulatedStep};
use crate::planner::{Job, Never, Planner};

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
}

impl CellJob {
    /// The estimator that the job names.
    pub fn estimator(&self) -> &str {
        match self {
            Self::Open { method, .. }
            | Self::Plan { method, .. }
            | Self::City { method, .. }
            | Self::Simulate { method, .. } => &method.estimator,
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
}
