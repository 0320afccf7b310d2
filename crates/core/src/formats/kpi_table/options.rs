//! What a table does not say by itself: requirements, units, and what its PRB are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_range};
use crate::formats::stamps::DateOrder;
use crate::formats::table::DecimalSign;

use super::requirements::Requirements;

/// The most PRB of a carrier (3GPP TS 38.101-1, table 5.3.2-1: 273), with room for carriers together.
const MOST_PRB: f64 = 1e4;

/// The field of the error that says that a carrier cannot have so many PRB.
pub const CARRIER_PRB: &str = "carrier_prb";

/// How a table is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KpiOptions {
    /// Requirements that count before those of the table.
    pub requirements: Requirements,
    /// Requirements of slices for which the table has none.
    pub defaults: Requirements,
    /// Whose the defaults are, for the report.
    pub defaults_of: &'static str,
    /// PRB of every carrier, where the table does not say it.
    pub carrier_prb: Option<f64>,
    /// What `RRU.PrbAvailDl` counts.
    pub prb_available: PrbAvailable,
    /// Unit of `DRB.UEThpDl`; where there is none, that of the heading, else kbit/s.
    pub throughput_unit: Option<ThroughputUnit>,
    /// Unit of `DRB.RlcSduDelayDl`; where there is none, that of the heading, else 0.1 ms.
    pub delay_unit: Option<DelayUnit>,
    /// Which of day and month stands first in dates such as 01/02/2026; none where the table decides.
    pub date_order: Option<DateOrder>,
    /// Decimal sign; none where the table decides.
    pub decimal: Option<DecimalSign>,
    /// How what is told names the choices above.
    pub choice_names: ChoiceNames,
}

/// How what is told of a table names what can be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChoiceNames {
    /// As options of the command: `--delay-unit ms`.
    #[default]
    Options,
    /// As a dialogue offers them.
    Words,
}

impl ChoiceNames {
    /// The name of a choice, as the option that makes it or in words.
    pub(super) fn either<'n>(self, option: &'n str, words: &'n str) -> &'n str {
        if self == Self::Options { option } else { words }
    }
}

impl KpiOptions {
    /// Checks the numbers.
    ///
    /// # Errors
    /// Names the one that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        self.requirements.validate()?;
        self.defaults.validate()?;
        match self.carrier_prb {
            Some(prb) => check_range(CARRIER_PRB, prb, 1.0, MOST_PRB, "PRB"),
            None => Ok(()),
        }
    }
}

/// What `RRU.PrbAvailDl` counts. By 3GPP TS 28.552, clause 5.1.1.2.6, all PRB of the cell; some gNBs
/// count those that are left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrbAvailable {
    /// The free ones where, over the periods of most cells, used and available PRB sum to the same.
    #[default]
    Recognised,
    /// Those that are not used.
    Free,
    /// All that the cell has.
    Total,
}

/// Unit of measured throughput.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThroughputUnit {
    /// bit/s.
    Bit,
    /// kbit/s, that of 3GPP TS 28.552.
    #[default]
    Kilobit,
    /// Mbit/s.
    Megabit,
}

/// Unit of measured delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DelayUnit {
    /// µs.
    Microsecond,
    /// 0.1 ms, that of 3GPP TS 28.552.
    #[default]
    TenthOfMillisecond,
    /// ms.
    Millisecond,
    /// s.
    Second,
}

impl ThroughputUnit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bit, Self::Kilobit, Self::Megabit];

    /// How many kbit/s it is.
    pub fn kbps(self) -> f64 {
        match self {
            Self::Bit => 1e-3,
            Self::Kilobit => 1.0,
            Self::Megabit => 1e3,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bit => "bit/s",
            Self::Kilobit => "kbit/s",
            Self::Megabit => "Mbit/s",
        }
    }
}

impl DelayUnit {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Microsecond, Self::TenthOfMillisecond, Self::Millisecond, Self::Second];

    /// How many tenths of a millisecond it is.
    pub fn tenths(self) -> f64 {
        match self {
            Self::Microsecond => 1e-2,
            Self::TenthOfMillisecond => 1.0,
            Self::Millisecond => 10.0,
            Self::Second => 1e4,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Microsecond => "us",
            Self::TenthOfMillisecond => "0.1ms",
            Self::Millisecond => "ms",
            Self::Second => "s",
        }
    }
}

impl fmt::Display for ThroughputUnit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for DelayUnit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for PrbAvailable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "free" => Ok(Self::Free),
            "total" => Ok(Self::Total),
            _ => Err("free or total".to_owned()),
        }
    }
}

impl FromStr for ThroughputUnit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "bit/s" | "bps" | "b/s" => Ok(Self::Bit),
            "kbit/s" | "kbps" | "kb/s" => Ok(Self::Kilobit),
            "mbit/s" | "mbps" | "mb/s" => Ok(Self::Megabit),
            _ => Err("bit/s, kbit/s or Mbit/s".to_owned()),
        }
    }
}

impl FromStr for DelayUnit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "us" | "µs" | "μs" => Ok(Self::Microsecond),
            "0.1ms" | "0.1 ms" => Ok(Self::TenthOfMillisecond),
            "ms" => Ok(Self::Millisecond),
            "s" => Ok(Self::Second),
            _ => Err("us, 0.1ms, ms or s".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_as_they_are_written() {
        for unit in ThroughputUnit::ALL {
            assert_eq!(unit.to_string().parse(), Ok(unit));
        }
        for unit in DelayUnit::ALL {
            assert_eq!(unit.to_string().parse(), Ok(unit));
        }
        assert_eq!("Mbps".parse(), Ok(ThroughputUnit::Megabit));
        assert!("fast".parse::<ThroughputUnit>().is_err() && "x".parse::<DelayUnit>().is_err());
        assert_eq!("free".parse(), Ok(PrbAvailable::Free));
    }

    #[test]
    fn a_carrier_without_prb_is_named() {
        let options = KpiOptions { carrier_prb: Some(0.0), ..KpiOptions::default() };
        assert_eq!(options.validate().unwrap_err().field, "carrier_prb");
    }
}
