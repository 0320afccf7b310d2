//! What a planner in closed loop remembers.

use slicewise_core::cells::Observation;
use slicewise_core::cells::scenario::SliceKpis;

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
