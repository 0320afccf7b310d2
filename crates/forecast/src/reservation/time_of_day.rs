//! Decisions of networks that learned from another trace, or of long steps, moved by the hour of the day.
//!
//! Networks see the last samples and no clock: in steps of an hour the morning takes them by surprise
//! every day. Their decision is averaged with Holt-Winters' forecast, which knows the season.
//! What demand exceeded this mean by on the days before tells, hour by hour, where it lies and how far
//! it spreads; the move in units of that spread is the one that would have cost least on those days.
//! All of this is chosen anew for each day of the test, from samples that came before it.

use std::ops::Range;

use slicewise_core::forecast::{DemandSeries, ServiceAgreement};
use slicewise_optim::{Monitor, Stopped};

use super::problem::Trace;
use super::seasonal::Seasonal;
use crate::baselines::margin;
use crate::windows::{LOOK_BACK, Scale};

/// Days that a choice looks back on, where that is no less than [`LEAST_STEPS`].
const DAYS: usize = 14;
/// Steps that a choice looks back on at least, as far as there are any.
const LEAST_STEPS: usize = 2016;
/// Parts of a day: hours, or the steps where these are longer.
const MOST_PARTS: usize = 24;
/// Steps of the whole day that count beside those of one part: few are not taken for the rule.
const COMMON_STEPS: f64 = 8.0;
/// The most choices over a test.
const MOST_CHOICES: usize = 100;
/// Minutes of a day.
const DAY_MINUTES: u32 = 1440;

/// What is decided by the hour of the day, before any price is known.
#[derive(Debug)]
pub struct ByTimeOfDay {
    /// First step with a decision.
    from: usize,
    /// The networks' decisions, for the step after the trace too.
    decisions: Vec<f64>,
    /// Their means with Holt-Winters' forecasts.
    means: Vec<f64>,
    /// Part of the day of each step.
    parts: Vec<usize>,
    scale: Scale,
}

/// Reservations over a test.
#[derive(Clone, Debug, PartialEq)]
pub struct MovedReservations {
    /// One per step, none below 0.
    pub reserved: Vec<f64>,
    /// By how many usual changes the networks' decisions were moved, on average.
    pub moved: f64,
}

/// What is added at each part of the day.
struct Margins(Vec<f64>);

impl ByTimeOfDay {
    /// First step whose decision is needed for the test of `trace`.
    pub fn first_step(trace: &Trace) -> usize {
        let day = trace.series.steps_per_day();
        let known = (DAYS * day).max(LEAST_STEPS);
        // Holt-Winters' season is that of the first day.
        trace.test_from.saturating_sub(known).max(day).max(LOOK_BACK)
    }

    /// From the networks' `decisions` for every step from `from` on, [`Self::first_step`] or a later
    /// one, and the step after the trace.
    pub fn new(
        trace: &Trace,
        seasonal: &Seasonal,
        from: usize,
        decisions: Vec<f64>,
        scale: Scale,
    ) -> Self {
        let forecasts = seasonal.holt_winters[from..].iter().chain([&seasonal.next_holt_winters]);
        let means = decisions.iter().zip(forecasts).map(|(one, other)| 0.5 * (one + other));
        let means = means.collect();
        let parts = (from..from + decisions.len()).map(|step| part_of_day(&trace.series, step));
        let parts = parts.collect();
        Self { from, decisions, means, parts, scale }
    }

    /// Reservations for the steps before the test from the look-back on, of which the networks decide
    /// `decisions`, with the margins that these very steps ask for.
    pub fn reservations_before(
        &self,
        trace: &Trace,
        seasonal: &Seasonal,
        decisions: &[f64],
        agreement: &ServiceAgreement,
    ) -> Vec<f64> {
        let margins = self.margins(trace, trace.test_from, agreement);
        let day = trace.series.steps_per_day();
        let reserved = |(index, decision): (usize, &f64)| {
            let step = LOOK_BACK + index;
            // The first day makes the season.
            let known = step >= day;
            let other = if known { seasonal.holt_winters[step] } else { *decision };
            let margin = margins.0[part_of_day(&trace.series, step)];
            (0.5 * (decision + other) + margin).max(0.0)
        };
        decisions.iter().enumerate().map(reserved).collect()
    }

    /// Reservations over the test, and for the step after it.
    ///
    /// # Errors
    /// Says that `monitor` stopped it.
    pub async fn reservations(
        &self,
        trace: &Trace,
        agreement: &ServiceAgreement,
        monitor: &impl Monitor,
    ) -> Result<MovedReservations, Stopped> {
        let values = &trace.series.values;
        let (day, end) = (trace.series.steps_per_day(), values.len());
        let days = (end - trace.test_from).div_ceil(day).div_ceil(MOST_CHOICES).max(1);
        let mut reserved = Vec::with_capacity(end + 1 - trace.test_from);
        let mut moved = 0.0;
        let mut first = trace.test_from;
        while first <= end {
            let steps = first..(first + days * day).min(end + 1);
            first = steps.end;
            let margins = self.margins(trace, steps.start, agreement);
            for step in steps {
                let at = step - self.from;
                let decision = (self.means[at] + margins.0[self.parts[at]]).max(0.0);
                moved +=
                    (decision - self.decisions[at]) / self.scale.local_change(values[step - 1]);
                reserved.push(decision);
            }
            monitor.checkpoint().await?;
        }
        moved /= reserved.len() as f64;
        Ok(MovedReservations { reserved, moved })
    }

    /// The margins that are chosen before `step`.
    fn margins(&self, trace: &Trace, step: usize, agreement: &ServiceAgreement) -> Margins {
        let known = (DAYS * trace.series.steps_per_day()).max(LEAST_STEPS);
        let steps = step.saturating_sub(known).max(self.from)..step;
        let errors = self.errors(&trace.series.values, steps);
        let parts = parts_of_day(&trace.series);
        let offsets = by_part(&errors, parts);
        let rest: Vec<(usize, f64)> =
            errors.iter().map(|(part, error)| (*part, (error - offsets[*part]).abs())).collect();
        let least = 1e-3 * self.scale.change;
        let spreads = by_part(&rest, parts).into_iter().map(|spread| spread.max(least));
        let spreads: Vec<f64> = spreads.collect();
        let in_spreads = errors
            .iter()
            .map(|(part, error)| ((error - offsets[*part]) / spreads[*part], spreads[*part]));
        let moved = margin::cheapest(agreement, in_spreads.collect());
        // By a thousandth more, so that the step at the edge is served.
        let moved = moved.map_or(0.0, |moved| moved + 1e-3);
        let margin = |(offset, spread): (&f64, &f64)| offset + moved * spread;
        Margins(offsets.iter().zip(&spreads).map(margin).collect())
    }

    /// Part of the day of each of `steps`, and what its demand exceeded the mean by.
    fn errors(&self, values: &[f64], steps: Range<usize>) -> Vec<(usize, f64)> {
        let error = |step: usize| {
            let at = step - self.from;
            (self.parts[at], values[step] - self.means[at])
        };
        steps.map(error).collect()
    }
}

/// Parts of a day of `series`.
fn parts_of_day(series: &DemandSeries) -> usize {
    series.steps_per_day().min(MOST_PARTS)
}

/// The part of the day (UTC) in which `step` begins.
fn part_of_day(series: &DemandSeries, step: usize) -> usize {
    let parts = parts_of_day(series) as u32;
    (series.minute_of_day(step) * parts / DAY_MINUTES) as usize
}

/// Mean of `values` in each part of the day, with half of its neighbours' steps and a few of the whole
/// day's.
fn by_part(values: &[(usize, f64)], parts: usize) -> Vec<f64> {
    let mut sums = vec![[0.0; 2]; parts];
    for (part, value) in values {
        let [count, sum] = &mut sums[*part];
        *count += 1.0;
        *sum += value;
    }
    let all = values.len().max(1) as f64;
    let common = values.iter().map(|(_, value)| value).sum::<f64>() / all;
    let around = |part: usize| {
        let [before, after] = [sums[(part + parts - 1) % parts], sums[(part + 1) % parts]];
        [0, 1].map(|at| 0.25 * (before[at] + after[at]) + 0.5 * sums[part][at])
    };
    let mean = |part: usize| {
        let [count, sum] = if parts > 3 { around(part) } else { sums[part] };
        (sum + COMMON_STEPS * common) / (count + COMMON_STEPS)
    };
    (0..parts).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use slicewise_core::forecast::ReservationScore;
    use slicewise_optim::Unmonitored;

    use super::*;

    /// Ten days of hours whose demand jumps at eight in the morning, and `noise` beside it.
    fn days_with_a_jump(noise: impl Fn(usize) -> f64) -> Trace {
        let value = |step: usize| if step % 24 == 8 { 100.0 } else { 10.0 } + noise(step);
        let series = DemandSeries {
            name: "cell".to_owned(),
            unit: "Mbit/s".to_owned(),
            step_minutes: 60,
            start_minute: 0,
            values: (0..240).map(value).collect(),
            filled: Vec::new(),
        };
        Trace::split(series, 168)
    }

    /// Reservations where the networks always decide the demand before.
    fn reserved(trace: &Trace) -> MovedReservations {
        let seasonal = block_on(Seasonal::of(trace, &Unmonitored)).unwrap().unwrap();
        let from = ByTimeOfDay::first_step(trace);
        let values = &trace.series.values;
        let decisions = (from..=values.len()).map(|step| values[step - 1]).collect();
        let scale = Scale::of(trace.learned());
        let by_time = ByTimeOfDay::new(trace, &seasonal, from, decisions, scale);
        let agreement = ServiceAgreement::of_deepcog(2.0, trace.peak());
        block_on(by_time.reservations(trace, &agreement, &Unmonitored)).unwrap()
    }

    #[test]
    fn what_jumps_at_the_same_hour_of_every_day_is_served_there_and_not_all_day() {
        let trace = days_with_a_jump(|step| ((step * 7919) % 101) as f64 / 101.0);
        let found = reserved(&trace).reserved;
        let agreement = ServiceAgreement::of_deepcog(2.0, trace.peak());
        let ours = ReservationScore::of(&agreement, &found, trace.test());
        // The demand before, moved alike at every hour: the jump is broken or paid for all day.
        let before = &trace.series.values[trace.test_from - 1..239];
        let best = margin::best_in_hindsight(&agreement, before, trace.test());
        let alike = ReservationScore::of(&agreement, &margin::with(before, best), trace.test());
        assert!(ours.cost < alike.cost, "{ours:?} and {alike:?}");
        assert!(ours.violations < 0.05, "{ours:?}");
    }

    #[test]
    fn no_reservation_depends_on_demand_that_came_later() {
        let noise = |step: usize| ((step * 7919) % 101) as f64 / 101.0;
        let whole = days_with_a_jump(noise);
        let found = reserved(&whole);
        assert_eq!(found.reserved.len(), 240 - 168 + 1);
        for cut in [200, 216, 239] {
            let mut other = days_with_a_jump(noise);
            other.series.values[cut..].iter_mut().for_each(|value| *value = 3.0 * *value + 50.0);
            let same = cut - 168 + 1;
            assert_eq!(found.reserved[..same], reserved(&other).reserved[..same], "{cut}");
        }
    }

    #[test]
    fn a_part_of_the_day_with_few_steps_is_near_the_whole_day() {
        let values: Vec<(usize, f64)> =
            (0..48).map(|step| (step % 2, 4.0 + (step % 2) as f64)).collect();
        let [even, odd] = by_part(&values, 2)[..] else { panic!("two parts") };
        assert!((even - (24.0 * 4.0 + 8.0 * 4.5) / 32.0).abs() < 1e-12, "{even}");
        assert!((odd - (24.0 * 5.0 + 8.0 * 4.5) / 32.0).abs() < 1e-12, "{odd}");
        let missing = by_part(&values, 6);
        assert!((missing[4] - 4.5).abs() < 1e-12, "{missing:?}");
    }
}
