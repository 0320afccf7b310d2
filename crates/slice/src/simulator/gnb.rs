//! The gNB: a queue of packets whose processing is limited by a CPU quota.

use super::packets::{Packet, mean_bytes};
use super::queue::FifoQueue;

/// CPU that the gNB process takes with no traffic at all, millicores. Together with [`work`] it
/// reproduces within 12 % what passes the testbed's gNB when bandwidth does not limit it: 8.4,
/// 17.3 and 25.2 Mbit/s at 1000, 2000 and 3000 millicores (MicroOpt's table, 5 users/s).
pub(super) const BASE_LOAD_MILLICORES: f64 = 200.0;

/// Cores on which the process runs while its quota lasts.
pub(super) const HOST_CORES: f64 = 8.0;

/// Packets that the gNB holds, as many as a Linux interface queues by default. At 500 millicores
/// a full queue takes about 2.4 s, the "several seconds" of MicroOpt, section VI-F.
pub(super) const QUEUE_PACKETS: u64 = 1000;

/// Period of the CPU quota, seconds, as with a cgroup's `cpu.max`. Shorter than the default of
/// 100 ms, under which a gNB would lose its radio frames.
const QUOTA_PERIOD: f64 = 10e-3;

/// Core time per packet, seconds.
const WORK_PER_PACKET: f64 = 0.1e-3;

/// Core time per byte, seconds.
const WORK_PER_BYTE: f64 = 0.71e-6;

/// The gNB with its queue and what is left of its CPU quota.
#[derive(Clone, Debug)]
pub(super) struct Gnb {
    queue: FifoQueue,
    processor: Processor,
}

impl Gnb {
    /// An idle gNB with `cpu_millicores`, which must exceed [`BASE_LOAD_MILLICORES`].
    pub(super) fn new(cpu_millicores: f64) -> Self {
        Self { queue: FifoQueue::new(QUEUE_PACKETS), processor: Processor::new(cpu_millicores) }
    }

    /// When a packet that needs `work` seconds of core time leaves; nothing if it is dropped.
    pub(super) fn offer(&mut self, arrival: f64, work: f64) -> Option<f64> {
        let processor = &mut self.processor;
        self.queue.offer(arrival, 1, |start| processor.run(start, work))
    }
}

/// Core time of a packet, seconds: its mean by size times an Erlang-2 number of mean 1, so that
/// the deviation is 71 % of the mean.
pub(super) fn work(packet: Packet, mut uniform: impl FnMut() -> f64) -> f64 {
    let variability = -0.5 * libm::log((1.0 - uniform()) * (1.0 - uniform()));
    mean_work(packet.bytes as f64) * variability
}

/// How long a full queue of mean packets takes, seconds.
pub(super) fn longest_wait(cpu_millicores: f64) -> f64 {
    QUEUE_PACKETS as f64 * mean_work(mean_bytes()) / cores_for_packets(cpu_millicores)
}

fn mean_work(bytes: f64) -> f64 {
    WORK_PER_PACKET + WORK_PER_BYTE * bytes
}

fn cores_for_packets(cpu_millicores: f64) -> f64 {
    (cpu_millicores - BASE_LOAD_MILLICORES) / 1000.0
}

/// Runs work on all cores until the period's quota is used up, then waits for the next period.
#[derive(Clone, Debug)]
struct Processor {
    /// Core time for packets per period, seconds: the base load has had its share.
    quota: f64,
    /// Number of the period that `left` belongs to.
    period: f64,
    /// Core time left in that period, seconds.
    left: f64,
}

impl Processor {
    fn new(cpu_millicores: f64) -> Self {
        let quota = cores_for_packets(cpu_millicores).min(HOST_CORES) * QUOTA_PERIOD;
        Self { quota, period: 0.0, left: quota }
    }

    /// When `work` seconds of core time that start at `start` are done.
    fn run(&mut self, start: f64, work: f64) -> f64 {
        let period = (start / QUOTA_PERIOD).floor();
        if period > self.period {
            (self.period, self.left) = (period, self.quota);
        }
        let start = start.max(self.period * QUOTA_PERIOD);
        let until_next = ((self.period + 1.0) * QUOTA_PERIOD - start).max(0.0);
        let possible = self.left.min(until_next * HOST_CORES);
        if work <= possible {
            self.left -= work;
            return start + work / HOST_CORES;
        }
        self.run_in_later_periods(work - possible)
    }

    /// Goes on with `work` in the next period, passing over those that it uses up.
    fn run_in_later_periods(&mut self, work: f64) -> f64 {
        let used_up = (work / self.quota).floor();
        let rest = work - used_up * self.quota;
        self.period += 1.0 + used_up;
        self.left = self.quota - rest;
        self.period * QUOTA_PERIOD + rest / HOST_CORES
    }
}

#[cfg(test)]
mod tests {
    use slicewise_core::seed;

    use super::*;

    #[test]
    fn an_always_busy_gnb_gets_its_quota_less_the_base_load() {
        for millicores in [300.0, 1000.0, 4500.0] {
            let mut processor = Processor::new(millicores);
            let mut generator = seed::stream(2, 0);
            let (mut now, mut done) = (0.0, 0.0);
            while now < 200.0 {
                let work = 0.002 * seed::uniform(&mut generator);
                now = processor.run(now, work);
                done += work;
            }
            let cores = (millicores - BASE_LOAD_MILLICORES) / 1000.0;
            assert!((done / now / cores - 1.0).abs() < 0.001, "{millicores}: {}", done / now);
        }
    }

    #[test]
    fn work_beyond_the_quota_waits_for_the_next_period() {
        // 1 core for packets: 10 ms of core time in each period of 10 ms.
        let mut processor = Processor::new(BASE_LOAD_MILLICORES + 1000.0);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} instead of {b}");
        close(processor.run(0.0, 0.008), 0.001);
        close(processor.run(0.002, 0.006), 0.0105);
        close(processor.run(0.0105, 0.025), 0.031125);
        close(processor.run(0.055, 0.008), 0.056);
    }

    #[test]
    fn work_has_the_mean_of_its_size_and_the_spread_of_two_exponential_stages() {
        let mut generator = seed::stream(4, 0);
        let packet = Packet { arrival: 0.0, bytes: 1000 };
        let draws: Vec<f64> =
            (0..100_000).map(|_| work(packet, || seed::uniform(&mut generator))).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / 1e5;
        assert!((mean / 0.81e-3 - 1.0).abs() < 0.01, "{mean}");
        assert!((variance / (mean * mean) - 0.5).abs() < 0.02, "{variance}");
    }
}
