//! Weight files: safetensors with named tensors, checked against the model card.
//!
//! Names and layouts are PyTorch's (`weight` is outputs x inputs), so that a network trained there
//! can be brought here: `shared.0.weight`, `mean.hidden.weight`, `mean.output.weight`,
//! `deviation.*`, `logit.*`, and the normalisation `input.mean`, `input.deviation`,
//! `output.offset`, `output.scale`.

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use slicewise_core::card::check_fingerprint;
use slicewise_core::{InputError, ModelCard};

use crate::dense::head::Head;
use crate::dense::layer::Layer;
use crate::dense::network::Network;

/// Smallest deviation, as a share of the output's scale: keeps a likelihood on repeated values finite.
pub const DEVIATION_FLOOR: f64 = 0.01;

/// Tensors by name: shape and values, row by row.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Writes `tensors` as a safetensors file.
///
/// # Errors
/// Says which tensor has another number of values than its shape.
pub fn to_bytes(tensors: &Tensors) -> Result<Vec<u8>, InputError> {
    let bytes: BTreeMap<&str, (&[usize], Vec<u8>)> = tensors
        .iter()
        .map(|(name, (shape, values))| {
            (name.as_str(), (&shape[..], values.iter().flat_map(|v| v.to_le_bytes()).collect()))
        })
        .collect();
    let invalid = |error| InputError::new("weights", error, "values that fill the shape");
    let views = bytes
        .iter()
        .map(|(name, (shape, data))| {
            Ok((*name, TensorView::new(Dtype::F32, shape.to_vec(), data)?))
        })
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(invalid)?;
    safetensors::serialize(views, None).map_err(invalid)
}

/// Reads a weight file for `card` and builds the network.
///
/// # Errors
/// Says what is wrong: not a safetensors file, cut off, changed since the card was written, a
/// tensor missing, of another shape or type, or with a value that is not finite.
pub fn load(card: &ModelCard, bytes: &[u8]) -> Result<Network, InputError> {
    build(card, &Source::open(bytes, &card.weights_fingerprint)?)
}

/// A weight file whose fingerprint is the card's.
pub(crate) struct Source<'a> {
    file: SafeTensors<'a>,
}

impl<'a> Source<'a> {
    pub(crate) fn open(bytes: &'a [u8], expected: &str) -> Result<Self, InputError> {
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| InputError::new("weights", error, "a whole safetensors file"))?;
        check_fingerprint(bytes, expected)?;
        Ok(Self { file })
    }
}

impl Source<'_> {
    pub(crate) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f64>, InputError> {
        let field = || format!("tensor {name}");
        let view = self
            .file
            .tensor(name)
            .map_err(|_| InputError::new(field(), "missing", format!("shape {shape:?}")))?;
        if view.dtype() != Dtype::F32 {
            return Err(InputError::new(field(), format!("{:?}", view.dtype()), "F32"));
        }
        if view.shape() != shape {
            return Err(InputError::new(
                field(),
                format!("of shape {:?}", view.shape()),
                format!("shape {shape:?}"),
            ));
        }
        let values: Vec<f64> = view
            .data()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| f64::from(f32::from_le_bytes(*b)))
            .collect();
        match values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(InputError::new(field(), value, "finite numbers")),
            None => Ok(values),
        }
    }

    pub(crate) fn layer(
        &self,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Layer, InputError> {
        Ok(Layer {
            inputs,
            outputs,
            weight: self.tensor(&format!("{name}.weight"), &[outputs, inputs])?,
            bias: self.tensor(&format!("{name}.bias"), &[outputs])?,
        })
    }
}

fn build(card: &ModelCard, source: &Source) -> Result<Network, InputError> {
    let architecture = &card.architecture;
    let mut width = card.inputs.len();
    let mut layers = Vec::new();
    for (index, units) in architecture.shared.iter().enumerate() {
        layers.push(source.layer(&format!("shared.{index}"), width, *units)?);
        width = *units;
    }
    let heads = architecture.heads();
    let mut outputs = Vec::new();
    if architecture.head_hidden > 0 {
        let hidden = heads
            .iter()
            .map(|head| source.layer(&format!("{head}.hidden"), width, architecture.head_hidden))
            .collect::<Result<Vec<_>, _>>()?;
        layers.push(stacked(&hidden));
        width = architecture.head_hidden;
    }
    for head in heads {
        outputs.push(source.layer(&format!("{head}.output"), width, architecture.components)?);
    }
    let offset = source.tensor("output.offset", &[1])?[0];
    let scale = source.tensor("output.scale", &[1])?[0];
    rescale_mean(&mut outputs[0], offset, scale);
    layers.push(if architecture.head_hidden > 0 {
        block_diagonal(&outputs)
    } else {
        stacked(&outputs)
    });
    let mean = source.tensor("input.mean", &[card.inputs.len()])?;
    let deviation = source.tensor("input.deviation", &[card.inputs.len()])?;
    fold_input(&mut layers[0], &mean, &deviation)?;
    let head = Head {
        components: architecture.components,
        deviation_scale: scale,
        deviation_floor: DEVIATION_FLOOR * scale,
        better: card.output.better,
    };
    Ok(Network { card: card.clone(), layers, head })
}

/// Layers that read the same input, one below the other.
fn stacked(layers: &[Layer]) -> Layer {
    Layer {
        inputs: layers[0].inputs,
        outputs: layers.iter().map(|layer| layer.outputs).sum(),
        weight: layers.iter().flat_map(|layer| layer.weight.iter().copied()).collect(),
        bias: layers.iter().flat_map(|layer| layer.bias.iter().copied()).collect(),
    }
}

/// Layers that each read their own part of the input.
fn block_diagonal(layers: &[Layer]) -> Layer {
    let inputs: usize = layers.iter().map(|layer| layer.inputs).sum();
    let mut weight = Vec::new();
    let mut start = 0;
    for layer in layers {
        for row in layer.weight.chunks_exact(layer.inputs) {
            let mut whole = vec![0.0; inputs];
            whole[start..start + layer.inputs].copy_from_slice(row);
            weight.extend(whole);
        }
        start += layer.inputs;
    }
    let bias: Vec<f64> = layers.iter().flat_map(|layer| layer.bias.iter().copied()).collect();
    Layer { inputs, outputs: bias.len(), weight, bias }
}

fn rescale_mean(layer: &mut Layer, offset: f64, scale: f64) {
    layer.weight.iter_mut().for_each(|weight| *weight *= scale);
    layer.bias.iter_mut().for_each(|bias| *bias = offset + scale * *bias);
}

/// Rewrites the first layer so that it reads raw inputs instead of standardised ones.
pub(crate) fn fold_input(
    layer: &mut Layer,
    mean: &[f64],
    deviation: &[f64],
) -> Result<(), InputError> {
    if let Some(value) = deviation.iter().find(|deviation| **deviation <= 0.0) {
        return Err(InputError::new("tensor input.deviation", value, "more than 0"));
    }
    for (row, bias) in layer.weight.chunks_exact_mut(layer.inputs).zip(&mut layer.bias) {
        for ((weight, mean), deviation) in row.iter_mut().zip(mean).zip(deviation) {
            *weight /= deviation;
            *bias -= *weight * mean;
        }
    }
    Ok(())
}
