//! The worker's part for the Slice planner.

#[cfg(feature = "gpu")]
use std::rc::Rc;

use slicewise_core::slice::SliceNews;
use slicewise_optim::Progress;
#[cfg(feature = "gpu")]
use slicewise_protocol::GpuFault;
use slicewise_protocol::{Job, JobId, Outcome, Reply};
#[cfg(feature = "gpu")]
use wasm_bindgen_futures::spawn_local;
#[cfg(feature = "gpu")]
use web_sys::DedicatedWorkerGlobalScope;

use super::{Breather, Engine, Pace};
use crate::jobs::JobError;
use crate::jobs::slice::{model_of, run};

impl Engine {
    /// Obtains and examines the graphics processor, then says that jobs can come, or why not.
    #[cfg(feature = "gpu")]
    pub(super) fn open(self: Rc<Self>) {
        if !has_webgpu(&self.scope) {
            return self.post(&Reply::NoGpu(GpuFault::NoWebGpu));
        }
        spawn_local(async move {
            let now = || self.clock.now();
            match crate::gpu::Gpu::start(&now).await {
                Ok((gpu, report)) => {
                    *self.compute.borrow_mut() = Rc::new(gpu.into());
                    self.post(&Reply::Gpu(report));
                    self.post(&Reply::Ready);
                }
                Err(fault) => self.post(&Reply::NoGpu(fault)),
            }
        });
    }

    pub(super) async fn plan_slices(
        &self,
        id: JobId,
        job: &Job,
        monitor: &Breather,
    ) -> Result<Outcome, JobError> {
        let name = model_of(job).unwrap_or("testbed-gaussian");
        let network = self.networks.borrow_mut().get(name).map_err(|mut error| {
            if matches!(job, Job::Train(_)) {
                error.field = "start_from".to_owned();
            }
            error
        })?;
        let mut reporter = Reporter { engine: self, id, pace: Pace::new(&self.clock) };
        let now = || self.clock.now();
        let compute = self.compute.borrow().clone();
        run(job, &network, &compute, monitor, &mut reporter, &now).await
    }
}

/// Whether the browser offers WebGPU to workers.
#[cfg(feature = "gpu")]
fn has_webgpu(scope: &DedicatedWorkerGlobalScope) -> bool {
    let navigator = js_sys::Reflect::get(scope, &"navigator".into()).unwrap_or_default();
    js_sys::Reflect::get(&navigator, &"gpu".into()).is_ok_and(|gpu| gpu.is_truthy())
}

/// Tells the page how job `id` goes, not more often than it can show.
struct Reporter<'a> {
    engine: &'a Engine,
    id: JobId,
    pace: Pace,
}

impl Progress<SliceNews> for Reporter<'_> {
    fn share(&mut self, fraction: f64) {
        if self.pace.is_due(false) {
            self.engine.post(&Reply::Progress { id: self.id, fraction });
        }
    }

    fn news(&mut self, news: SliceNews) {
        let id = self.id;
        match news {
            SliceNews::Better(plan) => self.engine.post(&Reply::Better { id, plan }),
            SliceNews::Epoch(moment) if self.pace.is_due(moment.epoch == moment.epochs) => {
                self.engine.post(&Reply::Epoch { id, moment });
            }
            SliceNews::Epoch(_) => {}
        }
    }
}
