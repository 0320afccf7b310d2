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
}

/// The least and the largest throughput that may be required, in Mbit/s.
pub const THROUGHPUT_RANGE_MBPS: (f64, f64) = (0.01, 100.0);
/// The least and the largest delay that may be required, in ms.
pub const DELAY_RANGE_MS: (f64, f64) = (1.0, 10_000.0);

impl ServiceProfile {
    /// The four services of the paper (IDLA, section V-A): 2, 1, 1.5 and 0.5 Mbit/s per user. The
    /// paper names no delays; these are ours.
    pub fn of_the_paper() -> [Self; 4] {
        let service = |name: &str, sst, sd, required_throughput_mbps, required_delay_ms| Self {
            name: name.to_owned(),
            snssai: SNssai { sst, sd: Some(sd) },
            required_throughput_mbps,
            required_delay_ms,
        };
        [
            service("Video", 1, 1, 2.0, 100.0),
            service("Browsing", 1, 2, 1.0, 150.0),
            service("Gaming", 1, 3, 1.5, 60.0),
            service("Sensors", 3, 4, 0.5, 300.0),
        ]
    }

    /// Checks the requirements.
    ///
    /// # Errors
    /// Names the first field that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        let (least, most) = THROUGHPUT_RANGE_MBPS;
        let required = self.required_throughput_mbps;
        check_range("required_throughput_mbps", required, least, most, "Mbit/s")?;
        let (least, most) = DELAY_RANGE_MS;
        check_range("required_delay_ms", self.required_delay_ms, least, most, "ms")
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
