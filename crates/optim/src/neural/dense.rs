//! Dense layers on many rows at once: forward, and gradients back.

use pulp::Arch;
use slicewise_core::seed::{Rng, uniform};

/// What follows each layer but the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// max(0, x).
    Rectifier,
    /// tanh x.
    Tanh,
}

/// A network's shape: `widths` units per layer, the inputs first, two or more.
///
/// Parameters are one list: for each layer its weights, inputs x outputs, then its biases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Units per layer.
    pub widths: Vec<usize>,
    /// What follows the hidden layers.
    pub activation: Activation,
}

/// Where a layer's numbers lie in the list of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerPlace {
    /// First weight.
    pub weights: usize,
    /// First bias.
    pub biases: usize,
    /// After the last bias.
    pub end: usize,
    /// Units that it reads.
    pub inputs: usize,
    /// Units that it writes.
    pub outputs: usize,
}

/// What the units were in a forward pass: the inputs, then each layer's, row by row.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    units: Vec<Vec<f32>>,
    slopes: [Vec<f32>; 2],
    turned: Vec<f32>,
}

impl Trace {
    /// The last layer's units, rows x outputs.
    pub fn outputs(&self) -> &[f32] {
        self.units.last().map_or(&[], Vec::as_slice)
    }
}

impl Shape {
    /// Where the layers lie.
    pub fn layers(&self) -> Vec<LayerPlace> {
        let mut weights = 0;
        let place = |pair: &[usize]| {
            let (inputs, outputs) = (pair[0], pair[1]);
            let biases = weights + inputs * outputs;
            let place = LayerPlace { weights, biases, end: biases + outputs, inputs, outputs };
            weights = place.end;
            place
        };
        self.widths.windows(2).map(place).collect()
    }

    /// How many parameters there are.
    pub fn parameters(&self) -> usize {
        self.layers().last().map_or(0, |layer| layer.end)
    }

    /// Parameters drawn uniformly from ± sqrt(1 / inputs) of each layer, the last layer's weights times
    /// `last_gain`.
    pub fn drawn(&self, last_gain: f64, generator: &mut impl Rng) -> Vec<f32> {
        let mut parameters = Vec::with_capacity(self.parameters());
        let layers = self.layers();
        for (index, layer) in layers.iter().enumerate() {
            let gain = if index + 1 == layers.len() { last_gain } else { 1.0 };
            let bound = gain / (layer.inputs as f64).sqrt();
            let draw = |_| (bound * (2.0 * uniform(generator) - 1.0)) as f32;
            parameters.extend((layer.weights..layer.end).map(draw));
        }
        parameters
    }

    /// Runs the network on `inputs`, rows x inputs.
    pub fn forward(&self, parameters: &[f32], inputs: &[f32], trace: &mut Trace) {
        let layers = self.layers();
        trace.units.resize(layers.len() + 1, Vec::new());
        trace.units[0].clear();
        trace.units[0].extend_from_slice(inputs);
        let rows = inputs.len() / self.widths[0];
        for (index, layer) in layers.iter().enumerate() {
            let (before, after) = trace.units.split_at_mut(index + 1);
            let (read, written) = (&before[index], &mut after[0]);
            let biases = &parameters[layer.biases..layer.end];
            written.clear();
            (0..rows).for_each(|_| written.extend_from_slice(biases));
            let left = Strided { numbers: read, row: layer.inputs, column: 1 };
            let weights = &parameters[layer.weights..layer.biases];
            add_product(left, weights, written, [rows, layer.inputs, layer.outputs]);
            if index + 1 < layers.len() {
                match self.activation {
                    Activation::Rectifier => written.iter_mut().for_each(|x| *x = x.max(0.0)),
                    Activation::Tanh => written.iter_mut().for_each(|x| *x = libm::tanhf(*x)),
                }
            }
        }
    }

    /// Adds to `gradient` that of a loss whose slopes by the outputs of the last forward pass are
    /// `output_slopes`, rows x outputs.
    pub fn backward(
        &self,
        parameters: &[f32],
        trace: &mut Trace,
        output_slopes: &[f32],
        gradient: &mut [f32],
    ) {
        let layers = self.layers();
        let rows = trace.units[0].len() / self.widths[0];
        let [mut slopes, mut next] = std::mem::take(&mut trace.slopes);
        slopes.clear();
        slopes.extend_from_slice(output_slopes);
        for (index, layer) in layers.iter().enumerate().rev() {
            let read = &trace.units[index];
            let left = Strided { numbers: read, row: 1, column: layer.inputs };
            let of_weights = &mut gradient[layer.weights..layer.biases];
            add_product(left, &slopes, of_weights, [layer.inputs, rows, layer.outputs]);
            let of_biases = &mut gradient[layer.biases..layer.end];
            for row in slopes.chunks_exact(layer.outputs) {
                of_biases.iter_mut().zip(row).for_each(|(sum, slope)| *sum += slope);
            }
            if index == 0 {
                break;
            }
            let weights = &parameters[layer.weights..layer.biases];
            turn(weights, layer.inputs, layer.outputs, &mut trace.turned);
            next.clear();
            next.resize(rows * layer.inputs, 0.0);
            let left = Strided { numbers: &slopes, row: layer.outputs, column: 1 };
            add_product(left, &trace.turned, &mut next, [rows, layer.outputs, layer.inputs]);
            for (slope, unit) in next.iter_mut().zip(read) {
                *slope *= match self.activation {
                    Activation::Rectifier => f32::from(u8::from(*unit > 0.0)),
                    Activation::Tanh => 1.0 - unit * unit,
                };
            }
            std::mem::swap(&mut slopes, &mut next);
        }
        trace.slopes = [slopes, next];
    }
}

/// The transpose of a matrix of `rows` x `columns`.
fn turn(matrix: &[f32], rows: usize, columns: usize, turned: &mut Vec<f32>) {
    turned.clear();
    for column in 0..columns {
        turned.extend((0..rows).map(|row| matrix[row * columns + column]));
    }
}

/// A matrix whose rows and columns lie so far apart.
#[derive(Clone, Copy)]
struct Strided<'a> {
    numbers: &'a [f32],
    row: usize,
    column: usize,
}

/// Rows and columns of the product that are summed up in registers.
const ROWS: usize = 4;
const COLUMNS: usize = 16;

/// `product` += `left` `right` for matrices of m x k and k x n.
fn add_product(left: Strided<'_>, right: &[f32], product: &mut [f32], [m, k, n]: [usize; 3]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let whole = n - n % COLUMNS;
            for row in (0..m).step_by(ROWS) {
                let rows = ROWS.min(m - row);
                for column in (0..whole).step_by(COLUMNS) {
                    if rows == ROWS {
                        add_tile(left, right, product, row, column, [k, n]);
                    } else {
                        for row in row..row + rows {
                            add_strip::<COLUMNS>(left, right, product, row, column, [k, n]);
                        }
                    }
                }
                for row in row..row + rows {
                    for column in whole..n {
                        add_strip::<1>(left, right, product, row, column, [k, n]);
                    }
                }
            }
        },
    );
}

#[inline(always)]
fn add_tile(
    left: Strided<'_>,
    right: &[f32],
    product: &mut [f32],
    row: usize,
    column: usize,
    [k, n]: [usize; 2],
) {
    let mut sums = [[0f32; COLUMNS]; ROWS];
    for inner in 0..k {
        let start = inner * n + column;
        let Some(line) = right[start..start + COLUMNS].first_chunk::<COLUMNS>() else { return };
        for (offset, sums) in sums.iter_mut().enumerate() {
            let factor = left.numbers[(row + offset) * left.row + inner * left.column];
            for (sum, number) in sums.iter_mut().zip(line) {
                *sum += factor * number;
            }
        }
    }
    for (offset, sums) in sums.iter().enumerate() {
        let start = (row + offset) * n + column;
        product[start..start + COLUMNS].iter_mut().zip(sums).for_each(|(p, sum)| *p += sum);
    }
}

#[inline(always)]
fn add_strip<const WIDTH: usize>(
    left: Strided<'_>,
    right: &[f32],
    product: &mut [f32],
    row: usize,
    column: usize,
    [k, n]: [usize; 2],
) {
    let mut sums = [0f32; WIDTH];
    for inner in 0..k {
        let factor = left.numbers[row * left.row + inner * left.column];
        let line = &right[inner * n + column..inner * n + column + WIDTH];
        sums.iter_mut().zip(line).for_each(|(sum, number)| *sum += factor * number);
    }
    let start = row * n + column;
    product[start..start + WIDTH].iter_mut().zip(&sums).for_each(|(p, sum)| *p += sum);
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::seed::stream;

    fn numbers(count: usize, generator: &mut impl Rng) -> Vec<f32> {
        (0..count).map(|_| (2.0 * uniform(generator) - 1.0) as f32).collect()
    }

    /// The network as plain loops in f64.
    fn plainly(shape: &Shape, parameters: &[f64], row: &[f64]) -> Vec<f64> {
        let layers = shape.layers();
        let mut units = row.to_vec();
        for (index, layer) in layers.iter().enumerate() {
            units = (0..layer.outputs)
                .map(|o| {
                    let weight = |i: usize| parameters[layer.weights + i * layer.outputs + o];
                    let sum: f64 = units.iter().enumerate().map(|(i, unit)| unit * weight(i)).sum();
                    let sum = sum + parameters[layer.biases + o];
                    match shape.activation {
                        _ if index + 1 == layers.len() => sum,
                        Activation::Rectifier => sum.max(0.0),
                        Activation::Tanh => sum.tanh(),
                    }
                })
                .collect();
        }
        units
    }

    #[test]
    fn outputs_are_those_of_plain_loops_and_gradients_those_of_finite_differences() {
        for activation in [Activation::Rectifier, Activation::Tanh] {
            let shape = Shape { widths: vec![3, 21, 35, 2], activation };
            let mut generator = stream(5, 1);
            let parameters = shape.drawn(1.0, &mut generator);
            let rows = 7;
            let inputs = numbers(3 * rows, &mut generator);
            let slopes = numbers(2 * rows, &mut generator);
            let mut trace = Trace::default();
            shape.forward(&parameters, &inputs, &mut trace);
            let wide: Vec<f64> = parameters.iter().map(|p| f64::from(*p)).collect();
            let loss = |parameters: &[f64]| -> f64 {
                let rows = inputs.chunks_exact(3).zip(slopes.chunks_exact(2));
                rows.map(|(row, slopes)| {
                    let row: Vec<f64> = row.iter().map(|x| f64::from(*x)).collect();
                    let outputs = plainly(&shape, parameters, &row);
                    outputs.iter().zip(slopes).map(|(o, s)| o * f64::from(*s)).sum::<f64>()
                })
                .sum()
            };
            for (row, outputs) in inputs.chunks_exact(3).zip(trace.outputs().chunks_exact(2)) {
                let row: Vec<f64> = row.iter().map(|x| f64::from(*x)).collect();
                for (found, expected) in outputs.iter().zip(plainly(&shape, &wide, &row)) {
                    assert!((f64::from(*found) - expected).abs() < 1e-5);
                }
            }
            let mut gradient = vec![0.0; shape.parameters()];
            shape.backward(&parameters, &mut trace, &slopes, &mut gradient);
            for index in (0..wide.len()).step_by(11) {
                let at = |step: f64| {
                    let mut moved = wide.clone();
                    moved[index] += step;
                    loss(&moved)
                };
                let slope = (at(1e-6) - at(-1e-6)) / 2e-6;
                let found = f64::from(gradient[index]);
                assert!((slope - found).abs() < 2e-4 * (1.0 + slope.abs()), "{slope} {found}");
            }
        }
    }

    #[test]
    fn a_row_gives_the_same_bits_alone_as_among_others() {
        let shape = Shape { widths: vec![2, 32, 1], activation: Activation::Rectifier };
        let mut generator = stream(6, 1);
        let parameters = shape.drawn(1.0, &mut generator);
        let inputs = numbers(2 * 9, &mut generator);
        let (mut all, mut one) = (Trace::default(), Trace::default());
        shape.forward(&parameters, &inputs, &mut all);
        for (index, row) in inputs.chunks_exact(2).enumerate() {
            shape.forward(&parameters, row, &mut one);
            assert_eq!(one.outputs()[0].to_bits(), all.outputs()[index].to_bits());
        }
    }
}
