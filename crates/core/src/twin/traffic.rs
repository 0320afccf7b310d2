//! What a network carries: flows between nodes, with their packets.

use serde::{Deserialize, Serialize};

use super::queueing::MOST_CLASSES;
use crate::error::{InputError, check_count, check_range};

/// Size of the packets of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PacketSizes {
    /// Some sizes, each with its share of the packets; shares add up to 1.
    Sizes(Vec<PacketSize>),
    /// Exponentially distributed sizes of this mean, in bits.
    Exponential(f64),
}

/// One size and the share of the packets that have it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacketSize {
    /// Bits of a packet, 1 to [`LARGEST_PACKET_BITS`].
    pub bits: f64,
    /// Share of the packets, 0 to 1.
    pub share: f64,
}

/// The largest packet: 65,535 bytes.
pub const LARGEST_PACKET_BITS: f64 = 524_280.0;

impl PacketSizes {
    /// All packets have `bits`.
    pub fn fixed(bits: f64) -> Self {
        Self::Sizes(vec![PacketSize { bits, share: 1.0 }])
    }

    /// Small packets of 40 bytes, middling ones of 576 and large ones of 1,500, as the usual simple mix of
    /// the internet has them (7:4:1).
    pub fn internet() -> Self {
        let sizes = [(320.0, 7.0), (4608.0, 4.0), (12_000.0, 1.0)];
        let size = |(bits, parts)| PacketSize { bits, share: parts / 12.0 };
        Self::Sizes(sizes.map(size).to_vec())
    }

    /// Mean of the size, in bits.
    pub fn mean_bits(&self) -> f64 {
        match self {
            Self::Sizes(sizes) => sizes.iter().map(|size| size.share * size.bits).sum(),
            Self::Exponential(mean) => *mean,
        }
    }

    /// Mean of the squared size, in bits squared.
    pub fn mean_square_bits(&self) -> f64 {
        match self {
            Self::Sizes(sizes) => sizes.iter().map(|size| size.share * size.bits * size.bits).sum(),
            Self::Exponential(mean) => 2.0 * mean * mean,
        }
    }

    /// Mean of the cubed size, in bits cubed.
    pub fn mean_cube_bits(&self) -> f64 {
        match self {
            Self::Sizes(sizes) => {
                sizes.iter().map(|size| size.share * size.bits * size.bits * size.bits).sum()
            }
            Self::Exponential(mean) => 6.0 * mean * mean * mean,
        }
    }

    /// Checks sizes and shares.
    ///
    /// # Errors
    /// Names the field under `field`.
    pub fn validate(&self, field: &str) -> Result<(), InputError> {
        let sizes = match self {
            Self::Exponential(mean) => {
                return check_range(field, *mean, 1.0, LARGEST_PACKET_BITS, "bits");
            }
            Self::Sizes(sizes) => sizes,
        };
        check_count(field, sizes.len(), 1, 64)?;
        for (index, size) in sizes.iter().enumerate() {
            let at = format!("{field}[{index}]");
            check_range(&format!("{at}.bits"), size.bits, 1.0, LARGEST_PACKET_BITS, "bits")?;
            check_range(&format!("{at}.share"), size.share, 0.0, 1.0, "")?;
        }
        let sum = sizes.iter().map(|size| size.share).sum();
        check_range(&format!("{field}: sum of the shares"), sum, 0.999, 1.001, "")
    }
}

/// When the packets of a flow come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrivals {
    /// Independent of one another.
    #[default]
    Poisson,
    /// One every so often.
    Constant,
    /// Constant while on, nothing while off; both last exponentially distributed times.
    #[serde(rename_all = "snake_case")]
    OnOff {
        /// Mean time on, in seconds.
        on_s: f64,
        /// Mean time off, in seconds.
        off_s: f64,
    },
}

impl Arrivals {
    /// Its name in JSON and in what is printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Constant => "constant",
            Self::OnOff { .. } => "on-off",
        }
    }

    fn validate(self, field: &str) -> Result<(), InputError> {
        if let Self::OnOff { on_s, off_s } = self {
            check_range(&format!("{field}.on_s"), on_s, 1e-9, 1e9, "s")?;
            check_range(&format!("{field}.off_s"), off_s, 0.0, 1e9, "s")?;
        }
        Ok(())
    }
}

/// Traffic from one node to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Index of the node where it begins.
    pub source: u32,
    /// Index of the node where it ends.
    pub target: u32,
    /// What is offered, in bit/s, 0 to 1e15.
    pub rate_bit_per_s: f64,
    /// Its class; 0 goes first under strict priority.
    pub class: u8,
    /// Index of its packet sizes in the scenario.
    pub packets: u32,
    /// When its packets come.
    pub arrivals: Arrivals,
    /// Indices of the links that it takes, in order; routed by the links' weights where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Vec<u32>>,
}

impl Flow {
    /// Checks rate, class and arrivals.
    ///
    /// # Errors
    /// Names the field under `field`.
    pub fn validate(&self, field: &str) -> Result<(), InputError> {
        check_range(&format!("{field}.rate_bit_per_s"), self.rate_bit_per_s, 0.0, 1e15, "bit/s")?;
        check_count(&format!("{field}.class"), self.class as usize, 0, MOST_CLASSES - 1)?;
        self.arrivals.validate(&format!("{field}.arrivals"))
    }
}
