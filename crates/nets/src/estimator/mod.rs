//! Estimators of a slice's satisfaction over its share (IDLA, section IV-A), in two forms.
//!
//! *Plain*, the paper's: a rectified network of the share and the slice's features whose one output,
//! cut at 0 and 1, is the satisfaction. *Monotone*, ours: a rectified network of the features alone
//! whose outputs are the logits of a distribution of the share that the slice needs,
//!
//! f(x) = p_0 + sum_k p_k clamp((x - t_(k-1)) / (t_k - t_(k-1)), 0, 1), p = softmax(outputs),
//!
//! over the knots 0 = t_0 < .. < t_K = 1: p_0 is the chance that no share is needed, p_(K+1) that
//! none is enough. It never falls with x, stays within 0 and 1, and one evaluation gives the whole
//! curve. Both forms are piecewise linear along the share.

mod evaluator;
mod line;
#[cfg(feature = "burn")]
pub mod training;
mod weights;

use std::collections::BTreeMap;

use slicewise_core::InputError;
use slicewise_core::card::{DataSource, fingerprint};
use slicewise_core::cells::EstimatorCard;
use slicewise_core::cells::card::{EstimatorArchitecture, EstimatorForm, EstimatorInput};
use slicewise_core::seed;

use crate::dense::layer;
use crate::dense::layer::Layer;
use crate::files::{Tensors, to_bytes};

pub use evaluator::EstimatorEvaluator;

/// A trained estimator with its card. Normalisation of the inputs is folded into the layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimator {
    /// What it is.
    pub card: EstimatorCard,
    /// Dense layers, first to last; all but the last are rectified.
    pub layers: Vec<Layer>,
}

/// Numbers that the last layer of an estimator gives: one, or one logit per interval between knots
/// and one at either end.
pub fn outputs(form: &EstimatorForm) -> usize {
    match form {
        EstimatorForm::Plain => 1,
        EstimatorForm::Monotone { knots } => knots.len() + 1,
    }
}

/// Inputs of the first layer of an estimator with `inputs` inputs, share included.
pub fn network_inputs(form: &EstimatorForm, inputs: usize) -> usize {
    match form {
        EstimatorForm::Plain => inputs,
        EstimatorForm::Monotone { .. } => inputs - 1,
    }
}

impl Estimator {
    /// Reads a weight file for `card`: safetensors in f32 with `hidden.0.weight` (outputs x inputs),
    /// `hidden.0.bias`, .., `output.weight`, `output.bias`, and the normalisation of the network's
    /// inputs, `input.mean` and `input.deviation`.
    ///
    /// # Errors
    /// Says what is wrong with the card or the file: not a safetensors file, cut off, changed since
    /// the card was written, a tensor missing, of another shape or type, or with a value that is not
    /// finite.
    pub fn load(card: &EstimatorCard, bytes: &[u8]) -> Result<Self, InputError> {
        weights::load(card, bytes)
    }

    /// An estimator with random weights, for tests: `features` features between 0 and 1.
    ///
    /// # Errors
    /// Names the field of the shape that is out of range.
    pub fn random(
        form: EstimatorForm,
        features: usize,
        hidden: &[usize],
        seed: u64,
    ) -> Result<Self, InputError> {
        let architecture = EstimatorArchitecture { hidden: hidden.to_vec(), form };
        architecture.validate()?;
        let bytes = to_bytes(&random_tensors(&architecture, features + 1, seed))?;
        let input = |index: usize| EstimatorInput {
            name: if index == 0 { "share".to_owned() } else { format!("feature {index}") },
            unit: String::new(),
            trained_minimum: 0.0,
            trained_maximum: 1.0,
        };
        let card = EstimatorCard {
            format: 1,
            name: "random".to_owned(),
            title: "Random weights".to_owned(),
            task: "slice-satisfaction".to_owned(),
            inputs: (0..=features).map(input).collect(),
            architecture,
            data: DataSource {
                source: "none".to_owned(),
                licence: "none".to_owned(),
                rows: BTreeMap::new(),
                fingerprint: String::new(),
            },
            metrics: BTreeMap::new(),
            seed,
            command: String::new(),
            weights_fingerprint: fingerprint(&bytes),
        };
        Self::load(&card, &bytes)
    }

    /// Inputs per row: the share and the features.
    pub fn inputs(&self) -> usize {
        self.card.inputs.len()
    }

    /// Features per slice.
    pub fn features(&self) -> usize {
        self.inputs() - 1
    }

    /// Multiplications of one forward pass.
    pub fn multiplications(&self) -> usize {
        self.layers.iter().map(|layer| layer.inputs * layer.outputs).sum()
    }

    /// Satisfaction, 0 to 1, at `share` (0 to 1) for one slice, computed plainly: the independent
    /// check of the fused evaluator and of every plan.
    pub fn satisfaction(&self, share: f64, features: &[f64]) -> f64 {
        match &self.card.architecture.form {
            EstimatorForm::Plain => {
                let row: Vec<f64> =
                    std::iter::once(share).chain(features.iter().copied()).collect();
                layer::outputs(&self.layers, &row)[0].clamp(0.0, 1.0)
            }
            EstimatorForm::Monotone { knots } => {
                let logits = layer::outputs(&self.layers, features);
                let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let parts: Vec<f64> = logits.iter().map(|l| libm::exp(l - highest)).collect();
                let filled = parts[1..].iter().zip(knots.windows(2)).map(|(part, interval)| {
                    let place = (share - interval[0]) / (interval[1] - interval[0]);
                    part * place.clamp(0.0, 1.0)
                });
                let total: f64 = parts.iter().sum();
                ((parts[0] + filled.sum::<f64>()) / total).clamp(0.0, 1.0)
            }
        }
    }
}

/// Weights uniform in +-sqrt(6 / inputs) (He), biases in +-0.3, inputs taken as uniform in 0 to 1. The
/// output of a plain estimator lies around 0.5, so that it is not cut everywhere.
fn random_tensors(architecture: &EstimatorArchitecture, inputs: usize, seed: u64) -> Tensors {
    let mut generator = seed::stream(seed, 0xe5);
    let mut draw = |count: usize, limit: f64| -> Vec<f32> {
        (0..count).map(|_| (limit * (2.0 * seed::uniform(&mut generator) - 1.0)) as f32).collect()
    };
    let mut tensors = Tensors::new();
    let mut width = network_inputs(&architecture.form, inputs);
    tensors.insert("input.mean".to_owned(), (vec![width], vec![0.5; width]));
    tensors.insert("input.deviation".to_owned(), (vec![width], vec![0.3; width]));
    let last = outputs(&architecture.form);
    let hidden = architecture.hidden.iter().enumerate();
    let layers = hidden.map(|(index, units)| (format!("hidden.{index}"), *units));
    for (name, units) in layers.chain([("output".to_owned(), last)]) {
        let plain_output = name == "output" && units == 1;
        let gain = if plain_output { 0.4 } else { 1.0 };
        let weight = draw(units * width, gain * (6.0 / width as f64).sqrt());
        tensors.insert(format!("{name}.weight"), (vec![units, width], weight));
        let centre = if plain_output { 0.5 } else { 0.0 };
        let bias = draw(units, 0.3).iter().map(|bias| bias + centre).collect();
        tensors.insert(format!("{name}.bias"), (vec![units], bias));
        width = units;
    }
    tensors
}
