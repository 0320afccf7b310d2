//! Planning the CPU and bandwidth of slices: single problems, and batches of them.

pub mod batch;
pub mod bench;
pub mod bench_batch;
mod dataset;
pub mod day;
pub mod evaluate;
pub mod first_view;
pub mod generate;
mod gpu;
pub mod plan;
mod plan_table;
mod problem;
pub mod reproduce;
pub mod sweep;
pub mod train;
