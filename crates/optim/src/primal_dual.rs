//! The primal-dual method of MicroOpt, Algorithm 1, for several parts that share capacities.
//!
//! Inner loop: gradient descent (Adam, as the paper's footnote 1 suggests) on the Lagrangian with
//! the surrogate constraint, projected on the unit box. Outer loop: the multipliers follow the
//! strict constraint. All starts run in one batch. What the text gets wrong is mended: both loops
//! end when either condition holds, and the answer is the best *feasible* point, the one that set
//! the upper bound.

use crate::constraint::Constraint;
use crate::monitor::{Monitor, Stopped};

/// The parameters of Algorithm 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Outer iterations, tau_1,max.
    pub outer: usize,
    /// Inner iterations per outer one, tau_2,max.
    pub inner: usize,
    /// Step of the variables, alpha_1.
    pub step: f64,
    /// Step of the constraints' multipliers, alpha_2.
    pub multiplier_step: f64,
    /// Step of the capacities' multipliers, alpha_3.
    pub price_step: f64,
    /// Relative gap at which to stop, epsilon_1.
    pub tolerance: f64,
    /// Largest gradient entry at which the inner loop stops, epsilon_2.
    pub flat: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            outer: 80,
            inner: 40,
            step: 0.01,
            multiplier_step: 4.0,
            price_step: 2.0,
            tolerance: 1e-3,
            flat: 1e-4,
        }
    }
}

/// What the parts are: part s is owner s of both constraints.
pub struct Parts<'a, C> {
    /// Differentiable surrogate, for gradients.
    pub surrogate: &'a mut C,
    /// Strict definition, for multipliers.
    pub strict: &'a mut C,
    /// Limit of each part.
    pub limits: &'a [f64],
    /// Cost per variable, the same for each part.
    pub costs: &'a [f64],
    /// Room per variable for all parts together.
    pub room: &'a [f64],
}

/// What Algorithm 1 found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// x of all parts of the best feasible point, if one was met.
    pub points: Option<Vec<f64>>,
    /// Its cost: UB.
    pub upper: Option<f64>,
    /// The largest Lagrangian met: LB of the paper, no proof for a problem that is not convex.
    pub lower: f64,
    /// Multipliers of the parts' constraints where UB was set.
    pub multipliers: Vec<f64>,
    /// Multipliers of the capacities where UB was set.
    pub prices: Vec<f64>,
    /// (LB, UB) after each outer iteration.
    pub history: Vec<(f64, Option<f64>)>,
    /// The point of each start after each outer iteration.
    pub paths: Vec<Vec<Vec<f64>>>,
}

impl Answer {
    fn closed(&self, tolerance: f64) -> bool {
        self.upper.is_some_and(|upper| (upper - self.lower) / upper <= tolerance)
    }
}

/// Runs Algorithm 1 from `starts` (starts x parts x dimension).
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn primal_dual<C: Constraint>(
    parts: &mut Parts<'_, C>,
    starts: &[f64],
    settings: &Settings,
    monitor: &impl Monitor,
) -> Result<Answer, Stopped> {
    let (limits, costs, room) = (parts.limits, parts.costs, parts.room);
    let terms = Lagrangian { limits, costs, room };
    let width = limits.len() * costs.len();
    let mut runs: Vec<Run> = starts
        .chunks_exact(width)
        .map(|start| Run::new(start, limits.len(), costs.len()))
        .collect();
    let mut answer = Answer { lower: 0.0, ..Answer::default() };
    let at_start = strict_values(parts, &runs).await;
    let mut values = at_start.clone();
    for outer in 0..settings.outer {
        for ((run, now), at_start) in runs.iter_mut().zip(&values).zip(&at_start) {
            run.initialise(&terms, now, at_start);
        }
        descend(parts, &mut runs, settings, monitor).await?;
        let rate = 1.0 / (1.0 + outer as f64 / 10.0).sqrt();
        values = strict_values(parts, &runs).await;
        for (run, values) in runs.iter_mut().zip(&values) {
            run.account(&mut answer, &terms, values);
            run.raise(&terms, values, settings, rate);
            run.path.push(run.x.clone());
        }
        answer.history.push((answer.lower, answer.upper));
        let settled =
            |(run, values): (&Run, &Vec<f64>)| run.settled(limits, values, settings.tolerance);
        if answer.closed(settings.tolerance) && runs.iter().zip(&values).any(settled) {
            break;
        }
    }
    answer.paths = runs.into_iter().map(|run| run.path).collect();
    Ok(answer)
}

/// The numbers of the Lagrangian, equation (6).
struct Lagrangian<'a> {
    limits: &'a [f64],
    costs: &'a [f64],
    room: &'a [f64],
}

impl Lagrangian<'_> {
    fn value(&self, x: &[f64], values: &[f64], multipliers: &[f64], prices: &[f64]) -> f64 {
        let broken: f64 = self
            .limits
            .iter()
            .zip(values)
            .zip(multipliers)
            .map(|((limit, value), multiplier)| multiplier * (value - limit))
            .sum();
        let overdrawn: f64 = prices
            .iter()
            .enumerate()
            .map(|(k, price)| price * (self.used(x, k) - self.room[k]))
            .sum();
        self.cost(x) + broken + overdrawn
    }

    /// How much of resource `k` all parts together use.
    fn used(&self, x: &[f64], k: usize) -> f64 {
        x.iter().skip(k).step_by(self.costs.len()).sum()
    }

    fn cost(&self, x: &[f64]) -> f64 {
        x.iter().enumerate().map(|(i, x)| self.costs[i % self.costs.len()] * x).sum()
    }
}

/// One start with its multipliers and the state of Adam.
struct Run {
    start: Vec<f64>,
    x: Vec<f64>,
    multipliers: Vec<f64>,
    prices: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
    steps: i32,
    path: Vec<Vec<f64>>,
}

impl Run {
    fn new(start: &[f64], parts: usize, dimension: usize) -> Self {
        Self {
            start: start.to_vec(),
            x: start.to_vec(),
            multipliers: vec![1.0; parts],
            prices: vec![0.0; dimension],
            first: vec![0.0; start.len()],
            second: vec![0.0; start.len()],
            steps: 0,
            path: vec![start.to_vec()],
        }
    }

    /// One projected Adam step; returns the largest entry of the gradient.
    fn step(&mut self, gradient: &[f64], step: f64) -> f64 {
        const FIRST: f64 = 0.9;
        const SECOND: f64 = 0.99;
        self.steps += 1;
        let (first_bias, second_bias) =
            (1.0 - FIRST.powi(self.steps), 1.0 - SECOND.powi(self.steps));
        let mut largest = 0.0f64;
        for (i, g) in gradient.iter().enumerate() {
            self.first[i] = FIRST * self.first[i] + (1.0 - FIRST) * g;
            self.second[i] = SECOND * self.second[i] + (1.0 - SECOND) * g * g;
            let scaled =
                (self.first[i] / first_bias) / ((self.second[i] / second_bias).sqrt() + 1e-8);
            self.x[i] = (self.x[i] - step * scaled).clamp(0.0, 1.0);
            largest = largest.max(g.abs());
        }
        largest
    }

    /// Line 3 of Algorithm 1: goes back to the random start where that has the lower Lagrangian
    /// under the multipliers of now. Without it a start that fell to zero never leaves it.
    fn initialise(&mut self, terms: &Lagrangian<'_>, values: &[f64], at_start: &[f64]) {
        let now = terms.value(&self.x, values, &self.multipliers, &self.prices);
        if terms.value(&self.start, at_start, &self.multipliers, &self.prices) < now {
            self.x.copy_from_slice(&self.start);
            self.first.fill(0.0);
            self.second.fill(0.0);
            self.steps = 0;
        }
    }

    /// Updates LB and UB.
    fn account(&self, answer: &mut Answer, terms: &Lagrangian<'_>, values: &[f64]) {
        let cost = terms.cost(&self.x);
        let broken = terms.limits.iter().zip(values).any(|(limit, value)| value > limit);
        let overdrawn =
            terms.room.iter().enumerate().any(|(k, room)| terms.used(&self.x, k) > *room);
        if !broken && !overdrawn && answer.upper.is_none_or(|upper| cost < upper) {
            answer.upper = Some(cost);
            answer.points = Some(self.x.clone());
            answer.multipliers = self.multipliers.clone();
            answer.prices = self.prices.clone();
        }
        // A Lagrangian above UB only says that the inner loop is far from the infimum.
        let lagrangian = terms.value(&self.x, values, &self.multipliers, &self.prices);
        if answer.upper.is_none_or(|upper| lagrangian <= upper) {
            answer.lower = answer.lower.max(lagrangian);
        }
        if answer.upper.is_some_and(|upper| answer.lower > upper) {
            answer.lower = 0.0;
        }
    }

    /// Whether every constraint is either met exactly or costs nothing.
    fn settled(&self, limits: &[f64], values: &[f64], tolerance: f64) -> bool {
        limits
            .iter()
            .zip(values)
            .zip(&self.multipliers)
            .all(|((limit, value), multiplier)| multiplier * (value - limit).abs() <= tolerance)
    }

    /// Raises the multipliers of what is broken and lowers the others.
    fn raise(&mut self, terms: &Lagrangian<'_>, values: &[f64], settings: &Settings, rate: f64) {
        let limits = terms.limits.iter().zip(values);
        for (multiplier, (limit, value)) in self.multipliers.iter_mut().zip(limits) {
            let change = settings.multiplier_step * rate * (value - limit);
            *multiplier = (*multiplier + change).max(0.0);
        }
        for (k, room) in terms.room.iter().enumerate() {
            let change = settings.price_step * rate * (terms.used(&self.x, k) - room);
            self.prices[k] = (self.prices[k] + change).max(0.0);
        }
    }
}

/// One owner per part for each start, and the points in that order.
fn rows(runs: &[Run], parts: usize) -> (Vec<usize>, Vec<f64>) {
    let owners = runs.iter().flat_map(|_| 0..parts).collect();
    (owners, runs.iter().flat_map(|run| run.x.iter().copied()).collect())
}

/// The inner loop for all starts.
async fn descend<C: Constraint>(
    parts: &mut Parts<'_, C>,
    runs: &mut [Run],
    settings: &Settings,
    monitor: &impl Monitor,
) -> Result<(), Stopped> {
    let dimension = parts.costs.len();
    for _ in 0..settings.inner {
        monitor.checkpoint().await?;
        let (owners, points) = rows(runs, parts.limits.len());
        let (mut values, mut slopes) = (vec![0.0; owners.len()], vec![0.0; points.len()]);
        parts.surrogate.gradients(&owners, &points, &mut values, &mut slopes).await;
        let mut largest = 0.0f64;
        let width = parts.limits.len() * dimension;
        for (run, slopes) in runs.iter_mut().zip(slopes.chunks_exact_mut(width)) {
            for (i, slope) in slopes.iter_mut().enumerate() {
                let (part, k) = (i / dimension, i % dimension);
                *slope = parts.costs[k] + run.prices[k] + run.multipliers[part] * *slope;
            }
            largest = largest.max(run.step(slopes, settings.step));
        }
        if largest <= settings.flat {
            break;
        }
    }
    Ok(())
}

/// The strict constraint of each part at each start's point.
async fn strict_values<C: Constraint>(parts: &mut Parts<'_, C>, runs: &[Run]) -> Vec<Vec<f64>> {
    let count = parts.limits.len();
    let (owners, points) = rows(runs, count);
    let mut values = vec![0.0; owners.len()];
    parts.strict.values(&owners, &points, &mut values).await;
    values.chunks_exact(count).map(<[f64]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::constraint::Formula;
    use crate::monitor::Unmonitored;

    /// g = (exp(-3 x0) + exp(-3 x1)) / 2, convex.
    const DECAY: Formula = Formula {
        value: |x| 0.5 * ((-3.0 * x[0]).exp() + (-3.0 * x[1]).exp()),
        gradient: |x| [-1.5 * (-3.0 * x[0]).exp(), -1.5 * (-3.0 * x[1]).exp()],
    };

    #[test]
    fn it_comes_close_to_the_closed_form_and_brackets_it() {
        let (mut surrogate, mut strict) = (DECAY, DECAY);
        let mut parts = Parts {
            surrogate: &mut surrogate,
            strict: &mut strict,
            limits: &[0.3],
            costs: &[1.0, 2.0],
            room: &[1.0, 1.0],
        };
        let starts = [0.9, 0.9, 0.5, 0.7];
        let settings = Settings::default();
        let answer = block_on(primal_dual(&mut parts, &starts, &settings, &Unmonitored)).unwrap();
        // exp(-3 x0) = 0.2 and exp(-3 x1) = 0.4 where both slopes cost the same.
        let optimum = (-(0.2f64.ln()) - 2.0 * 0.4f64.ln()) / 3.0;
        let upper = answer.upper.unwrap();
        assert!(upper >= optimum && upper < 1.01 * optimum, "{upper}");
        let ordered =
            |(lower, upper): &(f64, Option<f64>)| upper.is_none_or(|upper| *lower <= upper);
        assert!(answer.history.iter().all(ordered), "{:?}", answer.history);
    }
}
