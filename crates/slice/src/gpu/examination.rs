//! Whether a device can be trusted, and how fast it is.

use slicewise_core::compute::{CostModel, GpuFault, GpuReport};
use slicewise_core::slice::{SliceProblem, Traffic};
use slicewise_nets::Network;
use slicewise_nets::gpu::{GpuDevice, GpuNetwork};
use slicewise_optim::Unmonitored;

use super::{GpuError, search};
use crate::batch::{Span, Table, calibration_questions, judge, solve_with, work};
use crate::question::Question;

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
    let problem = SliceProblem::in_whole_box(&network.card, traffic, threshold, 0.1);
    let search_timed = async |count: usize| -> Result<Searched, GpuFault> {
        let questions = calibration_questions(network, &problem, count);
        let table = Table::new(network, Span::of(&questions));
        let begin = now();
        let found =
            search(network, &uploaded, &table, &questions, now, &Unmonitored, &mut ()).await;
        let elapsed_ms = now() - begin;
        let points = match found {
            Err(GpuError::Fault(fault)) => return Err(fault),
            Err(GpuError::Stopped) => Vec::new(),
            Ok((points, _)) => points,
        };
        Ok(Searched { questions, table, points, elapsed_ms })
    };
    let canary = search_timed(CANARY).await?;
    let canary_difference = difference(network, &canary).await;
    if canary_difference > DIFFERENCE {
        return Err(GpuFault::WrongNumbers { difference: canary_difference });
    }
    let timed = |searched: &Searched| (work(network, &searched.questions), searched.elapsed_ms);
    let small = timed(&search_timed(CANARY).await?);
    let large = timed(&search_timed(MEASURED).await?);
    Ok(GpuReport {
        adapter: device.adapter.clone(),
        backend: device.backend.clone(),
        software: device.software,
        start_ms,
        compile_ms: canary.elapsed_ms,
        canary_difference,
        cost: CostModel::through(small, large),
    })
}

/// What the device found for a batch, before anybody judged it.
struct Searched {
    questions: Vec<Question>,
    table: Table,
    points: Vec<f64>,
    elapsed_ms: f64,
}

/// Largest relative difference in cost between the device's plans and the processor's; infinite where
/// the device's break a promise.
async fn difference(network: &Network, searched: &Searched) -> f64 {
    let Searched { questions, table, points, .. } = searched;
    let plans = judge(network, questions, points, 0);
    let reference = solve_with(network, Some(table), questions, &Unmonitored, &mut ()).await;
    let reference = reference.unwrap_or_default();
    (0..reference.len())
        .map(|index| {
            let cost = if plans.feasible[index] { plans.costs[index] } else { f64::INFINITY };
            (cost / reference.costs[index] - 1.0).abs()
        })
        .fold(0.0, f64::max)
}
