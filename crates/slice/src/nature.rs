//! What nature forbids, asked of a network many times: plans that allocate nothing, or less than the
//! bandwidth that the served users need; and service that gets worse with more.

use slicewise_core::card::Better;
use slicewise_core::seed::{Rng, stream, uniform};
use slicewise_core::slice::{SliceProblem, Traffic};
use slicewise_nets::dense::head::Measure;
use slicewise_nets::{FusedEvaluator, Network};
use slicewise_optim::{Monitor, Stopped};

use crate::solver::first_plans;

/// Problems planned together.
const TOGETHER: usize = 64;
/// Pairs evaluated together.
const PAIRS_TOGETHER: usize = 4096;
/// Rows of equal degradation differ by less, from rounding.
const ROUNDING: f64 = 1e-12;

/// Random problems, and how many of their plans nature forbids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forbidden {
    /// Problems planned.
    pub problems: usize,
    /// Plans that keep their promises by the network.
    pub kept: usize,
    /// Of these, plans that allocate nothing of a resource.
    pub nothing: usize,
    /// Of these, plans with less bandwidth than mean users x QoS x (1 - degradation threshold) x 0.95.
    pub too_little_bandwidth: usize,
}

/// Plans `count` random problems from `seed` in the network's whole box, beyond the measurements too.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn forbidden_plans(
    network: &Network,
    count: usize,
    seed: u64,
    monitor: &impl Monitor,
) -> Result<Forbidden, Stopped> {
    let mut generator = stream(seed, 0x0a7);
    let mut found = Forbidden::default();
    while found.problems < count {
        let part = TOGETHER.min(count - found.problems);
        let problems: Vec<SliceProblem> =
            (0..part).map(|_| random_problem(network, &mut generator)).collect();
        monitor.checkpoint().await?;
        for (problem, plan) in problems.iter().zip(first_plans(network, &problems, monitor).await?)
        {
            found.problems += 1;
            if !plan.keeps_promises() {
                continue;
            }
            found.kept += 1;
            let allocation = &plan.slices[0].allocation;
            found.nothing += usize::from(allocation.iter().any(|amount| *amount <= 0.0));
            found.too_little_bandwidth += usize::from(too_little(network, problem, allocation));
        }
    }
    Ok(found)
}

fn random_problem(network: &Network, generator: &mut impl Rng) -> SliceProblem {
    let card = &network.card;
    let mut between = |low: f64, high: f64| low + (high - low) * uniform(generator);
    let users = between(0.2, 1.2 * card.inputs[0].trained_maximum);
    let traffic = if between(0.0, 1.0) < 0.5 {
        Traffic::Constant { users_per_second: users }
    } else {
        Traffic::Normal { mean: users, deviation: users * between(0.05, 0.5) }
    };
    let qos = between(card.output.threshold_minimum, card.output.threshold_maximum);
    let degradation = between(0.01, 0.9);
    let mut problem = if between(0.0, 1.0) < 0.5 {
        SliceProblem::in_whole_box(card, traffic, qos, degradation)
    } else {
        SliceProblem::single(card, traffic, qos, degradation)
    };
    problem.confidence = None;
    problem
}

/// Whether `allocation` has less bandwidth than the served users of `problem` need; nothing is known of
/// that for QoS that is better low.
fn too_little(network: &Network, problem: &SliceProblem, allocation: &[f64]) -> bool {
    if network.card.output.better == Better::Lower {
        return false;
    }
    let place = problem.resources.iter().position(|resource| resource.name == "bandwidth");
    let Some(bandwidth) = place.map(|k| allocation[k]) else { return false };
    let terms = &problem.slices[0];
    let samples = terms.traffic.samples();
    let weights: f64 = samples.iter().map(|s| s.weight).sum();
    let users: f64 = samples.iter().map(|s| s.weight * s.users_per_second).sum();
    let users = users / weights;
    bandwidth < users * terms.qos_threshold * (1.0 - terms.degradation_threshold) * 0.95
}

/// Pairs of rows of which one has at least as much of every resource and at most the traffic, and how
/// many of them have the more degradation for it, at a random threshold.
pub fn broken_order(network: &Network, pairs: usize, seed: u64) -> usize {
    let card = &network.card;
    let mut generator = stream(seed, 0x0a8);
    let mut evaluator = FusedEvaluator::new(network);
    let width = card.inputs.len();
    let mut broken = 0;
    let mut done = 0;
    while done < pairs {
        let count = PAIRS_TOGETHER.min(pairs - done);
        let (mut rows, mut thresholds) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (mut worse, mut better) = (vec![0.0; width], vec![0.0; width]);
            for (k, input) in card.inputs.iter().enumerate() {
                let most = 1.5 * input.default_capacity;
                let a = most * uniform(&mut generator);
                // Half of the pairs lie close together, where kinks would show.
                let b = if uniform(&mut generator) < 0.5 {
                    most * uniform(&mut generator)
                } else {
                    a * (1.0 + 0.01 * uniform(&mut generator))
                };
                let (low, high) = (a.min(b), a.max(b));
                (worse[k], better[k]) = if k == 0 { (high, low) } else { (low, high) };
            }
            let output = &card.output;
            let (low, high) = (output.threshold_minimum, output.threshold_maximum);
            let qos = low * (high / low).powf(uniform(&mut generator));
            thresholds.extend([output.scale.forward(qos); 2]);
            rows.extend(worse);
            rows.extend(better);
        }
        let mut values = vec![0.0; thresholds.len()];
        evaluator.values_now(&rows, &thresholds, &Measure::Expected, &mut values);
        broken += values.chunks_exact(2).filter(|pair| pair[1] > pair[0] + ROUNDING).count();
        done += count;
    }
    broken
}
