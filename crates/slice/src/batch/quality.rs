//! How close a batch comes to certified plans, on random problems.

use slicewise_core::seed::{stream, uniform};
use slicewise_core::slice::problem::SliceProblem;
use slicewise_core::slice::traffic::TrafficSample;
use slicewise_core::slice::{Status, Traffic};
use slicewise_nets::Network;
use slicewise_optim::{Halted, Monitor};

use super::solve_questions;
use crate::question::Question;
use crate::solver::{Effort, solve};

/// Batches beside certified plans of the same problems.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quality {
    /// (cost - certified lower bound) / certified lower bound of each problem that both keep,
    /// ascending.
    pub excesses: Vec<f64>,
    /// Problems that a certified plan keeps and the batch does not.
    pub missed: usize,
    /// Problems that the batch keeps and the certified search does not.
    pub gained: usize,
    /// Problems that neither keeps.
    pub infeasible: usize,
    /// Boxes after which a certificate gave up before it was within its tolerance.
    pub unproven: usize,
}

impl Quality {
    /// The excess that a share of the problems (0 to 1) stays within; 0 without problems.
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.excesses.len().saturating_sub(1) as f64;
        self.excesses.get((share * last).round() as usize).copied().unwrap_or(0.0)
    }
}

/// A random problem of one slice: constant, normal or sampled traffic, thresholds from lax to
/// strict, degradation thresholds of 0.01 to 0.4, prices, capacities and least allocations around
/// the usual.
pub fn random_problem(network: &Network, seed: u64, index: u64) -> SliceProblem {
    let mut generator = stream(seed, index);
    let mut draw = |low: f64, high: f64| low + (high - low) * uniform(&mut generator);
    let mean = draw(0.5, 5.5);
    let traffic = match index % 3 {
        0 => Traffic::Constant { users_per_second: mean },
        1 => Traffic::Normal { mean, deviation: mean * draw(0.05, 0.5) },
        _ => {
            let count = draw(2.0, 17.0) as usize;
            let samples = (0..count)
                .map(|_| TrafficSample {
                    users_per_second: mean * draw(0.2, 1.8),
                    weight: draw(0.1, 1.0),
                })
                .collect();
            Traffic::Samples { samples }
        }
    };
    let output = &network.card.output;
    let qos = draw(output.threshold_minimum, 2.0 * output.threshold_default);
    let mut problem = SliceProblem::in_whole_box(&network.card, traffic, qos, draw(0.01, 0.4));
    for resource in &mut problem.resources {
        resource.price *= draw(0.3, 3.0);
        resource.capacity *= draw(0.5, 1.2);
        resource.minimum = (draw(-0.3, 0.3) * resource.capacity).max(0.0);
    }
    problem
}

/// Plans `count` random problems of `network` as one batch, and each with a certificate to `tolerance`.
///
/// # Errors
/// [`Halted::Stopped`] when `monitor` says so.
pub async fn compare(
    network: &Network,
    seed: u64,
    count: usize,
    tolerance: f64,
    monitor: &impl Monitor,
) -> Result<Quality, Halted> {
    let problems: Vec<SliceProblem> =
        (0..count).map(|index| random_problem(network, seed, index as u64)).collect();
    let questions: Vec<Question> =
        problems.iter().map(|problem| Question::new(problem, network, 0)).collect();
    let plans = solve_questions(network, &questions, monitor, &mut ()).await?;
    let effort = Effort { tolerance, ..Effort::default() };
    let mut quality = Quality::default();
    for (index, problem) in problems.iter().enumerate() {
        let certified = solve(network, problem, effort, monitor, &mut ()).await?;
        let kept = certified.status != Status::Infeasible;
        quality.unproven += usize::from(certified.status == Status::FeasibleNotProven);
        match (kept, plans.feasible[index]) {
            (true, true) => {
                let bound = certified.lower_bound.unwrap_or(certified.cost);
                quality.excesses.push((plans.costs[index] - bound) / bound.max(f64::MIN_POSITIVE));
            }
            (true, false) => quality.missed += 1,
            (false, true) => quality.gained += 1,
            (false, false) => quality.infeasible += 1,
        }
    }
    quality.excesses.sort_by(f64::total_cmp);
    Ok(quality)
}
