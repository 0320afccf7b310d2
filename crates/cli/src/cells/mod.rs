//! Splitting cells among slices: KPI tables and cities, and the estimators that the splits rest on.

pub mod bench;
mod estimators;
pub mod evaluate;
mod findings;
pub mod generate;
mod gpu;
mod measured;
mod opening_day;
mod pieces;
pub mod plan;
pub mod reproduce;
mod tables;
#[cfg(test)]
mod tests;
pub mod train;
