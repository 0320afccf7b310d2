//! Reserving capacity for the next step of demand, and admitting slices under one capacity.

mod agreement;
mod demand;
pub mod evaluate;
pub mod generate;
mod models;
pub mod plan;
pub mod reproduce;
mod service_demand;
pub mod train;
pub mod train_admission;
