//! The weights of a graph network: one list of numbers, which training moves, with the scales of its inputs.

use std::ops::Range;

use slicewise_core::InputError;
use slicewise_core::seed::{Rng, uniform};

use super::{GATES, GraphShape, READOUT, UNITS};
use crate::files::Tensors;

/// A matrix or a bias of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A queue's inputs to its first state.
    QueueStart,
    /// Bias of the same.
    QueueStartBias,
    /// A path's inputs to its state before the first hop.
    PathStart,
    /// Bias of the same.
    PathStartBias,
    /// A hop's inputs to the gates of its path's unit.
    HopInput,
    /// Bias of the same.
    HopBias,
    /// The state of a hop's queue to these gates.
    HopQueue,
    /// The state of the path to these gates.
    HopState,
    /// A queue's inputs to the gates of its own unit.
    QueueInput,
    /// Bias of the same.
    QueueBias,
    /// The mean state of the paths before the queue to these gates.
    QueueMessage,
    /// The mean state of the queues of its link to these gates.
    QueueLink,
    /// The state of the queue to these gates.
    QueueState,
    /// The state of a path after a hop to the readout.
    ReadoutPath,
    /// The state of a queue to the readout.
    ReadoutQueue,
    /// A hop's inputs to the readout.
    ReadoutHopInput,
    /// A queue's inputs to the readout.
    ReadoutQueueInput,
    /// Bias of the readout.
    ReadoutBias,
    /// The readout to the corrections.
    Output,
    /// Bias of the same.
    OutputBias,
}

impl Part {
    /// All parts, in the order in which they lie.
    pub const ALL: [Self; 20] = [
        Self::QueueStart,
        Self::QueueStartBias,
        Self::PathStart,
        Self::PathStartBias,
        Self::HopInput,
        Self::HopBias,
        Self::HopQueue,
        Self::HopState,
        Self::QueueInput,
        Self::QueueBias,
        Self::QueueMessage,
        Self::QueueLink,
        Self::QueueState,
        Self::ReadoutPath,
        Self::ReadoutQueue,
        Self::ReadoutHopInput,
        Self::ReadoutQueueInput,
        Self::ReadoutBias,
        Self::Output,
        Self::OutputBias,
    ];

    /// Its name in a weight file.
    pub fn name(self) -> &'static str {
        match self {
            Self::QueueStart => "queue.start.weight",
            Self::QueueStartBias => "queue.start.bias",
            Self::PathStart => "path.start.weight",
            Self::PathStartBias => "path.start.bias",
            Self::HopInput => "path.gates.input.weight",
            Self::HopBias => "path.gates.bias",
            Self::HopQueue => "path.gates.queue.weight",
            Self::HopState => "path.gates.state.weight",
            Self::QueueInput => "queue.gates.input.weight",
            Self::QueueBias => "queue.gates.bias",
            Self::QueueMessage => "queue.gates.message.weight",
            Self::QueueLink => "queue.gates.link.weight",
            Self::QueueState => "queue.gates.state.weight",
            Self::ReadoutPath => "readout.path.weight",
            Self::ReadoutQueue => "readout.queue.weight",
            Self::ReadoutHopInput => "readout.hop_input.weight",
            Self::ReadoutQueueInput => "readout.queue_input.weight",
            Self::ReadoutBias => "readout.bias",
            Self::Output => "output.weight",
            Self::OutputBias => "output.bias",
        }
    }

    /// Inputs and outputs; a bias has one input.
    pub fn size(self, shape: &GraphShape) -> (usize, usize) {
        match self {
            Self::QueueStart => (shape.queue_inputs, UNITS),
            Self::PathStart => (shape.path_inputs, UNITS),
            Self::QueueStartBias | Self::PathStartBias => (1, UNITS),
            Self::HopInput => (shape.hop_inputs, GATES),
            Self::QueueInput => (shape.queue_inputs, GATES),
            Self::HopBias | Self::QueueBias => (1, GATES),
            Self::HopQueue
            | Self::HopState
            | Self::QueueMessage
            | Self::QueueLink
            | Self::QueueState => (UNITS, GATES),
            Self::ReadoutPath | Self::ReadoutQueue => (UNITS, READOUT),
            Self::ReadoutHopInput => (shape.hop_inputs, READOUT),
            Self::ReadoutQueueInput => (shape.queue_inputs, READOUT),
            Self::ReadoutBias => (1, READOUT),
            Self::Output => (READOUT, shape.reach.len()),
            Self::OutputBias => (1, shape.reach.len()),
        }
    }

    fn is_bias(self) -> bool {
        self.name().ends_with("bias")
    }
}

/// How inputs are brought to about one: cut to what was seen in training, less its mean, over its deviation.
#[derive(Clone, Debug, PartialEq)]
pub struct InputScale {
    /// Least value of each input.
    pub least: Vec<f64>,
    /// Largest value of each input.
    pub most: Vec<f64>,
    /// Mean of each input.
    pub mean: Vec<f64>,
    /// Deviation of each input; 1 where it never changes.
    pub deviation: Vec<f64>,
}

impl InputScale {
    /// Of rows of `width` inputs; the same for all rows where there are none.
    pub fn of<'a>(width: usize, rows: impl Iterator<Item = &'a [f64]> + Clone) -> Self {
        let count = rows.clone().count().max(1) as f64;
        let fold = |start: f64, with: fn(f64, f64) -> f64| {
            let mut found = vec![start; width];
            for row in rows.clone() {
                found.iter_mut().zip(row).for_each(|(found, value)| *found = with(*found, *value));
            }
            found
        };
        let mean: Vec<f64> =
            fold(0.0, |sum, value| sum + value).iter().map(|sum| sum / count).collect();
        let mut deviation = vec![0.0; width];
        for row in rows.clone() {
            for ((sum, value), mean) in deviation.iter_mut().zip(row).zip(&mean) {
                *sum += (value - mean) * (value - mean) / count;
            }
        }
        for deviation in &mut deviation {
            *deviation = if *deviation > 1e-12 { deviation.sqrt() } else { 1.0 };
        }
        Self {
            least: fold(f64::INFINITY, f64::min),
            most: fold(f64::NEG_INFINITY, f64::max),
            mean,
            deviation,
        }
    }

    /// Leaves inputs as they are, between -1e6 and 1e6.
    pub fn plain(width: usize) -> Self {
        Self {
            least: vec![-1e6; width],
            most: vec![1e6; width],
            mean: vec![0.0; width],
            deviation: vec![1.0; width],
        }
    }

    /// Brings rows of inputs to scale in `scaled`.
    pub(super) fn apply(&self, inputs: &[f64], scaled: &mut Vec<f64>) {
        scaled.clear();
        for row in inputs.chunks_exact(self.mean.len().max(1)) {
            let scaling = self.least.iter().zip(&self.most).zip(&self.mean).zip(&self.deviation);
            scaled.extend(row.iter().zip(scaling).map(
                |(value, (((least, most), mean), deviation))| {
                    (value.max(*least).min(*most) - mean) / deviation
                },
            ));
        }
    }

    fn tensor(&self) -> (Vec<usize>, Vec<f32>) {
        let rows = [&self.least, &self.most, &self.mean, &self.deviation];
        let values = rows.into_iter().flatten().map(|value| *value as f32).collect();
        (vec![4, self.mean.len()], values)
    }

    fn of_tensor(name: &str, values: &[f32]) -> Result<Self, InputError> {
        let width = values.len() / 4;
        let row = |index: usize| {
            values[index * width..(index + 1) * width]
                .iter()
                .map(|value| f64::from(*value))
                .collect()
        };
        let scale = Self { least: row(0), most: row(1), mean: row(2), deviation: row(3) };
        match scale.deviation.iter().find(|deviation| **deviation <= 0.0) {
            Some(found) => {
                Err(InputError::new(format!("tensor {name}"), found, "deviations above 0"))
            }
            None => Ok(scale),
        }
    }
}

/// A graph network.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphWeights {
    /// Its shape.
    pub shape: GraphShape,
    /// Scale of a queue's inputs.
    pub queue_scale: InputScale,
    /// Scale of a hop's inputs.
    pub hop_scale: InputScale,
    /// Scale of a path's inputs.
    pub path_scale: InputScale,
    /// All parts in the order of [`Part::ALL`]; each input by input, so that all outputs lie side by side.
    pub values: Vec<f64>,
}

const SCALES: [&str; 3] = ["queue.scale", "hop.scale", "path.scale"];

impl GraphWeights {
    /// Weights uniform in +-sqrt(1.5 / inputs), biases 0; the corrections begin near 0.
    pub fn drawn(shape: &GraphShape, generator: &mut impl Rng) -> Self {
        let mut values = Vec::new();
        for part in Part::ALL {
            let (inputs, outputs) = part.size(shape);
            let gain = match part {
                _ if part.is_bias() => 0.0,
                Part::Output => 0.02,
                // Three or four matrices feed the same gates.
                _ => 1.5,
            };
            let limit = libm::sqrt(gain / inputs as f64);
            let draw = |_| limit * (2.0 * uniform(generator) - 1.0);
            values.extend((0..inputs * outputs).map(draw));
        }
        Self {
            queue_scale: InputScale::plain(shape.queue_inputs),
            hop_scale: InputScale::plain(shape.hop_inputs),
            path_scale: InputScale::plain(shape.path_inputs),
            shape: shape.clone(),
            values,
        }
    }

    /// Where `part` lies in [`Self::values`].
    pub fn range(&self, part: Part) -> Range<usize> {
        range(&self.shape, part)
    }

    /// The numbers of `part`.
    pub fn part(&self, part: Part) -> &[f64] {
        &self.values[self.range(part)]
    }

    /// As tensors of a weight file, in PyTorch's layout (`weight` is outputs x inputs).
    pub fn tensors(&self) -> Tensors {
        let mut tensors = Tensors::new();
        for part in Part::ALL {
            let (inputs, outputs) = part.size(&self.shape);
            let values = self.part(part);
            let by_output = (0..inputs * outputs)
                .map(|at| values[(at % inputs) * outputs + at / inputs] as f32)
                .collect();
            let shape = if part.is_bias() { vec![outputs] } else { vec![outputs, inputs] };
            tensors.insert(part.name().to_owned(), (shape, by_output));
        }
        let scales = [&self.queue_scale, &self.hop_scale, &self.path_scale];
        for (name, scale) in SCALES.iter().zip(scales) {
            tensors.insert((*name).to_owned(), scale.tensor());
        }
        tensors
    }

    /// The network of `shape` in `tensors`.
    ///
    /// # Errors
    /// Names the tensor that is missing or of another shape.
    pub fn of_tensors(shape: &GraphShape, tensors: &Tensors) -> Result<Self, InputError> {
        shape.validate()?;
        let mut values = Vec::new();
        for part in Part::ALL {
            let (inputs, outputs) = part.size(shape);
            let sizes = if part.is_bias() { vec![outputs] } else { vec![outputs, inputs] };
            let by_output = tensor(tensors, part.name(), &sizes)?;
            let by_input = (0..inputs * outputs)
                .map(|at| f64::from(by_output[(at % outputs) * inputs + at / outputs]));
            values.extend(by_input);
        }
        let scale = |index: usize, width: usize| {
            InputScale::of_tensor(SCALES[index], tensor(tensors, SCALES[index], &[4, width])?)
        };
        Ok(Self {
            queue_scale: scale(0, shape.queue_inputs)?,
            hop_scale: scale(1, shape.hop_inputs)?,
            path_scale: scale(2, shape.path_inputs)?,
            shape: shape.clone(),
            values,
        })
    }
}

pub(super) fn range(shape: &GraphShape, part: Part) -> Range<usize> {
    let mut start = 0;
    for other in Part::ALL {
        let (inputs, outputs) = other.size(shape);
        if other == part {
            return start..start + inputs * outputs;
        }
        start += inputs * outputs;
    }
    start..start
}

fn tensor<'a>(tensors: &'a Tensors, name: &str, shape: &[usize]) -> Result<&'a [f32], InputError> {
    let field = || format!("tensor {name}");
    let allowed = || format!("shape {shape:?}");
    let Some((found, values)) = tensors.get(name) else {
        return Err(InputError::new(field(), "missing", allowed()));
    };
    if found != shape || values.len() != shape.iter().product::<usize>() {
        return Err(InputError::new(field(), format!("of shape {found:?}"), allowed()));
    }
    Ok(values)
}
