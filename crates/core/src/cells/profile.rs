//! What a slice is promised, and the name that 3GPP gives it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_range};

/// Single network slice selection assistance information (3GPP TS 23.003, clause 28.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SNssai {
    /// Slice/service type: 1 eMBB, 2 URLLC, 3 MIoT, 4 V2X; 128 to 255 are the operator's.
    pub sst: u8,
    /// Slice differentiator, 24 bits; none where the type says it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sd: Option<u32>,
}

impl SNssai {
    /// The largest slice differentiator. 0xFFFFFF itself means that there is none.
    pub const LARGEST_SD: u32 = 0xFF_FFFE;

    /// Reads `1` or `1-00000a`: the type, and the differentiator as six hexadecimal digits.
    ///
    /// # Errors
    /// Names `field`, what was found and what is allowed.
    pub fn parse(field: &str, text: &str) -> Result<Self, InputError> {
        let wrong = || {
            let allowed = "SST or SST-SD: 0 to 255, and six hexadecimal digits below ffffff";
            InputError::new(field, text, allowed)
        };
        let (sst, sd) = match text.split_once('-') {
            Some((sst, sd)) => (sst, Some(sd)),
            None => (text, None),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let sd = match sd {
            Some(sd) if sd.len() == 6 && digits(sd) => u32::from_str_radix(sd, 16).ok(),
            Some(_) => return Err(wrong()),
            None => None,
        };
        if sd.is_some_and(|sd| sd > Self::LARGEST_SD) {
            return Err(wrong());
        }
        Ok(Self { sst: sst.parse().map_err(|_| wrong())?, sd })
    }
}

impl fmt::Display for SNssai {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sd {
            Some(sd) => write!(formatter, "{}-{sd:06x}", self.sst),
            None => write!(formatter, "{}", self.sst),
        }
    }
}

/// A service and its requirements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceProfile {
    /// Name for people.
    pub name: String,
    /// Name in the network.
    pub snssai: SNssai,
    /// Required mean throughput per user, φ*, in Mbit/s (3GPP TS 28.541: `dLThptPerUE`).
    pub required_throughput_mbps: f64,
    /// Required delay d*, in ms (3GPP TS 28.541: `dLLatency`).
    pub required_delay_ms: f64,
    /// Weight in every cell, for [`super::Objective::WeightedSum`].
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight: f64,
    /// Least share of every cell, 0 to 1 (3GPP TS 28.541: `rRMPolicyMinRatio`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub minimum_share: f64,
}

fn one() -> f64 {
    1.0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
fn is_one(weight: &f64) -> bool {
    *weight == 1.0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
fn is_zero(share: &f64) -> bool {
    *share == 0.0
}

/// The least and the largest throughput that may be required, in Mbit/s.
pub const THROUGHPUT_RANGE_MBPS: (f64, f64) = (0.01, 100.0);
/// The least and the largest delay that may be required, in ms.
pub const DELAY_RANGE_MS: (f64, f64) = (1.0, 10_000.0);
/// The largest weight of a service.
pub const MOST_WEIGHT: f64 = 100.0;

impl ServiceProfile {
    /// The four services of the paper (IDLA, section V-A): 2, 1, 1.5 and 0.5 Mbit/s per user. The
    /// paper names no delays; these are ours.
    pub fn of_the_paper() -> [Self; 4] {
        let service = |name: &str, sst, sd, required_throughput_mbps, required_delay_ms| {
            let snssai = SNssai { sst, sd: Some(sd) };
            Self::new(name, snssai, required_throughput_mbps, required_delay_ms)
        };
        [
            service("Video", 1, 1, 2.0, 100.0),
            service("Browsing", 1, 2, 1.0, 150.0),
            service("Gaming", 1, 3, 1.5, 60.0),
            service("Sensors", 3, 4, 0.5, 300.0),
        ]
    }

    /// A service of weight 1 without a least share.
    pub fn new(
        name: impl Into<String>,
        snssai: SNssai,
        required_throughput_mbps: f64,
        required_delay_ms: f64,
    ) -> Self {
        Self {
            name: name.into(),
            snssai,
            required_throughput_mbps,
            required_delay_ms,
            weight: 1.0,
            minimum_share: 0.0,
        }
    }

    /// Checks that the weights and the least shares of `services`, which share cells, go together.
    ///
    /// # Errors
    /// Says that nothing weighs anything, or that the least shares are more than a cell.
    pub fn validate_together<'a>(
        services: impl Iterator<Item = &'a Self> + Clone,
    ) -> Result<(), InputError> {
        let minimum: f64 = services.clone().map(|service| service.minimum_share).sum();
        check_range("sum of minimum_share", minimum, 0.0, 1.0 + 1e-9, "")?;
        let weight: f64 = services.map(|service| service.weight).sum();
        if weight <= 0.0 {
            return Err(InputError::new("sum of weight", weight, "more than 0"));
        }
        Ok(())
    }

    /// Checks the requirements, the weight and the least share.
    ///
    /// # Errors
    /// Names the first field that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        let (least, most) = THROUGHPUT_RANGE_MBPS;
        let required = self.required_throughput_mbps;
        check_range("required_throughput_mbps", required, least, most, "Mbit/s")?;
        let (least, most) = DELAY_RANGE_MS;
        check_range("required_delay_ms", self.required_delay_ms, least, most, "ms")?;
        check_range("weight", self.weight, 0.0, MOST_WEIGHT, "")?;
        check_range("minimum_share", self.minimum_share, 0.0, 1.0, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slice_names_are_read_as_they_are_written() {
        for text in ["1", "255", "1-000001", "3-00abcd"] {
            assert_eq!(SNssai::parse("slice", text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn wrong_slice_names_are_named() {
        for text in ["", "256", "1-", "1-1", "1-ffffff", "1-00000g", "-000001", "1-+00001"] {
            let error = SNssai::parse("slice", text).unwrap_err();
            assert_eq!(error.field, "slice", "{text}");
        }
    }
}
