//! Batches: which device plans them, the pool of workers that does, and the ranges that it hands out.

pub mod benchmark;
pub mod compute;
pub mod gathered;
pub mod pool;
pub mod ranges;
pub mod view;
