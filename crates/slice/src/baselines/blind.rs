//! Plans that take the QoS for certain: its mean, or its mean less some deviations.

use slicewise_core::slice::SlicePlan;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_nets::Network;
use slicewise_nets::dense::head::Measure;
use slicewise_optim::{Monitor, Stopped};

use crate::plan::{Evidence, assemble};
use crate::question::Question;
use crate::solver::{TOLERANCE, busy, constraint, multi_start, paths, terms};

/// Each slice alone with the QoS taken to be its mean less `deviations` deviations.
pub(crate) async fn blind(
    network: &Network,
    problem: &SliceProblem,
    deviations: f64,
    monitor: &impl Monitor,
) -> Result<SlicePlan, Stopped> {
    let all = Question::of_all(problem, network);
    let busy = busy(&all);
    let questions: Vec<Question> =
        busy.iter().map(|slice| all[*slice].without_distribution()).collect();
    let mut constraint = constraint(network, &questions, Measure::Deterministic { deviations });
    let found = multi_start(&mut constraint, &terms(&questions), problem.seed, monitor).await?;
    let mut evidence = Evidence { evaluations: constraint.evaluations, ..Evidence::default() };
    let mut allocations: Vec<Vec<f64>> = all.iter().map(|q| q.lowest.clone()).collect();
    for ((slice, question), found) in busy.iter().zip(&questions).zip(&found) {
        evidence.paths.extend(paths(question, *slice, found));
        allocations[*slice] = question.allocation(&found[0].point);
    }
    Ok(assemble(network, problem, allocations, TOLERANCE, evidence))
}
