//! How long several slices under scarce capacities take, and how far their plans can be from the optimum.

use slicewise_core::error::check_count;
use slicewise_core::seed::{stream, uniform};
use slicewise_core::slice::Traffic;
use slicewise_core::slice::problem::{MOST_SLICES, SliceProblem, SliceTerms};
use slicewise_nets::Network;
use slicewise_optim::{Halted, Monitor};

use crate::solver::{Effort, solve};

/// Capacities of the problems, as shares of what the slices would take if there were enough.
const SCARCITY: (f64, f64) = (0.93, 1.08);

/// What was measured over several problems.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Contention {
    /// Problems solved.
    pub problems: usize,
    /// Those with a plan that keeps all promises.
    pub shared: usize,
    /// Those of which it is proven that no plan does.
    pub proven_infeasible: usize,
    /// Largest relative gap of the plans.
    pub largest_gap: f64,
    /// Mean seconds.
    pub mean_seconds: f64,
    /// Largest seconds.
    pub largest_seconds: f64,
}

/// Solves `problems` random problems of `slices` slices each, under capacities that hardly suffice or do not;
/// `varying` traffic has levels, other traffic is constant. `now` gives milliseconds.
///
/// # Errors
/// Names the number that is out of range, or says that `monitor` stopped the search.
pub async fn contention(
    network: &Network,
    slices: usize,
    varying: bool,
    problems: usize,
    now: &impl Fn() -> f64,
    monitor: &impl Monitor,
) -> Result<Contention, Halted> {
    check_count("slices", slices, 2, MOST_SLICES)?;
    check_count("problems", problems, 1, 100_000)?;
    let mut found = Contention { problems, ..Contention::default() };
    for number in 0..problems {
        let problem = scarce(network, slices, varying, number as u64, monitor).await?;
        let begin = now();
        let plan = solve(network, &problem, Effort::default(), monitor, &mut ()).await?;
        let seconds = (now() - begin) / 1000.0;
        found.mean_seconds += seconds / problems as f64;
        found.largest_seconds = found.largest_seconds.max(seconds);
        if plan.keeps_promises() {
            found.shared += 1;
            found.largest_gap = found.largest_gap.max(plan.gap.unwrap_or(1.0));
        } else if plan.is_proven_infeasible() {
            found.proven_infeasible += 1;
        }
    }
    Ok(found)
}

/// A random problem: promises of every strictness, then capacities close to what the slices would take.
///
/// # Errors
/// As of [`contention`].
pub async fn scarce(
    network: &Network,
    slices: usize,
    varying: bool,
    number: u64,
    monitor: &impl Monitor,
) -> Result<SliceProblem, Halted> {
    let mut generator = stream(number, 0xc047);
    let mut draw = |low: f64, high: f64| low + (high - low) * uniform(&mut generator);
    let usual = network.card.output.threshold_default;
    let anything = Traffic::Constant { users_per_second: 1.0 };
    let mut problem = SliceProblem::in_whole_box(&network.card, anything, usual, 0.1);
    problem.slices = (0..slices)
        .map(|index| {
            let mean = draw(0.8, 2.4);
            SliceTerms {
                name: format!("slice {}", index + 1),
                traffic: if varying {
                    Traffic::Normal { mean, deviation: 0.3 * mean }
                } else {
                    Traffic::Constant { users_per_second: mean }
                },
                qos_threshold: usual * draw(0.6, 1.0),
                degradation_threshold: draw(0.05, 0.4),
            }
        })
        .collect();
    for resource in &mut problem.resources {
        resource.capacity *= slices as f64;
    }
    let effort = Effort { most_boxes: 0, ..Effort::default() };
    let enough = solve(network, &problem, effort, monitor, &mut ()).await?.total_allocation();
    for (resource, taken) in problem.resources.iter_mut().zip(enough) {
        resource.capacity = taken * draw(SCARCITY.0, SCARCITY.1);
    }
    Ok(problem)
}
