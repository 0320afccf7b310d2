//! A policy that routes by changing all links' weights at once, step by step, learned by policy gradients on the twin
//! ("the paper's way": Almasan et al., "Digital Twin Network", 2022, III.B and IV.B; after Almasan et al., "Deep
//! reinforcement learning meets graph neural networks", 2022).
//!
//! One small network looks at each link with the same weights and says by which factor the link's weight changes. So
//! the policy carries over to networks of any size and shape.

pub mod surroundings;
pub mod training;

use slicewise_core::InputError;
use slicewise_core::card::check_fingerprint;
use slicewise_core::model_files::{ShippedModel, named};
use slicewise_core::shipped_model;
use slicewise_core::twin::RoutingAgentCard;
use slicewise_nets::files::{Tensors, tensors_of};
use slicewise_optim::neural::dense::{Activation, Shape, Trace};

use self::surroundings::{FEATURES, Surroundings};
use crate::problem::Problem;

/// Agents that ship.
pub const SHIPPED: &[ShippedModel] = &[shipped_model!("twin", "routing-agent")];

/// Steps of an episode.
pub const STEPS: usize = 12;
/// The most episodes that follow one another, each from the best weights of the one before.
const MOST_EPISODES: usize = 4;
/// Gains below this share end the episodes.
const LEAST_GAIN: f64 = 1e-4;

/// A learned policy.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutingAgent {
    shape: Shape,
    weights: Vec<f32>,
}

/// A routing that an agent found.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentRouting {
    /// Weight of each link.
    pub weights: Vec<f64>,
    /// Utilisation of the fullest link with them.
    pub max_utilisation: f64,
    /// The same before.
    pub before: f64,
    /// Steps that it took.
    pub steps: usize,
}

impl RoutingAgent {
    /// The agent of a card and `weights`, a safetensors file.
    ///
    /// # Errors
    /// Says what is wrong with the file, or with what it has beside its card.
    pub fn load(card: &RoutingAgentCard, weights: &[u8]) -> Result<Self, InputError> {
        let names: Vec<&str> = card.inputs.iter().map(|input| &input.name[..]).collect();
        if names != FEATURES {
            return Err(InputError::new("inputs", names.join(", "), FEATURES.join(", ")));
        }
        check_fingerprint(weights, &card.weights_fingerprint)?;
        let shape = shape(&card.hidden);
        let tensors = tensors_of(weights)?;
        Ok(Self { weights: of_tensors(&shape, &tensors)?, shape })
    }

    /// The agent that ships under `name`.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn shipped(name: &str) -> Result<Self, InputError> {
        let found = named(SHIPPED, name)?;
        Self::load(&RoutingAgentCard::from_json(found.card)?, found.weights)
    }

    /// Routes `problem` from its present weights on. Flows with a path or lists of their own stay on them.
    pub fn route(&self, problem: &Problem) -> AgentRouting {
        let mut surroundings = Surroundings::new(problem);
        let before = surroundings.peak();
        let mut best = (before, surroundings.weights());
        let (mut trace, mut seen, mut steps) = (Trace::default(), Vec::new(), 0);
        for _ in 0..MOST_EPISODES {
            let start = best.0;
            surroundings.set(&best.1);
            for step in 0..STEPS {
                surroundings.look(step as f64 / STEPS as f64, &mut seen);
                self.shape.forward(&self.weights, &seen, &mut trace);
                surroundings.act(trace.outputs());
                steps += 1;
                if surroundings.peak() < best.0 {
                    best = (surroundings.peak(), surroundings.weights());
                }
            }
            if best.0 > start * (1.0 - LEAST_GAIN) {
                break;
            }
        }
        AgentRouting { max_utilisation: best.0, weights: best.1, before, steps }
    }
}

/// The shape of the network of an agent with these hidden layers.
fn shape(hidden: &[usize]) -> Shape {
    Shape { widths: [&[FEATURES.len()], hidden, &[1]].concat(), activation: Activation::Tanh }
}

/// The weights of a network in the layouts of a weight file.
fn tensors(shape: &Shape, weights: &[f32]) -> Tensors {
    let mut tensors = Tensors::new();
    for (index, layer) in shape.layers().into_iter().enumerate() {
        let (inputs, outputs) = (layer.inputs, layer.outputs);
        let own = &weights[layer.weights..layer.biases];
        let by_output =
            (0..inputs * outputs).map(|at| own[(at % inputs) * outputs + at / inputs]).collect();
        tensors.insert(format!("policy.{index}.weight"), (vec![outputs, inputs], by_output));
        let bias = weights[layer.biases..layer.end].to_vec();
        tensors.insert(format!("policy.{index}.bias"), (vec![outputs], bias));
    }
    tensors
}

fn of_tensors(shape: &Shape, tensors: &Tensors) -> Result<Vec<f32>, InputError> {
    let mut weights = Vec::with_capacity(shape.parameters());
    for (index, layer) in shape.layers().into_iter().enumerate() {
        let (inputs, outputs) = (layer.inputs, layer.outputs);
        let by_output = tensor(tensors, &format!("policy.{index}.weight"), &[outputs, inputs])?;
        weights.extend(
            (0..inputs * outputs).map(|at| by_output[(at % outputs) * inputs + at / outputs]),
        );
        weights.extend(tensor(tensors, &format!("policy.{index}.bias"), &[outputs])?);
    }
    Ok(weights)
}

fn tensor<'a>(tensors: &'a Tensors, name: &str, wanted: &[usize]) -> Result<&'a [f32], InputError> {
    let (field, allowed) = (format!("tensor {name}"), format!("shape {wanted:?}"));
    let found = tensors.get(name);
    let (shape, values) =
        found.ok_or_else(|| InputError::new(&field, "missing", allowed.clone()))?;
    if shape != wanted {
        return Err(InputError::new(field, format!("of shape {shape:?}"), allowed));
    }
    Ok(values)
}
