//! The fused CPU evaluator: forward and backward pass of a whole network per panel of rows, with
//! explicit SIMD (AVX2, NEON or wasm simd128) and no allocation after construction.

use pulp::{Arch, Simd, WithSimd};

use crate::evaluator::Evaluator;
use crate::head::{Head, MOST_COMPONENTS, Measure};
use crate::lane_math::Lanes;
use crate::layer::{Packed, VECTORS, multiply};
use crate::network::Network;

/// The most lanes of any supported instruction set (AVX-512).
const MOST_LANES: usize = 8;

/// A network ready for fast evaluation on this CPU.
#[derive(Clone, Debug)]
pub struct FusedEvaluator {
    arch: Arch,
    head: Head,
    inputs: usize,
    forward: Vec<Packed>,
    backward: Vec<Packed>,
    /// Activations of every layer, one after the other, then two buffers for gradients.
    activations: Vec<f64>,
    gradients: Vec<f64>,
}

impl FusedEvaluator {
    /// Packs the weights of `network` and allocates the workspace.
    pub fn new(network: &Network) -> Self {
        let forward: Vec<Packed> = network.layers.iter().map(Packed::forward).collect();
        let backward: Vec<Packed> = network.layers.iter().map(Packed::backward).collect();
        let units: usize =
            network.inputs() + forward.iter().map(|layer| layer.outputs).sum::<usize>();
        let widest = backward
            .iter()
            .chain(&forward)
            .map(|layer| layer.outputs.max(layer.inputs))
            .max()
            .unwrap_or(0);
        Self {
            arch: Arch::new(),
            head: network.head,
            inputs: network.inputs(),
            forward,
            backward,
            activations: vec![0.0; units * VECTORS * MOST_LANES],
            gradients: vec![0.0; 2 * widest * VECTORS * MOST_LANES],
        }
    }

    /// [`Evaluator::values`], ready at once.
    pub fn values_now(
        &mut self,
        inputs: &[f64],
        thresholds: &[f64],
        measure: &Measure,
        values: &mut [f64],
    ) {
        let arch = self.arch;
        arch.dispatch(Pass {
            evaluator: self,
            inputs,
            task: Task::Values { thresholds, measure, values },
        });
    }

    /// [`Evaluator::gradients`], ready at once.
    pub fn gradients_now(
        &mut self,
        inputs: &[f64],
        thresholds: &[f64],
        measure: &Measure,
        values: &mut [f64],
        gradients: &mut [f64],
    ) {
        let arch = self.arch;
        let task = Task::Gradients { thresholds, measure, values, gradients };
        arch.dispatch(Pass { evaluator: self, inputs, task });
    }

    /// [`Evaluator::distributions`], ready at once.
    pub fn distributions_now(&mut self, inputs: &[f64], distributions: &mut [f64]) {
        let arch = self.arch;
        arch.dispatch(Pass {
            evaluator: self,
            inputs,
            task: Task::Distributions { distributions },
        });
    }

    /// Like [`Self::distributions_now`], but column by column: number n of row i goes to
    /// n * rows + i, where the numbers are the means, the deviations and the shares (3 x
    /// components of them). That is what [`Self::expected_from_columns`] reads.
    pub fn distribution_columns_now(&mut self, inputs: &[f64], columns: &mut [f64]) {
        let arch = self.arch;
        arch.dispatch(Pass { evaluator: self, inputs, task: Task::Columns { columns } });
    }

    /// Expected degradation ([`Measure::Expected`]) of rows whose distributions are known.
    ///
    /// `columns` is what [`Self::distribution_columns_now`] wrote for as many rows as `values`
    /// holds, `thresholds` has one threshold per row in the network's scale. The network itself is
    /// not evaluated.
    pub fn expected_from_columns(&self, columns: &[f64], thresholds: &[f64], values: &mut [f64]) {
        let head = &self.head;
        self.arch.dispatch(Expectation { head, columns, thresholds, values });
    }
}

impl Evaluator for FusedEvaluator {
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn components(&self) -> usize {
        self.head.components
    }

    async fn distributions(&mut self, inputs: &[f64], distributions: &mut [f64]) {
        self.distributions_now(inputs, distributions);
    }

    async fn values(
        &mut self,
        inputs: &[f64],
        thresholds: &[f64],
        measure: &Measure,
        values: &mut [f64],
    ) {
        self.values_now(inputs, thresholds, measure, values);
    }

    async fn gradients(
        &mut self,
        inputs: &[f64],
        thresholds: &[f64],
        measure: &Measure,
        values: &mut [f64],
        gradients: &mut [f64],
    ) {
        self.gradients_now(inputs, thresholds, measure, values, gradients);
    }
}

/// What is wanted of each row.
enum Task<'a> {
    Distributions {
        distributions: &'a mut [f64],
    },
    Columns {
        columns: &'a mut [f64],
    },
    Values {
        thresholds: &'a [f64],
        measure: &'a Measure,
        values: &'a mut [f64],
    },
    Gradients {
        thresholds: &'a [f64],
        measure: &'a Measure,
        values: &'a mut [f64],
        gradients: &'a mut [f64],
    },
}

/// One batch on its way through the network.
struct Pass<'a> {
    evaluator: &'a mut FusedEvaluator,
    inputs: &'a [f64],
    task: Task<'a>,
}

impl WithSimd for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { evaluator, inputs, mut task } = self;
        let width = evaluator.inputs;
        let panel_rows = S::F64_LANES * VECTORS;
        for (panel, rows) in inputs.chunks(panel_rows * width).enumerate() {
            let first = panel * panel_rows;
            evaluator.forward_panel(simd, rows);
            evaluator.finish_panel(simd, first, rows.len() / width, &mut task);
        }
    }
}

/// Rows whose distributions are known.
struct Expectation<'a> {
    head: &'a Head,
    columns: &'a [f64],
    thresholds: &'a [f64],
    values: &'a mut [f64],
}

impl WithSimd for Expectation<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { head, columns, thresholds, values } = self;
        head.expected_columns::<S, VECTORS>(simd, columns, thresholds, values);
    }
}

impl FusedEvaluator {
    /// Runs the layers for up to one panel of rows; missing rows count as zeros.
    #[inline(always)]
    fn forward_panel<S: Simd>(&mut self, simd: S, rows: &[f64]) {
        let lanes = S::F64_LANES * VECTORS;
        let width = self.inputs;
        for unit in 0..width {
            for lane in 0..lanes {
                self.activations[unit * lanes + lane] =
                    rows.get(lane * width + unit).copied().unwrap_or(0.0);
            }
        }
        let zero = simd.splat_f64s(0.0);
        let mut rest = S::as_mut_simd_f64s(&mut self.activations).0;
        let last = self.forward.len() - 1;
        for (index, layer) in self.forward.iter().enumerate() {
            let (x, out) = rest.split_at_mut(layer.inputs_padded(index, width) * VECTORS);
            multiply(simd, layer, x, out);
            if index < last {
                for value in &mut out[..layer.outputs * VECTORS] {
                    let positive = simd.greater_than_f64s(*value, zero);
                    *value = simd.select_f64s(positive, *value, zero);
                }
            }
            rest = out;
        }
    }

    /// Applies the head to each row of the panel and carries gradients back where they are wanted.
    #[inline(always)]
    fn finish_panel<S: Simd>(&mut self, simd: S, first: usize, rows: usize, task: &mut Task) {
        let lanes = S::F64_LANES * VECTORS;
        match task {
            Task::Distributions { distributions } => {
                let size = 3 * self.head.components;
                self.distribution_panel(simd);
                let target = &mut distributions[first * size..(first + rows) * size];
                for (lane, target) in target.chunks_exact_mut(size).enumerate() {
                    for (unit, value) in target.iter_mut().enumerate() {
                        *value = self.gradients[unit * lanes + lane];
                    }
                }
            }
            Task::Columns { columns } => {
                let size = 3 * self.head.components;
                self.distribution_panel(simd);
                let height = columns.len() / size;
                for unit in 0..size {
                    columns[unit * height + first..][..rows]
                        .copy_from_slice(&self.gradients[unit * lanes..][..rows]);
                }
            }
            Task::Values { thresholds, measure, values } => {
                let (thresholds, values) =
                    (&thresholds[first..first + rows], &mut values[first..first + rows]);
                self.head_values::<S, false>(simd, thresholds, measure, values);
            }
            Task::Gradients { thresholds, measure, values, gradients } => {
                let (thresholds, values) =
                    (&thresholds[first..first + rows], &mut values[first..first + rows]);
                self.head_values::<S, true>(simd, thresholds, measure, values);
                self.backward_panel(simd);
                let width = self.inputs;
                let target = &mut gradients[first * width..(first + rows) * width];
                for (lane, target) in target.chunks_exact_mut(width).enumerate() {
                    for (unit, value) in target.iter_mut().enumerate() {
                        *value = self.gradients[unit * lanes + lane];
                    }
                }
            }
        }
    }

    /// Writes the distributions of the panel to the first buffer for gradients.
    #[inline(always)]
    fn distribution_panel<S: Simd>(&mut self, simd: S) {
        let start = self.output_start() * VECTORS;
        let outputs = &S::as_simd_f64s(&self.activations).0[start..];
        let found = S::as_mut_simd_f64s(&mut self.gradients).0;
        self.head.distribution_lanes::<S, VECTORS>(simd, outputs, found);
    }

    /// Outputs of the last layer for one lane.
    #[inline(always)]
    fn row_outputs(&self, lanes: usize, lane: usize) -> [f64; 3 * MOST_COMPONENTS] {
        let last = self.output_start() * lanes;
        let mut outputs = [0.0; 3 * MOST_COMPONENTS];
        for (unit, value) in outputs[..self.head.outputs()].iter_mut().enumerate() {
            *value = self.activations[last + unit * lanes + lane];
        }
        outputs
    }

    /// Degradation of each row of the panel; its partial derivatives, where they are wanted, go to
    /// the first buffer.
    #[inline(always)]
    fn head_values<S: Simd, const WITH_PARTIALS: bool>(
        &mut self,
        simd: S,
        thresholds: &[f64],
        measure: &Measure,
        values: &mut [f64],
    ) {
        if *measure == Measure::Expected {
            let start = self.output_start() * VECTORS;
            let outputs = &S::as_simd_f64s(&self.activations).0[start..];
            let buffers = S::as_mut_simd_f64s(&mut self.gradients).0;
            let (partials, scratch) = buffers.split_at_mut(buffers.len() / 2);
            let thresholds = Lanes::<S, VECTORS>::load_some(simd, thresholds);
            let found = self.head.expected_lanes::<S, VECTORS, WITH_PARTIALS>(
                simd, outputs, thresholds, partials, scratch,
            );
            return found.store_some(values);
        }
        let lanes = S::F64_LANES * VECTORS;
        let mut partials = [0.0; 3 * MOST_COMPONENTS];
        for (lane, (value, threshold)) in values.iter_mut().zip(thresholds).enumerate() {
            let outputs = self.row_outputs(lanes, lane);
            let outputs = &outputs[..self.head.outputs()];
            *value = self.head.value_and_partials(outputs, *threshold, measure, &mut partials);
            for (unit, partial) in partials[..outputs.len()].iter().enumerate() {
                self.gradients[unit * lanes + lane] = *partial;
            }
        }
    }

    /// Carries the gradients in the first half of the buffer from the outputs to the inputs.
    #[inline(always)]
    fn backward_panel<S: Simd>(&mut self, simd: S) {
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
    fn output_start(&self) -> usize {
        let hidden = &self.forward[..self.forward.len() - 1];
        self.inputs + hidden.iter().map(|layer| layer.outputs).sum::<usize>()
    }
}

impl Packed {
    /// Units that the layer's input takes up in the activations.
    fn inputs_padded(&self, index: usize, network_inputs: usize) -> usize {
        if index == 0 { network_inputs } else { self.inputs.next_multiple_of(crate::layer::GROUP) }
    }
}
