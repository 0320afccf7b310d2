//! Batches: which device plans them, the pool of workers that does, and the ranges that it hands out.

#[cfg(feature = "slice")]
pub mod benchmark;
pub mod compute;
#[cfg(feature = "slice")]
pub mod gathered;
pub mod pool;
pub mod ranges;
#[cfg(feature = "slice")]
pub mod sweeps;
#[cfg(feature = "slice")]
pub mod view;
