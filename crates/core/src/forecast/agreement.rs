//! What an operator owes and earns for one service: the metric of the first use case.

use serde::{Deserialize, Serialize};

use crate::card::LARGEST;
use crate::error::{InputError, check_range};

/// Price of a violated step in the usual agreement, in prices of over-provisioning by the peak, as in
/// DeepCog.
pub const ALPHA: f64 = 2.0;

/// Terms for one service, per step of the demand.
///
/// A step whose demand fits into the reservation earns the revenue and costs the over-provisioning; any
/// other earns nothing and costs the penalty (Loss meta-learning, section IV-A.1).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceAgreement {
    /// Revenue of a step that is served in full.
    pub revenue: f64,
    /// Penalty of a step that is not.
    pub penalty: f64,
    /// Price of a unit that was reserved and not used, per step.
    pub overprovisioning_price: f64,
}

impl ServiceAgreement {
    /// The terms that DeepCog's score stands for: over-provisioning costs 1 per unit, a violation (lost
    /// revenue and penalty in equal parts) `alpha` times the peak.
    pub fn of_deepcog(alpha: f64, peak: f64) -> Self {
        let half = 0.5 * alpha * peak;
        Self { revenue: half, penalty: half, overprovisioning_price: 1.0 }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// Names the first one that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        check_range("revenue", self.revenue, 0.0, LARGEST, "per step")?;
        check_range("penalty", self.penalty, 0.0, LARGEST, "per step")?;
        check_range(
            "overprovisioning_price",
            self.overprovisioning_price,
            0.0,
            LARGEST,
            "per unit",
        )?;
        if self.revenue + self.penalty <= 0.0 {
            return Err(InputError::new("revenue + penalty", 0, "more than 0"));
        }
        Ok(())
    }

    /// What a violated step costs against one that is served exactly.
    pub fn violation_cost(&self) -> f64 {
        self.revenue + self.penalty
    }

    /// Cost of reserving `reserved` where `demand` came, against serving it exactly. A reservation
    /// below 0 counts as none.
    pub fn cost(&self, reserved: f64, demand: f64) -> f64 {
        let reserved = reserved.max(0.0);
        if reserved < demand {
            self.violation_cost()
        } else {
            self.overprovisioning_price * (reserved - demand)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_costs_the_same_however_small_and_spare_capacity_by_the_unit() {
        let agreement =
            ServiceAgreement { revenue: 3.0, penalty: 2.0, overprovisioning_price: 0.5 };
        assert_eq!(agreement.cost(10.0, 10.0), 0.0);
        assert_eq!(agreement.cost(14.0, 10.0), 2.0);
        assert_eq!((agreement.cost(9.999, 10.0), agreement.cost(0.0, 10.0)), (5.0, 5.0));
        assert_eq!(agreement.cost(-3.0, 0.0), 0.0);
    }

    #[test]
    fn terms_out_of_range_are_named() {
        let agreement =
            ServiceAgreement { revenue: 0.0, penalty: 0.0, overprovisioning_price: 1.0 };
        assert_eq!(agreement.validate().unwrap_err().field, "revenue + penalty");
        let agreement = ServiceAgreement { penalty: f64::NAN, ..agreement };
        assert_eq!(agreement.validate().unwrap_err().field, "penalty");
    }
}
