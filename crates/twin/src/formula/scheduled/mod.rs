//! Ports whose classes are scheduled: closed forms, corrected by small networks that were fitted to simulations
//! of single ports, a network per policy.
//!
//! The closed forms ([`description`]) bring what is known: Cobham's waits, the promises of weighted sharing, limited
//! buffers. A network moves them by bounded factors, so that its errors are bounded too. It never saw a
//! topology: it learned from drawn ports alone ([`crate::training`]).

pub mod description;
pub mod network;

use std::sync::OnceLock;

use slicewise_core::InputError;
use slicewise_core::card::check_fingerprint;
use slicewise_core::model_files::{ShippedModel, named};
use slicewise_core::shipped_model;
use slicewise_core::twin::queueing::MOST_CLASSES;
use slicewise_core::twin::{Policy, PortsCard};
use slicewise_nets::files::{Tensors, tensors_of};

use self::description::{Description, FEATURES, describe};
use self::network::{Layer, Network, OUTPUTS};
use super::port::{ClassOutput, PortInput, closed};

/// Models of ports that ship.
pub const SHIPPED: &[ShippedModel] = &[shipped_model!("twin", "ports")];

/// How far a correction can go: factors of e^2.5 in the mean wait, e^4 in its variance, and log-odds of the loss.
pub const REACH: [f64; OUTPUTS] = [2.5, 4.0, 8.0];

/// A network for each policy that has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Ports {
    networks: Vec<(Policy, Network)>,
}

impl Ports {
    /// The networks of `weights`, a safetensors file.
    ///
    /// # Errors
    /// Says what is wrong with the file, or with what it has beside its card.
    pub fn load(card: &PortsCard, weights: &[u8]) -> Result<Self, InputError> {
        let names: Vec<&str> = card.inputs.iter().map(|input| &input.name[..]).collect();
        if names != FEATURES {
            let allowed = FEATURES.join(", ");
            return Err(InputError::new("inputs", names.join(", "), allowed));
        }
        check_fingerprint(weights, &card.weights_fingerprint)?;
        let tensors = tensors_of(weights)?;
        let networks = card.policies.iter().map(|policy| {
            let mut units = vec![FEATURES.len()];
            units.extend(&card.hidden);
            units.push(OUTPUTS);
            let layers = units.windows(2).enumerate().map(|(index, pair)| {
                layer(&tensors, &layer_name(*policy, index), pair[0], pair[1])
            });
            Ok((*policy, Network { layers: layers.collect::<Result<_, InputError>>()? }))
        });
        Ok(Self { networks: networks.collect::<Result<_, InputError>>()? })
    }

    /// The model of that name that ships.
    ///
    /// # Errors
    /// Names the model when there is none of that name, or what is wrong with its files.
    pub fn shipped(name: &str) -> Result<Self, InputError> {
        let found = named(SHIPPED, name)?;
        Self::load(&PortsCard::from_json(found.card)?, found.weights)
    }

    /// The network of `policy`.
    pub fn network(&self, policy: Policy) -> Option<&Network> {
        self.networks.iter().find(|(own, _)| *own == policy).map(|(_, network)| network)
    }

    /// What the classes of `input` see, in `output`; `false`, and nothing is written, where the policy has no
    /// network. Closed forms take over far from what the networks learned from.
    pub fn answer(&self, input: &PortInput<'_>, output: &mut [ClassOutput]) -> bool {
        let Some(network) = self.network(input.policy) else { return false };
        let trust = trust(input);
        if trust < 1.0 {
            closed(input, output);
        }
        if trust > 0.0 {
            let mut descriptions = [Description::default(); MOST_CLASSES];
            describe(input, &mut descriptions);
            for (seen, description) in output.iter_mut().zip(&descriptions) {
                let found = corrected(description, network);
                let mix = |plain: f64, found: f64| plain + trust * (found - plain);
                *seen = if trust < 1.0 {
                    ClassOutput {
                        mean_wait_s: mix(seen.mean_wait_s, found.mean_wait_s),
                        wait_variance_s2: mix(seen.wait_variance_s2, found.wait_variance_s2),
                        loss: mix(seen.loss, found.loss),
                    }
                } else {
                    found
                };
            }
        }
        send_no_more_than_all(input, output);
        true
    }
}

/// The most classes of a port that the networks learned from.
const MOST_LEARNED_CLASSES: usize = 5;

/// How far the networks are trusted, 0 to 1: wholly within what they learned from (6 to 140 packets, loads up to 4),
/// fading to closed forms outside.
fn trust(input: &PortInput<'_>) -> f64 {
    if input.classes.len() > MOST_LEARNED_CLASSES {
        return 0.0;
    }
    let load: f64 = input.classes.iter().map(|class| input.load(class)).sum();
    let small = fading(6.0, 1.5, input.buffer_packets);
    small * fading(140.0, 560.0, input.buffer_packets) * fading(4.0, 8.0, load)
}

/// 1 on the side of `whole`, 0 beyond `none`, smooth in the logarithm between both.
fn fading(whole: f64, none: f64, value: f64) -> f64 {
    let beyond = libm::log(value.max(1e-9) / whole) / libm::log(none / whole);
    let left = (1.0 - beyond).clamp(0.0, 1.0);
    left * left * (3.0 - 2.0 * left)
}

/// A port sends no more than all of the time; what its classes send beyond is lost too.
fn send_no_more_than_all(input: &PortInput<'_>, output: &mut [ClassOutput]) {
    let classes = input.classes.iter().zip(&*output);
    let sent: f64 = classes.map(|(class, seen)| input.load(class) * (1.0 - seen.loss)).sum();
    if sent > 1.0 {
        output.iter_mut().for_each(|seen| seen.loss = 1.0 - (1.0 - seen.loss) / sent);
    }
}

/// The networks that ship, loaded once; none where their files cannot be read.
pub fn ports() -> Option<&'static Ports> {
    static PORTS: OnceLock<Option<Ports>> = OnceLock::new();
    PORTS.get_or_init(|| Ports::shipped("ports").ok()).as_ref()
}

/// What a class of that description sees, by `network`.
pub fn corrected(description: &Description, network: &Network) -> ClassOutput {
    let [wait, variance, loss] = network.answer(&description.features);
    let odds = libm::exp(description.loss_log_odds + REACH[2] * loss);
    ClassOutput {
        mean_wait_s: description.wait_s * libm::exp(REACH[0] * wait),
        wait_variance_s2: description.variance_s2 * libm::exp(REACH[1] * variance),
        loss: odds / (1.0 + odds),
    }
}

/// Name of layer `index` of the network of `policy` in a weight file.
fn layer_name(policy: Policy, index: usize) -> String {
    format!("{}.{index}", policy.name())
}

fn layer(
    tensors: &Tensors,
    name: &str,
    inputs: usize,
    outputs: usize,
) -> Result<Layer, InputError> {
    let tensor = |part: &str, shape: &[usize]| {
        let field = format!("{name}.{part}");
        let allowed = || format!("shape {shape:?}");
        let (found, values) = tensors
            .get(&field)
            .ok_or_else(|| InputError::new(format!("tensor {field}"), "missing", allowed()))?;
        if found != shape {
            let found = format!("of shape {found:?}");
            return Err(InputError::new(format!("tensor {field}"), found, allowed()));
        }
        Ok(values.iter().copied().map(f64::from).collect::<Vec<f64>>())
    };
    let by_output = tensor("weight", &[outputs, inputs])?;
    let weight =
        (0..inputs * outputs).map(|at| by_output[(at % outputs) * inputs + at / outputs]).collect();
    Ok(Layer { inputs, outputs, weight, bias: tensor("bias", &[outputs])? })
}

/// The tensors of `network`, in the layouts of a weight file.
pub fn tensors(policy: Policy, network: &Network) -> Tensors {
    let mut tensors = Tensors::new();
    for (index, layer) in network.layers.iter().enumerate() {
        let name = layer_name(policy, index);
        let (inputs, outputs) = (layer.inputs, layer.outputs);
        let by_output = (0..inputs * outputs)
            .map(|at| layer.weight[(at % inputs) * outputs + at / inputs] as f32);
        tensors.insert(format!("{name}.weight"), (vec![outputs, inputs], by_output.collect()));
        let bias = layer.bias.iter().map(|bias| *bias as f32).collect();
        tensors.insert(format!("{name}.bias"), (vec![outputs], bias));
    }
    tensors
}
