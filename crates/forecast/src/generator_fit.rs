//! Fitting the generator's parameters to a measured series.

use std::f64::consts::TAU;

use slicewise_core::InputError;
use slicewise_core::forecast::generator::{EVENT_STEPS, HARMONICS, STEP_MINUTES};
use slicewise_core::forecast::{DemandSeries, Service};

/// A value in a burst or an event lies this many robust deviations above what was expected.
const OUTLIER: f64 = 3.0;
/// Deviations per median absolute deviation of a normal distribution.
const PER_MEDIAN: f64 = 1.4826;
/// Lag, in minutes, at which the correlation of the slow noise is read.
const LONG_LAG_MINUTES: u32 = 120;

/// The parameters of [`Service`] that describe `series`, scaled to `mean_mbps`.
///
/// Level, daily harmonics and weekend are the least-squares fit to the logarithm of the demand; the slow
/// noise is what stays correlated over two hours, the fast noise what is lost within one step; bursts
/// and events are rises by more than three robust deviations from one sample to the next and from one
/// mean of two hours to the next. The noise is not cleared of them, so that a generated series is a
/// little more restless than its source.
///
/// # Errors
/// Says that the series is invalid, or shorter than a week.
pub fn fit(series: &DemandSeries, mean_mbps: f64) -> Result<Service, InputError> {
    series.validate()?;
    let day = series.steps_per_day();
    let steps = series.values.len();
    if steps < 7 * day {
        let allowed = format!("at least {} samples, a week", 7 * day);
        return Err(InputError::new("series", format!("{steps} samples"), allowed));
    }
    let mean = series.values.iter().sum::<f64>() / steps as f64;
    if mean <= 0.0 {
        return Err(InputError::new("series", "0 throughout", "some demand"));
    }
    // A sample without demand counts as a thousandth of the mean.
    let logarithms: Vec<f64> =
        series.values.iter().map(|v| libm::log((v / mean).max(1e-3) * mean_mbps)).collect();
    let columns = 2 + 2 * HARMONICS;
    let row = |step: usize| {
        let angle = TAU * f64::from(series.minute_of_day(step)) / 1440.0;
        let weekend = if series.weekday(step) >= 5 { 1.0 } else { 0.0 };
        let mut row = vec![1.0, weekend];
        for number in 1..=HARMONICS {
            let angle = number as f64 * angle;
            row.extend([libm::cos(angle), libm::sin(angle)]);
        }
        row
    };
    let coefficients = least_squares(columns, (0..steps).map(|step| (row(step), logarithms[step])));
    let expected =
        |step: usize| row(step).iter().zip(&coefficients).map(|(x, c)| x * c).sum::<f64>();
    let rest: Vec<f64> = (0..steps).map(|step| logarithms[step] - expected(step)).collect();

    let per_step = f64::from(series.step_minutes);
    let lag = (LONG_LAG_MINUTES / series.step_minutes).max(2) as usize;
    let variance = covariance(&rest, 0);
    let (near, far) = (covariance(&rest, 1), covariance(&rest, lag));
    let per_lag = libm::pow((far / near).clamp(1e-3, 0.999), 1.0 / (lag - 1) as f64);
    let slow_variance = (near / per_lag).clamp(0.0, variance);
    let (bursts, burst_height) = excess(&rest, 1);
    let window = (EVENT_STEPS as u32 * STEP_MINUTES / series.step_minutes).max(1) as usize;
    let (events, event_height) = excess(&means(&rest, window), window);
    let days = steps as f64 / day as f64;
    let mut daily = [[0.0; 2]; HARMONICS];
    for (number, pair) in daily.iter_mut().enumerate() {
        *pair = [coefficients[2 + 2 * number], coefficients[3 + 2 * number]];
    }
    Ok(Service {
        level: coefficients[0],
        daily,
        weekend: coefficients[1],
        slow_deviation: libm::sqrt(slow_variance),
        slow_correlation: libm::pow(per_lag, f64::from(STEP_MINUTES) / per_step),
        fast_deviation: libm::sqrt(variance - slow_variance),
        bursts_per_day: bursts as f64 / days,
        burst_height,
        events_per_week: 7.0 * events as f64 / days,
        event_height,
    })
}

/// Mean product of values `lag` apart; the mean of `values` is 0.
fn covariance(values: &[f64], lag: usize) -> f64 {
    let products = values.iter().zip(&values[lag..]).map(|(one, other)| one * other);
    products.sum::<f64>() / values.len() as f64
}

/// Means over `window` values that follow each other.
fn means(values: &[f64], window: usize) -> Vec<f64> {
    values.windows(window).map(|part| part.iter().sum::<f64>() / window as f64).collect()
}

/// How often values rise more than [`OUTLIER`] robust deviations above those `apart` before, and how
/// far on average.
fn excess(values: &[f64], apart: usize) -> (usize, f64) {
    let rises: Vec<f64> =
        values.iter().zip(&values[apart..]).map(|(before, after)| after - before).collect();
    let mut sizes: Vec<f64> = rises.iter().map(|rise| rise.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let limit = OUTLIER * PER_MEDIAN * sizes[sizes.len() / 2];
    let mut heights = Vec::new();
    let mut step = 0;
    while step < rises.len() {
        if rises[step] > limit {
            heights.push(rises[step]);
            // What follows belongs to the same rise.
            step += apart;
        }
        step += 1;
    }
    let height = heights.iter().sum::<f64>() / heights.len().max(1) as f64;
    (heights.len(), height)
}

/// Solves the normal equations by elimination with pivots.
fn least_squares(columns: usize, rows: impl Iterator<Item = (Vec<f64>, f64)>) -> Vec<f64> {
    let mut matrix = vec![vec![0.0; columns + 1]; columns];
    for (row, value) in rows {
        for (line, left) in matrix.iter_mut().zip(&row) {
            for (cell, right) in line.iter_mut().zip(row.iter().chain([&value])) {
                *cell += left * right;
            }
        }
    }
    // A column that is 0 throughout (no weekend in the series) keeps the coefficient 0.
    for (index, line) in matrix.iter_mut().enumerate() {
        line[index] += 1e-9;
    }
    for pivot in 0..columns {
        let largest = (pivot..columns)
            .max_by(|one, other| matrix[*one][pivot].abs().total_cmp(&matrix[*other][pivot].abs()));
        matrix.swap(pivot, largest.unwrap_or(pivot));
        let head = matrix[pivot].clone();
        for (index, line) in matrix.iter_mut().enumerate() {
            if index == pivot {
                continue;
            }
            let factor = line[pivot] / head[pivot];
            line.iter_mut().zip(&head).for_each(|(cell, head)| *cell -= factor * head);
        }
    }
    (0..columns).map(|index| matrix[index][columns] / matrix[index][index]).collect()
}

#[cfg(test)]
mod tests {
    use slicewise_core::forecast::ServiceName;

    use super::*;

    #[test]
    fn a_generated_series_gives_its_parameters_back() {
        let quiet = Service {
            bursts_per_day: 0.0,
            events_per_week: 0.0,
            slow_deviation: 0.2,
            slow_correlation: 0.97,
            fast_deviation: 0.1,
            ..Service::of(ServiceName::VideoStreaming)
        };
        let series = quiet.generate("video", 56, 5).unwrap();
        let mean = series.values.iter().sum::<f64>() / series.values.len() as f64;
        let fitted = fit(&series, mean).unwrap();
        let near = |found: f64, wanted: f64, tolerance: f64| {
            assert!((found - wanted).abs() < tolerance, "{found} for {wanted}");
        };
        near(fitted.level, quiet.level, 0.05);
        near(fitted.weekend, quiet.weekend, 0.08);
        near(fitted.daily[0][0], quiet.daily[0][0], 0.05);
        near(fitted.daily[1][1], quiet.daily[1][1], 0.05);
        near(fitted.slow_deviation, 0.2, 0.03);
        near(fitted.slow_correlation, 0.97, 0.01);
        near(fitted.fast_deviation, 0.1, 0.01);
    }

    #[test]
    fn too_short_a_series_is_named() {
        let series = Service::of(ServiceName::VideoStreaming).generate("video", 6, 1).unwrap();
        assert_eq!(fit(&series, 10.0).unwrap_err().field, "series");
    }
}
