//! What an engine does with a job, planner by planner.

use slicewise_core::InputError;
use slicewise_core::compute::GpuFault;
use slicewise_optim::{Halted, Stopped};
use slicewise_protocol::Job;

#[cfg(feature = "cells")]
pub mod cells;
#[cfg(feature = "forecast")]
pub mod forecast;
#[cfg(feature = "slice")]
pub mod slice;

/// Why a job was not done.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum JobError {
    /// The job cannot be done as asked.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The job was cancelled or replaced.
    #[error("the job was stopped")]
    Stopped,
    /// The graphics processor cannot be trusted or is gone.
    #[error(transparent)]
    Gpu(#[from] GpuFault),
}

impl From<Halted> for JobError {
    fn from(halted: Halted) -> Self {
        match halted {
            Halted::Input(error) => Self::Input(error),
            Halted::Stopped => Self::Stopped,
        }
    }
}

impl From<Stopped> for JobError {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// The planners that this build has, as the protocol's features name them.
const PLANNERS: &[&str] = &[
    #[cfg(feature = "slice")]
    "slice",
    #[cfg(feature = "cells")]
    "cells",
    #[cfg(feature = "forecast")]
    "forecast",
];

/// The refusal of a job whose planner this build lacks.
pub fn lacking(job: &Job) -> JobError {
    let allowed = format!("a job of this build's planners: {}", PLANNERS.join(", "));
    InputError::new("job", job.kind(), allowed).into()
}
