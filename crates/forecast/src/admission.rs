//! Admission and reservation for slices under one capacity: ours, and the overbooking benchmark.

use slicewise_core::InputError;
use slicewise_core::forecast::AdmissionTerms;

use crate::baselines::{HoltWinters, margin};
use crate::model::{Forecaster, LearnedLoss};
use crate::windows::{Demands, LOOK_BACK};

/// A rejected slice's decision, as a share of its scale: within the metric's free range.
pub const REJECTED: f64 = -0.1;
/// Reservation fractions of the benchmark: from 0.8 to 1 (NOTES: overbooking).
pub const FRACTIONS: [f64; 9] = [0.8, 0.825, 0.85, 0.875, 0.9, 0.925, 0.95, 0.975, 1.0];
/// Share of a forecast's errors that the benchmark's full reservation covers.
pub const COVERED_SHARE: f64 = 0.95;

/// Decisions on all slices, step by step: steps x slices, below 0 where a slice is rejected.
pub type Decisions = Vec<Vec<f64>>;

/// How good decisions on several slices were.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdmissionScore {
    /// Mean profit per step, as a share of what all slices earn when served closely (a tenth of their
    /// scales).
    pub profit: f64,
    /// Share of the slices that are admitted, over all steps.
    pub admissions: f64,
    /// Share of the steps in which the reservations exceed the capacity.
    pub violations: f64,
    /// Share of the admitted slices that got less than they demanded.
    pub starved: f64,
    /// Average uninterrupted service time of each slice, in hours of a day.
    pub avst_hours: Vec<f64>,
}

impl AdmissionScore {
    /// The score of `decisions` for the steps from `from` on; `steps_per_day` steps are a day.
    pub fn of(
        terms: &AdmissionTerms,
        decisions: &Decisions,
        demands: &Demands,
        from: usize,
        steps_per_day: usize,
    ) -> Self {
        let steps = decisions.len().max(1) as f64;
        let earned = terms.scales.iter().sum::<f64>() / 10.0;
        let mut score = Self::default();
        let (mut admitted, mut starved) = (0.0, 0.0);
        for (index, decision) in decisions.iter().enumerate() {
            let demand = demands.at(from + index);
            score.profit -= terms.cost(decision, &demand) / (earned * steps);
            let reserved: f64 = decision.iter().map(|decision| decision.max(0.0)).sum();
            score.violations += f64::from(u8::from(reserved > terms.capacity)) / steps;
            for (decision, demand) in decision.iter().zip(&demand) {
                admitted += f64::from(u8::from(*decision >= 0.0));
                starved += f64::from(u8::from(*decision >= 0.0 && decision < demand));
            }
        }
        score.admissions = admitted / (steps * terms.scales.len() as f64);
        score.starved = starved / f64::max(admitted, 1.0);
        score.avst_hours = (0..terms.scales.len())
            .map(|slice| {
                let served: Vec<bool> =
                    decisions.iter().map(|decision| decision[slice] >= 0.0).collect();
                average_uninterrupted_hours(&served, steps_per_day)
            })
            .collect();
        score
    }
}

/// Mean length in hours of the uninterrupted service of a day, averaged over the whole days; a day
/// without service counts 0.
pub fn average_uninterrupted_hours(served: &[bool], steps_per_day: usize) -> f64 {
    let days = served.chunks_exact(steps_per_day);
    let count = days.len().max(1) as f64;
    let mean_run = |day: &[bool]| {
        let runs = day.chunk_by(|one, other| one == other).filter(|run| run[0]);
        let lengths: Vec<usize> = runs.map(<[bool]>::len).collect();
        lengths.iter().sum::<usize>() as f64 / lengths.len().max(1) as f64
    };
    days.map(mean_run).sum::<f64>() / count * 24.0 / steps_per_day as f64
}

/// Decides with both networks; of the metric it knows the capacity alone.
#[derive(Clone, Debug)]
pub struct AdmissionPlanner<'a> {
    /// Says how much each slice would be given.
    pub forecaster: &'a Forecaster,
    /// Says what a choice of slices costs.
    pub loss: &'a LearnedLoss,
    /// Capacity that the reservations may not exceed together.
    pub capacity: f64,
    /// What admitting or dropping a slice must gain, in deviations of the learnt cost: slices are not
    /// torn down for less.
    pub switching_price: f64,
}

impl AdmissionPlanner<'_> {
    /// Decisions for the step after `window`; `admitted` says which slices are served now.
    ///
    /// Of all choices among the slices that the forecaster would serve, the one with the lowest learnt
    /// cost at the last demand (and the price of switching) that fits into the capacity.
    pub fn decide(&self, window: &[f64], admitted: &[bool]) -> Vec<f64> {
        let wanted = self.forecaster.decide(window);
        let last: Vec<f64> =
            window.chunks_exact(LOOK_BACK).map(|samples| samples[LOOK_BACK - 1]).collect();
        let slices = wanted.len();
        let mut best: Option<(f64, Vec<f64>)> = None;
        for choice in 0..1usize << slices {
            let serves = |slice: usize| choice >> slice & 1 == 1;
            if (0..slices).any(|slice| serves(slice) && wanted[slice] < 0.0) {
                continue;
            }
            let decision: Vec<f64> = (0..slices)
                .map(|slice| {
                    let rejected = REJECTED * self.forecaster.scales[slice].peak;
                    if serves(slice) { wanted[slice] } else { rejected }
                })
                .collect();
            let reserved: f64 = decision.iter().map(|decision| decision.max(0.0)).sum();
            if reserved > self.capacity {
                continue;
            }
            let switches = (0..slices).filter(|slice| serves(*slice) != admitted[*slice]).count();
            let price = self.switching_price * self.loss.deviation * switches as f64;
            let cost = self.loss.cost(&decision, &last) + price;
            if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((cost, decision));
            }
        }
        // Serving nobody always fits.
        best.map_or(wanted, |(_, decision)| decision)
    }

    /// Decisions for the steps from `from` on, each from what was demanded before it.
    pub fn decide_all(&self, demands: &Demands, from: usize) -> Decisions {
        let mut admitted = vec![true; demands.count()];
        (from..demands.steps())
            .map(|step| {
                let decision = self.decide(&demands.window(step), &admitted);
                admitted = decision.iter().map(|decision| *decision >= 0.0).collect();
                decision
            })
            .collect()
    }
}

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
    fn uninterrupted_service_is_counted_day_by_day() {
        let day = [true, true, false, true, false, false];
        assert!((average_uninterrupted_hours(&day, 6) - 1.5 * 4.0).abs() < 1e-12);
        assert_eq!(average_uninterrupted_hours(&[true; 12], 6), 24.0);
        assert_eq!(average_uninterrupted_hours(&[false; 12], 6), 0.0);
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

    #[test]
    fn the_score_counts_profit_admissions_and_violations() {
        let (one, other) = ([5.0; 20], [10.0; 20]);
        let demands = Demands::new(vec![&one, &other]).unwrap();
        let served = vec![5.3, 10.6];
        let decisions = vec![served.clone(), vec![-1.0, 10.6], vec![9.0, 10.0], served];
        let score = AdmissionScore::of(&terms(), &decisions, &demands, 14, 4);
        assert_eq!((score.admissions, score.violations), (7.0 / 8.0, 0.25));
        let cost: f64 = decisions.iter().map(|d| terms().cost(d, &[5.0, 10.0])).sum();
        assert!((score.profit + cost / 4.0 / 3.0).abs() < 1e-12);
        assert_eq!(score.avst_hours, [(1.0 + 2.0) / 2.0 * 6.0, 24.0]);
    }
}
