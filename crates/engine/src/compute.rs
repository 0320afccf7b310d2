//! What this engine computes on: the processor, and in the GPU build a graphics processor too.

#[cfg(feature = "gpu")]
use slicewise_core::InputError;
#[cfg(feature = "cells")]
use slicewise_core::cells::job::Method;
#[cfg(feature = "cells")]
use slicewise_core::cells::{CellBatch, CellPlans};
#[cfg(feature = "slice")]
use slicewise_core::slice::batch::BatchPlans;
#[cfg(feature = "slice")]
use slicewise_core::slice::{SliceNews, Sweep};
#[cfg(feature = "slice")]
use slicewise_nets::Network;
#[cfg(feature = "cells")]
use slicewise_nets::estimator::Estimator;
use slicewise_optim::Monitor;
#[cfg(feature = "slice")]
use slicewise_optim::Progress;

use crate::jobs::JobError;

/// Problems `first` to `first + count` of a sweep.
#[cfg(feature = "slice")]
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// The family of problems.
    pub sweep: &'a Sweep,
    /// Index of the first problem.
    pub first: usize,
    /// Number of problems.
    pub count: usize,
}

/// The devices of an engine.
#[derive(Default)]
pub struct Compute {
    #[cfg(feature = "gpu")]
    gpu: Option<crate::gpu::Gpu>,
}

impl Compute {
    /// The plans of `range` on the graphics processor where there is one, on the processor otherwise.
    /// `now` gives milliseconds.
    ///
    /// # Errors
    /// Names what is wrong with the range, says that `monitor` stopped the search, or what happened
    /// to the device.
    #[cfg(feature = "slice")]
    pub async fn plan_batch(
        &self,
        network: &Network,
        range: Range<'_>,
        now: &impl Fn() -> f64,
        monitor: &impl Monitor,
        progress: &mut impl Progress<SliceNews>,
    ) -> Result<BatchPlans, JobError> {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            return gpu.plan_batch(network, range, now, monitor, progress).await;
        }
        #[cfg(not(feature = "gpu"))]
        let _ = now;
        let Range { sweep, first, count } = range;
        let plans = slicewise_slice::batch::plan_batch;
        Ok(plans(network, sweep, first, count, monitor, progress).await?)
    }

    /// The plans of `cells`: by any scheme on the processor, and in the GPU build exactly on curves
    /// from the graphics processor.
    ///
    /// # Errors
    /// Names what is wrong with the cells, says that `monitor` stopped the search, or what happened
    /// to the device.
    #[cfg(feature = "cells")]
    pub async fn plan_cells(
        &self,
        estimator: &Estimator,
        method: &Method,
        cells: &CellBatch,
        monitor: &impl Monitor,
    ) -> Result<CellPlans, JobError> {
        #[cfg(feature = "gpu")]
        return match &self.gpu {
            Some(gpu) if crate::gpu::Gpu::gives_curves(estimator, method) => {
                gpu.plan_cells(estimator, method, cells, monitor).await
            }
            _ => {
                let allowed = "exact with an estimator that never falls, on a graphics processor";
                Err(InputError::new("scheme", method.scheme.name(), allowed).into())
            }
        };
        #[cfg(not(feature = "gpu"))]
        Ok(slicewise_cells::solver::plan(estimator, method, cells, monitor).await?)
    }

    /// Where networks are trained.
    #[cfg(feature = "burn")]
    pub fn training_device(&self) -> slicewise_slice::training::Device {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            return gpu.device().burn().clone();
        }
        slicewise_slice::training::Device::flex()
    }
}

#[cfg(feature = "gpu")]
impl From<crate::gpu::Gpu> for Compute {
    fn from(gpu: crate::gpu::Gpu) -> Self {
        Self { gpu: Some(gpu) }
    }
}
