//! Which decisions the loss network sees besides the regressor's own.

use slicewise_core::seed::{self, Rng};

use crate::model::REJECTED;
use crate::windows::Scale;

/// Chance that a slice is rejected although it fits.
const SPARED: f64 = 0.15;

/// Share of the explored outcomes that are measured at another demand than that of a training step.
const ELSEWHERE: f64 = 0.3;
/// Largest demand that is explored, in peaks.
const HIGHEST_DEMAND: f64 = 1.2;

/// Deviation of the exploration noise on the regressor's decisions at the start, as a share of the
/// peak (NOTES: the authors' code).
pub const FIRST_NOISE: f64 = 1e-3;
/// The same at the end.
pub const LAST_NOISE: f64 = 1e-5;

/// Deviation of the noise at `progress` (0 to 1), falling geometrically.
pub fn noise(progress: f64) -> f64 {
    FIRST_NOISE * libm::pow(LAST_NOISE / FIRST_NOISE, progress)
}

/// A decision for a slice with this demand, drawn so that the loss network sees every distance from
/// the demand: half of them at a distance whose logarithm is uniform between a twentieth of a change
/// and the peak, a quarter within a few changes, a quarter anywhere from rejection to above the peak.
pub fn explored(scale: &Scale, demand: f64, generator: &mut impl Rng) -> f64 {
    let kind = seed::uniform(generator);
    let change = scale.local_change(demand);
    if kind < 0.5 {
        let (nearest, farthest) = (0.05 * change, scale.peak.max(0.1 * change));
        let exponent = seed::uniform(generator);
        let distance = nearest * libm::pow(farthest / nearest, exponent);
        let sign = if seed::uniform(generator) < 0.5 { -1.0 } else { 1.0 };
        return demand + sign * distance;
    }
    if kind < 0.75 {
        return demand + 2.0 * change * seed::normal(generator);
    }
    scale.peak * (1.4 * seed::uniform(generator) - 0.25)
}

/// The demand at which an explored decision is measured where a training step's is `demand`: that, or
/// now and then anything up to above the peaks, so that the loss is known for demand that the training
/// steps have not seen.
pub fn explored_demand(demand: f64, scale: &Scale, generator: &mut impl Rng) -> f64 {
    if seed::uniform(generator) >= ELSEWHERE {
        return demand;
    }
    HIGHEST_DEMAND * scale.peak * seed::uniform(generator)
}

/// Rejects slices of `decision` at random until the rest fits into `capacity`: what is measured is only
/// what an operator could have done. Now and then it rejects one that fits.
pub fn make_fit(decision: &mut [f64], scales: &[Scale], capacity: f64, generator: &mut impl Rng) {
    let mut order: Vec<usize> = (0..decision.len()).collect();
    seed::shuffle(&mut order, generator);
    let mut reserved = 0.0;
    for slice in order {
        let wanted = decision[slice].max(0.0);
        if reserved + wanted > capacity || seed::uniform(generator) < SPARED {
            decision[slice] = REJECTED * scales[slice].peak;
        } else {
            reserved += wanted;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_falls_from_a_thousandth_to_a_hundred_thousandth() {
        assert!((noise(0.0) - 1e-3).abs() < 1e-15);
        assert!((noise(1.0) - 1e-5).abs() < 1e-15);
    }

    #[test]
    fn what_is_made_to_fit_fits_and_every_slice_has_its_turn() {
        let scale = Scale { mean: 5.0, deviation: 2.0, change: 0.1, peak: 10.0 };
        let mut generator = seed::stream(1, 0);
        let mut served = [0; 3];
        for _ in 0..600 {
            let mut decision = [4.0, 5.0, 6.0];
            make_fit(&mut decision, &[scale; 3], 10.0, &mut generator);
            assert!(decision.iter().map(|wanted| wanted.max(0.0)).sum::<f64>() <= 10.0);
            for (served, decision) in served.iter_mut().zip(decision) {
                *served += i32::from(decision >= 0.0);
            }
        }
        // The first fits beside either other and is only spared: 85 % of 600. The others take turns.
        assert!((470..550).contains(&served[0]), "{served:?}");
        assert!(served[1..].iter().all(|served| (200..400).contains(served)), "{served:?}");
    }

    #[test]
    fn explored_demand_is_mostly_that_of_the_steps_and_reaches_what_they_never_had() {
        let scale = Scale { mean: 5.0, deviation: 2.0, change: 0.1, peak: 10.0 };
        let mut generator = seed::stream(1, 0);
        let drawn: Vec<f64> =
            (0..2000).map(|_| explored_demand(5.0, &scale, &mut generator)).collect();
        let count = |test: &dyn Fn(f64) -> bool| drawn.iter().filter(|d| test(**d)).count();
        assert!((1300..1500).contains(&count(&|demand| demand == 5.0)));
        assert!(count(&|demand| demand < 1.0) > 20 && count(&|demand| demand > 11.0) > 20);
        assert_eq!(count(&|demand| !(0.0..=12.0).contains(&demand)), 0);
    }

    #[test]
    fn explored_decisions_reach_both_sides_near_and_far() {
        let scale = Scale { mean: 5.0, deviation: 2.0, change: 0.1, peak: 10.0 };
        let mut generator = seed::stream(1, 0);
        let draws: Vec<f64> =
            (0..2000).map(|_| explored(&scale, 5.0, &mut generator) - 5.0).collect();
        let share = |test: &dyn Fn(f64) -> bool| {
            draws.iter().filter(|distance| test(**distance)).count() as f64 / 2000.0
        };
        assert!(share(&|d| d.abs() < 0.1) > 0.1);
        assert!(share(&|d| d < -2.0) > 0.1 && share(&|d| d > 2.0) > 0.1);
        assert!(share(&|d| d + 5.0 < 0.0) > 0.02, "rejections");
    }
}
