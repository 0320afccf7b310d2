//! Where demand comes from: a generated service, or the visitor's own trace.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{DemandSeries, ServiceName};
use crate::card::fingerprint;
use crate::packed_numbers;

/// Share of a trace, its last part, that is held back: the test.
pub const HELD_BACK: f64 = 1.0 / 3.0;

/// Where demand comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TraceSource {
    /// Training days and test days of a generated service.
    Generated {
        /// The service.
        service: ServiceName,
        /// Seed of its noise, bursts and events.
        seed: u64,
    },
    /// The visitor's own, which was installed, by its fingerprint.
    Installed(String),
}

/// A [`DemandSeries`] whose values cross in one copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GivenTrace {
    /// Name of the service or of the place.
    pub name: String,
    /// Unit of the demand.
    pub unit: String,
    /// Length of a step in minutes.
    pub step_minutes: u32,
    /// Start of the first step, in minutes since 1970-01-01 00:00 UTC.
    pub start_minute: i64,
    /// Demand of each step.
    #[serde(with = "packed_numbers")]
    pub values: Vec<f64>,
    /// Steps whose demand was filled; see [`DemandSeries::filled`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filled: Vec<Range<usize>>,
}

impl GivenTrace {
    /// FNV-1a fingerprint of all fields, 16 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let (step, start) = (self.step_minutes, self.start_minute);
        let mut bytes = format!("{}\n{}\n{step}\n{start}\n", self.name, self.unit).into_bytes();
        bytes.extend(self.values.iter().flat_map(|value| value.to_le_bytes()));
        for range in &self.filled {
            bytes.extend(
                [range.start, range.end].iter().flat_map(|step| (*step as u64).to_le_bytes()),
            );
        }
        fingerprint(&bytes)
    }
}

impl From<&DemandSeries> for GivenTrace {
    fn from(series: &DemandSeries) -> Self {
        Self {
            name: series.name.clone(),
            unit: series.unit.clone(),
            step_minutes: series.step_minutes,
            start_minute: series.start_minute,
            values: series.values.clone(),
            filled: series.filled.clone(),
        }
    }
}

impl From<&GivenTrace> for DemandSeries {
    fn from(trace: &GivenTrace) -> Self {
        Self {
            name: trace.name.clone(),
            unit: trace.unit.clone(),
            step_minutes: trace.step_minutes,
            start_minute: trace.start_minute,
            values: trace.values.clone(),
            filled: trace.filled.clone(),
        }
    }
}
