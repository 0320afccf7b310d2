//! What surrounds a plan: the degradation over two resources, the QoS distribution, and how the
//! cheapest allocation changes with the promise.

use slicewise_core::InputError;
use slicewise_core::card::Scale;
use slicewise_core::slice::Status;
use slicewise_core::slice::charts::{CurvePoint, Curves, Landscape, MeasuredAllocation};
use slicewise_core::slice::measured::MeasuredCell;
use slicewise_core::slice::problem::{Method, SliceProblem};
use slicewise_core::slice::traffic::standard_normal_cdf;
use slicewise_nets::dense::head::{Measure, log_density};
use slicewise_nets::{FusedEvaluator, Network};
use slicewise_optim::{Constraint, Halted, Monitor};

use crate::model;
use crate::plan::check_allocation;
use crate::question::{Question, SliceConstraint};
use crate::solver::first_plans;

/// QoS values at which a density is drawn.
const DENSITY_POINTS: usize = 160;

/// The part of a problem that concerns one slice.
fn alone(network: &Network, problem: &SliceProblem, slice: usize) -> Result<SliceProblem, Halted> {
    problem.validate(&network.card)?;
    let Some(terms) = problem.slices.get(slice) else {
        let highest = problem.slices.len() - 1;
        return Err(InputError::new("slice", slice, format!("0 to {highest}")).into());
    };
    Ok(SliceProblem { slices: vec![terms.clone()], method: Method::Certified, ..problem.clone() })
}

/// Expected degradation over a grid of the first two resources (the others as in `allocation`), and
/// the QoS distribution at `allocation`.
///
/// # Errors
/// Names what is wrong with the problem, the slice, the allocation or the resolution.
pub async fn landscape(
    network: &Network,
    problem: &SliceProblem,
    slice: usize,
    allocation: &[f64],
    resolution: usize,
    monitor: &impl Monitor,
) -> Result<Landscape, Halted> {
    let problem = alone(network, problem, slice)?;
    check_allocation(&problem, allocation)?;
    if !(2..=256).contains(&resolution) {
        return Err(InputError::new("resolution", resolution, "2 to 256").into());
    }
    let questions = [Question::new(&problem, network, 0)];
    let question = &questions[0];
    let axis = |k: usize| -> Vec<f64> {
        (0..resolution)
            .map(|i| problem.resources[k].capacity * i as f64 / (resolution - 1) as f64)
            .collect()
    };
    let x = axis(0);
    let y = if allocation.len() > 1 { axis(1) } else { vec![0.0] };
    let mut degradation = Vec::with_capacity(x.len() * y.len());
    let evaluator = FusedEvaluator::new(network);
    let mut constraint = SliceConstraint::new(&questions, evaluator, Measure::Expected);
    for y in &y {
        monitor.checkpoint().await?;
        if question.traffic.is_empty() {
            degradation.extend(vec![0.0; x.len()]);
            continue;
        }
        let points: Vec<f64> = x
            .iter()
            .flat_map(|x| {
                let mut at = allocation.to_vec();
                at[0] = *x;
                if at.len() > 1 {
                    at[1] = *y;
                }
                question.point(&at)
            })
            .collect();
        let mut values = vec![0.0; x.len()];
        constraint.values(&vec![0; x.len()], &points, &mut values).await;
        degradation.extend(values);
    }
    let (qos, density, density_by_traffic) = densities(network, question, allocation);
    let measured = measured_allocations(network, question);
    Ok(Landscape { slice, x, y, degradation, qos, density, density_by_traffic, measured })
}

/// What was measured at each allocation of the network's training data, each traffic level of `question`
/// by the level nearest to it that was measured there.
fn measured_allocations(network: &Network, question: &Question) -> Vec<MeasuredAllocation> {
    let Some(cells) = model::measured(&network.card) else { return Vec::new() };
    let output = &network.card.output;
    let qos = output.scale.backward(question.promised_threshold);
    let mut by_allocation: Vec<(&[f64], Vec<&MeasuredCell>)> = Vec::new();
    for cell in cells {
        let allocation = &cell.inputs[1..];
        match by_allocation.iter_mut().find(|(other, _)| *other == allocation) {
            Some((_, found)) => found.push(cell),
            None => by_allocation.push((allocation, vec![cell])),
        }
    }
    let levels = || question.traffic.iter().zip(&question.weights);
    let measured = by_allocation.into_iter().map(|(allocation, cells)| {
        let nearest = |traffic: f64| {
            let distance = |cell: &MeasuredCell| libm::log(cell.inputs[0] / traffic).abs();
            cells.iter().copied().min_by(|a, b| distance(a).total_cmp(&distance(b)))
        };
        let asked = || levels().filter_map(|(traffic, weight)| Some((nearest(*traffic)?, weight)));
        let mut seen: Vec<&MeasuredCell> = asked().map(|(cell, _)| cell).collect();
        seen.dedup_by(|a, b| std::ptr::eq(*a, *b));
        MeasuredAllocation {
            allocation: allocation.to_vec(),
            degradation: asked().map(|(cell, w)| w * cell.degradation(qos, output.better)).sum(),
            rows: seen.iter().map(|cell| cell.rows).sum(),
        }
    });
    measured.collect()
}

/// QoS values, density of all users, and density per traffic level.
type Densities = (Vec<f64>, Vec<f64>, Vec<(f64, Vec<f64>)>);

fn densities(network: &Network, question: &Question, allocation: &[f64]) -> Densities {
    let rows: Vec<f64> = question
        .traffic
        .iter()
        .flat_map(|traffic| std::iter::once(*traffic).chain(allocation.iter().copied()))
        .collect();
    let size = 3 * network.head.components;
    let mut distributions = vec![0.0; question.traffic.len() * size];
    FusedEvaluator::new(network).distributions_now(&rows, &mut distributions);
    let values = scale_values(network, question, &distributions);
    let scale = network.card.output.scale;
    let qos: Vec<f64> = values.iter().map(|value| scale.backward(*value)).collect();
    let mut total = vec![0.0; qos.len()];
    let by_traffic = question
        .traffic
        .iter()
        .zip(&question.weights)
        .zip(distributions.chunks_exact(size))
        .map(|((traffic, weight), distribution)| {
            let densities: Vec<f64> = values
                .iter()
                .zip(&qos)
                .map(|(value, qos)| {
                    let jacobian = match scale {
                        Scale::Linear => 1.0,
                        Scale::Logarithmic => 1.0 / qos,
                    };
                    libm::exp(log_density(distribution, *value)) * jacobian
                })
                .collect();
            total.iter_mut().zip(&densities).for_each(|(sum, d)| *sum += weight * d);
            (*traffic, densities)
        })
        .collect();
    (qos, total, by_traffic)
}

/// Share of the users that the density chart may leave out at the far end.
const LEFT_OUT: f64 = 0.02;

/// Evenly spaced values in the network's scale that cover the threshold and all users but the tails.
fn scale_values(network: &Network, question: &Question, distributions: &[f64]) -> Vec<f64> {
    let count = network.head.components;
    let (mut low, mut high) = (question.threshold, question.threshold);
    for distribution in distributions.chunks_exact(3 * count) {
        for j in (0..count).filter(|j| distribution[2 * count + j] > 0.01) {
            low = low.min(distribution[j] - 3.5 * distribution[count + j]);
            high = high.max(distribution[j] + 3.5 * distribution[count + j]);
        }
    }
    match network.card.output.scale {
        Scale::Linear => low = low.max(0.0),
        // A log-normal tail would stretch the axis until nothing else can be seen.
        Scale::Logarithmic => {
            let furthest = quantile(question, distributions, count, 1.0 - LEFT_OUT, [low, high]);
            high = furthest.max(question.threshold + 0.2);
        }
    }
    let margin = 0.02 * (high - low).max(1e-6);
    let step = (high - low + 2.0 * margin) / (DENSITY_POINTS - 1) as f64;
    let first = if low == 0.0 { 0.0 } else { low - margin };
    (0..DENSITY_POINTS).map(|i| first + step * i as f64).collect()
}

/// The value below which a share `p` of the users lies, by bisection within `range`.
fn quantile(
    question: &Question,
    distributions: &[f64],
    count: usize,
    p: f64,
    [mut low, mut high]: [f64; 2],
) -> f64 {
    let below = |value: f64| -> f64 {
        let levels = distributions.chunks_exact(3 * count).zip(&question.weights);
        levels
            .map(|(d, weight)| {
                let component = |j: usize| {
                    d[2 * count + j] * standard_normal_cdf((value - d[j]) / d[count + j])
                };
                weight * (0..count).map(component).sum::<f64>()
            })
            .sum()
    };
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if below(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Cheapest allocation of one slice, alone, over its QoS threshold and over its degradation
/// threshold.
///
/// # Errors
/// Names what is wrong with the problem, the slice or the number of points.
pub async fn curves(
    network: &Network,
    problem: &SliceProblem,
    slice: usize,
    points: usize,
    monitor: &impl Monitor,
) -> Result<Curves, Halted> {
    let problem = alone(network, problem, slice)?;
    if !(2..=128).contains(&points) {
        return Err(InputError::new("points", points, "2 to 128").into());
    }
    let output = &network.card.output;
    let terms = &problem.slices[0];
    let spread = |low: f64, high: f64| -> Vec<f64> {
        (0..points).map(|i| low + (high - low) * i as f64 / (points - 1) as f64).collect()
    };
    // Up to twice the threshold: where the curve is steep and where it ends is in view.
    let highest =
        (2.0 * terms.qos_threshold).clamp(output.threshold_minimum, output.threshold_maximum);
    let qos = spread(output.threshold_minimum, highest);
    let degradation = spread(0.005, (3.0 * terms.degradation_threshold).clamp(0.05, 0.5));
    let mut problems = Vec::with_capacity(2 * points);
    for threshold in &qos {
        let mut changed = problem.clone();
        changed.slices[0].qos_threshold = *threshold;
        problems.push(changed);
    }
    for threshold in &degradation {
        let mut changed = problem.clone();
        changed.slices[0].degradation_threshold = *threshold;
        problems.push(changed);
    }
    let mut found = curve_points(network, &problems, &[qos, degradation].concat(), monitor).await?;
    let over_degradation = found.split_off(points);
    Ok(Curves { slice, over_qos: found, over_degradation })
}

async fn curve_points(
    network: &Network,
    problems: &[SliceProblem],
    thresholds: &[f64],
    monitor: &impl Monitor,
) -> Result<Vec<CurvePoint>, Halted> {
    let nobody =
        |threshold: &f64| CurvePoint { threshold: *threshold, allocation: None, cost: None };
    if problems.iter().any(|p| Question::new(p, network, 0).traffic.is_empty()) {
        return Ok(thresholds.iter().map(nobody).collect());
    }
    let plans = first_plans(network, problems, monitor).await?;
    let points = plans.into_iter().zip(thresholds).map(|(plan, threshold)| {
        if plan.status == Status::Infeasible {
            return nobody(threshold);
        }
        let cost = Some(plan.cost);
        let allocation = plan.slices.into_iter().next().map(|slice| slice.allocation);
        CurvePoint { threshold: *threshold, allocation, cost }
    });
    Ok(points.collect())
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use slicewise_core::slice::Traffic;
    use slicewise_optim::Unmonitored;

    use super::*;
    use crate::model::shipped;

    #[test]
    fn densities_integrate_to_one() {
        for name in crate::model::NAMES {
            let network = shipped(name).unwrap();
            let traffic = Traffic::Normal { mean: 3.0, deviation: 0.5 };
            let qos = network.card.output.threshold_default;
            let problem = SliceProblem::in_whole_box(&network.card, traffic, qos, 0.1);
            let at = [2500.0, 25.0];
            let found = block_on(landscape(&network, &problem, 0, &at, 8, &Unmonitored)).unwrap();
            let area: f64 = found
                .qos
                .windows(2)
                .zip(found.density.windows(2))
                .map(|(q, d)| 0.5 * (q[1] - q[0]) * (d[0] + d[1]))
                .sum();
            assert!(area < 1.01 && area > 1.0 - LEFT_OUT - 0.03, "{name}: {area}");
        }
    }

    #[test]
    fn a_stricter_promise_never_costs_less() {
        let network = shipped("testbed-gaussian").unwrap();
        let traffic = Traffic::Constant { users_per_second: 3.0 };
        let problem = SliceProblem::in_whole_box(&network.card, traffic, 4.0, 0.1);
        let found = block_on(curves(&network, &problem, 0, 9, &Unmonitored)).unwrap();
        let costs = |points: &[CurvePoint]| -> Vec<f64> {
            points.iter().map(|p| p.cost.unwrap_or(f64::INFINITY)).collect()
        };
        let rises = |costs: Vec<f64>| costs.windows(2).all(|pair| pair[0] <= pair[1] * 1.001);
        assert!(rises(costs(&found.over_qos)));
        let mut falling = costs(&found.over_degradation);
        falling.reverse();
        assert!(rises(falling));
    }
}
