//! The graphics processor of this machine for the curves of cells, examined once per run.

use anyhow::Context;
use futures::executor::block_on;
use slicewise_cells::solver::device::DeviceSolver;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::{CellBatch, CellPlans};
use slicewise_nets::estimator::Estimator;
use slicewise_nets::gpu::GpuDevice;

use crate::compute::adapter_name;

/// A device that passed its examination with one estimator of the Cells planner.
pub struct CellGpu {
    solver: DeviceSolver,
    device: GpuDevice,
}

impl CellGpu {
    /// Obtains the device and examines it with `estimator`.
    ///
    /// # Errors
    /// Says what is missing, or that the device computes wrongly.
    pub fn start(estimator: &Estimator) -> anyhow::Result<Self> {
        let device = block_on(GpuDevice::start()).context("device is gpu")?;
        let solver = block_on(DeviceSolver::start(estimator, &device))
            .with_context(|| format!("device is gpu ({})", device.adapter))?;
        Ok(Self { solver, device })
    }

    /// The exact plans of `cells`, with `workers` threads for the splits.
    ///
    /// # Errors
    /// Names what is wrong with the cells, or says what happened to the device.
    pub fn plan(
        &self,
        method: &Method,
        cells: &CellBatch,
        workers: usize,
    ) -> anyhow::Result<CellPlans> {
        Ok(self.solver.plan_on_threads(method, cells, workers)?)
    }

    /// Whether it is a program on the processor.
    pub fn is_software(&self) -> bool {
        self.device.software
    }

    /// The adapter for people.
    pub fn name(&self) -> String {
        adapter_name(&self.device.adapter, &self.device.backend, self.device.software)
    }
}
