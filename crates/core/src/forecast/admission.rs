//! Admission and reservation for slices that share one capacity: the metric of the second use case.

use serde::{Deserialize, Serialize};

use crate::card::LARGEST;
use crate::error::{InputError, check_range};

/// The most slices under one capacity.
pub const MOST_SLICES: usize = 8;

/// Terms of slices under one capacity, per step (AutoManager's metric, in the form of NOTES.md).
///
/// With p the decision and y the demand as shares of a slice's scale, R = scale / 10 and K = 3 R:
/// p > y + 0.02 costs (R / 0.08) (p - y - 0.10); any other p of 0 or more costs
/// K (tanh(ra (p - y) + rb) + 1) / 2 - R; p < 0 rejects the slice at no cost, below -0.20 at 0.2.
/// Slices add up. Where the reservations together exceed the capacity, the step costs
/// 0.4 x (sum of scales) instead. A profit is a cost below 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdmissionTerms {
    /// Scale of each slice's demand, in its unit.
    pub scales: Vec<f64>,
    /// Capacity that all reservations share, in the same unit.
    pub capacity: f64,
    /// Steepness ra of the quality's fall where too little is reserved, below 0.
    pub steepness: f64,
    /// Offset rb of the fall.
    pub offset: f64,
}

impl AdmissionTerms {
    /// Checks every field.
    ///
    /// # Errors
    /// Names the first one that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        check_range("scales", self.scales.len() as f64, 1.0, MOST_SLICES as f64, "slices")?;
        for (index, scale) in self.scales.iter().enumerate() {
            check_range(&format!("scales[{index}]"), *scale, 1e-9, LARGEST, "")?;
        }
        check_range("capacity", self.capacity, 1e-9, LARGEST, "")?;
        check_range("steepness", self.steepness, -1e4, -1e-3, "")?;
        check_range("offset", self.offset, -100.0, 100.0, "")
    }

    /// Cost of `decision` at `demand`, one of each per slice and in its unit.
    pub fn cost(&self, decision: &[f64], demand: &[f64]) -> f64 {
        let reserved: f64 = decision.iter().map(|decision| decision.max(0.0)).sum();
        if reserved > self.capacity {
            return 0.4 * self.scales.iter().sum::<f64>();
        }
        let slices = self.scales.iter().zip(decision.iter().zip(demand));
        slices.map(|(scale, (p, y))| self.slice_cost(*scale, p / scale, y / scale)).sum()
    }

    /// Cost of one slice that fits into the capacity: `p` and `y` are shares of its scale.
    pub fn slice_cost(&self, scale: f64, p: f64, y: f64) -> f64 {
        let revenue = scale / 10.0;
        if p < -0.2 {
            return 0.2;
        }
        if p < 0.0 {
            return 0.0;
        }
        if p > y + 0.02 {
            return revenue / 0.08 * (p - y - 0.10);
        }
        let fall = libm::tanh(self.steepness * (p - y) + self.offset);
        3.0 * revenue * (fall + 1.0) / 2.0 - revenue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> AdmissionTerms {
        AdmissionTerms { scales: vec![10.0, 20.0], capacity: 25.0, steepness: -100.0, offset: -1.0 }
    }

    #[test]
    fn exceeding_the_capacity_costs_two_fifths_of_all_scales() {
        assert_eq!(terms().cost(&[10.0, 15.1], &[1.0, 1.0]), 12.0);
        assert_ne!(terms().cost(&[10.0, 15.0], &[1.0, 1.0]), 12.0);
    }

    #[test]
    fn a_slice_earns_its_revenue_when_served_closely_and_pays_twice_that_when_starved() {
        let slice = |p: f64, y: f64| terms().slice_cost(10.0, p, y);
        // Just enough: K (tanh(-3) + 1)/2 - R, with R = 1 and K = 3.
        assert!((slice(0.52, 0.5) - (1.5 * ((-3.0f64).tanh() + 1.0) - 1.0)).abs() < 1e-9);
        assert!((slice(0.3, 0.5) - 2.0).abs() < 1e-9, "starved: K - R");
        assert!((slice(0.6, 0.5) - 0.0).abs() < 1e-9, "a tenth too much earns nothing");
        assert!((slice(0.7, 0.5) - 1.25).abs() < 1e-9);
        assert_eq!((slice(-0.1, 0.5), slice(-0.3, 0.5)), (0.0, 0.2));
    }

    #[test]
    fn terms_out_of_range_are_named() {
        let hurt = AdmissionTerms { scales: vec![1.0, 0.0], ..terms() };
        assert_eq!(hurt.validate().unwrap_err().field, "scales[1]");
        assert_eq!(
            AdmissionTerms { steepness: 1.0, ..terms() }.validate().unwrap_err().field,
            "steepness"
        );
    }
}
