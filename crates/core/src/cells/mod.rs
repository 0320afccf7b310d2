//! The vocabulary of the Cells planner: how each cell splits its resource blocks among its slices.
//!
//! A *share* is the part of a cell's physical resource blocks (PRB) that a slice may use, 0 to 1. A
//! *satisfaction* is r = min(throughput / required, required delay / delay, 1), 0 to 1 (IDLA,
//! equation (3)).

pub mod batch;
pub mod card;
pub mod curve;
pub mod figures;
pub mod job;
pub mod objective;
pub mod observation;
pub mod plan;
pub mod profile;
pub mod scenario;
pub mod utility;

pub use batch::CellBatch;
pub use card::EstimatorCard;
pub use curve::Curves;
pub use job::{CellJob, CellNews, CellOutcome, Cells};
pub use objective::{Objective, Scheme};
pub use observation::{FEATURES, LastStep, Observation, PAPER_FEATURES};
pub use plan::CellPlans;
pub use profile::{SNssai, ServiceProfile};
pub use scenario::{Scenario, SimulatedStep};

/// Past states H that an estimator sees of each slice (IDLA, section V-B).
pub const HISTORY: usize = 5;
/// The most slices of one cell.
pub const MOST_SLICES: usize = 16;
/// Satisfaction from which a promise counts as kept.
pub const SATISFIED: f64 = 0.99;
/// Length of a planning step, in minutes (IDLA, section IV-A).
pub const STEP_MINUTES: usize = 15;
/// Planning steps of a day.
pub const STEPS_PER_DAY: usize = 24 * 60 / STEP_MINUTES;
