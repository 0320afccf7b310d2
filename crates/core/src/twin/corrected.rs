//! An answer that a trained network corrects, with intervals.

use serde::{Deserialize, Serialize};

use super::Answer;
use crate::packed_numbers;

/// An answer by the formula and a trained network together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CorrectedAnswer {
    /// Name of the trained network.
    pub model: String,
    /// The answer. What its links see is the formula's.
    pub answer: Answer,
    /// For every flow of the scenario: nine of ten mean delays, less the propagation, lie between the told one over e
    /// to this power and times it. NaN where a flow does not arrive, or nothing is known of flows like it.
    #[serde(with = "packed_numbers")]
    pub log_distance: Vec<f64>,
    /// Mean propagation of every flow, in seconds, about which nothing is uncertain. NaN where it does not arrive.
    #[serde(with = "packed_numbers")]
    pub propagation_s: Vec<f64>,
    /// For every link: by how much the trained network moves the delay that it adds, as a share of the formula's;
    /// the mean over its packets. NaN where a link carries nothing.
    #[serde(with = "packed_numbers")]
    pub disagreement: Vec<f64>,
    /// What of the scenario lies outside the network's training, in plain words.
    pub outside: Vec<String>,
}

impl CorrectedAnswer {
    /// The mean delay of flow `flow` and the ends of its interval of nine in ten, in seconds: least, told, most.
    /// None where the flow does not arrive or has no interval.
    pub fn delay_s(&self, flow: usize) -> Option<[f64; 3]> {
        let told = *self.answer.flows.mean_delay_s.get(flow)?;
        let factor = libm::exp(*self.log_distance.get(flow)?);
        let known = self.propagation_s.get(flow)?.min(told);
        let rest = told - known;
        (rest.is_finite() && factor.is_finite())
            .then(|| [known + rest / factor, told, known + rest * factor])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::FlowAnswers;

    #[test]
    fn an_interval_is_a_factor_of_all_but_the_propagation() {
        let flows = FlowAnswers { mean_delay_s: vec![0.03, f64::NAN, 0.02], ..Default::default() };
        let corrected = CorrectedAnswer {
            answer: Answer { flows, ..Answer::default() },
            log_distance: vec![libm::log(1.25), 0.1, f64::NAN],
            propagation_s: vec![0.02, 0.0, 0.0],
            ..CorrectedAnswer::default()
        };
        let [least, told, most] = corrected.delay_s(0).unwrap();
        assert!((least - 0.028).abs() < 1e-12 && told == 0.03 && (most - 0.0325).abs() < 1e-12);
        assert_eq!([1, 2, 3].map(|flow| corrected.delay_s(flow)), [None; 3]);
    }
}
