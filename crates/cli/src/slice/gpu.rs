//! The graphics processor of this machine for batches of slices' problems, examined once per run.

use std::time::Instant;

use anyhow::Context;
use futures::executor::block_on;
use slicewise_core::compute::GpuReport;
use slicewise_core::slice::batch::BatchPlans;
use slicewise_nets::Network;
use slicewise_nets::gpu::{GpuDevice, GpuNetwork};
use slicewise_optim::Unmonitored;
use slicewise_slice::batch::{Span, Table};
use slicewise_slice::gpu::{examination, solve};
use slicewise_slice::question::Question;

use crate::compute::adapter_name;

/// A device that passed its examination with one network.
pub struct Gpu {
    uploaded: GpuNetwork,
    /// What the examination found.
    pub report: GpuReport,
    clock: Instant,
}

impl Gpu {
    /// Obtains the device and examines it with `network`.
    ///
    /// # Errors
    /// Says what is missing, or that the device computes wrongly.
    pub fn start(network: &Network) -> anyhow::Result<Self> {
        let clock = Instant::now();
        let now = || milliseconds(clock);
        let device = block_on(GpuDevice::start()).context("device is gpu")?;
        let report = block_on(examination::examine(network, &device, now(), &now))
            .with_context(|| format!("device is gpu ({})", device.adapter))?;
        Ok(Self { uploaded: GpuNetwork::new(network, &device), report, clock })
    }

    /// The plans of `questions`, with the table over `span`, on the network of the examination.
    ///
    /// # Errors
    /// When the device is lost or computes wrongly.
    pub fn solve(
        &self,
        network: &Network,
        span: Span,
        questions: &[Question],
    ) -> anyhow::Result<BatchPlans> {
        let table = Table::new(network, span);
        let now = || milliseconds(self.clock);
        let observer = &mut ();
        let plans = solve(network, &self.uploaded, &table, questions, &now, &Unmonitored, observer);
        Ok(block_on(plans)?)
    }

    /// The adapter for people.
    pub fn name(&self) -> String {
        adapter_name(&self.report.adapter, &self.report.backend, self.report.software)
    }
}

fn milliseconds(since: Instant) -> f64 {
    1e3 * since.elapsed().as_secs_f64()
}
