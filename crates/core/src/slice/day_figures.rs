//! What the plans of a day come to: mean cost, saving and changes, for each length of the interval.

use crate::slice::batch::BatchPlans;
use crate::slice::daily_trace::SLOT_MINUTES;
use crate::slice::problem::ResourceTerms;
use crate::slice::sweep::Day;

/// An allocation has changed when a resource moved by more than this share of its capacity.
const CHANGE: f64 = 0.01;

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
    /// Intervals whose plan keeps its promise beyond what was measured.
    pub outside: usize,
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

impl PeakFigures {
    /// The figures of the one plan in `plans`.
    pub fn of(plans: &BatchPlans) -> Self {
        Self {
            allocation: plans.allocation(0).to_vec(),
            cost: plans.costs[0],
            feasible: plans.feasible[0],
        }
    }
}

impl LengthFigures {
    /// The figures of intervals of `minutes`: those of `day`, whose `plans` are all there, at least one.
    pub fn of(day: &Day, minutes: usize, plans: &BatchPlans, peak_cost: f64) -> Self {
        let intervals = plans.len();
        let slots = |index: usize| interval_slots(day, index) as f64;
        let total: f64 = (0..intervals).map(|i| slots(i) * plans.costs[i]).sum();
        let mean_cost = total / day.trace.len() as f64;
        let changes = (1..intervals)
            .filter(|i| {
                let (before, after) = (plans.allocation(i - 1), plans.allocation(*i));
                has_changed(before, after, &day.problem.resources)
            })
            .count();
        let days = (day.trace.len() * SLOT_MINUTES) as f64 / (24.0 * 60.0);
        Self {
            minutes,
            intervals,
            mean_cost,
            saving: (peak_cost > 0.0).then(|| 1.0 - mean_cost / peak_cost),
            changes_per_day: changes as f64 / days,
            broken: plans.feasible.iter().filter(|feasible| !**feasible).count(),
            outside: (0..intervals).filter(|index| plans.is_outside(*index)).count(),
        }
    }
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
    use crate::card::ModelCard;
    use crate::slice::{SliceProblem, Traffic};

    fn day(slots: usize, slots_per_interval: usize) -> Day {
        let text = include_str!("../../../../models/slice/testbed-gaussian/card.json");
        let card = ModelCard::from_json(text).unwrap();
        let traffic = Traffic::Constant { users_per_second: 3.0 };
        let problem = SliceProblem::in_whole_box(&card, traffic, 5.0, 0.1);
        Day { problem, trace: vec![1.0; slots], variation: 0.0, slots_per_interval }
    }

    fn plans(costs: &[f64]) -> BatchPlans {
        BatchPlans {
            resources: 2,
            allocations: costs.iter().flat_map(|cost| [4500.0 * cost, 50.0 * cost]).collect(),
            costs: costs.to_vec(),
            degradations: vec![0.1; costs.len()],
            multipliers: vec![0.0; costs.len()],
            feasible: vec![true; costs.len()],
            evaluations: 0,
            ..BatchPlans::default()
        }
    }

    #[test]
    fn a_shorter_last_interval_counts_for_its_time_only() {
        // Five slots in intervals of two: costs 1 and 2 for ten minutes each, 4 for five minutes.
        let figures = LengthFigures::of(&day(5, 2), 10, &plans(&[1.0, 2.0, 4.0]), 4.0);
        assert!((figures.mean_cost - (2.0 + 4.0 + 4.0) / 5.0).abs() < 1e-12);
        assert!((figures.saving.unwrap() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn intervals_beyond_the_measurements_are_counted_where_they_keep_their_promise() {
        let mut plans = plans(&[1.0, 2.0, 4.0]);
        plans.outside = vec![true, false, true];
        plans.feasible[2] = false;
        let figures = LengthFigures::of(&day(3, 1), 5, &plans, 4.0);
        assert_eq!((figures.outside, figures.broken), (1, 1));
    }

    #[test]
    fn changes_are_counted_per_day_and_small_ones_left_out() {
        let plans = plans(&[1.0, 1.005, 2.0, 2.0]);
        let figures = LengthFigures::of(&day(144, 36), 180, &plans, 4.0);
        assert_eq!(figures.changes_per_day, 2.0);
    }
}
