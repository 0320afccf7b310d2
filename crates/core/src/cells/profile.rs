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

    /// Reads a name as networks write it: `1`, `01`, `1.0` or `0x01`, and with a differentiator
    /// `1-00000a` or the eight hexadecimal digits `0100000a`. `FFFFFF` and `-` stand for none. A
    /// differentiator of another length counts where it can mean one number only: one decimal digit,
    /// or more than six. Type and differentiator may stand behind their names (`SST 1, SD 000001`, also in
    /// brackets), with other signs between; a type may be named as 3GPP TS 23.501, table 5.15.2.2-1 does
    /// (`eMBB`).
    ///
    /// # Errors
    /// Names `field`, what was found and what is allowed.
    pub fn parse(field: &str, text: &str) -> Result<Self, InputError> {
        Self::read(text).ok_or_else(|| {
            let allowed =
                "SST or SST-SD, such as 1 or 1-00000a: 0 to 255, and six hexadecimal digits";
            InputError::new(field, text, allowed)
        })
    }

    /// The same; none where `text` is no name.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some((sst, sd)) = text.split_once('-') {
            return match slice_type(sst) {
                Some(sst) => Some(Self { sst, sd: differentiator(sd)? }),
                None => Self::read_in_words(text),
            };
        }
        let digits = without_prefix(text).unwrap_or(text);
        if digits.len() == 8 && is_hexadecimal(digits) {
            let sst = u8::from_str_radix(&digits[..2], 16).ok()?;
            return Some(Self { sst, sd: differentiator(&digits[2..])? });
        }
        let whole = match text.split_once('.') {
            Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
            _ => text,
        };
        match slice_type(whole) {
            Some(sst) => Some(Self { sst, sd: None }),
            None => Self::read_in_words(text),
        }
    }

    /// The same of a text in which the parts stand behind their names, or in words.
    fn read_in_words(text: &str) -> Option<Self> {
        const NAMES: [&str; 10] = [
            "snssai",
            "nssai",
            "s",
            "slice",
            "sst",
            "sd",
            "servicetype",
            "differentiator",
            "id",
            "type",
        ];
        const SIGNS: &str = " :/_,;=|-\"'{}()[]";
        const LONGEST: usize = 80;
        let is_sign = |letter: char| SIGNS.contains(letter);
        if text.len() > LONGEST || !text.chars().all(|c| c.is_ascii_alphanumeric() || is_sign(c)) {
            return None;
        }
        let lower = text.to_ascii_lowercase();
        let part = |word: &'_ str| {
            // SST1 is a name and a number.
            let number = ["sst", "sd", "slice"].iter().find_map(|name| word.strip_prefix(name));
            let is_number = |rest: &&str| rest.starts_with(|letter: char| letter.is_ascii_digit());
            number.filter(is_number).unwrap_or(word).to_owned()
        };
        let words = lower.split(is_sign).filter(|word| !word.is_empty());
        let mut parts: Vec<String> =
            words.map(part).filter(|word| !NAMES.contains(&&word[..])).collect();
        // Names tell which part is which, in whatever order they stand.
        let place = |name: &str| lower.find(name).unwrap_or(usize::MAX);
        if parts.len() == 2 && place("sst") != usize::MAX && place("sd") < place("sst") {
            parts.swap(0, 1);
        }
        let sst = |text: &str| named_type(text).or_else(|| slice_type(text));
        match &parts[..] {
            [one] if one.len() == 8 && is_hexadecimal(one) => Self::read(one),
            [one] => Some(Self { sst: sst(one)?, sd: None }),
            [one, none] if matches!(&none[..], "none" | "null" | "nil") => {
                Some(Self { sst: sst(one)?, sd: None })
            }
            [one, sd] => Some(Self { sst: sst(one)?, sd: differentiator(sd)? }),
            _ => None,
        }
    }
}

/// The standard's types by their names.
fn named_type(text: &str) -> Option<u8> {
    match text {
        "embb" => Some(1),
        "urllc" => Some(2),
        "miot" | "mmtc" | "mtc" => Some(3),
        "v2x" => Some(4),
        "hmtc" => Some(5),
        _ => None,
    }
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_decimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn without_prefix(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
}

fn slice_type(text: &str) -> Option<u8> {
    let text = text.trim_end();
    if let Some(digits) = without_prefix(text) {
        let allowed = (1..=2).contains(&digits.len()) && is_hexadecimal(digits);
        return if allowed { u8::from_str_radix(digits, 16).ok() } else { None };
    }
    if text.len() <= 3 && is_decimal(text) { text.parse().ok() } else { None }
}

/// The differentiator, where there is one; none at all where `text` is none.
fn differentiator(text: &str) -> Option<Option<u32>> {
    let text = text.trim_start();
    if text.is_empty() || text == "-" {
        return Some(None);
    }
    let value = match without_prefix(text) {
        Some(digits) if (1..=6).contains(&digits.len()) && is_hexadecimal(digits) => {
            u32::from_str_radix(digits, 16).ok()?
        }
        Some(_) => return None,
        None if text.len() == 6 && is_hexadecimal(text) => u32::from_str_radix(text, 16).ok()?,
        None if matches!(text.len(), 1 | 7 | 8) && is_decimal(text) => text.parse().ok()?,
        None => return None,
    };
    match value {
        // 3GPP TS 23.003, clause 28.4.2: no differentiator goes with the type.
        0xFF_FFFF => Some(None),
        value => (value <= SNssai::LARGEST_SD).then_some(Some(value)),
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
    fn slice_names_are_read_as_networks_write_them() {
        for (text, expected) in [
            ("01-000001", "1-000001"),
            ("1-FFFFFF", "1"),
            ("2-ffffff", "2"),
            ("1-", "1"),
            ("1--", "1"),
            ("01020304", "1-020304"),
            ("01FFFFFF", "1"),
            ("0x01020304", "1-020304"),
            ("01", "1"),
            ("1.0", "1"),
            ("0x01", "1"),
            ("0xff", "255"),
            ("1-0x00000A", "1-00000a"),
            ("1-1", "1-000001"),
            ("1-16777214", "1-fffffe"),
            ("1-16777215", "1"),
            (" 1 - 00000a ", "1-00000a"),
            ("1:00000a", "1-00000a"),
            ("1/00000A", "1-00000a"),
            ("1_00000a", "1-00000a"),
            ("1,00000a", "1-00000a"),
            ("SST1-SD00000A", "1-00000a"),
            ("sst=1,sd=00000a", "1-00000a"),
            ("SST: 1, SD: 0x00000a", "1-00000a"),
            ("{\"sst\":1,\"sd\":\"00000A\"}", "1-00000a"),
            ("(1, 00000a)", "1-00000a"),
            ("S-NSSAI 1-00000a", "1-00000a"),
            ("Slice 3", "3"),
            ("slice_2", "2"),
            ("eMBB", "1"),
            ("URLLC-00000a", "2-00000a"),
            ("mMTC", "3"),
            ("sst=1, sd=null", "1"),
        ] {
            assert_eq!(SNssai::read(text).map(|name| name.to_string()).as_deref(), Some(expected));
        }
    }

    #[test]
    fn wrong_slice_names_are_named() {
        for text in [
            "",
            "256",
            "1-10",
            "1-00000g",
            "-000001",
            "1-+00001",
            "1020304",
            "1.5",
            "1-16777216",
            "0x100",
            "+1",
            "1-0x",
            "0100000g",
            "1.",
            "x",
            "1-0000001x",
        ] {
            let error = SNssai::parse("slice", text).unwrap_err();
            assert_eq!(error.field, "slice", "{text}");
            assert!(error.allowed.contains("1-00000a"), "{text}");
        }
    }
}
