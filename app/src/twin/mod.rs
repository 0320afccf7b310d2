//! The Twin planner's view: what a network does to its flows, before anybody touches it.

mod agreement;
mod answer;
mod charts;
mod controls;
mod edits;
#[cfg(test)]
mod examples;
mod exchange;
mod file_reader;
mod handles;
pub mod improve;
mod improve_words;
mod link;
mod map;
mod map_colour;
mod names;
pub mod page;
mod panels;
mod question;
mod state;
mod sweep;
mod tour;
mod units;
mod views;
mod words;

/// The script of the planner's engine, as the list of the build names it.
const ENGINE_SCRIPT: &str = "slicewise-twin-engine.js";
