//! A simulated network: what is in it, and what is measured of it.

use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_range};

use super::MOST_SLICES;
use super::profile::ServiceProfile;

/// Three-sector sites of the network (IDLA, section V-A).
pub const SITES: usize = 4;
/// Cells of the network.
pub const CELLS: usize = 3 * SITES;

/// The largest traffic of a slice in relation to the scenario of the paper.
pub const MOST_LOAD: f64 = 5.0;

/// What is simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Seed of the places, the users and the traffic.
    pub seed: u64,
    /// The slices, each in all cells.
    pub slices: Vec<SimulatedSlice>,
}

/// One slice of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulatedSlice {
    /// Its service.
    pub service: ServiceProfile,
    /// Traffic in relation to the scenario of the paper, 0 to 5.
    pub load: f64,
    /// First step in which it exists.
    pub arrives: usize,
    /// First step in which it exists no more; none where it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves: Option<usize>,
}

impl Scenario {
    /// The slices of the paper's numbers (1 to 4), all from the start (IDLA, section V-C).
    pub fn of_the_paper(numbers: &[usize], seed: u64) -> Self {
        let services = ServiceProfile::of_the_paper();
        let slice = |number: &usize| SimulatedSlice {
            service: services[number - 1].clone(),
            load: 1.0,
            arrives: 0,
            leaves: None,
        };
        Self { seed, slices: numbers.iter().map(slice).collect() }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// Names the first one that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        check_range("slices", self.slices.len() as f64, 1.0, MOST_SLICES as f64, "slices")?;
        for (index, slice) in self.slices.iter().enumerate() {
            let within = |error: InputError| error.within(&format!("slices[{index}]"));
            slice.service.validate().map_err(|error| within(error.within("service")))?;
            check_range("load", slice.load, 0.0, MOST_LOAD, "").map_err(within)?;
            if slice.leaves.is_some_and(|leaves| leaves <= slice.arrives) {
                let allowed = format!("more than arrives ({})", slice.arrives);
                let leaves = slice.leaves.unwrap_or_default();
                return Err(within(InputError::new("leaves", leaves, allowed)));
            }
            let name = slice.service.snssai;
            if self.slices[..index].iter().any(|other| other.service.snssai == name) {
                let allowed = "a name that no other slice has";
                return Err(within(InputError::new("service.snssai", name, allowed)));
            }
        }
        ServiceProfile::validate_together(self.slices.iter().map(|slice| &slice.service))
    }

    /// The slices that exist in `step`, as indices into `slices`.
    pub fn present(&self, step: usize) -> Vec<usize> {
        let exists = |slice: &SimulatedSlice| {
            slice.arrives <= step && slice.leaves.is_none_or(|leaves| step < leaves)
        };
        (0..self.slices.len()).filter(|index| exists(&self.slices[*index])).collect()
    }
}

/// What one slice of one cell did in one step: its KPIs, as averages over the step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SliceKpis {
    /// Share of the cell's PRB that it was given, 0 to 1.
    pub share: f64,
    /// Share of the cell's PRB that it used, 0 to `share` (`RRU.PrbUsedDl.SNSSAI` over the cell's PRB).
    pub prb_used: f64,
    /// Mean number of active users (`DRB.MeanActiveUeDl.SNSSAI`).
    pub active_users: f64,
    /// Mean CQI, 0 to 15.
    pub cqi: f64,
    /// Mean throughput per user in Mbit/s (`DRB.UEThpDl.SNSSAI`).
    pub throughput_mbps: f64,
    /// Traffic offered by all its users together, in Mbit/s.
    pub offered_mbps: f64,
    /// Mean delay in ms (`DRB.RlcSduDelayDl.SNSSAI`).
    pub delay_ms: f64,
    /// r, 0 to 1.
    pub satisfaction: f64,
}

/// One step of the whole network under one scheme.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SimulatedStep {
    /// Number of the step, from 0.
    pub step: usize,
    /// The slices present, as indices into the scenario's.
    pub present: Vec<usize>,
    /// KPIs: cells x present slices, cell by cell.
    pub kpis: Vec<SliceKpis>,
    /// Utility that the scheme expected of each cell; empty for schemes that expect none.
    pub expected_utilities: Vec<f64>,
    /// Satisfaction that the estimator expected of the shares, 0 to 1: cells x present slices; empty
    /// where it was not asked.
    #[serde(default)]
    pub expected_satisfaction: Vec<f64>,
    /// Slices of all cells with a feature outside what the estimator was trained on.
    #[serde(default)]
    pub outside: usize,
    /// Gap of each cell's plan, 0 to 1; empty for schemes that prove none.
    pub gaps: Vec<f64>,
    /// Time of the decision for all cells, in ms.
    pub decision_ms: f64,
    /// Where the users are.
    pub users: Vec<UserPlace>,
}

/// Where a user is and who serves him.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserPlace {
    /// Metres east of the network's centre.
    pub x_m: f32,
    /// Metres north of it.
    pub y_m: f32,
    /// The cell that serves him.
    pub cell: u16,
    /// His slice, as an index into the scenario's.
    pub slice: u16,
}

/// Where a cell's antenna is and where it looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellPlace {
    /// Metres east of the network's centre.
    pub x_m: f64,
    /// Metres north of it.
    pub y_m: f64,
    /// Direction of the sector in degrees, counter-clockwise from east.
    pub azimuth_deg: f64,
}
