//! What a network does to its flows and links.

use serde::{Deserialize, Serialize};

use crate::origin::Origin;
use crate::packed_numbers;

/// What becomes of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlowState {
    /// It arrives.
    Arrives,
    /// It carries nothing.
    Idle,
    /// No path leads to its target.
    CutOff,
    /// Its source or its target has failed.
    EndFailed,
}

/// What the flows see, in the order of the scenario's flows. What does not arrive has NaN everywhere but
/// in `loss`, which is 1 where it is cut off.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowAnswers {
    /// What becomes of each.
    pub state: Vec<FlowState>,
    /// Mean delay of the packets that arrive, in seconds: waiting, transmission and propagation.
    #[serde(with = "packed_numbers")]
    pub mean_delay_s: Vec<f64>,
    /// Variance of the delay (the public runs' "jitter"), in seconds squared.
    #[serde(with = "packed_numbers")]
    pub jitter_s2: Vec<f64>,
    /// Delay that a tenth of the packets stays below, in seconds.
    #[serde(with = "packed_numbers")]
    pub p10_s: Vec<f64>,
    /// Delay that half of the packets stay below, in seconds.
    #[serde(with = "packed_numbers")]
    pub p50_s: Vec<f64>,
    /// Delay that 90 of 100 packets stay below, in seconds.
    #[serde(with = "packed_numbers")]
    pub p90_s: Vec<f64>,
    /// Delay that 99 of 100 packets stay below, in seconds.
    #[serde(with = "packed_numbers")]
    pub p99_s: Vec<f64>,
    /// Share of the packets that are lost, 0 to 1.
    #[serde(with = "packed_numbers")]
    pub loss: Vec<f64>,
    /// What is offered, in bit/s, after the edits.
    #[serde(with = "packed_numbers")]
    pub rate_bit_per_s: Vec<f64>,
}

/// What the links see, in the order of the scenario's links. A failed one has NaN everywhere.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LinkAnswers {
    /// What its port is offered over what it can send; above 1 where it is overloaded.
    #[serde(with = "packed_numbers")]
    pub utilisation: Vec<f64>,
    /// What its port is offered, in bit/s: what is left after the losses of the hops before.
    #[serde(with = "packed_numbers")]
    pub load_bit_per_s: Vec<f64>,
    /// Mean wait of a packet in its queue, in seconds, over all classes.
    #[serde(with = "packed_numbers")]
    pub mean_wait_s: Vec<f64>,
    /// Mean delay that it adds, in seconds: wait, transmission and propagation.
    #[serde(with = "packed_numbers")]
    pub mean_delay_s: Vec<f64>,
    /// Share of the packets that it drops, 0 to 1.
    #[serde(with = "packed_numbers")]
    pub loss: Vec<f64>,
    /// Number of flows that cross it.
    pub flows: Vec<u32>,
}

/// A scenario, answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The flows.
    pub flows: FlowAnswers,
    /// The links.
    pub links: LinkAnswers,
    /// What stands out.
    pub summary: Summary,
    /// Rounds of the fixed point.
    pub rounds: u32,
    /// Whether the fixed point came to rest.
    pub settled: bool,
    /// What made it.
    pub origin: Origin,
}

/// What stands out of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Flows that carry something.
    pub flows: usize,
    /// Flows that arrive.
    pub arriving: usize,
    /// Flows without a path.
    pub cut_off: usize,
    /// Flows whose end has failed.
    pub end_failed: usize,
    /// Flows of which more than 1 in 1,000 packets is lost.
    pub lossy: usize,
    /// Flows that break a promise.
    pub breaking: usize,
    /// The flow of longest mean delay.
    pub slowest_flow: Option<usize>,
    /// Its mean delay, in seconds.
    pub longest_delay_s: f64,
    /// Mean delay over what arrives, in seconds, weighted by packets.
    pub mean_delay_s: f64,
    /// The link of highest utilisation.
    pub busiest_link: Option<usize>,
    /// Its utilisation.
    pub highest_utilisation: f64,
    /// Links that are offered more than they can send.
    pub overloaded: usize,
    /// What is offered, in bit/s.
    pub offered_bit_per_s: f64,
    /// Share of the offered bits that arrive, 0 to 1.
    pub delivered: f64,
}

/// The least share of the traffic that arrives for an answer to say that flows arrive; below it the share is
/// what counts.
pub const MOST_ARRIVES: f64 = 0.99;

/// One hop of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HopAnswer {
    /// Index of the link.
    pub link: u32,
    /// Share of the flow's packets that take it, 0 to 1; below 1 where equal costs split the flow.
    pub share: f64,
    /// Mean wait in the queue of the flow's class, in seconds.
    pub wait_s: f64,
    /// Mean time to send a packet of the flow, in seconds.
    pub transmission_s: f64,
    /// How long the signal travels, in seconds.
    pub propagation_s: f64,
    /// Share of the flow's packets that are dropped here, 0 to 1.
    pub loss: f64,
    /// The other flows in the same queue, those that bring most first, with what they bring in bit/s.
    pub beside: Vec<(u32, f64)>,
    /// Number of the other flows in the same queue.
    pub beside_count: usize,
}

/// A flow, hop by hop, in the order in which packets cross them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowHops {
    /// Index of the flow.
    pub flow: u32,
    /// The hops.
    pub hops: Vec<HopAnswer>,
}
