//! Losses that experts wrote by hand, on decisions and demands as shares of the peak.

use slicewise_core::forecast::{RivalLoss, ServiceAgreement};

/// A differentiable loss of the distance between decision and demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ExpertLoss {
    /// DeepCog's alpha-OMC in the variant of its own code: beyond the minimum at `epsilon * alpha`
    /// it rises by `alpha / (1 - epsilon * alpha)`.
    AlphaOmc {
        /// Price of a violation against over-provisioning by the whole peak.
        alpha: f64,
        /// Steepness; 0.1 in DeepCog.
        epsilon: f64,
    },
    /// Absolute error.
    AbsoluteError,
    /// Pinball loss, whose minimum is a quantile of the demand.
    Pinball {
        /// The quantile, between 0 and 1.
        quantile: f64,
    },
}

/// A loss as a sum of rectified lines: value at 0, then slopes for falling short, for exceeding, and
/// for exceeding by more than `knee`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lines {
    pub(crate) at_zero: f64,
    pub(crate) short: f64,
    pub(crate) over: f64,
    pub(crate) knee: f64,
    pub(crate) beyond: f64,
}

/// Epsilon of alpha-OMC in DeepCog.
const OMC_EPSILON: f64 = 0.1;
/// The largest alpha: beyond it idle capacity counts as free, and the loss keeps its shape.
const LARGEST_ALPHA: f64 = 1e6;

impl ExpertLoss {
    /// The loss of `rival` under `agreement` for this demand before the test, whose peak is `peak`.
    pub fn of(rival: RivalLoss, agreement: &ServiceAgreement, demand: &[f64], peak: f64) -> Self {
        match rival {
            RivalLoss::AlphaOmc => Self::alpha_omc(agreement, peak),
            RivalLoss::AbsoluteError => Self::AbsoluteError,
            RivalLoss::Pinball => {
                Self::Pinball { quantile: newsvendor_quantile(agreement, demand, peak) }
            }
        }
    }

    /// alpha-OMC for this agreement: alpha is the price of a violation against over-provisioning by
    /// the whole peak, at most a million. Epsilon is lowered where the minimum would leave the scale.
    pub fn alpha_omc(agreement: &ServiceAgreement, peak: f64) -> Self {
        let price = agreement.overprovisioning_price.max(f64::MIN_POSITIVE);
        let alpha = agreement.violation_cost() / (price * peak.max(f64::MIN_POSITIVE));
        let alpha = alpha.min(LARGEST_ALPHA);
        Self::AlphaOmc { alpha, epsilon: OMC_EPSILON.min(0.5 / alpha) }
    }

    pub(crate) fn lines(self) -> Lines {
        match self {
            Self::AlphaOmc { alpha, epsilon } => Lines {
                at_zero: alpha,
                short: epsilon,
                over: -1.0 / epsilon,
                knee: epsilon * alpha,
                beyond: 1.0 / epsilon + alpha / (1.0 - epsilon * alpha),
            },
            Self::AbsoluteError => {
                Lines { at_zero: 0.0, short: 1.0, over: 1.0, knee: 0.0, beyond: 0.0 }
            }
            Self::Pinball { quantile } => Lines {
                at_zero: 0.0,
                short: quantile,
                over: 1.0 - quantile,
                knee: 0.0,
                beyond: 0.0,
            },
        }
    }

    /// The loss of a decision that exceeds the demand by `distance` (shares of the peak).
    pub fn value(self, distance: f64) -> f64 {
        let lines = self.lines();
        lines.at_zero
            + lines.short * (-distance).max(0.0)
            + lines.over * distance.max(0.0)
            + lines.beyond * (distance - lines.knee).max(0.0)
    }
}

/// Cost of one missing unit against that of one missing or spare, where a violation counts as falling
/// short by one mean absolute change of the demand.
pub fn newsvendor_quantile(agreement: &ServiceAgreement, demand: &[f64], peak: f64) -> f64 {
    let changes: f64 = demand.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
    let pairs = demand.len().saturating_sub(1).max(1) as f64;
    let typical = (changes / pairs).max(1e-3 * peak);
    let missing = agreement.violation_cost() / typical.max(f64::MIN_POSITIVE);
    missing / (missing + agreement.overprovisioning_price)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_omc_is_deepcogs_piecewise_formula() {
        let (alpha, epsilon) = (2.0, 0.1);
        let formula = |d: f64| {
            if d < 0.0 {
                alpha - epsilon * d
            } else if d < epsilon * alpha {
                alpha - d / epsilon
            } else {
                alpha / (1.0 - epsilon * alpha) * (d - epsilon * alpha)
            }
        };
        for step in -20..=20 {
            let d = 0.05 * f64::from(step) + 1e-3;
            let value = ExpertLoss::AlphaOmc { alpha, epsilon }.value(d);
            assert!((value - formula(d)).abs() < 1e-12, "{d}: {value}");
        }
    }

    #[test]
    fn alpha_omc_is_a_number_where_idle_capacity_costs_nothing() {
        let free = ServiceAgreement { revenue: 4.0, penalty: 4.0, overprovisioning_price: 0.0 };
        let loss = ExpertLoss::alpha_omc(&free, 8.0);
        let values: Vec<f64> = (-10..=20).map(|step| loss.value(0.05 * f64::from(step))).collect();
        assert!(values.iter().all(|value| value.is_finite()), "{values:?}");
        // The minimum is where it lies for any large alpha: half of the peak above the demand.
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(least, loss.value(0.5));
    }

    #[test]
    fn the_mean_pinball_loss_is_least_at_the_quantile() {
        let loss = ExpertLoss::Pinball { quantile: 0.9 };
        let total = |c: f64| (0..1000).map(|y| loss.value(c - f64::from(y) / 1000.0)).sum::<f64>();
        assert!(total(0.9) < total(0.88) && total(0.9) < total(0.92));
        assert_eq!(ExpertLoss::AbsoluteError.value(-3.0), 3.0);
    }
}
