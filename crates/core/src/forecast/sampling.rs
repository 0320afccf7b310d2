//! Samples become demand in equal steps.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::card::LARGEST;
use crate::error::{InputError, check_range};

use super::demand_table::ClockChanges;
use super::series::{DemandSeries, LONGEST_STEP_MINUTES, MOST_SAMPLES};

/// The most steps in a row that are filled along a line where no other day is known: the planner's
/// look-back.
pub const LONGEST_LINE: usize = 12;
/// Days before and after a gap whose demand at the same time fills it.
const DAYS_AROUND: i64 = 7;
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = LONGEST_STEP_MINUTES as i64 * MINUTE_MS;

/// One sample as it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Stamp, in milliseconds since 1970-01-01 00:00 UTC.
    pub ms: i64,
    /// Demand; none where it is missing.
    pub value: Option<f64>,
    /// Line of the file.
    pub line: u64,
}

/// What several samples within one step come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Together {
    /// Their mean: of rates and levels.
    #[default]
    Mean,
    /// Their sum: of volumes and counts.
    Sum,
}

/// Which part of a trace is taken that a gap of more than a day divides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// The one with the most steps.
    #[default]
    Longest,
    /// The last one.
    Latest,
}

/// How samples are brought into steps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sampling {
    /// Minutes of a step; none where the samples decide.
    pub step_minutes: Option<u32>,
    /// What several samples within a longer step come to.
    pub together: Together,
    /// Which part is taken.
    pub part: Part,
}

/// What was done to samples so that they became a series of equal steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Treatment {
    /// Steps without a sample that were filled.
    pub filled: usize,
    /// How many of them took the demand at the same time of other days; the others lie on a line between
    /// their neighbours.
    pub from_other_days: usize,
    /// Samples whose stamp had come before: each step takes the mean of its samples.
    pub duplicates: usize,
    /// Samples that came later in the file than a younger one: they were sorted.
    pub unsorted: usize,
    /// Stamps a little beside their step, as pollers write them, that were moved onto it.
    pub snapped: usize,
    /// Seconds between the samples where a step holds several; 0 where it holds one.
    pub sampled_seconds: f64,
    /// Whether a step holds the sum of its samples.
    pub summed: bool,
    /// Parts that the trace was divided into by gaps of more than a day.
    pub parts: usize,
    /// Samples in the parts that were not taken.
    pub left_out: usize,
    /// What daylight saving did to the stamps; none where nothing.
    pub changes: Option<ClockChanges>,
}

impl DemandSeries {
    /// Builds a series from samples.
    ///
    /// The step is the shortest distance of stamps of which all are multiples, give or take a quarter of
    /// a step, unless `sampling` gives it; where that is no whole number of minutes, the steps are the
    /// shortest ones that are, and samples within a step are taken together. Samples with the same stamp
    /// are averaged. Gaps of up to a day are filled by the demand at the same time of the days around,
    /// or, where there are none and the gap is no longer than [`LONGEST_LINE`], along a line; longer
    /// ones divide the trace. Missing samples at either end are dropped. [`Treatment`] counts all this.
    ///
    /// # Errors
    /// Names the sample (by its line in the file) that is negative or not finite, or that lies off the
    /// steps; or says that fewer than two samples are left.
    pub fn from_samples(
        name: &str,
        unit: &str,
        samples: &[Sample],
        sampling: Sampling,
    ) -> Result<(Self, Treatment), InputError> {
        let mut treatment = Treatment { parts: 1, ..Treatment::default() };
        for sample in samples {
            if let Some(value) = sample.value {
                check_range(&format!("line {}, demand", sample.line), value, 0.0, LARGEST, unit)?;
            }
        }
        let mut latest = i64::MIN;
        for sample in samples {
            treatment.unsorted += usize::from(sample.ms < latest);
            latest = latest.max(sample.ms);
        }
        let mut sorted: Vec<Sample> = samples.to_vec();
        sorted.sort_by_key(|sample| sample.ms);
        let steps = in_steps(&sorted, sampling, &mut treatment)?;
        let runs = whole_parts(&steps, &mut treatment);
        let run = match sampling.part {
            Part::Longest => runs.iter().rev().max_by_key(|run| run.len()),
            Part::Latest => runs.last(),
        };
        let Some(run) = run else {
            return Err(InputError::new("demand", "without a number", "at least two numbers"));
        };
        let mut series = Self {
            name: name.to_owned(),
            unit: unit.to_owned(),
            step_minutes: steps.minutes,
            start_minute: steps.start_minute + run.start as i64 * i64::from(steps.minutes),
            values: Vec::with_capacity(run.len()),
            filled: Vec::new(),
        };
        treatment.left_out = steps.values.iter().flatten().count()
            - steps.values[run.clone()].iter().flatten().count();
        fill(&steps, run.clone(), &mut series, &mut treatment);
        if series.values.len() < 2 && treatment.sampled_seconds > 0.0 {
            return Err(too_short(&series, sorted.len(), treatment.sampled_seconds));
        }
        check_range("demand", series.values.len() as f64, 2.0, MOST_SAMPLES as f64, "samples")?;
        series.validate()?;
        Ok((series, treatment))
    }
}

/// Demand per step, with holes.
struct Steps {
    minutes: u32,
    start_minute: i64,
    values: Vec<Option<f64>>,
}

fn in_steps(
    sorted: &[Sample],
    sampling: Sampling,
    treatment: &mut Treatment,
) -> Result<Steps, InputError> {
    let given_ms = sampling.step_minutes.map(|minutes| i64::from(minutes) * MINUTE_MS);
    let mut distinct: Vec<i64> = sorted.iter().map(|sample| sample.ms).collect();
    distinct.dedup();
    let natural_ms = match (natural_step(&distinct), given_ms) {
        (Some(step), _) | (None, Some(step)) => step,
        (None, None) => {
            return Err(InputError::new("samples", distinct.len(), "at least two stamps"));
        }
    };
    let step_ms = match given_ms {
        // A step that is given may be shorter than the distances of a trace full of holes.
        Some(given) => given,
        None => whole_minutes(natural_ms)?,
    };
    if !(MINUTE_MS..=DAY_MS).contains(&step_ms) {
        let found = format!("{} minutes", step_ms as f64 / MINUTE_MS as f64);
        let allowed = format!("1 to {LONGEST_STEP_MINUTES} minutes");
        return Err(InputError::new("step", found, allowed));
    }
    let several = natural_ms < step_ms;
    // Steps that hold several samples begin with the hour.
    let phase = if several { 0 } else { phase(&distinct, step_ms) };
    let first = distinct[0];
    let place = |ms: i64| match several {
        true => (ms - phase).div_euclid(step_ms),
        false => (2 * (ms - phase) + step_ms).div_euclid(2 * step_ms),
    };
    let origin = place(first);
    let count = place(distinct[distinct.len() - 1]) - origin + 1;
    check_range("demand", count as f64, 1.0, 4.0 * MOST_SAMPLES as f64, "steps")?;
    let mut held = vec![Held::default(); count as usize];
    let mut before: Option<Sample> = None;
    for sample in sorted {
        let index = place(sample.ms);
        let beside = (sample.ms - phase) - index * step_ms;
        if !several && 4 * beside.abs() > step_ms {
            return Err(off_the_steps(*sample, before, step_ms));
        }
        // Numbers of days, as spreadsheets write them, are some milliseconds beside every step.
        treatment.snapped += usize::from(!several && beside.abs() >= 1000);
        held[(index - origin) as usize].take(sample.value);
        before = Some(*sample);
    }
    if several {
        treatment.sampled_seconds = natural_ms as f64 / 1000.0;
        treatment.summed = sampling.together == Together::Sum;
    } else {
        treatment.duplicates = held.iter().map(|held| held.samples.saturating_sub(1)).sum();
    }
    let per_step = step_ms as f64 / natural_ms as f64;
    let values = held
        .iter()
        .map(|held| {
            let mean = (held.values > 0).then(|| held.sum / held.values as f64)?;
            Some(if treatment.summed { mean * per_step } else { mean })
        })
        .collect();
    let start_ms = origin * step_ms + phase;
    let start_minute = (start_ms as f64 / MINUTE_MS as f64).round() as i64;
    Ok(Steps { minutes: (step_ms / MINUTE_MS) as u32, start_minute, values })
}

/// Samples of one step.
#[derive(Clone, Copy, Default)]
struct Held {
    samples: usize,
    values: usize,
    sum: f64,
}

impl Held {
    fn take(&mut self, value: Option<f64>) {
        self.samples += 1;
        if let Some(value) = value {
            self.values += 1;
            self.sum += value;
        }
    }
}

/// Says of samples that fill less than two steps how far apart they are.
fn too_short(series: &DemandSeries, samples: usize, seconds: f64) -> InputError {
    let minutes = series.step_minutes;
    let found = format!("{samples} samples, one every {seconds} s: not two steps of {minutes} min");
    InputError::new("demand", found, format!("samples of at least {} minutes", 2 * minutes))
}

fn off_the_steps(sample: Sample, before: Option<Sample>, step_ms: i64) -> InputError {
    let distance = before.map_or(0, |before| sample.ms - before.ms);
    let minutes = |ms: i64| ms as f64 / MINUTE_MS as f64;
    let found = format!("{} minutes after the sample before", minutes(distance));
    let allowed = format!("a multiple of {} minutes after it, or another step", minutes(step_ms));
    InputError::new(format!("line {}, time", sample.line), found, allowed)
}

/// The distance of stamps of which all others are multiples, give or take a quarter: the shortest one
/// with which at least a fifth of the steps have a stamp, or else the usual one.
fn natural_step(distinct: &[i64]) -> Option<i64> {
    let mut distances: Vec<i64> = distinct.windows(2).map(|pair| pair[1] - pair[0]).collect();
    distances.sort_unstable();
    let usual = *distances.get(distances.len().checked_sub(1)? / 2)?;
    let (first, last) = (distinct[0], distinct[distinct.len() - 1]);
    let fits = |step: i64| {
        let steps = (last - first) / step + 1;
        let phase = phase(distinct, step);
        let is_multiple = |ms: &&i64| {
            let beside = (2 * (*ms - phase) + step).rem_euclid(2 * step) - step;
            2 * beside.abs() <= step
        };
        5 * distinct.len() as i64 >= steps
            && distinct.iter().filter(is_multiple).count() == distinct.len()
    };
    let shortest = rounded(distances[0]);
    Some(if fits(shortest) { shortest } else { rounded(usual) })
}

/// The step that people use within a twentieth of `distance`, or the distance itself.
fn rounded(distance: i64) -> i64 {
    const USUAL_SECONDS: [i64; 24] = [
        1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 300, 360, 600, 720, 900, 1200, 1800, 3600,
        7200, 10_800, 21_600, 43_200, 86_400,
    ];
    let usual = USUAL_SECONDS.iter().map(|seconds| seconds * 1000);
    usual
        .into_iter()
        .find(|usual| 20 * (distance - usual).abs() <= *usual)
        .unwrap_or(distance.max(1))
}

/// The shortest step of whole minutes that holds a whole number of samples, up to an hour.
fn whole_minutes(natural_ms: i64) -> Result<i64, InputError> {
    if natural_ms < MINUTE_MS {
        return Ok(MINUTE_MS);
    }
    let multiple = (1..=60).map(|times| times * natural_ms).find(|step| step % MINUTE_MS == 0);
    multiple.ok_or_else(|| {
        let found = format!("{} seconds", natural_ms as f64 / 1000.0);
        InputError::new("step", found, "a step of whole minutes: choose one")
    })
}

/// Where in a step the stamps lie: of most of them, in the mean around the circle.
fn phase(distinct: &[i64], step: i64) -> i64 {
    let first = distinct[0].rem_euclid(step);
    if distinct.iter().all(|ms| ms.rem_euclid(step) == first) {
        return first;
    }
    let (mut sine, mut cosine) = (0.0, 0.0);
    for ms in distinct {
        let angle = std::f64::consts::TAU * ms.rem_euclid(step) as f64 / step as f64;
        sine += libm::sin(angle);
        cosine += libm::cos(angle);
    }
    let turn = libm::atan2(sine, cosine) / std::f64::consts::TAU;
    let found = (turn.rem_euclid(1.0) * step as f64).round() as i64;
    // Pollers mean the full minute.
    let minute = (found + MINUTE_MS / 2).div_euclid(MINUTE_MS) * MINUTE_MS;
    let grid = if step >= MINUTE_MS && 8 * (found - minute).abs() <= step { minute } else { found };
    grid.rem_euclid(step)
}

/// The ranges of steps without a gap of more than a day, or of more than [`LONGEST_LINE`] steps that no
/// other day can fill.
fn whole_parts(steps: &Steps, treatment: &mut Treatment) -> Vec<Range<usize>> {
    let known: Vec<usize> =
        (0..steps.values.len()).filter(|step| steps.values[*step].is_some()).collect();
    let mut parts: Vec<Range<usize>> = Vec::new();
    for step in known {
        match parts.last_mut() {
            Some(part) if can_be_filled(steps, part.end..step) => part.end = step + 1,
            _ => parts.push(step..step + 1),
        }
    }
    treatment.parts = parts.len().max(1);
    parts
}

fn can_be_filled(steps: &Steps, gap: Range<usize>) -> bool {
    let within_a_day = gap.len() as i64 * i64::from(steps.minutes) * MINUTE_MS <= DAY_MS;
    let by_other_days = || gap.clone().all(|step| same_time(steps, step).is_some());
    within_a_day && (gap.len() <= LONGEST_LINE || by_other_days())
}

/// The mean demand at the same time of the days around `step`; none where none of them is known, or where
/// a day is no whole number of steps.
fn same_time(steps: &Steps, step: usize) -> Option<f64> {
    let per_day = i64::from(LONGEST_STEP_MINUTES / steps.minutes);
    if per_day < 2 || !LONGEST_STEP_MINUTES.is_multiple_of(steps.minutes) {
        return None;
    }
    let (mut sum, mut days) = (0.0, 0);
    for day in (-DAYS_AROUND..=DAYS_AROUND).filter(|day| *day != 0) {
        let other = usize::try_from(step as i64 + day * per_day).ok();
        if let Some(value) = other.and_then(|other| *steps.values.get(other)?) {
            sum += value;
            days += 1;
        }
    }
    (days > 0).then(|| sum / f64::from(days))
}

fn fill(steps: &Steps, run: Range<usize>, series: &mut DemandSeries, treatment: &mut Treatment) {
    let mut step = run.start;
    while step < run.end {
        if let Some(value) = steps.values[step] {
            series.values.push(value);
            step += 1;
            continue;
        }
        let end = (step..run.end).find(|later| steps.values[*later].is_some()).unwrap_or(run.end);
        let gap = step..end;
        let found = from_other_days(steps, gap.clone());
        treatment.filled += gap.len();
        treatment.from_other_days += if found.is_some() { gap.len() } else { 0 };
        series.values.extend(found.unwrap_or_else(|| along_a_line(steps, gap.clone())));
        series.filled.push(gap.start - run.start..gap.end - run.start);
        step = end;
    }
}

/// The values on both sides of a gap.
fn edges(steps: &Steps, gap: &Range<usize>) -> (f64, f64) {
    let value = |step: Option<usize>| step.and_then(|step| *steps.values.get(step)?).unwrap_or(0.0);
    (value(gap.start.checked_sub(1)), value(Some(gap.end)))
}

fn along_a_line(steps: &Steps, gap: Range<usize>) -> Vec<f64> {
    let (before, behind) = edges(steps, &gap);
    line(before, behind, gap.len()).collect()
}

/// `count` points between two values.
fn line(before: f64, behind: f64, count: usize) -> impl Iterator<Item = f64> {
    (1..=count).map(move |index| before + index as f64 / (count + 1) as f64 * (behind - before))
}

/// The shape of other days at this time, moved along a line so that it meets what was measured on both
/// sides.
fn from_other_days(steps: &Steps, gap: Range<usize>) -> Option<Vec<f64>> {
    let shape: Option<Vec<f64>> = gap.clone().map(|step| same_time(steps, step)).collect();
    let (before, behind) = edges(steps, &gap);
    let off = |value: f64, step: usize| same_time(steps, step).map_or(0.0, |usual| value - usual);
    let moved = line(off(before, gap.start.checked_sub(1)?), off(behind, gap.end), gap.len());
    Some(shape?.into_iter().zip(moved).map(|(usual, moved)| (usual + moved).max(0.0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(stamps: &[(f64, f64)]) -> Vec<Sample> {
        let sample = |(index, (minute, value)): (usize, &(f64, f64))| Sample {
            ms: (minute * 60_000.0).round() as i64,
            value: (!value.is_nan()).then_some(*value),
            line: index as u64 + 2,
        };
        stamps.iter().enumerate().map(sample).collect()
    }

    fn built_with(
        stamps: &[(f64, f64)],
        sampling: Sampling,
    ) -> Result<(DemandSeries, Treatment), InputError> {
        DemandSeries::from_samples("trace", "Mbit/s", &samples(stamps), sampling)
    }

    fn built(stamps: &[(f64, f64)]) -> Result<(DemandSeries, Treatment), InputError> {
        built_with(stamps, Sampling::default())
    }

    /// Two weeks of 5-minute steps whose demand is the hour of the day, without the steps of `hole`.
    fn fortnight(hole: Range<usize>) -> Vec<(f64, f64)> {
        let kept = (0..14 * 288).filter(|step| !hole.contains(step));
        kept.map(|step| (5.0 * step as f64, (step % 288 / 12) as f64)).collect()
    }

    #[test]
    fn short_gaps_are_filled_along_a_line_and_counted() {
        let (series, treatment) =
            built(&[(0.0, 1.0), (5.0, 2.0), (10.0, f64::NAN), (20.0, 5.0), (25.0, f64::NAN)])
                .unwrap();
        assert_eq!(series.values, [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!(series.filled.iter().eq([&(2..4)]));
        assert_eq!(treatment, Treatment { filled: 2, parts: 1, ..Treatment::default() });
    }

    #[test]
    fn an_outage_of_hours_takes_the_demand_of_other_days() {
        let (series, treatment) = built(&fortnight(1000..1024)).unwrap();
        assert_eq!(series.values.len(), 4032);
        assert_eq!((treatment.filled, treatment.from_other_days), (24, 24));
        for step in 1000..1024 {
            assert!((series.values[step] - (step % 288 / 12) as f64).abs() < 1e-9, "{step}");
        }
        assert!(series.filled.iter().eq([&(1000..1024)]));
    }

    #[test]
    fn an_outage_of_more_than_a_day_divides_the_trace() {
        let stamps = fortnight(1000..1400);
        let (series, treatment) = built(&stamps).unwrap();
        assert_eq!((series.values.len(), series.start_minute), (4032 - 1400, 7000));
        assert_eq!((treatment.parts, treatment.left_out), (2, 1000));
        let hole = fortnight(3000..3400);
        let latest = Sampling { part: Part::Latest, ..Sampling::default() };
        assert_eq!(built(&hole).unwrap().0.values.len(), 3000);
        assert_eq!(built_with(&hole, latest).unwrap().0.start_minute, 17_000);
    }

    #[test]
    fn stamps_are_sorted_and_duplicates_averaged_and_both_counted() {
        let (series, treatment) =
            built(&[(10.0, 3.0), (0.0, 1.0), (5.0, 2.0), (5.0, 4.0)]).unwrap();
        assert_eq!((series.values.as_slice(), series.start_minute), (&[1.0, 3.0, 3.0][..], 0));
        assert_eq!((treatment.duplicates, treatment.unsorted), (1, 3));
    }

    #[test]
    fn stamps_of_pollers_are_moved_onto_their_steps() {
        let stamps = [(0.1, 1.0), (5.05, 2.0), (9.95, 3.0), (15.2, 4.0), (25.1, 6.0)];
        let (series, treatment) = built(&stamps).unwrap();
        assert_eq!(series.values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!((series.step_minutes, series.start_minute), (5, 0));
        assert_eq!((treatment.snapped, treatment.filled), (5, 1));
    }

    #[test]
    fn samples_within_a_minute_are_averaged_or_summed() {
        let stamps: Vec<(f64, f64)> =
            (0..36).map(|i| (f64::from(i) / 6.0, f64::from(i / 6))).collect();
        let (series, treatment) = built(&stamps).unwrap();
        assert_eq!(series.values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!((series.step_minutes, treatment.sampled_seconds), (1, 10.0));
        let sum =
            Sampling { together: Together::Sum, step_minutes: Some(2), ..Sampling::default() };
        assert_eq!(built_with(&stamps, sum).unwrap().0.values, [6.0, 30.0, 54.0]);
    }

    #[test]
    fn samples_of_a_moment_are_told_how_far_apart_they_are() {
        let samples: Vec<Sample> = (0..129)
            .map(|index| Sample { line: index + 2, ms: 10 * index as i64, value: Some(1.0) })
            .collect();
        let error = DemandSeries::from_samples("c1/B2", "Mbit/s", &samples, Sampling::default());
        let text = error.unwrap_err().to_string();
        let expected = "demand is 129 samples, one every 0.01 s: not two steps of 1 min; allowed: samples of at least 2 minutes";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_longer_step_takes_several_samples_together() {
        let stamps: Vec<(f64, f64)> = (0..12).map(|i| (5.0 * f64::from(i), f64::from(i))).collect();
        let quarter = Sampling { step_minutes: Some(15), ..Sampling::default() };
        let (series, treatment) = built_with(&stamps, quarter).unwrap();
        assert_eq!(series.values, [1.0, 4.0, 7.0, 10.0]);
        assert_eq!((series.step_minutes, treatment.sampled_seconds), (15, 300.0));
    }

    #[test]
    fn a_trace_with_more_holes_than_samples_keeps_its_step() {
        let stamps: Vec<(f64, f64)> =
            (0..60).filter(|i| i % 3 != 1 || *i == 1).map(|i| (5.0 * f64::from(i), 1.0)).collect();
        assert_eq!(built(&stamps).unwrap().0.step_minutes, 5);
    }

    #[test]
    fn what_cannot_be_mended_is_named() {
        let message = |stamps: &[(f64, f64)]| built(stamps).unwrap_err().to_string();
        assert!(message(&[(0.0, 1.0), (5.0, -2.0)]).starts_with("line 3, demand is -2"));
        let off =
            message(&[(0.0, 1.0), (5.0, 1.0), (10.0, 1.0), (17.0, 1.0), (22.0, 1.0), (30.0, 1.0)]);
        assert!(off.contains("multiple of 5 minutes"), "{off}");
        assert!(message(&[(0.0, 1.0)]).contains("at least two stamps"));
        assert!(message(&[(0.0, f64::NAN), (5.0, f64::NAN)]).contains("at least two numbers"));
        assert!(message(&[(0.0, f64::INFINITY), (5.0, 1.0)]).starts_with("line 2, demand is inf"));
        assert!(message(&[(0.0, 1.0), (3.0 * 1440.0, 1.0)]).starts_with("step is 4320 minutes"));
    }

    #[test]
    fn a_constant_trace_is_a_series_like_any_other() {
        let stamps: Vec<(f64, f64)> = (0..30).map(|i| (5.0 * f64::from(i), 4.0)).collect();
        assert_eq!(built(&stamps).unwrap().0.values, vec![4.0; 30]);
    }
}
