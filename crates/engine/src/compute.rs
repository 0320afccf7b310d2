//! What this engine computes on: the processor, and in the GPU build a graphics processor too.

use slicewise_core::Sweep;
use slicewise_core::batch::BatchPlans;
use slicewise_nets::Network;
use slicewise_optim::Monitor;
use slicewise_slice::solver::Observer;

use crate::jobs::JobError;

/// Problems `first` to `first + count` of a sweep.
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
    pub async fn plan_batch(
        &self,
        network: &Network,
        range: Range<'_>,
        now: &impl Fn() -> f64,
        monitor: &impl Monitor,
        observer: &mut impl Observer,
    ) -> Result<BatchPlans, JobError> {
        #[cfg(feature = "gpu")]
        if let Some(gpu) = &self.gpu {
            return gpu.plan_batch(network, range, now, monitor, observer).await;
        }
        #[cfg(not(feature = "gpu"))]
        let _ = now;
        let Range { sweep, first, count } = range;
        let plans = slicewise_slice::batch::plan_batch;
        Ok(plans(network, sweep, first, count, monitor, observer).await?)
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
