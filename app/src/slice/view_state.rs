//! What a link carries beside the question: the tab, the surface's axes and the day.

use serde::{Deserialize, Serialize};
use slicewise_core::InputError;
use slicewise_core::card::{ModelCard, check_text};
use slicewise_core::error::check_range;
use slicewise_core::slice::daily_trace::SLOT_MINUTES;
use slicewise_core::slice::sweep::{Axis, Day, LONGEST_TRACE, Quantity, Surface};
use slicewise_core::slice::{SliceProblem, Sweep};

/// The most points along an axis that the page offers.
pub const MOST_POINTS: usize = 128;
/// Lengths of a planning interval that the page compares, in minutes.
pub const INTERVAL_MINUTES: [usize; 6] = [5, 10, 15, 30, 60, 120];
/// The most characters of the unit of costs.
pub const LONGEST_COST_UNIT: usize = 20;
/// The largest variation of the traffic within a slot, as a share of its mean.
pub const MOST_VARIATION: f64 = 0.5;

/// The tabs beside one another below the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tab {
    /// The charts that show why the plan is what it is.
    #[default]
    Why,
    /// The surface over two quantities.
    WhatIf,
    /// The plans of a day.
    Day,
    /// The race of methods.
    Rivals,
}

/// What a surface shows of each plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", content = "resource", rename_all = "kebab-case")]
pub enum Pictured {
    /// Its cost.
    #[default]
    Cost,
    /// Its allocation of the resource of that index.
    Resource(usize),
    /// Its expected degradation.
    Degradation,
    /// What one more unit of the degradation threshold would save.
    Multiplier,
}

/// The axes of the surface and what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurfaceSettings {
    /// From left to right.
    pub x: Axis,
    /// From bottom to top.
    pub y: Axis,
    /// What the colours show.
    pub pictured: Pictured,
}

/// The day that is planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaySettings {
    /// Seed of the generated trace.
    pub seed: u64,
    /// The visitor's own trace in users/s per 5-minute slot, in place of a generated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Vec<f64>>,
    /// Deviation of the traffic within a slot as a share of its mean, 0 to 0.5.
    pub variation: f64,
    /// The interval whose plans are charted, in minutes; one of [`INTERVAL_MINUTES`].
    pub minutes: usize,
}

impl Default for DaySettings {
    fn default() -> Self {
        Self { seed: 0, trace: None, variation: 0.1, minutes: 15 }
    }
}

/// All of it; what is absent stands as the page opens it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ViewState {
    /// The tab that is open.
    pub tab: Tab,
    /// The surface, where it was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surface: Option<SurfaceSettings>,
    /// The day, where it was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<DaySettings>,
    /// The currency of prices and costs, 1 to 20 characters, where the visitor names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_unit: Option<String>,
    /// What the tab of rivals keeps, a text of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rivals: Option<String>,
}

impl ViewState {
    /// Whether nothing was changed.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the settings for `problem`, which is valid, and the card of its model.
    ///
    /// # Errors
    /// Names the first field that cannot be used.
    pub fn validate(&self, problem: &SliceProblem, card: &ModelCard) -> Result<(), InputError> {
        let alone = alone(problem, 0);
        if let Some(unit) = &self.cost_unit {
            check_text("cost_unit", unit, 1, LONGEST_COST_UNIT)?;
        }
        if let Some(surface) = &self.surface {
            surface.sweep(&alone, card).map_err(|error| error.within("surface"))?;
        }
        if let Some(day) = &self.day {
            day.validate(card).map_err(|error| error.within("day"))?;
        }
        Ok(())
    }
}

/// `problem` with slice `index` alone.
pub fn alone(problem: &SliceProblem, index: usize) -> SliceProblem {
    let slices = problem.slices.get(index).cloned().into_iter().collect();
    SliceProblem { slices, ..problem.clone() }
}

impl SurfaceSettings {
    /// The sweep around `problem`, which has one slice. What the axes vary is set to their first
    /// values, so that one surface belongs to all plans on it.
    ///
    /// # Errors
    /// Names the first field that cannot be used.
    pub fn sweep(&self, problem: &SliceProblem, card: &ModelCard) -> Result<Sweep, InputError> {
        for (name, axis) in [("x", self.x), ("y", self.y)] {
            check_range("points", axis.points as f64, 2.0, MOST_POINTS as f64, "")
                .map_err(|error| error.within(name))?;
        }
        if let Pictured::Resource(index) = self.pictured
            && index >= problem.resources.len()
        {
            let allowed = format!("0 to {}", problem.resources.len() - 1);
            return Err(InputError::new("pictured.resource", index, allowed));
        }
        let mut surface = Surface { problem: problem.clone(), x: self.x, y: self.y };
        Sweep::Surface(surface.clone()).validate(card)?;
        for axis in [self.x, self.y] {
            slicewise_core::slice::sweep::set(&mut surface.problem, axis.quantity, axis.from);
        }
        if [self.x.quantity, self.y.quantity].contains(&Quantity::Traffic) {
            round_shape(&mut surface.problem);
        }
        Ok(Sweep::Surface(surface))
    }
}

/// Takes away what rounding left in the traffic's shape when its mean was set.
fn round_shape(problem: &mut SliceProblem) {
    use slicewise_core::slice::Traffic;
    let round = |value: &mut f64| *value = (*value * 1e9).round() / 1e9;
    for slice in &mut problem.slices {
        match &mut slice.traffic {
            Traffic::Constant { .. } => {}
            Traffic::Normal { mean, deviation } => [mean, deviation].into_iter().for_each(round),
            Traffic::Samples { samples } => {
                samples.iter_mut().for_each(|sample| round(&mut sample.users_per_second));
            }
        }
    }
}

impl DaySettings {
    /// Checks every field.
    ///
    /// # Errors
    /// Names the first one that cannot be used.
    pub fn validate(&self, card: &ModelCard) -> Result<(), InputError> {
        check_range("variation", self.variation, 0.0, MOST_VARIATION, "of the mean")?;
        if !INTERVAL_MINUTES.contains(&self.minutes) {
            let allowed = INTERVAL_MINUTES.map(|minutes| minutes.to_string()).join(", ");
            return Err(InputError::new("minutes", self.minutes, allowed));
        }
        let Some(trace) = &self.trace else { return Ok(()) };
        check_range("trace (slots)", trace.len() as f64, 1.0, LONGEST_TRACE as f64, "slots")?;
        let most = 100.0 * card.inputs[0].default_capacity;
        for (slot, users) in trace.iter().enumerate() {
            check_range(&format!("trace[{slot}]"), *users, 0.0, most, &card.inputs[0].unit)?;
        }
        Ok(())
    }

    /// The sweeps of the day around `problem`, which has one slice: one for each length in
    /// [`INTERVAL_MINUTES`], then the peak of `trace` alone, for the static allocation.
    pub fn sweeps(&self, problem: &SliceProblem, trace: &[f64]) -> Vec<Sweep> {
        let lengths = INTERVAL_MINUTES.map(|minutes| minutes / SLOT_MINUTES);
        let mut all: Vec<Sweep> =
            lengths.iter().map(|slots| self.sweep(problem, trace, *slots)).collect();
        let peak = all.first().and_then(|sweep| match sweep {
            Sweep::Day(day) => Some(Sweep::Day(day.at_peak())),
            Sweep::Surface(_) => None,
        });
        all.extend(peak);
        all
    }

    fn sweep(&self, problem: &SliceProblem, trace: &[f64], slots: usize) -> Sweep {
        Sweep::Day(Day {
            problem: problem.clone(),
            trace: trace.to_vec(),
            variation: self.variation,
            slots_per_interval: slots.min(trace.len()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slice::{models, precomputed};
    use slicewise_core::slice::Traffic;

    fn settings() -> SurfaceSettings {
        SurfaceSettings {
            x: Axis { quantity: Quantity::Traffic, from: 1.0, to: 5.0, points: 8 },
            y: Axis { quantity: Quantity::QosThreshold, from: 2.0, to: 8.0, points: 4 },
            pictured: Pictured::Cost,
        }
    }

    #[test]
    fn a_surface_stays_the_same_when_a_plan_on_it_is_adopted() {
        let mut problem = precomputed::default_problem();
        let card = models::named(&problem.model).unwrap();
        problem.slices[0].traffic = Traffic::Normal { mean: 3.0, deviation: 0.7 };
        let before = settings().sweep(&problem, &card).unwrap();
        let adopted = match &before {
            Sweep::Surface(surface) => surface.problem_at(5, 2),
            Sweep::Day(_) => unreachable!(),
        };
        assert_ne!(adopted, problem);
        assert_eq!(settings().sweep(&adopted, &card).unwrap(), before);
        problem.resources[0].price *= 2.0;
        assert_ne!(settings().sweep(&problem, &card).unwrap(), before);
    }

    #[test]
    fn every_length_and_the_peak_are_planned() {
        let (problem, trace) = (precomputed::default_problem(), [1.0, 4.0, 2.0, 3.0]);
        let all = DaySettings::default().sweeps(&problem, &trace);
        let lengths: Vec<usize> = all.iter().map(Sweep::len).collect();
        assert_eq!(lengths, [4, 2, 2, 1, 1, 1, 1]);
        let peak = Traffic::Normal { mean: 4.0, deviation: 0.4 }.at_peak();
        assert_eq!(all[6].problem(0).slices[0].traffic, peak);
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let problem = precomputed::default_problem();
        let card = models::named(&problem.model).unwrap();
        let mut bad = settings();
        bad.x.points = 500;
        let state = ViewState { surface: Some(bad), ..ViewState::default() };
        assert_eq!(state.validate(&problem, &card).unwrap_err().field, "surface.x.points");
        let day = DaySettings { trace: Some(vec![1.0, -1.0]), ..DaySettings::default() };
        let state = ViewState { day: Some(day), ..ViewState::default() };
        assert_eq!(state.validate(&problem, &card).unwrap_err().field, "day.trace[1]");
        let cost_unit = Some("x".repeat(LONGEST_COST_UNIT + 1));
        let state = ViewState { cost_unit, ..ViewState::default() };
        assert_eq!(state.validate(&problem, &card).unwrap_err().field, "cost_unit");
    }
}
