//! The demand of the step before, times one factor.

use slicewise_core::forecast::ServiceAgreement;

use super::margin;

/// The steps of a demand as ratios to the step before, ascending, each with the demand before it: what a
/// fit needs whatever the terms.
#[derive(Debug)]
pub struct Ratios(Vec<(f64, f64)>);

impl Ratios {
    /// Those of `demand`. Steps behind a demand of 0 are reserved nothing whatever k is, and do not count.
    pub fn of(demand: &[f64]) -> Self {
        let ratios = demand.windows(2).map(|pair| (pair[1] / pair[0], pair[0]));
        let mut ratios: Vec<(f64, f64)> = ratios.filter(|(ratio, _)| ratio.is_finite()).collect();
        ratios.sort_by(|one, other| one.0.total_cmp(&other.0));
        Self(ratios)
    }

    /// The factor k with which k times the step before would have cost least, all of it known: one of the
    /// ratios; 1 where there is none.
    pub fn fit(&self, agreement: &ServiceAgreement) -> f64 {
        // Per unit of demand before, k falls short of a ratio or exceeds it: as a move does of errors.
        margin::cheapest(agreement, self.0.clone()).unwrap_or(1.0)
    }
}

/// [`Ratios::fit`] of `demand`.
pub fn fit(agreement: &ServiceAgreement, demand: &[f64]) -> f64 {
    Ratios::of(demand).fit(agreement)
}

/// `factor` times the demand before each step of `demand` from the step `from` (1 or more) on, by the
/// rounding more that an exact factor loses.
pub fn reservations(factor: f64, demand: &[f64], from: usize) -> Vec<f64> {
    let before = &demand[from.saturating_sub(1)..demand.len().saturating_sub(1)];
    before.iter().map(|last| factor * last * (1.0 + 1e-12)).collect()
}

#[cfg(test)]
mod tests {
    use slicewise_core::forecast::{ReservationScore, Service, ServiceName};

    use super::*;

    /// Mean cost of `factor` times the step before, straight from the agreement.
    fn cost(agreement: &ServiceAgreement, factor: f64, demand: &[f64]) -> f64 {
        let pairs = demand.windows(2);
        pairs.map(|pair| agreement.cost(factor * pair[0], pair[1])).sum::<f64>()
    }

    /// The cheapest factor of a grid, tried one by one, with its cost.
    fn best_of_grid(agreement: &ServiceAgreement, demand: &[f64], step: f64) -> (f64, f64) {
        let tried = (0..=6000).map(|index| step * f64::from(index));
        let costs = tried.map(|factor| (factor, cost(agreement, factor, demand)));
        costs.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap()
    }

    #[test]
    fn no_factor_of_an_exhaustive_grid_is_cheaper_and_the_cheapest_one_lies_beside_the_fitted() {
        const STEP: f64 = 1e-3;
        for service in ServiceName::ALL {
            let demand = Service::of(service).generate("service", 4, 1).unwrap().values;
            let peak = demand.iter().copied().fold(0.0, f64::max);
            for alpha in [0.1, 2.0, 30.0] {
                let agreement = ServiceAgreement::of_deepcog(alpha, peak);
                let factor = fit(&agreement, &demand);
                let fitted = cost(&agreement, factor * (1.0 + 1e-12), &demand);
                let (_, least) = best_of_grid(&agreement, &demand, STEP);
                let name = service.as_str();
                assert!(fitted <= least * (1.0 + 1e-9), "{name}, alpha {alpha}: {factor}");
                // The grid's next factor serves what the fitted one serves, for a step's width more.
                let above = STEP * (factor / STEP).ceil();
                let idle = agreement.overprovisioning_price * STEP * demand.iter().sum::<f64>();
                let next = cost(&agreement, above, &demand);
                assert!(least <= next && next <= fitted + idle, "{name}, alpha {alpha}");
            }
        }
    }

    #[test]
    fn a_demand_that_doubles_in_every_step_is_met_by_two() {
        let demand: Vec<f64> = (0..20).map(|step| 2.0_f64.powi(step)).collect();
        let agreement = ServiceAgreement::of_deepcog(2.0, 8.0);
        let factor = fit(&agreement, &demand[..12]);
        assert_eq!(factor, 2.0);
        let reserved = reservations(factor, &demand, 12);
        let score = ReservationScore::of(&agreement, &reserved, &demand[12..]);
        assert_eq!((reserved.len(), score.violations), (8, 0.0));
        assert!(score.cost < 1e-6, "{}", score.cost);
    }

    #[test]
    fn silence_before_a_step_sets_no_factor() {
        let agreement = ServiceAgreement::of_deepcog(2.0, 8.0);
        assert_eq!(fit(&agreement, &[0.0; 30]), 1.0);
        assert_eq!(fit(&agreement, &[0.0, 5.0, 0.0, 5.0, 6.0]), 1.2);
        assert_eq!(fit(&agreement, &[f64::MIN_POSITIVE / 8.0, 5.0, 5.0]), 1.0);
        assert_eq!(reservations(3.0, &[0.0; 30], 20), [0.0; 10]);
    }
}
