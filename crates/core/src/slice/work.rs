//! How much a batch of problems is to compute: what devices are compared by.

use crate::card::ModelCard;
use crate::slice::sweep::Sweep;

/// Multiplications of one forward pass of the network that `card` describes, its heads side by side.
pub fn multiplications(card: &ModelCard) -> usize {
    let architecture = &card.architecture;
    let mut width = card.inputs.len();
    let mut sum = 0;
    for units in &architecture.shared {
        sum += width * units;
        width = *units;
    }
    if architecture.head_hidden > 0 {
        let hidden = architecture.heads().len() * architecture.head_hidden;
        sum += width * hidden;
        width = hidden;
    }
    sum + width * architecture.outputs()
}

/// Mean work of a problem of `sweeps`, which ask the network of `card`: its multiplications times the
/// levels of the traffic.
pub fn work_per_problem(sweeps: &[Sweep], card: &ModelCard) -> f64 {
    let levels = |sweep: &Sweep| match sweep.is_empty() {
        true => 0.0,
        false => sweep.problem(0).slices[0].traffic.samples().len() as f64 * sweep.len() as f64,
    };
    let problems: usize = sweeps.iter().map(Sweep::len).sum();
    let mean = sweeps.iter().map(levels).sum::<f64>() / problems.max(1) as f64;
    mean * multiplications(card) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slice::sweep::Day;
    use crate::slice::{SliceProblem, Traffic};

    const GAUSSIAN: &str = include_str!("../../../../models/slice/testbed-gaussian/card.json");
    const MIXTURE: &str = include_str!("../../../../models/slice/testbed-mixture/card.json");

    #[test]
    fn multiplications_are_those_of_the_layers() {
        let count = |text: &str| multiplications(&ModelCard::from_json(text).unwrap());
        // 3-16-16-16, two heads of 16 and one output each, laid side by side.
        assert_eq!(count(GAUSSIAN), 48 + 256 + 256 + 16 * 32 + 32 * 2);
        // 3-32-32-32 and nine outputs.
        assert_eq!(count(MIXTURE), 96 + 1024 + 1024 + 32 * 9);
    }

    #[test]
    fn each_level_of_the_traffic_is_a_pass() {
        let card = ModelCard::from_json(GAUSSIAN).unwrap();
        let traffic = Traffic::Constant { users_per_second: 3.0 };
        let problem = SliceProblem::in_whole_box(&card, traffic, 5.0, 0.1);
        // Four intervals of one slot without variation: one level each.
        let trace = vec![1.0, 2.0, 3.0, 4.0];
        let day = Sweep::Day(Day { problem, trace, variation: 0.0, slots_per_interval: 1 });
        assert_eq!(work_per_problem(&[day], &card), multiplications(&card) as f64);
        assert_eq!(work_per_problem(&[], &card), 0.0);
    }
}
