//! Batches of plans: sweeps handed out range by range, and one view's run of them.

pub mod gathered;
pub mod sweeps;
pub mod view;
