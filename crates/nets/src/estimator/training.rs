//! Training an estimator of satisfaction on weighted errors, with burn on any device.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, Tensor, TensorData};
use slicewise_core::cells::card::{EstimatorArchitecture, EstimatorForm};
use slicewise_core::seed;
use slicewise_core::slice::training::TrainingMoment;
use slicewise_optim::{Halted, Monitor};

use super::{network_inputs, outputs};
use crate::files::Tensors;
use crate::training::Settings;
use crate::training::epochs::{Course, DeviceRows, learn};
use crate::training::layers::{Normalisation, drawn_layer, insert, linear};

/// Rows to learn from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Examples {
    /// Inputs per row: the share and the features.
    pub width: usize,
    /// Rows `[share, features..]`, row by row.
    pub inputs: Vec<f32>,
    /// Satisfaction of each row, 0 to 1.
    pub targets: Vec<f32>,
    /// Weight of each row's error, 1 on average.
    pub weights: Vec<f32>,
}

impl Examples {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }
}

/// What an error costs, and so what is learned of a satisfaction that the features leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCost {
    /// Its size: the median is learned.
    Absolute,
    /// Its square: the mean is learned.
    Squared,
}

/// What is learned, and from what.
#[derive(Clone, Copy, Debug)]
pub struct EstimatorLesson<'a> {
    /// Shape of the estimator.
    pub architecture: &'a EstimatorArchitecture,
    /// Rows to learn from, at least one.
    pub rows: &'a Examples,
    /// Rows of the same width that are only looked at, after each epoch.
    pub held_back: &'a Examples,
    /// What an error costs.
    pub error_cost: ErrorCost,
    /// Part of the features' units that is left out of each step at random, 0 to less than 1: keeps
    /// an estimator from leaning on a few of many features.
    pub feature_dropout: f64,
}

/// The estimator as a burn module, on standardised inputs.
#[derive(Module, Debug)]
struct EstimatorModule {
    hidden: Vec<Linear>,
    output: Linear,
}

/// Trains an estimator and returns its tensors, as the last epoch left them, under the names of
/// [`super::Estimator::load`]. The losses told are mean weighted costs of errors.
///
/// # Errors
/// Says that the loss left the finite numbers, that the device did not answer, or that `monitor`
/// ended the training.
pub async fn train(
    lesson: &EstimatorLesson<'_>,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
    learned: &mut impl FnMut(TrainingMoment),
) -> Result<Tensors, Halted> {
    let EstimatorLesson { architecture, rows, held_back, error_cost, feature_dropout } = *lesson;
    let form = &architecture.form;
    let inputs = Normalisation::of(&network_rows(form, rows), network_inputs(form, rows.width));
    monitor.checkpoint().await?;
    let training = prepared(form, rows, &inputs, device);
    let held_back = prepared(form, held_back, &inputs, device);
    let module =
        EstimatorModule::drawn(architecture, rows.width, settings.seed, &device.clone().autodiff());
    let course = Course { training, held_back, settings, device, loss_offset: 0.0 };
    let mut masks = seed::stream(settings.seed, 3);
    let step_loss = |module: &EstimatorModule, rows: Prepared| {
        let rows = with_dropout(rows, feature_dropout, &mut masks, device);
        loss(module, form, error_cost, &rows)
    };
    let whole_loss =
        |module: &EstimatorModule, rows: &Prepared| loss(module, form, error_cost, rows);
    let module = learn(module, &course, monitor, learned, step_loss, whole_loss).await?;
    tensors(&module.valid(), &inputs).await
}

/// The inputs that the network itself reads.
fn network_rows(form: &EstimatorForm, rows: &Examples) -> Vec<f32> {
    match form {
        EstimatorForm::Plain => rows.inputs.clone(),
        EstimatorForm::Monotone { .. } => {
            rows.inputs.chunks_exact(rows.width).flat_map(|row| &row[1..]).copied().collect()
        }
    }
}

/// How much of each output's chance counts at each row's share: 1 for no need, the part of an
/// interval below the share, 0 for a need that no share meets.
fn coverage(knots: &[f64], rows: &Examples) -> Vec<f32> {
    let mut coverage = Vec::with_capacity(rows.len() * (knots.len() + 1));
    for row in rows.inputs.chunks_exact(rows.width) {
        let share = f64::from(row[0]);
        coverage.push(1.0);
        coverage.extend(knots.windows(2).map(|interval| {
            let place = (share - interval[0]) / (interval[1] - interval[0]);
            place.clamp(0.0, 1.0) as f32
        }));
        coverage.push(0.0);
    }
    coverage
}

/// Standardised inputs of the network, rows x inputs; what each chance counts, rows x outputs, 1 for a
/// plain output; targets and weights, rows x 1 each.
type Prepared = DeviceRows<4>;

fn prepared(
    form: &EstimatorForm,
    rows: &Examples,
    inputs: &Normalisation,
    device: &Device,
) -> Prepared {
    let coverage = match form {
        EstimatorForm::Plain => vec![1.0; rows.len()],
        EstimatorForm::Monotone { knots } => coverage(knots, rows),
    };
    let columns = [
        (inputs.apply(&network_rows(form, rows)), inputs.mean.len()),
        (coverage, outputs(form)),
        (rows.targets.clone(), 1),
        (rows.weights.clone(), 1),
    ];
    DeviceRows::new(rows.len(), columns, device)
}

/// Some of the inputs replaced by their means, which are 0.
fn with_dropout(
    rows: Prepared,
    part: f64,
    generator: &mut impl seed::Rng,
    device: &Device,
) -> Prepared {
    if part <= 0.0 {
        return rows;
    }
    let [inputs, coverage, targets, weights] = rows.columns;
    let shape = inputs.dims();
    let mask: Vec<f32> = (0..shape[0] * shape[1])
        .map(|_| if seed::uniform(generator) < part { 0.0 } else { 1.0 })
        .collect();
    let mask: Tensor<2> = Tensor::from_data(TensorData::new(mask, shape), device);
    DeviceRows { count: rows.count, columns: [inputs * mask, coverage, targets, weights] }
}

impl EstimatorModule {
    /// Weights uniform in +-sqrt(6 / inputs) (He), half of that in the output, biases 0.
    fn drawn(
        architecture: &EstimatorArchitecture,
        inputs: usize,
        seed: u64,
        device: &Device,
    ) -> Self {
        let mut generator = seed::stream(seed, 1);
        let mut width = network_inputs(&architecture.form, inputs);
        let mut hidden = Vec::new();
        for units in &architecture.hidden {
            hidden.push(linear(&drawn_layer(width, *units, 1.0, &mut generator), device));
            width = *units;
        }
        let last = outputs(&architecture.form);
        let output = linear(&drawn_layer(width, last, 0.5, &mut generator), device);
        Self { hidden, output }
    }

    /// The satisfaction of each row, rows x 1; not cut at 0 and 1 in the plain form, so that a row
    /// beyond them still teaches.
    fn forward(&self, form: &EstimatorForm, rows: &Prepared) -> Tensor<2> {
        let [inputs, coverage, ..] = &rows.columns;
        let mut values = inputs.clone();
        for layer in &self.hidden {
            values = relu(layer.forward(values));
        }
        let values = self.output.forward(values);
        match form {
            EstimatorForm::Plain => values,
            EstimatorForm::Monotone { .. } => (softmax(values, 1) * coverage.clone()).sum_dim(1),
        }
    }
}

fn loss(
    module: &EstimatorModule,
    form: &EstimatorForm,
    error_cost: ErrorCost,
    rows: &Prepared,
) -> Tensor<1> {
    let [_, _, targets, weights] = &rows.columns;
    let errors = module.forward(form, rows) - targets.clone();
    let costs = match error_cost {
        ErrorCost::Absolute => errors.abs(),
        ErrorCost::Squared => errors.square(),
    };
    (costs * weights.clone()).mean()
}

async fn tensors(module: &EstimatorModule, inputs: &Normalisation) -> Result<Tensors, Halted> {
    let mut tensors = Tensors::new();
    for (index, layer) in module.hidden.iter().enumerate() {
        insert(&mut tensors, &format!("hidden.{index}"), layer).await?;
    }
    insert(&mut tensors, "output", &module.output).await?;
    inputs.insert_into(&mut tensors);
    Ok(tensors)
}
