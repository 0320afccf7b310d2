//! What runs and cities come to: counts, distributions and histograms.

use crate::cells::{CellPlans, SATISFIED, SimulatedStep};

/// What the steps of one run come to, over all cells and slices.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RunFigures {
    /// Steps.
    pub steps: usize,
    /// Slices of all cells and steps.
    pub slice_steps: usize,
    /// Those whose promise was kept.
    pub satisfied: usize,
    /// Sum of their satisfactions.
    sum: f64,
    /// Slices of all cells and steps of which something was expected.
    expected_slice_steps: usize,
    /// Those that were expected to keep their promise.
    expected_satisfied: usize,
    /// Sum of what was expected of them.
    expected_sum: f64,
    /// Slices of all cells and steps with a feature outside what the estimator was trained on.
    pub outside: usize,
    /// The largest gap of all plans, where the scheme proves one.
    pub largest_gap: Option<f64>,
    /// Time of all decisions, in ms.
    pub decision_ms: f64,
}

impl RunFigures {
    /// The figures of `steps`.
    pub fn of<'a>(steps: impl IntoIterator<Item = &'a SimulatedStep>) -> Self {
        let mut figures = Self::default();
        steps.into_iter().for_each(|step| figures.add(step));
        figures
    }

    /// Adds a step.
    pub fn add(&mut self, step: &SimulatedStep) {
        self.steps += 1;
        self.slice_steps += step.kpis.len();
        self.satisfied += step.kpis.iter().filter(|kpis| kpis.satisfaction >= SATISFIED).count();
        self.sum += step.kpis.iter().map(|kpis| kpis.satisfaction).sum::<f64>();
        let expected = &step.expected_satisfaction;
        self.expected_slice_steps += expected.len();
        self.expected_satisfied += expected.iter().filter(|r| **r >= SATISFIED).count();
        self.expected_sum += expected.iter().sum::<f64>();
        self.outside += step.outside;
        self.decision_ms += step.decision_ms;
        let proven = step.gaps.iter().copied().filter(|gap| gap.is_finite());
        self.largest_gap = proven.chain(self.largest_gap).reduce(f64::max);
    }

    /// Share of slice-steps whose promise was kept: the paper's satisfaction probability.
    pub fn probability(&self) -> f64 {
        ratio(self.satisfied as f64, self.slice_steps)
    }

    /// Mean satisfaction.
    pub fn mean(&self) -> f64 {
        ratio(self.sum, self.slice_steps)
    }

    /// Share of slice-steps that the estimator expected to be satisfied; none where it was not asked.
    pub fn expected_probability(&self) -> Option<f64> {
        let count = self.expected_slice_steps;
        (count > 0).then(|| ratio(self.expected_satisfied as f64, count))
    }

    /// Mean satisfaction that the estimator expected; none where it was not asked.
    pub fn expected_mean(&self) -> Option<f64> {
        let count = self.expected_slice_steps;
        (count > 0).then(|| ratio(self.expected_sum, count))
    }

    /// Whether this run keeps fewer promises than `equal` did over as many steps.
    pub fn is_below(&self, equal: &Self) -> bool {
        self.slice_steps == equal.slice_steps && self.satisfied < equal.satisfied
    }
}

/// The mean of satisfactions; 0 of none.
pub fn mean(satisfactions: &[f64]) -> f64 {
    ratio(satisfactions.iter().sum(), satisfactions.len())
}

fn ratio(sum: f64, count: usize) -> f64 {
    if count == 0 { 0.0 } else { sum / count as f64 }
}

/// Mean satisfaction of the slices of cell `cell` in `step`; none where it has no slice.
pub fn cell_satisfaction(step: &SimulatedStep, cell: usize) -> Option<f64> {
    let slices = step.present.len();
    let kpis = step.kpis.get(cell * slices..(cell + 1) * slices).filter(|k| !k.is_empty())?;
    Some(kpis.iter().map(|kpis| kpis.satisfaction).sum::<f64>() / slices as f64)
}

/// A distribution function of numbers from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Cdf {
    sorted: Vec<f64>,
}

impl Cdf {
    /// Of `values`; those that are not finite are left out.
    pub fn new(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Self { sorted }
    }

    /// Share of the values that are at most `level`.
    pub fn at(&self, level: f64) -> f64 {
        ratio(self.sorted.partition_point(|value| *value <= level) as f64, self.sorted.len())
    }

    /// Share of the values that are below `level`.
    pub fn below(&self, level: f64) -> f64 {
        ratio(self.sorted.partition_point(|value| *value < level) as f64, self.sorted.len())
    }

    /// The value that a share of `share` of them does not exceed; none where there are none.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let last = self.sorted.len().checked_sub(1)?;
        Some(self.sorted[(share * last as f64).round() as usize])
    }
}

/// Bins of the gaps' histogram: exact ones, one per decade, and the largest.
pub const GAP_BINS: usize = 10;
/// Gaps below this are rounding, not doubt.
const SMALLEST_GAP: f64 = 1e-9;

/// The bin of a gap: 0 up to 1e-9, then one per decade up to 10 %, and one for all above.
pub fn gap_bin(gap: f64) -> usize {
    if gap <= SMALLEST_GAP {
        return 0;
    }
    let decade = (gap.log10() + 9.0 - 1e-12).floor().max(0.0) as usize;
    (decade + 1).min(GAP_BINS - 1)
}

/// The largest gap of a bin; none for the last one.
pub fn gap_bin_end(bin: usize) -> Option<f64> {
    (bin + 1 < GAP_BINS).then(|| 10_f64.powi(bin as i32 - 9))
}

/// Bins of the satisfaction's histogram, each a twentieth wide.
pub const SATISFACTION_BINS: usize = 20;

/// What the plans of many cells come to, without the plans themselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CityFigures {
    /// Cells.
    pub cells: usize,
    /// Their slices.
    pub slices: usize,
    /// Slices whose promise is kept, by the estimator.
    pub satisfied: usize,
    satisfaction_sum: f64,
    /// Cells by [`gap_bin`].
    pub gaps: [usize; GAP_BINS],
    /// Cells whose gap is proven.
    pub proven: usize,
    /// The largest gap proven.
    pub largest_gap: f64,
    /// Slices with a feature outside what the estimator was trained on.
    pub outside: usize,
    /// Slices by satisfaction, from 0 upwards.
    pub satisfaction: [usize; SATISFACTION_BINS],
    /// Rows of the network that the searches evaluated.
    pub evaluations: u64,
}

impl CityFigures {
    /// Adds the plans of some cells.
    pub fn add(&mut self, plans: &CellPlans) {
        self.cells += plans.len();
        self.slices += plans.satisfaction.len();
        self.evaluations += plans.evaluations;
        for cell in 0..plans.len() {
            self.outside += plans.outside(cell);
            let gap = plans.gap(cell);
            if gap.is_finite() {
                self.proven += 1;
                self.gaps[gap_bin(gap)] += 1;
                self.largest_gap = self.largest_gap.max(gap);
            }
        }
        for satisfaction in &plans.satisfaction {
            self.satisfied += usize::from(*satisfaction >= SATISFIED);
            self.satisfaction_sum += satisfaction;
            let bin = (satisfaction * SATISFACTION_BINS as f64) as usize;
            self.satisfaction[bin.min(SATISFACTION_BINS - 1)] += 1;
        }
    }

    /// Share of the slices whose promise is kept.
    pub fn probability(&self) -> f64 {
        ratio(self.satisfied as f64, self.slices)
    }

    /// Mean satisfaction of the slices.
    pub fn mean(&self) -> f64 {
        ratio(self.satisfaction_sum, self.slices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::scenario::SliceKpis;

    fn step(satisfactions: &[f64], gaps: &[f64]) -> SimulatedStep {
        let kpis =
            |satisfaction: &f64| SliceKpis { satisfaction: *satisfaction, ..SliceKpis::default() };
        SimulatedStep {
            present: vec![0, 1],
            kpis: satisfactions.iter().map(kpis).collect(),
            gaps: gaps.to_vec(),
            ..SimulatedStep::default()
        }
    }

    #[test]
    fn a_runs_probability_counts_slices_whose_promise_is_kept() {
        let steps =
            [step(&[1.0, 0.5, 0.9995, 0.9], &[0.01, 0.02]), step(&[1.0, 1.0, 1.0, 0.0], &[])];
        let figures = RunFigures::of(&steps);
        assert_eq!((figures.slice_steps, figures.satisfied, figures.steps), (8, 5, 2));
        assert_eq!(figures.probability(), 0.625);
        assert!((figures.mean() - 6.3995 / 8.0).abs() < 1e-12);
        assert_eq!(figures.largest_gap, Some(0.02));
        assert_eq!(RunFigures::of(&[step(&[1.0, 1.0], &[f64::NAN])]).largest_gap, None);
        assert_eq!(cell_satisfaction(&steps[0], 0), Some(0.75));
        assert_eq!(cell_satisfaction(&steps[0], 2), None);
    }

    #[test]
    fn what_was_expected_of_a_run_stands_beside_what_came_of_it() {
        let mut expecting = step(&[1.0, 0.5, 0.9, 0.9], &[]);
        expecting.expected_satisfaction = vec![0.995, 0.7, 0.99, 0.9];
        expecting.outside = 3;
        let figures = RunFigures::of(&[expecting, step(&[1.0, 1.0, 1.0, 1.0], &[])]);
        assert_eq!((figures.expected_probability(), figures.outside), (Some(0.5), 3));
        assert!((figures.expected_mean().unwrap() - 3.585 / 4.0).abs() < 1e-12);
        assert_eq!(RunFigures::default().expected_mean(), None);
    }

    #[test]
    fn a_run_is_below_another_that_kept_more_promises_in_as_many_steps() {
        let of = |satisfactions: &[f64]| RunFigures::of(&[step(satisfactions, &[])]);
        assert!(of(&[0.98, 1.0]).is_below(&of(&[1.0, 1.0])));
        assert!(!of(&[1.0, 0.2]).is_below(&of(&[0.5, 1.0])));
        assert!(!of(&[0.5, 0.5]).is_below(&of(&[1.0, 1.0, 1.0, 1.0])));
    }

    #[test]
    fn a_distribution_function_counts_what_is_at_most_its_level() {
        let cdf = Cdf::new([0.2, 1.0, 0.2, 0.8, f64::NAN, 1.0, 1.0, 0.4, 0.9, 1.0]);
        assert_eq!(cdf.at(0.1), 0.0);
        assert_eq!(cdf.at(0.2), 2.0 / 9.0);
        assert_eq!((cdf.below(1.0), cdf.at(1.0)), (5.0 / 9.0, 1.0));
        assert_eq!(cdf.quantile(0.5), Some(0.9));
        assert_eq!(Cdf::new([]).quantile(0.5), None);
    }

    #[test]
    fn gaps_fall_into_decades_whose_ends_belong_below() {
        assert_eq!([0.0, 1e-9, 2e-9, 1e-8, 1.1e-8].map(gap_bin), [0, 0, 1, 1, 2]);
        assert_eq!([1e-4, 1.01e-4, 1e-3, 0.05, 0.1, 0.5].map(gap_bin), [5, 6, 6, 8, 8, 9]);
        for bin in 0..GAP_BINS - 1 {
            assert_eq!(gap_bin(gap_bin_end(bin).unwrap()), bin);
        }
        assert_eq!(gap_bin_end(GAP_BINS - 1), None);
    }

    #[test]
    fn a_citys_figures_are_the_same_in_parts_and_as_a_whole() {
        let plans = |first: f64| CellPlans {
            offsets: vec![0, 2, 3],
            shares: vec![0.5, 0.5, 1.0],
            satisfaction: vec![first, 1.0, 0.999],
            utilities: vec![1.0, 0.5],
            bounds: vec![1.25, f64::NAN],
            prices: vec![0.1, f64::NAN],
            evaluations: 7,
            ..CellPlans::default()
        };
        let mut parts = CityFigures::default();
        parts.add(&plans(0.0));
        parts.add(&plans(0.51));
        let mut whole = plans(0.0);
        whole.append(plans(0.51));
        let mut figures = CityFigures::default();
        figures.add(&whole);
        assert_eq!(figures, parts);
        assert_eq!((parts.cells, parts.slices, parts.satisfied, parts.proven), (4, 6, 4, 2));
        assert_eq!((parts.gaps[GAP_BINS - 1], parts.largest_gap), (2, 0.2));
        assert_eq!(
            (parts.satisfaction[0], parts.satisfaction[10], parts.satisfaction[19]),
            (1, 1, 4)
        );
    }
}
