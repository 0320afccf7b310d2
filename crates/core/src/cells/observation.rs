//! What every estimator of the planner is told of a slice: its past states and its requirements.

use super::HISTORY;
use super::scenario::SliceKpis;

/// Features that the paper's estimators read: H active users, H CQI, both oldest first, required
/// throughput, required delay (IDLA, equation (8) with H = 5).
pub const PAPER_FEATURES: usize = 2 * HISTORY + 2;
/// Features per slice: the paper's, and what came of the last step's share. Estimators read all of
/// them or the first [`PAPER_FEATURES`].
pub const FEATURES: usize = PAPER_FEATURES + 4;
/// Place of the required throughput among the features; the required delay follows it.
pub const REQUIRED_THROUGHPUT: usize = 2 * HISTORY;
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

/// The past states of one slice in one cell, oldest first (IDLA, equation (8)).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Observation {
    /// Mean number of active users in each of the last steps.
    pub active_users: [f64; HISTORY],
    /// Mean CQI in each of the last steps, 0 to 15.
    pub cqi: [f64; HISTORY],
    /// How many of them were measured; the others repeat the oldest that was.
    pub measured: usize,
    /// What came of the last step's share.
    pub last: LastStep,
}

impl Observation {
    /// Adds the step that has just ended and forgets the oldest.
    pub fn push_kpis(&mut self, kpis: &SliceKpis) {
        self.push(kpis.active_users, kpis.cqi);
        self.last = kpis.into();
    }

    /// Adds a state of which nothing else was measured.
    pub fn push(&mut self, active_users: f64, cqi: f64) {
        if self.measured == 0 {
            *self = Self { active_users: [active_users; HISTORY], cqi: [cqi; HISTORY], ..*self };
        }
        self.active_users.rotate_left(1);
        self.cqi.rotate_left(1);
        self.active_users[HISTORY - 1] = active_users;
        self.cqi[HISTORY - 1] = cqi;
        self.measured = (self.measured + 1).min(HISTORY);
        self.last = LastStep::default();
    }

    /// The features in the order of the estimators' cards: active users, CQI, required throughput in
    /// Mbit/s, required delay in ms, the last step.
    pub fn features(
        &self,
        required_throughput_mbps: f64,
        required_delay_ms: f64,
    ) -> [f64; FEATURES] {
        let mut features = [0.0; FEATURES];
        features[..HISTORY].copy_from_slice(&self.active_users);
        features[HISTORY..2 * HISTORY].copy_from_slice(&self.cqi);
        features[2 * HISTORY] = required_throughput_mbps;
        features[2 * HISTORY + 1] = required_delay_ms;
        let LastStep { share, prb_used, throughput_mbps, delay_ms } = self.last;
        features[PAPER_FEATURES..].copy_from_slice(&[share, prb_used, throughput_mbps, delay_ms]);
        features
    }
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
        let mut observation = Observation::default();
        observation.push(1.0, 9.0);
        observation.last = LastStep::of(0.2, 0.1, 3.0, 5.0);
        let row = observation.features(2.0, 100.0);
        assert_eq!(row[2 * HISTORY..], [2.0, 100.0, 0.2, 0.1, 3.0, 5.0]);
    }

    #[test]
    fn states_enter_at_the_end_and_the_first_one_fills_the_past() {
        let mut observation = Observation::default();
        observation.push(3.0, 9.0);
        assert_eq!(observation.active_users, [3.0; HISTORY]);
        observation.push(4.0, 8.0);
        assert_eq!(observation.active_users, [3.0, 3.0, 3.0, 3.0, 4.0]);
        assert_eq!(observation.cqi, [9.0, 9.0, 9.0, 9.0, 8.0]);
        assert_eq!(observation.measured, 2);
    }
}
