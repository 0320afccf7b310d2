//! Jobs on a graphics processor.

use std::rc::Rc;

use slicewise_cells::city::{self, MOST_CELLS_AT_ONCE};
use slicewise_core::InputError;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::{CellBatch, CellJob, CellOutcome, Cells};
use slicewise_core::error::check_count;
use slicewise_core::slice::{SliceJob, SliceOutcome};
use slicewise_slice::training::Device;

use super::cells::CellsEngine;
use super::slice::{SliceEngine, Told};
use super::training::TrainingDevice;
use crate::gpu::{Gpu, Range};
use crate::worker::{Outcome, Turn, Work, work};

impl TrainingDevice for Rc<Gpu> {
    fn burn(&self) -> Device {
        self.device().burn().clone()
    }
}

impl SliceEngine<Rc<Gpu>> {
    /// The plans of a part of a sweep.
    pub const BATCH: Work<Self> = work! {
        "batch", |engine, turn| SliceJob::Batch { sweep, first, count } =>
        async move {
            let network = engine.network_of(sweep.base(), turn).await?;
            let range = Range { sweep, first: *first, count: *count };
            let (now, watch, mut told) = (|| turn.now(), &turn.watch, Told(turn));
            let found = engine.device.plan_batch(&network, range, &now, watch, &mut told);
            Ok(SliceOutcome::Batch(found.await?))
        }
    };
}

impl CellsEngine<Rc<Gpu>> {
    /// Many cells.
    pub const PLAN: Work<Self> = work! {
        "plan", |engine, turn| CellJob::Plan { method, cells } =>
        async move {
            check_count("cells", cells.len(), 0, MOST_CELLS_AT_ONCE)?;
            engine.plan(method, cells, turn).await
        }
    };

    /// Some cells of a city.
    pub const CITY: Work<Self> = work! {
        "city", |engine, turn| CellJob::City { method, city, first, count } =>
        async move {
            city::check(city, *first, *count)?;
            engine.plan(method, &city::cells(city, *first, *count), turn).await
        }
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
