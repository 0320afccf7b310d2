//! Weight files of recurrent networks and dense stacks: safetensors with PyTorch's layouts.
//!
//! Names under a prefix: `branch.0.weight_ih_l0` (4 units x inputs), `weight_hh_l0`, `bias_l0` (the
//! sum of PyTorch's two), `head.weight`, `head.bias`; `layer.0.weight` and so on for a dense stack.

use slicewise_core::InputError;

use crate::dense::layer::Layer;
use crate::files::Tensors;

use super::{DenseStack, LstmLayer, Recurrent, RecurrentShape};

/// Adds the tensors of `network` under `prefix`.
pub fn write_recurrent(tensors: &mut Tensors, prefix: &str, network: &Recurrent) {
    for (number, branch) in network.branches.iter().enumerate() {
        for (index, layer) in branch.iter().enumerate() {
            let gates = 4 * layer.units;
            let mut put = |name: &str, shape: Vec<usize>, values: &[f64]| {
                let name = format!("{prefix}branch.{number}.{name}_l{index}");
                tensors.insert(name, (shape, narrowed(values)));
            };
            put("weight_ih", vec![gates, layer.inputs], &layer.weight_input);
            put("weight_hh", vec![gates, layer.units], &layer.weight_hidden);
            put("bias", vec![gates], &layer.bias);
        }
    }
    write_layer(tensors, &format!("{prefix}head"), &network.head);
}

/// Adds the tensors of `stack` under `prefix`.
pub fn write_dense_stack(tensors: &mut Tensors, prefix: &str, stack: &DenseStack) {
    for (index, layer) in stack.layers.iter().enumerate() {
        write_layer(tensors, &format!("{prefix}layer.{index}"), layer);
    }
}

/// The network of `shape` under `prefix`.
///
/// # Errors
/// Names the tensor that is missing or of another shape.
pub fn read_recurrent(
    tensors: &Tensors,
    prefix: &str,
    shape: &RecurrentShape,
) -> Result<Recurrent, InputError> {
    let mut branches = Vec::new();
    for number in 0..shape.branches {
        let mut branch = Vec::new();
        for (index, (inputs, units)) in shape.layers().enumerate() {
            let get = |name: &str, shape: &[usize]| {
                tensor(tensors, &format!("{prefix}branch.{number}.{name}_l{index}"), shape)
            };
            branch.push(LstmLayer {
                inputs,
                units,
                weight_input: get("weight_ih", &[4 * units, inputs])?,
                weight_hidden: get("weight_hh", &[4 * units, units])?,
                bias: get("bias", &[4 * units])?,
            });
        }
        branches.push(branch);
    }
    let head = read_layer(tensors, &format!("{prefix}head"), shape.head_inputs(), shape.outputs)?;
    Ok(Recurrent { branches, head })
}

/// The stack with these widths under `prefix`.
///
/// # Errors
/// Names the tensor that is missing or of another shape.
pub fn read_dense_stack(
    tensors: &Tensors,
    prefix: &str,
    inputs: usize,
    hidden: &[usize],
    outputs: usize,
) -> Result<DenseStack, InputError> {
    let mut width = inputs;
    let mut layers = Vec::new();
    for (index, units) in hidden.iter().copied().chain([outputs]).enumerate() {
        layers.push(read_layer(tensors, &format!("{prefix}layer.{index}"), width, units)?);
        width = units;
    }
    Ok(DenseStack { layers })
}

fn narrowed(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}

fn write_layer(tensors: &mut Tensors, name: &str, layer: &Layer) {
    let shape = vec![layer.outputs, layer.inputs];
    tensors.insert(format!("{name}.weight"), (shape, narrowed(&layer.weight)));
    tensors.insert(format!("{name}.bias"), (vec![layer.outputs], narrowed(&layer.bias)));
}

fn read_layer(
    tensors: &Tensors,
    name: &str,
    inputs: usize,
    outputs: usize,
) -> Result<Layer, InputError> {
    let weight = tensor(tensors, &format!("{name}.weight"), &[outputs, inputs])?;
    let bias = tensor(tensors, &format!("{name}.bias"), &[outputs])?;
    Ok(Layer { inputs, outputs, weight, bias })
}

fn tensor(tensors: &Tensors, name: &str, shape: &[usize]) -> Result<Vec<f64>, InputError> {
    let allowed = || format!("shape {shape:?}");
    let field = format!("tensor {name}");
    let Some((found, values)) = tensors.get(name) else {
        return Err(InputError::new(field, "missing", allowed()));
    };
    if found != shape || values.len() != shape.iter().product::<usize>() {
        return Err(InputError::new(field, format!("of shape {found:?}"), allowed()));
    }
    Ok(values.iter().map(|value| f64::from(*value)).collect())
}

#[cfg(test)]
mod tests {
    use slicewise_core::seed;

    use super::*;
    use crate::files::{tensors_of, to_bytes};

    #[test]
    fn networks_come_back_from_their_file_and_damage_is_named() {
        let shape = RecurrentShape { branches: 2, units: vec![3, 2], outputs: 2 };
        let network = Recurrent::drawn(&shape, &mut seed::stream(1, 0));
        let stack = DenseStack::drawn(4, &[3], 1, &mut seed::stream(1, 1));
        let mut tensors = Tensors::new();
        write_recurrent(&mut tensors, "regressor.", &network);
        write_dense_stack(&mut tensors, "loss.", &stack);
        let bytes = to_bytes(&tensors).unwrap();
        let mut read = tensors_of(&bytes).unwrap();
        let back = read_recurrent(&read, "regressor.", &shape).unwrap();
        let window = [0.1, 0.2, 0.3, 0.4];
        let distance = back.forward(&window)[0] - network.forward(&window)[0];
        assert!(distance.abs() < 1e-6, "single precision: {distance}");
        assert_eq!(read_dense_stack(&read, "loss.", 4, &[3], 1).unwrap().hidden(), [3]);
        read.remove("loss.layer.1.bias");
        let error = read_dense_stack(&read, "loss.", 4, &[3], 1).unwrap_err();
        assert_eq!(error.field, "tensor loss.layer.1.bias");
        assert!(tensors_of(&bytes[..bytes.len() - 1]).is_err());
    }
}
