//! The page's state, one copyable handle per feature: signals, what is under way outside of them, and
//! the jobs that follow from the controls.

mod answers;
mod engine;
mod network;
mod planner;

pub use answers::{Answered, Answers, Pair};
pub use engine::{Ended, TwinEngine};
pub use network::{DRAWN_DEMANDS, Imported, OpenNetwork};
pub use planner::TwinPlanner;
