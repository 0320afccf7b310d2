//! Training a dense network with a Gaussian or mixture head, with burn on any device.

use std::f32::consts::TAU;

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::{log_softmax, relu, softplus};
use burn::tensor::{Device, Tensor};
use slicewise_core::InputError;
use slicewise_core::card::Architecture;
use slicewise_core::seed;
use slicewise_core::slice::training::TrainingMoment;
use slicewise_optim::{Halted, Monitor};

use crate::dense::layer::Layer;
use crate::dense::network::Network;
use crate::dense::weights::DEVIATION_FLOOR;
use crate::files::Tensors;
use crate::training::Settings;
use crate::training::epochs::{Course, DeviceRows, learn};
use crate::training::layers::{Normalisation, drawn_layer, insert, linear};

/// Rows to learn from, in the network's scale.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Inputs per row.
    pub width: usize,
    /// Inputs, row by row.
    pub inputs: Vec<f32>,
    /// QoS of each row.
    pub targets: Vec<f32>,
}

impl Rows {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }
}

/// What is learned, and from what.
#[derive(Clone, Copy, Debug)]
pub struct Lesson<'a> {
    /// Shape of the network.
    pub architecture: &'a Architecture,
    /// Rows to learn from, at least one.
    pub rows: &'a Rows,
    /// Rows of the same width that are only looked at, after each epoch.
    pub held_back: &'a Rows,
    /// A network of the same shape to start from; without it the weights are drawn at random.
    pub start: Option<&'a Network>,
}

/// The network as a burn module, on standardised inputs and targets.
#[derive(Module, Debug)]
struct DenseModule {
    shared: Vec<Linear>,
    /// Hidden layer of each head, empty where the heads read the last shared layer.
    hidden: Vec<Linear>,
    /// Output layer of each head.
    output: Vec<Linear>,
}

/// Trains a network and returns its tensors, as the last epoch left them, under the names of
/// [`crate::dense::weights`].
///
/// Losses are those of targets standardised by the training rows' mean and deviation. A network to
/// start from keeps the scale of its output, in which its deviations live; everything else is
/// rewritten to the rows' own normalisation, and the losses stay comparable with a fresh training's.
///
/// # Errors
/// Names what does not fit in the lesson, says that the loss left the finite numbers, that the
/// device did not answer, or that `monitor` ended the training.
pub async fn train(
    lesson: &Lesson<'_>,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
    learned: &mut impl FnMut(TrainingMoment),
) -> Result<Tensors, Halted> {
    let Lesson { architecture, rows, held_back, start } = *lesson;
    let inputs = Normalisation::of(&rows.inputs, rows.width);
    let measured = Normalisation::of(&rows.targets, 1);
    let mut target = measured.clone();
    let weights = match start {
        Some(network) => {
            check_fit(network, lesson)?;
            target.deviation = vec![network.head.deviation_scale as f32];
            rewritten(network, &inputs, &target)
        }
        None => drawn(architecture, rows.width, settings.seed),
    };
    let rescaling = f64::from(target.deviation[0] / measured.deviation[0]).ln();
    monitor.checkpoint().await?;
    let training = examples(rows, &inputs, &target, device);
    monitor.checkpoint().await?;
    let held_back = examples(held_back, &inputs, &target, device);
    let module = DenseModule::new(&weights, &device.clone().autodiff());
    let course = Course { training, held_back, settings, device, loss_offset: rescaling };
    let step_loss = |module: &DenseModule, rows: Examples| loss(module, architecture, &rows);
    let whole_loss = |module: &DenseModule, rows: &Examples| loss(module, architecture, rows);
    let module = learn(module, &course, monitor, learned, step_loss, whole_loss).await?;
    tensors(&module.valid(), architecture, &inputs, &target).await
}

/// Standardised inputs, rows x inputs, and targets, rows x 1.
type Examples = DeviceRows<2>;

fn examples(
    rows: &Rows,
    inputs: &Normalisation,
    target: &Normalisation,
    device: &Device,
) -> Examples {
    let columns = [(inputs.apply(&rows.inputs), rows.width), (target.apply(&rows.targets), 1)];
    DeviceRows::new(rows.len(), columns, device)
}

/// The layers of a network on standardised inputs and targets.
struct Weights {
    shared: Vec<Layer>,
    hidden: Vec<Layer>,
    output: Vec<Layer>,
}

/// Weights uniform in +-sqrt(6 / inputs) (He), biases 0, from one stream of `seed`.
fn drawn(architecture: &Architecture, inputs: usize, seed: u64) -> Weights {
    let mut generator = seed::stream(seed, 1);
    let mut layer = |inputs, outputs, gain| drawn_layer(inputs, outputs, gain, &mut generator);
    let mut width = inputs;
    let mut shared = Vec::new();
    for units in &architecture.shared {
        shared.push(layer(width, *units, 1.0));
        width = *units;
    }
    let heads = architecture.heads();
    let mut hidden = Vec::new();
    if architecture.head_hidden > 0 {
        hidden = heads.iter().map(|_| layer(width, architecture.head_hidden, 1.0)).collect();
        width = architecture.head_hidden;
    }
    let output = heads.iter().map(|_| layer(width, architecture.components, 0.5)).collect();
    Weights { shared, hidden, output }
}

fn check_fit(network: &Network, lesson: &Lesson) -> Result<(), InputError> {
    let card = &network.card;
    if card.architecture != *lesson.architecture {
        let allowed = format!("{:?}, as in {}", card.architecture, card.name);
        let found = format!("{:?}", lesson.architecture);
        return Err(InputError::new("architecture", found, allowed));
    }
    if network.inputs() != lesson.rows.width {
        let allowed = format!("{} inputs, as in {}", network.inputs(), card.name);
        return Err(InputError::new("inputs", format!("{} inputs", lesson.rows.width), allowed));
    }
    Ok(())
}

/// The layers of `network`, which reads and gives plain numbers, for standardised ones: the
/// reverse of what [`crate::dense::weights::load`] does, with another normalisation.
fn rewritten(network: &Network, inputs: &Normalisation, target: &Normalisation) -> Weights {
    let architecture = &network.card.architecture;
    let heads = architecture.heads().len();
    let mut shared = network.layers[..architecture.shared.len()].to_vec();
    for layer in &mut shared[..1] {
        standardise_inputs(layer, inputs);
    }
    let hidden_units = architecture.head_hidden;
    let hidden = match network.layers.get(architecture.shared.len()) {
        Some(layer) if hidden_units > 0 => (0..heads)
            .map(|head| block(layer, head * hidden_units, hidden_units, 0, layer.inputs))
            .collect(),
        _ => Vec::new(),
    };
    let last = &network.layers[network.layers.len() - 1];
    let mut output: Vec<Layer> = (0..heads)
        .map(|head| {
            let (first, width) = if hidden_units > 0 {
                (head * hidden_units, hidden_units)
            } else {
                (0, last.inputs)
            };
            block(last, head * architecture.components, architecture.components, first, width)
        })
        .collect();
    let (offset, scale) = (f64::from(target.mean[0]), f64::from(target.deviation[0]));
    output[0].weight.iter_mut().for_each(|weight| *weight /= scale);
    output[0].bias.iter_mut().for_each(|bias| *bias = (*bias - offset) / scale);
    Weights { shared, hidden, output }
}

/// `outputs` rows from `row` on and `inputs` columns from `column` on.
fn block(layer: &Layer, row: usize, outputs: usize, column: usize, inputs: usize) -> Layer {
    let rows = layer.weight.chunks_exact(layer.inputs).skip(row).take(outputs);
    Layer {
        inputs,
        outputs,
        weight: rows.flat_map(|row| &row[column..column + inputs]).copied().collect(),
        bias: layer.bias[row..row + outputs].to_vec(),
    }
}

/// Rewrites a layer of plain inputs so that it reads standardised ones.
fn standardise_inputs(layer: &mut Layer, inputs: &Normalisation) {
    for (row, bias) in layer.weight.chunks_exact_mut(layer.inputs).zip(&mut layer.bias) {
        for ((weight, mean), deviation) in row.iter_mut().zip(&inputs.mean).zip(&inputs.deviation) {
            *bias += *weight * f64::from(*mean);
            *weight *= f64::from(*deviation);
        }
    }
}

impl DenseModule {
    fn new(weights: &Weights, device: &Device) -> Self {
        let linear = |layer: &Layer| linear(layer, device);
        Self {
            shared: weights.shared.iter().map(linear).collect(),
            hidden: weights.hidden.iter().map(linear).collect(),
            output: weights.output.iter().map(linear).collect(),
        }
    }
}

/// Mean negative log-likelihood of standardised targets (MicroOpt, equation 4).
fn loss(module: &DenseModule, architecture: &Architecture, examples: &Examples) -> Tensor<1> {
    let [inputs, targets] = &examples.columns;
    let mut shared = inputs.clone();
    for layer in &module.shared {
        shared = relu(layer.forward(shared));
    }
    let head = |index: usize| {
        let last = match module.hidden.get(index) {
            Some(hidden) => relu(hidden.forward(shared.clone())),
            None => shared.clone(),
        };
        module.output[index].forward(last)
    };
    let mean = head(0);
    let deviation = softplus(head(1), 1.0).add_scalar(DEVIATION_FLOOR);
    let z = (targets.clone() - mean) / deviation.clone();
    let log_normal = z.powi_scalar(2).mul_scalar(-0.5) - deviation.log() - 0.5 * TAU.ln();
    if architecture.components == 1 {
        return log_normal.mean().neg();
    }
    let terms = log_softmax(head(2), 1) + log_normal;
    let highest = terms.clone().detach().max_dim(1);
    let sum = (terms - highest.clone()).exp().sum_dim(1);
    (sum.log() + highest).mean().neg()
}

async fn tensors(
    module: &DenseModule,
    architecture: &Architecture,
    inputs: &Normalisation,
    target: &Normalisation,
) -> Result<Tensors, Halted> {
    let mut tensors = Tensors::new();
    for (index, layer) in module.shared.iter().enumerate() {
        insert(&mut tensors, &format!("shared.{index}"), layer).await?;
    }
    for (index, head) in architecture.heads().iter().enumerate() {
        if let Some(hidden) = module.hidden.get(index) {
            insert(&mut tensors, &format!("{head}.hidden"), hidden).await?;
        }
        insert(&mut tensors, &format!("{head}.output"), &module.output[index]).await?;
    }
    inputs.insert_into(&mut tensors);
    tensors.insert("output.offset".to_owned(), (vec![1], target.mean.clone()));
    tensors.insert("output.scale".to_owned(), (vec![1], target.deviation.clone()));
    Ok(tensors)
}
