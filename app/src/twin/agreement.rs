//! How far a simulation agrees with the formula.

use slicewise_core::twin::simulation::Simulated;
use slicewise_core::twin::{FlowAnswers, Scenario};

use super::{names, units, words};
use crate::controls::number_text;

/// A difference of the means beyond the interval counts from this part of the formula's mean on.
const TOLD: f64 = 0.05;
/// Smaller parts of a mean are not told as numbers.
const LEAST_TOLD: f64 = 0.001;

/// Formula and simulation over all flows that both know.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Flows of which both have a mean, and the simulation an interval.
    pub flows: usize,
    /// Those of which the formula's mean lies within the interval.
    pub within: usize,
    /// Those outside of it by more than a twentieth of the mean.
    pub disagreeing: usize,
    /// Mean of the differences, each as a part of the simulated mean.
    pub mean_difference: f64,
    /// The flow of largest difference, and that.
    pub worst: Option<(usize, f64)>,
}

impl Agreement {
    /// Compares mean delays.
    pub fn of(formula: &FlowAnswers, simulated: &Simulated) -> Self {
        let mut found = Self::default();
        let both = formula.mean_delay_s.iter().zip(&simulated.mean_delay_s);
        let all = both.zip(&simulated.mean_half_width_s).enumerate();
        for (flow, ((formula, mean), half)) in all {
            if !(formula.is_finite() && half.is_finite() && *mean > 0.0) {
                continue;
            }
            let apart = (formula - mean).abs();
            let part = apart / mean;
            found.flows += 1;
            found.within += usize::from(apart <= *half);
            found.disagreeing += usize::from(apart > half + TOLD * mean);
            found.mean_difference += part;
            if found.worst.is_none_or(|(_, worst)| part > worst) {
                found.worst = Some((flow, part));
            }
        }
        found.mean_difference /= found.flows.max(1) as f64;
        found
    }

    /// The comparison in words.
    pub fn told(&self, scenario: &Scenario) -> String {
        let Some((flow, part)) = self.worst else {
            return "Too few packets arrived so far to compare with the formula.".to_owned();
        };
        let mut text = [
            "The formula’s mean delays differ from the simulated ones by ",
            &share_of_mean(self.mean_difference),
            " on average; of ",
        ]
        .concat();
        text += &[
            &words::counted(self.flows, "flow"),
            ", ",
            &words::number(self.within),
            " lie within the 95 % interval. ",
        ]
        .concat();
        text += &match self.disagreeing {
            0 => "No flow lies farther outside than 5 % of its mean".to_owned(),
            1 => "1 flow lies farther outside than 5 % of its mean: trust the simulation there"
                .to_owned(),
            flows => [
                &words::number(flows),
                " flows lie farther outside than 5 % of their mean: trust the simulation there",
            ]
            .concat(),
        };
        text += &[
            "; the largest difference is ",
            &number_text::percent(part),
            " (",
            &names::flow(scenario, flow),
            ").",
        ]
        .concat();
        text
    }
}

/// One flow by both, in words; none where the simulation has no mean of it yet.
pub fn of_flow(formula: &FlowAnswers, simulated: &Simulated, flow: usize) -> Option<String> {
    let finite = |values: &[f64]| values.get(flow).copied().filter(|value| value.is_finite());
    let mean = finite(&simulated.mean_delay_s)?;
    let by_formula = finite(&formula.mean_delay_s)?;
    let packets = finite(&simulated.packets).unwrap_or(0.0);
    let mut text =
        ["Mean delay: ", &units::delay(by_formula), " by formula, ", &units::delay(mean)].concat();
    let half = finite(&simulated.mean_half_width_s);
    if let Some(half) = half {
        text += &[" ± ", &units::delay(half)].concat();
    }
    text += &[" simulated (95 % interval, ", &words::counted(packets as usize, "packet"), "): "]
        .concat();
    text += &match half {
        None => "too few packets for an interval.".to_owned(),
        Some(half) if (by_formula - mean).abs() <= half => "they agree.".to_owned(),
        Some(half) => {
            let beyond = ((by_formula - mean).abs() - half) / mean;
            let way = if by_formula > mean { " above" } else { " below" };
            ["the formula lies ", &share_of_mean(beyond), " of the mean", way, " the interval."]
                .concat()
        }
    };
    Some(text)
}

/// A part of a mean; where networks are wide most of a delay is travel, on which both agree.
fn share_of_mean(part: f64) -> String {
    if part < LEAST_TOLD { "less than 0.1 %".to_owned() } else { number_text::percent(part) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::examples::triangle;

    fn pair() -> (FlowAnswers, Simulated) {
        let formula =
            FlowAnswers { mean_delay_s: vec![0.010, 0.020, f64::NAN], ..FlowAnswers::default() };
        let simulated = Simulated {
            packets: vec![1000.0, 900.0, 10.0],
            mean_delay_s: vec![0.0101, 0.016, 0.5],
            mean_half_width_s: vec![0.0002, 0.001, 0.1],
            ..Simulated::default()
        };
        (formula, simulated)
    }

    #[test]
    fn differences_are_parts_of_the_simulated_mean() {
        let (formula, simulated) = pair();
        let found = Agreement::of(&formula, &simulated);
        assert_eq!((found.flows, found.within, found.disagreeing), (2, 1, 1));
        // By hand: 0.1 / 10.1 and 4 / 16.
        assert!((found.mean_difference - (0.1 / 10.1 + 0.25) / 2.0).abs() < 1e-12);
        assert_eq!(found.worst.unwrap().0, 1);
        let text = found.told(&triangle());
        assert!(
            text.contains("of 2 flows, 1 lie within") && text.contains("25 % (Aachen → c)"),
            "{text}"
        );
    }

    #[test]
    fn one_flow_is_told_with_its_interval_and_what_is_wrong() {
        let (formula, simulated) = pair();
        let told = |flow| of_flow(&formula, &simulated, flow);
        assert_eq!(
            told(0).unwrap(),
            "Mean delay: 10 ms by formula, 10.1 ms ± 0.2 ms simulated (95 % interval, 1,000 packets): they agree."
        );
        assert!(
            told(1).unwrap().ends_with("the formula lies 18.8 % of the mean above the interval.")
        );
        assert_eq!(told(2), None);
        assert_eq!(
            (share_of_mean(0.0), share_of_mean(0.0123)),
            ("less than 0.1 %".to_owned(), "1.23 %".to_owned())
        );
        let nothing = Agreement::of(&formula, &Simulated::default());
        assert!(nothing.told(&triangle()).starts_with("Too few packets"));
    }
}
