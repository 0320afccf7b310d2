//! The slice problem: which slices, under which promises, at which prices and limits.
//!
//! MicroOpt, equation (2): minimise the sum over slices of η·r, such that the expected QoS
//! degradation of each slice stays at or below its threshold and the slices together stay within
//! the capacity of each resource.

use serde::{Deserialize, Serialize};

use crate::card::ModelCard;
use crate::error::{InputError, check_range};
use crate::slice::traffic::Traffic;

/// Version of the problem's JSON.
pub const PROBLEM_VERSION: u32 = 1;
/// Confidence that is asked for where nobody asks for another.
pub const DEFAULT_CONFIDENCE: f64 = 0.95;
/// The most slices that may compete in one problem.
pub const MOST_SLICES: usize = 16;

/// A whole question, as the page exports it and `--problem FILE` reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceProblem {
    /// Version of this format: [`PROBLEM_VERSION`].
    pub version: u32,
    /// Name of the network that describes the slices' QoS.
    pub model: String,
    /// Price and limits of each resource, in the order of the model's inputs.
    pub resources: Vec<ResourceTerms>,
    /// The slices that share them.
    pub slices: Vec<SliceTerms>,
    /// How to search.
    #[serde(default)]
    pub method: Method,
    /// How the degradation is estimated inside the search; plans are always checked in closed form.
    #[serde(default)]
    pub estimator: Estimator,
    /// Seed of the random initial points.
    #[serde(default)]
    pub seed: u64,
    /// Confidence with which the promises are to hold, given what was measured, within the model's
    /// [`ModelCard::confidence_range`]; absent where the model is taken at its word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Whether a slice may get less or more of a resource than was ever measured. Problems of before
    /// do not tell; their bounds are theirs.
    #[serde(default = "yes")]
    pub beyond_measurements: bool,
}

fn yes() -> bool {
    true
}

/// Price and limits of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceTerms {
    /// Name, as in the model card: `cpu`, `bandwidth`.
    pub name: String,
    /// Price η per unit of the resource, more than 0.
    pub price: f64,
    /// Least allocation of each slice, in the resource's unit.
    pub minimum: f64,
    /// Capacity R: all slices together get at most this much.
    pub capacity: f64,
}

/// Traffic and promise of one slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceTerms {
    /// Name for people.
    pub name: String,
    /// Traffic within the interval.
    pub traffic: Traffic,
    /// QoS threshold q, in the model's output unit.
    pub qos_threshold: f64,
    /// Largest expected share β of users that miss the QoS threshold, 0.001 to 0.999.
    pub degradation_threshold: f64,
}

/// How a plan is searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Multi-start descent along the boundary of the promise, then branch and bound for the proof.
    #[default]
    Certified,
    /// MicroOpt, Algorithm 1: gradient descent on a relaxed Lagrangian, multipliers outside.
    PrimalDual,
    /// Static allocation for peak traffic, q = 5 Mbit/s and β = 0.01 (MicroOpt, section VI-A2).
    PeakAllocation,
    /// The QoS is taken to be its mean (MicroOpt, section VI-C).
    ZeroSigma,
    /// The QoS is taken to be its mean less two deviations (MicroOpt, section VI-C).
    TwoSigma,
}

/// How the search estimates the expected degradation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", try_from = "EstimatorFields")]
pub enum Estimator {
    /// Φ((q - μ)/σ), summed over components: exact and smooth.
    #[default]
    ClosedForm,
    /// MicroOpt, equation (5) and section IV-B: reparameterised samples through a sigmoid.
    Sampled {
        /// Samples ε per row, 1 to 1024.
        samples: usize,
        /// Sharpness ρ of the sigmoid, per unit of the network's scale.
        sharpness: f64,
    },
}

/// The fields of every kind of [`Estimator`] side by side, as those of traffic are read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EstimatorFields {
    kind: EstimatorKind,
    samples: Option<usize>,
    sharpness: Option<f64>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum EstimatorKind {
    ClosedForm,
    Sampled,
}

impl TryFrom<EstimatorFields> for Estimator {
    type Error = InputError;

    fn try_from(fields: EstimatorFields) -> Result<Self, InputError> {
        let EstimatorFields { kind, samples, sharpness } = fields;
        let (found, allowed) = match (kind, samples, sharpness) {
            (EstimatorKind::ClosedForm, None, None) => return Ok(Self::ClosedForm),
            (EstimatorKind::Sampled, Some(samples), Some(sharpness)) => {
                return Ok(Self::Sampled { samples, sharpness });
            }
            (EstimatorKind::ClosedForm, ..) => {
                ("closed-form with other fields", "closed-form without other fields")
            }
            (EstimatorKind::Sampled, ..) => {
                ("sampled with other fields", "sampled with samples and sharpness")
            }
        };
        Err(InputError::new("estimator", found, allowed))
    }
}

impl SliceProblem {
    /// One slice of `model` within what was measured: each resource from its least to its largest
    /// value in the training data, at the price of one over its default capacity; with a confidence
    /// of [`DEFAULT_CONFIDENCE`] where the model can tell it.
    pub fn single(card: &ModelCard, traffic: Traffic, qos: f64, degradation: f64) -> Self {
        let mut problem = Self::in_whole_box(card, traffic, qos, degradation);
        for (terms, field) in problem.resources.iter_mut().zip(card.resources()) {
            terms.minimum = field.trained_minimum;
            terms.capacity = field.trained_maximum;
        }
        problem.confidence = Some(DEFAULT_CONFIDENCE)
            .filter(|confidence| card.confidence_factor(*confidence).is_some());
        problem.beyond_measurements = false;
        problem
    }

    /// One slice of `model` with the card's resources at equal weight of their default capacities,
    /// from nothing on, the model taken at its word (MicroOpt, section V-D: η = [1/4500 per
    /// millicore, 1/50 per Mbit/s]).
    pub fn in_whole_box(card: &ModelCard, traffic: Traffic, qos: f64, degradation: f64) -> Self {
        let resources = card
            .resources()
            .iter()
            .map(|resource| ResourceTerms {
                name: resource.name.clone(),
                price: 1.0 / resource.default_capacity,
                minimum: 0.0,
                capacity: resource.default_capacity,
            })
            .collect();
        Self {
            version: PROBLEM_VERSION,
            model: card.name.clone(),
            resources,
            slices: vec![SliceTerms {
                name: "slice 1".to_owned(),
                traffic,
                qos_threshold: qos,
                degradation_threshold: degradation,
            }],
            method: Method::default(),
            estimator: Estimator::default(),
            seed: 0,
            confidence: None,
            beyond_measurements: true,
        }
    }

    /// Reads a problem from JSON; [`Self::validate`] still has to be called with its model's card.
    ///
    /// # Errors
    /// Says where the text is not a problem.
    pub fn from_json(text: &str) -> Result<Self, InputError> {
        let problem: Self = serde_json::from_str(text)
            .map_err(|error| InputError::new("problem", error, "a Slicewise slice problem"))?;
        if problem.version != PROBLEM_VERSION {
            return Err(InputError::new("version", problem.version, PROBLEM_VERSION.to_string()));
        }
        Ok(problem)
    }

    /// Checks every field against `card`.
    ///
    /// # Errors
    /// Names the first field that is out of range, with its value and what is allowed.
    pub fn validate(&self, card: &ModelCard) -> Result<(), InputError> {
        if self.model != card.name {
            return Err(InputError::new("model", &self.model, card.name.clone()));
        }
        self.validate_resources(card)?;
        if self.slices.is_empty() || self.slices.len() > MOST_SLICES {
            return Err(InputError::new(
                "slices",
                format!("{} slices", self.slices.len()),
                format!("1 to {MOST_SLICES} slices"),
            ));
        }
        for (index, slice) in self.slices.iter().enumerate() {
            slice.validate(card).map_err(|error| error.within(&format!("slices[{index}]")))?;
        }
        if let Estimator::Sampled { samples, sharpness } = self.estimator {
            check_range("estimator.samples", samples as f64, 1.0, 1024.0, "")?;
            check_range("estimator.sharpness", sharpness, 0.01, 1e6, "")?;
        }
        self.validate_confidence(card)
    }

    fn validate_confidence(&self, card: &ModelCard) -> Result<(), InputError> {
        let Some(confidence) = self.confidence else { return Ok(()) };
        let Some((least, most)) = card.confidence_range() else {
            let allowed = format!("none: how sure {} is was not measured", card.name);
            return Err(InputError::new("confidence", confidence, allowed));
        };
        check_range("confidence", confidence, least, most, "")
    }

    fn validate_resources(&self, card: &ModelCard) -> Result<(), InputError> {
        let names: Vec<&str> = card.resources().iter().map(|r| r.name.as_str()).collect();
        let given: Vec<&str> = self.resources.iter().map(|r| r.name.as_str()).collect();
        if names != given {
            return Err(InputError::new("resources", given.join(", "), names.join(", ")));
        }
        for (index, (terms, field)) in self.resources.iter().zip(card.resources()).enumerate() {
            let name = |part: &str| format!("resources[{index}].{part}");
            let highest = 100.0 * field.default_capacity;
            check_range(&name("price"), terms.price, 1e-12, 1e12, &format!("per {}", field.unit))?;
            check_range(
                &name("capacity"),
                terms.capacity,
                1e-6 * field.default_capacity,
                highest,
                &field.unit,
            )?;
            let share = terms.capacity / self.slices.len().max(1) as f64;
            check_range(&name("minimum"), terms.minimum, 0.0, share, &field.unit)?;
            if !self.beyond_measurements {
                let (lowest, unit) = (field.trained_minimum, &field.unit);
                check_range(&name("minimum"), terms.minimum, lowest, field.trained_maximum, unit)?;
            }
        }
        Ok(())
    }

    /// The most of resource `k` that one slice may get, whatever the others leave.
    pub fn most(&self, card: &ModelCard, k: usize) -> f64 {
        let capacity = self.resources[k].capacity;
        if self.beyond_measurements {
            return capacity;
        }
        capacity.min(card.resources()[k].trained_maximum)
    }

    /// η·r for one slice's allocation, in the order of the resources.
    pub fn cost(&self, allocation: &[f64]) -> f64 {
        self.resources.iter().zip(allocation).map(|(r, a)| r.price * a).sum()
    }
}

impl SliceTerms {
    fn validate(&self, card: &ModelCard) -> Result<(), InputError> {
        let output = &card.output;
        if self.name.chars().count() > 60 {
            return Err(InputError::new("name", &self.name, "at most 60 characters"));
        }
        self.traffic.validate().map_err(|error| error.within("traffic"))?;
        check_range(
            "qos_threshold",
            self.qos_threshold,
            output.threshold_minimum,
            output.threshold_maximum,
            &output.unit,
        )?;
        check_range("degradation_threshold", self.degradation_threshold, 0.001, 0.999, "")
    }
}
