//! Optimisers that know no planner.
//!
//! All but [`separable`] and [`black_box`] minimise a linear cost under constraints that an oracle
//! evaluates in batches; [`black_box`] takes any cost, and asks for no gradient. Variables lie in the
//! unit box, so that steps and tolerances mean the same in every direction.

pub mod black_box;
pub mod boundary_descent;
pub mod branch_and_bound;
pub mod cholesky;
pub mod constraint;
pub mod front_split;
pub mod frontier_sum;
pub mod gaussian_process;
pub mod joint_branch_and_bound;
pub mod least_peak;
pub mod linear_programme;
pub mod linear_step;
pub mod monitor;
pub mod neural;
#[cfg(feature = "burn")]
pub mod policy_gradient;
pub mod primal_dual;
pub mod quadratic_programme;
pub mod separable;
pub mod shared_capacity;

pub use constraint::{Constraint, Terms};
pub use monitor::{Halted, Monitor, Progress, Stopped, Unmonitored};
