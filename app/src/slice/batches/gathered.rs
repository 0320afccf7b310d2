//! The plans of one sweep as they come in, range by range and in any order.

use slicewise_core::slice::batch::BatchPlans;

use crate::charts::drawing::Cell;

/// What is said of plans beyond what was measured.
pub const OUTSIDE: &str = "outside the measurements";

/// A cell of a table that says whether something is so.
pub fn yes_or_no(is_so: bool) -> Cell {
    Cell::Text(if is_so { "yes" } else { "no" }.to_owned())
}

/// Plans in the order of their problems; those not known yet are NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathered {
    /// The plans.
    pub plans: BatchPlans,
    /// Which of them are there.
    pub known: Vec<bool>,
    /// How many are there.
    pub done: usize,
}

impl Gathered {
    /// Room for the plans of `problems` problems with `resources` resources.
    pub fn new(problems: usize, resources: usize) -> Self {
        let unknown = || vec![f64::NAN; problems];
        Self {
            plans: BatchPlans {
                resources,
                allocations: vec![f64::NAN; problems * resources],
                costs: unknown(),
                degradations: unknown(),
                multipliers: unknown(),
                feasible: vec![false; problems],
                outside: vec![false; problems],
                ..BatchPlans::default()
            },
            known: vec![false; problems],
            done: 0,
        }
    }

    /// The plans, once all are there; none where there is no problem.
    pub fn whole(&self) -> Option<&BatchPlans> {
        (self.done == self.known.len() && self.done > 0).then_some(&self.plans)
    }

    /// Puts `plans` in place from problem `first` on and says how many of them are new; false plans
    /// (too many, or of another number of resources) are refused.
    pub fn place(&mut self, first: usize, plans: &BatchPlans) -> Option<usize> {
        let (count, resources) = (plans.len(), plans.resources);
        let range = first..first + count;
        let whole = range.end <= self.known.len()
            && resources == self.plans.resources
            && plans.allocations.len() == count * resources
            && plans.degradations.len() == count
            && plans.multipliers.len() == count
            && plans.feasible.len() == count
            && plans.outside.len() == count;
        if !whole {
            return None;
        }
        let wide = range.start * resources..range.end * resources;
        self.plans.allocations[wide].copy_from_slice(&plans.allocations);
        self.plans.costs[range.clone()].copy_from_slice(&plans.costs);
        self.plans.degradations[range.clone()].copy_from_slice(&plans.degradations);
        self.plans.multipliers[range.clone()].copy_from_slice(&plans.multipliers);
        self.plans.feasible[range.clone()].copy_from_slice(&plans.feasible);
        self.plans.outside[range.clone()].copy_from_slice(&plans.outside);
        self.plans.evaluations += plans.evaluations;
        self.plans.origin.clone_from(&plans.origin);
        let known = &mut self.known[range];
        let new = known.iter().filter(|known| !**known).count();
        known.fill(true);
        self.done += new;
        Some(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plans(first: usize, count: usize) -> BatchPlans {
        let numbers = || (first..first + count).map(|i| i as f64);
        BatchPlans {
            resources: 2,
            allocations: numbers().flat_map(|n| [n, 10.0 * n]).collect(),
            costs: numbers().collect(),
            degradations: numbers().collect(),
            multipliers: numbers().collect(),
            feasible: vec![true; count],
            outside: vec![false; count],
            evaluations: 5,
            ..BatchPlans::default()
        }
    }

    #[test]
    fn ranges_find_their_place_in_any_order_and_count_once() {
        let mut gathered = Gathered::new(10, 2);
        assert_eq!(gathered.place(6, &plans(6, 4)), Some(4));
        assert!(gathered.whole().is_none());
        assert_eq!(gathered.place(0, &plans(0, 6)), Some(6));
        assert_eq!(gathered.place(3, &plans(3, 2)), Some(0));
        assert_eq!(gathered.done, 10);
        assert_eq!(gathered.whole(), Some(&gathered.plans));
        assert_eq!(gathered.plans.costs, (0..10).map(f64::from).collect::<Vec<_>>());
        assert_eq!(gathered.plans.allocation(7), [7.0, 70.0]);
    }

    #[test]
    fn plans_that_do_not_fit_are_refused() {
        let mut gathered = Gathered::new(10, 2);
        assert_eq!(gathered.place(8, &plans(8, 4)), None);
        assert_eq!(Gathered::new(10, 3).place(0, &plans(0, 4)), None);
        assert_eq!(gathered.done, 0);
    }
}
