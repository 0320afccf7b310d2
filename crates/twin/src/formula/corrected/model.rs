//! A graph network with its card: loaded, and answering networks with intervals.

use slicewise_core::InputError;
use slicewise_core::card::check_fingerprint;
use slicewise_core::model_files::{ShippedModel, named};
use slicewise_core::shipped_model;
use slicewise_core::twin::{Answer, CorrectedAnswer, GraphCard, Policy, Scenario};
use slicewise_nets::files::tensors_of;
use slicewise_nets::graph::{FusedGraphEvaluator, GraphShape, GraphWeights};
use slicewise_optim::monitor::{Halted, Monitor};

use super::description::{HOP_INPUTS, PATH_INPUTS, QUEUE_INPUTS};
use super::example::{Example, Figures, MeasuredFlow};
use super::{CorrectedFormula, OUTPUTS};
use crate::evaluation::policy_of_path;
use crate::intervals::log_distance;
use crate::routing::RoutedNetwork;

/// Graph networks that ship.
pub const SHIPPED: &[ShippedModel] =
    &[shipped_model!("twin", "fifo"), shipped_model!("twin", "scheduling")];

/// The formula, corrected by a network that has a card.
#[derive(Clone, Debug)]
pub struct GraphModel {
    /// What the network is.
    pub card: GraphCard,
    formula: CorrectedFormula<FusedGraphEvaluator>,
}

/// The network that ships for `scenario`: one where every port has a single queue, another where classes are
/// scheduled.
pub fn meant_for(scenario: &Scenario) -> &'static str {
    let mut used = scenario.topology.links.iter().map(|link| link.queueing as usize);
    match used.all(|queueing| scenario.queueings[queueing].policy == Policy::Fifo) {
        true => "fifo",
        false => "scheduling",
    }
}

/// Loads that differ from the training's by less than this share are not told as outside.
const LOAD_MARGIN: f64 = 0.05;

impl GraphModel {
    /// The network of a card and `weights`, a safetensors file.
    ///
    /// # Errors
    /// Says what is wrong with the file, or with what it has beside its card.
    pub fn load(card: GraphCard, weights: &[u8]) -> Result<Self, InputError> {
        let lists = [
            ("queue_inputs", &card.queue_inputs, &QUEUE_INPUTS[..]),
            ("hop_inputs", &card.hop_inputs, &HOP_INPUTS[..]),
            ("path_inputs", &card.path_inputs, &PATH_INPUTS[..]),
        ];
        for (field, found, allowed) in lists {
            let found: Vec<&str> = found.iter().map(|input| &input.name[..]).collect();
            if found != allowed {
                return Err(InputError::new(field, found.join(", "), allowed.join(", ")));
            }
        }
        if card.outputs != OUTPUTS {
            return Err(InputError::new("outputs", card.outputs.join(", "), OUTPUTS.join(", ")));
        }
        check_fingerprint(weights, &card.weights_fingerprint)?;
        let shape = GraphShape {
            queue_inputs: QUEUE_INPUTS.len(),
            hop_inputs: HOP_INPUTS.len(),
            path_inputs: PATH_INPUTS.len(),
            rounds: card.rounds,
            reach: card.reach.clone(),
        };
        let weights = GraphWeights::of_tensors(&shape, &tensors_of(weights)?)?;
        Ok(Self { card, formula: CorrectedFormula::new(FusedGraphEvaluator::new(weights))? })
    }

    /// The model of that name that ships.
    ///
    /// # Errors
    /// Names the model when there is none of that name, or what is wrong with its files.
    pub fn shipped(name: &str) -> Result<Self, InputError> {
        let found = named(SHIPPED, name)?;
        Self::load(GraphCard::from_json(found.card)?, found.weights)
    }

    /// Answers `network`.
    ///
    /// # Errors
    /// Says what the network does not take, or that it was stopped.
    pub async fn answer<M: Monitor>(
        &mut self,
        network: &RoutedNetwork<'_>,
        monitor: &M,
    ) -> Result<CorrectedAnswer, Halted> {
        let answer = self.formula.answer(network, monitor).await?;
        monitor.checkpoint().await?;
        let scenario = &network.problem.scenario;
        let topology = &scenario.topology;
        let mut distances = vec![f64::NAN; scenario.flows.len()];
        let mut propagation_s = distances.clone();
        let (mut links, mut reaching) = (Vec::new(), Vec::new());
        for routed in &network.flows {
            links.clear();
            links.extend(network.hops_of(routed).iter().map(|hop| hop.link));
            let loads = links.iter().map(|link| answer.links.utilisation[*link as usize]);
            let policy = policy_of_path(scenario, &links);
            let found = log_distance(&self.card.intervals, policy, loads.fold(0.0, f64::max));
            distances[routed.flow as usize] = found.unwrap_or(f64::NAN);
            let shares = network.shares(routed, &mut reaching);
            let propagation =
                shares.map(|(hop, share)| share * topology.links[hop.link as usize].propagation_s);
            propagation_s[routed.flow as usize] = propagation.sum();
        }
        Ok(CorrectedAnswer {
            model: self.card.name.clone(),
            log_distance: distances,
            propagation_s,
            disagreement: self.formula.disagreement(network),
            outside: self.outside(scenario, &answer),
            answer,
        })
    }

    /// What the model tells of the flows of `example` that were measured.
    ///
    /// # Errors
    /// Says what of it does not fit the network, or that it was stopped.
    pub async fn told<M: Monitor>(
        &mut self,
        example: &Example,
        monitor: &M,
    ) -> Result<Vec<(MeasuredFlow, Figures)>, Halted> {
        let corrections = self.formula.corrections(&example.graph, monitor).await?;
        let of = |flow: &MeasuredFlow| (*flow, example.figures(flow, corrections));
        Ok(example.flows.iter().map(of).collect())
    }

    /// What of a scenario and its answer lies outside the training.
    fn outside(&self, scenario: &Scenario, answer: &Answer) -> Vec<String> {
        let trained = &self.card.trained;
        let mut outside = Vec::new();
        let nodes = scenario.topology.nodes.len();
        if !(trained.least_nodes..=trained.most_nodes).contains(&nodes) {
            let (least, most) = (trained.least_nodes, trained.most_nodes);
            outside.push(format!("{nodes} nodes; trained on {least} to {most}"));
        }
        let highest = answer.summary.highest_utilisation;
        if highest > trained.highest_load * (1.0 + LOAD_MARGIN) {
            let most = trained.highest_load;
            outside.push(format!("a load of {highest:.2}; trained up to {most:.2}"));
        }
        let used = scenario.topology.links.iter().map(|link| link.queueing as usize);
        let mut policies: Vec<&str> =
            used.map(|queueing| scenario.queueings[queueing].policy.name()).collect();
        policies.sort_unstable();
        policies.dedup();
        let unknown = |policy: &&str| !trained.policies.iter().any(|known| known == policy);
        outside.extend(policies.into_iter().filter(unknown).map(|policy| {
            format!("queues of {policy}; trained on {}", trained.policies.join(", "))
        }));
        let mut arrivals: Vec<&str> =
            scenario.flows.iter().map(|flow| flow.arrivals.name()).collect();
        arrivals.sort_unstable();
        arrivals.dedup();
        let unknown = |name: &&str| !trained.arrivals.iter().any(|known| known == name);
        outside.extend(arrivals.into_iter().filter(unknown).map(|name| {
            format!("arrivals that are {name}; trained on {}", trained.arrivals.join(", "))
        }));
        outside
    }
}
