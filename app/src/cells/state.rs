//! The question of the Cells view and what is shown of its answer: all that a link carries.

use serde::{Deserialize, Serialize};
use slicewise_core::InputError;
use slicewise_core::cells::job::{City, DEFAULT_LEAST_SHARE, MOST_CELLS, Method};
use slicewise_core::cells::profile::{DELAY_RANGE_MS, THROUGHPUT_RANGE_MBPS};
use slicewise_core::cells::scenario::{self, CELLS, SimulatedSlice};
use slicewise_core::cells::{Objective, SNssai, STEPS_PER_DAY, Scenario, Scheme, ServiceProfile};
use slicewise_core::error::check_range;
use slicewise_core::formats::rrm_policy::Plmn;

use super::models;
use crate::shell::link_text::check_seed;

/// The most slices that the page offers; more would not fit on a screen.
pub const MOST_SLICES: usize = 8;
/// The largest traffic of a slice in relation to the paper's scenario.
pub const MOST_LOAD: f64 = scenario::MOST_LOAD;
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
    /// Least share of every slice with users, 0 to 0.25.
    #[serde(default = "default_least_share")]
    pub least_share: f64,
    /// What a change of a cell's split costs, in the objective's utility, 0 to 1; none where it is the
    /// objective's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_of_change: Option<f64>,
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
    /// The network that documents are written for.
    #[serde(default = "Plmn::of_tests", skip_serializing_if = "is_of_tests")]
    pub plmn: Plmn,
}

fn is_of_tests(plmn: &Plmn) -> bool {
    *plmn == Plmn::of_tests()
}

fn default_least_share() -> f64 {
    DEFAULT_LEAST_SHARE
}

impl Default for CellsState {
    fn default() -> Self {
        let slice = |service| SliceTerms { service, load: 1.0 };
        Self {
            slices: ServiceProfile::of_the_paper().map(slice).to_vec(),
            objective: Objective::LogSum,
            scheme: Scheme::Exact,
            estimator: models::DEFAULT.to_owned(),
            least_share: DEFAULT_LEAST_SHARE,
            cost_of_change: None,
            seed: 1,
            slice: 0,
            tab: Tab::Network,
            cell: 0,
            step: 72,
            city_cells: 100_000,
            adjustments: Vec::new(),
            plmn: Plmn::of_tests(),
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
            least_share: self.least_share,
            cost_of_change: self.cost_of_change(),
            ..Method::new(&self.estimator, self.objective, scheme, self.seed)
        }
    }

    /// What a change of a cell's split costs, in the objective's utility.
    pub fn cost_of_change(&self) -> f64 {
        self.cost_of_change.unwrap_or_else(|| self.objective.default_cost_of_change())
    }

    /// Maximises something else; a cost of change was meant in the former objective's utility.
    pub fn set_objective(&mut self, objective: Objective) {
        if self.objective != objective {
            (self.objective, self.cost_of_change) = (objective, None);
        }
    }

    /// The city of the question.
    pub fn city(&self) -> City {
        let services = self.slices.iter().map(|terms| terms.service.clone()).collect();
        let mut city = City::new(self.seed, self.city_cells, services);
        city.loads = self.slices.iter().map(|terms| terms.load).collect();
        city
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
            check_name("name", &terms.service.name)
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
        self.method().validate()?;
        check_seed(self.seed)?;
        check_range("slice", self.slice as f64, 0.0, self.slices.len() as f64 - 1.0, "")?;
        check_range("cell", self.cell as f64, 0.0, CELLS as f64 - 1.0, "")?;
        check_range("step", self.step as f64, 0.0, STEPS_PER_DAY as f64 - 1.0, "")?;
        check_range("city_cells", self.city_cells as f64, 1.0, MOST_CELLS as f64, "cells")?;
        Plmn::parse("plmn", &self.plmn.to_string())?;
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

/// Checks a slice's name.
///
/// # Errors
/// Names `field` where the name is empty or too long.
pub fn check_name(field: &str, name: &str) -> Result<(), InputError> {
    let length = name.chars().count();
    if !name.trim().is_empty() && length <= LONGEST_NAME {
        return Ok(());
    }
    Err(InputError::new(field, name.trim(), format!("1 to {LONGEST_NAME} characters")))
}

impl Adjustment {
    /// Checks the factors on a service that requires `required_mbps`. The range is that of what the
    /// cell then requires: a factor's own would be told in numbers such as 0.000049999.
    fn validate(&self, required_mbps: f64) -> Result<(), InputError> {
        let (least, most) = THROUGHPUT_RANGE_MBPS;
        let required = self.requirement * required_mbps;
        let slack = 1e-9;
        if !(least * (1.0 - slack)..=most * (1.0 + slack)).contains(&required) {
            check_range("required throughput in this cell", required, least, most, "Mbit/s")?;
        }
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
        assert_eq!(field(|state| state.plmn.mnc = "1".to_owned()), "plmn");
        assert_eq!(field(|state| state.city_cells = 0), "city_cells");
        assert_eq!(
            field(|state| state.adjust(2, 4, |a| a.traffic = 9.0)),
            "adjustments[2].traffic"
        );
        assert_eq!(field(|state| state.least_share = 0.3), "least_share");
        assert_eq!(field(|state| state.cost_of_change = Some(-0.1)), "cost_of_change");
    }

    #[test]
    fn an_empty_slice_name_is_refused() {
        let mut state = CellsState::default();
        state.slices[1].service.name = "  ".to_owned();
        let error = state.validate().unwrap_err().to_string();
        assert_eq!(error, "slices[1].service.name is empty; allowed: 1 to 40 characters");
        state.slices[1].service.name = "x".repeat(41);
        assert_eq!(state.validate().unwrap_err().field, "slices[1].service.name");
    }

    #[test]
    fn a_requirement_out_of_range_is_told_in_round_numbers() {
        let mut state = CellsState::default();
        state.slices[0].service.required_throughput_mbps = 0.02;
        state.adjustments = vec![Adjustment::default(); 4];
        state.adjustments[0].requirement = 1e-5;
        let error = state.validate().unwrap_err().to_string();
        assert!(error.ends_with("allowed: 0.01 to 100 Mbit/s"), "{error}");
        assert!(error.starts_with("adjustments[0].required throughput in this cell is"), "{error}");
    }

    #[test]
    fn another_objective_has_a_cost_of_change_of_its_own() {
        let mut state = CellsState { cost_of_change: Some(0.5), ..CellsState::default() };
        state.set_objective(Objective::LogSum);
        assert_eq!(state.method().cost_of_change, 0.5);
        state.set_objective(Objective::WeightedSum);
        let own = Objective::WeightedSum.default_cost_of_change();
        assert_eq!(state.method().cost_of_change, own);
    }

    #[test]
    fn the_traffic_of_the_controls_is_the_citys_too() {
        let mut state = CellsState::default();
        state.slices[1].load = 2.5;
        assert_eq!(state.city().loads, [1.0, 2.5, 1.0, 1.0]);
    }
}
