//! Whether a device can be trusted, and how fast it is.

use slicewise_core::compute::{CostModel, GpuFault, GpuReport};
use slicewise_core::{SliceProblem, Traffic};
use slicewise_nets::Network;
use slicewise_nets::gpu::{GpuDevice, GpuNetwork};
use slicewise_optim::Unmonitored;

use super::{GpuError, search};
use crate::batch::{Span, Table, calibration_questions, judge, solve_with, work};

/// Problems of the canary batch, and of the one that measures speed.
const CANARY: usize = 24;
const MEASURED: usize = 192;
/// A device whose canary plans cost this much more or less than the processor's computes wrongly.
const DIFFERENCE: f64 = 1e-3;

/// Lets `device` plan a canary batch on `network` beside the processor, then a larger one, and reports.
/// `start_ms` is how long it took to obtain the device; `now` gives milliseconds.
///
/// # Errors
/// When a plan of the canary batch breaks its promise or differs in cost, or the device is lost.
pub async fn examine(
    network: &Network,
    device: &GpuDevice,
    start_ms: f64,
    now: &impl Fn() -> f64,
) -> Result<GpuReport, GpuFault> {
    let uploaded = GpuNetwork::new(network, device);
    let threshold = network.card.output.threshold_default;
    let traffic =
        0.5 * (network.card.inputs[0].trained_minimum + network.card.inputs[0].trained_maximum);
    let traffic = Traffic::Normal { mean: traffic, deviation: 0.2 * traffic };
    let problem = SliceProblem::single(&network.card, traffic, threshold, 0.1);
    let plan = async |count: usize| -> Result<(f64, f64, f64), GpuFault> {
        let questions = calibration_questions(network, &problem, count);
        let table = Table::new(network, Span::of(&questions));
        let begin = now();
        let found =
            search(network, &uploaded, &table, &questions, now, &Unmonitored, &mut ()).await;
        let elapsed = now() - begin;
        let (points, _) = match found {
            Err(GpuError::Fault(fault)) => return Err(fault),
            Err(GpuError::Stopped) => (Vec::new(), 0),
            Ok(found) => found,
        };
        let mut worst = 0.0f64;
        if count == CANARY {
            let plans = judge(network, &questions, &points, 0);
            let reference =
                solve_with(network, Some(&table), &questions, &Unmonitored, &mut ()).await;
            let reference = reference.unwrap_or_default();
            for index in 0..reference.len() {
                let cost = if plans.feasible[index] { plans.costs[index] } else { f64::INFINITY };
                worst = worst.max((cost / reference.costs[index] - 1.0).abs());
            }
        }
        Ok((work(network, &questions), elapsed, worst))
    };
    let (_, compile_ms, canary_difference) = plan(CANARY).await?;
    if canary_difference > DIFFERENCE {
        return Err(GpuFault::WrongNumbers { difference: canary_difference });
    }
    let (small, small_ms, _) = plan(CANARY).await?;
    let (large, large_ms, _) = plan(MEASURED).await?;
    Ok(GpuReport {
        adapter: device.adapter.clone(),
        backend: device.backend.clone(),
        software: device.software,
        start_ms,
        compile_ms,
        canary_difference,
        cost: CostModel::through((small, small_ms), (large, large_ms)),
    })
}
