//! Training an estimator of satisfaction on weighted errors, with burn on any device.

use burn::module::Module;
use burn::nn::Linear;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, Int, Tensor, TensorData};
use slicewise_core::InputError;
use slicewise_core::cells::card::{EstimatorArchitecture, EstimatorForm};
use slicewise_core::seed;
use slicewise_core::training::TrainingMoment;

use super::{network_inputs, outputs};
use crate::training::{
    EVALUATED_ROWS, Normalisation, Settings, TrainingError, Watcher, breathe, drawn_layer, first,
    insert, learning_rate, linear, shuffle, whole_batches,
};
use crate::weights::Tensors;

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

/// What an error costs, and so what is learnt of a satisfaction that the features leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCost {
    /// Its size: the median is learnt.
    Absolute,
    /// Its square: the mean is learnt.
    Squared,
}

/// What is learnt, and from what.
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
/// Says that the loss left the finite numbers, that the device did not answer, or that `watcher`
/// ended the training.
pub async fn train(
    lesson: &EstimatorLesson<'_>,
    settings: &Settings,
    device: &Device,
    watcher: &mut impl Watcher,
) -> Result<Tensors, TrainingError> {
    let EstimatorLesson { architecture, rows, held_back, error_cost, feature_dropout } = *lesson;
    let form = &architecture.form;
    let inputs = Normalisation::of(&network_rows(form, rows), network_inputs(form, rows.width));
    breathe(watcher).await?;
    let training = Prepared::new(form, rows, &inputs, device);
    let held_back = Prepared::new(form, held_back, &inputs, device);
    let mut module =
        EstimatorModule::drawn(architecture, rows.width, settings.seed, &device.clone().autodiff());
    let mut optimiser: ModuleOptimizer =
        AdamWConfig::new().with_weight_decay(settings.weight_decay).init();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut generator = seed::stream(settings.seed, 2);
    let mut masks = seed::stream(settings.seed, 3);
    for epoch in 0..settings.epochs {
        shuffle(&mut order, &mut generator);
        let rate = learning_rate(settings, epoch);
        let mut total = Tensor::<1>::zeros([1], device);
        for block in order.chunks(whole_batches(settings.batch)) {
            let block = training.in_order(block, device);
            for part in block.parts(settings.batch) {
                let part = part.with_dropout(feature_dropout, &mut masks, device);
                let loss = loss(&module, form, error_cost, &part);
                total = total + loss.clone().inner().mul_scalar(part.count as f64);
                let gradients = GradientsParams::from_grads(loss.backward(), &module);
                module = optimiser.step(rate, module, gradients);
                breathe(watcher).await?;
            }
        }
        let training_loss = first(total).await? / rows.len() as f64;
        let held_back_loss =
            mean_loss(&module, form, error_cost, &held_back, device, watcher).await?;
        if !training_loss.is_finite() {
            let allowed = format!("less: the loss is no number any more in epoch {}", epoch + 1);
            return Err(InputError::new("learning_rate", settings.learning_rate, allowed).into());
        }
        let (epoch, epochs) = (epoch + 1, settings.epochs);
        watcher.learned(TrainingMoment { epoch, epochs, training_loss, held_back_loss });
    }
    tensors(&module.valid(), inputs).await
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

/// Standardised rows on a device.
struct Prepared {
    count: usize,
    /// Rows x inputs of the network.
    inputs: Tensor<2>,
    /// Rows x outputs: what each chance counts; a plain output counts 1.
    coverage: Tensor<2>,
    /// Rows x 1.
    targets: Tensor<2>,
    /// Rows x 1.
    weights: Tensor<2>,
}

impl Prepared {
    fn new(form: &EstimatorForm, rows: &Examples, inputs: &Normalisation, device: &Device) -> Self {
        let tensor = |values: Vec<f32>, width: usize| {
            Tensor::from_data(TensorData::new(values, [rows.len(), width]), device)
        };
        let coverage = match form {
            EstimatorForm::Plain => vec![1.0; rows.len()],
            EstimatorForm::Monotone { knots } => coverage(knots, rows),
        };
        Self {
            count: rows.len(),
            inputs: tensor(inputs.apply(&network_rows(form, rows)), inputs.mean.len()),
            coverage: tensor(coverage, outputs(form)),
            targets: tensor(rows.targets.clone(), 1),
            weights: tensor(rows.weights.clone(), 1),
        }
    }

    fn map(&self, count: usize, part: impl Fn(&Tensor<2>) -> Tensor<2>) -> Self {
        Self {
            count,
            inputs: part(&self.inputs),
            coverage: part(&self.coverage),
            targets: part(&self.targets),
            weights: part(&self.weights),
        }
    }

    /// The rows `order`, in that order.
    fn in_order(&self, order: &[usize], device: &Device) -> Self {
        let indices: Vec<i32> = order.iter().map(|row| *row as i32).collect();
        let indices: Tensor<1, Int> =
            Tensor::from_data(TensorData::new(indices, [order.len()]), device);
        self.map(order.len(), |tensor| tensor.clone().select(0, indices.clone()))
    }

    /// Parts of `size` rows, the last of what is left.
    fn parts(&self, size: usize) -> impl Iterator<Item = Self> {
        (0..self.count).step_by(size).map(move |start| {
            let count = size.min(self.count - start);
            self.map(count, |tensor| tensor.clone().narrow(0, start, count))
        })
    }

    /// Some of the inputs replaced by their means, which are 0.
    fn with_dropout(mut self, part: f64, generator: &mut impl seed::Rng, device: &Device) -> Self {
        if part > 0.0 {
            let shape = self.inputs.dims();
            let mask: Vec<f32> = (0..shape[0] * shape[1])
                .map(|_| if seed::uniform(generator) < part { 0.0 } else { 1.0 })
                .collect();
            let mask: Tensor<2> = Tensor::from_data(TensorData::new(mask, shape), device);
            self.inputs = self.inputs * mask;
        }
        self
    }
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
        let mut values = rows.inputs.clone();
        for layer in &self.hidden {
            values = relu(layer.forward(values));
        }
        let values = self.output.forward(values);
        match form {
            EstimatorForm::Plain => values,
            EstimatorForm::Monotone { .. } => {
                (softmax(values, 1) * rows.coverage.clone()).sum_dim(1)
            }
        }
    }
}

fn loss(
    module: &EstimatorModule,
    form: &EstimatorForm,
    error_cost: ErrorCost,
    rows: &Prepared,
) -> Tensor<1> {
    let errors = module.forward(form, rows) - rows.targets.clone();
    let costs = match error_cost {
        ErrorCost::Absolute => errors.abs(),
        ErrorCost::Squared => errors.square(),
    };
    (costs * rows.weights.clone()).mean()
}

/// Mean loss of `rows`; NaN where there is none.
async fn mean_loss(
    module: &EstimatorModule,
    form: &EstimatorForm,
    error_cost: ErrorCost,
    rows: &Prepared,
    device: &Device,
    watcher: &impl Watcher,
) -> Result<f64, TrainingError> {
    let module = module.valid();
    let mut total = Tensor::<1>::zeros([1], device);
    for part in rows.parts(EVALUATED_ROWS) {
        total = total + loss(&module, form, error_cost, &part).mul_scalar(part.count as f64);
        breathe(watcher).await?;
    }
    Ok(first(total).await? / rows.count as f64)
}

async fn tensors(
    module: &EstimatorModule,
    inputs: Normalisation,
) -> Result<Tensors, TrainingError> {
    let mut tensors = Tensors::new();
    for (index, layer) in module.hidden.iter().enumerate() {
        insert(&mut tensors, &format!("hidden.{index}"), layer).await?;
    }
    insert(&mut tensors, "output", &module.output).await?;
    let width = inputs.mean.len();
    tensors.insert("input.mean".to_owned(), (vec![width], inputs.mean));
    tensors.insert("input.deviation".to_owned(), (vec![width], inputs.deviation));
    Ok(tensors)
}
