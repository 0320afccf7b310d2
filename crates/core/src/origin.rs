//! Where a plan comes from.

use serde::{Deserialize, Serialize};

use crate::build::BUILD;

/// What made a plan; empty for plans that were kept by builds which did not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Fingerprint of the network's weights.
    pub weights_fingerprint: String,
    /// Seed of what was drawn at random; 0 where nothing was.
    pub seed: u64,
    /// The build, as [`BUILD`].
    pub build: String,
}

impl Origin {
    /// Of a plan that this build makes.
    pub fn new(weights_fingerprint: &str, seed: u64) -> Self {
        let weights_fingerprint = weights_fingerprint.to_owned();
        Self { weights_fingerprint, seed, build: BUILD.to_owned() }
    }
}
