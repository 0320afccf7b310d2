//! Why a job was not done.

use slicewise_core::InputError;
use slicewise_core::compute::GpuFault;
use slicewise_optim::{Halted, Stopped};

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

impl From<Stopped> for JobError {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<Halted> for JobError {
    fn from(halted: Halted) -> Self {
        match halted {
            Halted::Input(error) => Self::Input(error),
            Halted::Stopped => Self::Stopped,
        }
    }
}
