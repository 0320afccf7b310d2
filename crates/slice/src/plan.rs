//! From allocations to a plan: strict re-evaluation, status, multipliers, evidence.

use slicewise_core::InputError;
use slicewise_core::build::BUILD;
use slicewise_core::card::Better;
use slicewise_core::slice::measured::Nearby;
use slicewise_core::slice::plan::{BoundsAt, DescentPath, PROVEN, SliceAllocation};
use slicewise_core::slice::problem::{Method, SliceProblem};
use slicewise_core::slice::shown_amount::shown_amount;
use slicewise_core::slice::{SlicePlan, Status};
use slicewise_nets::dense::head::Measure;
use slicewise_nets::{FusedEvaluator, Network};

use crate::feedback::nearby;
use crate::model;
use crate::question::Question;

/// What a search knows beside its allocations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Proven lower bound; infinite where it is proven that nothing is feasible.
    pub lower_bound: Option<f64>,
    /// Price of each capacity, in cost per unit of the resource; empty for none.
    pub capacity_prices: Vec<f64>,
    /// Rows evaluated.
    pub evaluations: u64,
    /// Boxes examined.
    pub boxes: u64,
    /// Bounds as the search went on.
    pub history: Vec<BoundsAt>,
    /// Descent paths.
    pub paths: Vec<DescentPath>,
    /// Cost of Peak-alloc.
    pub peak_cost: Option<f64>,
    /// Cost of the plan without confidence.
    pub cost_without_confidence: Option<f64>,
}

/// Builds the plan of `allocations` (one per slice), rounded up to what can be allocated, checking every
/// promise with plain arithmetic in f64 and every capacity, whatever the search believed.
pub fn assemble(
    network: &Network,
    problem: &SliceProblem,
    allocations: Vec<Vec<f64>>,
    tolerance: f64,
    evidence: Evidence,
) -> SlicePlan {
    let questions = Question::of_all(problem, network);
    let mut sensitivity = Sensitivity::new(network);
    let slices: Vec<SliceAllocation> = allocations
        .into_iter()
        .enumerate()
        .map(|(slice, allocation)| {
            let question = &questions[slice];
            let amounts = problem.resources.iter().zip(allocation);
            let allocation: Vec<f64> = amounts.map(|(r, amount)| r.rounded_up(amount)).collect();
            let slopes = sensitivity.slopes(question, &allocation);
            let multiplier = question.multiplier(&allocation, slopes, &evidence.capacity_prices);
            judged(network, problem, slice, question, allocation, multiplier)
        })
        .collect();
    let cost = slices.iter().map(|slice| slice.cost).sum();
    let reason = broken_promise(network, problem, &slices);
    let lower_bound = evidence.lower_bound.filter(|bound| bound.is_finite());
    let lower_bound = lower_bound.map(|bound: f64| bound.min(cost));
    let gap = lower_bound.filter(|_| reason.is_none()).map(|bound| relative_gap(cost, bound));
    let outside = slices.iter().any(|slice| !slice.extrapolates.is_empty());
    let status = match (&reason, gap) {
        (Some(_), _) => Status::Infeasible,
        (None, _) if outside => Status::OutsideMeasurements,
        (None, Some(gap)) if gap <= tolerance => Status::Solved,
        (None, _) => Status::FeasibleNotProven,
    };
    let proven = evidence.lower_bound == Some(f64::INFINITY);
    SlicePlan {
        status,
        reason: reason.map(|reason| {
            let certainty = if proven { PROVEN } else { "(found by search, not proven)" };
            format!("{reason} {certainty}")
        }),
        method: problem.method,
        model: problem.model.clone(),
        weights_fingerprint: network.card.weights_fingerprint.clone(),
        seed: problem.seed,
        build: BUILD.to_owned(),
        capacity_multipliers: capacity_multipliers(problem, &evidence),
        slices,
        cost,
        lower_bound: if status == Status::Infeasible { None } else { lower_bound },
        gap,
        evaluations: evidence.evaluations,
        boxes: evidence.boxes,
        history: evidence.history,
        paths: evidence.paths,
        peak_cost: evidence.peak_cost,
        cost_without_confidence: evidence.cost_without_confidence,
    }
}

/// What `allocation` is worth to slice `slice` of `problem`, whose question is `question`, checked with
/// plain arithmetic in f64.
fn judged(
    network: &Network,
    problem: &SliceProblem,
    slice: usize,
    question: &Question,
    allocation: Vec<f64>,
    degradation_multiplier: f64,
) -> SliceAllocation {
    SliceAllocation {
        name: problem.slices[slice].name.clone(),
        cost: problem.cost(&allocation),
        degradation: question.expected_degradation(network, &allocation),
        degradation_bound: problem
            .confidence
            .map(|_| question.strict_degradation(network, &allocation)),
        degradation_multiplier,
        extrapolates: extrapolated(network, question, &allocation),
        measured_nearby: measured_nearby(network, question, &allocation),
        allocation,
    }
}

/// What an allocation of the visitor's own is worth to slice `slice` of `problem`.
///
/// # Errors
/// Names what is wrong with the problem, the slice or the allocation.
pub fn judge(
    network: &Network,
    problem: &SliceProblem,
    slice: usize,
    allocation: &[f64],
) -> Result<SliceAllocation, InputError> {
    problem.validate(&network.card)?;
    if slice >= problem.slices.len() {
        let allowed = format!("0 to {}", problem.slices.len() - 1);
        return Err(InputError::new("slice", slice, allowed));
    }
    check_allocation(problem, allocation)?;
    let question = Question::new(problem, network, slice);
    let mut sensitivity = Sensitivity::new(network);
    let slopes = sensitivity.slopes(&question, allocation);
    let multiplier = question.multiplier(allocation, slopes, &[]);
    Ok(judged(network, problem, slice, &question, allocation.to_vec(), multiplier))
}

/// Refuses what is no allocation of the problem's resources.
pub(crate) fn check_allocation(
    problem: &SliceProblem,
    allocation: &[f64],
) -> Result<(), InputError> {
    let fits = |amount: &f64| (0.0..=1e12).contains(amount);
    if allocation.len() != problem.resources.len() || !allocation.iter().all(fits) {
        let allowed = format!("{} finite numbers, 0 or more", problem.resources.len());
        return Err(InputError::new("allocation", format!("{allocation:?}"), allowed));
    }
    Ok(())
}

fn relative_gap(cost: f64, bound: f64) -> f64 {
    if cost <= 0.0 { 0.0 } else { (cost - bound) / cost }
}

/// Says in people's words which promise or capacity is broken, and by how much.
fn broken_promise(
    network: &Network,
    problem: &SliceProblem,
    slices: &[SliceAllocation],
) -> Option<String> {
    let output = &network.card.output;
    // A share that is reached is rounded up, so that it never reads like the share that may be.
    let percent = |share: f64| (1e4 * share - 1e-9).ceil() / 100.0;
    for (slice, terms) in slices.iter().zip(&problem.slices) {
        if let Some(unshown) = not_shown(network, problem, terms.degradation_threshold) {
            return Some(unshown);
        }
        let held = slice.held_degradation();
        if held > terms.degradation_threshold {
            let whose = match problem.slices.len() {
                1 => String::new(),
                _ => format!(" of {}", slice.name),
            };
            // Only a search for this promise tells what can be reached at best.
            let at_best = match problem.method {
                Method::Certified | Method::PrimalDual => "at best ",
                Method::PeakAllocation | Method::ZeroSigma | Method::TwoSigma => "",
            };
            let side = if output.better == Better::Higher { "below" } else { "above" };
            return Some(format!(
                "{at_best}{} % of the users{whose} are degraded, {side} {} {} of {}, where {} % may be",
                percent(held),
                terms.qos_threshold,
                output.unit,
                output.name,
                percent(terms.degradation_threshold),
            ));
        }
    }
    let used = |k: usize| slices.iter().map(|slice| slice.allocation[k]).sum::<f64>();
    let overdrawn = |k: usize| used(k) / problem.resources[k].capacity;
    let scarcest =
        (0..problem.resources.len()).max_by(|a, b| overdrawn(*a).total_cmp(&overdrawn(*b)))?;
    let resource = &problem.resources[scarcest];
    (overdrawn(scarcest) > 1.0 + 1e-12).then(|| {
        format!(
            "the slices together need {} {} of {}, and the capacity is {}",
            shown_amount(used(scarcest)),
            network.card.resources()[scarcest].unit,
            resource.name,
            resource.capacity,
        )
    })
}

/// What was measured near `allocation`, over the traffic of `question`.
fn measured_nearby(network: &Network, question: &Question, allocation: &[f64]) -> Option<Nearby> {
    let cells = model::measured(&network.card)?;
    let output = &network.card.output;
    let qos = output.scale.backward(question.promised_threshold);
    let (mut sum, mut variance) = (Nearby::default(), 0.0);
    for (traffic, weight) in question.traffic.iter().zip(&question.weights) {
        let inputs = [&[*traffic], allocation].concat();
        let near = nearby(cells, &inputs, qos, output.better)?;
        sum.degradation += weight * near.degradation;
        variance += weight * near.standard_error * near.standard_error;
        sum.rows = sum.rows.max(near.rows);
    }
    (sum.rows > 0).then_some(Nearby { standard_error: variance.sqrt(), ..sum })
}

/// Why no plan can promise `degradation` with the problem's confidence: too little was measured.
pub fn not_shown(network: &Network, problem: &SliceProblem, degradation: f64) -> Option<String> {
    let card = &network.card;
    let confidence = problem.confidence?;
    let least = card.least_degradation_shown(confidence);
    let (asked, confidence) = (100.0 * degradation, 100.0 * confidence);
    (degradation < least).then(|| {
        format!(
            "{} measurements of an allocation cannot show fewer than {:.2} % of the users degraded \
             with a confidence of {confidence:.4} %, and {asked:.4} % were asked for",
            card.rows_per_allocation,
            100.0 * least,
        )
    })
}

/// Inputs outside the range of the training data.
pub(crate) fn extrapolated(
    network: &Network,
    question: &Question,
    allocation: &[f64],
) -> Vec<String> {
    // Where nobody is served the network is not asked.
    if question.traffic.is_empty() {
        return Vec::new();
    }
    let fields = &network.card.inputs;
    let outside = |k: usize, value: f64| {
        value < fields[k].trained_minimum || value > fields[k].trained_maximum
    };
    let mut names = Vec::new();
    if question.traffic.iter().any(|traffic| outside(0, *traffic)) {
        names.push(fields[0].name.clone());
    }
    let beyond = allocation.iter().enumerate().filter(|(k, value)| outside(k + 1, **value));
    names.extend(beyond.map(|(k, _)| fields[k + 1].name.clone()));
    names
}

/// How the degradation of a plan answers to each resource.
pub struct Sensitivity {
    evaluator: FusedEvaluator,
    rows: Vec<f64>,
    thresholds: Vec<f64>,
    values: Vec<f64>,
    gradients: Vec<f64>,
    slopes: Vec<f64>,
}

impl Sensitivity {
    /// Packs `network` once for many plans.
    pub fn new(network: &Network) -> Self {
        Self {
            evaluator: FusedEvaluator::new(network),
            rows: Vec::new(),
            thresholds: Vec::new(),
            values: Vec::new(),
            gradients: Vec::new(),
            slopes: Vec::new(),
        }
    }

    /// Slope of the degradation of `question` at `allocation`, per unit of each resource.
    pub fn slopes(&mut self, question: &Question, allocation: &[f64]) -> &[f64] {
        let (levels, width) = (question.traffic.len(), 1 + allocation.len());
        self.rows.clear();
        for traffic in &question.traffic {
            self.rows.push(*traffic);
            self.rows.extend_from_slice(allocation);
        }
        self.thresholds.clear();
        self.thresholds.resize(levels, question.threshold);
        self.values.resize(levels, 0.0);
        self.gradients.resize(self.rows.len(), 0.0);
        self.evaluator.gradients_now(
            &self.rows,
            &self.thresholds,
            &Measure::Expected,
            &mut self.values,
            &mut self.gradients,
        );
        self.slopes.clear();
        for k in 0..allocation.len() {
            let rows = question.weights.iter().zip(self.gradients.chunks_exact(width));
            self.slopes.push(rows.map(|(weight, row)| weight * row[1 + k]).sum());
        }
        &self.slopes
    }
}

fn capacity_multipliers(problem: &SliceProblem, evidence: &Evidence) -> Vec<f64> {
    if evidence.capacity_prices.is_empty() {
        vec![0.0; problem.resources.len()]
    } else {
        evidence.capacity_prices.clone()
    }
}
