//! The radio: retransmissions that delay a packet and conditions that make it dearer to process.

use super::variation::step_at;

/// Delay of every packet through radio frames and core network, seconds: with the mean of the
/// retransmissions the testbed's minimum of about 10 ms (MicroOpt, section VI-F).
pub(super) const FIXED_LATENCY: f64 = 9e-3;

/// Delay of one retransmission, seconds: a HARQ round trip of eight 1 ms subframes.
const RETRANSMISSION_DELAY: f64 = 8e-3;

/// Retransmissions after which a packet passes in any case, as with the usual four HARQ attempts.
const MOST_RETRANSMISSIONS: usize = 3;

/// Share of transmissions that fail in median conditions: the usual target of link adaptation.
const MEDIAN_FAILURES: f64 = 0.1;

/// Deviation of the logarithm of that share over time (assumption).
const FAILURES_SPREAD: f64 = 0.5;

/// Largest share of transmissions that fail, however bad the conditions.
const WORST_FAILURES: f64 = 0.5;

/// Deviation over time of the logarithm of a packet's processing work: worse conditions mean more
/// robust, longer coding and more decoding rounds for the same bytes (assumption).
const WORK_SPREAD: f64 = 0.3;

/// The radio's conditions, step by step.
#[derive(Clone, Debug)]
pub(super) struct Radio {
    steps: Vec<RadioStep>,
}

/// Conditions within one step.
#[derive(Clone, Copy, Debug, PartialEq)]
struct RadioStep {
    failures: f64,
    work_factor: f64,
}

impl Radio {
    /// Conditions that follow `drift`, a standard normal series; above zero is worse.
    pub(super) fn new(drift: &[f64]) -> Self {
        let steps = drift
            .iter()
            .map(|state| RadioStep {
                failures: (MEDIAN_FAILURES * libm::exp(FAILURES_SPREAD * state))
                    .min(WORST_FAILURES),
                work_factor: libm::exp(WORK_SPREAD * state),
            })
            .collect();
        Self { steps }
    }

    /// Processing work at `time` as a multiple of that in median conditions.
    pub(super) fn work_factor(&self, time: f64) -> f64 {
        self.steps[step_at(time, self.steps.len())].work_factor
    }

    /// Latency of a packet outside the queues at `time`, seconds.
    ///
    /// It is added after the queues although the radio comes before them: a Poisson stream whose
    /// packets are delayed independently is still Poisson, so the queues would see no difference.
    pub(super) fn latency(&self, time: f64, mut uniform: impl FnMut() -> f64) -> f64 {
        let failures = self.steps[step_at(time, self.steps.len())].failures;
        let retransmissions =
            (0..MOST_RETRANSMISSIONS).take_while(|_| uniform() < failures).count();
        FIXED_LATENCY + retransmissions as f64 * RETRANSMISSION_DELAY
    }
}

#[cfg(test)]
mod tests {
    use slicewise_core::seed;

    use super::*;

    #[test]
    fn latency_in_median_conditions_is_about_ten_milliseconds_and_never_below_the_fixed_part() {
        let radio = Radio::new(&[0.0]);
        let mut generator = seed::stream(1, 0);
        let draws: Vec<f64> =
            (0..50_000).map(|_| radio.latency(0.0, || seed::uniform(&mut generator))).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        // 0.1 + 0.01 + 0.001 retransmissions on average.
        assert!((mean - (9e-3 + 0.111 * 8e-3)).abs() < 5e-5, "{mean}");
        assert!(draws.iter().all(|latency| (FIXED_LATENCY..=33.1e-3).contains(latency)));
    }

    #[test]
    fn worse_conditions_mean_more_work() {
        let radio = Radio::new(&[-1.0, 1.0]);
        assert!(radio.work_factor(0.0) < 1.0 && radio.work_factor(0.15) > 1.0);
    }
}
