//! Plain evaluation of a network for several rows side by side: the same operations in the same
//! order as [`Network::outputs`], row by row, and so the same bits, without its allocations.

use slicewise_nets::Network;
use slicewise_nets::dense::head::Measure;

use crate::question::Question;

/// Rows side by side.
const ROWS: usize = 8;

/// Checks promises plainly; owes nothing to the fused evaluator or to a device.
pub struct Strict<'a> {
    network: &'a Network,
    from: Vec<[f64; ROWS]>,
    to: Vec<[f64; ROWS]>,
    outputs: Vec<f64>,
}

impl<'a> Strict<'a> {
    /// Allocates the workspace for `network`.
    pub fn new(network: &'a Network) -> Self {
        let widest = vec![[0.0; ROWS]; network.widest()];
        Self { network, from: widest.clone(), to: widest, outputs: vec![0.0; network.widest()] }
    }

    /// [`Question::strict_degradation`], faster.
    pub fn degradation(&mut self, question: &Question, allocation: &[f64]) -> f64 {
        let mut total = 0.0;
        let levels = question.traffic.chunks(ROWS).zip(question.weights.chunks(ROWS));
        for (levels, weights) in levels {
            for lane in 0..ROWS {
                self.from[0][lane] = levels[lane.min(levels.len() - 1)];
            }
            for (unit, value) in allocation.iter().enumerate() {
                self.from[1 + unit] = [*value; ROWS];
            }
            self.run_layers();
            let head = &self.network.head;
            let outputs = &mut self.outputs[..head.outputs()];
            for (lane, weight) in weights.iter().enumerate() {
                for (output, lanes) in outputs.iter_mut().zip(&self.from) {
                    *output = lanes[lane];
                }
                total += weight * head.value(outputs, question.threshold, &Measure::Expected);
            }
        }
        total
    }

    /// Carries the inputs in `from` through all layers; the outputs end in `from`.
    fn run_layers(&mut self) {
        let last = self.network.layers.len() - 1;
        for (index, layer) in self.network.layers.iter().enumerate() {
            let from = &self.from[..layer.inputs];
            let rows = layer.weight.chunks_exact(layer.inputs).zip(&layer.bias);
            for (to, (weights, bias)) in self.to.iter_mut().zip(rows) {
                let mut sums = [0.0; ROWS];
                for (weight, lanes) in weights.iter().zip(from) {
                    for (sum, value) in sums.iter_mut().zip(lanes) {
                        *sum += weight * value;
                    }
                }
                for (to, sum) in to.iter_mut().zip(sums) {
                    let output = sum + bias;
                    *to = if index < last { output.max(0.0) } else { output };
                }
            }
            std::mem::swap(&mut self.from, &mut self.to);
        }
    }
}
