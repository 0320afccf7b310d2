//! A generated day of slice traffic: night trough, morning rise, midday shoulder, evening peak.

use crate::seed::{SmallStream, normal};

/// Length of a slot of a trace, in minutes.
pub const SLOT_MINUTES: usize = 5;
/// Slots of a day.
pub const SLOTS_PER_DAY: usize = 24 * 60 / SLOT_MINUTES;
/// Correlation of the noise from one 5-minute slot to the next.
const NOISE_CORRELATION: f64 = 0.9;
/// Standard deviation of the logarithm of the noise.
const NOISE_DEVIATION: f64 = 0.12;

/// Users per second in each 5-minute slot of a day whose busiest slot is `peak_users_per_second`.
///
/// The shape is the sum of two bumps over a floor (the form of Fig. 5 in MicroOpt and of the hourly
/// profiles in the Telecom Italia data), times log-normal noise that is correlated over time.
pub fn daily_trace(seed: u64, peak_users_per_second: f64) -> Vec<f64> {
    let mut generator = SmallStream::new(seed);
    let mut noise = 0.0;
    let fresh = libm::sqrt(1.0 - NOISE_CORRELATION * NOISE_CORRELATION);
    let raw: Vec<f64> = (0..SLOTS_PER_DAY)
        .map(|slot| {
            let hour = 24.0 * slot as f64 / SLOTS_PER_DAY as f64;
            noise = NOISE_CORRELATION * noise + fresh * normal(&mut generator);
            profile(hour) * exp(NOISE_DEVIATION * noise)
        })
        .collect();
    let highest = raw.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    raw.iter().map(|value| value / highest * peak_users_per_second).collect()
}

/// Mean activity at `hour` (0 to 24), between 0.15 at night and about 1 in the evening.
fn profile(hour: f64) -> f64 {
    0.15 + 0.65 * bump(hour, 12.0, 3.2) + 0.85 * bump(hour, 19.5, 2.4)
}

/// A periodic bell over the day with its top of 1 at `centre` and deviation `width`, in hours.
fn bump(hour: f64, centre: f64, width: f64) -> f64 {
    let distance = (hour - centre).abs();
    let distance = distance.min(24.0 - distance) / width;
    exp(-0.5 * distance * distance)
}

/// One for all places: each would carry its own.
#[inline(never)]
fn exp(exponent: f64) -> f64 {
    libm::exp(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_peaks_where_asked_and_is_quiet_at_night() {
        let day = daily_trace(3, 5.0);
        assert_eq!(day.len(), SLOTS_PER_DAY);
        assert!((day.iter().copied().fold(0.0, f64::max) - 5.0).abs() < 1e-12);
        assert!(day.iter().all(|users| *users > 0.0));
        let mean = |from: usize, to: usize| day[from..to].iter().sum::<f64>() / (to - from) as f64;
        assert!(mean(24, 60) < 0.5 * mean(216, 252), "2 to 5 h against 18 to 21 h");
    }
}
