//! The last step of a batch on a monotone network: more of one resource for less of another, along the
//! edge of the promise.
//!
//! Where more of a resource never serves worse, the least amount of one resource beside the others is
//! found by bisection, whatever kinks or walls the edge has, at which descents come to rest.

use slicewise_optim::Constraint;

use super::log_odds::LIMIT;
use crate::question::Question;

/// How much more or less of a resource is tried, in the unit box.
const STEPS: [f64; 10] = [-0.2, -0.06, -0.02, -0.006, -0.002, 0.002, 0.006, 0.02, 0.06, 0.2];
/// Halvings of the room that another resource has.
const HALVINGS: usize = 13;
/// The most exchanges from a place.
const MOST_ROUNDS: usize = 8;
/// An exchange that saves less than this share of the cost ends them.
const LEAST_SAVING: f64 = 1e-5;

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

/// Takes away what the promise of each place does not need, of one resource alone.
pub(super) async fn tighten(
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
pub(super) async fn exchange(
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
pub(super) fn cost(question: &Question, point: &[f64]) -> f64 {
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
