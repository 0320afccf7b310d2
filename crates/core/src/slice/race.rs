//! A race of methods for the plan of one slice: how it is asked for and what comes of it.

use serde::{Deserialize, Serialize};

use super::{SlicePlan, SliceProblem};

/// One method's part of a race.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RaceOrder {
    /// The question, of one slice.
    pub problem: SliceProblem,
    /// Name of the method: a rival of the planner, as `reproduce microopt --methods` has them.
    pub method: String,
    /// Seed of what it draws.
    pub seed: u64,
    /// What it may take, in seconds; its rows are its usual ones.
    pub seconds: f64,
    /// Candidates that each drawn network of Atlas picks from; its authors take 10,000.
    pub candidates: usize,
}

/// A better point that a method has met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Milestone {
    /// Rows of the network until then: one per point and traffic level.
    pub rows: usize,
    /// Seconds until then.
    pub seconds: f64,
    /// Its allocation, per resource.
    pub allocation: Vec<f64>,
    /// Its cost.
    pub cost: f64,
    /// Whether it keeps the promise for the traffic that the method sees, by the network in the method's arithmetic.
    pub feasible: bool,
}

/// What a method found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Race {
    /// Its plan, judged as every plan is.
    pub plan: SlicePlan,
    /// Its best points, first to last.
    pub milestones: Vec<Milestone>,
    /// Rows of the network in all.
    pub rows: usize,
    /// Seconds in all.
    pub seconds: f64,
}

impl Race {
    /// The best point after so many rows.
    pub fn best_after(&self, rows: usize) -> Option<&Milestone> {
        self.milestones.iter().rev().find(|milestone| milestone.rows <= rows)
    }
}
