//! Admission and reservation for slices under one capacity by both networks.

use super::score::Decisions;
use crate::model::{Forecaster, LearnedLoss, REJECTED};
use crate::windows::{Demands, LOOK_BACK};

/// How reluctantly the set of admitted slices changes, which the metric itself does not ask for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constancy {
    /// What tearing a slice down must gain, in deviations of the learned cost, once it has been served for
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
    /// Every choice among the slices that the forecaster would serve is weighed by the learned cost,
    /// averaged over eight changes of the last demand, and the price of tearing down. A choice fits into
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
    pub fn decisions(
        &self,
        demands: &Demands,
        steps: std::ops::Range<usize>,
    ) -> impl Iterator<Item = Vec<f64>> {
        let mut admitted = Admitted::all(demands.count());
        steps.map(move |step| {
            let decision = self.decide(&demands.window(step), &admitted);
            admitted = admitted.after(&decision);
            decision
        })
    }

    /// All of them.
    pub fn decide_all(&self, demands: &Demands, steps: std::ops::Range<usize>) -> Decisions {
        self.decisions(demands, steps).collect()
    }
}
