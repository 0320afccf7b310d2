//! The overbooking benchmark, which knows the metric.

use slicewise_core::InputError;
use slicewise_core::forecast::AdmissionTerms;

use super::score::Decisions;
use crate::baselines::{COVERED_SHARE, HoltWinters, margin};
use crate::model::REJECTED;
use crate::windows::Demands;

/// Reservation fractions of the benchmark: from 0.8 to 1 (NOTES: overbooking).
pub const FRACTIONS: [f64; 9] = [0.8, 0.825, 0.85, 0.875, 0.9, 0.925, 0.95, 0.975, 1.0];

/// The overbooking benchmark: Holt-Winters per slice with a daily season of `steps_per_day`, fitted
/// before `from`; then in every step the exact optimum over admissions and [`FRACTIONS`] of the
/// covering reservation, by enumeration, for the metric at the forecast.
///
/// # Errors
/// Those of the terms.
pub fn overbooking(
    terms: &AdmissionTerms,
    demands: &Demands,
    from: usize,
    steps_per_day: usize,
) -> Result<Decisions, InputError> {
    terms.validate()?;
    let mut forecasts = Vec::new();
    let mut margins = Vec::new();
    for slice in 0..demands.count() {
        let demand: Vec<f64> = (0..demands.steps()).map(|step| demands.at(step)[slice]).collect();
        let smoothing = HoltWinters::fit(&demand[..from], steps_per_day);
        let all = HoltWinters::forecasts(&demand, steps_per_day, smoothing);
        let known = steps_per_day.min(from)..from;
        margins.push(margin::covering(&all[known.clone()], &demand[known], COVERED_SHARE));
        forecasts.push(all);
    }
    Ok((from..demands.steps())
        .map(|step| {
            let forecast: Vec<f64> = forecasts.iter().map(|all| all[step].max(0.0)).collect();
            best_reservation(terms, &forecast, &margins)
        })
        .collect())
}

/// The admissible decision with the least cost at `forecast`.
fn best_reservation(terms: &AdmissionTerms, forecast: &[f64], margins: &[f64]) -> Vec<f64> {
    let slices = terms.scales.len();
    let options: Vec<Vec<(f64, f64)>> = (0..slices)
        .map(|slice| {
            let scale = terms.scales[slice];
            let full = (forecast[slice] + margins[slice]).max(0.0);
            let rejected = (REJECTED * scale, 0.0);
            let served = FRACTIONS.iter().map(|fraction| {
                let reserved = fraction * full;
                (reserved, terms.slice_cost(scale, reserved / scale, forecast[slice] / scale))
            });
            std::iter::once(rejected).chain(served).collect()
        })
        .collect();
    let mut best = (f64::INFINITY, options.iter().map(|option| option[0].0).collect::<Vec<_>>());
    let mut chosen = vec![0; slices];
    loop {
        let picked = || options.iter().zip(&chosen).map(|(option, index)| option[*index]);
        let reserved: f64 = picked().map(|(reserved, _)| reserved.max(0.0)).sum();
        let cost: f64 = picked().map(|(_, cost)| cost).sum();
        if reserved <= terms.capacity && cost < best.0 {
            best = (cost, picked().map(|(reserved, _)| reserved).collect());
        }
        // The next combination, as a number in the base of the options.
        let Some(digit) = (0..slices).find(|digit| chosen[*digit] + 1 < options[*digit].len())
        else {
            return best.1;
        };
        chosen[digit] += 1;
        chosen[..digit].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> AdmissionTerms {
        AdmissionTerms { scales: vec![10.0, 20.0], capacity: 18.0, steepness: -40.0, offset: -1.0 }
    }

    #[test]
    fn the_benchmarks_choice_is_the_cheapest_that_fits() {
        let terms = terms();
        for forecast in [[3.0, 9.0], [8.0, 16.0], [1.0, 17.0], [9.5, 2.0]] {
            let margins = [1.0, 2.0];
            let best = best_reservation(&terms, &forecast, &margins);
            let cost = terms.cost(&best, &forecast);
            assert!(best.iter().map(|p| p.max(0.0)).sum::<f64>() <= terms.capacity);
            let options = |slice: usize| {
                let full = forecast[slice] + margins[slice];
                let mut options: Vec<f64> = FRACTIONS.iter().map(|f| f * full).collect();
                options.push(-0.1 * terms.scales[slice]);
                options
            };
            for one in options(0) {
                for other in options(1) {
                    assert!(cost <= terms.cost(&[one, other], &forecast) + 1e-12);
                }
            }
        }
    }
}
