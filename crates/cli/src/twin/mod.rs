//! Networks, answered: delay, jitter and loss of every flow, what changes bring, what failures break, what
//! routing is best.

mod amounts;
pub mod answer;
pub mod calibrate;
pub mod convert;
pub mod diagnose;
pub mod evaluate;
pub mod failures;
pub mod generate;
pub mod grow;
mod network;
pub mod optimise;
pub mod reproduce;
pub mod simulate;
#[cfg(test)]
mod tests;
pub mod train;
pub mod whatif;
