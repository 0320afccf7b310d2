//! What an estimator is told of a slice: its past states and its requirements.

use slicewise_core::cells::scenario::SliceKpis;
pub use slicewise_core::cells::{FEATURES, PAPER_FEATURES};
use slicewise_core::cells::{HISTORY, LastStep, ServiceProfile, features};

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
    pub fn features(&self, service: &ServiceProfile) -> [f64; FEATURES] {
        let (throughput_mbps, delay_ms) =
            (service.required_throughput_mbps, service.required_delay_ms);
        features(&self.active_users, &self.cqi, throughput_mbps, delay_ms, self.last)
    }
}

/// What is remembered of one slice in one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SliceMemory {
    /// Its past states; nothing measured where it has just arrived.
    pub observation: Observation,
    /// Its KPIs of the last step.
    pub last: SliceKpis,
}

impl SliceMemory {
    /// Remembers the step that has just ended.
    pub fn push(&mut self, kpis: &SliceKpis) {
        self.observation.push_kpis(kpis);
        self.last = *kpis;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
