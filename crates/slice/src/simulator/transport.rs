//! The transport link: a queue of bytes that leave at the allocated bandwidth, less what the
//! tunnel's headers and other traffic take.

use super::queue::FifoQueue;
use super::variation::{STEP, step_at};

/// Bytes that the link's buffer holds: a full one takes 1.8 s at 5 Mbit/s and 0.2 s at 50 Mbit/s.
pub(super) const BUFFER_BYTES: u64 = 1_000_000;

/// Bytes that the tunnel adds to each packet: GTP-U with extension (16), UDP (8), IPv4 (20),
/// Ethernet with check sum (18).
const HEADER_BYTES: u64 = 62;

/// What other traffic takes, as a multiple of what it leaves, in median conditions. With the
/// headers 75 to 78 % of the bandwidth passes as packets on average, as in MicroOpt's table: 11.5,
/// 19.5 and 31.3 Mbit/s at 15, 25 and 40 Mbit/s and 4000 millicores.
const MEDIAN_DISTURBANCE: f64 = 0.14;

/// Deviation of the logarithm of that multiple over time (assumption).
const DISTURBANCE_SPREAD: f64 = 1.0;

/// The link with its buffer and its rate over time.
#[derive(Clone, Debug)]
pub(super) struct Link {
    queue: FifoQueue,
    rates: Rates,
}

impl Link {
    /// An empty link of `bandwidth_mbps` whose conditions follow `drift`, a standard normal series;
    /// above zero is worse.
    pub(super) fn new(bandwidth_mbps: f64, drift: &[f64]) -> Self {
        let rates = drift.iter().map(|state| bandwidth_mbps * 1e6 * share_left(*state)).collect();
        Self { queue: FifoQueue::new(BUFFER_BYTES), rates: Rates(rates) }
    }

    /// When a packet of `bytes` has left; nothing if it is dropped.
    pub(super) fn offer(&mut self, arrival: f64, bytes: u64) -> Option<f64> {
        let bytes = bytes + HEADER_BYTES;
        self.queue.offer(arrival, bytes, |start| self.rates.send(start, 8.0 * bytes as f64))
    }
}

/// How long a full buffer takes in median conditions, seconds.
pub(super) fn longest_wait(bandwidth_mbps: f64) -> f64 {
    8.0 * BUFFER_BYTES as f64 / (bandwidth_mbps * 1e6 * share_left(0.0))
}

/// The share of the bandwidth that other traffic leaves: between 0 and 1.
fn share_left(state: f64) -> f64 {
    1.0 / (1.0 + MEDIAN_DISTURBANCE * libm::exp(DISTURBANCE_SPREAD * state))
}

/// Rates in bit/s, one per step of the drift; the last holds for ever.
#[derive(Clone, Debug)]
struct Rates(Vec<f64>);

impl Rates {
    /// When `bits` that start at `start` are sent, at the rates that hold meanwhile.
    fn send(&self, start: f64, bits: f64) -> f64 {
        let (mut time, mut left) = (start, bits);
        let mut step = step_at(start, self.0.len());
        while step + 1 < self.0.len() {
            let end = (step + 1) as f64 * STEP;
            let possible = (end - time).max(0.0) * self.0[step];
            if left <= possible {
                break;
            }
            left -= possible;
            time = time.max(end);
            step += 1;
        }
        time + left / self.0[step]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sending_follows_the_rate_of_each_step() {
        let rates = Rates(vec![1000.0, 500.0, 2000.0]);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} instead of {b}");
        close(rates.send(0.02, 30.0), 0.05);
        close(rates.send(0.05, 60.0), 0.12);
        close(rates.send(0.05, 140.0), 0.22);
        close(rates.send(7.0, 100.0), 7.05);
    }

    #[test]
    fn a_full_buffer_drops_and_takes_its_longest_wait() {
        let mut link = Link::new(10.0, &[0.0]);
        let departures: Vec<f64> = (0..2000).map_while(|_| link.offer(0.0, 1000)).collect();
        assert_eq!(departures.len() as u64, BUFFER_BYTES / (1000 + HEADER_BYTES));
        let last = departures[departures.len() - 1];
        assert!((last / longest_wait(10.0) - 1.0).abs() < 0.002, "{last}");
    }
}
