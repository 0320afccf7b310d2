//! How good admissions and reservations were.

use slicewise_core::forecast::AdmissionTerms;

use crate::windows::Demands;

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
