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
/// The finest granularity, as a share of a resource's default capacity.
pub const LEAST_GRANULARITY: f64 = 1e-6;
/// Amounts that differ by this share are the same multiple of a granularity.
const ROUNDING: f64 = 1e-9;

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
    /// How much each member of an ensemble counts, 0 or more, as measurements taken at plans tell;
    /// absent where all count alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_weights: Option<Vec<f64>>,
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
    /// Every allocation is a whole multiple of this, in the resource's unit: what can be set where the
    /// plan is carried out, or what one resource block carries; absent where any amount can be set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granularity: Option<f64>,
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
                granularity: None,
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
            member_weights: None,
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
        self.validate_member_weights(card)?;
        self.validate_confidence(card)
    }

    fn validate_member_weights(&self, card: &ModelCard) -> Result<(), InputError> {
        let Some(weights) = &self.member_weights else { return Ok(()) };
        let members = card.architecture.monotone_members;
        if members < 2 || weights.len() != members {
            let found = format!("{} numbers", weights.len());
            let allowed = format!("a number for each member of {}, which has {members}", card.name);
            return Err(InputError::new("member_weights", found, allowed));
        }
        for (index, weight) in weights.iter().enumerate() {
            check_range(&format!("member_weights[{index}]"), *weight, 0.0, 1.0, "")?;
        }
        let most = weights.iter().copied().fold(0.0, f64::max);
        check_range("member_weights (the largest)", most, 1e-6, 1.0, "")
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
            if let Some(step) = terms.granularity {
                let least = LEAST_GRANULARITY * field.default_capacity;
                check_range(&name("granularity"), step, least, highest, &field.unit)?;
                let most = share.min(self.most(card, index));
                if terms.least() > most * (1.0 + ROUNDING) {
                    let (minimum, unit) = (terms.minimum, &field.unit);
                    let allowed = format!(
                        "a step of which a multiple lies within {minimum} to {most} {unit}"
                    );
                    return Err(InputError::new(name("granularity"), step, allowed));
                }
            }
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

    /// Whether a resource is allocated in steps.
    pub fn has_granularity(&self) -> bool {
        self.resources.iter().any(|resource| resource.granularity.is_some())
    }

    /// The least allocation of a slice, per resource.
    pub fn least(&self) -> Vec<f64> {
        self.resources.iter().map(ResourceTerms::least).collect()
    }

    /// η·r for one slice's allocation, in the order of the resources.
    pub fn cost(&self, allocation: &[f64]) -> f64 {
        self.resources.iter().zip(allocation).map(|(r, a)| r.price * a).sum()
    }
}

impl ResourceTerms {
    /// The least allocation of a slice that the granularity allows.
    pub fn least(&self) -> f64 {
        self.rounded_up(self.minimum)
    }

    /// `amount`, or the next larger one that the granularity allows.
    pub fn rounded_up(&self, amount: f64) -> f64 {
        self.granularity.map_or(amount, |step| multiple_above(amount, step))
    }

    /// `amount`, or the next smaller one that the granularity allows.
    pub fn rounded_down(&self, amount: f64) -> f64 {
        self.granularity.map_or(amount, |step| ((amount / step) * (1.0 + ROUNDING)).floor() * step)
    }
}

/// `amount`, if it is a whole multiple of `step` up to rounding, or the next larger one.
pub fn multiple_above(amount: f64, step: f64) -> f64 {
    ((amount / step) * (1.0 - ROUNDING)).ceil() * step
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

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = include_str!("../../../../models/slice/testbed-ensemble/card.json");

    fn problem() -> (SliceProblem, ModelCard) {
        let card = ModelCard::from_json(CARD).unwrap();
        let traffic = Traffic::Constant { users_per_second: 3.0 };
        (SliceProblem::single(&card, traffic, 4.0, 0.1), card)
    }

    #[test]
    fn amounts_are_rounded_to_whole_multiples() {
        let (mut problem, _) = problem();
        let terms = &mut problem.resources[1];
        assert_eq!((terms.rounded_up(24.3), terms.rounded_down(24.3)), (24.3, 24.3));
        terms.granularity = Some(0.1);
        // Sums of tenths are whole multiples, whatever their last digits.
        assert_eq!((terms.rounded_up(0.1 + 0.2), terms.rounded_down(0.7 + 0.1)), (3.0 * 0.1, 0.8));
        terms.granularity = Some(3.0);
        assert_eq!((terms.rounded_up(24.3), terms.rounded_down(24.3)), (27.0, 24.0));
        assert_eq!(terms.least(), 6.0);
        assert_eq!(terms.rounded_up(0.0), 0.0);
    }

    #[test]
    fn a_granularity_without_a_multiple_within_the_limits_is_named() {
        let (mut problem, card) = problem();
        let mut error = |step: f64| {
            problem.resources[1].granularity = Some(step);
            problem.validate(&card).map_err(|error| error.to_string())
        };
        assert_eq!(error(1.0), Ok(()));
        assert_eq!(error(40.0), Ok(()));
        let text = error(41.0).unwrap_err();
        assert!(text.starts_with("resources[1].granularity is 41; allowed: a step"), "{text}");
        assert!(error(0.0).unwrap_err().starts_with("resources[1].granularity is 0; allowed: "));
    }

    #[test]
    fn weights_that_are_not_those_of_the_members_are_named() {
        let (mut problem, card) = problem();
        let mut error = |weights: Vec<f64>| {
            problem.member_weights = Some(weights);
            problem.validate(&card).map_err(|error| error.field)
        };
        assert_eq!(error(vec![0.1; 10]), Ok(()));
        assert_eq!(error(vec![0.1; 9]).unwrap_err(), "member_weights");
        assert_eq!(error(vec![0.0; 10]).unwrap_err(), "member_weights (the largest)");
        let mut one = vec![0.1; 10];
        one[3] = -1.0;
        assert_eq!(error(one).unwrap_err(), "member_weights[3]");
    }

    #[test]
    fn a_problem_of_before_has_no_granularity_and_is_written_as_before() {
        let (problem, _) = problem();
        let text = serde_json::to_string(&problem).unwrap();
        assert!(!text.contains("granularity") && !text.contains("member_weights"));
        assert_eq!(SliceProblem::from_json(&text).unwrap(), problem);
    }
}
