//! Delay, jitter and loss by formula.

pub mod port;
mod priority;
mod queue;
pub mod scheduled;
mod sharing;
