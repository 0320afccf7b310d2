//! Files of networks in and out: what is asked and what comes back.

use serde::{Deserialize, Serialize};

use crate::error::InputError;
use crate::reader::GivenFile;
use crate::twin::Scenario;

/// What the visitor chooses of a file of a network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkForm {
    /// Capacity of links that have none, in bit/s.
    #[serde(default)]
    pub capacity_bit_per_s: Option<f64>,
    /// What one unit of capacities and demands without a unit is, in bit/s.
    #[serde(default)]
    pub unit_bit_per_s: Option<f64>,
    /// Demands, from a second file.
    #[serde(default)]
    pub demands: Option<GivenFile>,
    /// Demands where the file has none.
    #[serde(default)]
    pub gravity: Option<Gravity>,
}

/// Demands that follow what the nodes can send: a gravity model, seeded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gravity {
    /// All demands together, in bit/s; where none is given, as much as makes the busiest link half full.
    #[serde(default)]
    pub total_bit_per_s: Option<f64>,
    /// Whether all pairs have the same share.
    pub even: bool,
    /// Seed of the nodes' masses.
    pub seed: u64,
}

/// A network of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkRead {
    /// Name of the format.
    pub format: String,
    /// The network, or what is wrong with it.
    pub scenario: Result<Scenario, InputError>,
    /// What was counted, passed over and assumed, one phrase each.
    pub told: Vec<String>,
}

/// As what a network is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriteNetwork {
    /// Our own scenario, as JSON.
    Scenario,
    /// Node-link JSON, as networkx reads it.
    NodeLink,
    /// `ietf-network-topology` (RFC 8345), as JSON.
    Ietf,
}

/// A written network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrittenNetwork {
    /// Its name.
    pub file_name: String,
    /// What it holds.
    pub text: String,
}
