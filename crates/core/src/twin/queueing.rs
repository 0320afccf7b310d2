//! Queues of a port: which packet leaves next, and how many may wait.

use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_count, check_range};

/// The most classes of traffic.
pub const MOST_CLASSES: usize = 8;

/// Which packet a port sends next. A packet that is being sent is never interrupted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// One queue for all classes, in order of arrival.
    #[default]
    Fifo,
    /// A queue per class; the lowest class that has a packet goes first.
    StrictPriority,
    /// A queue per class; packets in the order in which weighted fluid sharing would finish them
    /// (Parekh and Gallager, 1993), as routers do.
    WeightedFair,
    /// A queue per class, served in turns of `weight / least weight` times [`DRR_QUANTUM_BITS`]
    /// (Shreedhar and Varghese, 1996), as routers do.
    DeficitRoundRobin,
    /// What the simulator of the GNNet challenge calls WFQ: serves the class whose bits sent since the
    /// start, over its weight, are least; a class that was idle has credit for all of that time. In the long
    /// run the class whose load over its weight is least has strict priority, and so on.
    GnnetWfq,
    /// What that simulator calls DRR: turns in a fixed circle, whose quantum is the share of the weight in
    /// all weights times what the link carries in one unit of time (a second). A class that has sent its
    /// last packet keeps turn and credit until the port must choose again and finds nothing of it, so that
    /// what came meanwhile goes on in the same turn; the turn also stays where it is while the port is idle.
    GnnetDrr,
}

/// Bits that the class of least weight may send in a turn of [`Policy::DeficitRoundRobin`]: 1,500 bytes.
pub const DRR_QUANTUM_BITS: f64 = 12_000.0;

impl Policy {
    /// All policies.
    pub const ALL: [Self; 6] = [
        Self::Fifo,
        Self::StrictPriority,
        Self::WeightedFair,
        Self::DeficitRoundRobin,
        Self::GnnetWfq,
        Self::GnnetDrr,
    ];

    /// Its name in JSON, in the command and in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::StrictPriority => "strict-priority",
            Self::WeightedFair => "weighted-fair",
            Self::DeficitRoundRobin => "deficit-round-robin",
            Self::GnnetWfq => "gnnet-wfq",
            Self::GnnetDrr => "gnnet-drr",
        }
    }

    /// Whether classes have weights.
    pub fn has_weights(self) -> bool {
        !matches!(self, Self::Fifo | Self::StrictPriority)
    }
}

/// How many packets may wait in each queue of a port, beside the one that is being sent; what does not
/// fit is lost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Buffer {
    /// Packets per queue, 0 to [`MOST_BUFFER_PACKETS`].
    Packets(u32),
    /// Bits per queue, 0 to 1e12.
    Bits(f64),
}

/// The most packets of a queue.
pub const MOST_BUFFER_PACKETS: u32 = 1_000_000;

/// How a port queues.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queueing {
    /// Which packet goes next.
    pub policy: Policy,
    /// Weight of each class in relation to the others, above 0; empty where the policy has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<f64>,
    /// Room of each queue.
    pub buffer: Buffer,
}

impl Default for Queueing {
    /// First in, first out, and the public runs' 32 packets.
    fn default() -> Self {
        Self { policy: Policy::Fifo, weights: Vec::new(), buffer: Buffer::Packets(32) }
    }
}

impl Queueing {
    /// The weight of `class`; a class without one has the last one's.
    pub fn weight(&self, class: usize) -> f64 {
        self.weights.get(class).or(self.weights.last()).copied().unwrap_or(1.0)
    }

    /// Checks weights and buffer.
    ///
    /// # Errors
    /// Names the field under `field`.
    pub fn validate(&self, field: &str) -> Result<(), InputError> {
        let weights = format!("{field}.weights");
        if self.policy.has_weights() {
            check_count(&weights, self.weights.len(), 1, MOST_CLASSES)?;
        }
        for (class, weight) in self.weights.iter().enumerate() {
            check_range(&format!("{weights}[{class}]"), *weight, 1e-6, 1e6, "")?;
        }
        let buffer = format!("{field}.buffer");
        match self.buffer {
            Buffer::Packets(packets) => {
                check_count(&buffer, packets as usize, 0, MOST_BUFFER_PACKETS as usize)
            }
            Buffer::Bits(bits) => check_range(&buffer, bits, 0.0, 1e12, "bits"),
        }
    }
}
