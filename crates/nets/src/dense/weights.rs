//! The tensors of a dense network: `shared.0.weight`, `mean.hidden.weight`, `mean.output.weight`,
//! `deviation.*`, `logit.*`, and the normalisation `input.mean`, `input.deviation`,
//! `output.offset`, `output.scale`.

use slicewise_core::{InputError, ModelCard};

use crate::dense::head::Head;
use crate::dense::layer::{Layer, fold_input};
use crate::dense::network::Network;
use crate::files::WeightFile;

/// Smallest deviation, as a share of the output's scale: keeps a likelihood on repeated values finite.
pub const DEVIATION_FLOOR: f64 = 0.01;

/// Reads a weight file for `card` and builds the network.
///
/// # Errors
/// Says what is wrong: not a safetensors file, cut off, changed since the card was written, a
/// tensor missing, of another shape or type, or with a value that is not finite.
pub fn load(card: &ModelCard, bytes: &[u8]) -> Result<Network, InputError> {
    build(card, &WeightFile::open(bytes, &card.weights_fingerprint)?)
}

fn build(card: &ModelCard, file: &WeightFile) -> Result<Network, InputError> {
    let architecture = &card.architecture;
    let mut width = card.inputs.len();
    let mut layers = Vec::new();
    for (index, units) in architecture.shared.iter().enumerate() {
        layers.push(file.layer(&format!("shared.{index}"), width, *units)?);
        width = *units;
    }
    let heads = architecture.heads();
    let mut outputs = Vec::new();
    if architecture.head_hidden > 0 {
        let hidden = heads
            .iter()
            .map(|head| file.layer(&format!("{head}.hidden"), width, architecture.head_hidden))
            .collect::<Result<Vec<_>, _>>()?;
        layers.push(stacked(&hidden));
        width = architecture.head_hidden;
    }
    for head in heads {
        outputs.push(file.layer(&format!("{head}.output"), width, architecture.components)?);
    }
    let offset = file.tensor("output.offset", &[1])?[0];
    let scale = file.tensor("output.scale", &[1])?[0];
    rescale_mean(&mut outputs[0], offset, scale);
    layers.push(if architecture.head_hidden > 0 {
        block_diagonal(&outputs)
    } else {
        stacked(&outputs)
    });
    let mean = file.tensor("input.mean", &[card.inputs.len()])?;
    let deviation = file.tensor("input.deviation", &[card.inputs.len()])?;
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
