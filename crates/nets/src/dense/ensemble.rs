//! Training an ensemble of monotone networks with burn, on any device.
//!
//! Every member is a dense network of its own whose weights are held to the signs that
//! [`crate::dense::weights`] checks: the means of its mixture rise as the allocation gets better and
//! fall as traffic grows, while deviations and shares are the member's own and the same everywhere.
//! So its distribution function is monotone at every threshold. Members differ by what they were
//! shown: each leaves out some allocations whole, so that they part where little was measured.

use std::f32::consts::TAU;

use burn::module::{Module, Param};
use burn::tensor::activation::{log_softmax, relu, softplus};
use burn::tensor::{Device, Tensor, TensorData};
use slicewise_core::card::{Architecture, Better};
use slicewise_core::seed;
use slicewise_core::slice::training::TrainingMoment;
use slicewise_optim::{Halted, Monitor};

use crate::dense::training::Rows;
use crate::dense::weights::{input_signs, raw_deviation, unit_sign};
use crate::files::{Tensors, round_to_12_bits};
use crate::training::Settings;
use crate::training::epochs::{Course, DeviceRows, learn, read};
use crate::training::layers::Normalisation;

/// Smallest deviation while learning, as a share of the output's scale.
pub const LEARNT_FLOOR: f64 = 0.03;

/// What the members learn, and from what.
#[derive(Clone, Copy, Debug)]
pub struct EnsembleLesson<'a> {
    /// Shape of the ensemble.
    pub architecture: &'a Architecture,
    /// Which direction of the QoS is better.
    pub better: Better,
    /// Rows to learn from, at least one, in the network's scales.
    pub rows: &'a Rows,
    /// For each row, whether each member sees it: 1 or 0, row by row.
    pub seen: &'a [f32],
    /// Rows of the same width that are only looked at, after each epoch.
    pub held_back: &'a Rows,
}

/// The members as a burn module: all of them in each tensor.
#[derive(Module, Debug)]
struct EnsembleModule {
    /// Magnitudes of the weights, members x inputs x outputs, hidden layers first.
    weights: Vec<Param<Tensor<3>>>,
    /// Members x 1 x outputs.
    biases: Vec<Param<Tensor<3>>>,
    /// Raw deviations, members x 1 x components.
    deviation: Param<Tensor<3>>,
    /// Members x 1 x components.
    logit: Param<Tensor<3>>,
}

/// The signs of the weights of each layer, 1 x inputs x outputs.
struct Signs(Vec<Tensor<3>>);

impl Signs {
    fn new(lesson: &EnsembleLesson, device: &Device) -> Self {
        let mut from = input_signs(lesson.rows.width, lesson.better);
        let hidden = lesson.architecture.shared.iter();
        let hidden = hidden.map(|units| (0..*units).map(unit_sign).collect::<Vec<f64>>());
        let means = vec![1.0; lesson.architecture.components];
        let signs = hidden.chain([means]).map(|to| {
            let product = from.iter().flat_map(|a| to.iter().map(move |b| (a * b) as f32));
            let data = TensorData::new(product.collect::<Vec<f32>>(), [1, from.len(), to.len()]);
            from = to;
            Tensor::from_data(data, device)
        });
        Self(signs.collect())
    }
}

/// Trains the members and returns their tensors, as the last epoch left them, under the names of
/// [`crate::dense::weights`].
///
/// # Errors
/// Says that the loss left the finite numbers, that the device did not answer, or that `monitor`
/// ended the training.
pub async fn train_ensemble(
    lesson: &EnsembleLesson<'_>,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
    learned: &mut impl FnMut(TrainingMoment),
) -> Result<Tensors, Halted> {
    let rows = lesson.rows;
    let inputs = Normalisation::of(&rows.inputs, rows.width);
    let target = Normalisation::of(&rows.targets, 1);
    let members = lesson.architecture.monotone_members;
    let training = examples(rows, lesson.seen.to_vec(), &inputs, &target, device);
    let all = vec![1.0; lesson.held_back.len() * members];
    let held_back = examples(lesson.held_back, all, &inputs, &target, device);
    let autodiff = device.clone().autodiff();
    let module = drawn(lesson, settings.seed, &autodiff);
    let course = Course { training, held_back, settings, device, loss_offset: 0.0 };
    let (step_signs, signs) = (Signs::new(lesson, &autodiff), Signs::new(lesson, device));
    let step_loss = |module: &EnsembleModule, rows: Examples| loss(module, &step_signs, &rows);
    let whole_loss = |module: &EnsembleModule, rows: &Examples| loss(module, &signs, rows);
    let module = learn(module, &course, monitor, learned, step_loss, whole_loss).await?;
    tensors(&module.valid(), &signs, &inputs, &target).await
}

/// Standardised inputs, rows x inputs; targets, rows x 1; and who sees the row, rows x members.
type Examples = DeviceRows<3>;

fn examples(
    rows: &Rows,
    seen: Vec<f32>,
    inputs: &Normalisation,
    target: &Normalisation,
    device: &Device,
) -> Examples {
    let members = seen.len() / rows.len().max(1);
    let columns = [
        (inputs.apply(&rows.inputs), rows.width),
        (target.apply(&rows.targets), 1),
        (seen, members),
    ];
    DeviceRows::new(rows.len(), columns, device)
}

/// Magnitudes uniform from 0, biases normal, from one stream of `seed`; the components' means start
/// side by side.
fn drawn(lesson: &EnsembleLesson, seed: u64, device: &Device) -> EnsembleModule {
    let mut generator = seed::stream(seed, 1);
    let architecture = lesson.architecture;
    let (members, components) = (architecture.monotone_members, architecture.components);
    let tensor = |values: Vec<f32>, shape: [usize; 3]| {
        Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
    };
    let (mut weights, mut biases) = (Vec::new(), Vec::new());
    let mut width = lesson.rows.width;
    let units = architecture.shared.iter().chain([&components]);
    for (index, units) in units.enumerate() {
        let last = index == architecture.shared.len();
        let gain = if index == 0 { 2.0 } else { 1.0 };
        let most = if last { 0.6 } else { gain * 3f64.sqrt() } / (width as f64).sqrt();
        let magnitude = |_| (most * seed::uniform(&mut generator)) as f32;
        weights.push(tensor(
            (0..members * width * units).map(magnitude).collect(),
            [members, width, *units],
        ));
        let spread = if index == 0 { 1.0 } else { 0.3 };
        let bias = |index: usize| {
            if last {
                let step = 2.5 / components.saturating_sub(1).max(1) as f64;
                return (step * (index % components) as f64 - 1.5) as f32;
            }
            (spread * seed::normal(&mut generator)) as f32
        };
        biases.push(tensor((0..members * units).map(bias).collect(), [members, 1, *units]));
        width = *units;
    }
    let constant = |value: f32| tensor(vec![value; members * components], [members, 1, components]);
    EnsembleModule { weights, biases, deviation: constant(-0.5), logit: constant(0.0) }
}

/// Means of every member's components, members x rows x components.
fn means(module: &EnsembleModule, signs: &Signs, inputs: &Tensor<2>) -> Tensor<3> {
    let [rows, width] = inputs.dims();
    let members = module.deviation.dims()[0];
    let mut values = inputs.clone().reshape([1, rows, width]).expand([members, rows, width]);
    let layers = module.weights.iter().zip(&module.biases).zip(&signs.0);
    for (index, ((weight, bias), signs)) in layers.enumerate() {
        if index > 0 {
            values = relu(values);
        }
        values = values.matmul(weight.val().abs() * signs.clone()) + bias.val();
    }
    values
}

fn deviations(module: &EnsembleModule) -> Tensor<3> {
    softplus(module.deviation.val(), 1.0).add_scalar(LEARNT_FLOOR)
}

/// Mean negative log-likelihood of standardised targets under each member alone, over the rows that
/// it sees.
fn loss(module: &EnsembleModule, signs: &Signs, examples: &Examples) -> Tensor<1> {
    let [inputs, targets, seen] = &examples.columns;
    let mean = means(module, signs, inputs);
    let [members, rows, _] = mean.dims();
    let deviation = deviations(module);
    let z = (targets.clone().reshape([1, rows, 1]) - mean) / deviation.clone();
    let log_normal = z.powi_scalar(2).mul_scalar(-0.5) - deviation.log() - 0.5 * TAU.ln();
    let terms = log_softmax(module.logit.val(), 2) + log_normal;
    let highest = terms.clone().detach().max_dim(2);
    let likelihood = ((terms - highest.clone()).exp().sum_dim(2).log() + highest)
        .reshape([members, rows])
        .transpose();
    (likelihood * seen.clone()).sum().neg() / seen.clone().sum().clamp_min(1.0)
}

async fn tensors(
    module: &EnsembleModule,
    signs: &Signs,
    inputs: &Normalisation,
    target: &Normalisation,
) -> Result<Tensors, Halted> {
    let mut tensors = Tensors::new();
    let hidden = module.weights.len() - 1;
    for (index, (weight, bias)) in module.weights.iter().zip(&module.biases).enumerate() {
        let name = if index == hidden { "mean".to_owned() } else { format!("hidden.{index}") };
        let weight = (weight.val().abs() * signs.0[index].clone()).swap_dims(1, 2);
        let shape = weight.dims().to_vec();
        tensors.insert(format!("{name}.weight"), (shape, read(weight).await?));
        let [members, _, units] = bias.dims();
        tensors.insert(format!("{name}.bias"), (vec![members, units], read(bias.val()).await?));
    }
    let [members, _, components] = module.deviation.dims();
    let learnt = read(deviations(module)).await?;
    let raw = learnt.iter().map(|deviation| raw_deviation(f64::from(*deviation)) as f32).collect();
    tensors.insert("deviation".to_owned(), (vec![members, components], raw));
    let logits = read(module.logit.val()).await?;
    tensors.insert("logit".to_owned(), (vec![members, components], logits));
    inputs.insert_into(&mut tensors);
    tensors.insert("output.offset".to_owned(), (vec![1], target.mean.clone()));
    tensors.insert("output.scale".to_owned(), (vec![1], target.deviation.clone()));
    tensors.values_mut().for_each(|(_, values)| values.iter_mut().for_each(round_to_12_bits));
    Ok(tensors)
}
