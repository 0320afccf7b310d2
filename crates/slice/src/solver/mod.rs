//! From a problem to a plan.

mod certificate;
mod competing;
mod joint_proof;
mod starts;
mod steps;

use slicewise_core::slice::plan::{BoundsAt, DescentPath};
use slicewise_core::slice::problem::{Estimator, Method, SliceProblem};
use slicewise_core::slice::{SliceNews, SlicePlan};
use slicewise_nets::dense::head::Measure;
use slicewise_nets::{FusedEvaluator, Network};
use slicewise_optim::boundary_descent::{Descent, Settings, descend};
use slicewise_optim::{Constraint, Halted, Monitor, Progress, Stopped, Terms};

use crate::baselines;
use crate::plan::{Evidence, assemble};
use crate::question::{Bounds, Question, SliceConstraint};

pub(crate) use certificate::cheapest_on_grid;
pub use starts::start_points;

/// Relative gap that the certificate closes unless asked otherwise.
pub const TOLERANCE: f64 = 1e-4;
/// Boxes after which the certificate gives up and shows the gap reached.
pub const MOST_BOXES: u64 = 400_000;

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// Relative gap at which the proof is good enough.
    pub tolerance: f64,
    /// Boxes after which the proof gives up; 0 for no proof.
    pub most_boxes: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { tolerance: TOLERANCE, most_boxes: MOST_BOXES }
    }
}

/// Solves `problem` on `network`.
///
/// # Errors
/// Names a field that is out of range, or says that `monitor` stopped the search.
pub async fn solve(
    network: &Network,
    problem: &SliceProblem,
    effort: Effort,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<SlicePlan, Halted> {
    problem.validate(&network.card)?;
    if let Some(plan) = idle(network, problem) {
        return Ok(plan);
    }
    let mut plan = match problem.method {
        Method::Certified if problem.slices.len() == 1 => {
            single(network, problem, effort, monitor, progress).await?
        }
        Method::Certified => competing::solve(network, problem, effort, monitor, progress).await?,
        Method::PrimalDual => baselines::primal_dual(network, problem, monitor, progress).await?,
        Method::ZeroSigma => baselines::blind(network, problem, 0.0, monitor).await?,
        Method::TwoSigma => baselines::blind(network, problem, 2.0, monitor).await?,
        Method::PeakAllocation => baselines::peak_allocation(network, problem, monitor).await?,
    };
    if problem.confidence.is_some() && plan.keeps_promises() {
        plan.cost_without_confidence = cost_without_confidence(network, problem, monitor).await?;
    }
    if plan.peak_cost.is_none() {
        plan.peak_cost = baselines::peak_cost(network, problem, monitor).await?;
    }
    Ok(plan)
}

/// Cost of the plan of `problem` with the model taken at its word, where there is one.
async fn cost_without_confidence(
    network: &Network,
    problem: &SliceProblem,
    monitor: &impl Monitor,
) -> Result<Option<f64>, Halted> {
    let certain = SliceProblem { confidence: None, ..problem.clone() };
    if certain.slices.len() == 1 {
        let plans = first_plans(network, std::slice::from_ref(&certain), monitor).await?;
        return Ok(plans.first().filter(|plan| plan.keeps_promises()).map(|plan| plan.cost));
    }
    let effort = Effort { most_boxes: 0, ..Effort::default() };
    let plan = competing::solve(network, &certain, effort, monitor, &mut ()).await?;
    Ok(plan.keeps_promises().then_some(plan.cost))
}

/// The plan where no slice has any user: least allocations, nothing to prove.
fn idle(network: &Network, problem: &SliceProblem) -> Option<SlicePlan> {
    let busy = |slice: usize| !Question::new(problem, network, slice).traffic.is_empty();
    if (0..problem.slices.len()).any(busy) {
        return None;
    }
    let points = vec![problem.least(); problem.slices.len()];
    let cost = points.iter().map(|allocation| problem.cost(allocation)).sum();
    let evidence = Evidence { lower_bound: Some(cost), ..Evidence::default() };
    Some(assemble(network, problem, points, TOLERANCE, evidence))
}

/// The slices of `questions` that have users, by their places.
pub(crate) fn busy(questions: &[Question]) -> Vec<usize> {
    (0..questions.len()).filter(|slice| !questions[*slice].traffic.is_empty()).collect()
}

/// Questions with a constraint on the fused evaluator.
pub(crate) fn constraint<'a>(
    network: &Network,
    questions: &'a [Question],
    measure: Measure,
) -> SliceConstraint<'a, FusedEvaluator> {
    SliceConstraint::new(questions, FusedEvaluator::new(network), measure)
}

/// What each question wants.
pub(crate) fn terms(questions: &[Question]) -> Vec<Terms<'_>> {
    questions.iter().map(|q| Terms { costs: &q.costs, limit: q.limit }).collect()
}

/// The measure that the problem's estimator asks for.
pub(crate) fn measure(problem: &SliceProblem) -> Measure {
    match problem.estimator {
        Estimator::ClosedForm => Measure::Expected,
        Estimator::Sampled { samples, sharpness } => {
            Measure::sampled(samples, sharpness, problem.seed)
        }
    }
}

/// Multi-start descent for every problem of `terms` in one batch: for each, its descents, best first.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn multi_start<C: Constraint>(
    constraint: &mut C,
    terms: &[Terms<'_>],
    seed: u64,
    monitor: &impl Monitor,
) -> Result<Vec<Vec<Descent>>, Stopped> {
    let (mut owners, mut starts) = (Vec::new(), Vec::new());
    for (owner, terms) in terms.iter().enumerate() {
        monitor.checkpoint().await?;
        let points = start_points(constraint, owner, terms, seed).await;
        owners.extend(vec![owner; points.len() / terms.costs.len()]);
        starts.extend(points);
    }
    let mut found = vec![Vec::new(); terms.len()];
    let settings = Settings::default();
    for descent in descend(constraint, terms, &owners, &starts, &settings, monitor).await? {
        found[descent.owner].push(descent);
    }
    for (found, terms) in found.iter_mut().zip(terms) {
        let key = |d: &Descent| {
            let feasible = d.feasible(terms.limit);
            (!feasible, if feasible { d.cost } else { d.value })
        };
        found.sort_by(|a, b| {
            let (a, b) = (key(a), key(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
    }
    Ok(found)
}

/// The paths of several descents, in the resources' units.
pub(crate) fn paths(question: &Question, slice: usize, found: &[Descent]) -> Vec<DescentPath> {
    found
        .iter()
        .map(|descent| DescentPath {
            slice,
            points: descent.path.iter().map(|point| question.allocation(point)).collect(),
        })
        .collect()
}

/// One slice: descent, then proof.
async fn single(
    network: &Network,
    problem: &SliceProblem,
    effort: Effort,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<SlicePlan, Halted> {
    let questions = [Question::new(problem, network, 0)];
    let question = &questions[0];
    let mut constraint = constraint(network, &questions, Measure::Expected);
    let found = multi_start(&mut constraint, &terms(&questions), problem.seed, monitor)
        .await?
        .swap_remove(0);
    let best = &found[0];
    let feasible = best.feasible(question.limit);
    let mut evidence = Evidence {
        paths: paths(question, 0, &found),
        evaluations: constraint.evaluations,
        history: vec![BoundsAt {
            iteration: 0,
            lower: None,
            upper: feasible.then_some(question.base_cost + best.cost),
        }],
        peak_cost: baselines::peak_cost(network, problem, monitor).await?,
        ..Evidence::default()
    };
    let first = assemble(
        network,
        problem,
        vec![question.allocation(&best.point)],
        effort.tolerance,
        evidence.clone(),
    );
    // Next above a plan on the edge of a promise the grid may have none that keeps it.
    if !question.has_granularity() || first.keeps_promises() {
        progress.news(SliceNews::Better(Box::new(first.clone())));
    }
    if question.has_granularity() {
        evidence.history[0].upper = first.keeps_promises().then_some(first.cost);
    }
    progress.share(0.1);
    let Some(enclosure) = Bounds::of(network).filter(|_| effort.most_boxes > 0) else {
        return Ok(first);
    };
    let proven = certificate::certify(
        network,
        enclosure,
        question,
        &question.costs,
        best,
        effort,
        monitor,
        &mut |fraction| progress.share(0.1 + 0.9 * fraction),
    )
    .await?;
    evidence.evaluations += proven.evaluations;
    evidence.boxes = proven.boxes;
    evidence.history.extend(proven.history);
    evidence.lower_bound = Some(proven.lower_bound);
    let allocation = question.allocation(&proven.point);
    Ok(assemble(network, problem, vec![allocation], effort.tolerance, evidence))
}

/// The plans of the descent alone, without proofs, for many problems of one slice each, solved as
/// one batch.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn first_plans(
    network: &Network,
    problems: &[SliceProblem],
    monitor: &impl Monitor,
) -> Result<Vec<SlicePlan>, Stopped> {
    let Some(first) = problems.first() else { return Ok(Vec::new()) };
    let questions: Vec<Question> =
        problems.iter().map(|problem| Question::new(problem, network, 0)).collect();
    let few = questions.iter().all(Question::has_few_allocations);
    let mut constraint = constraint(network, &questions, measure(first));
    let all = if few && Bounds::of(network).is_some() {
        vec![Vec::new(); problems.len()]
    } else {
        multi_start(&mut constraint, &terms(&questions), first.seed, monitor).await?
    };
    let share = constraint.evaluations / problems.len() as u64;
    let in_steps = questions.iter().any(Question::has_granularity);
    let enclosure = Bounds::of(network).filter(|_| in_steps);
    let mut plans = Vec::with_capacity(problems.len());
    for ((found, question), problem) in all.iter().zip(&questions).zip(problems) {
        let best = found.first().map(|best| best.point.clone());
        let mut point = best.unwrap_or_else(|| vec![1.0; question.resources()]);
        let mut evaluations = share;
        if question.has_granularity() {
            let bounds = enclosure.as_ref();
            let on_grid = cheapest_on_grid(network, bounds, question, &point, monitor).await?;
            evaluations += on_grid.1;
            point = on_grid.0;
        }
        let evidence =
            Evidence { paths: paths(question, 0, found), evaluations, ..Evidence::default() };
        let allocation = question.allocation(&point);
        plans.push(assemble(network, problem, vec![allocation], TOLERANCE, evidence));
    }
    Ok(plans)
}
