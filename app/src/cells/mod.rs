//! The Cells planner: how each cell splits its resource blocks among its slices.

mod charts;
mod engine;
mod figures;
mod link;
mod models;
mod network;
pub mod page;
mod plan_set;
mod state;
mod utility;
mod words;
