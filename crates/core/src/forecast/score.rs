//! How good a row of reservations was.

use serde::{Deserialize, Serialize};

use super::agreement::ServiceAgreement;

/// Score of reservations over some steps of one service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReservationScore {
    /// Mean cost per step.
    pub cost: f64,
    /// The part of it that over-provisioning makes.
    pub overprovisioning: f64,
    /// Share of the steps that were violated, 0 to 1.
    pub violations: f64,
}

impl ReservationScore {
    /// The score of `reserved` against `demand`, step by step; zeros where there is no step.
    pub fn of(agreement: &ServiceAgreement, reserved: &[f64], demand: &[f64]) -> Self {
        Self::of_measured(agreement, reserved, demand, &|_| true)
    }

    /// The same over the steps that `is_measured`.
    pub fn of_measured(
        agreement: &ServiceAgreement,
        reserved: &[f64],
        demand: &[f64],
        is_measured: &dyn Fn(usize) -> bool,
    ) -> Self {
        let mut score = Self::default();
        let compared = reserved.len().min(demand.len());
        let steps = (0..compared).filter(|step| is_measured(*step)).count().max(1) as f64;
        let pairs = reserved.iter().zip(demand).enumerate();
        for (_, (reserved, demand)) in pairs.filter(|(step, _)| is_measured(*step)) {
            let cost = agreement.cost(*reserved, *demand);
            score.cost += cost / steps;
            if reserved.max(0.0) < *demand {
                score.violations += 1.0 / steps;
            } else {
                score.overprovisioning += cost / steps;
            }
        }
        score
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filled_steps_are_not_scored() {
        let agreement =
            ServiceAgreement { revenue: 3.0, penalty: 2.0, overprovisioning_price: 0.5 };
        let (reserved, demand) = ([4.0, 1.0, 2.0, 3.0], [2.0, 2.0, 2.0, 3.0]);
        let measured = &|step| step != 1;
        let score = ReservationScore::of_measured(&agreement, &reserved, &demand, measured);
        assert_eq!((score.cost, score.violations), (1.0 / 3.0, 0.0));
    }

    #[test]
    fn the_cost_is_over_provisioning_and_violations_together() {
        let agreement =
            ServiceAgreement { revenue: 3.0, penalty: 2.0, overprovisioning_price: 0.5 };
        let score = ReservationScore::of(&agreement, &[4.0, 1.0, 2.0, 3.0], &[2.0, 2.0, 2.0, 3.0]);
        assert_eq!((score.cost, score.overprovisioning, score.violations), (1.5, 0.25, 0.25));
    }
}
