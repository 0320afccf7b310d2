//! The Cells planner: how each cell splits its resource blocks among its slices.

mod answer;
mod charts;
mod controls;
mod engine;
mod exchange;
mod file_reader;
mod handles;
mod imported;
mod link;
mod models;
mod network;
pub mod page;
mod panels;
mod plan_set;
mod question;
mod scrubber;
mod state;
mod table_preview;
mod tour;
mod views;
mod words;

/// The script of the planner's engine, as the list of the build names it.
const ENGINE_SCRIPT: &str = "slicewise-cells-engine.js";
