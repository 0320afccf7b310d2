//! What no network may promise, whatever it learned: a card's limits as a factor of every degradation.
//!
//! A user of a link gets at most the link's rate over its users, and nothing of nothing. Close to such
//! a bound a network is asked where little was measured, and below it nothing was. There degradation
//! is made certain: with d the network's degradation and s the certainty that the bound rules the
//! threshold out, it is 1 - (1 - d)(1 - s). As s rises with the threshold and the traffic and falls
//! with the resource, a degradation that is monotone stays so.

use slicewise_core::ModelCard;
use slicewise_core::card::{Better, Scale};

/// The limits of a card, ready for rows of its inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    better: Better,
    scale: Scale,
    /// Place among the inputs, bound and tolerance of each.
    bounds: Vec<(usize, f64, f64)>,
}

/// How far beyond a bound: 0 before it, 1 from the tolerance on, smooth between; with its slope.
fn ramp(excess: f64) -> (f64, f64) {
    if excess.is_nan() || excess >= 1.0 {
        return (1.0, 0.0);
    }
    let x = excess.max(0.0);
    (x * x * (3.0 - 2.0 * x), 6.0 * x * (1.0 - x))
}

impl Limits {
    /// The limits of `card`.
    pub fn new(card: &ModelCard) -> Self {
        let place = |resource: &str| card.inputs.iter().position(|input| input.name == resource);
        let bounds = card.limits.iter();
        Self {
            better: card.output.better,
            scale: card.output.scale,
            bounds: bounds
                .filter_map(|limit| Some((place(&limit.resource)?, limit.bound, limit.tolerance)))
                .collect(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bounds.is_empty()
    }

    /// How many times the bound the QoS `threshold` (network's scale) is, by the resource at `place`
    /// of `row`, traffic first.
    fn ratio(&self, row: &[f64], threshold: f64, place: usize, bound: f64) -> f64 {
        let qos = self.scale.backward(threshold);
        match self.better {
            Better::Higher => qos * row[0] / (bound * row[place].max(0.0)),
            Better::Lower => bound / (qos * row[place].max(0.0)),
        }
    }

    /// `degradation` of `row` against `threshold`, in the network's scale, made certain where a limit
    /// rules the threshold out.
    pub fn apply(&self, row: &[f64], threshold: f64, degradation: f64) -> f64 {
        let mut kept = 1.0 - degradation;
        for (place, bound, tolerance) in &self.bounds {
            let excess = (self.ratio(row, threshold, *place, *bound) - 1.0) / tolerance;
            if excess > 0.0 || excess.is_nan() {
                kept *= 1.0 - ramp(excess).0;
            }
        }
        if kept == 1.0 - degradation { degradation } else { 1.0 - kept }
    }

    /// [`Self::apply`], and its gradient with respect to `row` in place of the degradation's.
    pub fn apply_with_gradient(
        &self,
        row: &[f64],
        threshold: f64,
        degradation: f64,
        gradient: &mut [f64],
    ) -> f64 {
        let mut value = degradation;
        for (place, bound, tolerance) in &self.bounds {
            let ratio = self.ratio(row, threshold, *place, *bound);
            let (certain, slope) = ramp((ratio - 1.0) / tolerance);
            if certain == 0.0 {
                continue;
            }
            gradient.iter_mut().for_each(|slope| *slope *= 1.0 - certain);
            let by_ratio = (1.0 - value) * slope / tolerance;
            if by_ratio != 0.0 {
                gradient[*place] -= by_ratio * ratio / row[*place];
                if self.better == Better::Higher {
                    gradient[0] += by_ratio * ratio / row[0];
                }
            }
            value = 1.0 - (1.0 - value) * (1.0 - certain);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(better: Better, scale: Scale) -> Limits {
        Limits { better, scale, bounds: vec![(1, 0.01, 0.05), (2, 1.0, 0.05)] }
    }

    #[test]
    fn what_a_limit_rules_out_is_certain_and_what_it_allows_is_untouched() {
        let higher = limits(Better::Higher, Scale::Linear);
        let at = |bandwidth: f64| higher.apply(&[2.0, 4000.0, bandwidth], 5.0, 0.25);
        assert_eq!(at(10.0), 0.25);
        assert_eq!(at(10.0 / 1.05 - 1e-9), 1.0);
        assert_eq!(at(0.0), 1.0);
        assert!(at(9.8) > 0.25 && at(9.8) < 1.0);
        let lower = limits(Better::Lower, Scale::Logarithmic);
        let at = |bandwidth: f64| lower.apply(&[2.0, 4000.0, bandwidth], 5.0_f64.ln(), 0.25);
        assert_eq!(at(0.25), 0.25);
        assert_eq!(at(0.19), 1.0);
        assert_eq!(at(0.0), 1.0);
    }

    #[test]
    fn the_gradient_of_a_limit_matches_finite_differences() {
        for (better, scale, row, threshold) in [
            (Better::Higher, Scale::Linear, [2.0, 980.0, 9.75], 5.0),
            (Better::Higher, Scale::Logarithmic, [2.0, 4000.0, 9.75], 5.0_f64.ln()),
            (Better::Lower, Scale::Logarithmic, [2.0, 0.00196, 0.1955], 5.0_f64.ln()),
        ] {
            let limits = limits(better, scale);
            let degradation = |row: &[f64]| 0.3 - 1e-5 * row[1] - 1e-3 * row[2] + 0.01 * row[0];
            let mut gradient = [0.01, -1e-5, -1e-3];
            let value =
                limits.apply_with_gradient(&row, threshold, degradation(&row), &mut gradient);
            assert_eq!(value, limits.apply(&row, threshold, degradation(&row)));
            for k in 0..3 {
                let step = 1e-6 * row[k];
                let at = |sign: f64| {
                    let mut moved = row;
                    moved[k] += sign * step;
                    limits.apply(&moved, threshold, degradation(&moved))
                };
                let difference = (at(1.0) - at(-1.0)) / (2.0 * step);
                let error = (gradient[k] - difference).abs();
                assert!(error < 1e-5 * (1.0 + difference.abs()), "{better:?} {k}: {error}");
            }
        }
    }
}
