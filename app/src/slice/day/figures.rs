//! What the plans of a day come to: mean cost, saving and changes, for each length of the interval.

use slicewise_core::slice::Sweep;
use slicewise_core::slice::problem::ResourceTerms;
use slicewise_core::slice::sweep::Day;

use crate::slice::batches::gathered::Gathered;
use crate::slice::view_state::{INTERVAL_MINUTES, SLOT_MINUTES};

/// An allocation has changed when a resource moved by more than this share of its capacity.
pub const CHANGE: f64 = 0.01;

/// The sweeps of a day: one for each length in [`INTERVAL_MINUTES`], then the busiest slot alone.
pub fn sweeps(
    settings: &crate::slice::view_state::DaySettings,
    problem: &slicewise_core::slice::SliceProblem,
    trace: &[f64],
) -> Vec<Sweep> {
    let lengths = INTERVAL_MINUTES.map(|minutes| minutes / SLOT_MINUTES);
    let mut all: Vec<Sweep> =
        lengths.iter().map(|slots| settings.sweep(problem, trace, *slots)).collect();
    let busiest = trace.iter().copied().fold(0.0, f64::max);
    all.push(settings.sweep(problem, &[busiest], 1));
    all
}

/// What planning at one length of the interval comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LengthFigures {
    /// Length in minutes.
    pub minutes: usize,
    /// Intervals.
    pub intervals: usize,
    /// Cost, averaged over time.
    pub mean_cost: f64,
    /// 1 - mean cost / cost of the plan for the busiest slot; none where that plan costs nothing.
    pub saving: Option<f64>,
    /// Changes of the allocation per 24 h.
    pub changes_per_day: f64,
    /// Intervals whose promise no allocation within the limits keeps.
    pub broken: usize,
}

/// The plan for the busiest slot, which a static allocation keeps all day.
#[derive(Clone, Debug, PartialEq)]
pub struct PeakFigures {
    /// Its allocation.
    pub allocation: Vec<f64>,
    /// Its cost.
    pub cost: f64,
    /// Whether it keeps the promise.
    pub feasible: bool,
}

/// The peak's figures from the last of the sweeps of [`sweeps`].
pub fn peak(plans: &[Gathered]) -> Option<PeakFigures> {
    let peak = plans.last().filter(|plans| plans.known == [true])?;
    Some(PeakFigures {
        allocation: peak.plans.allocation(0).to_vec(),
        cost: peak.plans.costs[0],
        feasible: peak.plans.feasible[0],
    })
}

/// The figures of one length, once all of its plans are known.
pub fn of_length(
    day: &Day,
    minutes: usize,
    plans: &Gathered,
    peak_cost: f64,
) -> Option<LengthFigures> {
    let intervals = plans.known.len();
    if plans.done != intervals || intervals == 0 {
        return None;
    }
    let slots = |index: usize| interval_slots(day, index) as f64;
    let total: f64 = (0..intervals).map(|i| slots(i) * plans.plans.costs[i]).sum();
    let mean_cost = total / day.trace.len() as f64;
    let changes = (1..intervals)
        .filter(|i| {
            let (before, after) = (plans.plans.allocation(i - 1), plans.plans.allocation(*i));
            has_changed(before, after, &day.problem.resources)
        })
        .count();
    let days = (day.trace.len() * SLOT_MINUTES) as f64 / (24.0 * 60.0);
    Some(LengthFigures {
        minutes,
        intervals,
        mean_cost,
        saving: (peak_cost > 0.0).then(|| 1.0 - mean_cost / peak_cost),
        changes_per_day: changes as f64 / days,
        broken: plans.plans.feasible.iter().filter(|feasible| !**feasible).count(),
    })
}

/// Slots of interval `index`; the last one may be shorter.
pub fn interval_slots(day: &Day, index: usize) -> usize {
    let first = index * day.slots_per_interval;
    day.slots_per_interval.min(day.trace.len() - first)
}

fn has_changed(before: &[f64], after: &[f64], terms: &[ResourceTerms]) -> bool {
    before
        .iter()
        .zip(after)
        .zip(terms)
        .any(|((before, after), terms)| (before - after).abs() > CHANGE * terms.capacity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slice::precomputed;
    use crate::slice::view_state::DaySettings;
    use slicewise_core::slice::batch::BatchPlans;

    fn day(slots: usize, slots_per_interval: usize) -> Day {
        let problem = precomputed::default_problem();
        Day { problem, trace: vec![1.0; slots], variation: 0.0, slots_per_interval }
    }

    fn plans(costs: &[f64]) -> Gathered {
        let mut gathered = Gathered::new(costs.len(), 2);
        let part = BatchPlans {
            resources: 2,
            allocations: costs.iter().flat_map(|cost| [4500.0 * cost, 50.0 * cost]).collect(),
            costs: costs.to_vec(),
            degradations: vec![0.1; costs.len()],
            multipliers: vec![0.0; costs.len()],
            feasible: vec![true; costs.len()],
            ..BatchPlans::default()
        };
        gathered.place(0, &part).unwrap();
        gathered
    }

    #[test]
    fn a_shorter_last_interval_counts_for_its_time_only() {
        // Five slots in intervals of two: costs 1 and 2 for ten minutes each, 4 for five minutes.
        let figures = of_length(&day(5, 2), 10, &plans(&[1.0, 2.0, 4.0]), 4.0).unwrap();
        assert!((figures.mean_cost - (2.0 + 4.0 + 4.0) / 5.0).abs() < 1e-12);
        assert!((figures.saving.unwrap() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn changes_are_counted_per_day_and_small_ones_left_out() {
        let figures = of_length(&day(144, 36), 180, &plans(&[1.0, 1.005, 2.0, 2.0]), 4.0).unwrap();
        assert_eq!(figures.changes_per_day, 2.0);
    }

    #[test]
    fn every_length_and_the_busiest_slot_are_planned() {
        let (problem, trace) = (precomputed::default_problem(), [1.0, 4.0, 2.0, 3.0]);
        let all = sweeps(&DaySettings::default(), &problem, &trace);
        let lengths: Vec<usize> = all.iter().map(Sweep::len).collect();
        assert_eq!(lengths, [4, 2, 2, 1, 1, 1, 1]);
        let busiest = &all[6].problem(0).slices[0].traffic;
        assert!((busiest.mean() - 4.0).abs() < 0.05);
    }
}
