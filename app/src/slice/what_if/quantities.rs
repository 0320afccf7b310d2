//! The numbers of a question that a surface can vary, as the visitor sees them.

use slicewise_core::card::ModelCard;
use slicewise_core::slice::SliceProblem;
use slicewise_core::slice::sweep::{Axis, Quantity};

use crate::slice::models;
use crate::slice::view_state::{Pictured, SurfaceSettings};

/// Points along each axis at first.
const POINTS: usize = 64;

/// A quantity that an axis can show.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Which number of the question.
    pub quantity: Quantity,
    /// Short name: `price-cpu`.
    pub key: String,
    /// Title for people: `CPU price`.
    pub title: String,
    /// Unit in which it is shown.
    pub unit: String,
    /// What one unit of the question's number is in that unit.
    pub factor: f64,
    /// Range shown at first.
    pub range: (f64, f64),
    /// What an axis may show.
    pub allowed: (f64, f64),
}

impl Variable {
    /// An axis over the first range.
    pub fn axis(&self, points: usize) -> Axis {
        let (from, to) = self.range;
        Axis { quantity: self.quantity, from: from / self.factor, to: to / self.factor, points }
    }

    /// Title with unit.
    pub fn heading(&self) -> String {
        crate::controls::number_text::titled(&self.title, &self.unit)
    }

    /// The value nearest to `value` that has four digits where people read it.
    pub fn readable(&self, value: f64) -> f64 {
        let shown = self.factor * value;
        if shown == 0.0 || !shown.is_finite() {
            return value;
        }
        let scale = 10_f64.powi(3 - shown.abs().log10().floor() as i32);
        let (lowest, highest) = self.allowed;
        ((shown * scale).round() / scale).clamp(lowest, highest) / self.factor
    }

    /// A value as people read it: `2.5 users/s`.
    pub fn words(&self, value: f64) -> String {
        let amount = self.factor * value;
        match self.quantity {
            Quantity::DegradationThreshold => {
                format!("at most {} degraded", crate::controls::number_text::percent(amount))
            }
            Quantity::Traffic | Quantity::QosThreshold => {
                crate::controls::number_text::quantity(amount, &self.unit)
            }
            Quantity::Price(_) | Quantity::Capacity(_) => {
                format!(
                    "{} {}",
                    self.title,
                    crate::controls::number_text::quantity(amount, &self.unit)
                )
            }
        }
    }
}

/// What a model's surface can vary, in the order of the controls.
pub fn variables(card: &ModelCard) -> Vec<Variable> {
    let (traffic, output) = (&card.inputs[0], &card.output);
    let mut all = vec![
        Variable {
            quantity: Quantity::Traffic,
            key: "traffic".to_owned(),
            title: "mean traffic".to_owned(),
            unit: traffic.unit.clone(),
            factor: 1.0,
            range: (traffic.trained_minimum, traffic.trained_maximum),
            allowed: (0.0, 100.0 * traffic.default_capacity),
        },
        Variable {
            quantity: Quantity::QosThreshold,
            key: "qos".to_owned(),
            title: "QoS threshold q".to_owned(),
            unit: output.unit.clone(),
            factor: 1.0,
            range: (output.threshold_minimum, output.threshold_maximum),
            allowed: (output.threshold_minimum, output.threshold_maximum),
        },
        Variable {
            quantity: Quantity::DegradationThreshold,
            key: "degradation".to_owned(),
            title: "degradation threshold β".to_owned(),
            unit: "of users".to_owned(),
            factor: 1.0,
            range: (0.01, 0.5),
            allowed: (0.001, 0.999),
        },
    ];
    for (index, field) in card.resources().iter().enumerate() {
        let capacity = field.default_capacity;
        all.push(Variable {
            quantity: Quantity::Price(index),
            key: format!("price-{}", field.name),
            title: format!("{} price", models::title_of(field)),
            unit: "× default".to_owned(),
            factor: capacity,
            range: (0.2, 5.0),
            allowed: (0.001, 1000.0),
        });
        all.push(Variable {
            quantity: Quantity::Capacity(index),
            key: format!("capacity-{}", field.name),
            title: format!("{} capacity", models::title_of(field)),
            unit: field.unit.clone(),
            factor: 1.0,
            range: (0.2 * capacity, capacity),
            allowed: (1e-6 * capacity, 100.0 * capacity),
        });
    }
    all
}

/// The variable of `quantity`, if the model has it.
pub fn variable(card: &ModelCard, quantity: Quantity) -> Option<Variable> {
    variables(card).into_iter().find(|variable| variable.quantity == quantity)
}

/// The value that a problem of one slice has now.
pub fn current(problem: &SliceProblem, quantity: Quantity) -> Option<f64> {
    let slice = problem.slices.first()?;
    match quantity {
        Quantity::Traffic => Some(slice.traffic.mean()),
        Quantity::QosThreshold => Some(slice.qos_threshold),
        Quantity::DegradationThreshold => Some(slice.degradation_threshold),
        Quantity::Price(index) => problem.resources.get(index).map(|terms| terms.price),
        Quantity::Capacity(index) => problem.resources.get(index).map(|terms| terms.capacity),
    }
}

/// The settings as far as they suit the model, or those that a surface of it opens with.
pub fn settings(chosen: Option<SurfaceSettings>, card: &ModelCard) -> SurfaceSettings {
    let suits = |axis: &Axis| {
        variable(card, axis.quantity).is_some_and(|variable| {
            let (lowest, highest) = variable.allowed;
            let inside = |value: f64| {
                let shown = value * variable.factor;
                shown >= lowest * (1.0 - 1e-9) && shown <= highest * (1.0 + 1e-9)
            };
            inside(axis.from) && inside(axis.to)
        })
    };
    let pictured = |settings: &SurfaceSettings| match settings.pictured {
        Pictured::Resource(index) => index < card.resources().len(),
        _ => true,
    };
    chosen.filter(|chosen| suits(&chosen.x) && suits(&chosen.y) && pictured(chosen)).unwrap_or_else(
        || {
            let all = variables(card);
            SurfaceSettings {
                x: all[0].axis(POINTS),
                y: all[1].axis(POINTS),
                pictured: Pictured::Cost,
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slice::view_state;

    #[test]
    fn every_pair_of_variables_of_every_model_can_be_swept() {
        for card in models::shipped() {
            let traffic = slicewise_core::slice::Traffic::Constant { users_per_second: 3.0 };
            let threshold = card.output.threshold_default;
            let problem = SliceProblem::in_whole_box(card, traffic, threshold, 0.1);
            let all = variables(card);
            for x in &all {
                for y in all.iter().filter(|y| y.quantity != x.quantity) {
                    let (x, y) = (x.axis(8), y.axis(8));
                    let chosen = SurfaceSettings { x, y, pictured: Pictured::Cost };
                    assert_eq!(settings(Some(chosen), card), chosen);
                    let sweep = chosen.sweep(&view_state::alone(&problem, 0), card);
                    assert!(sweep.is_ok(), "{}: {sweep:?}", card.name);
                }
            }
        }
    }

    #[test]
    fn an_adopted_value_has_four_digits_and_stays_allowed() {
        let card = models::named("testbed-gaussian").unwrap();
        let qos = variable(&card, Quantity::QosThreshold).unwrap();
        assert_eq!(qos.readable(6.888_888_9), 6.889);
        assert_eq!(qos.readable(12.0), 12.0);
        let price = variable(&card, Quantity::Price(0)).unwrap();
        assert!((price.factor * price.readable(1.234_56 / price.factor) - 1.235).abs() < 1e-12);
    }

    #[test]
    fn settings_of_another_model_give_way() {
        let (throughput, delay) =
            (models::named("testbed-gaussian").unwrap(), models::named("delay").unwrap());
        let of_delay = SurfaceSettings {
            x: variable(&delay, Quantity::QosThreshold).unwrap().axis(16),
            ..settings(None, &delay)
        };
        let of_delay = SurfaceSettings { y: settings(None, &delay).x, ..of_delay };
        assert_eq!(settings(Some(of_delay), &throughput), settings(None, &throughput));
    }
}
