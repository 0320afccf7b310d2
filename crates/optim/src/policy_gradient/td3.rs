//! Twin delayed deep deterministic policy gradient (Fujimoto, van Hoof and Meger: Addressing
//! function approximation error in actor-critic methods, ICML 2018, algorithm 1).
//!
//! Agents that act in step are one batch: their networks are stacked, and one pass trains them all,
//! each from its own memory and reward. An agent alone is a batch of one.

use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};
use slicewise_core::InputError;
use slicewise_core::error::check_range;
use slicewise_core::seed;

pub use super::replay::Transition;

use super::action::ActionForm;
use super::population::{LayerTensors, Population, follow, forward};
use super::replay::{Replay, Sample};

/// Streams of the seed.
const WEIGHTS: u64 = 0x7d3_0001;
const EXPLORATION: u64 = 0x7d3_0002;
const SAMPLES: u64 = 0x7d3_0003;

/// What the last layers are multiplied by at the start: policies begin in the middle of their set,
/// and critics near 0 in all states, instead of with values that few samples never correct.
const LAST_GAIN: f64 = 0.1;

/// What the agents see and do.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Agents that act in step.
    pub agents: usize,
    /// Numbers per state, each of the order of 1.
    pub state_width: usize,
    /// The set of actions.
    pub action: ActionForm,
}

/// How the agents learn. Noise is in half ranges of a box, and in logits of a simplex.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Weight of the next step's reward against this one's, 0 to 1.
    pub discount: f64,
    /// Part by which the target networks follow at each update, above 0 to 1.
    pub target_rate: f64,
    /// Critic updates per update of policy and targets, 1 or more.
    pub policy_delay: usize,
    /// Deviation of the noise that smooths the target policy.
    pub target_noise: f64,
    /// Bound of that noise.
    pub target_noise_bound: f64,
    /// Deviation of the noise of [`Td3::explore`].
    pub exploration_noise: f64,
    /// Transitions per agent and update.
    pub batch: usize,
    /// Transitions per agent that are remembered.
    pub memory: usize,
    /// Learning rate of the critics.
    pub critic_rate: f64,
    /// Learning rate of the policy.
    pub actor_rate: f64,
    /// Units of each hidden layer of all networks.
    pub hidden: Vec<usize>,
    /// Seed of weights, noise and samples.
    pub seed: u64,
}

impl Default for Settings {
    /// The published constants, with smaller networks and batches.
    fn default() -> Self {
        Self {
            discount: 0.99,
            target_rate: 0.005,
            policy_delay: 2,
            target_noise: 0.2,
            target_noise_bound: 0.5,
            exploration_noise: 0.1,
            batch: 64,
            memory: 100_000,
            critic_rate: 1e-3,
            actor_rate: 1e-3,
            hidden: vec![64, 64],
            seed: 0,
        }
    }
}

impl Settings {
    /// Checks every number.
    ///
    /// # Errors
    /// Names the first that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        check_range("discount", self.discount, 0.0, 1.0, "")?;
        check_range("target_rate", self.target_rate, 1e-6, 1.0, "")?;
        check_range("policy_delay", self.policy_delay as f64, 1.0, 1000.0, "updates")?;
        check_range("target_noise", self.target_noise, 0.0, 10.0, "")?;
        check_range("target_noise_bound", self.target_noise_bound, 0.0, 10.0, "")?;
        check_range("exploration_noise", self.exploration_noise, 0.0, 10.0, "")?;
        check_range("batch", self.batch as f64, 1.0, 65_536.0, "transitions")?;
        check_range("memory", self.memory as f64, 1.0, 1e7, "transitions")?;
        check_range("critic_rate", self.critic_rate, 1e-8, 1.0, "")?;
        check_range("actor_rate", self.actor_rate, 1e-8, 1.0, "")?;
        for (index, units) in self.hidden.iter().enumerate() {
            check_range(&format!("hidden[{index}]"), *units as f64, 1.0, 4096.0, "units")?;
        }
        Ok(())
    }
}

/// Agents with their networks and memories.
pub struct Td3 {
    task: Task,
    settings: Settings,
    device: Device,
    actor: Population,
    /// The twins: one critic of every agent, then the other of every agent.
    critics: Population,
    target_actor: Vec<LayerTensors>,
    target_critics: Vec<LayerTensors>,
    actor_optimiser: ModuleOptimizer,
    critic_optimiser: ModuleOptimizer,
    replay: Replay,
    exploration: Generator,
    samples: Generator,
    updates: usize,
}

type Generator = rand_chacha::ChaCha8Rng;

impl Td3 {
    /// Agents that know nothing yet; `device` is a plain one, such as burn's flex.
    ///
    /// # Errors
    /// Names the number of `task` or `settings` that is out of range.
    pub fn new(task: Task, settings: Settings, device: &Device) -> Result<Self, InputError> {
        check_range("agents", task.agents as f64, 1.0, 65_536.0, "agents")?;
        check_range("state_width", task.state_width as f64, 1.0, 4096.0, "numbers")?;
        task.action.validate()?;
        settings.validate()?;
        let mut generator = seed::stream(settings.seed, WEIGHTS);
        let action_width = task.action.width();
        let widths = |inputs: usize, outputs: usize| {
            let mut widths = vec![inputs];
            widths.extend(&settings.hidden);
            widths.push(outputs);
            widths
        };
        let differentiable = device.clone().autodiff();
        let actor = Population::drawn(
            task.agents,
            &widths(task.state_width, action_width),
            LAST_GAIN,
            &mut generator,
            &differentiable,
        );
        let critics = Population::drawn(
            2 * task.agents,
            &widths(task.state_width + action_width, 1),
            LAST_GAIN,
            &mut generator,
            &differentiable,
        );
        let optimiser = || AdamConfig::new().with_epsilon(1e-8).init();
        Ok(Self {
            target_actor: actor.plain(),
            target_critics: critics.plain(),
            actor,
            critics,
            actor_optimiser: optimiser(),
            critic_optimiser: optimiser(),
            replay: Replay::new(task.agents, task.state_width, action_width, settings.memory),
            exploration: seed::stream(settings.seed, EXPLORATION),
            samples: seed::stream(settings.seed, SAMPLES),
            device: device.clone(),
            task,
            settings,
            updates: 0,
        })
    }

    /// What the agents see and do.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Transitions remembered, per agent.
    pub fn remembered(&self) -> usize {
        self.replay.len()
    }

    /// Actions drawn uniformly from their set, to fill the memory before anything is learned: agents
    /// x action width.
    pub fn random(&mut self) -> Vec<f64> {
        (0..self.task.agents).flat_map(|_| self.task.action.random(&mut self.exploration)).collect()
    }

    /// What the agents' policies do in `states`, agents x state width.
    ///
    /// # Errors
    /// Names a wrong number of states, actions that are no numbers any more, or a device that did
    /// not answer.
    pub async fn act(&self, states: &[f64]) -> Result<Vec<f64>, InputError> {
        self.actions(states, None).await
    }

    /// The same with exploration noise.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub async fn explore(&mut self, states: &[f64]) -> Result<Vec<f64>, InputError> {
        let count = self.task.agents * self.task.action.width();
        let deviation = self.settings.exploration_noise;
        let noise =
            (0..count).map(|_| (deviation * seed::normal(&mut self.exploration)) as f32).collect();
        self.actions(states, Some(noise)).await
    }

    async fn actions(
        &self,
        states: &[f64],
        noise: Option<Vec<f32>>,
    ) -> Result<Vec<f64>, InputError> {
        let (agents, width) = (self.task.agents, self.task.action.width());
        self.check_width("states", states, self.task.state_width)?;
        let states = states.iter().map(|value| *value as f32).collect();
        let states = self.tensor(states, 1, self.task.state_width);
        let raw = forward(&self.actor.plain(), states);
        let noise = noise.map(|noise| self.tensor(noise, 1, width));
        let actions = read(self.task.action.actions(raw, noise)).await?;
        if actions.len() != agents * width || actions.iter().any(|value| !value.is_finite()) {
            let allowed = "less: the policy's actions are no numbers any more";
            return Err(InputError::new("actor_rate", self.settings.actor_rate, allowed));
        }
        Ok(self.exact(&actions))
    }

    /// The device's 32-bit actions as members of their set in 64 bits.
    fn exact(&self, actions: &[f32]) -> Vec<f64> {
        let rows = actions.chunks_exact(self.task.action.width());
        match &self.task.action {
            ActionForm::Box { lowest, highest } => rows
                .flat_map(|row| row.iter().zip(lowest.iter().zip(highest)))
                .map(|(value, (low, high))| f64::from(*value).clamp(*low, *high))
                .collect(),
            ActionForm::Simplex { .. } => rows
                .flat_map(|row| {
                    let sum: f64 = row.iter().map(|value| f64::from(*value)).sum();
                    row.iter().map(move |value| f64::from(*value) / sum)
                })
                .collect(),
        }
    }

    /// Adds what happened to the agents' memories.
    ///
    /// # Errors
    /// Names the column that has the wrong length.
    pub fn remember(&mut self, transition: &Transition) -> Result<(), InputError> {
        self.check_width("states", transition.states, self.task.state_width)?;
        self.check_width("actions", transition.actions, self.task.action.width())?;
        self.check_width("rewards", transition.rewards, 1)?;
        self.check_width("next_states", transition.next_states, self.task.state_width)?;
        self.replay.push(transition);
        Ok(())
    }

    fn check_width(&self, field: &str, values: &[f64], width: usize) -> Result<(), InputError> {
        let wanted = self.task.agents * width;
        if values.len() == wanted {
            return Ok(());
        }
        Err(InputError::new(field, format!("{} numbers", values.len()), wanted.to_string()))
    }

    /// One update of the critics, and at every [`Settings::policy_delay`]th one of policies and
    /// targets. Says whether it learned: the memory must hold a batch.
    pub fn learn(&mut self) -> bool {
        if self.replay.len() < self.settings.batch {
            return false;
        }
        let sample = self.replay.sample(self.settings.batch, &mut self.samples);
        let targets = self.targets(&sample);
        self.update_critics(&sample, targets);
        self.updates += 1;
        if self.updates.is_multiple_of(self.settings.policy_delay) {
            self.update_actor(&sample);
            follow(&mut self.target_actor, &self.actor.plain(), self.settings.target_rate);
            follow(&mut self.target_critics, &self.critics.plain(), self.settings.target_rate);
        }
        true
    }

    /// reward + discount · the lesser of the target critics' values of the smoothed target policy's
    /// action in the next state: agents x rows x 1.
    fn targets(&mut self, sample: &Sample) -> Tensor<3> {
        let (agents, rows) = (self.task.agents, sample.rows);
        let width = self.task.action.width();
        let (deviation, bound) = (self.settings.target_noise, self.settings.target_noise_bound);
        let noise = (0..agents * rows * width)
            .map(|_| (deviation * seed::normal(&mut self.samples)).clamp(-bound, bound) as f32)
            .collect();
        let noise = self.tensor(noise, rows, width);
        let states = self.tensor(sample.next_states.clone(), rows, self.task.state_width);
        let raw = forward(&self.target_actor, states.clone());
        let actions = self.task.action.actions(raw, Some(noise));
        let values = forward(&self.target_critics, twice(Tensor::cat(vec![states, actions], 2)));
        let lesser = values.clone().narrow(0, 0, agents).min_pair(values.narrow(0, agents, agents));
        let rewards = self.tensor(sample.rewards.clone(), rows, 1);
        let continuing = self.tensor(sample.continuing.clone(), rows, 1);
        rewards + lesser * continuing.mul_scalar(self.settings.discount)
    }

    fn update_critics(&mut self, sample: &Sample, targets: Tensor<3>) {
        let states = self.tensor(sample.states.clone(), sample.rows, self.task.state_width);
        let actions = self.tensor(sample.actions.clone(), sample.rows, self.task.action.width());
        let inputs = Tensor::from_inner(twice(Tensor::cat(vec![states, actions], 2)));
        let values = forward(&self.critics.layers(), inputs);
        let errors = values - Tensor::from_inner(twice(targets));
        let loss = errors.powi_scalar(2).sum().div_scalar(sample.rows as f64);
        let gradients = GradientsParams::from_grads(loss.backward(), &self.critics);
        self.critics =
            self.critic_optimiser.step(self.settings.critic_rate, self.critics.clone(), gradients);
    }

    fn update_actor(&mut self, sample: &Sample) {
        let states = self.tensor(sample.states.clone(), sample.rows, self.task.state_width);
        let states = Tensor::from_inner(states);
        let raw = forward(&self.actor.layers(), states.clone());
        let actions = self.task.action.actions(raw, None);
        let first_critics = self.critics.constants(self.task.agents);
        let values = forward(&first_critics, Tensor::cat(vec![states, actions], 2));
        let loss = values.sum().div_scalar(sample.rows as f64).neg();
        let gradients = GradientsParams::from_grads(loss.backward(), &self.actor);
        self.actor =
            self.actor_optimiser.step(self.settings.actor_rate, self.actor.clone(), gradients);
    }

    /// Agents x rows x width, on the plain device.
    fn tensor(&self, values: Vec<f32>, rows: usize, width: usize) -> Tensor<3> {
        let shape = [self.task.agents, rows, width];
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }
}

/// The same rows for both critics of every agent.
fn twice(rows: Tensor<3>) -> Tensor<3> {
    Tensor::cat(vec![rows.clone(), rows], 0)
}

/// The numbers of `tensor`, once the device has them.
async fn read(tensor: Tensor<3>) -> Result<Vec<f32>, InputError> {
    match tensor.into_data_async().await {
        Ok(data) => Ok(data.iter::<f32>().collect()),
        Err(error) => Err(InputError::new("device", format!("{error:?}"), "one that answers")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    fn agents(settings: Settings, action: ActionForm, count: usize, state_width: usize) -> Td3 {
        let task = Task { agents: count, state_width, action };
        Td3::new(task, settings, &Device::flex()).unwrap()
    }

    fn unit_box(width: usize) -> ActionForm {
        ActionForm::Box { lowest: vec![-1.0; width], highest: vec![1.0; width] }
    }

    fn small() -> Settings {
        Settings { hidden: vec![8, 8], batch: 4, target_noise: 0.0, ..Settings::default() }
    }

    fn fill(agents: &mut Td3, transitions: usize) {
        let (count, width) = (agents.task.agents, agents.task.state_width);
        let mut generator = seed::stream(11, 0);
        let mut draw = |count: usize| -> Vec<f64> {
            (0..count).map(|_| seed::normal(&mut generator)).collect()
        };
        for index in 0..transitions {
            let actions = agents.random();
            let (states, next_states) = (draw(count * width), draw(count * width));
            let rewards = draw(count);
            let transition = Transition {
                states: &states,
                actions: &actions,
                rewards: &rewards,
                next_states: &next_states,
                ended: index % 3 == 0,
            };
            agents.remember(&transition).unwrap();
        }
    }

    fn numbers(tensor: Tensor<3>) -> Vec<f64> {
        tensor.into_data().iter::<f32>().map(f64::from).collect()
    }

    /// One network's outputs for one row, by plain loops.
    fn plain_forward(layers: &[LayerTensors], network: usize, row: &[f64]) -> Vec<f64> {
        let mut values = row.to_vec();
        for (depth, layer) in layers.iter().enumerate() {
            let [_, inputs, outputs] = layer.weight.dims();
            let weight = numbers(layer.weight.clone());
            let bias = numbers(layer.bias.clone());
            values = (0..outputs)
                .map(|output| {
                    let sum: f64 = (0..inputs)
                        .map(|i| values[i] * weight[(network * inputs + i) * outputs + output])
                        .sum();
                    let sum = sum + bias[network * outputs + output];
                    if depth + 1 < layers.len() { sum / (1.0 + (-sum).exp()) } else { sum }
                })
                .collect();
        }
        values
    }

    #[test]
    fn targets_are_the_lesser_twin_discounted_where_the_episode_goes_on() {
        let mut agents = agents(small(), unit_box(2), 3, 2);
        fill(&mut agents, 12);
        let sample = agents.replay.sample(5, &mut seed::stream(1, 0));
        let found = numbers(agents.targets(&sample));
        for agent in 0..3 {
            for row in 0..5 {
                let index = agent * 5 + row;
                let state: Vec<f64> = sample.next_states[index * 2..index * 2 + 2]
                    .iter()
                    .map(|value| f64::from(*value))
                    .collect();
                let raw = plain_forward(&agents.target_actor, agent, &state);
                let mut inputs = state;
                inputs.extend(raw.iter().map(|value| value.tanh()));
                let twins: Vec<f64> = [agent, 3 + agent]
                    .iter()
                    .map(|critic| plain_forward(&agents.target_critics, *critic, &inputs)[0])
                    .collect();
                assert_ne!(twins[0], twins[1], "the twins start apart");
                let continuing = f64::from(sample.continuing[index]);
                let wanted =
                    f64::from(sample.rewards[index]) + 0.99 * continuing * twins[0].min(twins[1]);
                assert!((found[index] - wanted).abs() < 1e-5, "{} {wanted}", found[index]);
            }
        }
    }

    #[test]
    fn policy_and_targets_move_only_at_every_second_update() {
        let mut agents = agents(small(), ActionForm::Simplex { parts: 3 }, 2, 2);
        fill(&mut agents, 20);
        let policy = |agents: &Td3| numbers(agents.actor.plain()[0].weight.clone());
        let critic = |agents: &Td3| numbers(agents.critics.plain()[0].weight.clone());
        let target = |agents: &Td3| numbers(agents.target_critics[0].weight.clone());
        let start = (policy(&agents), critic(&agents), target(&agents));
        assert!(agents.learn());
        assert_eq!(policy(&agents), start.0);
        assert_ne!(critic(&agents), start.1);
        assert_eq!(target(&agents), start.2);
        assert!(agents.learn());
        assert_ne!(policy(&agents), start.0);
        assert_ne!(target(&agents), start.2);
    }

    #[test]
    fn nothing_is_learned_before_the_memory_holds_a_batch() {
        let mut agents = agents(small(), unit_box(1), 1, 1);
        fill(&mut agents, 3);
        assert!(!agents.learn());
        fill(&mut agents, 1);
        assert!(agents.learn());
    }

    #[test]
    fn an_agent_learns_the_same_alone_as_among_others() {
        let states = [0.3, -0.7];
        let mut together = agents(small(), unit_box(1), 2, 1);
        // The same memory for both; the weights are drawn network after network.
        let mut alone = agents(small(), unit_box(1), 1, 1);
        alone.actor = first_of(&together.actor, &[0]);
        alone.critics = first_of(&together.critics, &[0, 2]);
        alone.target_actor = alone.actor.plain();
        alone.target_critics = alone.critics.plain();
        for _ in 0..4 {
            let one = |states: &'static [f64]| Transition {
                states,
                actions: &states[..states.len()],
                rewards: states,
                next_states: states,
                ended: true,
            };
            together.remember(&one(&[0.5, 0.5])).unwrap();
            alone.remember(&one(&[0.5])).unwrap();
        }
        for _ in 0..6 {
            assert!(together.learn());
            assert!(alone.learn());
        }
        let both = block_on(together.act(&states)).unwrap();
        let single = block_on(alone.act(&states[..1])).unwrap();
        assert!((both[0] - single[0]).abs() < 1e-6, "{both:?} {single:?}");
    }

    fn first_of(population: &Population, networks: &[i32]) -> Population {
        let device = Device::flex();
        let indices = burn::tensor::Tensor::<1, burn::tensor::Int>::from_data(
            TensorData::new(networks.to_vec(), [networks.len()]),
            &device,
        );
        let layers = population.plain().into_iter().map(|layer| LayerTensors {
            weight: layer.weight.select(0, indices.clone()),
            bias: layer.bias.select(0, indices.clone()),
        });
        Population::of(layers.collect())
    }

    #[test]
    fn the_same_seed_gives_the_same_agents() {
        let run = |seed: u64| {
            let settings = Settings { seed, ..small() };
            let mut agents = agents(settings, ActionForm::Simplex { parts: 3 }, 2, 2);
            fill(&mut agents, 10);
            (0..8).for_each(|_| assert!(agents.learn()));
            block_on(agents.explore(&[0.1, 0.2, 0.3, 0.4])).unwrap()
        };
        assert_eq!(run(4), run(4));
        assert_ne!(run(4), run(5));
    }

    #[test]
    fn columns_of_the_wrong_length_are_named() {
        let mut agents = agents(small(), unit_box(1), 2, 3);
        assert_eq!(block_on(agents.act(&[0.0; 5])).unwrap_err().field, "states");
        let transition = Transition {
            states: &[0.0; 6],
            actions: &[0.0; 2],
            rewards: &[0.0; 3],
            next_states: &[0.0; 6],
            ended: false,
        };
        assert_eq!(agents.remember(&transition).unwrap_err().field, "rewards");
        let settings = Settings { discount: 1.5, ..Settings::default() };
        let task = Task { agents: 1, state_width: 1, action: unit_box(1) };
        let error = Td3::new(task, settings, &Device::flex()).err().unwrap();
        assert_eq!(error.field, "discount");
    }

    /// Plays `steps` one-step episodes of `reward` and learns after each.
    fn bandit(agents: &mut Td3, steps: usize, reward: impl Fn(&[f64]) -> f64) -> Vec<f64> {
        let states = vec![1.0; agents.task.agents];
        let width = agents.task.action.width();
        for step in 0..steps {
            let actions = if step < 400 {
                agents.random()
            } else {
                block_on(agents.explore(&states)).unwrap()
            };
            let rewards: Vec<f64> = actions.chunks_exact(width).map(&reward).collect();
            let transition = Transition {
                states: &states,
                actions: &actions,
                rewards: &rewards,
                next_states: &states,
                ended: true,
            };
            agents.remember(&transition).unwrap();
            agents.learn();
        }
        block_on(agents.act(&states)).unwrap()
    }

    fn bandit_settings(seed: u64) -> Settings {
        Settings {
            exploration_noise: 0.2,
            critic_rate: 3e-3,
            hidden: vec![32, 32],
            seed,
            ..Settings::default()
        }
    }

    #[test]
    fn a_bandit_with_a_quadratic_reward_is_played_at_its_maximum() {
        let mut agents = agents(bandit_settings(2), unit_box(2), 4, 1);
        let reward = |a: &[f64]| 1.0 - (a[0] - 0.4).powi(2) - 2.0 * (a[1] + 0.3).powi(2);
        let found = bandit(&mut agents, 1500, reward);
        for action in found.chunks_exact(2) {
            assert!((action[0] - 0.4).abs() < 0.06, "{action:?}");
            assert!((action[1] + 0.3).abs() < 0.06, "{action:?}");
        }
    }

    #[test]
    fn a_split_with_a_quadratic_reward_is_played_at_its_maximum() {
        let mut agents = agents(bandit_settings(3), ActionForm::Simplex { parts: 3 }, 4, 1);
        let best = [0.6, 0.3, 0.1];
        let reward =
            |a: &[f64]| 1.0 - a.iter().zip(best).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let found = bandit(&mut agents, 1500, reward);
        for split in found.chunks_exact(3) {
            let off = split.iter().zip(best).map(|(found, best)| (found - best).abs());
            assert!(off.fold(0.0, f64::max) < 0.05, "{split:?} {best:?}");
        }
    }

    /// Gain and value of the discounted scalar regulator s' = a·s + b·u, cost q·s² + r·u², by
    /// iterating its Riccati equation.
    fn riccati(a: f64, b: f64, q: f64, r: f64, discount: f64) -> (f64, f64) {
        let mut p = q;
        for _ in 0..1000 {
            let cross = discount * a * b * p;
            p = q + discount * a * a * p - cross * cross / (r + discount * b * b * p);
        }
        (discount * a * b * p / (r + discount * b * b * p), p)
    }

    #[test]
    fn a_linear_quadratic_regulator_comes_near_its_riccati_solution() {
        let (a, b, q, r, discount) = (0.95, 0.5, 1.0, 0.3, 0.9);
        let (gain, value) = riccati(a, b, q, r, discount);
        let settings = Settings {
            discount,
            // A smoothed target is that of a regulator with a shaking hand: little of it here.
            target_noise: 0.05,
            target_noise_bound: 0.1,
            target_rate: 0.01,
            critic_rate: 3e-3,
            exploration_noise: 0.2,
            hidden: vec![32, 32],
            seed: 1,
            ..Settings::default()
        };
        let mut agents = agents(settings, unit_box(1), 4, 1);
        let mut generator = seed::stream(8, 0);
        let mut states: Vec<f64> = vec![0.5; 4];
        for step in 0..2500 {
            let actions = if step < 200 {
                agents.random()
            } else {
                block_on(agents.explore(&states)).unwrap()
            };
            let rewards: Vec<f64> =
                states.iter().zip(&actions).map(|(s, u)| -(q * s * s + r * u * u)).collect();
            let next: Vec<f64> = states.iter().zip(&actions).map(|(s, u)| a * s + b * u).collect();
            let transition = Transition {
                states: &states,
                actions: &actions,
                rewards: &rewards,
                next_states: &next,
                ended: false,
            };
            agents.remember(&transition).unwrap();
            agents.learn();
            // A new start every ten steps, so that the memory is not all rest.
            states = if step % 10 == 9 {
                (0..4).map(|_| 2.0 * seed::uniform(&mut generator) - 1.0).collect()
            } else {
                next
            };
        }
        for start in [-0.8, -0.4, 0.4, 0.8] {
            let mut states = vec![start; 4];
            let mut costs = [0.0; 4];
            for step in 0..100 {
                let actions = block_on(agents.act(&states)).unwrap();
                for (agent, cost) in costs.iter_mut().enumerate() {
                    let (s, u) = (states[agent], actions[agent]);
                    *cost += discount.powi(step) * (q * s * s + r * u * u);
                    states[agent] = a * s + b * u;
                }
            }
            for cost in costs {
                let optimum = value * start * start;
                assert!(cost >= optimum - 1e-6, "below the optimum: {cost} {optimum}");
                assert!(cost < 1.05 * optimum, "start {start}: {cost} {optimum}");
            }
        }
        let actions = block_on(agents.act(&[0.6; 4])).unwrap();
        assert!(actions.iter().all(|u| (u + gain * 0.6).abs() < 0.1), "{actions:?} {gain}");
    }
}
