//! Peak-alloc: a static plan for the peak.

use slicewise_core::card::Better;
use slicewise_core::slice::plan::DescentPath;
use slicewise_core::slice::problem::{Estimator, Method, SliceProblem};
use slicewise_core::slice::{SlicePlan, Status, Traffic};
use slicewise_nets::Network;
use slicewise_optim::{Monitor, Stopped};

use crate::plan::{Evidence, assemble};
use crate::solver::{TOLERANCE, first_plans};

/// Degradation threshold of Peak-alloc (MicroOpt, section VI-A2).
pub const PEAK_DEGRADATION: f64 = 0.01;

/// One slice as Peak-alloc sees it: constant peak traffic, the default QoS threshold (5 Mbit/s on
/// the testbed) or the slice's own where that is stricter, and a degradation threshold of 0.01. A
/// static plan is made for the model's whole range of traffic, so the peak is at least the largest
/// traffic in the training data.
pub fn peak_slice(network: &Network, problem: &SliceProblem, slice: usize) -> SliceProblem {
    let card = &network.card;
    let mut terms = problem.slices[slice].clone();
    let peak = terms.traffic.peak().max(card.inputs[0].trained_maximum);
    terms.traffic = Traffic::Constant { users_per_second: peak };
    terms.qos_threshold = match card.output.better {
        Better::Higher => terms.qos_threshold.max(card.output.threshold_default),
        Better::Lower => terms.qos_threshold.min(card.output.threshold_default),
    };
    terms.degradation_threshold = terms.degradation_threshold.min(PEAK_DEGRADATION);
    SliceProblem {
        slices: vec![terms],
        method: Method::Certified,
        estimator: Estimator::ClosedForm,
        ..problem.clone()
    }
}

/// The static plan of each slice for its peak.
async fn peak_plans(
    network: &Network,
    problem: &SliceProblem,
    monitor: &impl Monitor,
) -> Result<Vec<SlicePlan>, Stopped> {
    let peaks: Vec<SliceProblem> =
        (0..problem.slices.len()).map(|slice| peak_slice(network, problem, slice)).collect();
    first_plans(network, &peaks, monitor).await
}

/// Peak-alloc for every slice, judged by the promises of `problem`.
pub(crate) async fn peak_allocation(
    network: &Network,
    problem: &SliceProblem,
    monitor: &impl Monitor,
) -> Result<SlicePlan, Stopped> {
    let plans = peak_plans(network, problem, monitor).await?;
    let evidence = Evidence {
        evaluations: plans.iter().map(|plan| plan.evaluations).sum(),
        peak_cost: Some(plans.iter().map(|plan| plan.cost).sum()),
        paths: plans
            .iter()
            .enumerate()
            .flat_map(|(slice, plan)| plan.paths.iter().map(move |p| (slice, p.points.clone())))
            .map(|(slice, points)| DescentPath { slice, points })
            .collect(),
        ..Evidence::default()
    };
    let allocations =
        plans.into_iter().flat_map(|plan| plan.slices).map(|slice| slice.allocation).collect();
    Ok(assemble(network, problem, allocations, TOLERANCE, evidence))
}

/// Cost of Peak-alloc for every slice together, where it keeps its own promises.
pub(crate) async fn peak_cost(
    network: &Network,
    problem: &SliceProblem,
    monitor: &impl Monitor,
) -> Result<Option<f64>, Stopped> {
    let plans = peak_plans(network, problem, monitor).await?;
    let kept = plans.iter().all(|plan| plan.status != Status::Infeasible);
    Ok(kept.then(|| plans.iter().map(|plan| plan.cost).sum()))
}
