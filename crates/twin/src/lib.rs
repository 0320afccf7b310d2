//! The Twin planner: what a network does to its flows, by formula and by simulation, packet by packet, what
//! happens when parts of it fail, and how it is routed best.
//!
//! Source: Almasan et al., "Digital Twin Network: Opportunities and Challenges" (2022).

pub mod agent;
pub mod dataset;
pub mod diagnosis;
pub mod evaluation;
pub mod failures;
pub mod formula;
pub mod generator;
pub mod growth;
pub mod intervals;
pub mod memory;
pub mod optimiser;
pub mod problem;
pub mod routing;
pub mod segments;
mod shortest_ways;
pub mod simulator;
pub mod training;
