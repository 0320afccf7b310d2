//! Conditions that drift: a slowly varying state of the radio and of the transport link.

/// Length of a step within which conditions stay as they are, seconds.
pub(super) const STEP: f64 = 0.1;

/// Time after which a slow deviation has faded to 1/e, seconds: longer than the 1 s slot, so that
/// some seconds are good and others bad, as in the testbed's table (assumption).
const SLOW_TIME: f64 = 2.0;

/// The same of a fast deviation, seconds: bursts that a queue can ride out (assumption).
const FAST_TIME: f64 = 0.15;

/// Share of the variance that is slow (assumption).
const SLOW_SHARE: f64 = 0.2;

/// A stationary series with standard normal marginals, one value per step, from a source of
/// standard normal numbers: the sum of a slow and a fast first-order autoregression.
pub(super) fn drift(steps: usize, mut normal: impl FnMut() -> f64) -> Vec<f64> {
    let slow = autoregression(SLOW_TIME, steps, &mut normal);
    let fast = autoregression(FAST_TIME, steps, &mut normal);
    let (slow_weight, fast_weight) = (libm::sqrt(SLOW_SHARE), libm::sqrt(1.0 - SLOW_SHARE));
    slow.iter().zip(fast).map(|(s, f)| slow_weight * s + fast_weight * f).collect()
}

fn autoregression(time: f64, steps: usize, mut normal: impl FnMut() -> f64) -> Vec<f64> {
    let kept = libm::exp(-STEP / time);
    let renewed = libm::sqrt(1.0 - kept * kept);
    let mut state = normal();
    (0..steps)
        .map(|_| {
            let current = state;
            state = kept * state + renewed * normal();
            current
        })
        .collect()
}

/// The step of a series of `steps` steps that holds at `time`; the last one holds for ever.
pub(super) fn step_at(time: f64, steps: usize) -> usize {
    ((time / STEP) as usize).min(steps.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use slicewise_core::seed;

    use super::*;

    #[test]
    fn drift_is_standard_normal_and_fades_fast_then_slowly() {
        let mut generator = seed::stream(5, 0);
        let series = drift(200_000, || seed::normal(&mut generator));
        let mean = series.iter().sum::<f64>() / series.len() as f64;
        let covariance = |lag: usize| {
            series.iter().zip(&series[lag..]).map(|(a, b)| a * b).sum::<f64>() / series.len() as f64
        };
        assert!(mean.abs() < 0.05, "{mean}");
        for lag in [0, 1, 10] {
            let time = lag as f64 * STEP;
            let expected = SLOW_SHARE * libm::exp(-time / SLOW_TIME)
                + (1.0 - SLOW_SHARE) * libm::exp(-time / FAST_TIME);
            assert!((covariance(lag) - expected).abs() < 0.03, "{lag}: {}", covariance(lag));
        }
    }
}
