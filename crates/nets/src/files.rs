//! Weight files: safetensors with named tensors in single precision.
//!
//! Names and layouts are PyTorch's (`weight` is outputs x inputs), so that a network trained there can
//! be brought here.

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use slicewise_core::InputError;
use slicewise_core::card::check_fingerprint;

use crate::dense::layer::Layer;

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

/// Keeps 12 of the 23 bits of the fraction (a relative error of at most 1/8192): the site's files
/// compress to less, and no comparison depends on the rest.
pub fn round_to_12_bits(value: &mut f32) {
    const DROPPED: u32 = 23 - 12;
    let bits = value.to_bits();
    let rounded = f32::from_bits(bits.saturating_add(1 << (DROPPED - 1)) >> DROPPED << DROPPED);
    if rounded.is_finite() {
        *value = rounded;
    }
}

/// All tensors of a safetensors file.
///
/// # Errors
/// Says that the file is damaged, or which tensor is no F32 or holds a number that is not finite.
pub fn tensors_of(bytes: &[u8]) -> Result<Tensors, InputError> {
    let mut tensors = Tensors::new();
    for (name, view) in opened(bytes)?.tensors() {
        check_type(&name, &view)?;
        let values = finite_values(&name, &view)?;
        tensors.insert(name, (view.shape().to_vec(), values));
    }
    Ok(tensors)
}

/// A weight file whose fingerprint is its card's; other tensors than those asked for do not matter.
pub(crate) struct WeightFile<'a>(SafeTensors<'a>);

impl<'a> WeightFile<'a> {
    pub(crate) fn open(bytes: &'a [u8], fingerprint: &str) -> Result<Self, InputError> {
        let file = opened(bytes)?;
        check_fingerprint(bytes, fingerprint)?;
        Ok(Self(file))
    }

    pub(crate) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f64>, InputError> {
        let field = || format!("tensor {name}");
        let allowed = || format!("shape {shape:?}");
        let view =
            self.0.tensor(name).map_err(|_| InputError::new(field(), "missing", allowed()))?;
        check_type(name, &view)?;
        if view.shape() != shape {
            let found = format!("of shape {:?}", view.shape());
            return Err(InputError::new(field(), found, allowed()));
        }
        Ok(finite_values(name, &view)?.into_iter().map(f64::from).collect())
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

fn opened(bytes: &[u8]) -> Result<SafeTensors<'_>, InputError> {
    SafeTensors::deserialize(bytes)
        .map_err(|error| InputError::new("weights", error, "a whole safetensors file"))
}

fn check_type(name: &str, view: &TensorView<'_>) -> Result<(), InputError> {
    if view.dtype() == Dtype::F32 {
        return Ok(());
    }
    Err(InputError::new(format!("tensor {name}"), format!("{:?}", view.dtype()), "F32"))
}

fn finite_values(name: &str, view: &TensorView<'_>) -> Result<Vec<f32>, InputError> {
    let bytes = view.data().as_chunks::<4>().0;
    let values: Vec<f32> = bytes.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    match values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(InputError::new(format!("tensor {name}"), value, "finite numbers")),
        None => Ok(values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_weights_are_near_and_end_in_zeros() {
        for value in [1.0, -0.333_333_34, 1e-20, 7.999_999_5, f32::MAX, 0.0] {
            let mut rounded = value;
            round_to_12_bits(&mut rounded);
            assert!((rounded - value).abs() <= value.abs() / 8192.0, "{value}: {rounded}");
            assert!(rounded.to_bits() & 0x7ff == 0 || value == f32::MAX, "{value}");
        }
    }
}
