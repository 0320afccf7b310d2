//! The Cells planner: how each cell splits its resource blocks among its slices.

mod answer;
mod cell_panel;
mod charts;
mod city;
mod controls;
mod engine;
mod exchange;
mod figures;
mod imported;
mod link;
mod models;
mod network;
mod network_panel;
pub mod page;
mod plan_set;
mod planner;
mod schemes_panel;
mod scrubber;
mod state;
mod table_panel;
mod tour;
mod utility;
mod views;
mod words;
