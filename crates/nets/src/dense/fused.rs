//! The fused CPU evaluator: forward and backward pass of a whole network per panel of rows, with
//! explicit SIMD (AVX2, NEON or wasm simd128) and no allocation after construction.

use pulp::{Arch, Simd, WithSimd};

use crate::dense::evaluator::{Degradation, DistributionEvaluator, Evaluator};
use crate::dense::head::{Head, MOST_COMPONENTS, Measure};
use crate::dense::layer::VECTORS;
use crate::dense::limits::Limits;
use crate::dense::network::{InputScales, Network};
use crate::dense::panel::DensePanel;
use crate::lane_math::Lanes;

/// A network ready for fast evaluation on this CPU.
#[derive(Clone, Debug)]
pub struct FusedEvaluator {
    arch: Arch,
    head: Head,
    dense: DensePanel,
    scales: InputScales,
    limits: Limits,
    /// Rows in the network's scales, where these are not the inputs' own.
    scaled: Vec<f64>,
}

impl FusedEvaluator {
    /// Packs the weights of `network` and allocates the workspace.
    pub fn new(network: &Network) -> Self {
        Self {
            arch: Arch::new(),
            head: network.head,
            dense: DensePanel::new(&network.layers),
            scales: InputScales::new(&network.card),
            limits: Limits::new(&network.card),
            scaled: Vec::new(),
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
        self.pass(inputs, Task::Values { thresholds, measure, values: &mut *values });
        if self.limits.is_empty() {
            return;
        }
        let rows = inputs.chunks_exact(self.dense.inputs());
        for ((row, threshold), value) in rows.zip(thresholds).zip(values) {
            *value = self.limits.apply(row, *threshold, *value);
        }
    }

    /// Runs the network on `inputs`.
    fn pass(&mut self, inputs: &[f64], task: Task) {
        let arch = self.arch;
        if self.scales.is_linear() {
            return arch.dispatch(Pass { evaluator: self, inputs, task });
        }
        let mut scaled = std::mem::take(&mut self.scaled);
        scaled.clear();
        scaled.extend_from_slice(inputs);
        for row in scaled.chunks_exact_mut(self.dense.inputs()) {
            self.scales.forward(row);
        }
        arch.dispatch(Pass { evaluator: self, inputs: &scaled, task });
        self.scaled = scaled;
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
        let (found, slopes) = (&mut *values, &mut *gradients);
        let task = Task::Gradients { thresholds, measure, values: found, gradients: slopes };
        self.pass(inputs, task);
        if self.limits.is_empty() && self.scales.is_linear() {
            return;
        }
        let width = self.dense.inputs();
        let rows = inputs.chunks_exact(width).zip(gradients.chunks_exact_mut(width));
        for (((row, gradient), threshold), value) in rows.zip(thresholds).zip(values) {
            self.scales.backward(row, gradient);
            *value = self.limits.apply_with_gradient(row, *threshold, *value, gradient);
        }
    }

    /// [`DistributionEvaluator::distributions`], ready at once.
    pub fn distributions_now(&mut self, inputs: &[f64], distributions: &mut [f64]) {
        self.pass(inputs, Task::Distributions { distributions });
    }

    /// Like [`Self::distributions_now`], but column by column: number n of row i goes to
    /// n * rows + i, where the numbers are the means, the deviations and the shares (3 x
    /// components of them). That is what [`Self::expected_from_columns`] reads.
    pub fn distribution_columns_now(&mut self, inputs: &[f64], columns: &mut [f64]) {
        self.pass(inputs, Task::Columns { columns });
    }

    /// Expected degradation ([`Measure::Expected`]) of rows whose distributions are known.
    ///
    /// `columns` is what [`Self::distribution_columns_now`] wrote for as many rows as `values`
    /// holds, `thresholds` has one threshold per row in the network's scale. The network itself is
    /// not evaluated, and the card's limits, which need the rows, are not applied.
    pub fn expected_from_columns(&self, columns: &[f64], thresholds: &[f64], values: &mut [f64]) {
        let head = &self.head;
        self.arch.dispatch(Expectation { head, columns, thresholds, values });
    }
}

impl Evaluator for FusedEvaluator {
    type Question = Degradation;

    fn inputs(&self) -> usize {
        self.dense.inputs()
    }

    async fn values(&mut self, inputs: &[f64], question: &Degradation, values: &mut [f64]) {
        self.values_now(inputs, &question.thresholds, &question.measure, values);
    }

    async fn gradients(
        &mut self,
        inputs: &[f64],
        question: &Degradation,
        values: &mut [f64],
        gradients: &mut [f64],
    ) {
        let Degradation { thresholds, measure } = question;
        self.gradients_now(inputs, thresholds, measure, values, gradients);
    }
}

impl DistributionEvaluator for FusedEvaluator {
    fn components(&self) -> usize {
        self.head.components
    }

    async fn distributions(&mut self, inputs: &[f64], distributions: &mut [f64]) {
        self.distributions_now(inputs, distributions);
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
        let width = evaluator.dense.inputs();
        let panel_rows = S::F64_LANES * VECTORS;
        for (panel, rows) in inputs.chunks(panel_rows * width).enumerate() {
            let first = panel * panel_rows;
            evaluator.dense.forward(simd, rows, width);
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
                        *value = self.dense.gradients[unit * lanes + lane];
                    }
                }
            }
            Task::Columns { columns } => {
                let size = 3 * self.head.components;
                self.distribution_panel(simd);
                let height = columns.len() / size;
                for unit in 0..size {
                    columns[unit * height + first..][..rows]
                        .copy_from_slice(&self.dense.gradients[unit * lanes..][..rows]);
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
                self.dense.backward(simd);
                let width = self.dense.inputs();
                let target = &mut gradients[first * width..(first + rows) * width];
                for (lane, target) in target.chunks_exact_mut(width).enumerate() {
                    for (unit, value) in target.iter_mut().enumerate() {
                        *value = self.dense.gradients[unit * lanes + lane];
                    }
                }
            }
        }
    }

    /// Writes the distributions of the panel to the first buffer for gradients.
    #[inline(always)]
    fn distribution_panel<S: Simd>(&mut self, simd: S) {
        let start = self.dense.output_start() * VECTORS;
        let outputs = &S::as_simd_f64s(&self.dense.activations).0[start..];
        let found = S::as_mut_simd_f64s(&mut self.dense.gradients).0;
        self.head.distribution_lanes::<S, VECTORS>(simd, outputs, found);
    }

    /// Outputs of the last layer for one lane.
    #[inline(always)]
    fn row_outputs(&self, lanes: usize, lane: usize) -> [f64; 3 * MOST_COMPONENTS] {
        let last = self.dense.output_start() * lanes;
        let mut outputs = [0.0; 3 * MOST_COMPONENTS];
        for (unit, value) in outputs[..self.head.outputs()].iter_mut().enumerate() {
            *value = self.dense.activations[last + unit * lanes + lane];
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
            let start = self.dense.output_start() * VECTORS;
            let outputs = &S::as_simd_f64s(&self.dense.activations).0[start..];
            let buffers = S::as_mut_simd_f64s(&mut self.dense.gradients).0;
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
                self.dense.gradients[unit * lanes + lane] = *partial;
            }
        }
    }
}
