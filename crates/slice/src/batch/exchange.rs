//! The last step of a batch on a monotone network: more of one resource for less of another, along the
//! edge of the promise.
//!
//! Where more of a resource never serves worse, the least amount of one resource beside the others is
//! found by bisection, whatever kinks or walls the edge has, at which descents come to rest.

use std::ops::Range;

use slicewise_optim::Constraint;

use super::log_odds::LIMIT;
use super::starts::EdgeNode;
use crate::question::Question;

/// How much more or less of a resource is tried, in the unit box.
const STEPS: [f64; 10] = [-0.2, -0.06, -0.02, -0.006, -0.002, 0.002, 0.006, 0.02, 0.06, 0.2];
/// Halvings of the room that another resource has.
const HALVINGS: usize = 13;
/// The most exchanges from a place.
const MOST_ROUNDS: usize = 8;
/// An exchange that saves less than this share of the cost ends them.
const LEAST_SAVING: f64 = 1e-5;

/// The most nodes at the edge of a promise that are tightened, and those from which exchanges start.
const MOST_EDGES: usize = 16;
const MOST_EXCHANGED: usize = 4;
/// Once tightened, a node whose cost is this many times the best one's is left alone.
const FARTHEST_IN_COST: f64 = 1.1;

/// One exchange under way from place `from`: `point` with its resource `free` between `low` and `high`,
/// which keeps the promise.
struct Trial {
    from: usize,
    owner: usize,
    point: Vec<f64>,
    free: usize,
    low: f64,
    high: f64,
}

/// Exchanges from the best point of each problem, in `points`, and from the nodes of the look whose cells
/// could hold a cheaper one than its `highest`. On a monotone network no other cell could, as far as the
/// look is right. `edges` lie together by owner, ascending, and `highest` has one number for each.
pub(super) async fn exchange_from_edges(
    constraint: &mut impl Constraint,
    questions: &[Question],
    edges: &[(usize, EdgeNode)],
    highest: &[f64],
    points: &mut [f64],
) {
    let (mut owners, mut ends) = (Vec::new(), Vec::new());
    for (all, highest) in edges.chunk_by(|a, b| a.0 == b.0).zip(highest) {
        let owner = all[0].0;
        owners.push(owner);
        ends.extend_from_slice(&points[place(questions, owner, owner)]);
        let mut nodes: Vec<&EdgeNode> =
            all.iter().map(|(_, node)| node).filter(|node| node.least_cost < *highest).collect();
        nodes.sort_by(|a, b| a.least_cost.total_cmp(&b.least_cost));
        for node in nodes.into_iter().take(MOST_EDGES) {
            owners.push(owner);
            ends.extend_from_slice(&node.point);
        }
    }
    tighten(constraint, questions, &owners, &mut ends).await;
    let (owners, mut ends) = most_promising(constraint, questions, &owners, &ends).await;
    exchange(constraint, questions, &owners, &mut ends).await;
    let prices = prices(constraint, questions, &owners, &ends).await;
    for run in runs(&owners) {
        // Where none keeps the promise, what was best before stays: it comes first.
        let best = run.min_by(|a, b| prices[*a].total_cmp(&prices[*b])).unwrap_or_default();
        let owner = owners[best];
        points[place(questions, owner, owner)]
            .copy_from_slice(&ends[place(questions, owner, best)]);
    }
}

/// Where the point number `at` lies among points of problems like that of `owner`.
fn place(questions: &[Question], owner: usize, at: usize) -> Range<usize> {
    let size = questions[owner].resources();
    at * size..(at + 1) * size
}

/// The places of each owner, which lie together.
fn runs(owners: &[usize]) -> impl Iterator<Item = Range<usize>> {
    let mut first = 0;
    owners.chunk_by(|a, b| a == b).map(move |all| {
        first += all.len();
        first - all.len()..first
    })
}

/// The cost at each place, infinite where it breaks the promise.
async fn prices(
    constraint: &mut impl Constraint,
    questions: &[Question],
    owners: &[usize],
    places: &[f64],
) -> Vec<f64> {
    let mut prices = vec![0.0; owners.len()];
    constraint.values(owners, places, &mut prices).await;
    for (at, (price, owner)) in prices.iter_mut().zip(owners).enumerate() {
        *price = match *price <= LIMIT {
            true => cost(&questions[*owner], &places[place(questions, *owner, at)]),
            false => f64::INFINITY,
        };
    }
    prices
}

/// Of each owner's places the first, and the cheapest others that keep the promise.
async fn most_promising(
    constraint: &mut impl Constraint,
    questions: &[Question],
    owners: &[usize],
    places: &[f64],
) -> (Vec<usize>, Vec<f64>) {
    let prices = prices(constraint, questions, owners, places).await;
    let (mut chosen, mut points) = (Vec::new(), Vec::new());
    for run in runs(owners) {
        let first = run.start;
        let most = FARTHEST_IN_COST * prices[first];
        let near = |at: &usize| prices[*at].is_finite() && prices[*at] <= most;
        let mut others: Vec<usize> = run.skip(1).filter(near).collect();
        others.sort_by(|a, b| prices[*a].total_cmp(&prices[*b]));
        for at in std::iter::once(first).chain(others.into_iter().take(MOST_EXCHANGED)) {
            chosen.push(owners[at]);
            points.extend_from_slice(&places[place(questions, owners[at], at)]);
        }
    }
    (chosen, points)
}

/// Takes away what the promise of each place does not need, of one resource alone.
async fn tighten(
    constraint: &mut impl Constraint,
    questions: &[Question],
    owners: &[usize],
    points: &mut [f64],
) {
    rounds(constraint, questions, owners, points, &[], 1).await;
}

/// Lowers the cost of `points` (places x resources, in the unit box of the question that owns each) that
/// keep the promise of their owner, whose degradation is on the scale of [`super::log_odds`] and never
/// rises with a resource.
async fn exchange(
    constraint: &mut impl Constraint,
    questions: &[Question],
    owners: &[usize],
    points: &mut [f64],
) {
    rounds(constraint, questions, owners, points, &STEPS, MOST_ROUNDS).await;
}

async fn rounds(
    constraint: &mut impl Constraint,
    questions: &[Question],
    owners: &[usize],
    points: &mut [f64],
    steps: &[f64],
    most: usize,
) {
    let mut places: Vec<usize> = (0..owners.len()).collect();
    for _ in 0..most {
        let of = |from: &usize| {
            let owner = owners[*from];
            trials(&questions[owner], owner, *from, points, steps)
        };
        let mut trials: Vec<Trial> = places.iter().flat_map(of).collect();
        let mut kept = kept(constraint, &trials, |trial| trial.high).await.into_iter();
        trials.retain(|_| kept.next() == Some(true));
        for _ in 0..HALVINGS {
            narrow(constraint, &mut trials).await;
        }
        places.retain(|from| {
            let own = trials.iter().filter(|trial| trial.from == *from);
            let question = &questions[owners[*from]];
            let priced = own.map(|trial| (cost(question, &trial.at(trial.high)), trial));
            let best = priced.min_by(|a, b| a.0.total_cmp(&b.0));
            let size = question.resources();
            let point = &mut points[from * size..(from + 1) * size];
            let before = cost(question, point);
            let Some((after, trial)) = best.filter(|(after, _)| *after < before) else {
                return false;
            };
            point.copy_from_slice(&trial.at(trial.high));
            before - after > LEAST_SAVING * (question.base_cost + before)
        });
        if places.is_empty() {
            return;
        }
    }
}

/// Cost of a point above that of the box's foot.
fn cost(question: &Question, point: &[f64]) -> f64 {
    question.costs.iter().zip(point).map(|(cost, x)| cost * x).sum()
}

/// The exchanges of a question that would save if they kept the promise.
fn trials(
    question: &Question,
    owner: usize,
    from: usize,
    points: &[f64],
    steps: &[f64],
) -> Vec<Trial> {
    let size = question.resources();
    let point = &points[from * size..(from + 1) * size];
    let mut found = Vec::new();
    for free in 0..size {
        found.push(Trial { from, owner, point: point.to_vec(), free, low: 0.0, high: point[free] });
        if question.costs[free] <= 0.0 {
            continue;
        }
        for moved in (0..size).filter(|moved| *moved != free) {
            for step in steps {
                let mut point = point.to_vec();
                let before = point[moved];
                point[moved] = (before + step).clamp(0.0, 1.0);
                let paid = question.costs[moved] * (point[moved] - before);
                let high = (point[free] - paid / question.costs[free]).min(1.0);
                if high >= 0.0 && point[moved] != before {
                    found.push(Trial { from, owner, point, free, low: 0.0, high });
                }
            }
        }
    }
    found
}

impl Trial {
    fn at(&self, amount: f64) -> Vec<f64> {
        let mut point = self.point.clone();
        point[self.free] = amount;
        point
    }
}

/// Whether each trial keeps the promise with `amount` of its free resource.
async fn kept(
    constraint: &mut impl Constraint,
    trials: &[Trial],
    amount: impl Fn(&Trial) -> f64,
) -> Vec<bool> {
    let owners: Vec<usize> = trials.iter().map(|trial| trial.owner).collect();
    let points: Vec<f64> = trials.iter().flat_map(|trial| trial.at(amount(trial))).collect();
    let mut values = vec![0.0; owners.len()];
    constraint.values(&owners, &points, &mut values).await;
    values.into_iter().map(|value| value <= LIMIT).collect()
}

/// Halves the room of each trial.
async fn narrow(constraint: &mut impl Constraint, trials: &mut [Trial]) {
    let middle = |trial: &Trial| 0.5 * (trial.low + trial.high);
    let kept = kept(constraint, trials, middle).await;
    for (trial, kept) in trials.iter_mut().zip(kept) {
        let middle = middle(trial);
        if kept { trial.high = middle } else { trial.low = middle }
    }
}
