//! The simulated network: twelve cells, their users, and what each slice gets of a split.
//!
//! Three things are kept apart. The world (`world`, `users`, `demand`) is what happens whatever the
//! shares are: places, movement, shadowing, activity, traffic, fading; so all schemes are compared
//! on the same randomness. The radio (`radio`, `scheduler`, `link`) is what the shares make of it.
//! Around both, [`NetworkSimulator`] goes step by step, [`best_split`] searches what the best shares
//! would have been, and [`collect`] gathers records to train on.

mod best;
mod collection;
mod demand;
mod geometry;
mod link;
mod propagation;
mod radio;
#[cfg(test)]
mod radio_tests;
mod scheduler;
mod users;
mod world;

use slicewise_core::InputError;
use slicewise_core::cells::scenario::{CELLS, CellPlace, Scenario, SimulatedStep};

pub use best::{BestSplit, Goal, best_split};
pub use collection::{TrainingRecord, collect, random_shares, records_of};
pub use link::CELL_PRB;
pub use radio::satisfaction;

use link::{CqiTable, Fading};
use radio::{Interference, Loads, Measured, simulate};
use world::{SliceWorld, WorldStep};

/// The most users whose places a step reports.
pub const MOST_PLACES: usize = 400;
/// Stream of the fading.
const FADING_STREAM: u64 = 1 << 23;
/// CQI that stands for a slice that nobody of a cell has used so far: the middle of the table.
const UNKNOWN_CQI: f64 = 7.0;

/// A network that goes from step to step under the shares that it is given.
///
/// Deterministic in the scenario and the shares. The users, their traffic and the fading never
/// depend on the shares.
#[derive(Clone, Debug)]
pub struct NetworkSimulator {
    scenario: Scenario,
    cqi: CqiTable,
    fading: Fading,
    slices: Vec<SliceWorld>,
    step: usize,
    /// What will happen in the coming step.
    coming: WorldStep,
    /// Load of each cell at the end of the last step.
    loads: Loads,
    /// CQI of each slice in each cell when it was last measured: cells x slices of the scenario.
    last_cqi: Vec<f64>,
}

impl NetworkSimulator {
    /// The network before its first step.
    ///
    /// # Errors
    /// Names the first field of the scenario that is out of range.
    pub fn new(scenario: &Scenario) -> Result<Self, InputError> {
        scenario.validate()?;
        let world = |slice| SliceWorld::new(scenario.seed, slice);
        let mut network = Self {
            scenario: scenario.clone(),
            cqi: CqiTable::default(),
            fading: Fading::new(scenario.seed, FADING_STREAM),
            slices: scenario.slices.iter().map(world).collect(),
            step: 0,
            coming: WorldStep::default(),
            loads: [0.5; CELLS],
            last_cqi: vec![UNKNOWN_CQI; CELLS * scenario.slices.len()],
        };
        network.prepare();
        Ok(network)
    }

    /// Where the cells are.
    pub fn places(&self) -> Vec<CellPlace> {
        geometry::places()
    }

    /// What is simulated.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Number of the coming step, from 0.
    pub fn step_number(&self) -> usize {
        self.step
    }

    /// The slices of the coming step, as indices into the scenario's.
    pub fn present(&self) -> Vec<usize> {
        self.coming.present.clone()
    }

    /// Traffic of the coming step in Mbit/s, cells x slices present: what
    /// [`slicewise_core::cells::Scheme::Traffic`] is taken to know.
    pub fn coming_traffic_mbps(&self) -> Vec<f64> {
        self.coming.traffic_mbps()
    }

    /// Goes one step under `shares`, cells x slices present.
    ///
    /// A share below 0 or missing counts as 0; where a cell's shares sum to more than 1, all of them
    /// shrink in proportion.
    pub fn advance(&mut self, shares: &[f64]) -> SimulatedStep {
        let slices = self.coming.present.len();
        let shares = feasible(shares, slices);
        let measured = self.try_out(&shares, Interference::Lived(&self.loads));
        self.loads = measured.loads;
        let mut kpis = measured.kpis(&self.coming, &shares);
        for (group, kpis) in kpis.iter_mut().enumerate() {
            let slice = self.coming.present[group % slices];
            let last = &mut self.last_cqi[group / slices * self.scenario.slices.len() + slice];
            // Nobody reports where nobody is: the last report stands.
            *last = measured.reports[group].mean_cqi().unwrap_or(*last);
            kpis.cqi = *last;
        }
        let every = self.coming.users.len().div_ceil(MOST_PLACES).max(1);
        let step = SimulatedStep {
            step: self.step,
            present: self.coming.present.clone(),
            kpis,
            users: self.coming.users.iter().step_by(every).map(|user| user.place).collect(),
            ..SimulatedStep::default()
        };
        self.step += 1;
        self.prepare();
        step
    }

    /// What the coming step would be under `shares`, each within 0 to 1.
    fn try_out(&self, shares: &[f64], interference: Interference<'_>) -> Measured {
        simulate(&self.coming, shares, interference, &self.cqi, &self.fading)
    }

    fn prepare(&mut self) {
        let mut coming = WorldStep::default();
        for slice in self.scenario.present(self.step) {
            self.slices[slice].step(self.step, slice, &mut coming);
        }
        self.coming = coming;
    }
}

/// Shares that are within 0 to 1 and sum to at most 1 in each cell.
fn feasible(shares: &[f64], slices: usize) -> Vec<f64> {
    let share = |index: usize| shares.get(index).copied().unwrap_or(0.0);
    let clean = |share: f64| if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let mut feasible: Vec<f64> = (0..CELLS * slices).map(|index| clean(share(index))).collect();
    for cell in feasible.chunks_mut(slices.max(1)) {
        let sum: f64 = cell.iter().sum();
        if sum > 1.0 {
            cell.iter_mut().for_each(|share| *share /= sum);
        }
    }
    feasible
}
