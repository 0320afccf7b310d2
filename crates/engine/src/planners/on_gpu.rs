//! Jobs on a graphics processor.

use std::rc::Rc;

use slicewise_cells::city;
use slicewise_core::InputError;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::{CellBatch, CellJob, CellOutcome, Cells};
use slicewise_core::slice::{SliceJob, SliceOutcome};
use slicewise_slice::training::Device;

use super::cells::{CellsEngine, MOST_CELLS_AT_ONCE, check_city, check_count};
use super::slice::{SliceEngine, Told};
use super::training::TrainingDevice;
use crate::gpu::{Gpu, Range};
use crate::worker::{Outcome, Turn, Work};

impl TrainingDevice for Rc<Gpu> {
    fn burn(&self) -> Device {
        self.device().burn().clone()
    }
}

impl SliceEngine<Rc<Gpu>> {
    /// The plans of a part of a sweep.
    pub const BATCH: Work<Self> = Work {
        name: "batch",
        begin: |engine, job, turn| match job {
            SliceJob::Batch { sweep, first, count } => Some(Box::pin(async move {
                let network = engine.network(&sweep.base().model)?;
                let range = Range { sweep, first: *first, count: *count };
                let (now, watch, mut told) = (|| turn.now(), &turn.watch, Told(turn));
                let found = engine.device.plan_batch(&network, range, &now, watch, &mut told);
                Ok(SliceOutcome::Batch(found.await?))
            })),
            _ => None,
        },
    };
}

impl CellsEngine<Rc<Gpu>> {
    /// Many cells.
    pub const PLAN: Work<Self> = Work {
        name: "plan",
        begin: |engine, job, turn| match job {
            CellJob::Plan { method, cells } => Some(Box::pin(async move {
                check_count("cells", cells.len(), 0, MOST_CELLS_AT_ONCE)?;
                engine.plan(method, cells, turn).await
            })),
            _ => None,
        },
    };

    /// Some cells of a city.
    pub const CITY: Work<Self> = Work {
        name: "city",
        begin: |engine, job, turn| match job {
            CellJob::City { method, city, first, count } => Some(Box::pin(async move {
                check_city(city, *first, *count)?;
                engine.plan(method, &city::cells(city, *first, *count), turn).await
            })),
            _ => None,
        },
    };

    /// Plans exactly, on curves from the device.
    async fn plan(&self, method: &Method, cells: &CellBatch, turn: &Turn<Cells>) -> Outcome<Cells> {
        let estimator = self.estimator(&method.estimator)?;
        if !Gpu::gives_curves(&estimator, method) {
            let allowed = "exact with an estimator that never falls, on a graphics processor";
            return Err(InputError::new("scheme", method.scheme.name(), allowed).into());
        }
        let plans = self.device.plan_cells(&estimator, method, cells, &turn.watch).await?;
        Ok(CellOutcome::Plans(plans))
    }
}
