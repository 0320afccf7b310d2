//! The worker's part for the Cells planner.

use slicewise_core::cells::{CellJob, SimulatedStep};
use slicewise_optim::Progress;
use slicewise_protocol::{JobId, Outcome, Reply};

use super::{Breather, Engine, Pace};
use crate::jobs::JobError;
use crate::jobs::cells::run;

impl Engine {
    pub(super) async fn plan_cells(
        &self,
        id: JobId,
        job: &CellJob,
        monitor: &Breather,
    ) -> Result<Outcome, JobError> {
        let estimator = self.estimators.borrow_mut().get(job.estimator())?;
        let mut reporter = Reporter { engine: self, id, pace: Pace::new(&self.clock) };
        let now = || self.clock.now();
        let compute = self.compute.borrow().clone();
        Ok(Outcome::Cells(run(job, &estimator, &compute, monitor, &mut reporter, &now).await?))
    }
}

/// Tells the page of every step of job `id`, and how far it is.
struct Reporter<'a> {
    engine: &'a Engine,
    id: JobId,
    pace: Pace,
}

impl Progress<SimulatedStep> for Reporter<'_> {
    fn share(&mut self, fraction: f64) {
        if self.pace.is_due(false) {
            self.engine.post(&Reply::Progress { id: self.id, fraction });
        }
    }

    fn news(&mut self, step: SimulatedStep) {
        self.engine.post(&Reply::Step { id: self.id, step: Box::new(step) });
    }
}
