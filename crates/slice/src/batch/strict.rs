//! Plain evaluation of a network for several rows side by side: the same operations in the same
//! order as [`Network::outputs`], row by row, and so the same bits, without its allocations.

use slicewise_nets::Network;
use slicewise_nets::dense::head::Measure;
use slicewise_nets::dense::limits::Limits;
use slicewise_nets::dense::network::InputScales;

use crate::question::Question;

/// Rows side by side.
const ROWS: usize = 8;

/// Checks promises plainly; owes nothing to the fused evaluator or to a device.
pub struct Strict<'a> {
    network: &'a Network,
    from: Vec<[f64; ROWS]>,
    to: Vec<[f64; ROWS]>,
    outputs: Vec<f64>,
    scales: InputScales,
    limits: Limits,
    /// Of each output of each layer, the inputs with a weight: the first, and the one after the last.
    spans: Vec<Vec<(usize, usize)>>,
    row: Vec<f64>,
    scaled: Vec<f64>,
}

/// The inputs of one output from the first with a weight to the last.
fn span(weights: &[f64]) -> (usize, usize) {
    let weighted = |weight: &f64| *weight != 0.0;
    let first = weights.iter().position(weighted).unwrap_or(0);
    (first, weights.iter().rposition(weighted).map_or(first, |last| last + 1))
}

impl<'a> Strict<'a> {
    /// Allocates the workspace for `network`.
    pub fn new(network: &'a Network) -> Self {
        let widest = vec![[0.0; ROWS]; network.widest()];
        let layers = network.layers.iter();
        Self {
            network,
            from: widest.clone(),
            to: widest,
            outputs: vec![0.0; network.widest()],
            scales: InputScales::new(&network.card),
            limits: Limits::new(&network.card),
            spans: layers.map(|l| l.weight.chunks_exact(l.inputs).map(span).collect()).collect(),
            row: vec![0.0; network.inputs()],
            scaled: vec![0.0; network.inputs()],
        }
    }

    /// [`Question::strict_degradation`], faster.
    pub fn degradation(&mut self, question: &Question, allocation: &[f64]) -> f64 {
        let mut total = 0.0;
        let levels = question.traffic.chunks(ROWS).zip(question.weights.chunks(ROWS));
        for (levels, weights) in levels {
            for lane in 0..ROWS {
                self.scaled[0] = levels[lane.min(levels.len() - 1)];
                self.scaled[1..].copy_from_slice(allocation);
                self.scales.forward(&mut self.scaled);
                for (unit, value) in self.from.iter_mut().zip(&self.scaled) {
                    unit[lane] = *value;
                }
            }
            self.run_layers();
            let head = &self.network.head;
            let outputs = &mut self.outputs[..head.outputs()];
            for (lane, weight) in weights.iter().enumerate() {
                for (output, lanes) in outputs.iter_mut().zip(&self.from) {
                    *output = lanes[lane];
                }
                let value = head.value(outputs, question.threshold, &Measure::Expected);
                self.row[0] = levels[lane];
                self.row[1..].copy_from_slice(allocation);
                total += weight * self.limits.apply(&self.row, question.threshold, value);
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
            for ((to, (weights, bias)), span) in
                self.to.iter_mut().zip(rows).zip(&self.spans[index])
            {
                let mut sums = [0.0; ROWS];
                for (weight, lanes) in weights[span.0..span.1].iter().zip(&from[span.0..span.1]) {
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
