//! Admission and reservation for the four generated services: the question, and its answer.

use serde::{Deserialize, Serialize};

use super::ServiceName;
use super::networks::NetworkSource;
use crate::{Origin, packed_numbers};

/// Admission and reservation for the four generated services.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdmitQuestion {
    /// Our networks; none asks for the overbooking benchmark.
    pub networks: Option<NetworkSource>,
    /// Seed of the demand.
    pub seed: u64,
    /// What a step costs.
    pub terms: SharedTerms,
}

/// Terms for slices under one capacity, for demand of any size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedTerms {
    /// Capacity as a share of the sum of the slices' scales, their peaks before the test.
    pub capacity_share: f64,
    /// Steepness ra of the quality's fall where too little is reserved, below 0.
    pub steepness: f64,
    /// Offset rb of the fall.
    pub offset: f64,
}

impl Default for SharedTerms {
    fn default() -> Self {
        Self { capacity_share: 0.15, steepness: -40.0, offset: -1.0 }
    }
}

/// One slice under the shared capacity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdmittedSlice {
    /// The service.
    pub service: ServiceName,
    /// Scale of its demand: the peak before the test.
    pub scale: f64,
    /// Demand over the test.
    #[serde(with = "packed_numbers")]
    pub demand: Vec<f64>,
    /// Reservation in each step of the test; below 0 where the slice is rejected.
    #[serde(with = "packed_numbers")]
    pub reserved: Vec<f64>,
    /// Mean profit per step as a share of what the slice earns when served closely.
    pub profit: f64,
    /// Share of the steps in which it is admitted.
    pub admitted: f64,
    /// Average uninterrupted service time, in hours of a day.
    pub avst_hours: f64,
}

/// Admissions and reservations over the test by one method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdmissionPlan {
    /// The slices.
    pub slices: Vec<AdmittedSlice>,
    /// The capacity that they share.
    pub capacity: f64,
    /// Unit of demand, reservations and capacity.
    pub unit: String,
    /// Length of a step in minutes.
    pub step_minutes: u32,
    /// Start of the test, in minutes since 1970-01-01 00:00 UTC.
    pub start_minute: i64,
    /// Mean profit per step as a share of what all slices earn when served closely.
    pub profit: f64,
    /// Share of the slices that are admitted, over all steps.
    pub admissions: f64,
    /// Share of the steps in which the reservations exceed the capacity.
    pub violations: f64,
    /// Share of the admitted slices that got less than they demanded.
    pub starved: f64,
    /// The weights that decided (empty for overbooking), the seed of the demand, and the build.
    pub origin: Origin,
}
