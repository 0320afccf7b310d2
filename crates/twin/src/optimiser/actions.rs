//! From a routing to what has to be done: the fewest changes, in the order in which each gains most.

use super::demands::{Demand, Way};
use super::loads::{Course, Loads};
use super::splits::keeps_off;

/// What a change comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// Index of the demand.
    pub demand: usize,
    /// Where it goes from now on.
    pub course: Course,
    /// Highest utilisation once it and those before it are done.
    pub utilisation: f64,
}

/// Takes back every change without which no row gets fuller than `most`, those of the least traffic first.
pub fn take_back(loads: &mut Loads, demands: &[Demand], closed: &[bool], most: f64) {
    let mut changed: Vec<usize> =
        (0..demands.len()).filter(|demand| !loads.courses[*demand].is_present()).collect();
    changed.sort_by(|a, b| demands[*a].rate_bit_per_s.total_cmp(&demands[*b].rate_bit_per_s));
    for demand in changed {
        let present = demands[demand].present.as_ref();
        let Some(present) = present.filter(|present| keeps_off(present, closed)) else { continue };
        let fits = loads
            .changes(demand, present)
            .all(|(_, before, after)| after <= most || after <= before);
        if fits {
            loads.put(demand, Course::whole(Way::Present, present.clone()));
        }
    }
}

/// Changes beyond which the order is that of the traffic, since every step of the other order looks at all.
const MOST_ORDERED: usize = 2_000;

/// The changes that lead from the present to `wanted`, until `is_enough` of what they come to.
///
/// What must change goes first: what does not arrive at present, or uses a closed link.
pub fn actions(
    demands: &[Demand],
    wanted: &Loads,
    closed: &[bool],
    is_enough: &dyn Fn(&Loads) -> bool,
) -> (Vec<Action>, Loads) {
    let mut loads = Loads::present(demands, wanted.utilisation().len());
    let mut left: Vec<usize> =
        (0..demands.len()).filter(|demand| !wanted.courses[*demand].is_present()).collect();
    let must = |demand: &usize| {
        !demands[*demand].present.as_ref().is_some_and(|present| keeps_off(present, closed))
    };
    left.sort_by(|a, b| {
        let rate = |demand: &usize| demands[*demand].rate_bit_per_s;
        must(b).cmp(&must(a)).then(rate(b).total_cmp(&rate(a))).then(a.cmp(b))
    });
    let mut urgent = left.iter().filter(|demand| must(demand)).count();
    let is_ordered = left.len() <= MOST_ORDERED;
    let mut actions = Vec::new();
    while !left.is_empty() && (urgent > 0 || !is_enough(&loads)) {
        let before = loads.fullest().1;
        let at = if urgent > 0 || !is_ordered { 0 } else { best(&left, &loads, wanted, before) };
        let demand = left.remove(at);
        urgent = urgent.saturating_sub(1);
        loads.put(demand, wanted.courses[demand].clone());
        let course = wanted.courses[demand].clone();
        actions.push(Action { demand, course, utilisation: loads.fullest().1 });
    }
    (actions, loads)
}

/// The place among `left` of the change that relieves the full rows most.
fn best(left: &[usize], loads: &Loads, wanted: &Loads, peak: f64) -> usize {
    let change = |at: &usize| {
        let demand = left[*at];
        loads.change(demand, &wanted.courses[demand].entries, peak)
    };
    let changes: Vec<f64> = (0..left.len()).map(|at| change(&at)).collect();
    (0..left.len()).min_by(|a, b| changes[*a].total_cmp(&changes[*b])).unwrap_or(0)
}
