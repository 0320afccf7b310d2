//! Which networks decide: those that ship with the page, or the visitor's own.

use serde::{Deserialize, Serialize};

use super::ForecasterCard;
use super::trace::GivenTrace;

/// Which networks decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum NetworkSource {
    /// Those that ship with the page, by their card's name.
    Shipped(String),
    /// Those that were installed, by the fingerprint of their weights.
    Installed(String),
}

/// Networks that were learned in the tab, or read from the visitor's files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnedNetworks {
    /// What they are.
    pub card: ForecasterCard,
    /// The safetensors file.
    #[serde(with = "serde_bytes")]
    pub weights: Vec<u8>,
}

/// What an engine is given once and jobs ask for by its fingerprint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ForecastNetwork {
    /// Networks of the visitor's own.
    Networks(Box<LearnedNetworks>),
    /// A trace of the visitor's own.
    Trace(GivenTrace),
}

impl ForecastNetwork {
    /// By what jobs ask for it: 16 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        match self {
            Self::Networks(networks) => networks.card.weights_fingerprint.clone(),
            Self::Trace(trace) => trace.fingerprint(),
        }
    }
}
