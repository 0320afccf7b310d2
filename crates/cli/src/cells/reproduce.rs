//! `slicewise reproduce idla`: the online experiment of the IDLA paper on our simulated network.

use std::time::Instant;

use anyhow::Context;
use futures::executor::block_on;
use indicatif::ProgressBar;
use serde_json::{Map, Value, json};
use slicewise_cells::model::shipped;
use slicewise_cells::paper::{
    self, BestPossible, Experiment, Period, RECOVERED, RUNNING_STEPS, Run, SATISFIED, STEPS,
};
use slicewise_core::cells::Scheme;
use slicewise_nets::estimator::Estimator;
use slicewise_optim::{Monitor, Stopped};

use crate::progress::bar;
use crate::threads::on_threads;

/// Options of `reproduce idla`.
#[derive(clap::Args, Debug)]
pub struct Idla {
    /// Estimator that the planning schemes ask.
    #[arg(long, default_value = "simulated-expected")]
    model: String,
    /// Schemes, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "exact,idla,oracle,traffic,equal,td3")]
    schemes: Vec<String>,
    /// Seed of the world and of the schemes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps of H0, H1 and H2.
    #[arg(long, num_args = 3, default_values_t = STEPS)]
    steps: Vec<usize>,
    /// A hundredth of the steps and few samples of the best possible split: for a first look.
    #[arg(long)]
    short: bool,
    /// Steps of each period's second half whose best possible split is searched.
    #[arg(long, default_value_t = 24)]
    best_samples: usize,
    /// Points of the grid on which it is searched, besides 0.
    #[arg(long, default_value_t = 40)]
    best_grid: usize,
    /// Rounds of interference in which it is searched.
    #[arg(long, default_value_t = 3)]
    best_rounds: usize,
    /// Threads; schemes run side by side [default: all cores].
    #[arg(long)]
    threads: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Everything that is printed.
struct Report {
    experiment: Experiment,
    runs: Vec<Run>,
    /// Best possible splits by period: none for H0.
    best: Vec<Vec<BestPossible>>,
    seconds: f64,
    threads: usize,
}

/// Runs `slicewise reproduce idla`.
pub fn run(options: &Idla) -> anyhow::Result<()> {
    let estimator = shipped(&options.model)?;
    let report = report(options, &estimator)?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&json_of(options, &estimator, &report))?);
    } else {
        print_table(options, &report);
    }
    Ok(())
}

fn report(options: &Idla, estimator: &Estimator) -> anyhow::Result<Report> {
    let begun = Instant::now();
    let mut experiment = Experiment::new(options.seed);
    for (steps, wanted) in experiment.steps.iter_mut().zip(&options.steps) {
        *steps = if options.short { wanted / 100 } else { *wanted };
    }
    experiment.validate()?;
    let schemes = options.schemes.iter().map(|name| scheme(name)).collect::<Result<Vec<_>, _>>()?;
    let threads = match options.threads {
        Some(threads) => threads.max(1),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let samples = if options.short { options.best_samples.min(1) } else { options.best_samples };
    let periods = experiment.periods();
    let sampled: Vec<Vec<usize>> =
        periods[1..].iter().map(|period| experiment.samples(period, samples)).collect();
    let mut runs = run_schemes(&experiment, estimator, &schemes, &sampled.concat(), threads)?;
    let snapshots = std::mem::take(&mut runs[0].snapshots);
    let bar = bar(snapshots.len(), &template("best splits"))?;
    let best = on_threads(snapshots.len(), threads, |index| {
        let best = paper::best_possible(&snapshots[index], options.best_grid, options.best_rounds);
        bar.inc(1);
        Ok(best)
    })?;
    bar.finish_and_clear();
    let best = sampled
        .iter()
        .map(|steps| best.iter().filter(|best| steps.contains(&best.step)).cloned().collect())
        .collect();
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Report { experiment, runs, best, seconds, threads })
}

fn scheme(name: &str) -> anyhow::Result<Scheme> {
    let names: Vec<&str> = Scheme::ALL.iter().map(|scheme| scheme.name()).collect();
    Scheme::ALL
        .into_iter()
        .find(|scheme| scheme.name() == name)
        .with_context(|| format!("schemes: {name} is none of {}", names.join(", ")))
}

/// Runs of `schemes` in their order; the first one keeps the network before each step of `sampled`.
fn run_schemes(
    experiment: &Experiment,
    estimator: &Estimator,
    schemes: &[Scheme],
    sampled: &[usize],
    threads: usize,
) -> anyhow::Result<Vec<Run>> {
    // The agents take longest, so they begin first.
    let mut order: Vec<usize> = (0..schemes.len()).collect();
    order.sort_by_key(|index| schemes[*index] != Scheme::Td3);
    let bar = bar(schemes.len(), &template("schemes"))?;
    let clock = Instant::now();
    let now = || clock.elapsed().as_secs_f64() * 1e3;
    let runs = on_threads(schemes.len(), threads, |turn| {
        let index = order[turn];
        let sampled = if index == 0 { sampled } else { &[] };
        let scheme = schemes[index];
        let watcher = Steps(bar.clone());
        let run = paper::run(experiment, estimator, scheme, sampled, &now, &watcher);
        let run = block_on(run)?;
        bar.inc(1);
        Ok((index, run))
    })?;
    bar.finish_and_clear();
    let mut runs = runs;
    runs.sort_by_key(|(index, _)| *index);
    Ok(runs.into_iter().map(|(_, run)| run).collect())
}

/// Keeps a bar's clock going.
struct Steps(ProgressBar);

impl Monitor for Steps {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        self.0.tick();
        Ok(())
    }
}

/// What the progress bar of some things shows.
fn template(things: &str) -> String {
    format!("{{wide_bar}} {{pos}}/{{len}} {things}  {{elapsed}} of {{duration}}")
}

/// Probability and utility of a run on the steps of `best`.
fn on_same_steps(run: &Run, best: &[BestPossible]) -> (f64, f64) {
    let records: Vec<_> = best.iter().map(|best| run.records[best.step].clone()).collect();
    (paper::satisfied(&records), mean(records.iter().map(|record| record.utility)))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

fn best_means(best: &[BestPossible]) -> (f64, f64, f64) {
    (
        mean(best.iter().map(|best| best.satisfaction_probability)),
        mean(best.iter().map(|best| best.mean_utility)),
        mean(best.iter().map(|best| best.mean_satisfaction)),
    )
}

/// The best possible splits of a period; none for H0 and where none was searched.
fn best_of(report: &Report, period: usize) -> Option<&[BestPossible]> {
    let best = report.best.get(period.checked_sub(1)?)?;
    (!best.is_empty()).then_some(best)
}

fn json_of(options: &Idla, estimator: &Estimator, report: &Report) -> Value {
    let periods = report.experiment.periods();
    let levels: Vec<f64> = (0..=100).map(|level| f64::from(level) / 100.0).collect();
    let slices = |period: &Period| report.experiment.scenario().present(period.first);
    let schemes: Map<String, Value> = report
        .runs
        .iter()
        .map(|run| {
            let by_period: Map<String, Value> = periods
                .iter()
                .enumerate()
                .map(|(index, period)| {
                    let value = period_of(run, period, best_of(report, index), &levels);
                    (period.name.to_owned(), value)
                })
                .collect();
            (run.scheme.name().to_owned(), Value::Object(by_period))
        })
        .collect();
    let best: Map<String, Value> = periods
        .iter()
        .enumerate()
        .filter_map(|(index, period)| Some((period, best_of(report, index)?)))
        .map(|(period, best)| {
            let (probability, utility, satisfaction) = best_means(best);
            let value = json!({
                "satisfaction_probability": probability,
                "mean_utility": utility,
                "mean_satisfaction": satisfaction,
                "steps": best.iter().map(|best| best.step).collect::<Vec<_>>(),
                "grid": options.best_grid,
                "rounds": options.best_rounds,
            });
            (period.name.to_owned(), value)
        })
        .collect();
    let describe = |period: &Period| {
        let numbers: Vec<usize> = slices(period).iter().map(|slice| slice + 1).collect();
        let value = json!({
            "first": period.first,
            "end": period.end,
            "converged_from": period.converged,
            "slices": numbers,
        });
        (period.name.to_owned(), value)
    };
    json!({
        "estimator": estimator.card.name,
        "seed": options.seed,
        "satisfied_from": SATISFIED,
        "recovered_from": RECOVERED,
        "recovery_running_steps": RUNNING_STEPS,
        "periods": periods.iter().map(describe).collect::<Map<_, _>>(),
        "schemes": schemes,
        "best_possible": best,
        "cdf_satisfaction": levels,
        "seconds": report.seconds,
        "threads": report.threads,
    })
}

fn period_of(run: &Run, period: &Period, best: Option<&[BestPossible]>, levels: &[f64]) -> Value {
    let summary = paper::summary(run, period);
    let throughput: Map<String, Value> = summary
        .throughput_over_requirement
        .iter()
        .map(|(slice, value)| (slice.to_string(), json!(value)))
        .collect();
    let distance = best.map(|best| {
        let (probability, utility, _) = best_means(best);
        let (own_probability, own_utility) = on_same_steps(run, best);
        json!({
            "satisfaction_probability": probability - own_probability,
            "mean_utility": utility - own_utility,
        })
    });
    json!({
        "satisfaction_probability": summary.satisfaction_probability,
        "satisfaction_probability_whole": summary.satisfaction_probability_whole,
        "mean_satisfaction": summary.mean_satisfaction,
        "mean_satisfaction_whole": summary.mean_satisfaction_whole,
        "mean_utility": summary.mean_utility,
        "expected_utility": summary.expected_utility,
        "throughput_over_requirement": throughput,
        "recovery_steps": summary.recovery_steps,
        "decision_ms": summary.decision_ms,
        "largest_gap": summary.largest_gap,
        "distance_to_best": distance,
        "cdf": paper::distribution(run, period, levels),
    })
}

fn print_table(options: &Idla, report: &Report) {
    println!(
        "estimator {}, seed {}, {:.0} s on {} threads; satisfied: r >= {SATISFIED}; once converged: \
         second half of each period",
        options.model, options.seed, report.seconds, report.threads
    );
    for (index, period) in report.experiment.periods().iter().enumerate().skip(1) {
        let slices = report.experiment.scenario().present(period.first);
        println!(
            "\n{} (steps {} to {}, {} slices)\n{:<9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10} {:>9}",
            period.name,
            period.first,
            period.end,
            slices.len(),
            "scheme",
            "satisfied",
            "whole",
            "mean r",
            "to best",
            "recovery",
            "decision",
            "expected",
        );
        for run in &report.runs {
            let summary = paper::summary(run, period);
            let distance = best_of(report, index).map(|best| {
                let (probability, ..) = best_means(best);
                probability - on_same_steps(run, best).0
            });
            println!(
                "{:<9} {:>9.3} {:>9.3} {:>9.3} {:>9} {:>9} {:>10} {:>9}",
                run.scheme.name(),
                summary.satisfaction_probability,
                summary.satisfaction_probability_whole,
                summary.mean_satisfaction,
                or_dash(distance.map(|distance| format!("{distance:.3}"))),
                or_dash(summary.recovery_steps.map(|steps| steps.to_string())),
                or_dash(summary.decision_ms.map(|time| format!("{time:.2} ms"))),
                or_dash(
                    summary
                        .expected_utility
                        .map(|expected| { format!("{:+.3}", summary.mean_utility - expected) })
                ),
            );
        }
        if let Some(best) = best_of(report, index) {
            let (probability, _, satisfaction) = best_means(best);
            println!(
                "{:<9} {probability:>9.3} {:>9} {satisfaction:>9.3}   on {} steps",
                "best",
                "-",
                best.len()
            );
        }
    }
    println!("\nexpected: utility that came of the splits less what the scheme expected of them");
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        idla: Idla,
    }

    fn options(line: &str) -> Idla {
        Line::try_parse_from(line.split_whitespace()).unwrap().idla
    }

    #[test]
    fn the_report_has_every_figure_of_every_scheme_and_period() {
        let line = "idla --steps 4 6 8 --schemes equal,exact,td3 --best-samples 1 --best-grid 4 \
                    --best-rounds 1 --threads 2";
        let options = options(line);
        let estimator = shipped(&options.model).unwrap();
        let report = report(&options, &estimator).unwrap();
        let json = json_of(&options, &estimator, &report);
        assert_eq!(json["periods"]["H2"]["first"], 10);
        assert_eq!(json["periods"]["H2"]["slices"], json!([1, 2, 3, 4]));
        for scheme in ["equal", "exact", "td3"] {
            for period in ["H1", "H2"] {
                let figures = &json["schemes"][scheme][period];
                for key in [
                    "satisfaction_probability",
                    "satisfaction_probability_whole",
                    "mean_satisfaction",
                    "mean_satisfaction_whole",
                    "mean_utility",
                    "decision_ms",
                ] {
                    assert!(figures[key].is_f64(), "{scheme} {period} {key}");
                }
                let throughput = figures["throughput_over_requirement"].as_object().unwrap();
                assert_eq!(throughput.len(), if period == "H1" { 3 } else { 4 });
                assert!(figures["distance_to_best"]["satisfaction_probability"].is_f64());
                assert!(figures.get("recovery_steps").is_some());
                let cdf = figures["cdf"].as_array().unwrap();
                assert_eq!(cdf.len(), json["cdf_satisfaction"].as_array().unwrap().len());
                assert_eq!(cdf[100], 1.0);
            }
        }
        assert!(json["schemes"]["exact"]["H1"]["largest_gap"].is_f64());
        assert!(json["schemes"]["equal"]["H1"]["largest_gap"].is_null());
        assert_eq!(json["best_possible"]["H1"]["steps"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn the_first_look_is_a_hundredth_of_the_experiment() {
        let options = options("idla --short --schemes equal --best-samples 0");
        let estimator = shipped(&options.model).unwrap();
        let report = report(&options, &estimator).unwrap();
        assert_eq!(report.runs[0].records.len(), 50);
        assert!(report.best.iter().all(Vec::is_empty));
    }

    #[test]
    fn an_unknown_scheme_is_named_with_those_that_are_known() {
        let error = scheme("greedy").unwrap_err().to_string();
        assert!(error.contains("greedy") && error.contains("exact, idla"), "{error}");
    }
}
