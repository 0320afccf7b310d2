//! Runs jobs in a web worker: progress, cancel, faults.
//!
//! [`worker`] is the loop that all planners share, [`planners`] what each does with its jobs. A
//! program of `bin/` lists the planners and jobs of its build: what it does not list is refused, and
//! not linked.

#[cfg(feature = "gpu")]
pub mod gpu;
mod job_error;
pub mod planners;
pub mod worker;

pub use job_error::JobError;
