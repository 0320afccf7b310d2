//! IPO: interior-point policy optimisation (Liu, Ding and Liu, AAAI 2020): PPO with a log barrier on the
//! expected constraint. MicroOpt runs it under the name of CaDRL.
//!
//! The environment is the black box, one step an episode: a normal policy draws a point, its reward is
//! minus the cost per variable, so that at usual prices it lies between -1 and 0 as the constraint's mean
//! does between 0 and 1. The barrier's slope is the weight kappa / (limit - mean), at most 1, and 1 where the
//! mean breaks the limit; it weighs the constraint's advantage against the reward's, (A_r - w A_c) /
//! (1 + w). There is one state, so a critic is a number which the centring of the advantages takes away
//! (none is trained), and discounts have nothing to discount.
//!
//! What counts as found is what the policy does when it does not explore: a policy is deployed so.

use serde::Serialize;
use slicewise_core::seed::{ChaCha8Rng, normal, stream};

use super::{BlackBox, Ended, Optimiser, Search, streams};
use crate::monitor::Monitor;
use crate::neural::dense::{Activation, Shape, Trace};
use crate::neural::steps::Adam;

/// How the policy learns. The defaults are those of a public implementation of IPO.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InteriorPointPolicy {
    /// Units of the hidden layers, with hyperbolic tangents.
    pub hidden: Vec<usize>,
    /// Episodes between two updates.
    pub episodes: usize,
    /// Gradient steps of an update.
    pub steps: usize,
    /// Learning rate, of Adam.
    pub rate: f64,
    /// By how much the ratio of probabilities may leave 1 (PPO).
    pub clip: f64,
    /// Divergence from the old policy at which an update ends.
    pub divergence: f64,
    /// Slope of the barrier.
    pub kappa: f64,
    /// Largest weight of the constraint.
    pub most_weight: f64,
    /// Deviation of the policy at the start, in half ranges of the box.
    pub deviation: f64,
}

impl Default for InteriorPointPolicy {
    fn default() -> Self {
        Self {
            hidden: vec![64, 64],
            episodes: 64,
            steps: 10,
            rate: 3e-4,
            clip: 0.2,
            divergence: 0.02,
            kappa: 0.01,
            most_weight: 1.0,
            deviation: 0.6,
        }
    }
}

impl Optimiser for InteriorPointPolicy {
    async fn search<B: BlackBox, M: Monitor>(
        &self,
        search: &mut Search<'_, B, M>,
        seed: u64,
    ) -> Result<(), Ended> {
        let mut policy = Policy::new(self, search.dimension(), seed);
        loop {
            let (actions, points) = policy.explore(self.episodes);
            let excesses = search.explore(&points).await?;
            let dimension = search.dimension();
            let reward = |point: &[f64]| -search.cost(point) / dimension as f64;
            let rewards: Vec<f64> = points.chunks_exact(dimension).map(reward).collect();
            policy.update(self, &actions, &self.advantages(&rewards, &excesses));
            let deployed = policy.points(&policy.mean());
            search.excesses(&deployed).await?;
        }
    }
}

impl InteriorPointPolicy {
    /// What each episode is worth: the reward's advantage less the constraint's by the barrier's weight.
    fn advantages(&self, rewards: &[f64], excesses: &[f64]) -> Vec<f64> {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (reward, excess) = (mean(rewards), mean(excesses));
        let weight = self.weight(excess);
        let pairs = rewards.iter().zip(excesses);
        pairs.map(|(r, e)| (r - reward - weight * (e - excess)) / (1.0 + weight)).collect()
    }

    /// Weight of the constraint where the mean excess is so much.
    fn weight(&self, excess: f64) -> f64 {
        if excess < 0.0 { (self.kappa / -excess).min(self.most_weight) } else { self.most_weight }
    }
}

/// A normal policy of one state: means by a network, a deviation for each variable.
struct Policy {
    shape: Shape,
    network: Vec<f32>,
    log_deviations: Vec<f32>,
    steps: Adam,
    deviation_steps: Adam,
    generator: ChaCha8Rng,
}

/// The only state there is.
const STATE: [f32; 1] = [1.0];

impl Policy {
    fn new(settings: &InteriorPointPolicy, dimension: usize, seed: u64) -> Self {
        let mut generator = stream(seed, streams::INTERIOR_POINT_POLICY);
        let mut widths = vec![1];
        widths.extend(&settings.hidden);
        widths.push(dimension);
        let shape = Shape { widths, activation: Activation::Tanh };
        let network = shape.drawn(0.01, &mut generator);
        Self {
            steps: Adam::new(network.len(), settings.rate),
            deviation_steps: Adam::new(dimension, settings.rate),
            log_deviations: vec![libm::log(settings.deviation) as f32; dimension],
            network,
            shape,
            generator,
        }
    }

    /// The action without exploration.
    fn mean(&self) -> Vec<f64> {
        self.forward(&mut Trace::default())
    }

    /// The action without exploration, with what a step backward needs.
    fn forward(&self, trace: &mut Trace) -> Vec<f64> {
        self.shape.forward(&self.network, &STATE, trace);
        trace.outputs().iter().map(|mean| f64::from(*mean)).collect()
    }

    fn deviations(&self) -> Vec<f64> {
        self.log_deviations.iter().map(|log| libm::exp(f64::from(*log))).collect()
    }

    /// The points of the box that actions stand for: -1 to 1 fills it.
    fn points(&self, actions: &[f64]) -> Vec<f64> {
        actions.iter().map(|action| (0.5 + 0.5 * action).clamp(0.0, 1.0)).collect()
    }

    /// Actions of so many episodes and their points.
    fn explore(&mut self, episodes: usize) -> (Vec<f64>, Vec<f64>) {
        let (mean, deviations) = (self.mean(), self.deviations());
        let mut actions = Vec::with_capacity(episodes * mean.len());
        for _ in 0..episodes {
            for (mean, deviation) in mean.iter().zip(&deviations) {
                actions.push(mean + deviation * normal(&mut self.generator));
            }
        }
        let points = self.points(&actions);
        (actions, points)
    }

    /// Raises the clipped objective of PPO.
    fn update(&mut self, settings: &InteriorPointPolicy, actions: &[f64], advantages: &[f64]) {
        let mut trace = Trace::default();
        let old = (self.forward(&mut trace), self.deviations());
        let mut new = old.clone();
        for _ in 0..settings.steps {
            let (by_means, by_logs) = slopes(settings, &old, &new, actions, advantages);
            let mut gradient = vec![0.0; self.network.len()];
            self.shape.backward(&self.network, &mut trace, &by_means, &mut gradient);
            self.steps.step(&mut self.network, &gradient);
            self.deviation_steps.step(&mut self.log_deviations, &by_logs);
            new = (self.forward(&mut trace), self.deviations());
            if divergence(&old, &new) > settings.divergence {
                return;
            }
        }
    }
}

/// Slopes of minus the objective by means and by the deviations' logarithms, from `old` ones to those now.
fn slopes(
    settings: &InteriorPointPolicy,
    old: &(Vec<f64>, Vec<f64>),
    (mean, deviations): &(Vec<f64>, Vec<f64>),
    actions: &[f64],
    advantages: &[f64],
) -> (Vec<f32>, Vec<f32>) {
    let mut by_means = vec![0.0; mean.len()];
    let mut by_logs = vec![0.0; mean.len()];
    for (action, advantage) in actions.chunks_exact(mean.len()).zip(advantages) {
        let log_ratio = log_density(action, mean, deviations) - log_density(action, &old.0, &old.1);
        let ratio = libm::exp(log_ratio);
        // Beyond the clip the objective is flat, on the side that the advantage pulls to.
        let flat = if *advantage > 0.0 {
            ratio > 1.0 + settings.clip
        } else {
            ratio < 1.0 - settings.clip
        };
        if flat {
            continue;
        }
        let pull = advantage * ratio / advantages.len() as f64;
        for (k, action) in action.iter().enumerate() {
            let z = (action - mean[k]) / deviations[k];
            by_means[k] -= (pull * z / deviations[k]) as f32;
            by_logs[k] -= (pull * (z * z - 1.0)) as f32;
        }
    }
    (by_means, by_logs)
}

/// Logarithm of a normal density, but for a constant.
fn log_density(action: &[f64], mean: &[f64], deviations: &[f64]) -> f64 {
    let parts = action.iter().zip(mean).zip(deviations);
    parts
        .map(|((action, mean), deviation)| {
            -0.5 * ((action - mean) / deviation).powi(2) - libm::log(*deviation)
        })
        .sum()
}

/// Divergence of one normal distribution from another.
fn divergence(of: &(Vec<f64>, Vec<f64>), from: &(Vec<f64>, Vec<f64>)) -> f64 {
    let pairs = of.0.iter().zip(&of.1).zip(from.0.iter().zip(&from.1));
    pairs
        .map(|((m, s), (mean, deviation))| {
            libm::log(deviation / s) + (s * s + (m - mean).powi(2)) / (2.0 * deviation * deviation)
                - 0.5
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::test_problems::{Problem, disc, solved};
    use super::*;

    #[test]
    fn the_barrier_weighs_the_constraint_as_stated() {
        let ipo = InteriorPointPolicy::default();
        assert!((ipo.weight(-0.5) - 0.02).abs() < 1e-12);
        assert!((ipo.weight(-0.001) - 1.0).abs() < 1e-12);
        assert!((ipo.weight(0.3) - 1.0).abs() < 1e-12);
        let found = ipo.advantages(&[1.0, 3.0], &[-0.4, -0.6]);
        // Mean excess -0.5: weight 0.02; rewards 1 off, excesses 0.1.
        let expected = (1.0 + 0.02 * 0.1) / 1.02;
        assert!((found[1] - expected).abs() < 1e-6 && (found[0] + expected).abs() < 1e-6);
    }

    #[test]
    fn slopes_are_those_of_the_clipped_objective_by_finite_differences() {
        let settings = InteriorPointPolicy::default();
        let mut policy = Policy::new(&settings, 2, 4);
        let (actions, _) = policy.explore(50);
        let advantages: Vec<f64> =
            actions.chunks_exact(2).map(|a| a[0] - 0.5 * a[1] * a[1]).collect();
        let old = (policy.mean(), policy.deviations());
        // Away from where all ratios are 1.
        policy.log_deviations = vec![-0.7, -0.35];
        let (mean, deviations) = (policy.mean(), policy.deviations());
        let objective = |mean: &[f64], deviations: &[f64]| -> f64 {
            let each = actions.chunks_exact(2).zip(&advantages).map(|(action, advantage)| {
                let ratio = (log_density(action, mean, deviations)
                    - log_density(action, &old.0, &old.1))
                .exp();
                f64::min(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage)
            });
            each.sum::<f64>() / 50.0
        };
        let (by_means, by_logs) =
            slopes(&settings, &old, &(mean.clone(), deviations.clone()), &actions, &advantages);
        for k in 0..2 {
            let by_mean = |step: f64| {
                let mut moved = mean.clone();
                moved[k] += step;
                objective(&moved, &deviations)
            };
            let by_log = |step: f64| {
                let mut moved = deviations.clone();
                moved[k] *= step.exp();
                objective(&mean, &moved)
            };
            let (mean, log) = (f64::from(by_means[k]), f64::from(by_logs[k]));
            let slope = (by_mean(1e-7) - by_mean(-1e-7)) / 2e-7;
            assert!((slope + mean).abs() < 1e-4, "{slope} {mean}");
            let slope = (by_log(1e-7) - by_log(-1e-7)) / 2e-7;
            assert!((slope + log).abs() < 1e-4, "{slope} {log}");
        }
    }

    fn quick() -> InteriorPointPolicy {
        InteriorPointPolicy { rate: 1e-3, ..InteriorPointPolicy::default() }
    }

    #[test]
    fn without_a_constraint_ppo_finds_the_top_of_a_hill() {
        let mut hill = Problem {
            lowest: vec![0.0; 2],
            highest: vec![1.0; 2],
            cost: |x| (x[0] - 0.7).powi(2) + 2.0 * (x[1] - 0.35).powi(2),
            excess: |_| -10.0,
        };
        let found = solved(&quick(), &mut hill, 20_000, 1);
        let best = &found.best().unwrap().point;
        assert!((best[0] - 0.7).abs() < 0.03 && (best[1] - 0.35).abs() < 0.03, "{best:?}");
    }

    #[test]
    fn with_a_constraint_it_stays_inside_and_comes_near_the_known_optimum() {
        let found = solved(&quick(), &mut disc(), 60_000, 1);
        let best = found.best().unwrap();
        let optimum = 1.0 - 0.4 * 2f64.sqrt();
        assert!(best.is_feasible() && best.cost >= optimum - 1e-12);
        assert!(best.cost < optimum + 0.1, "{} {optimum}", best.cost);
    }
}
