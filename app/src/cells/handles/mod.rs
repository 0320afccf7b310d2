//! The page's state, one copyable handle per feature: signals, what is under way outside of them, and
//! the jobs that follow from the controls.

mod city;
mod imported_table;
mod network_plan;
mod opened_cell;
mod planner;
mod simulation;

pub use city::{CityPlan, CityRun};
pub use imported_table::ImportedTable;
pub use network_plan::NetworkPlan;
pub use opened_cell::{Opened, OpenedCell};
pub use planner::CellsPlanner;
pub use simulation::Simulation;
