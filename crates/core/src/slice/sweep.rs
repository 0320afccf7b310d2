//! Families of problems that differ in a few numbers and are planned as one batch: a surface over two
//! of a problem's numbers, or every interval of a day.

use serde::{Deserialize, Serialize};

use crate::card::ModelCard;
use crate::error::{InputError, check_range};
use crate::slice::problem::{Method, SliceProblem};
use crate::slice::traffic::Traffic;

/// The most problems of one sweep.
pub const MOST_PROBLEMS: usize = 1_000_000;
/// The most points along one axis of a surface.
pub const MOST_POINTS: usize = 512;
/// The longest trace, in intervals: four weeks of 5 minutes.
pub const LONGEST_TRACE: usize = 8064;

/// A family of problems of one slice each; problem i of n is a pure function of i, so that workers
/// share a sweep by ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Sweep {
    /// A problem over two of its numbers; x runs fastest.
    Surface(Surface),
    /// A problem at every interval of a traffic trace.
    Day(Day),
}

/// One problem with two of its numbers varied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surface {
    /// The problem around which to vary; one slice.
    pub problem: SliceProblem,
    /// Varies fastest.
    pub x: Axis,
    /// Varies slowest; another quantity than `x`.
    pub y: Axis,
}

/// A number of a problem, and the values that it takes: `points` from `from` to `to`, evenly spaced.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// What varies.
    pub quantity: Quantity,
    /// First value.
    pub from: f64,
    /// Last value, more than `from`.
    pub to: f64,
    /// Values, 2 to [`MOST_POINTS`].
    pub points: usize,
}

/// A number of a slice problem that a surface can vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", content = "resource", rename_all = "kebab-case")]
pub enum Quantity {
    /// Mean traffic in users/s; the shape of its distribution is kept.
    Traffic,
    /// The QoS threshold in the model's output unit.
    QosThreshold,
    /// The degradation threshold.
    DegradationThreshold,
    /// The price of the resource of that index, per unit.
    Price(usize),
    /// The capacity of the resource of that index, in its unit.
    Capacity(usize),
}

/// One problem at every interval of a traffic trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Day {
    /// The problem whose traffic the trace replaces; one slice.
    pub problem: SliceProblem,
    /// Users/s in each 5-minute slot.
    pub trace: Vec<f64>,
    /// Standard deviation of the traffic within a slot, as a share of the slot's mean, 0 to 0.5.
    pub variation: f64,
    /// Slots per planning interval, 1 to the length of the trace; a last interval may be shorter.
    pub slots_per_interval: usize,
}

impl Axis {
    /// Value `index` of the axis.
    pub fn value(&self, index: usize) -> f64 {
        let last = (self.points - 1) as f64;
        if index + 1 == self.points {
            return self.to;
        }
        self.from + (self.to - self.from) * index as f64 / last
    }

    fn validate(&self, card: &ModelCard, resources: usize) -> Result<(), InputError> {
        check_range("points", self.points as f64, 2.0, MOST_POINTS as f64, "")?;
        if let Quantity::Price(k) | Quantity::Capacity(k) = self.quantity
            && k >= resources
        {
            return Err(InputError::new("resource", k, format!("0 to {}", resources - 1)));
        }
        if let Quantity::Traffic = self.quantity {
            let unit = &card.inputs[0].unit;
            let highest = 100.0 * card.inputs[0].default_capacity;
            check_range("from", self.from, 0.0, highest, unit)?;
            check_range("to", self.to, 0.0, highest, unit)?;
        }
        if !self.from.is_finite() || !self.to.is_finite() || self.from >= self.to {
            return Err(InputError::new("to", self.to, format!("more than {}", self.from)));
        }
        Ok(())
    }
}

impl Sweep {
    /// Number of problems.
    pub fn len(&self) -> usize {
        match self {
            Self::Surface(surface) => surface.x.points * surface.y.points,
            Self::Day(day) => day.trace.len().div_ceil(day.slots_per_interval.max(1)),
        }
    }

    /// Whether there is nothing to plan.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The problem that is varied.
    pub fn base(&self) -> &SliceProblem {
        match self {
            Self::Surface(surface) => &surface.problem,
            Self::Day(day) => &day.problem,
        }
    }

    /// Problem `index` of a validated sweep, `index` below [`Self::len`].
    pub fn problem(&self, index: usize) -> SliceProblem {
        match self {
            Self::Surface(surface) => {
                surface.problem_at(index % surface.x.points, index / surface.x.points)
            }
            Self::Day(day) => day.problem_at(index),
        }
    }

    /// Checks the problem and what is varied against `card`; every problem of a validated sweep is
    /// valid.
    ///
    /// # Errors
    /// Names the first field that is out of range, with its value and what is allowed.
    pub fn validate(&self, card: &ModelCard) -> Result<(), InputError> {
        let base = self.base();
        base.validate(card)?;
        if base.slices.len() != 1 {
            let given = format!("{} slices", base.slices.len());
            return Err(InputError::new("slices", given, "1 slice: a sweep plans one at a time"));
        }
        match self {
            Self::Surface(surface) => surface.validate(card),
            Self::Day(day) => day.validate(card),
        }
    }
}

impl Surface {
    /// The problem at value `x` of the first axis and value `y` of the second.
    pub fn problem_at(&self, x: usize, y: usize) -> SliceProblem {
        let mut problem = SliceProblem { method: Method::Certified, ..self.problem.clone() };
        set(&mut problem, self.x.quantity, self.x.value(x));
        set(&mut problem, self.y.quantity, self.y.value(y));
        problem
    }

    fn validate(&self, card: &ModelCard) -> Result<(), InputError> {
        let resources = self.problem.resources.len();
        self.x.validate(card, resources).map_err(|error| error.within("x"))?;
        self.y.validate(card, resources).map_err(|error| error.within("y"))?;
        if self.x.quantity == self.y.quantity {
            return Err(InputError::new("y.quantity", "that of x", "another quantity"));
        }
        for (x, y) in [(0, 0), (self.x.points - 1, 0), (0, self.y.points - 1)] {
            self.problem_at(x, y).validate(card)?;
        }
        Ok(())
    }
}

/// Sets `quantity` of the one slice of `problem` to `value`.
pub fn set(problem: &mut SliceProblem, quantity: Quantity, value: f64) {
    let slice = &mut problem.slices[0];
    match quantity {
        Quantity::Traffic => slice.traffic = slice.traffic.with_mean(value),
        Quantity::QosThreshold => slice.qos_threshold = value,
        Quantity::DegradationThreshold => slice.degradation_threshold = value,
        Quantity::Price(k) => problem.resources[k].price = value,
        Quantity::Capacity(k) => problem.resources[k].capacity = value,
    }
}

impl Day {
    /// The problem of interval `index`: its slots in equal shares, each spread by the variation.
    pub fn problem_at(&self, index: usize) -> SliceProblem {
        let mut problem = SliceProblem { method: Method::Certified, ..self.problem.clone() };
        let first = index * self.slots_per_interval;
        let slots = &self.trace[first..self.trace.len().min(first + self.slots_per_interval)];
        problem.slices[0].traffic = interval_traffic(slots, self.variation);
        problem
    }

    /// The day of one slot whose plan a static allocation keeps all day: the largest level of the
    /// busiest slot, its variation included.
    #[must_use]
    pub fn at_peak(&self) -> Self {
        let busiest = self.trace.iter().copied().fold(0.0, f64::max);
        let peak = interval_traffic(&[busiest], self.variation).peak();
        Self { trace: vec![peak], variation: 0.0, slots_per_interval: 1, ..self.clone() }
    }

    fn validate(&self, card: &ModelCard) -> Result<(), InputError> {
        let highest = LONGEST_TRACE as f64;
        check_range("trace (slots)", self.trace.len() as f64, 1.0, highest, "slots")?;
        let slots = self.trace.len() as f64;
        check_range("slots_per_interval", self.slots_per_interval as f64, 1.0, slots, "slots")?;
        check_range("variation", self.variation, 0.0, 0.5, "of the mean")?;
        let unit = &card.inputs[0].unit;
        let most = 100.0 * card.inputs[0].default_capacity;
        for (index, users) in self.trace.iter().enumerate() {
            check_range(&format!("trace[{index}]"), *users, 0.0, most, unit)?;
        }
        Ok(())
    }
}

/// Traffic of an interval of `slots`, each normal with deviation `variation` times its mean.
fn interval_traffic(slots: &[f64], variation: f64) -> Traffic {
    let level = |mean: f64| match variation {
        0.0 => Traffic::Constant { users_per_second: mean },
        _ => Traffic::Normal { mean, deviation: variation * mean },
    };
    if let [only] = slots {
        return level(*only);
    }
    let samples = slots.iter().flat_map(|mean| level(*mean).samples());
    Traffic::condensed(samples.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slice::traffic::SAMPLES;

    fn problem() -> SliceProblem {
        let text = include_str!("../../../../models/slice/testbed-gaussian/card.json");
        let card = ModelCard::from_json(text).unwrap();
        SliceProblem::in_whole_box(&card, Traffic::Normal { mean: 3.0, deviation: 0.6 }, 5.0, 0.1)
    }

    fn card() -> ModelCard {
        let text = include_str!("../../../../models/slice/testbed-gaussian/card.json");
        ModelCard::from_json(text).unwrap()
    }

    fn surface() -> Surface {
        Surface {
            problem: problem(),
            x: Axis { quantity: Quantity::Traffic, from: 1.0, to: 5.0, points: 5 },
            y: Axis { quantity: Quantity::Capacity(1), from: 20.0, to: 50.0, points: 4 },
        }
    }

    #[test]
    fn a_surface_varies_its_two_quantities_and_nothing_else() {
        let sweep = Sweep::Surface(surface());
        sweep.validate(&card()).unwrap();
        assert_eq!(sweep.len(), 20);
        let at = sweep.problem(2 * 5 + 3);
        let (before, after) =
            (problem().slices[0].traffic.samples(), at.slices[0].traffic.samples());
        let factor = 4.0 / problem().slices[0].traffic.mean();
        for (before, after) in before.iter().zip(&after) {
            assert!((after.users_per_second - factor * before.users_per_second).abs() < 1e-9);
        }
        assert_eq!(at.resources[1].capacity, 40.0);
        let mut back = at;
        set(&mut back, Quantity::Capacity(1), 50.0);
        back.slices[0].traffic = problem().slices[0].traffic.clone();
        assert_eq!(back, problem());
    }

    #[test]
    fn an_axis_beyond_what_the_model_allows_is_named() {
        let mut surface = surface();
        surface.x = Axis { quantity: Quantity::QosThreshold, from: 1.0, to: 500.0, points: 5 };
        let error = Sweep::Surface(surface.clone()).validate(&card()).unwrap_err();
        assert_eq!(error.field, "slices[0].qos_threshold");
        surface.x = surface.y;
        assert_eq!(Sweep::Surface(surface).validate(&card()).unwrap_err().field, "y.quantity");
    }

    #[test]
    fn intervals_keep_the_mean_of_their_slots_in_at_most_sixteen_levels() {
        let trace: Vec<f64> = (0..29).map(|slot| 1.0 + 0.1 * f64::from(slot)).collect();
        let day = Day { problem: problem(), trace, variation: 0.0, slots_per_interval: 10 };
        let sweep = Sweep::Day(day.clone());
        sweep.validate(&card()).unwrap();
        assert_eq!(sweep.len(), 3);
        let traffic = &sweep.problem(2).slices[0].traffic;
        let expected = (20..29).map(|slot| 1.0 + 0.1 * f64::from(slot)).sum::<f64>() / 9.0;
        assert!((traffic.mean() - expected).abs() < 1e-12);
        let day = Day { variation: 0.2, ..day };
        let wide = Sweep::Day(day).problem(0).slices[0].traffic.clone();
        assert!(wide.samples().len() <= SAMPLES && (wide.mean() - 1.45).abs() < 2e-3);
    }

    #[test]
    fn the_static_plan_of_a_day_is_for_the_peak_of_its_busiest_slot() {
        let trace = vec![1.0, 4.0, 2.0];
        let day = Day { problem: problem(), trace, variation: 0.1, slots_per_interval: 2 };
        let peak = Traffic::Normal { mean: 4.0, deviation: 0.4 }.at_peak();
        assert_eq!(day.at_peak().problem_at(0).slices[0].traffic, peak);
        assert!(peak.mean() > 4.5);
        let steady = Day { variation: 0.0, ..day };
        assert_eq!(steady.at_peak().problem_at(0).slices[0].traffic.mean(), 4.0);
    }

    #[test]
    fn a_damaged_trace_names_its_slot() {
        let day = Day {
            problem: problem(),
            trace: vec![1.0, -2.0],
            variation: 0.0,
            slots_per_interval: 1,
        };
        assert_eq!(Sweep::Day(day).validate(&card()).unwrap_err().field, "trace[1]");
    }
}
