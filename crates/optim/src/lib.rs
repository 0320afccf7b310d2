//! Optimisers that know no planner.
//!
//! All but [`separable`] minimise a linear cost under constraints that an oracle evaluates in
//! batches. Variables lie in the unit box, so that steps and tolerances mean the same in every
//! direction.

pub mod boundary_descent;
pub mod branch_and_bound;
pub mod constraint;
pub mod front_split;
pub mod least_peak;
pub mod linear_programme;
pub mod linear_step;
pub mod monitor;
#[cfg(feature = "burn")]
pub mod policy_gradient;
pub mod primal_dual;
pub mod separable;
pub mod shared_capacity;

pub use constraint::{Constraint, Terms};
pub use monitor::{Halted, Monitor, Progress, Stopped, Unmonitored};
