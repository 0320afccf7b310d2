//! Several constraints, each over its own variables, that share capacities.
//!
//! Minimises sum_s c·x_s subject to g_s(x_s) <= limit_s for each part s and sum_s x_s <= room. Two
//! tools: the dual over the capacities' prices, whose value bounds the cost from below, and a joint
//! descent by sequential linear programmes that shares the capacities out.

use std::collections::VecDeque;

use crate::constraint::Constraint;
use crate::linear_programme::LinearProgramme;
use crate::linear_step::dot;
use crate::monitor::{Monitor, Stopped};

/// Reach of the first joint step.
const FIRST_REACH: f64 = 0.1;
/// A joint descent has arrived when its reach falls below this.
const SHORTEST_REACH: f64 = 1e-6;
/// Refused points whose slopes the next programmes respect: at a kink one slope alone leads astray
/// for ever.
const REMEMBERED: usize = 3;
/// A step that promises less than this is not worth taking while refused slopes stand in its way.
const PROMISING: f64 = 1e-8;
/// The most steps of a joint descent.
const MOST_STEPS: usize = 200;
/// Merit per unit by which a limit or a capacity is broken; raised where a descent ends infeasible.
const FIRST_PENALTY: f64 = 20.0;
/// A descent that ends infeasible under this penalty gives up.
const HIGHEST_PENALTY: f64 = 1e4;
/// Every part aims this share of its limit inside, and the parts together this far below the room.
const MARGIN: f64 = 1e-6;

/// A plane above the concave dual function: value + slope·(price - at).
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// Prices at which the plane touches.
    pub at: Vec<f64>,
    /// The dual function there.
    pub value: f64,
    /// sum_s x_s - room there: which capacities are overdrawn.
    pub slope: Vec<f64>,
}

/// The prices within [0, `highest`] at which the lowest of the planes is highest (Kelley).
///
/// Returns the prices and the plane's height: no price can lift the dual function above it.
pub fn best_prices(cuts: &[Cut], highest: f64) -> Option<(Vec<f64>, f64)> {
    let dimension = cuts.first()?.at.len();
    let constant = |cut: &Cut| cut.value - dot(&cut.slope, &cut.at);
    // A plane is nowhere higher than where it rises, at the highest prices.
    let rise = |cut: &Cut| cut.slope.iter().map(|slope| slope.max(0.0) * highest).sum::<f64>();
    let ends = |ends: &dyn Fn(&Cut) -> f64| cuts.iter().map(ends).fold(f64::INFINITY, f64::min);
    let (upper, lower) = (ends(&|cut| constant(cut) + rise(cut)), ends(&constant));
    let mut programme = LinearProgramme::default();
    let height = programme.variable(-1.0, (lower, upper));
    let prices: Vec<usize> =
        (0..dimension).map(|_| programme.variable(0.0, (0.0, highest))).collect();
    for cut in cuts {
        let mut row = vec![(height, 1.0)];
        row.extend(prices.iter().zip(&cut.slope).map(|(price, slope)| (*price, -slope)));
        programme.at_most(row, constant(cut));
    }
    let found = programme.minimise()?;
    Some((prices.iter().map(|price| found.values[*price]).collect(), -found.cost))
}

/// Where a joint descent ended.
#[derive(Clone, Debug, PartialEq)]
pub struct JointDescent {
    /// x of all parts, one after the other.
    pub points: Vec<f64>,
    /// sum_s c·x_s.
    pub cost: f64,
    /// g_s per part.
    pub values: Vec<f64>,
    /// Whether every limit and every capacity is kept.
    pub feasible: bool,
    /// Points visited, first to last.
    pub path: Vec<Vec<f64>>,
}

/// What the parts share.
pub struct Shared<'a> {
    /// Cost per variable, the same for each part.
    pub costs: &'a [f64],
    /// Limit of each part.
    pub limits: &'a [f64],
    /// Room per variable for all parts together.
    pub room: &'a [f64],
}

struct State {
    points: Vec<f64>,
    values: Vec<f64>,
    gradients: Vec<f64>,
}

/// Descends jointly from `start` (parts x dimension); part s is owner s of `constraint`.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn descend_jointly(
    constraint: &mut impl Constraint,
    shared: &Shared<'_>,
    start: &[f64],
    monitor: &impl Monitor,
) -> Result<JointDescent, Stopped> {
    let parts = shared.limits.len();
    let mut state = evaluate(constraint, parts, start.to_vec()).await;
    let mut best = shared.assess(&state);
    let mut path = vec![state.points.clone()];
    let mut penalty = FIRST_PENALTY;
    let mut reach = vec![FIRST_REACH; parts];
    let mut refused: VecDeque<State> = VecDeque::new();
    for _ in 0..MOST_STEPS {
        monitor.checkpoint().await?;
        if reach.iter().all(|reach| *reach < SHORTEST_REACH) {
            if best.feasible || penalty >= HIGHEST_PENALTY {
                break;
            }
            penalty *= 8.0;
            reach.fill(FIRST_REACH);
        }
        let Some((trial, predicted)) = shared.propose(&state, &refused, &reach, penalty) else {
            break;
        };
        if predicted <= PROMISING && !refused.is_empty() {
            // The refused slopes leave nothing to gain; they may not hold here.
            refused.clear();
            continue;
        }
        let trial = evaluate(constraint, parts, trial).await;
        let found = shared.assess(&trial);
        if better(&found, &best) {
            best = found;
        }
        let actual = shared.merit(&state, penalty) - shared.merit(&trial, penalty);
        let accepted = predicted > 0.0 && actual > 0.1 * predicted;
        shared.adjust(&mut reach, &state, &trial, penalty, predicted, accepted);
        if accepted {
            state = trial;
            path.push(state.points.clone());
        } else {
            refused.push_back(trial);
            if refused.len() > REMEMBERED {
                refused.pop_front();
            }
        }
    }
    best.path = path;
    Ok(best)
}

fn better(found: &JointDescent, best: &JointDescent) -> bool {
    match (found.feasible, best.feasible) {
        (true, false) => true,
        (true, true) => found.cost < best.cost,
        _ => false,
    }
}

async fn evaluate(constraint: &mut impl Constraint, parts: usize, points: Vec<f64>) -> State {
    let owners: Vec<usize> = (0..parts).collect();
    let mut state = State { values: vec![0.0; parts], gradients: vec![0.0; points.len()], points };
    let State { points, values, gradients } = &mut state;
    constraint.gradients(&owners, points, values, gradients).await;
    state
}

impl Shared<'_> {
    fn cost(&self, points: &[f64]) -> f64 {
        points.chunks_exact(self.costs.len()).map(|x| dot(self.costs, x)).sum()
    }

    /// How much each capacity is overdrawn.
    fn overdraft(&self, points: &[f64]) -> f64 {
        (0..self.costs.len())
            .map(|k| {
                let used: f64 = points.iter().skip(k).step_by(self.costs.len()).sum();
                (used - self.room[k]).max(0.0)
            })
            .sum()
    }

    fn excess(&self, values: &[f64], margin: f64) -> f64 {
        values.iter().zip(self.limits).map(|(g, limit)| (g - limit * (1.0 - margin)).max(0.0)).sum()
    }

    fn merit(&self, state: &State, penalty: f64) -> f64 {
        let broken = self.excess(&state.values, MARGIN) + self.overdraft(&state.points);
        self.cost(&state.points) + penalty * broken
    }

    fn assess(&self, state: &State) -> JointDescent {
        JointDescent {
            points: state.points.clone(),
            cost: self.cost(&state.points),
            values: state.values.clone(),
            feasible: self.excess(&state.values, 0.0) == 0.0
                && self.overdraft(&state.points) == 0.0,
            path: Vec::new(),
        }
    }

    /// Sets how far each part may go next. A part that its slopes misled goes half as far; the
    /// others need not wait for it. Where a refused step misled no part, all of them slow down.
    fn adjust(
        &self,
        reach: &mut [f64],
        from: &State,
        to: &State,
        penalty: f64,
        predicted: f64,
        accepted: bool,
    ) {
        let dimension = self.costs.len();
        let share = 0.25 * predicted.abs() / reach.len() as f64;
        let misled: Vec<bool> = (0..reach.len())
            .map(|s| {
                let own = s * dimension..(s + 1) * dimension;
                let linear: f64 =
                    own.map(|i| from.gradients[i] * (to.points[i] - from.points[i])).sum::<f64>()
                        + from.values[s];
                let broken = |value: f64| (value - self.limits[s]).max(0.0);
                penalty * (broken(to.values[s]) - broken(linear)) > share
            })
            .collect();
        let nobody = !misled.contains(&true);
        for (reach, misled) in reach.iter_mut().zip(misled) {
            if misled || (nobody && !accepted) {
                *reach *= 0.5;
            } else if accepted {
                *reach = (2.0 * *reach).min(0.3);
            }
        }
    }

    /// The best linear step within `reach`, and the merit it promises. Broken limits are paid for
    /// by elastic variables, so that the programme always has a solution.
    fn propose(
        &self,
        state: &State,
        refused: &VecDeque<State>,
        reach: &[f64],
        penalty: f64,
    ) -> Option<(Vec<f64>, f64)> {
        let dimension = self.costs.len();
        let mut programme = LinearProgramme::default();
        let steps: Vec<usize> = state
            .points
            .iter()
            .enumerate()
            .map(|(i, x)| {
                let reach = reach[i / dimension];
                programme
                    .variable(self.costs[i % dimension], ((-reach).max(-x), reach.min(1.0 - x)))
            })
            .collect();
        for (s, limit) in self.limits.iter().enumerate() {
            let elastic = programme.variable(penalty, (0.0, f64::INFINITY));
            for seen in std::iter::once(state).chain(refused) {
                let mut row = vec![(elastic, -1.0)];
                let mut rest = limit * (1.0 - MARGIN) - seen.values[s];
                let own = s * dimension..(s + 1) * dimension;
                for (i, step) in steps.iter().enumerate().take(own.end).skip(own.start) {
                    row.push((*step, seen.gradients[i]));
                    rest -= seen.gradients[i] * (state.points[i] - seen.points[i]);
                }
                programme.at_most(row, rest);
            }
        }
        for k in 0..dimension {
            let elastic = programme.variable(penalty, (0.0, f64::INFINITY));
            let used: f64 = state.points.iter().skip(k).step_by(dimension).sum();
            let mut row = vec![(elastic, -1.0)];
            row.extend(steps.iter().skip(k).step_by(dimension).map(|step| (*step, 1.0)));
            programme.at_most(row, self.room[k] - MARGIN - used);
        }
        let found = programme.minimise()?;
        let promised = self.cost(&state.points) + found.cost;
        let trial = state
            .points
            .iter()
            .zip(&steps)
            .map(|(x, step)| (x + found.values[*step]).clamp(0.0, 1.0))
            .collect();
        Some((trial, self.merit(state, penalty) - promised))
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::constraint::Formula;
    use crate::monitor::Unmonitored;

    #[test]
    fn two_parts_share_a_scarce_capacity_as_the_closed_form_says() {
        // Both want x0 * x1 >= 0.0625 at least x0 + x1, so x = (0.25, 0.25) each; with room 0.4 for
        // x0 they get 0.2 each and x1 = 0.3125 each: cost 1.025.
        let mut parts = Formula { value: |x| 1.0 - x[0] * x[1], gradient: |x| [-x[1], -x[0]] };
        let shared = Shared { costs: &[1.0, 1.0], limits: &[0.9375, 0.9375], room: &[0.4, 2.0] };
        let start = [0.5, 0.5, 0.4, 0.6];
        let found = block_on(descend_jointly(&mut parts, &shared, &start, &Unmonitored)).unwrap();
        assert!(found.feasible);
        assert!((found.cost - 1.025).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn prices_rise_where_capacity_is_overdrawn() {
        // The dual of one part: phi(p) = 2 sqrt(0.0625 (1 + p)) with room 0.2: slope x0 - 0.2.
        let dual = |p: f64| {
            let x0 = (0.0625 / (1.0 + p)).sqrt();
            (2.0 * (0.0625 * (1.0 + p)).sqrt() - 0.2 * p, x0 - 0.2)
        };
        let mut cuts = Vec::new();
        let mut price = vec![0.0];
        for _ in 0..30 {
            let (value, slope) = dual(price[0]);
            cuts.push(Cut { at: price.clone(), value, slope: vec![slope] });
            price = best_prices(&cuts, 100.0).unwrap().0;
        }
        // At the optimum x0 = 0.2: 1 + p = 0.0625 / 0.04.
        assert!((price[0] - 0.5625).abs() < 1e-3, "{price:?}");
    }
}
