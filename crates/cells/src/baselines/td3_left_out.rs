//! Stands for the agents in a build without burn, which cannot train them and refuses their scheme.

use slicewise_core::InputError;
use slicewise_core::cells::Scenario;

use crate::memory::SliceMemory;

/// Whether this build has the agents.
pub const IN_THIS_BUILD: bool = false;

/// How the agents would explore.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentSettings {
    /// Steps of random splits before the policies decide, of the first agents.
    pub first_exploration: usize,
    /// The same of agents that follow a change of the slices.
    pub later_exploration: usize,
    /// Updates of the critics per step of the network.
    pub updates: usize,
}

impl AgentSettings {
    /// No exploration.
    pub fn new(_seed: u64) -> Self {
        Self { first_exploration: 0, later_exploration: 0, updates: 0 }
    }
}

/// No agents.
pub struct CellAgents;

impl CellAgents {
    /// No agents.
    pub fn new(_settings: AgentSettings) -> Self {
        Self
    }

    /// Learns nothing.
    ///
    /// # Errors
    /// None.
    pub fn learn(
        &mut self,
        _scenario: &Scenario,
        _step: usize,
        _slices: &[usize],
        _memory: &[SliceMemory],
    ) -> Result<(), InputError> {
        Ok(())
    }

    /// No shares.
    ///
    /// # Errors
    /// None.
    #[allow(clippy::unused_async, reason = "the agents of other builds wait for their device")]
    pub async fn act(
        &mut self,
        _scenario: &Scenario,
        _step: usize,
        _slices: &[usize],
        _memory: &[SliceMemory],
    ) -> Result<Vec<f64>, InputError> {
        Ok(Vec::new())
    }
}
