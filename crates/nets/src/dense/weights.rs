//! The tensors of a dense network: `shared.0.weight`, `mean.hidden.weight`, `mean.output.weight`,
//! `deviation.*`, `logit.*`, and the normalisation `input.mean`, `input.deviation`,
//! `output.offset`, `output.scale`. Of an ensemble: `hidden.0.weight` (members x outputs x inputs) and
//! `hidden.0.bias` (members x outputs) of each layer, `mean.weight`, `mean.bias`, and `deviation` and
//! `logit` (members x components), which no row moves.

use slicewise_core::card::Better;
use slicewise_core::{InputError, ModelCard};

use crate::dense::head::{Fixed, Head, MOST_COMPONENTS};
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
    let file = WeightFile::open(bytes, &card.weights_fingerprint)?;
    if card.architecture.monotone_members > 0 {
        return build_ensemble(card, &file);
    }
    build(card, &file)
}

/// +1 for a unit of an ensemble that rises as the allocation gets better, -1 for one that falls:
/// rectifiers of both kinds together can bend either way, and stay monotone.
pub(crate) fn unit_sign(unit: usize) -> f64 {
    if unit.is_multiple_of(2) { 1.0 } else { -1.0 }
}

/// In which direction each input moves the mean of the QoS: the traffic, then the resources.
pub(crate) fn input_signs(inputs: usize, better: Better) -> Vec<f64> {
    let sign = if better == Better::Higher { 1.0 } else { -1.0 };
    (0..inputs).map(|input| if input == 0 { -sign } else { sign }).collect()
}

fn build_ensemble(card: &ModelCard, file: &WeightFile) -> Result<Network, InputError> {
    let architecture = &card.architecture;
    let (members, components) = (architecture.monotone_members, architecture.components);
    let better = card.output.better;
    let mut signs = input_signs(card.inputs.len(), better);
    let mut layers = Vec::new();
    for (index, units) in architecture.shared.iter().enumerate() {
        let name = format!("hidden.{index}");
        let unit_signs: Vec<f64> = (0..*units).map(unit_sign).collect();
        let parts = member_layers(file, &name, members, &signs, &unit_signs)?;
        layers.push(if index == 0 { stacked(&parts) } else { block_diagonal(&parts) });
        signs = unit_signs;
    }
    let offset = file.tensor("output.offset", &[1])?[0];
    let scale = file.tensor("output.scale", &[1])?[0];
    let mut means = member_layers(file, "mean", members, &signs, &vec![1.0; components])?;
    means.iter_mut().for_each(|layer| rescale_mean(layer, offset, scale));
    let mut last = block_diagonal(&means);
    let raw = file.tensor("deviation", &[members, components])?;
    let mut logits = file.tensor("logit", &[members, components])?;
    logits.chunks_exact_mut(components).for_each(to_log_shares);
    for constant in raw.iter().chain(&logits) {
        last.weight.extend(std::iter::repeat_n(0.0, last.inputs));
        last.bias.push(*constant);
    }
    last.outputs = last.bias.len();
    layers.push(last);
    let mean = file.tensor("input.mean", &[card.inputs.len()])?;
    let deviation = file.tensor("input.deviation", &[card.inputs.len()])?;
    fold_input(&mut layers[0], &mean, &deviation)?;
    let mut head = Head {
        components: members * components,
        deviation_scale: scale,
        deviation_floor: DEVIATION_FLOOR * scale,
        better,
        fixed: None,
    };
    let mut fixed = Fixed { deviations: [1.0; MOST_COMPONENTS], shares: [0.0; MOST_COMPONENTS] };
    for (deviation, raw) in fixed.deviations.iter_mut().zip(&raw) {
        *deviation = head.deviation(*raw);
    }
    head.shares(&layers[layers.len() - 1].bias, &mut fixed.shares[..head.components]);
    head.fixed = Some(fixed);
    Ok(Network { card: card.clone(), layers, head })
}

/// One layer of each member, whose weights carry the units of signs `from` to those of signs `to`.
fn member_layers(
    file: &WeightFile,
    name: &str,
    members: usize,
    from: &[f64],
    to: &[f64],
) -> Result<Vec<Layer>, InputError> {
    let (inputs, outputs) = (from.len(), to.len());
    let weights = file.tensor(&format!("{name}.weight"), &[members, outputs, inputs])?;
    let biases = file.tensor(&format!("{name}.bias"), &[members, outputs])?;
    let wrong = |(index, weight): &(usize, &f64)| {
        **weight * from[index % inputs] * to[index / inputs % outputs] < 0.0
    };
    if let Some((_, weight)) = weights.iter().enumerate().find(wrong) {
        let allowed = "a weight that keeps the network monotone";
        return Err(InputError::new(format!("tensor {name}.weight"), weight, allowed));
    }
    let parts = weights.chunks_exact(inputs * outputs).zip(biases.chunks_exact(outputs));
    Ok(parts
        .map(|(weight, bias)| Layer {
            inputs,
            outputs,
            weight: weight.to_vec(),
            bias: bias.to_vec(),
        })
        .collect())
}

/// Logits as the logarithms of shares that sum to 1.
fn to_log_shares(logits: &mut [f64]) {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|logit| libm::exp(logit - highest)).sum();
    let shift = highest + libm::log(sum);
    logits.iter_mut().for_each(|logit| *logit -= shift);
}

/// The raw deviation that stands for `deviation`, both as shares of the output's scale.
#[cfg(any(feature = "burn", test))]
pub(crate) fn raw_deviation(deviation: f64) -> f64 {
    let soft = (deviation - DEVIATION_FLOOR).max(1e-6);
    soft + libm::log(-libm::expm1(-soft))
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
        fixed: None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dense::head::softplus;

    #[test]
    fn a_raw_deviation_gives_its_deviation_back() {
        for deviation in [0.011, 0.05, 1.0, 20.0] {
            let found = softplus(raw_deviation(deviation)) + DEVIATION_FLOOR;
            assert!((found - deviation).abs() < 1e-12, "{deviation} {found}");
        }
    }
}
