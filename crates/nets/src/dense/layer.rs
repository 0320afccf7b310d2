//! One dense layer, plain and packed for the fused kernels.

use pulp::cast;
use slicewise_core::InputError;

/// Outputs computed together by the kernels.
pub(crate) const GROUP: usize = 4;

/// y = W x + b.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Length of x.
    pub inputs: usize,
    /// Length of y.
    pub outputs: usize,
    /// W, row by row: outputs x inputs.
    pub weight: Vec<f64>,
    /// b.
    pub bias: Vec<f64>,
}

impl Layer {
    pub(crate) fn apply(&self, values: &[f64]) -> Vec<f64> {
        self.weight
            .chunks_exact(self.inputs)
            .zip(&self.bias)
            .map(|(row, bias)| row.iter().zip(values).map(|(w, v)| w * v).sum::<f64>() + bias)
            .collect()
    }
}

/// Outputs of the last of `layers` for one row, computed plainly; all layers but the last are
/// rectified.
pub(crate) fn outputs(layers: &[Layer], inputs: &[f64]) -> Vec<f64> {
    let mut values = inputs.to_vec();
    for (index, layer) in layers.iter().enumerate() {
        values = layer.apply(&values);
        if index + 1 < layers.len() {
            values.iter_mut().for_each(|value| *value = value.max(0.0));
        }
    }
    values
}

/// A matrix in the order in which the kernels read it: groups of [`GROUP`] outputs, each input in turn.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    pub(crate) inputs: usize,
    /// Outputs, padded to a multiple of [`GROUP`] with zeros.
    pub(crate) outputs: usize,
    pub(crate) weight: Vec<[f64; GROUP]>,
    pub(crate) bias: Vec<[f64; GROUP]>,
    /// The inputs of each group with a weight, from the first to before the last: the members of an
    /// ensemble read only their own units.
    spans: Vec<(usize, usize)>,
}

impl Packed {
    /// Packs the matrix whose entry (output, input) is `entry`, with `bias` per output.
    fn pack(
        inputs: usize,
        outputs: usize,
        entry: impl Fn(usize, usize) -> f64,
        bias: impl Fn(usize) -> f64,
    ) -> Self {
        let groups = outputs.div_ceil(GROUP);
        let of = |output: usize, f: &dyn Fn(usize) -> f64| {
            if output < outputs { f(output) } else { 0.0 }
        };
        let weight: Vec<[f64; GROUP]> = (0..groups * inputs)
            .map(|index| {
                let (group, input) = (index / inputs, index % inputs);
                std::array::from_fn(|lane| of(group * GROUP + lane, &|o| entry(o, input)))
            })
            .collect();
        let weighted = |weights: &[f64; GROUP]| weights.iter().any(|weight| *weight != 0.0);
        let span = |group: usize| {
            let row = &weight[group * inputs..(group + 1) * inputs];
            let first = row.iter().position(weighted).unwrap_or(0);
            (first, row.iter().rposition(weighted).map_or(first, |last| last + 1))
        };
        let spans = (0..groups).map(span).collect();
        let bias = (0..groups)
            .map(|group| std::array::from_fn(|lane| of(group * GROUP + lane, &bias)))
            .collect();
        Self { inputs, outputs: groups * GROUP, weight, bias, spans }
    }

    pub(crate) fn forward(layer: &Layer) -> Self {
        Self::pack(
            layer.inputs,
            layer.outputs,
            |output, input| layer.weight[output * layer.inputs + input],
            |output| layer.bias[output],
        )
    }

    /// W without the bias: carries affine coefficients.
    pub(crate) fn linear(layer: &Layer) -> Self {
        Self::pack(
            layer.inputs,
            layer.outputs,
            |output, input| layer.weight[output * layer.inputs + input],
            |_| 0.0,
        )
    }

    /// |W| without the bias: carries radii.
    pub(crate) fn absolute(layer: &Layer) -> Self {
        Self::pack(
            layer.inputs,
            layer.outputs,
            |output, input| layer.weight[output * layer.inputs + input].abs(),
            |_| 0.0,
        )
    }

    /// The transpose without the bias: carries gradients back.
    pub(crate) fn backward(layer: &Layer) -> Self {
        Self::pack(
            layer.outputs,
            layer.inputs,
            |output, input| layer.weight[input * layer.inputs + output],
            |_| 0.0,
        )
    }
}

/// Vectors of rows that one call of [`multiply`] carries.
pub(crate) const VECTORS: usize = 2;

/// `out` = W `x` + b for [`VECTORS`] vectors of rows; unit u of vector v lies at u * VECTORS + v.
///
/// Four outputs by two vectors keep eight sums in registers. Multiplication and addition stay
/// apart (no fused multiply-add), so that every platform rounds alike.
#[inline(always)]
pub(crate) fn multiply<S: pulp::Simd>(
    simd: S,
    matrix: &Packed,
    x: &[S::f64s],
    out: &mut [S::f64s],
) {
    let x = x[..matrix.inputs * VECTORS].as_chunks::<VECTORS>().0;
    let out = out[..matrix.outputs * VECTORS].as_chunks_mut::<{ GROUP * VECTORS }>().0;
    let groups = matrix.weight.chunks_exact(matrix.inputs).zip(&matrix.spans);
    for (((weights, span), bias), out) in groups.zip(&matrix.bias).zip(out) {
        let (weights, x) = (&weights[span.0..span.1], &x[span.0..span.1]);
        // The sums are kept as vectors of another type with the same bits: the compiler passes a
        // pair of f64 (wasm, NEON) as two numbers and would take it apart in every turn.
        let mut sums = [cast::<_, S::c32s>(simd.splat_f64s(0.0)); GROUP * VECTORS];
        for (index, sum) in sums.iter_mut().enumerate() {
            *sum = cast(simd.splat_f64s(bias[index / VECTORS]));
        }
        for (weight, x) in weights.iter().zip(x) {
            for output in 0..GROUP {
                let weight = simd.splat_f64s(weight[output]);
                for vector in 0..VECTORS {
                    let sum = &mut sums[output * VECTORS + vector];
                    *sum = cast(simd.add_f64s(cast(*sum), simd.mul_f64s(weight, x[vector])));
                }
            }
        }
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = cast(sum);
        }
    }
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
