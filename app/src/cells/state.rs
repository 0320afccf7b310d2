//! The question of the Cells view and what is shown of its answer: all that a link carries.

use serde::{Deserialize, Serialize};
use slicewise_core::InputError;
use slicewise_core::cells::job::{City, MOST_CELLS, Method};
use slicewise_core::cells::profile::{DELAY_RANGE_MS, THROUGHPUT_RANGE_MBPS};
use slicewise_core::cells::scenario::{CELLS, SimulatedSlice};
use slicewise_core::cells::{Objective, SNssai, STEPS_PER_DAY, Scenario, Scheme, ServiceProfile};
use slicewise_core::error::check_range;

use super::models;
use crate::shell::link_text::check_seed;

/// The most slices that the page offers; more would not fit on a screen.
pub const MOST_SLICES: usize = 8;
/// The largest traffic of a slice in relation to the paper's scenario.
pub const MOST_LOAD: f64 = 5.0;
/// The longest name of a slice, in characters.
const LONGEST_NAME: usize = 40;
/// Schemes that the view offers; the agents of the policy gradient are trained on the command line.
pub const SCHEMES: [Scheme; 5] =
    [Scheme::Exact, Scheme::Idla, Scheme::Oracle, Scheme::Traffic, Scheme::Equal];

/// The tabs below the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tab {
    /// The map and the day.
    #[default]
    Network,
    /// One cell in full.
    Cell,
    /// All schemes side by side.
    Schemes,
    /// A hundred thousand cells.
    City,
    /// Cells as a table, of the network or of a file.
    Table,
}

/// One slice of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceTerms {
    /// Its service.
    pub service: ServiceProfile,
    /// Traffic in relation to the paper's scenario, 0 to [`MOST_LOAD`].
    pub load: f64,
}

/// What is changed of one slice in the opened cell alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// Factor on the required throughput.
    pub requirement: f64,
    /// Factor on the traffic and on the active users.
    pub traffic: f64,
}

impl Default for Adjustment {
    fn default() -> Self {
        Self { requirement: 1.0, traffic: 1.0 }
    }
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellsState {
    /// The slices, each in all cells.
    pub slices: Vec<SliceTerms>,
    /// What is maximised.
    pub objective: Objective,
    /// How the split is searched.
    pub scheme: Scheme,
    /// Name of the estimator.
    pub estimator: String,
    /// Seed of the network, of the searches and of the city.
    pub seed: u64,
    /// The slice whose controls are shown.
    pub slice: usize,
    /// The tab that is open.
    pub tab: Tab,
    /// The cell that is open, 0 to 11.
    pub cell: usize,
    /// The step that is shown, 0 to 95.
    pub step: usize,
    /// Cells of the city.
    pub city_cells: usize,
    /// What is changed in the opened cell, one per slice; empty where nothing is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adjustments: Vec<Adjustment>,
}

impl Default for CellsState {
    fn default() -> Self {
        let slice = |service| SliceTerms { service, load: 1.0 };
        Self {
            slices: ServiceProfile::of_the_paper().map(slice).to_vec(),
            objective: Objective::LogSum,
            scheme: Scheme::Exact,
            estimator: models::DEFAULT.to_owned(),
            seed: 1,
            slice: 0,
            tab: Tab::Network,
            cell: 0,
            step: 72,
            city_cells: 100_000,
            adjustments: Vec::new(),
        }
    }
}

impl CellsState {
    /// The network of the question.
    pub fn scenario(&self) -> Scenario {
        let slice = |terms: &SliceTerms| SimulatedSlice {
            service: terms.service.clone(),
            load: terms.load,
            arrives: 0,
            leaves: None,
        };
        Scenario { seed: self.seed, slices: self.slices.iter().map(slice).collect() }
    }

    /// How cells are planned.
    pub fn method(&self) -> Method {
        self.method_of(self.scheme)
    }

    /// The same with another scheme.
    pub fn method_of(&self, scheme: Scheme) -> Method {
        Method {
            estimator: self.estimator.clone(),
            objective: self.objective,
            scheme,
            seed: self.seed,
        }
    }

    /// The city of the question.
    pub fn city(&self) -> City {
        let services = self.slices.iter().map(|terms| terms.service.clone()).collect();
        City { seed: self.seed, cells: self.city_cells, services }
    }

    /// What is changed of slice `index` in the opened cell.
    pub fn adjustment(&self, index: usize) -> Adjustment {
        self.adjustments.get(index).copied().unwrap_or_default()
    }

    /// Changes slice `index` in the opened cell, where there are `slices`.
    pub fn adjust(&mut self, index: usize, slices: usize, change: impl FnOnce(&mut Adjustment)) {
        self.adjustments.resize(slices.max(index + 1), Adjustment::default());
        change(&mut self.adjustments[index]);
        self.keep_adjustments_in_range();
        if self.adjustments.iter().all(|adjustment| *adjustment == Adjustment::default()) {
            self.adjustments.clear();
        }
    }

    /// Cuts factors on required throughputs so that what is required stays within its range.
    pub fn keep_adjustments_in_range(&mut self) {
        let (least, most) = THROUGHPUT_RANGE_MBPS;
        for (adjustment, terms) in self.adjustments.iter_mut().zip(&self.slices) {
            let required = terms.service.required_throughput_mbps;
            adjustment.requirement =
                adjustment.requirement.clamp(least / required, most / required);
        }
    }

    /// Adds a slice: a service of the paper that is not there yet, or else one like the one shown.
    pub fn add_slice(&mut self) {
        if self.slices.len() >= MOST_SLICES {
            return;
        }
        let taken = |name: SNssai| self.slices.iter().any(|terms| terms.service.snssai == name);
        let of_the_paper =
            ServiceProfile::of_the_paper().into_iter().find(|service| !taken(service.snssai));
        let service = of_the_paper.or_else(|| {
            let mut service = self.slices.get(self.slice)?.service.clone();
            let free = |sd: &u32| !taken(SNssai { sst: service.snssai.sst, sd: Some(*sd) });
            service.snssai.sd = (1..=SNssai::LARGEST_SD).find(free);
            let named = |number: &usize| {
                self.slices.iter().all(|terms| terms.service.name != format!("Slice {number}"))
            };
            let number = (self.slices.len() + 1..).find(named).unwrap_or(1);
            service.name = format!("Slice {number}");
            Some(service)
        });
        let Some(service) = service else { return };
        self.slices.push(SliceTerms { service, load: 1.0 });
        self.slice = self.slices.len() - 1;
        self.adjustments.clear();
    }

    /// Removes the slice whose controls are shown, but never the last one.
    pub fn remove_slice(&mut self) {
        if self.slices.len() > 1 && self.slice < self.slices.len() {
            self.slices.remove(self.slice);
            self.slice = self.slice.saturating_sub(1);
            self.adjustments.clear();
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// Names the first one that cannot be used.
    pub fn validate(&self) -> Result<(), InputError> {
        check_range("slices", self.slices.len() as f64, 1.0, MOST_SLICES as f64, "slices")?;
        for (index, terms) in self.slices.iter().enumerate() {
            let length = terms.service.name.chars().count();
            check_range("length of name", length as f64, 0.0, LONGEST_NAME as f64, "characters")
                .map_err(|error| error.within(&format!("slices[{index}].service")))?;
        }
        self.scenario().validate()?;
        if models::named(&self.estimator).is_none() {
            return Err(InputError::new("estimator", &self.estimator, models::names().join(", ")));
        }
        if !SCHEMES.contains(&self.scheme) {
            let allowed = SCHEMES.map(Scheme::name).join(", ");
            return Err(InputError::new("scheme", self.scheme.name(), allowed));
        }
        check_seed(self.seed)?;
        check_range("slice", self.slice as f64, 0.0, self.slices.len() as f64 - 1.0, "")?;
        check_range("cell", self.cell as f64, 0.0, CELLS as f64 - 1.0, "")?;
        check_range("step", self.step as f64, 0.0, STEPS_PER_DAY as f64 - 1.0, "")?;
        check_range("city_cells", self.city_cells as f64, 1.0, MOST_CELLS as f64, "cells")?;
        self.validate_adjustments()
    }

    fn validate_adjustments(&self) -> Result<(), InputError> {
        let (count, slices) = (self.adjustments.len(), self.slices.len());
        if count != 0 && count != slices {
            let allowed = format!("0 or {slices}");
            return Err(InputError::new("adjustments", format!("{count} entries"), allowed));
        }
        for (index, adjustment) in self.adjustments.iter().enumerate() {
            let required = self.slices[index].service.required_throughput_mbps;
            adjustment
                .validate(required)
                .map_err(|error| error.within(&format!("adjustments[{index}]")))?;
        }
        Ok(())
    }
}

impl Adjustment {
    fn validate(&self, required_mbps: f64) -> Result<(), InputError> {
        let (least, most) = THROUGHPUT_RANGE_MBPS;
        let (least, most) = (least / required_mbps, most / required_mbps);
        let slack = 1e-9;
        check_range(
            "requirement",
            self.requirement,
            least * (1.0 - slack),
            most * (1.0 + slack),
            "of the service's",
        )?;
        check_range("traffic", self.traffic, 0.0, MOST_LOAD, "of what was measured")
    }
}

/// What a service may require, for the number boxes.
pub const REQUIRED_THROUGHPUT: (f64, f64) = THROUGHPUT_RANGE_MBPS;
/// The same for the delay.
pub const REQUIRED_DELAY: (f64, f64) = DELAY_RANGE_MS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opening_state_is_valid() {
        let state = CellsState::default();
        assert_eq!(state.validate(), Ok(()));
        assert_eq!(state.scenario(), Scenario::of_the_paper(&[1, 2, 3, 4], 1));
    }

    #[test]
    fn slices_are_added_up_to_eight_with_names_of_their_own_and_removed_down_to_one() {
        let mut state = CellsState { slice: 2, ..CellsState::default() };
        state.remove_slice();
        assert_eq!(state.slices.len(), 3);
        state.add_slice();
        assert_eq!(state.slices[3].service.name, "Gaming");
        for _ in 0..9 {
            state.add_slice();
            assert_eq!(state.validate(), Ok(()));
        }
        assert_eq!(state.slices.len(), MOST_SLICES);
        for _ in 0..20 {
            state.remove_slice();
            assert_eq!(state.validate(), Ok(()));
        }
        assert_eq!(state.slices.len(), 1);
    }

    #[test]
    fn an_adjustment_that_is_taken_back_leaves_no_trace() {
        let mut state = CellsState::default();
        state.adjust(1, 4, |adjustment| adjustment.requirement = 2.0);
        assert_eq!((state.adjustments.len(), state.adjustment(1).requirement), (4, 2.0));
        assert_eq!(state.validate(), Ok(()));
        state.adjust(1, 4, |adjustment| adjustment.requirement = 1.0);
        assert_eq!(state, CellsState::default());
    }

    #[test]
    fn an_adjusted_requirement_stays_within_its_range() {
        let mut state = CellsState::default();
        state.slices[0].service.required_throughput_mbps = 50.0;
        state.adjust(0, 4, |adjustment| adjustment.requirement = 3.0);
        assert_eq!((state.adjustment(0).requirement, state.validate()), (2.0, Ok(())));
        state.slices[0].service.required_throughput_mbps = 100.0;
        state.keep_adjustments_in_range();
        assert_eq!((state.adjustment(0).requirement, state.validate()), (1.0, Ok(())));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let field = |change: fn(&mut CellsState)| {
            let mut state = CellsState::default();
            change(&mut state);
            state.validate().unwrap_err().field
        };
        assert_eq!(field(|state| state.slices.clear()), "slices");
        assert_eq!(field(|state| state.slices[1].load = 9.0), "slices[1].load");
        assert_eq!(
            field(|state| state.slices[3].service.required_delay_ms = 0.0),
            "slices[3].service.required_delay_ms"
        );
        assert_eq!(
            field(|state| state.slices[2].service.minimum_share = 1.5),
            "slices[2].service.minimum_share"
        );
        let halves = |state: &mut CellsState| {
            state.slices[..3].iter_mut().for_each(|slice| slice.service.minimum_share = 0.5);
        };
        assert_eq!(field(halves), "sum of minimum_share");
        assert_eq!(field(|state| state.estimator = "other".to_owned()), "estimator");
        assert_eq!(field(|state| state.scheme = Scheme::Td3), "scheme");
        assert_eq!(field(|state| state.cell = 12), "cell");
        assert_eq!(field(|state| state.step = 96), "step");
        assert_eq!(field(|state| state.slice = 4), "slice");
        assert_eq!(field(|state| state.city_cells = 0), "city_cells");
        assert_eq!(
            field(|state| state.adjust(2, 4, |a| a.traffic = 9.0)),
            "adjustments[2].traffic"
        );
    }
}
