//! Proximal policy optimisation (Schulman and others, "Proximal policy optimization algorithms", 2017) for many actors
//! that share one network: each sees its own numbers and does one number, all get the same reward. How many there are
//! may differ from episode to episode, so that a policy carries over to problems of other sizes.

use slicewise_core::InputError;
use slicewise_core::error::{check_count, check_range};
use slicewise_core::seed::{SmallStream, normal, shuffle};

use super::dense::{Activation, Shape, Trace};
use super::steps::Adam;

/// How the policy learns.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Units of each hidden layer of both networks.
    pub hidden: Vec<usize>,
    /// Weight of the next step's reward against this one's, 0 to 1.
    pub discount: f64,
    /// Weight of later errors of the value in an advantage, 0 to 1 (generalised advantage estimation).
    pub trace: f64,
    /// How far a step may become more or less likely before it stops to count.
    pub clip: f64,
    /// Passes over the steps of a round.
    pub passes: usize,
    /// Steps of a batch.
    pub batch: usize,
    /// Learning rate.
    pub rate: f64,
    /// Seed of weights, noise and order.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hidden: vec![32, 32],
            discount: 0.95,
            trace: 0.9,
            clip: 0.2,
            passes: 4,
            batch: 32,
            rate: 1e-3,
            seed: 1,
        }
    }
}

impl Settings {
    /// Checks every number.
    ///
    /// # Errors
    /// Names the first that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        for (index, units) in self.hidden.iter().enumerate() {
            check_count(&format!("hidden[{index}]"), *units, 1, 1024)?;
        }
        check_range("discount", self.discount, 0.0, 1.0, "")?;
        check_range("trace", self.trace, 0.0, 1.0, "")?;
        check_range("clip", self.clip, 0.01, 1.0, "")?;
        check_count("passes", self.passes, 1, 100)?;
        check_count("batch", self.batch, 1, 100_000)?;
        check_range("rate", self.rate, 1e-7, 1.0, "")
    }
}

/// What all actors saw and did, and what came of it.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// What each actor saw: actors x width.
    pub seen: Vec<f32>,
    /// What each did.
    pub done: Vec<f32>,
    /// What each would have done without noise.
    pub meant: Vec<f32>,
    /// The reward of all.
    pub reward: f64,
}

/// A policy that learns.
#[derive(Clone, Debug)]
pub struct Proximal {
    settings: Settings,
    width: usize,
    policy: Shape,
    weights: Vec<f32>,
    value: Shape,
    value_weights: Vec<f32>,
    optimisers: [Adam; 2],
    /// Deviation of the noise.
    deviation: f64,
    noise: SmallStream,
}

/// What the last layer's weights are multiplied by in the beginning: the policy begins by doing nothing.
const LAST_GAIN: f64 = 0.05;

impl Proximal {
    /// A policy for actors that see `width` numbers.
    ///
    /// # Errors
    /// Names the setting that is out of range.
    pub fn new(width: usize, settings: Settings) -> Result<Self, InputError> {
        settings.validate()?;
        check_count("width", width, 1, 1024)?;
        let shape = |inputs: usize| Shape {
            widths: [&[inputs], &settings.hidden[..], &[1]].concat(),
            activation: Activation::Tanh,
        };
        let (policy, value) = (shape(width), shape(2 * width));
        let mut noise = SmallStream::new(settings.seed);
        let weights = policy.drawn(LAST_GAIN, &mut noise);
        let value_weights = value.drawn(LAST_GAIN, &mut noise);
        let optimisers = [
            Adam::new(weights.len(), settings.rate),
            Adam::new(value_weights.len(), settings.rate),
        ];
        Ok(Self {
            settings,
            width,
            policy,
            weights,
            value,
            value_weights,
            optimisers,
            deviation: 0.5,
            noise,
        })
    }

    /// Sets the deviation of the noise of [`Self::explore`].
    pub fn set_deviation(&mut self, deviation: f64) {
        self.deviation = deviation.max(1e-6);
    }

    /// The shape of the policy's network and its weights.
    pub fn policy(&self) -> (&Shape, &[f32]) {
        (&self.policy, &self.weights)
    }

    /// What actors that see `seen` do, actors x width, with noise; no reward yet.
    pub fn explore(&mut self, seen: Vec<f32>) -> Step {
        let mut trace = Trace::default();
        self.policy.forward(&self.weights, &seen, &mut trace);
        let meant = trace.outputs().to_vec();
        let noisy = |mean: &f32| mean + (self.deviation * normal(&mut self.noise)) as f32;
        Step { seen, done: meant.iter().map(noisy).collect(), meant, reward: 0.0 }
    }

    /// Learns from episodes, each from its beginning to its end.
    pub fn learn(&mut self, episodes: &[Vec<Step>]) {
        let lessons = self.lessons(episodes);
        let mut order: Vec<usize> = (0..lessons.len()).collect();
        for _ in 0..self.settings.passes {
            shuffle(&mut order, &mut self.noise);
            for batch in order.chunks(self.settings.batch) {
                let batch: Vec<&Lesson<'_>> = batch.iter().map(|at| &lessons[*at]).collect();
                self.follow_policy(&batch);
                self.follow_values(&batch);
            }
        }
    }

    /// The steps with their advantages, of mean 0 and deviation 1, and what followed them.
    fn lessons<'a>(&self, episodes: &'a [Vec<Step>]) -> Vec<Lesson<'a>> {
        let Settings { discount, trace: weight, .. } = self.settings;
        let mut lessons = Vec::new();
        let mut trace = Trace::default();
        for episode in episodes {
            let states: Vec<Vec<f32>> =
                episode.iter().map(|step| pooled(&step.seen, self.width)).collect();
            self.value.forward(&self.value_weights, &states.concat(), &mut trace);
            let values = trace.outputs();
            let (mut next, mut advantage) = (0.0, 0.0);
            let first = lessons.len();
            for (at, (step, state)) in episode.iter().zip(states).enumerate().rev() {
                let value = f64::from(values[at]);
                advantage = step.reward + discount * next - value + discount * weight * advantage;
                lessons.push(Lesson { step, state, advantage, followed: value + advantage });
                next = value;
            }
            lessons[first..].reverse();
        }
        let count = lessons.len().max(1) as f64;
        let mean = lessons.iter().map(|lesson| lesson.advantage).sum::<f64>() / count;
        let squares = lessons.iter().map(|lesson| (lesson.advantage - mean).powi(2)).sum::<f64>();
        let deviation = (squares / count).sqrt().max(1e-9);
        lessons
            .iter_mut()
            .for_each(|lesson| lesson.advantage = (lesson.advantage - mean) / deviation);
        lessons
    }

    /// Makes what did better than expected more likely, actor by actor, as far as the clip lets it.
    fn follow_policy(&mut self, batch: &[&Lesson<'_>]) {
        let seen: Vec<f32> = batch.iter().flat_map(|lesson| &lesson.step.seen).copied().collect();
        let mut trace = Trace::default();
        self.policy.forward(&self.weights, &seen, &mut trace);
        let rows = trace.outputs().len() as f64;
        let square = self.deviation * self.deviation;
        let mut slopes = Vec::with_capacity(trace.outputs().len());
        let actors = batch.iter().flat_map(|lesson| {
            let step = lesson.step;
            step.done.iter().zip(&step.meant).map(|(done, meant)| (*done, *meant, lesson.advantage))
        });
        for (mean, (done, meant, advantage)) in trace.outputs().iter().zip(actors) {
            let (now, then) = (f64::from(done - mean), f64::from(done - meant));
            let ratio = libm::exp((then * then - now * now) / (2.0 * square));
            let clip = self.settings.clip;
            let is_clipped =
                advantage > 0.0 && ratio > 1.0 + clip || advantage < 0.0 && ratio < 1.0 - clip;
            let slope = if is_clipped { 0.0 } else { -advantage * ratio * now / square };
            slopes.push((slope / rows) as f32);
        }
        let mut gradient = vec![0.0; self.weights.len()];
        self.policy.backward(&self.weights, &mut trace, &slopes, &mut gradient);
        self.optimisers[0].step(&mut self.weights, &gradient);
    }

    /// Brings values nearer to what followed, by least squares.
    fn follow_values(&mut self, batch: &[&Lesson<'_>]) {
        let states: Vec<f32> = batch.iter().flat_map(|lesson| &lesson.state).copied().collect();
        let mut trace = Trace::default();
        self.value.forward(&self.value_weights, &states, &mut trace);
        let rows = batch.len() as f64;
        let off = |(value, lesson): (&f32, &&Lesson<'_>)| {
            ((f64::from(*value) - lesson.followed) / rows) as f32
        };
        let slopes: Vec<f32> = trace.outputs().iter().zip(batch).map(off).collect();
        let mut gradient = vec![0.0; self.value_weights.len()];
        self.value.backward(&self.value_weights, &mut trace, &slopes, &mut gradient);
        self.optimisers[1].step(&mut self.value_weights, &gradient);
    }
}

/// A step with what is known of it once its episode has ended.
struct Lesson<'a> {
    step: &'a Step,
    /// Mean and largest of each number that actors saw.
    state: Vec<f32>,
    advantage: f64,
    followed: f64,
}

fn pooled(seen: &[f32], width: usize) -> Vec<f32> {
    let actors = (seen.len() / width).max(1) as f32;
    let mut pooled = vec![0.0; width];
    pooled.resize(2 * width, f32::NEG_INFINITY);
    for row in seen.chunks_exact(width) {
        for (at, number) in row.iter().enumerate() {
            pooled[at] += number / actors;
            pooled[width + at] = pooled[width + at].max(*number);
        }
    }
    pooled
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::seed::uniform;

    /// The reward of all is least squares of 0.8 x - 0.3 over the actors, of which there are 3 to 12.
    #[test]
    fn actors_that_share_a_reward_learn_what_each_has_to_do() {
        let settings = Settings { hidden: vec![16], rate: 3e-3, ..Settings::default() };
        let mut agent = Proximal::new(1, settings).unwrap();
        let mut stream = SmallStream::new(5);
        agent.set_deviation(0.3);
        for _ in 0..200 {
            let mut episode = || {
                let actors = 3 + (10.0 * uniform(&mut stream)) as usize;
                let seen: Vec<f32> =
                    (0..actors).map(|_| (2.0 * uniform(&mut stream) - 1.0) as f32).collect();
                let mut step = agent.explore(seen.clone());
                let off = |(x, a): (&f32, &f32)| f64::from(a - (0.8 * x - 0.3)).powi(2);
                step.reward = -seen.iter().zip(&step.done).map(off).sum::<f64>();
                vec![step]
            };
            let episodes: Vec<Vec<Step>> = (0..64).map(|_| episode()).collect();
            agent.learn(&episodes);
        }
        let (shape, weights) = agent.policy();
        let mut trace = Trace::default();
        let seen = [-0.9, -0.4, 0.0, 0.5, 0.9];
        shape.forward(weights, &seen, &mut trace);
        for (x, found) in seen.iter().zip(trace.outputs()) {
            assert!((found - (0.8 * x - 0.3)).abs() < 0.12, "{x}: {found}");
        }
    }
}
