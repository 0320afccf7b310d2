//! Admission and reservation for slices under one capacity: ours, and the overbooking benchmark.

use slicewise_core::InputError;
use slicewise_core::forecast::AdmissionTerms;

use crate::baselines::{HoltWinters, margin};
use crate::model::{Forecaster, LearnedLoss, REJECTED};
use crate::windows::{Demands, LOOK_BACK};

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
        decisions: &[Vec<f64>],
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

impl AdmissionScore {
    /// Average uninterrupted service time in hours of a day, mean over the slices.
    pub fn mean_avst_hours(&self) -> f64 {
        self.avst_hours.iter().sum::<f64>() / self.avst_hours.len().max(1) as f64
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

/// How reluctantly the set of admitted slices changes, which the metric itself does not ask for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constancy {
    /// What tearing a slice down must gain, in deviations of the learnt cost, once it has been served for
    /// 20 hours. It starts at a sixth of that and rises in proportion to the time served: the newest
    /// slice goes first, and none comes for a moment only.
    pub tear_down_price: f64,
    /// Share of the capacity that the reservations may take after a slice was admitted, so that the
    /// next step does not tear it down again.
    pub headroom: f64,
    /// Steps that a rejected slice waits at least.
    pub waiting_steps: usize,
    /// Steps of a day.
    pub steps_per_day: usize,
}

impl Constancy {
    /// What serves slices for long at little loss of profit, chosen on the training days of the generated
    /// services; for 5-minute steps.
    pub fn usual() -> Self {
        Self { tear_down_price: 1.4, headroom: 0.85, waiting_steps: 0, steps_per_day: 288 }
    }
}

/// What `decision` takes of the capacity.
fn reserved(decision: &[f64]) -> f64 {
    decision.iter().map(|decision| decision.max(0.0)).sum()
}

/// `decision` with other values for the slices `part`.
fn with_slices(decision: &[f64], part: &[usize], value: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut changed = decision.to_vec();
    part.iter().for_each(|slice| changed[*slice] = value(*slice));
    changed
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
    /// How reluctantly the choice changes.
    pub constancy: Constancy,
}

/// For how long each slice has been served or rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Steps since each slice was admitted; 0 where it is rejected.
    pub served: Vec<usize>,
    /// Steps since each slice was rejected; 0 where it is served.
    pub waited: Vec<usize>,
}

impl Admitted {
    /// All of `slices` slices served for one step.
    pub fn all(slices: usize) -> Self {
        Self { served: vec![1; slices], waited: vec![0; slices] }
    }

    fn after(&self, decision: &[f64]) -> Self {
        let counted = |counts: &[usize], counts_on: &dyn Fn(f64) -> bool| {
            let slices = counts.iter().zip(decision);
            slices.map(|(count, p)| if counts_on(*p) { count + 1 } else { 0 }).collect()
        };
        Self {
            served: counted(&self.served, &|p| p >= 0.0),
            waited: counted(&self.waited, &|p| p < 0.0),
        }
    }
}

/// Steps in which demand may go on, in units of the usual change: quantiles of a Laplace distribution
/// with 0.6 of its deviation, because bursts carry the rest of it.
const CHANGES: [f64; 8] = [-1.18, -0.71, -0.42, -0.12, 0.12, 0.42, 0.71, 1.18];

impl AdmissionPlanner<'_> {
    /// Decisions for the step after `window`, where `admitted` is the state of the step before.
    ///
    /// Every choice among the slices that the forecaster would serve is weighed by the learnt cost,
    /// averaged over `CHANGES` of the last demand, and the price of tearing down. A choice fits into
    /// the capacity, or is cut to it where it holds served slices only; a slice comes back where the
    /// headroom allows. Reservations never exceed the capacity.
    pub fn decide(&self, window: &[f64], admitted: &Admitted) -> Vec<f64> {
        let wanted = self.forecaster.decide(window);
        let last: Vec<f64> =
            window.chunks_exact(LOOK_BACK).map(|samples| samples[LOOK_BACK - 1]).collect();
        let ahead = self.demands_ahead(&last);
        let slices = wanted.len();
        let mut best = (f64::INFINITY, self.with_choice(&wanted, 0));
        for choice in (0..1usize << slices).rev() {
            let serves = |slice: usize| choice >> slice & 1 == 1;
            let newly = |slice: usize| serves(slice) && admitted.served[slice] == 0;
            let barred = |slice: usize| {
                let waits = admitted.waited[slice] < self.constancy.waiting_steps;
                serves(slice) && wanted[slice] < 0.0 || newly(slice) && waits
            };
            if (0..slices).any(barred) {
                continue;
            }
            let grows = (0..slices).any(newly);
            let price = self.price_of(choice, admitted);
            for decision in self.fitting(self.with_choice(&wanted, choice), grows) {
                let costs = ahead.iter().map(|demand| self.loss.cost(&decision, demand));
                let cost = price + costs.sum::<f64>() / ahead.len() as f64;
                if cost < best.0 {
                    best = (cost, decision);
                }
            }
            let all_go_on = choice + 1 == 1 << slices && !grows && best.0.is_finite();
            if all_go_on && reserved(&wanted) <= self.capacity {
                break;
            }
        }
        best.1
    }

    /// Demands that may follow `last`.
    fn demands_ahead(&self, last: &[f64]) -> Vec<Vec<f64>> {
        let after = |change: &f64| {
            let slices = last.iter().zip(&self.forecaster.scales);
            slices
                .map(|(last, scale)| (last + change * scale.local_change(*last)).max(0.0))
                .collect()
        };
        CHANGES.iter().map(after).collect()
    }

    /// What tearing down the slices outside `choice` must gain.
    fn price_of(&self, choice: usize, admitted: &Admitted) -> f64 {
        let day = self.constancy.steps_per_day;
        let served = admitted.served.iter().enumerate();
        let torn_down: usize = served
            .filter(|(slice, _)| choice >> slice & 1 == 0)
            .map(|(_, steps)| if *steps == 0 { 0 } else { (*steps + day / 6).min(day) })
            .sum();
        self.constancy.tear_down_price * self.loss.deviation * torn_down as f64 / day as f64
    }

    /// `decision` where it fits; cut to the capacity in several ways where it does not, unless a slice
    /// comes back with it: everything in proportion, or one, two or all slices in proportion to their
    /// peaks.
    fn fitting(&self, decision: Vec<f64>, grows: bool) -> Vec<Vec<f64>> {
        let total = reserved(&decision);
        let share = if grows { self.constancy.headroom } else { 1.0 };
        if total <= share * self.capacity {
            return vec![decision];
        }
        if grows {
            return Vec::new();
        }
        let served: Vec<usize> = (0..decision.len()).filter(|s| decision[*s] >= 0.0).collect();
        let factor = self.capacity / total;
        let mut ways = vec![with_slices(&decision, &served, |slice| factor * decision[slice])];
        let mut parts: Vec<Vec<usize>> = vec![served.clone()];
        for (index, one) in served.iter().enumerate() {
            parts.push(vec![*one]);
            parts.extend(served[..index].iter().map(|other| vec![*other, *one]));
        }
        for part in parts {
            let peak = |slice: usize| self.forecaster.scales[slice].peak;
            let peaks: f64 = part.iter().map(|slice| peak(*slice)).sum();
            let excess = total - self.capacity;
            let cut = |slice: usize| (decision[slice] - excess * peak(slice) / peaks).max(0.0);
            ways.push(with_slices(&decision, &part, cut));
        }
        // Rounding may leave a hair too much.
        for way in &mut ways {
            for value in way.iter_mut().filter(|value| **value > 0.0) {
                *value *= 1.0 - 1e-12;
            }
        }
        ways.retain(|way| reserved(way) <= self.capacity);
        ways
    }

    /// `wanted` where the bits of `choice` are set, rejections elsewhere.
    fn with_choice(&self, wanted: &[f64], choice: usize) -> Vec<f64> {
        let slices = wanted.iter().zip(&self.forecaster.scales).enumerate();
        slices
            .map(
                |(slice, (wanted, scale))| {
                    if choice >> slice & 1 == 1 { *wanted } else { REJECTED * scale.peak }
                },
            )
            .collect()
    }

    /// Decisions for `steps`, each from what was demanded before it.
    pub fn decide_all(&self, demands: &Demands, steps: std::ops::Range<usize>) -> Decisions {
        let mut admitted = Admitted::all(demands.count());
        steps
            .map(|step| {
                let decision = self.decide(&demands.window(step), &admitted);
                admitted = admitted.after(&decision);
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
