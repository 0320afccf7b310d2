//! How an agent learns: episodes on generated networks, a new one each time, by proximal policy optimisation.

use std::collections::BTreeMap;

use slicewise_core::InputError;
use slicewise_core::card::{DataSource, fingerprint};
use slicewise_core::error::check_count;
use slicewise_core::seed::stream;
use slicewise_core::twin::RoutingAgentCard;
use slicewise_core::twin::card::{RoutingAgentMetrics, TrainedInput};
use slicewise_nets::files::{round_to_12_bits, to_bytes};
use slicewise_optim::neural::proximal::{Proximal, Settings, Step};
use slicewise_optim::{Halted, Monitor, Progress};

use super::surroundings::{FEATURES, Surroundings};
use super::{RoutingAgent, STEPS, tensors};
use crate::generator::network_by_weights;
use crate::problem::Problem;

/// What to make.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentOrder {
    /// Rounds of learning.
    pub rounds: usize,
    /// Networks of a round.
    pub networks: usize,
    /// Fewest and most nodes of a network.
    pub nodes: (usize, usize),
    /// How the policy learns; its seed is not used.
    pub settings: Settings,
    /// Seed of everything.
    pub seed: u64,
}

impl Default for AgentOrder {
    /// As the agent that ships was made.
    fn default() -> Self {
        Self { rounds: 250, networks: 32, nodes: (8, 24), settings: Settings::default(), seed: 1 }
    }
}

impl AgentOrder {
    /// Checks all fields.
    ///
    /// # Errors
    /// Names the first that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        check_count("rounds", self.rounds, 1, 1_000_000)?;
        check_count("networks", self.networks, 1, 10_000)?;
        check_count("nodes: fewest", self.nodes.0, 3, 1000)?;
        check_count("nodes: most", self.nodes.1, self.nodes.0, 1000)?;
        self.settings.validate()
    }

    /// The command that makes such an agent.
    pub fn command(&self) -> String {
        format!(
            "slicewise train twin --model routing-agent --rounds {} --seed {}",
            self.rounds, self.seed
        )
    }
}

/// What is told on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AgentMoment {
    /// Rounds so far.
    pub round: usize,
    /// Mean reward of an episode of the last one.
    pub reward: f64,
    /// Highest utilisation over that of the start, on the mean over networks that are held back.
    pub held_back: f64,
}

/// An agent as its two files.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedAgent {
    /// Its card.
    pub card: RoutingAgentCard,
    /// Its weight file.
    pub weights: Vec<u8>,
}

/// Networks that are held back to choose by, and to measure by in the end.
const HELD_BACK: usize = 24;
/// Rounds between two looks at them.
const ROUNDS_PER_LOOK: usize = 10;
/// Deviation of the noise in the beginning and in the end.
const NOISE: (f64, f64) = (0.6, 0.25);
/// Streams of the seed: networks to learn from, to choose by, to measure by.
const STREAMS: [u64; 3] = [1 << 32, 2 << 32, 3 << 32];
/// What one of a fall of the logarithm is in rewards.
const REWARD: f64 = 10.0;

/// Makes an agent. Every draw comes from the order's seed, so that the same order makes the same weights.
///
/// # Errors
/// Names what cannot be used of the order, or says that `monitor` ended the work.
pub async fn train_agent(
    order: &AgentOrder,
    monitor: &impl Monitor,
    progress: &mut impl Progress<AgentMoment>,
) -> Result<TrainedAgent, Halted> {
    order.validate()?;
    let settings = Settings { seed: order.seed, ..order.settings.clone() };
    let mut learner = Proximal::new(FEATURES.len(), settings)?;
    let choosing = networks(order, STREAMS[1])?;
    let mut best: Option<(f64, RoutingAgent)> = None;
    let mut ranges = [(f32::INFINITY, f32::NEG_INFINITY); FEATURES.len()];
    for round in 0..order.rounds {
        let done = round as f64 / order.rounds as f64;
        learner.set_deviation(NOISE.0 + (NOISE.1 - NOISE.0) * done);
        let mut episodes = Vec::with_capacity(order.networks);
        for number in 0..order.networks {
            monitor.checkpoint().await?;
            let number = (round * order.networks + number) as u64;
            let problem = network(order, STREAMS[0] + number)?;
            episodes.push(episode(&problem, &mut learner));
        }
        note_ranges(&episodes, &mut ranges);
        learner.learn(&episodes);
        let is_last = round + 1 == order.rounds;
        if round % ROUNDS_PER_LOOK == ROUNDS_PER_LOOK - 1 || is_last {
            let agent = rounded(&learner);
            let held_back = measured(&agent, &choosing).mean_over_start;
            let rewards = episodes.iter().flatten().map(|step| step.reward).sum::<f64>();
            let reward = rewards / REWARD / episodes.len() as f64;
            progress.news(AgentMoment { round: round + 1, reward, held_back });
            if best.as_ref().is_none_or(|(least, _)| held_back < *least) {
                best = Some((held_back, agent));
            }
        }
        progress.share((round + 1) as f64 / order.rounds as f64);
    }
    let agent = best.map_or_else(|| rounded(&learner), |(_, agent)| agent);
    Ok(finished(order, &agent, &choosing, &ranges)?)
}

fn network(order: &AgentOrder, number: u64) -> Result<Problem, InputError> {
    let scenario = network_by_weights(order.nodes, &mut stream(order.seed, number));
    Problem::new(&scenario, &[])
}

fn networks(order: &AgentOrder, first: u64) -> Result<Vec<Problem>, InputError> {
    (0..HELD_BACK as u64).map(|number| network(order, first + number)).collect()
}

fn episode(problem: &Problem, learner: &mut Proximal) -> Vec<Step> {
    let mut surroundings = Surroundings::new(problem);
    let act = |step: usize| {
        let mut seen = Vec::new();
        surroundings.look(step as f64 / STEPS as f64, &mut seen);
        let mut step = learner.explore(seen);
        step.reward = REWARD * surroundings.act(&step.done);
        step
    };
    (0..STEPS).map(act).collect()
}

fn note_ranges(episodes: &[Vec<Step>], ranges: &mut [(f32, f32)]) {
    let rows = episodes.iter().flatten().flat_map(|step| step.seen.chunks_exact(FEATURES.len()));
    for row in rows {
        for (range, number) in ranges.iter_mut().zip(row) {
            *range = (range.0.min(*number), range.1.max(*number));
        }
    }
}

/// The policy with its weights as files hold them.
fn rounded(learner: &Proximal) -> RoutingAgent {
    let (shape, weights) = learner.policy();
    let mut weights = weights.to_vec();
    weights.iter_mut().for_each(round_to_12_bits);
    RoutingAgent { shape: shape.clone(), weights }
}

fn measured(agent: &RoutingAgent, networks: &[Problem]) -> RoutingAgentMetrics {
    let ratio = |problem: &Problem| {
        let found = agent.route(problem);
        found.max_utilisation / found.before
    };
    let ratios = slicewise_core::order::sorted(&networks.iter().map(ratio).collect::<Vec<f64>>());
    RoutingAgentMetrics {
        networks: ratios.len(),
        mean_over_start: ratios.iter().sum::<f64>() / ratios.len().max(1) as f64,
        median_over_start: ratios.get(ratios.len() / 2).copied().unwrap_or(1.0),
    }
}

fn finished(
    order: &AgentOrder,
    agent: &RoutingAgent,
    choosing: &[Problem],
    ranges: &[(f32, f32)],
) -> Result<TrainedAgent, InputError> {
    let weights = to_bytes(&tensors(&agent.shape, &agent.weights))?;
    let testing = networks(order, STREAMS[2])?;
    let rates = testing.iter().flat_map(|problem| &problem.scenario.flows);
    let seen: Vec<u8> = rates.flat_map(|flow| flow.rate_bit_per_s.to_le_bytes()).collect();
    let input = |(name, (least, most)): (&&str, &(f32, f32))| TrainedInput {
        name: (*name).to_owned(),
        trained_minimum: f64::from(*least),
        trained_maximum: f64::from(*most),
    };
    let learned = order.rounds * order.networks;
    let card = RoutingAgentCard {
        format: 1,
        name: "routing-agent".to_owned(),
        title: "Link weights that lower the fullest link, by a policy learned on the twin"
            .to_owned(),
        task: "link-weights".to_owned(),
        inputs: FEATURES.iter().zip(ranges).map(input).collect(),
        outputs: vec!["change_of_log_weight".to_owned()],
        hidden: order.settings.hidden.clone(),
        steps: STEPS,
        nodes: order.nodes,
        data: DataSource {
            source: "networks drawn at random by this project, none of them published".to_owned(),
            licence: "MIT OR Apache-2.0".to_owned(),
            rows: BTreeMap::from([
                ("train".to_owned(), learned),
                ("val".to_owned(), HELD_BACK),
                ("test".to_owned(), HELD_BACK),
            ]),
            fingerprint: fingerprint(&seen),
        },
        metrics: BTreeMap::from([
            ("val".to_owned(), measured(agent, choosing)),
            ("test".to_owned(), measured(agent, &testing)),
        ]),
        seed: order.seed,
        command: order.command(),
        weights_fingerprint: fingerprint(&weights),
    };
    Ok(TrainedAgent { card, weights })
}
