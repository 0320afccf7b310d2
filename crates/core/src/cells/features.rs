//! The order in which every estimator of the planner reads a slice.

use super::HISTORY;
use super::scenario::SliceKpis;

/// Features that the paper's estimators read: H active users, H CQI, both oldest first, required
/// throughput, required delay (IDLA, equation (8) with H = 5).
pub const PAPER_FEATURES: usize = 2 * HISTORY + 2;
/// Features per slice: the paper's, and what came of the last step's share. Estimators read all of
/// them or the first [`PAPER_FEATURES`].
pub const FEATURES: usize = PAPER_FEATURES + 4;
/// Longer delays, in ms, are all alike to a plan.
const LONGEST_DELAY_MS: f64 = 2000.0;

/// What came of the last step's share; all 0 where it was not measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LastStep {
    /// Share of the cell's PRB that the slice was given, 0 to 1.
    pub share: f64,
    /// Share of the cell's PRB that it used, 0 to 1.
    pub prb_used: f64,
    /// Mean throughput per user in Mbit/s.
    pub throughput_mbps: f64,
    /// Mean delay in ms.
    pub delay_ms: f64,
}

impl LastStep {
    /// What was measured; nothing where a number is missing (NaN).
    pub fn of(share: f64, prb_used: f64, throughput_mbps: f64, delay_ms: f64) -> Self {
        let measured = [share, prb_used, throughput_mbps, delay_ms];
        if measured.iter().any(|number| !number.is_finite()) {
            return Self::default();
        }
        Self { share, prb_used, throughput_mbps, delay_ms: delay_ms.min(LONGEST_DELAY_MS) }
    }
}

impl From<&SliceKpis> for LastStep {
    fn from(kpis: &SliceKpis) -> Self {
        Self::of(kpis.share, kpis.prb_used, kpis.throughput_mbps, kpis.delay_ms)
    }
}

/// The features in the order of the estimators' cards: active users, CQI (0 to 15), required
/// throughput in Mbit/s, required delay in ms, and the last step.
pub fn features(
    active_users: &[f64; HISTORY],
    cqi: &[f64; HISTORY],
    required_throughput_mbps: f64,
    required_delay_ms: f64,
    last: LastStep,
) -> [f64; FEATURES] {
    let mut features = [0.0; FEATURES];
    features[..HISTORY].copy_from_slice(active_users);
    features[HISTORY..2 * HISTORY].copy_from_slice(cqi);
    features[2 * HISTORY] = required_throughput_mbps;
    features[2 * HISTORY + 1] = required_delay_ms;
    let LastStep { share, prb_used, throughput_mbps, delay_ms } = last;
    features[PAPER_FEATURES..].copy_from_slice(&[share, prb_used, throughput_mbps, delay_ms]);
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_step_with_a_number_missing_was_not_measured() {
        assert_eq!(LastStep::of(0.2, 0.1, f64::NAN, 5.0), LastStep::default());
        let measured = LastStep::of(0.2, 0.1, 3.0, 1e6);
        assert_eq!((measured.share, measured.delay_ms), (0.2, LONGEST_DELAY_MS));
    }

    #[test]
    fn the_papers_features_come_first_and_the_last_step_after_them() {
        let last = LastStep::of(0.2, 0.1, 3.0, 5.0);
        let row = features(&[1.0; HISTORY], &[9.0; HISTORY], 2.0, 100.0, last);
        assert_eq!(row[2 * HISTORY..], [2.0, 100.0, 0.2, 0.1, 3.0, 5.0]);
    }
}
