//! Kernels over batches of rows: what [`crate::Evaluator`] asks of a network.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Cube, Dispatch, backend_extension};
use burn::cubecl;
use burn::cubecl::prelude::*;
use burn::tensor::Tensor;

use super::dense::{DIRECTIONS, LANES, NetworkShape, expected, forward, value_lane};
use super::launch::{cubes, output, units};

/// What the kernels compute, for burn's dispatch.
#[backend_extension(Cube)]
pub trait RowKernels: Backend {
    /// Rows x outputs x [`LANES`]: the network's outputs and their derivatives.
    fn dense_outputs(
        rows: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        shape: NetworkShape,
        first_direction: usize,
    ) -> FloatTensor<Self>;

    /// Rows x [`LANES`]: the expected degradation and its derivatives.
    fn expected_degradation(
        rows: FloatTensor<Self>,
        thresholds: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        shape: NetworkShape,
        first_direction: usize,
    ) -> FloatTensor<Self>;
}

impl RowKernels for Cube {
    fn dense_outputs(
        rows: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        shape: NetworkShape,
        first_direction: usize,
    ) -> FloatTensor<Self> {
        let count = rows.meta.shape()[0];
        let result = output(&rows, [count, shape.outputs(), LANES]);
        outputs_kernel::launch(
            &rows.client.clone(),
            cubes(count),
            units(),
            LANES,
            rows.into_buffer_arg(),
            weights.into_buffer_arg(),
            result.clone().into_buffer_arg(),
            count as u32,
            first_direction,
            shape,
        );
        result
    }

    fn expected_degradation(
        rows: FloatTensor<Self>,
        thresholds: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        shape: NetworkShape,
        first_direction: usize,
    ) -> FloatTensor<Self> {
        let count = rows.meta.shape()[0];
        let result = output(&rows, [count, LANES]);
        expected_kernel::launch(
            &rows.client.clone(),
            cubes(count),
            units(),
            LANES,
            rows.into_buffer_arg(),
            thresholds.into_buffer_arg(),
            weights.into_buffer_arg(),
            result.clone().into_buffer_arg(),
            count as u32,
            first_direction,
            shape,
        );
        result
    }
}

/// [`RowKernels::dense_outputs`] on burn tensors.
pub fn dense_outputs(
    rows: Tensor<2>,
    weights: Tensor<1>,
    shape: &NetworkShape,
    first_direction: usize,
) -> Tensor<3> {
    let result = Dispatch::dense_outputs(
        rows.into_dispatch(),
        weights.into_dispatch(),
        shape.clone(),
        first_direction,
    );
    Tensor::from_dispatch(result)
}

/// [`RowKernels::expected_degradation`] on burn tensors.
pub fn expected_degradation(
    rows: Tensor<2>,
    thresholds: Tensor<1>,
    weights: Tensor<1>,
    shape: &NetworkShape,
    first_direction: usize,
) -> Tensor<2> {
    let result = Dispatch::expected_degradation(
        rows.into_dispatch(),
        thresholds.into_dispatch(),
        weights.into_dispatch(),
        shape.clone(),
        first_direction,
    );
    Tensor::from_dispatch(result)
}

/// Loads row `row` into the first half of `units`, with derivative 1 in its direction for each of
/// the inputs from `first_direction` on.
#[cube]
fn load<N: Size>(
    units: &mut Array<Vector<f32, N>>,
    rows: &[f32],
    row: usize,
    #[comptime] first_direction: usize,
    #[comptime] inputs: usize,
) {
    #[unroll]
    for input in 0..inputs {
        let mut lanes = Vector::<f32, N>::new(0.0f32);
        lanes.insert(0usize, rows[row * inputs + input]);
        if comptime!(input >= first_direction && input < first_direction + DIRECTIONS) {
            lanes.insert(comptime!(1 + input - first_direction), 1.0f32);
        }
        units[input] = lanes;
    }
}

#[cube(launch)]
fn outputs_kernel<N: Size>(
    rows: &[f32],
    weights: &[f32],
    result: &mut [f32],
    count: u32,
    #[comptime] first_direction: usize,
    #[comptime] shape: NetworkShape,
) {
    if ABSOLUTE_POS >= count as usize {
        terminate!();
    }
    let mut units = Array::<Vector<f32, N>>::new(comptime!(2 * shape.widest));
    load::<N>(&mut units, rows, ABSOLUTE_POS, first_direction, comptime!(shape.inputs()));
    let first = forward::<N>(&mut units, weights, value_lane::<N>(), &shape);
    let outputs = comptime!(shape.outputs());
    for output in 0..outputs {
        #[unroll]
        for lane in 0..LANES {
            result[(ABSOLUTE_POS * outputs + output) * LANES + lane] =
                units[first + output].extract(lane);
        }
    }
}

#[cube(launch)]
fn expected_kernel<N: Size>(
    rows: &[f32],
    thresholds: &[f32],
    weights: &[f32],
    result: &mut [f32],
    count: u32,
    #[comptime] first_direction: usize,
    #[comptime] shape: NetworkShape,
) {
    if ABSOLUTE_POS >= count as usize {
        terminate!();
    }
    let mut units = Array::<Vector<f32, N>>::new(comptime!(2 * shape.widest));
    let lane = value_lane::<N>();
    load::<N>(&mut units, rows, ABSOLUTE_POS, first_direction, comptime!(shape.inputs()));
    let first = forward::<N>(&mut units, weights, lane, &shape);
    let found = expected::<N>(&units, weights, thresholds[ABSOLUTE_POS], lane, first, &shape);
    #[unroll]
    for lane in 0..LANES {
        result[ABSOLUTE_POS * LANES + lane] = found.extract(lane);
    }
}
