//! A check by simulation, packet by packet.

use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_range};
use crate::packed_numbers;

/// How long, and with which seed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulationOrder {
    /// Seed of arrivals and sizes.
    pub seed: u64,
    /// Packets that the flows send together, after the warm-up, 1,000 to [`MOST_PACKETS`].
    pub packets: u64,
}

/// The most packets of one run.
pub const MOST_PACKETS: u64 = 1_000_000_000;
/// Batches that a run is cut into for its confidence intervals.
pub const BATCHES: usize = 20;

impl SimulationOrder {
    /// Checks the number of packets.
    ///
    /// # Errors
    /// Names it.
    pub fn validate(&self) -> Result<(), InputError> {
        check_range("packets", self.packets as f64, 1e3, MOST_PACKETS as f64, "")
    }
}

/// What a run measured, in the order of the scenario's flows. A flow of which no packet arrived has NaN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Simulated {
    /// Packets that arrived.
    #[serde(with = "packed_numbers")]
    pub packets: Vec<f64>,
    /// Mean delay, in seconds.
    #[serde(with = "packed_numbers")]
    pub mean_delay_s: Vec<f64>,
    /// Half width of the 95 % confidence interval of the mean, from batches, in seconds; NaN where fewer
    /// than two batches hold a packet.
    #[serde(with = "packed_numbers")]
    pub mean_half_width_s: Vec<f64>,
    /// Variance of the delay, in seconds squared.
    #[serde(with = "packed_numbers")]
    pub jitter_s2: Vec<f64>,
    /// Delay that a tenth stays below, in seconds.
    #[serde(with = "packed_numbers")]
    pub p10_s: Vec<f64>,
    /// Delay that half stays below, in seconds.
    #[serde(with = "packed_numbers")]
    pub p50_s: Vec<f64>,
    /// Delay that 90 of 100 stay below, in seconds.
    #[serde(with = "packed_numbers")]
    pub p90_s: Vec<f64>,
    /// Delay that 99 of 100 stay below, in seconds.
    #[serde(with = "packed_numbers")]
    pub p99_s: Vec<f64>,
    /// Share of the packets that were lost, 0 to 1.
    #[serde(with = "packed_numbers")]
    pub loss: Vec<f64>,
    /// Share of its time that each link was sending.
    #[serde(with = "packed_numbers")]
    pub link_utilisation: Vec<f64>,
    /// Simulated time after the warm-up, in seconds.
    pub seconds: f64,
    /// Packets that crossed a hop, warm-up included.
    pub packet_hops: u64,
    /// The seed.
    pub seed: u64,
}
