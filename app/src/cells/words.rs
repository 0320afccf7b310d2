//! What the view says in sentences.

use slicewise_core::cells::figures::{CityFigures, RunFigures};
use slicewise_core::cells::{Objective, STEP_MINUTES, STEPS_PER_DAY, Scheme};

use crate::controls::number_text;

/// Gaps below this are rounding, not doubt.
const SMALLEST_GAP: f64 = 1e-9;
/// The smallest gap that a percentage shows as more than 0; smaller ones are rounded up to it.
const SHOWN_GAP: f64 = 1e-5;

/// A scheme as a list names it.
pub fn scheme_name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Exact => "Exact",
        Scheme::Idla => "IDLA",
        Scheme::Oracle => "Oracle",
        Scheme::Traffic => "Traffic",
        Scheme::Equal => "Equal",
        Scheme::Td3 => "TD3",
    }
}

/// A scheme's splits at the head of a sentence.
fn splits_of(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Exact => "Exact splits keep",
        Scheme::Idla => "IDLA’s splits keep",
        Scheme::Oracle => "Splits on the grid of 5 % keep",
        Scheme::Traffic => "Splits by traffic keep",
        Scheme::Equal => "Equal shares keep",
        Scheme::Td3 => "The agents’ splits keep",
    }
}

/// An objective as a list names it.
pub fn objective_name(objective: Objective) -> &'static str {
    match objective {
        Objective::LogSum => "Fair: sum of ln(r + 1)",
        Objective::MaxMin => "Worst slice first: largest minimum of r",
        Objective::WeightedSum => "Weighted: sum of weight × r",
    }
}

/// The time of day at which `step` begins: `17:30`.
pub fn clock(step: usize) -> String {
    let minutes = step % STEPS_PER_DAY * STEP_MINUTES;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The answer for the network: how often the promises are kept, and how sure that is the best.
pub fn network(
    scheme: Scheme,
    run: &RunFigures,
    equal: Option<&RunFigures>,
    cells: usize,
) -> String {
    if run.slice_steps == 0 {
        return "The network is being simulated; its answer follows.".to_owned();
    }
    let so_far = if run.steps < STEPS_PER_DAY { " so far" } else { "" };
    let mut text = format!(
        "{} {} of slice-steps satisfied{so_far}, {cells} cells × {} steps",
        splits_of(scheme),
        number_text::percent(run.probability()),
        run.steps
    );
    if let Some(equal) = equal.filter(|equal| scheme != Scheme::Equal && equal.slice_steps > 0) {
        let kept = number_text::percent(equal.probability());
        text.push_str(&format!("; equal shares would keep {kept}"));
    }
    text.push_str(&evidence(run.largest_gap));
    text
}

/// How far from its optimum any plan can be, as the end of a sentence.
fn evidence(largest_gap: Option<f64>) -> String {
    match largest_gap {
        None => ".".to_owned(),
        Some(gap) if gap <= SMALLEST_GAP => {
            "; by the estimator no other split has a larger utility.".to_owned()
        }
        Some(gap) => format!(
            "; by the estimator no split has a utility larger by more than {}.",
            number_text::percent(gap.max(SHOWN_GAP))
        ),
    }
}

/// The answer for a city.
pub fn city(figures: &CityFigures, slices: usize, elapsed_ms: f64) -> String {
    let count = |number: usize| number_text::rounded(number as f64);
    let seconds = elapsed_ms / 1000.0;
    let speed = if seconds > 0.0 { figures.cells as f64 / seconds } else { 0.0 };
    let gap = (figures.proven > 0).then_some(figures.largest_gap);
    format!(
        "{} cells × {slices} slices in {}, {} cells per second: {} of slices satisfied, mean {}{}",
        count(figures.cells),
        number_text::quantity(seconds, "s"),
        number_text::rounded(speed.round()),
        number_text::percent(figures.probability()),
        number_text::percent(figures.mean()),
        evidence(gap)
    )
}

/// What one more percent of the blocks would add to the cell's utility.
pub fn multiplier(price: f64, utility: f64) -> String {
    if !price.is_finite() {
        return "this scheme finds no price of the blocks".to_owned();
    }
    let added = 0.01 * price;
    if added < 1e-9 {
        return "more blocks would add nothing".to_owned();
    }
    let part = if utility > 0.0 {
        format!(" ({} of it)", number_text::percent(added / utility))
    } else {
        String::new()
    };
    format!("one more percent of PRB would add {}{part}", number_text::rounded(added))
}

/// A gap as a table shows it.
pub fn short_gap(gap: f64) -> String {
    match gap {
        gap if !gap.is_finite() => "–".to_owned(),
        gap if gap <= SMALLEST_GAP => "0 %".to_owned(),
        gap if gap < SHOWN_GAP => format!("< {}", number_text::percent(SHOWN_GAP)),
        gap => number_text::percent(gap),
    }
}

/// The gap of one plan in words.
pub fn gap(gap: f64) -> String {
    match gap {
        gap if !gap.is_finite() => "not proven".to_owned(),
        gap if gap <= SMALLEST_GAP => "0 %: proven optimal".to_owned(),
        gap => format!("at most {}", number_text::percent(gap.max(SHOWN_GAP))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::cells::scenario::SliceKpis;
    use slicewise_core::cells::{CellPlans, SimulatedStep};

    fn run(satisfied: usize, of: usize, steps: usize, gap: Option<f64>) -> RunFigures {
        let kpis = |kept: bool| SliceKpis {
            satisfaction: f64::from(u8::from(kept)),
            ..SliceKpis::default()
        };
        let step = SimulatedStep {
            kpis: (0..of).map(|index| kpis(index < satisfied)).collect(),
            gaps: gap.into_iter().collect(),
            ..SimulatedStep::default()
        };
        let mut figures = RunFigures::of([&step]);
        figures.steps = steps;
        figures
    }

    #[test]
    fn the_networks_answer_reads_as_a_sentence() {
        let (exact, equal) = (run(978, 1000, 96, Some(0.0001)), run(81, 100, 96, None));
        assert_eq!(
            network(Scheme::Exact, &exact, Some(&equal), 12),
            "Exact splits keep 97.8 % of slice-steps satisfied, 12 cells × 96 steps; equal shares \
             would keep 81 %; by the estimator no split has a utility larger by more than 0.01 %."
        );
        assert_eq!(
            network(Scheme::Equal, &run(81, 100, 20, None), Some(&equal), 12),
            "Equal shares keep 81 % of slice-steps satisfied so far, 12 cells × 20 steps."
        );
        assert!(network(Scheme::Exact, &RunFigures::default(), None, 12).contains("follows"));
    }

    #[test]
    fn a_citys_answer_says_how_fast_and_how_sure() {
        let mut figures = CityFigures::default();
        figures.add(&CellPlans {
            offsets: vec![0, 2],
            shares: vec![0.5; 2],
            satisfaction: vec![1.0, 0.5],
            utilities: vec![1.0],
            bounds: vec![1.0],
            prices: vec![0.0],
            evaluations: 2,
            ..CellPlans::default()
        });
        figures.cells = 100_000;
        assert_eq!(
            city(&figures, 2, 4000.0),
            "100,000 cells × 2 slices in 4 s, 25,000 cells per second: 50 % of slices satisfied, \
             mean 75 %; by the estimator no other split has a larger utility."
        );
    }

    #[test]
    fn multipliers_and_gaps_have_words_for_what_is_missing() {
        assert_eq!(multiplier(0.5, 2.0), "one more percent of PRB would add 0.005 (0.25 % of it)");
        assert_eq!(multiplier(0.0, 2.0), "more blocks would add nothing");
        assert!(multiplier(f64::NAN, 2.0).contains("no price"));
        assert_eq!(gap(0.0), "0 %: proven optimal");
        assert_eq!(gap(f64::NAN), "not proven");
        assert_eq!([0.0, 2e-8, 0.02, f64::NAN].map(short_gap), ["0 %", "< 0.001 %", "2 %", "–"]);
        assert_eq!([0.0005, 2e-8].map(gap), ["at most 0.05 %", "at most 0.001 %"]);
    }

    #[test]
    fn steps_have_a_time_of_day() {
        assert_eq!([0, 1, 70, 95, 96].map(clock), ["00:00", "00:15", "17:30", "23:45", "00:00"]);
    }
}
