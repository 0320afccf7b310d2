//! The page's state, one copyable handle per feature: signals, what is under way outside of them, and
//! the jobs that follow from the controls.

mod benchmark;
mod plan_search;
mod planner;
mod rivals;

pub use benchmark::PlanBenchmark;
pub use plan_search::PlanSearch;
pub use planner::SlicePlanner;
pub use rivals::Rivals;
