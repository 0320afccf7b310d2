//! What the view says in sentences.

use slicewise_core::cells::figures::{CityFigures, RunFigures};
use slicewise_core::cells::observation::REQUIRED_THROUGHPUT;
use slicewise_core::cells::{Objective, STEP_MINUTES, STEPS_PER_DAY, Scheme, ServiceProfile};

use super::models::Trained;
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

/// What a promise is, and why what was estimated and what was simulated differ.
pub const ABOUT_PROMISES: &str = "A promise is kept where one slice of one cell is satisfied, r ≥ 99 %, over one step of 15 minutes. The simulation says how many were kept. The estimate is what a neural network expects before each step, from what was measured until then, and a proof says only that no other split has a larger utility by this estimate. The two differ: the estimate knows neither the users, the channels nor the traffic of the 15 minutes to come, r = 99 % on average is more than r ≥ 99 % often, and what one cell sends disturbs the others.";

/// The answer for the network: how often the promises are kept, what was expected, and how sure that
/// is the best.
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
        "{} {} of promises in the simulation{so_far}, {cells} cells × {} steps",
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

/// What the estimator expected of a run beside what came of it.
pub fn expected(run: &RunFigures) -> Option<String> {
    let expected = number_text::percent(run.expected_mean()?);
    let came = number_text::percent(run.mean());
    Some(format!("mean satisfaction {came} simulated, {expected} estimated"))
}

/// Why a scheme is not to be followed here, if so: equal shares kept more promises.
pub fn below_equal(run: &RunFigures, equal: &RunFigures, objective: Objective) -> Option<String> {
    if !run.is_below(equal) {
        return None;
    }
    let why = match objective {
        Objective::MaxMin => ": lifting the worst slice costs the others more",
        _ => "",
    };
    let [kept, of_equal] = [run, equal].map(|run| number_text::percent(run.probability()));
    Some(format!(
        "Equal shares keep more promises in the simulation, {of_equal} against {kept}{why}"
    ))
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

/// What the estimator expects of the slices of many cells.
fn estimate(figures: &CityFigures) -> String {
    let gap = (figures.proven > 0).then_some(figures.largest_gap);
    format!(
        "estimated {} of slices satisfied, mean {}{}",
        number_text::percent(figures.probability()),
        number_text::percent(figures.mean()),
        evidence(gap)
    )
}

/// The answer for a city.
pub fn city(figures: &CityFigures, slices: usize, elapsed_ms: f64) -> String {
    let count = |number: usize| number_text::rounded(number as f64);
    let seconds = elapsed_ms / 1000.0;
    let speed = if seconds > 0.0 { figures.cells as f64 / seconds } else { 0.0 };
    format!(
        "{} cells × {slices} slices in {}, {} cells per second: {}",
        count(figures.cells),
        number_text::quantity(seconds, "s"),
        number_text::rounded(speed.round()),
        estimate(figures)
    )
}

/// The answer for the cells of an opened table, which nobody simulates.
pub fn table(name: &str, figures: &CityFigures) -> String {
    let count = |number: usize| number_text::rounded(number as f64);
    format!(
        "{name}, {} cells with {} slices, none simulated: {}",
        count(figures.cells),
        count(figures.slices),
        estimate(figures)
    )
}

/// Beside the estimates of cells that nobody simulates: how right the estimator was where there is a
/// simulation.
pub fn calibration(run: &RunFigures) -> Option<String> {
    let text = expected(run)?;
    Some(format!(
        "These cells are not simulated: their satisfaction is the estimator’s. In the simulated day of the network: {text}."
    ))
}

/// How many slices lie outside what the estimator was trained on, if any.
pub fn outside(slices: usize) -> Option<String> {
    let count = number_text::rounded(slices as f64);
    let lie = if slices == 1 { "slice lies" } else { "slices lie" };
    (slices > 0).then(|| format!("{count} {lie} outside what the estimator was trained on"))
}

/// How many promises of a run lie outside what the estimator was trained on, if any.
pub fn run_outside(run: &RunFigures) -> Option<String> {
    let share = run.outside as f64 / run.slice_steps.max(1) as f64;
    let share = number_text::percent(share);
    (run.outside > 0)
        .then(|| format!("{share} of promises lie outside what the estimator was trained on"))
}

/// Where a required throughput lies outside what the estimator was trained on.
pub fn throughput_outside(service: &ServiceProfile, trained: &Trained) -> Option<String> {
    not_trained(service.required_throughput_mbps, trained.throughput_mbps, "Mbit/s")
}

/// Where a required delay lies outside what the estimator was trained on.
pub fn delay_outside(service: &ServiceProfile, trained: &Trained) -> Option<String> {
    not_trained(service.required_delay_ms, trained.delay_ms, "ms")
}

/// Whether a service asks for more or less than the estimator was trained on.
pub fn asks_outside(service: &ServiceProfile, trained: &Trained) -> bool {
    throughput_outside(service, trained).is_some() || delay_outside(service, trained).is_some()
}

fn not_trained(value: f64, (least, most): (f64, f64), unit: &str) -> Option<String> {
    if value >= least && value <= most {
        return None;
    }
    let [least, most] = [least, most].map(number_text::rounded);
    Some(format!(
        "Outside what the estimator was trained on, {least} to {most} {unit}: its splits are guesses."
    ))
}

/// What a slice requires in a cell, and whether the estimator was trained on that.
pub fn requires(features: &[f64], trained: Option<Trained>) -> String {
    let Some(required) = features.get(REQUIRED_THROUGHPUT) else { return String::new() };
    let text = number_text::quantity(*required, "Mbit/s");
    let range = trained.map(|trained| trained.throughput_mbps);
    match range.and_then(|range| not_trained(*required, range, "")) {
        Some(_) => format!("{text}, not trained"),
        None => text,
    }
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
        gap if gap <= SMALLEST_GAP => "0 %: proven best by the estimate".to_owned(),
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
            "Exact splits keep 97.8 % of promises in the simulation, 12 cells × 96 steps; equal shares \
             would keep 81 %; by the estimator no split has a utility larger by more than 0.01 %."
        );
        assert_eq!(
            network(Scheme::Equal, &run(81, 100, 20, None), Some(&equal), 12),
            "Equal shares keep 81 % of promises in the simulation so far, 12 cells × 20 steps."
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
            "100,000 cells × 2 slices in 4 s, 25,000 cells per second: estimated 50 % of slices \
             satisfied, mean 75 %; by the estimator no other split has a larger utility."
        );
        assert_eq!(
            table("kpis.csv", &figures),
            "kpis.csv, 100,000 cells with 2 slices, none simulated: estimated 50 % of slices \
             satisfied, mean 75 %; by the estimator no other split has a larger utility."
        );
    }

    #[test]
    fn what_was_estimated_stands_beside_what_was_simulated() {
        let kpis = SliceKpis { satisfaction: 0.8, ..SliceKpis::default() };
        let mut step = SimulatedStep { kpis: vec![kpis; 2], ..SimulatedStep::default() };
        assert_eq!(expected(&RunFigures::of([&step])), None);
        step.expected_satisfaction = vec![0.9, 0.96];
        let run = RunFigures::of([&step]);
        let text = "mean satisfaction 80 % simulated, 93 % estimated";
        assert_eq!(expected(&run).unwrap(), text);
        assert!(calibration(&run).unwrap().contains(text));
    }

    #[test]
    fn an_objective_that_keeps_fewer_promises_than_equal_shares_is_warned_of() {
        let (worst_first, equal) = (run(475, 1000, 96, Some(0.0)), run(637, 1000, 96, None));
        assert_eq!(
            below_equal(&worst_first, &equal, Objective::MaxMin).unwrap(),
            "Equal shares keep more promises in the simulation, 63.7 % against 47.5 %: lifting the \
             worst slice costs the others more"
        );
        assert_eq!(below_equal(&equal, &worst_first, Objective::LogSum), None);
    }

    #[test]
    fn requirements_outside_the_training_are_told_with_its_range() {
        let trained = Trained { throughput_mbps: (0.31, 3.85), delay_ms: (32.0, 498.0) };
        let mut video = ServiceProfile::of_the_paper()[0].clone();
        assert!(!asks_outside(&video, &trained));
        video.required_throughput_mbps = 0.1;
        assert_eq!(
            throughput_outside(&video, &trained).unwrap(),
            "Outside what the estimator was trained on, 0.31 to 3.85 Mbit/s: its splits are guesses."
        );
        assert!(asks_outside(&video, &trained) && delay_outside(&video, &trained).is_none());
        assert_eq!(outside(0), None);
        assert!(outside(1).unwrap().starts_with("1 slice lies"));
    }

    /// The label showed the throughput that was measured in the step before.
    #[test]
    fn a_cells_slider_says_what_is_required_and_not_what_was_measured() {
        let trained = Trained { throughput_mbps: (0.31, 3.85), delay_ms: (32.0, 498.0) };
        let mut observation = slicewise_core::cells::Observation::default();
        observation.push(3.0, 9.0);
        observation.last = slicewise_core::cells::LastStep::of(0.3, 0.2, 2.69, 20.0);
        let row = |required| observation.features(required, 100.0);
        assert_eq!(requires(&row(2.0), Some(trained)), "2 Mbit/s");
        assert_eq!(requires(&row(6.0), Some(trained)), "6 Mbit/s, not trained");
        assert_eq!(requires(&[], None), "");
    }

    #[test]
    fn multipliers_and_gaps_have_words_for_what_is_missing() {
        assert_eq!(multiplier(0.5, 2.0), "one more percent of PRB would add 0.005 (0.25 % of it)");
        assert_eq!(multiplier(0.0, 2.0), "more blocks would add nothing");
        assert!(multiplier(f64::NAN, 2.0).contains("no price"));
        assert_eq!(gap(0.0), "0 %: proven best by the estimate");
        assert_eq!(gap(f64::NAN), "not proven");
        assert_eq!([0.0, 2e-8, 0.02, f64::NAN].map(short_gap), ["0 %", "< 0.001 %", "2 %", "–"]);
        assert_eq!([0.0005, 2e-8].map(gap), ["at most 0.05 %", "at most 0.001 %"]);
    }

    #[test]
    fn steps_have_a_time_of_day() {
        assert_eq!([0, 1, 70, 95, 96].map(clock), ["00:00", "00:15", "17:30", "23:45", "00:00"]);
    }
}
