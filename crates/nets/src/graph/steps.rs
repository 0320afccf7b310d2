//! The steps that evaluator and training share: products, gated units, and their derivatives.

use super::{GATES, UNITS};

/// `x / sqrt(1 + x^2)`.
#[inline(always)]
pub(super) fn squash(value: f64) -> f64 {
    value / (1.0 + value * value).sqrt()
}

/// Derivative of [`squash`] where it gives `squashed`.
#[inline(always)]
pub(super) fn squash_slope(squashed: f64) -> f64 {
    let left = (1.0 - squashed * squashed).max(0.0);
    left * left.sqrt()
}

/// A gate: [`squash`] brought to 0 to 1.
#[inline(always)]
fn gate(value: f64) -> f64 {
    0.5 + 0.5 * squash(value)
}

/// Adds `input` times `weight` (inputs x `M`) to `output`.
#[inline(always)]
pub(super) fn add_product<const M: usize>(output: &mut [f64; M], input: &[f64], weight: &[f64]) {
    for (value, row) in input.iter().zip(weight.as_chunks::<M>().0) {
        for (output, weight) in output.iter_mut().zip(row) {
            *output += value * weight;
        }
    }
}

/// Fills `outputs`, a row each, with `bias` and a row of `inputs` times `weight` (inputs x `M`).
#[inline(always)]
pub(super) fn affine<const M: usize>(
    outputs: &mut [[f64; M]],
    inputs: &[f64],
    weight: &[f64],
    bias: &[f64],
) {
    let width = weight.len() / M;
    for (output, input) in outputs.iter_mut().zip(inputs.chunks_exact(width)) {
        output.copy_from_slice(bias);
        add_product(output, input, weight);
    }
}

/// Adds `input` times `output` to the gradient of the weight between both (inputs x `M`).
#[inline(always)]
pub(super) fn add_outer<const M: usize>(weight: &mut [f64], input: &[f64], output: &[f64; M]) {
    for (value, row) in input.iter().zip(weight.as_chunks_mut::<M>().0) {
        for (weight, output) in row.iter_mut().zip(output) {
            *weight += value * output;
        }
    }
}

/// Adds `more` to `sum`.
#[inline(always)]
pub(super) fn add<const M: usize>(sum: &mut [f64; M], more: &[f64; M]) {
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

/// What a gated recurrent unit was and did in one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// State before.
    pub before: [f64; UNITS],
    reset: [f64; UNITS],
    update: [f64; UNITS],
    new: [f64; UNITS],
    /// What the state brings to the new one, before the reset.
    kept: [f64; UNITS],
}

impl Default for Step {
    fn default() -> Self {
        let none = [0.0; UNITS];
        Self { before: none, reset: none, update: none, new: none, kept: none }
    }
}

impl Step {
    /// One step from `before`, whose inputs bring `gates`; gives the state after it.
    #[inline(always)]
    pub fn forward(
        &mut self,
        before: &[f64; UNITS],
        gates: &[f64; GATES],
        weight: &[f64],
    ) -> [f64; UNITS] {
        let mut own = [0.0; GATES];
        add_product(&mut own, before, weight);
        let mut after = [0.0; UNITS];
        self.before = *before;
        for unit in 0..UNITS {
            let reset = gate(gates[unit] + own[unit]);
            let update = gate(gates[UNITS + unit] + own[UNITS + unit]);
            let kept = own[2 * UNITS + unit];
            let new = squash(gates[2 * UNITS + unit] + reset * kept);
            after[unit] = new + update * (before[unit] - new);
            self.reset[unit] = reset;
            self.update[unit] = update;
            self.new[unit] = new;
            self.kept[unit] = kept;
        }
        after
    }

    /// Takes the slope of the state after the step back to the gates (returned) and the state before (in `after`),
    /// and adds to the slope of the weight; `transposed` is the weight with inputs and outputs swapped.
    #[inline(always)]
    pub fn backward(
        &self,
        after: &mut [f64; UNITS],
        transposed: &[f64],
        weight: &mut [f64],
    ) -> [f64; GATES] {
        let (mut gates, mut own) = ([0.0; GATES], [0.0; GATES]);
        let mut before = [0.0; UNITS];
        for unit in 0..UNITS {
            let (reset, update, new) = (self.reset[unit], self.update[unit], self.new[unit]);
            let slope = after[unit];
            let of_update = slope * (self.before[unit] - new);
            let of_new = slope * (1.0 - update) * squash_slope(new);
            let of_reset = of_new * self.kept[unit];
            before[unit] = slope * update;
            gates[unit] = of_reset * 0.5 * squash_slope(2.0 * reset - 1.0);
            gates[UNITS + unit] = of_update * 0.5 * squash_slope(2.0 * update - 1.0);
            gates[2 * UNITS + unit] = of_new;
            own[unit] = gates[unit];
            own[UNITS + unit] = gates[UNITS + unit];
            own[2 * UNITS + unit] = of_new * reset;
        }
        add_outer(weight, &self.before, &own);
        add_product(&mut before, &own, transposed);
        *after = before;
        gates
    }
}
