//! The Forecast planner's view: how much to reserve for the next interval, when the cost of a decision
//! is only seen afterwards.

mod answer;
mod charts;
mod controls;
mod exchange;
mod file_reader;
mod handles;
mod imported;
mod link;
mod networks;
mod opened_networks;
pub mod page;
mod panels;
mod record_table;
mod state;
mod table_preview;
mod tour;
mod views;
mod words;

/// The script of the planner's engine, as the list of the build names it.
const ENGINE_SCRIPT: &str = "slicewise-forecast-engine.js";
