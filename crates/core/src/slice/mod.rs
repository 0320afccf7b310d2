//! The vocabulary of the Slice planner: what a slice carries and promises, what resources cost, and the
//! cheapest plan.

pub mod batch;
pub mod benchmark;
pub mod card;
pub mod charts;
pub mod daily_trace;
pub mod day_figures;
pub mod derived_column;
pub mod job;
pub mod measured;
pub mod plan;
pub mod problem;
pub mod race;
pub mod shown_amount;
pub mod sweep;
pub mod traffic;
pub mod training;
pub mod work;

pub use job::{Slice, SliceJob, SliceNews, SliceOutcome, SliceTable};
pub use plan::{SlicePlan, Status};
pub use problem::{Method, SliceProblem};
pub use sweep::Sweep;
pub use traffic::Traffic;
