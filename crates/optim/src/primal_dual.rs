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

/// One part: its surrogate for gradients and its strict constraint for multipliers.
pub struct Part<'a, C> {
    /// Differentiable surrogate.
    pub surrogate: &'a mut C,
    /// Strict definition.
    pub strict: &'a mut C,
    /// Limit on both.
    pub limit: f64,
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

/// Runs Algorithm 1 from `starts` (starts x parts x dimension) with `costs` per variable and `room`
/// per variable for all parts together.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn primal_dual<C: Constraint>(
    parts: &mut [Part<'_, C>],
    costs: &[f64],
    room: &[f64],
    starts: &[f64],
    settings: &Settings,
    monitor: &impl Monitor,
) -> Result<Answer, Stopped> {
    let dimension = costs.len();
    let width = parts.len() * dimension;
    let mut runs: Vec<Run> =
        starts.chunks_exact(width).map(|start| Run::new(start, parts.len(), dimension)).collect();
    let mut answer = Answer { lower: 0.0, ..Answer::default() };
    let at_start = strict_values(parts, &runs, dimension).await;
    let mut values = at_start.clone();
    for outer in 0..settings.outer {
        for ((run, now), at_start) in runs.iter_mut().zip(&values).zip(&at_start) {
            run.initialise(parts, costs, room, now, at_start);
        }
        descend(parts, costs, &mut runs, settings, monitor).await?;
        let rate = 1.0 / (1.0 + outer as f64 / 10.0).sqrt();
        values = strict_values(parts, &runs, dimension).await;
        for (run, values) in runs.iter_mut().zip(&values) {
            run.account(&mut answer, parts, costs, room, values);
            run.raise(parts, room, values, settings, rate);
            run.path.push(run.x.clone());
        }
        answer.history.push((answer.lower, answer.upper));
        if answer.closed(settings.tolerance)
            && runs
                .iter()
                .zip(&values)
                .any(|(run, values)| run.settled(parts, values, settings.tolerance))
        {
            break;
        }
    }
    answer.paths = runs.into_iter().map(|run| run.path).collect();
    Ok(answer)
}

/// How much of resource `k` all parts together use.
fn used(x: &[f64], k: usize, dimension: usize) -> f64 {
    x.iter().skip(k).step_by(dimension).sum()
}

fn cost(x: &[f64], costs: &[f64]) -> f64 {
    x.iter().enumerate().map(|(i, x)| costs[i % costs.len()] * x).sum()
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
    fn initialise<C>(
        &mut self,
        parts: &[Part<'_, C>],
        costs: &[f64],
        room: &[f64],
        values: &[f64],
        at_start: &[f64],
    ) {
        let now = self.lagrangian(&self.x, parts, costs, room, values);
        if self.lagrangian(&self.start, parts, costs, room, at_start) < now {
            self.x.copy_from_slice(&self.start);
            self.first.fill(0.0);
            self.second.fill(0.0);
            self.steps = 0;
        }
    }

    fn lagrangian<C>(
        &self,
        x: &[f64],
        parts: &[Part<'_, C>],
        costs: &[f64],
        room: &[f64],
        values: &[f64],
    ) -> f64 {
        let broken: f64 = parts
            .iter()
            .zip(values)
            .zip(&self.multipliers)
            .map(|((part, value), multiplier)| multiplier * (value - part.limit))
            .sum();
        let overdrawn: f64 = self
            .prices
            .iter()
            .enumerate()
            .map(|(k, price)| price * (used(x, k, costs.len()) - room[k]))
            .sum();
        cost(x, costs) + broken + overdrawn
    }

    /// Updates LB and UB.
    fn account<C>(
        &self,
        answer: &mut Answer,
        parts: &[Part<'_, C>],
        costs: &[f64],
        room: &[f64],
        values: &[f64],
    ) {
        let cost = cost(&self.x, costs);
        let broken = parts.iter().zip(values).any(|(part, value)| *value > part.limit);
        let overdrawn = (0..room.len()).any(|k| used(&self.x, k, room.len()) > room[k]);
        if !broken && !overdrawn && answer.upper.is_none_or(|upper| cost < upper) {
            answer.upper = Some(cost);
            answer.points = Some(self.x.clone());
            answer.multipliers = self.multipliers.clone();
            answer.prices = self.prices.clone();
        }
        // A Lagrangian above UB only says that the inner loop is far from the infimum.
        let lagrangian = self.lagrangian(&self.x, parts, costs, room, values);
        if answer.upper.is_none_or(|upper| lagrangian <= upper) {
            answer.lower = answer.lower.max(lagrangian);
        }
        if answer.upper.is_some_and(|upper| answer.lower > upper) {
            answer.lower = 0.0;
        }
    }

    /// Whether every constraint is either met exactly or costs nothing.
    fn settled<C>(&self, parts: &[Part<'_, C>], values: &[f64], tolerance: f64) -> bool {
        let slack = |part: &Part<'_, C>, value: &f64| (value - part.limit).abs();
        parts
            .iter()
            .zip(values)
            .zip(&self.multipliers)
            .all(|((part, value), multiplier)| multiplier * slack(part, value) <= tolerance)
    }

    /// Raises the multipliers of what is broken and lowers the others.
    fn raise<C>(
        &mut self,
        parts: &[Part<'_, C>],
        room: &[f64],
        values: &[f64],
        settings: &Settings,
        rate: f64,
    ) {
        for ((multiplier, part), value) in self.multipliers.iter_mut().zip(parts).zip(values) {
            let change = settings.multiplier_step * rate * (value - part.limit);
            *multiplier = (*multiplier + change).max(0.0);
        }
        for k in 0..room.len() {
            let change = settings.price_step * rate * (used(&self.x, k, room.len()) - room[k]);
            self.prices[k] = (self.prices[k] + change).max(0.0);
        }
    }
}

/// The inner loop for all starts.
async fn descend<C: Constraint>(
    parts: &mut [Part<'_, C>],
    costs: &[f64],
    runs: &mut [Run],
    settings: &Settings,
    monitor: &impl Monitor,
) -> Result<(), Stopped> {
    let dimension = costs.len();
    let mut gradient = vec![vec![0.0; parts.len() * dimension]; runs.len()];
    for _ in 0..settings.inner {
        monitor.checkpoint().await?;
        for (s, part) in parts.iter_mut().enumerate() {
            let own = s * dimension..(s + 1) * dimension;
            let points: Vec<f64> =
                runs.iter().flat_map(|run| run.x[own.clone()].iter().copied()).collect();
            let (mut values, mut slopes) = (vec![0.0; runs.len()], vec![0.0; points.len()]);
            part.surrogate.gradients(&points, &mut values, &mut slopes).await;
            for (index, run) in runs.iter().enumerate() {
                for k in 0..dimension {
                    gradient[index][s * dimension + k] = costs[k]
                        + run.prices[k]
                        + run.multipliers[s] * slopes[index * dimension + k];
                }
            }
        }
        let mut largest = 0.0f64;
        for (run, gradient) in runs.iter_mut().zip(&gradient) {
            largest = largest.max(run.step(gradient, settings.step));
        }
        if largest <= settings.flat {
            break;
        }
    }
    Ok(())
}

/// The strict constraint of each part at each start's point.
async fn strict_values<C: Constraint>(
    parts: &mut [Part<'_, C>],
    runs: &[Run],
    dimension: usize,
) -> Vec<Vec<f64>> {
    let mut all = vec![vec![0.0; parts.len()]; runs.len()];
    for (s, part) in parts.iter_mut().enumerate() {
        let own = s * dimension..(s + 1) * dimension;
        let points: Vec<f64> =
            runs.iter().flat_map(|run| run.x[own.clone()].iter().copied()).collect();
        let mut values = vec![0.0; runs.len()];
        part.strict.values(&points, &mut values).await;
        for (row, value) in all.iter_mut().zip(values) {
            row[s] = value;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::monitor::Unmonitored;

    /// g = (exp(-3 x0) + exp(-3 x1)) / 2, convex.
    struct Decay;

    impl Constraint for Decay {
        fn dimension(&self) -> usize {
            2
        }

        async fn values(&mut self, points: &[f64], values: &mut [f64]) {
            for (value, x) in values.iter_mut().zip(points.chunks_exact(2)) {
                *value = 0.5 * ((-3.0 * x[0]).exp() + (-3.0 * x[1]).exp());
            }
        }

        async fn gradients(&mut self, points: &[f64], values: &mut [f64], gradients: &mut [f64]) {
            self.values(points, values).await;
            for (gradient, x) in gradients.chunks_exact_mut(2).zip(points.chunks_exact(2)) {
                for k in 0..2 {
                    gradient[k] = -1.5 * (-3.0 * x[k]).exp();
                }
            }
        }
    }

    #[test]
    fn it_comes_close_to_the_closed_form_and_brackets_it() {
        let (mut surrogate, mut strict) = (Decay, Decay);
        let mut parts = [Part { surrogate: &mut surrogate, strict: &mut strict, limit: 0.3 }];
        let answer = block_on(primal_dual(
            &mut parts,
            &[1.0, 2.0],
            &[1.0, 1.0],
            &[0.9, 0.9, 0.5, 0.7],
            &Settings::default(),
            &Unmonitored,
        ))
        .unwrap();
        // exp(-3 x0) = 0.2 and exp(-3 x1) = 0.4 where both slopes cost the same.
        let optimum = (-(0.2f64.ln()) - 2.0 * 0.4f64.ln()) / 3.0;
        let upper = answer.upper.unwrap();
        assert!(upper >= optimum && upper < 1.01 * optimum, "{upper}");
        let ordered =
            |(lower, upper): &(f64, Option<f64>)| upper.is_none_or(|upper| *lower <= upper);
        assert!(answer.history.iter().all(ordered), "{:?}", answer.history);
    }
}
