//! Thousands of problems of one slice each, planned as one batch.
//!
//! One [`Table`] of QoS distributions serves all problems. Each looks at it, descends from a few
//! chosen nodes along the boundary of its promise, coarsely, and has its best point judged anew, after
//! exchanges of one resource for another where the network is monotone. Where allocations have a
//! granularity, branch and bound over the grid goes on from there.
//! What the coarse search cannot keep is searched once more as a single problem is. There is no
//! certificate; tests hold the costs to those of certified plans. The kernels for graphics
//! processors mirror this search, with the same table and the same constants.

mod exchange;
mod judge;
pub mod log_odds;
pub mod quality;
pub mod starts;
mod strict;
mod sweeps;
pub mod table;

use slicewise_core::InputError;
use slicewise_core::compute::CostModel;
use slicewise_core::error::check_range;
use slicewise_core::slice::batch::BatchPlans;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_core::slice::{SliceNews, Sweep, Traffic};
use slicewise_nets::dense::evaluator::DistributionEvaluator;
use slicewise_nets::dense::head::Measure;
use slicewise_nets::{FusedEvaluator, Network};
use slicewise_optim::boundary_descent::{Descent, Settings, descend};
use slicewise_optim::{Halted, Monitor, Progress, Stopped, Terms, Unmonitored};

use crate::question::{Bounds, Question, SliceConstraint};
use crate::solver::{cheapest_on_grid, multi_start, terms};

use exchange::exchange_from_edges;
use log_odds::{LogOdds, log_odds};
use starts::edge_nodes;

pub use judge::{ROUNDING, judge, judge_watched};
pub use starts::{APART, STARTS, choose_starts};
pub use sweeps::{questions, span};
pub use table::{Look, Span, Table};

/// How every start of a problem descends. Reaches shrink fast: a step that breaks the promise
/// mostly does so behind a kink of the network that is much nearer than the reach.
pub const SETTINGS: Settings = Settings {
    first_reach: 0.08,
    longest_reach: 0.1,
    shortest_reach: 1e-6,
    following: 3e-3,
    most_steps: 40,
    margin: 1e-6,
    shrink: 0.1,
    keeps_path: false,
};
/// How a problem's best point descends once more, and points beside it: a fresh reach carries them
/// over the kinks at which it came to rest.
pub const POLISH: Settings =
    Settings { first_reach: 0.02, shortest_reach: 1e-7, most_steps: 30, ..SETTINGS };
/// The points beside the best one have this much more of one resource, in the unit box.
pub const ASIDE: f64 = 0.06;
/// Problems that descend together, and that are judged, between two checkpoints.
pub const PROBLEMS_TOGETHER: usize = 32;
/// A plan whose log-odds of degradation lie this much above those of its limit is not searched for
/// again: the first search sought feasibility at any cost from the least infeasible nodes.
pub const HOPELESS: f64 = 0.5;
/// Seed of the random starts of the second search.
const SEED: u64 = 0;

/// The plans of problems `first` to `first + count` of `sweep`. Every plan depends on the sweep
/// alone, so that the ranges of one sweep, put together, are the plans of the whole.
///
/// # Errors
/// Names what is wrong with the sweep or the range, or says that `monitor` stopped the search.
pub async fn plan_batch(
    network: &Network,
    sweep: &Sweep,
    first: usize,
    count: usize,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<BatchPlans, Halted> {
    check_batch(network, sweep, first, count)?;
    let questions = questions(network, sweep, first, count);
    let table = table(network, || span(network, sweep));
    Ok(solve_with(network, table.as_ref(), &questions, monitor, progress).await?)
}

/// Checks a range of a sweep.
///
/// # Errors
/// Names what is wrong with the sweep or the range.
pub fn check_batch(
    network: &Network,
    sweep: &Sweep,
    first: usize,
    count: usize,
) -> Result<(), InputError> {
    sweep.validate(&network.card)?;
    let length = sweep.len();
    check_range("first", first as f64, 0.0, length.saturating_sub(1) as f64, "")?;
    check_range("count", count as f64, 1.0, (length - first) as f64, "problems")
}

/// The table of a batch; none where there are more resources than a table has axes.
pub fn table(network: &Network, span: impl FnOnce() -> Span) -> Option<Table> {
    (network.inputs() - 1 <= table::MOST_RESOURCES).then(|| Table::new(network, span()))
}

/// The plans of `questions`, which have equally many resources.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn solve_questions(
    network: &Network,
    questions: &[Question],
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<BatchPlans, Stopped> {
    if questions.is_empty() {
        return Ok(BatchPlans::default());
    }
    let table = table(network, || Span::of(questions));
    solve_with(network, table.as_ref(), questions, monitor, progress).await
}

/// [`solve_questions`] with a table that was made before.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn solve_with(
    network: &Network,
    table: Option<&Table>,
    questions: &[Question],
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<BatchPlans, Stopped> {
    let found = match table {
        _ if questions.iter().all(Question::has_few_allocations) => Found::everything(questions),
        Some(table) => {
            search(table, FusedEvaluator::new(network), questions, monitor, progress).await?
        }
        None => Found::nothing(questions),
    };
    let Found { points, evaluations } = on_grids(network, questions, found, monitor).await?;
    let mut plans = judge_watched(network, questions, &points, evaluations, monitor).await?;
    // Without a table nothing was searched yet.
    let hopeless = table.map_or(f64::INFINITY, |_| HOPELESS);
    search_again(network, questions, &mut plans, hopeless, monitor).await?;
    Ok(plans)
}

/// Takes the points that were `found` for `questions` with a granularity to the cheapest of their grids.
async fn on_grids(
    network: &Network,
    questions: &[Question],
    mut found: Found,
    monitor: &impl Monitor,
) -> Result<Found, Stopped> {
    if !questions.iter().any(Question::has_granularity) {
        return Ok(found);
    }
    let enclosure = Bounds::of(network);
    let points = found.points.chunks_exact_mut(network.inputs() - 1);
    for (question, point) in questions.iter().zip(points) {
        if question.has_granularity() {
            let (on_grid, evaluations) =
                cheapest_on_grid(network, enclosure.as_ref(), question, point, monitor).await?;
            point.copy_from_slice(&on_grid);
            found.evaluations += evaluations;
        }
    }
    Ok(found)
}

/// Searches once more, as for a single problem, where a plan breaks its promise by less than
/// `hopeless`, in log-odds.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn search_again(
    network: &Network,
    questions: &[Question],
    plans: &mut BatchPlans,
    hopeless: f64,
    monitor: &impl Monitor,
) -> Result<(), Stopped> {
    for (index, question) in questions.iter().enumerate() {
        let excess = log_odds(plans.degradations[index]) - log_odds(question.limit);
        // On a grid the search went on until nothing was left to find.
        if !plans.feasible[index] && excess < hopeless && !question.has_granularity() {
            let one = std::slice::from_ref(question);
            let mut constraint = crate::solver::constraint(network, one, Measure::Expected);
            let all = multi_start(&mut constraint, &terms(one), SEED, monitor).await?;
            plans.evaluations += constraint.evaluations;
            judge::judge_again(network, question, &all[0][0].point, index, plans);
        }
    }
    Ok(())
}

/// Where a search ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Best point of each question, in its unit box: questions x resources.
    pub points: Vec<f64>,
    /// Rows evaluated.
    pub evaluations: u64,
}

impl Found {
    /// The most of every resource.
    fn everything(questions: &[Question]) -> Self {
        let nothing = Self::nothing(questions);
        Self { points: vec![1.0; nothing.points.len()], ..nothing }
    }

    /// The foot of every box.
    fn nothing(questions: &[Question]) -> Self {
        let length = questions.iter().map(Question::resources).sum();
        Self { points: vec![0.0; length], evaluations: 0 }
    }
}

/// Look, starts and coarse descents of `questions` with any evaluator, without judgement.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn search<E: DistributionEvaluator>(
    table: &Table,
    evaluator: E,
    questions: &[Question],
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<Found, Stopped> {
    let mut found = Found::nothing(questions);
    if questions.is_empty() {
        return Ok(found);
    }
    let resources = questions[0].resources();
    let terms: Vec<Terms> =
        questions.iter().map(|q| Terms { costs: &q.costs, limit: log_odds::LIMIT }).collect();
    let constraint = SliceConstraint::new(questions, evaluator, Measure::Expected);
    let mut constraint = LogOdds::new(constraint, questions);
    let mut look = Look::default();
    let (mut owners, mut starts, mut edges) = (Vec::new(), Vec::new(), Vec::new());
    for first in (0..questions.len()).step_by(PROBLEMS_TOGETHER) {
        monitor.checkpoint().await?;
        owners.clear();
        starts.clear();
        edges.clear();
        let last = questions.len().min(first + PROBLEMS_TOGETHER);
        for (owner, question) in questions.iter().enumerate().take(last).skip(first) {
            if !question.traffic.is_empty() {
                table.look(question, &mut look);
                let chosen = choose_starts(table, question, &mut look, STARTS, &mut starts);
                owners.extend(std::iter::repeat_n(owner, chosen));
                if table.is_monotone {
                    let nodes = edge_nodes(table, question, &look);
                    edges.extend(nodes.into_iter().map(|node| (owner, node)));
                }
            }
        }
        let mut descents =
            descend(&mut constraint, &terms, &owners, &starts, &SETTINGS, monitor).await?;
        owners.clear();
        starts.clear();
        for best in best_of_each(&descents) {
            push_polish_starts(best, &mut owners, &mut starts);
        }
        descents
            .extend(descend(&mut constraint, &terms, &owners, &starts, &POLISH, monitor).await?);
        descents.sort_by_key(|descent| descent.owner);
        for best in best_of_each(&descents) {
            let first = best.owner * resources;
            found.points[first..first + resources].copy_from_slice(&best.point);
        }
        if table.is_monotone {
            let highest: Vec<f64> = best_of_each(&descents).map(known_cost).collect();
            exchange_from_edges(&mut constraint, questions, &edges, &highest, &mut found.points)
                .await;
        }
        progress.share(last as f64 / questions.len() as f64);
    }
    found.evaluations = constraint.into_inner().evaluations;
    Ok(found)
}

/// The work of a batch: the network's multiplications times the traffic levels of all questions.
pub fn work(network: &Network, questions: &[Question]) -> f64 {
    let levels: usize = questions.iter().map(|question| question.traffic.len()).sum();
    (levels * network.multiplications()) as f64
}

/// Problems in the two batches of [`calibrate`].
pub const CALIBRATION: [usize; 2] = [8, 40];

/// Measures two small batches of problems around `problem`. `now` gives milliseconds.
///
/// # Errors
/// Names what is wrong with the problem, or says that `monitor` stopped the search.
pub async fn calibrate(
    network: &Network,
    problem: &SliceProblem,
    now: &impl Fn() -> f64,
    monitor: &impl Monitor,
) -> Result<CostModel, Halted> {
    problem.validate(&network.card)?;
    let mut measured = Vec::new();
    for count in CALIBRATION {
        monitor.checkpoint().await?;
        let questions = calibration_questions(network, problem, count);
        let mut least = f64::INFINITY;
        for _ in 0..2 {
            let start = now();
            solve_questions(network, &questions, &Unmonitored, &mut ()).await?;
            least = least.min(now() - start);
            monitor.checkpoint().await?;
        }
        measured.push((work(network, &questions), least));
    }
    Ok(CostModel::through(measured[0], measured[1]))
}

/// `count` questions like the first slice of `problem`, with degradation thresholds around its own;
/// a slice without traffic counts as one with the network's usual traffic.
pub fn calibration_questions(
    network: &Network,
    problem: &SliceProblem,
    count: usize,
) -> Vec<Question> {
    let mut problem = problem.clone();
    problem.slices.truncate(1);
    if problem.slices[0].traffic.peak() <= 0.0 {
        let users_per_second = network.card.inputs[0].default_capacity;
        problem.slices[0].traffic = Traffic::Constant { users_per_second };
    }
    let middle = Question::new(&problem, network, 0);
    (0..count)
        .map(|index| {
            let factor = 0.7 + 0.6 * (index as f64 + 0.5) / count as f64;
            Question { limit: (factor * middle.limit).clamp(0.001, 0.999), ..middle.clone() }
        })
        .collect()
}

/// The best of each owner's descents, which lie together: the cheapest that keeps the promise, or
/// the least infeasible.
fn best_of_each(descents: &[Descent]) -> impl Iterator<Item = &Descent> {
    let rank = |descent: &Descent| {
        let feasible = descent.feasible(log_odds::LIMIT);
        (!feasible, if feasible { descent.cost } else { descent.value })
    };
    let by_rank = move |a: &&Descent, b: &&Descent| {
        let (a, b) = (rank(a), rank(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    };
    descents.chunk_by(|a, b| a.owner == b.owner).filter_map(move |all| all.iter().min_by(by_rank))
}

/// The cost of a plan that is known by a descent; what breaks the promise is no measure of it.
fn known_cost(best: &Descent) -> f64 {
    if best.feasible(log_odds::LIMIT) { best.cost } else { f64::INFINITY }
}

/// Appends the best point of a problem and, for each resource, the point [`ASIDE`] of it.
fn push_polish_starts(best: &Descent, owners: &mut Vec<usize>, starts: &mut Vec<f64>) {
    owners.push(best.owner);
    starts.extend_from_slice(&best.point);
    for k in 0..best.point.len() {
        owners.push(best.owner);
        starts.extend_from_slice(&best.point);
        let last = starts.len() - best.point.len() + k;
        starts[last] = (starts[last] + ASIDE).min(1.0);
    }
}
