//! The Cells planner: how each cell splits its resource blocks among its slices.

mod charts;
mod engine;
mod figures;
mod link;
mod models;
pub mod page;
mod state;
mod utility;
mod words;
