//! The proof of how far a plan can be from the optimum.

use slicewise_core::slice::plan::BoundsAt;
use slicewise_nets::dense::head::Measure;
use slicewise_nets::{FusedEvaluator, Network};
use slicewise_optim::boundary_descent::{Descent, Settings, descend};
use slicewise_optim::branch_and_bound::{Search, Standing};
use slicewise_optim::{Constraint, Monitor, Stopped, Terms};

use super::{Effort, TOLERANCE};
use crate::question::{Bounds, Question, SliceEnclosure};

/// Rows bounded between two checkpoints: a few milliseconds.
const ROWS_PER_STEP: usize = 1024;
/// Moments that the history keeps.
const MOMENTS: usize = 60;

/// What was proven about one slice.
#[derive(Clone, Debug, PartialEq)]
pub struct Proven {
    /// Cheapest feasible point known, or the least infeasible one.
    pub point: Vec<f64>,
    /// No feasible allocation costs less; infinite where none exists.
    pub lower_bound: f64,
    /// Boxes examined.
    pub boxes: u64,
    /// Rows evaluated.
    pub evaluations: u64,
    /// How the bounds closed in.
    pub history: Vec<BoundsAt>,
}

/// Bounds the optimum of `question` at `costs` from below with `enclosure`, starting from the plan
/// `best`. Where the question has a granularity, all points are on its grid.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
#[allow(clippy::too_many_arguments, reason = "each is another thing, and there are three callers")]
pub async fn certify(
    network: &Network,
    enclosure: Bounds,
    question: &Question,
    costs: &[f64],
    best: &Descent,
    effort: Effort,
    monitor: &impl Monitor,
    progress: &mut dyn FnMut(f64),
) -> Result<Proven, Stopped> {
    let mut enclosure = SliceEnclosure::new(question, enclosure, FusedEvaluator::new(network));
    let mut constraint =
        super::constraint(network, std::slice::from_ref(question), Measure::Expected);
    let terms = [Terms { costs, limit: question.limit }];
    let in_steps = question.has_granularity();
    let rounded = if in_steps {
        Some(rounded_up(&mut constraint, question, costs, best).await)
    } else {
        None
    };
    let best = rounded.as_ref().unwrap_or(best);
    let mut search = Search::new(costs, question.limit, effort.tolerance, question.base_cost)
        .on_grid(&question.steps());
    if best.feasible(question.limit) {
        search.offer(question.base_cost + best.cost, &best.point);
    }
    let count = (ROWS_PER_STEP / question.traffic.len() / 2).max(2);
    let mut polished = search.incumbent().map(|(cost, _)| cost);
    let mut history = Vec::new();
    // Small steps first, so that an easy proof does not pay for boxes that it never needed.
    let mut size = 8.min(count);
    while search.boxes() < effort.most_boxes {
        monitor.checkpoint().await?;
        let standing = search.step(&mut enclosure, size);
        size = (2 * size).min(count);
        // A descent would leave the grid.
        if let Some((cost, point)) = search.incumbent().filter(|_| !in_steps)
            && polished.is_none_or(|polished| cost < polished)
        {
            let start = point.to_vec();
            let found =
                descend(&mut constraint, &terms, &[0], &start, &Settings::default(), monitor)
                    .await?;
            if found[0].feasible(question.limit) {
                search.offer(question.base_cost + found[0].cost, &found[0].point);
            }
            polished = search.incumbent().map(|(cost, _)| cost);
        }
        record(&mut history, &search);
        progress(search.boxes() as f64 / effort.most_boxes as f64);
        if standing == Standing::Closed {
            break;
        }
    }
    Ok(Proven {
        point: search.incumbent().map_or(best.point.clone(), |(_, point)| point.to_vec()),
        lower_bound: search.lower_bound(),
        boxes: search.boxes(),
        evaluations: enclosure.evaluations + constraint.evaluations,
        history: thinned(history),
    })
}

/// The point of the grid next above that of `best`.
async fn rounded_up<C: Constraint>(
    constraint: &mut C,
    question: &Question,
    costs: &[f64],
    best: &Descent,
) -> Descent {
    let point = question.point_rounded_up(&best.point);
    let mut value = [0.0];
    constraint.values(&[0], &point, &mut value).await;
    let cost = costs.iter().zip(&point).map(|(cost, x)| cost * x).sum();
    Descent { point, cost, value: value[0], ..best.clone() }
}

/// How far a search over a grid goes that ends without a certificate.
const WITHOUT_PROOF: Effort = Effort { tolerance: TOLERANCE, most_boxes: 4096 };

/// The cheapest point of the grid of `question` that `start` leads to, with the rows evaluated; without
/// bounds the one next above `start`.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn cheapest_on_grid(
    network: &Network,
    enclosure: Option<&Bounds>,
    question: &Question,
    start: &[f64],
    monitor: &impl Monitor,
) -> Result<(Vec<f64>, u64), Stopped> {
    let Some(enclosure) = enclosure.filter(|_| !question.traffic.is_empty()) else {
        return Ok((question.point_rounded_up(start), 0));
    };
    let (point, path) = (start.to_vec(), Vec::new());
    let best = Descent { owner: 0, point, cost: 0.0, value: 0.0, multiplier: 0.0, path };
    let (bounds, costs, told) = (enclosure.clone(), &question.costs, &mut |_| ());
    let proven =
        certify(network, bounds, question, costs, &best, WITHOUT_PROOF, monitor, told).await?;
    Ok((proven.point, proven.evaluations))
}

fn record(history: &mut Vec<BoundsAt>, search: &Search) {
    let lower = search.lower_bound();
    history.push(BoundsAt {
        iteration: search.boxes(),
        lower: lower.is_finite().then_some(lower),
        upper: search.incumbent().map(|(cost, _)| cost),
    });
}

/// At most [`MOMENTS`] moments, the last among them.
pub(super) fn thinned(history: Vec<BoundsAt>) -> Vec<BoundsAt> {
    let last = history.len().saturating_sub(1);
    let every = history.len().div_ceil(MOMENTS).max(1);
    history
        .into_iter()
        .enumerate()
        .filter(|(index, _)| index % every == 0 || *index == last)
        .map(|(_, moment)| moment)
        .collect()
}
