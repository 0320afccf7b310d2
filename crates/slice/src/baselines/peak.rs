//! Static plans for the peak: of the question's own traffic under its own promise, and the paper's.

use slicewise_core::card::Better;
use slicewise_core::slice::plan::DescentPath;
use slicewise_core::slice::problem::{Estimator, Method, SliceProblem, SliceTerms};
use slicewise_core::slice::{SlicePlan, Status, Traffic};
use slicewise_nets::Network;
use slicewise_optim::{Monitor, Stopped};

use crate::plan::{Evidence, assemble};
use crate::solver::{TOLERANCE, first_plans};

/// Degradation threshold of Peak-alloc (MicroOpt, section VI-A2).
pub const PEAK_DEGRADATION: f64 = 0.01;

/// One slice as a static allocation sees it: the largest level of its traffic throughout, under the
/// promise that it has.
pub fn peak_slice(problem: &SliceProblem, slice: usize) -> SliceProblem {
    let mut terms = problem.slices[slice].clone();
    terms.traffic = terms.traffic.at_peak();
    alone(problem, terms)
}

/// One slice as the paper's Peak-alloc sees it: constant traffic of at least the network's largest
/// trained (5 users/s on the testbed), the network's usual QoS threshold (5 Mbit/s there) and a
/// degradation threshold of 0.01, or the slice's own terms where they are stricter.
pub fn peak_alloc_slice(network: &Network, problem: &SliceProblem, slice: usize) -> SliceProblem {
    let card = &network.card;
    let mut terms = problem.slices[slice].clone();
    let peak = terms.traffic.peak().max(card.inputs[0].trained_maximum);
    terms.traffic = Traffic::Constant { users_per_second: peak };
    terms.qos_threshold = match card.output.better {
        Better::Higher => terms.qos_threshold.max(card.output.threshold_default),
        Better::Lower => terms.qos_threshold.min(card.output.threshold_default),
    };
    terms.degradation_threshold = terms.degradation_threshold.min(PEAK_DEGRADATION);
    alone(problem, terms)
}

/// The problem of one slice with `terms`, at the prices and limits of `problem`.
fn alone(problem: &SliceProblem, terms: SliceTerms) -> SliceProblem {
    SliceProblem {
        slices: vec![terms],
        method: Method::Certified,
        estimator: Estimator::ClosedForm,
        ..problem.clone()
    }
}

/// The paper's Peak-alloc for every slice, judged by the promises of `problem`.
pub(crate) async fn peak_allocation(
    network: &Network,
    problem: &SliceProblem,
    monitor: &impl Monitor,
) -> Result<SlicePlan, Stopped> {
    let slices = 0..problem.slices.len();
    let peaks: Vec<SliceProblem> =
        slices.map(|slice| peak_alloc_slice(network, problem, slice)).collect();
    let plans = first_plans(network, &peaks, monitor).await?;
    let evidence = Evidence {
        evaluations: plans.iter().map(|plan| plan.evaluations).sum(),
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

/// Cost of a static allocation for the peak of every slice's own traffic under its own promise; none
/// where no allocation within the capacities keeps it.
pub(crate) async fn peak_cost(
    network: &Network,
    problem: &SliceProblem,
    monitor: &impl Monitor,
) -> Result<Option<f64>, Stopped> {
    let is_idle = |slice: &usize| problem.slices[*slice].traffic.peak() == 0.0;
    let (idle, busy): (Vec<usize>, Vec<usize>) = (0..problem.slices.len()).partition(is_idle);
    let peaks: Vec<SliceProblem> = busy.iter().map(|slice| peak_slice(problem, *slice)).collect();
    let plans = first_plans(network, &peaks, monitor).await?;
    let kept = plans.iter().all(|plan| plan.status != Status::Infeasible);
    let of_idle = idle.len() as f64 * problem.cost(&problem.least());
    Ok(kept.then(|| plans.iter().map(|plan| plan.cost).sum::<f64>() + of_idle))
}
