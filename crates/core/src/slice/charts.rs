//! What the charts around a plan show.

use serde::{Deserialize, Serialize};

/// Expected degradation over the first two resources, and the QoS distribution at one allocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Landscape {
    /// Which slice.
    pub slice: usize,
    /// Grid values of the first resource, ascending.
    pub x: Vec<f64>,
    /// Grid values of the second resource, ascending; a single 0 where the model has one resource.
    pub y: Vec<f64>,
    /// Degradation, 0 to 1, row by row: all of `x` at the first of `y`, then at the next.
    pub degradation: Vec<f64>,
    /// QoS values, in QoS units, ascending.
    pub qos: Vec<f64>,
    /// Density at each QoS value, per QoS unit, each user weighing the same.
    pub density: Vec<f64>,
    /// Density of each traffic sample alone: (users/s, densities).
    pub density_by_traffic: Vec<(f64, Vec<f64>)>,
    /// What was measured under the slice's traffic; empty where the model tells nothing of that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<MeasuredAllocation>,
}

/// What was measured at an allocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredAllocation {
    /// Allocation per resource, in the resource's unit.
    pub allocation: Vec<f64>,
    /// Share of the users that missed the threshold, 0 to 1.
    pub degradation: f64,
    /// Rows measured.
    pub rows: usize,
}

/// Cheapest allocations as the promise changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// Which slice.
    pub slice: usize,
    /// Over the QoS threshold, the degradation threshold held.
    pub over_qos: Vec<CurvePoint>,
    /// Over the degradation threshold, the QoS threshold held.
    pub over_degradation: Vec<CurvePoint>,
}

/// One point of a curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// The threshold.
    pub threshold: f64,
    /// Cheapest allocation, absent where none keeps the promise.
    pub allocation: Option<Vec<f64>>,
    /// Its cost.
    pub cost: Option<f64>,
}
