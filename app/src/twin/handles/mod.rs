//! The page's state, one copyable handle per feature: signals, what is under way outside of them, and
//! the jobs that follow from the controls.

mod answers;
mod corrections;
mod engine;
mod improvements;
mod network;
mod opened_flow;
mod planner;
mod simulation;
mod sweeps;

pub use answers::{Answered, Answers, Pair};
pub use corrections::Corrections;
pub use engine::{Ended, TwinEngine};
pub use improvements::Improvements;
pub use network::{DRAWN_DEMANDS, Imported, OpenNetwork};
pub use opened_flow::{Opened, OpenedFlow};
pub use planner::TwinPlanner;
pub use simulation::{Simulation, SimulationRun};
pub use sweeps::{CorrectedCases, SweepRun, Sweeps};
