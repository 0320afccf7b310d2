//! The dense layers of a network on a panel of rows: forward, and gradients back, without allocation.

use pulp::Simd;

use crate::dense::layer::{GROUP, Layer, Packed, VECTORS, multiply};

/// The most lanes of any supported instruction set (AVX-512).
pub(crate) const MOST_LANES: usize = 8;

/// Dense layers, all but the last rectified, with a workspace for one panel of [`VECTORS`] vectors
/// of rows. Unit u of row l lies at u * (lanes * [`VECTORS`]) + l.
#[derive(Clone, Debug)]
pub(crate) struct DensePanel {
    inputs: usize,
    forward: Vec<Packed>,
    backward: Vec<Packed>,
    /// Activations of every layer, one after the other; the inputs come first.
    pub(crate) activations: Vec<f64>,
    /// Two buffers for gradients, each as wide as the widest layer.
    pub(crate) gradients: Vec<f64>,
}

impl DensePanel {
    /// Packs `layers` (at least one) and allocates the workspace.
    pub(crate) fn new(layers: &[Layer]) -> Self {
        let inputs = layers[0].inputs;
        let forward: Vec<Packed> = layers.iter().map(Packed::forward).collect();
        let backward: Vec<Packed> = layers.iter().map(Packed::backward).collect();
        let units: usize = inputs + forward.iter().map(|layer| layer.outputs).sum::<usize>();
        let widest = backward
            .iter()
            .chain(&forward)
            .map(|layer| layer.outputs.max(layer.inputs))
            .max()
            .unwrap_or(0);
        Self {
            inputs,
            forward,
            backward,
            activations: vec![0.0; units * VECTORS * MOST_LANES],
            gradients: vec![0.0; 2 * widest * VECTORS * MOST_LANES],
        }
    }

    /// Inputs per row.
    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    /// The layers in the kernels' order.
    pub(crate) fn layers(&self) -> &[Packed] {
        &self.forward
    }

    /// Runs the layers for up to one panel of rows that lie `stride` numbers apart in `rows`;
    /// missing rows count as zeros.
    #[inline(always)]
    pub(crate) fn forward<S: Simd>(&mut self, simd: S, rows: &[f64], stride: usize) {
        let lanes = S::F64_LANES * VECTORS;
        let width = self.inputs;
        for unit in 0..width {
            for lane in 0..lanes {
                self.activations[unit * lanes + lane] =
                    rows.get(lane * stride + unit).copied().unwrap_or(0.0);
            }
        }
        let mut rest = S::as_mut_simd_f64s(&mut self.activations).0;
        let last = self.forward.len() - 1;
        for (index, layer) in self.forward.iter().enumerate() {
            let taken = if index == 0 { width } else { layer.inputs.next_multiple_of(GROUP) };
            let (x, out) = rest.split_at_mut(taken * VECTORS);
            multiply(simd, layer, x, out);
            if index < last {
                rectify(simd, &mut out[..layer.outputs * VECTORS]);
            }
            rest = out;
        }
    }

    /// Outputs of layer `index`, without padding.
    pub(crate) fn units(&self, index: usize) -> usize {
        self.backward[index].inputs
    }

    /// One layer alone, not rectified, on rows of exactly its inputs, row by row.
    #[inline(always)]
    pub(crate) fn apply<S: Simd>(&mut self, simd: S, index: usize, rows: &[f64], out: &mut [f64]) {
        let lanes = S::F64_LANES * VECTORS;
        let layer = &self.forward[index];
        let (width, units) = (layer.inputs, self.backward[index].inputs);
        let start = width * lanes;
        let panels = rows.chunks(lanes * width).zip(out.chunks_mut(lanes * units));
        for (rows, out) in panels {
            for (lane, row) in rows.chunks_exact(width).enumerate() {
                for (unit, value) in row.iter().enumerate() {
                    self.activations[unit * lanes + lane] = *value;
                }
            }
            let buffer = S::as_mut_simd_f64s(&mut self.activations).0;
            let (x, y) = buffer.split_at_mut(width * VECTORS);
            multiply(simd, layer, x, y);
            for (lane, row) in out.chunks_exact_mut(units).enumerate() {
                for (unit, value) in row.iter_mut().enumerate() {
                    *value = self.activations[start + unit * lanes + lane];
                }
            }
        }
    }

    /// Carries the gradients in the first buffer from the outputs to the inputs.
    #[inline(always)]
    pub(crate) fn backward<S: Simd>(&mut self, simd: S) {
        let zero = simd.splat_f64s(0.0);
        let mut start = self.output_start();
        let activations = S::as_simd_f64s(&self.activations).0;
        let buffers = S::as_mut_simd_f64s(&mut self.gradients).0;
        let half = buffers.len() / 2;
        let (mut from, mut to) = buffers.split_at_mut(half);
        for (index, layer) in self.backward.iter().enumerate().rev() {
            multiply(simd, layer, from, to);
            if index > 0 {
                start -= self.forward[index - 1].outputs;
                let active = &activations[start * VECTORS..];
                for (gradient, active) in to[..layer.outputs * VECTORS].iter_mut().zip(active) {
                    let mask = simd.greater_than_f64s(*active, zero);
                    *gradient = simd.select_f64s(mask, *gradient, zero);
                }
            }
            std::mem::swap(&mut from, &mut to);
        }
        if self.backward.len() % 2 == 1 {
            to[..self.inputs * VECTORS].copy_from_slice(&from[..self.inputs * VECTORS]);
        }
    }

    /// Units that lie before the last layer's outputs in the activations.
    pub(crate) fn output_start(&self) -> usize {
        let hidden = &self.forward[..self.forward.len() - 1];
        self.inputs + hidden.iter().map(|layer| layer.outputs).sum::<usize>()
    }
}

#[inline(always)]
fn rectify<S: Simd>(simd: S, values: &mut [S::f64s]) {
    let zero = simd.splat_f64s(0.0);
    for value in values {
        let positive = simd.greater_than_f64s(*value, zero);
        *value = simd.select_f64s(positive, *value, zero);
    }
}
