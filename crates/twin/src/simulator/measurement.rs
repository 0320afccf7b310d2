//! What a run measures of its flows.

use slicewise_core::twin::simulation::{BATCHES, Simulated};

use super::quantiles::{Fineness, Quantiles};

/// Flows up to which quantiles are counted finely.
const MOST_FINE_FLOWS: usize = 5000;

/// Delays and losses of all flows of a scenario.
#[derive(Clone, Debug)]
pub(super) struct Measurement {
    flows: Vec<Measured>,
    quantiles: Vec<Quantiles>,
    fineness: Fineness,
}

impl Measurement {
    pub(super) fn new(flows: usize) -> Self {
        let is_fine = flows <= MOST_FINE_FLOWS;
        Self {
            flows: vec![Measured::default(); flows],
            quantiles: vec![Quantiles::new(); flows],
            fineness: if is_fine { Fineness::Fine } else { Fineness::Coarse },
        }
    }

    /// A packet of `flow` arrived.
    pub(super) fn arrived(&mut self, flow: u32, delay_s: f64) {
        self.flows[flow as usize].arrived(delay_s);
        self.quantiles[flow as usize].count(delay_s, self.fineness);
    }

    /// A packet of `flow` was lost.
    pub(super) fn lost(&mut self, flow: u32) {
        self.flows[flow as usize].lost += 1.0;
    }

    /// A batch is over.
    pub(super) fn end_batch(&mut self) {
        self.flows.iter_mut().for_each(Measured::end_batch);
    }

    /// All figures of the flows, from the batches that are over and the one that is not.
    pub(super) fn result(&self) -> Simulated {
        let all = |of: fn(&Measured) -> f64| self.flows.iter().map(of).collect();
        let shares = [0.1, 0.5, 0.9, 0.99];
        let quantiles: Vec<[f64; 4]> =
            self.quantiles.iter().map(|quantiles| quantiles.at(shares, self.fineness)).collect();
        let quantile = |index: usize| quantiles.iter().map(|found| found[index]).collect();
        Simulated {
            packets: all(|flow| flow.packets),
            mean_delay_s: all(Measured::mean),
            mean_half_width_s: all(Measured::half_width),
            jitter_s2: all(Measured::variance),
            p10_s: quantile(0),
            p50_s: quantile(1),
            p90_s: quantile(2),
            p99_s: quantile(3),
            loss: all(|flow| flow.lost / (flow.lost + flow.packets)),
            ..Simulated::default()
        }
    }
}

/// Sums over the packets of one flow. Delays are counted from `base_s`, the first one, to keep their
/// digits.
#[derive(Clone, Debug, Default)]
struct Measured {
    packets: f64,
    lost: f64,
    base_s: f64,
    sum: f64,
    sum_of_squares: f64,
    /// Packets and sum before this batch.
    before: (f64, f64),
    /// Over the batches that are over: how many hold a packet; sums of packets squared, of packets times
    /// sum, and of sum squared.
    batches: usize,
    packets_squared: f64,
    packets_by_sum: f64,
    sum_squared: f64,
}

impl Measured {
    fn arrived(&mut self, delay_s: f64) {
        if self.packets == 0.0 {
            self.base_s = delay_s;
        }
        let above = delay_s - self.base_s;
        self.packets += 1.0;
        self.sum += above;
        self.sum_of_squares += above * above;
    }

    fn end_batch(&mut self) {
        let (packets, sum) = (self.packets - self.before.0, self.sum - self.before.1);
        if packets > 0.0 {
            self.batches += 1;
            self.packets_squared += packets * packets;
            self.packets_by_sum += packets * sum;
            self.sum_squared += sum * sum;
        }
        self.before = (self.packets, self.sum);
    }

    fn mean(&self) -> f64 {
        self.base_s + self.sum / self.packets
    }

    fn variance(&self) -> f64 {
        let mean = self.sum / self.packets;
        (self.sum_of_squares / self.packets - mean * mean).max(0.0)
    }

    /// Half width of the 95 % confidence interval of the mean: a ratio of sums over batches, since batches
    /// hold unequal numbers of packets.
    fn half_width(&self) -> f64 {
        let (packets, sum) = self.before;
        let Some(student) = self.batches.checked_sub(2).and_then(|at| STUDENT_975.get(at)) else {
            return f64::NAN;
        };
        let mean = sum / packets;
        let squares = self.sum_squared - 2.0 * mean * self.packets_by_sum
            + mean * mean * self.packets_squared;
        let batches = self.batches as f64;
        student * (squares.max(0.0) * batches / (batches - 1.0)).sqrt() / packets
    }
}

/// What Student's t stays below with probability 0.975, for 1 to 19 degrees of freedom.
const STUDENT_975: [f64; BATCHES - 1] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_variance_and_interval_are_those_of_the_textbook() {
        let mut measured = Measured::default();
        for batch in [[1.0, 3.0], [2.0, 4.0], [6.0, 8.0]] {
            batch.iter().for_each(|delay| measured.arrived(1e6 + delay));
            measured.end_batch();
        }
        assert_eq!(measured.mean(), 1e6 + 4.0);
        assert!((measured.variance() - (9.0 + 1.0 + 4.0 + 0.0 + 4.0 + 16.0) / 6.0).abs() < 1e-9);
        // Batch means 2, 3 and 7: standard deviation sqrt(7), over sqrt(3), times t of 2 degrees.
        assert!((measured.half_width() - 4.303 * (7.0f64 / 3.0).sqrt()).abs() < 1e-9);
    }

    #[test]
    fn a_single_batch_has_no_interval_and_a_flow_without_packets_no_mean() {
        let mut measured = Measured::default();
        assert!(measured.mean().is_nan() && measured.half_width().is_nan());
        measured.arrived(1.0);
        measured.end_batch();
        assert_eq!(measured.mean(), 1.0);
        assert!(measured.half_width().is_nan());
    }
}
