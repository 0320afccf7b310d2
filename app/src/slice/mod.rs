//! The Slice planner: the cheapest resources that keep a slice's promise.

mod answer;
mod batches;
mod charts;
mod controls;
mod cost_unit;
mod day;
mod exchange;
mod file_reader;
mod given_table;
mod glossary;
mod handles;
mod link;
mod measured_plans;
mod models;
mod own_allocation;
mod own_networks;
pub mod page;
mod plan_table;
mod precomputed;
mod rival_words;
pub mod rivals;
mod shown;
mod tour;
mod training;
mod view_state;
mod views;
mod what_if;

/// The script of the planner's engine, as the list of the build names it.
const ENGINE_SCRIPT: &str = "slicewise-slice-engine.js";
