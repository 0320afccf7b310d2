//! Exact splits with the curves of a graphics processor.

use slicewise_core::cells::job::{City, Method};
use slicewise_core::cells::{
    CellBatch, CellPlans, Curves, FEATURES, PAPER_FEATURES, Scheme, ServiceProfile,
};
use slicewise_core::compute::GpuFault;
use slicewise_nets::estimator::{Estimator, EstimatorEvaluator};
use slicewise_nets::gpu::{GpuDevice, GpuEstimator};
use slicewise_optim::{Halted, Monitor};

#[cfg(not(target_family = "wasm"))]
use super::plan_on_curves_and_threads;
use super::{OnGivenCurves, fitted, plan_on_curves};
use crate::city;

/// A device whose curves are further from the processor's computes wrongly: the bounds would still
/// hold, but they would prove little.
pub const LARGEST_CURVE_ERROR: f64 = 1e-4;
/// Cells of the batch by which a device is examined.
const CANARY: usize = 64;
/// Cells whose curves are held at a time.
const CELLS_TOGETHER: usize = 16_384;

/// Why a device made no plan.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DeviceError {
    /// The cells or the method are not what they should be, or the search was stopped.
    #[error(transparent)]
    Solve(#[from] Halted),
    /// The device was lost or computes wrongly.
    #[error(transparent)]
    Fault(#[from] GpuFault),
}

/// An estimator on a device that passed its examination.
#[derive(Clone, Debug)]
pub struct DeviceSolver {
    estimator: Estimator,
    on_device: GpuEstimator,
}

impl DeviceSolver {
    /// Uploads `estimator` and compares its curves of a small city with the processor's.
    ///
    /// # Errors
    /// When the estimator is plain, the device is lost, or its curves are wrong.
    pub async fn start(estimator: &Estimator, device: &GpuDevice) -> Result<Self, GpuFault> {
        let Some(on_device) = GpuEstimator::new(estimator, device) else {
            let missing = "kernels for estimators without knots".to_owned();
            return Err(GpuFault::AdapterLacks { adapter: device.adapter.clone(), missing });
        };
        let features = canary(estimator);
        let (mut found, mut exact) = (Curves::default(), Curves::default());
        on_device.curves(&features, &mut found).await?;
        EstimatorEvaluator::new(estimator).curves(&features, &mut exact);
        let pairs = found.satisfaction.iter().zip(&exact.satisfaction);
        trust(pairs.map(|(found, exact)| (found - exact).abs()).fold(0.0, f64::max))?;
        Ok(Self { estimator: estimator.clone(), on_device })
    }

    /// Whether this plans cells by `scheme`; the other schemes do not work on curves.
    pub fn plans(scheme: Scheme) -> bool {
        scheme == Scheme::Exact
    }

    /// Plans all cells exactly.
    ///
    /// # Errors
    /// Names the first number that is out of range, says that the search was stopped, or what
    /// happened to the device.
    pub async fn plan(
        &self,
        method: &Method,
        cells: &CellBatch,
        monitor: &impl Monitor,
    ) -> Result<CellPlans, DeviceError> {
        self.plan_parts(method, cells, async |part, curves| {
            plan_on_curves(&self.estimator, method, part, curves, monitor).await
        })
        .await
    }

    /// The same with `workers` threads for the splits.
    ///
    /// # Errors
    /// As [`Self::plan`].
    #[cfg(not(target_family = "wasm"))]
    pub fn plan_on_threads(
        &self,
        method: &Method,
        cells: &CellBatch,
        workers: usize,
    ) -> Result<CellPlans, DeviceError> {
        futures::executor::block_on(self.plan_parts(method, cells, async |part, curves| {
            plan_on_curves_and_threads(&self.estimator, method, part, curves, workers)
        }))
    }

    /// Plans the cells part by part, each by `plan_part` on the device's curves of it.
    async fn plan_parts(
        &self,
        method: &Method,
        cells: &CellBatch,
        plan_part: impl AsyncFn(&CellBatch, &Curves) -> Result<OnGivenCurves, Halted>,
    ) -> Result<CellPlans, DeviceError> {
        let cells = &*fitted(&self.estimator, method, cells).map_err(Halted::from)?;
        let mut plans = CellPlans { offsets: vec![0], ..CellPlans::default() };
        let mut curves = Curves::default();
        for first in (0..cells.len()).step_by(CELLS_TOGETHER) {
            let part = cells.part(first..cells.len().min(first + CELLS_TOGETHER));
            self.on_device.curves(&part.features, &mut curves).await?;
            plans.append(trusted(plan_part(&part, &curves).await?)?);
        }
        Ok(plans)
    }
}

/// Features of some slices: a city's, or of what the estimator was trained on where it reads others.
fn canary(estimator: &Estimator) -> Vec<f64> {
    if matches!(estimator.features(), FEATURES | PAPER_FEATURES) {
        let services = ServiceProfile::of_the_paper().to_vec();
        let cells = city::cells(&City::new(1, CANARY, services), 0, CANARY);
        let rows = cells.features.chunks_exact(cells.width);
        return rows.flat_map(|row| &row[..estimator.features()]).copied().collect();
    }
    let inputs = &estimator.card.inputs[1..];
    let between = |part: f64| {
        inputs.iter().map(move |input| {
            input.trained_minimum + part * (input.trained_maximum - input.trained_minimum)
        })
    };
    (0..CANARY).flat_map(|row| between(row as f64 / CANARY as f64)).collect()
}

fn trusted(found: OnGivenCurves) -> Result<CellPlans, GpuFault> {
    trust(found.curve_error)?;
    Ok(found.plans)
}

fn trust(difference: f64) -> Result<(), GpuFault> {
    // What is no number is not trusted either.
    if difference <= LARGEST_CURVE_ERROR {
        return Ok(());
    }
    Err(GpuFault::WrongNumbers { difference })
}
