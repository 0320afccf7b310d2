//! `slicewise plan forecast`: what to reserve for every step of a trace.

use std::path::PathBuf;

use anyhow::{Context, bail};
use futures::executor::block_on;
use serde_json::{Value, json};
use slicewise_core::forecast::reservation::{ReservationMethod, Terms};
use slicewise_core::forecast::{AdmissionTerms, DemandSeries, ForecasterCard, ReservationScore};
use slicewise_forecast::admission::solver::{AdmissionPlanner, Constancy};
use slicewise_forecast::model::{Forecaster, LearnedLoss, NetworkSet};
use slicewise_forecast::networks::Networks;
use slicewise_forecast::reservation::problem::Trace;
use slicewise_forecast::reservation::solver::reservations;
use slicewise_forecast::windows::{Demands, LOOK_BACK, Scale};
use slicewise_optim::Unmonitored;

use super::agreement::{AgreementOptions, USUAL_HELD_BACK};
use super::demand::minute;
use super::models;
use super::service_demand::Demand;
use crate::progress::bar;
use crate::whole_file::write;

/// Options of `plan forecast`.
#[derive(clap::Args, Debug)]
pub struct PlanForecast {
    #[command(flatten)]
    demand: Demand,
    #[command(flatten)]
    agreement: AgreementOptions,
    /// Name of shipped networks, or a folder with weights.safetensors and card.json [default: the
    /// service's, or else those of video streaming, for the step that is nearest to the trace's].
    #[arg(long, value_name = "NAME|FOLDER")]
    model: Option<String>,
    /// As is always done now: another trace than the networks' own is planned in its own scales.
    #[arg(long, hide = true)]
    rescale: bool,
    /// Table to write: step, demand, reservation; or step and reservations where slices share a
    /// capacity.
    #[arg(long, required_unless_present = "json")]
    output: Option<PathBuf>,
    /// Print JSON: steps, next reservation and score; the reservations too, where no table is written.
    #[arg(long)]
    json: bool,
}

/// Reservations for a trace.
struct Planned {
    /// For every step from the look-back on, and for the one after the end.
    reserved: Vec<f64>,
    /// Of the last third; none where the trace is too short to hold anything back.
    score: Option<ReservationScore>,
    /// Steps that the score is the mean of.
    steps: usize,
}

/// Runs `slicewise plan forecast`.
pub fn run(options: &PlanForecast) -> anyhow::Result<()> {
    if let Some(model) = &options.model {
        let (card, NetworkSet { forecaster, loss, .. }) = models::read(model)?;
        if let (Some(terms), Some(loss)) = (&card.admission_terms, &loss) {
            return plan_admissions(options, &card, terms, &forecaster, loss);
        }
    }
    let several = options.demand.read_several()?;
    let mut tables = String::new();
    let mut reports = Vec::new();
    let bar = bar(several.len(), "planning {wide_bar} {pos} of {len} series")?;
    for series in &several {
        let service = options.demand.source.service.as_deref();
        let networks = models::for_trace(options.model.as_deref(), service, series)?;
        let card = networks.card.clone();
        let planned = plan(networks, series, &options.agreement)?;
        tables += &table(series, &planned.reserved, several.len() > 1, tables.is_empty());
        if options.json {
            reports.push(report(&card, series, &planned, options.output.is_none()));
        } else {
            tell(&card, series, &planned);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if let Some(path) = &options.output {
        write(path, tables.as_bytes())?;
    }
    match &reports[..] {
        [] => {}
        [report] => println!("{}", serde_json::to_string_pretty(report)?),
        reports => println!("{}", serde_json::to_string_pretty(reports)?),
    }
    Ok(())
}

/// Prints what was planned in a sentence.
fn tell(card: &ForecasterCard, series: &DemandSeries, planned: &Planned) {
    if let Some(told) = models::steps_told(card, series) {
        println!("{told}");
    }
    let next = planned.reserved.last().copied().unwrap_or_default();
    print!("{} on {}: {next:.4} {} for the next step", card.name, series.name, series.unit);
    match planned.score {
        Some(score) => println!(
            "; over the last {} steps cost {:.4} per step, {:.2} % of them violated",
            planned.steps,
            score.cost,
            100.0 * score.violations
        ),
        None => println!(),
    }
}

/// Plans as the page does: another trace than the networks' own in its own scales, and moved.
fn plan(
    networks: Networks,
    series: &DemandSeries,
    agreement: &AgreementOptions,
) -> anyhow::Result<Planned> {
    if series.values.len() < 3 * LOOK_BACK {
        let scales = vec![Scale::of(&series.values)];
        let forecaster = Forecaster { scales, ..networks.set.forecaster };
        return Ok(Planned { reserved: reservations(&forecaster, series)?, score: None, steps: 0 });
    }
    let agreement = agreement.of(series, USUAL_HELD_BACK);
    agreement.validate()?;
    let trace = Trace::of(series.clone())?;
    let terms = Terms::of(&agreement, trace.peak());
    let decided = models::decided(networks, trace)?;
    let mut reserved = block_on(decided.reservations_before_the_test(&terms, &Unmonitored))?;
    let plan = block_on(decided.plan(&terms, false, &Unmonitored, &mut |_: f64| ()))?;
    let ours = plan.methods.into_iter().find(|found| found.method == ReservationMethod::Learned);
    let ours = ours.context("no reservations of the networks")?;
    let steps = ours.reserved.len();
    reserved.extend(ours.reserved);
    reserved.push(plan.next);
    Ok(Planned { reserved, score: Some(ours.score), steps })
}

/// The reservations step by step, those for the step after the end without demand; with the series' name
/// where there are several. The header comes `first`.
fn table(series: &DemandSeries, reserved: &[f64], named: bool, first: bool) -> String {
    let name = match named {
        true => format!("\"{}\",", series.name.replace('"', "\"\"")),
        false => String::new(),
    };
    let mut table = match (first, named) {
        (true, true) => String::from("series,minutes_since_1970,demand,reservation\n"),
        (true, false) => String::from("minutes_since_1970,demand,reservation\n"),
        (false, _) => String::new(),
    };
    for (index, reserved) in reserved.iter().enumerate() {
        let step = index + LOOK_BACK;
        // What was filled was not measured.
        let demand = series.values.get(step).filter(|_| !series.is_filled(step));
        let demand = demand.map_or(String::new(), f64::to_string);
        table += &format!("{name}{},{demand},{reserved}\n", minute(series, step));
    }
    table
}

fn report(
    card: &ForecasterCard,
    series: &DemandSeries,
    planned: &Planned,
    with_reservations: bool,
) -> Value {
    let mut told = json!({
        "trace": series.name,
        "unit": series.unit,
        "step_minutes": series.step_minutes,
        "model": card.name,
        "model_step_minutes": card.step_minutes,
        "steps": planned.steps,
        "next": planned.reserved.last(),
        "next_minute": minute(series, series.values.len()),
        "score": planned.score,
    });
    if with_reservations {
        told["first_minute"] = json!(minute(series, LOOK_BACK));
        told["reservations"] = json!(planned.reserved);
    }
    told
}

/// Plans all columns of a trace together; a rejected slice's field stays empty.
fn plan_admissions(
    options: &PlanForecast,
    card: &ForecasterCard,
    terms: &AdmissionTerms,
    forecaster: &Forecaster,
    loss: &LearnedLoss,
) -> anyhow::Result<()> {
    if options.demand.source.input.is_none() {
        bail!("{} plans {} slices: name their trace with --input", card.name, card.slices.len());
    }
    let columns = options.demand.source.read_every()?;
    let series: Vec<&DemandSeries> = columns.iter().collect();
    if series.len() != card.slices.len() {
        let names = card.slices.iter().map(|slice| &slice.name[..]).collect::<Vec<_>>().join(", ");
        bail!("{} columns of demand; {} plans one each of {names}", series.len(), card.name);
    }
    if let Some(series) = series.iter().find(|series| series.step_minutes != card.step_minutes) {
        let (found, known) = (series.step_minutes, card.step_minutes);
        bail!(
            "{} has a step of {found} min; {} admits in steps of {known} min",
            series.name,
            card.name
        );
    }
    let demands = Demands::new(series.iter().map(|series| &series.values[..]).collect())?;
    let constancy = Constancy { steps_per_day: series[0].steps_per_day(), ..Constancy::usual() };
    let planner = AdmissionPlanner { forecaster, loss, capacity: terms.capacity, constancy };
    let decisions = planner.decide_all(&demands, LOOK_BACK..demands.steps());
    let mut table = String::from("minutes_since_1970");
    for series in &series {
        table += &format!(",{}", series.name);
    }
    for (index, decision) in decisions.iter().enumerate() {
        table += &format!("\n{}", minute(series[0], index + LOOK_BACK));
        for reserved in decision {
            let shown = if *reserved < 0.0 { String::new() } else { reserved.to_string() };
            table += &format!(",{shown}");
        }
    }
    let path = options.output.as_ref().context("name the table to write with --output")?;
    write(path, (table + "\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use slicewise_core::forecast::{Service, ServiceName};

    use super::*;

    const USUAL: AgreementOptions =
        AgreementOptions { revenue: None, penalty: None, overprovisioning_price: 1.0 };

    fn planned(series: &DemandSeries) -> (ForecasterCard, Planned) {
        let networks = models::for_trace(None, None, series).unwrap();
        (networks.card.clone(), plan(networks, series, &USUAL).unwrap())
    }

    fn gaming(days: usize, step_minutes: u32) -> DemandSeries {
        let series = Service::of(ServiceName::CloudGaming).generate("cell", days, 9).unwrap();
        series.averaged_to(step_minutes).unwrap()
    }

    #[test]
    fn every_step_behind_the_look_back_and_the_next_one_are_planned_by_the_nearest_networks() {
        for (days, step, trained) in [(4, 5, 5), (10, 10, 15), (20, 60, 60), (200, 1440, 60)] {
            let series = gaming(days, step);
            let (card, planned) = planned(&series);
            assert_eq!(card.step_minutes, trained, "{step}");
            assert_eq!(planned.reserved.len(), series.values.len() - LOOK_BACK + 1, "{step}");
            assert!(planned.reserved.iter().all(|reserved| *reserved >= 0.0), "{step}");
            assert_eq!(planned.steps, series.values.len() / 3, "{step}");
            let told = report(&card, &series, &planned, false);
            assert_eq!(
                (&told["step_minutes"], &told["steps"]),
                (&json!(step), &json!(planned.steps))
            );
            assert_eq!(models::steps_told(&card, &series).is_some(), step != trained);
        }
    }

    #[test]
    fn a_trace_of_another_size_is_planned_in_its_own_scales() {
        let series = gaming(6, 15);
        let small = DemandSeries {
            values: series.values.iter().map(|value| value / 64.0).collect(),
            ..series.clone()
        };
        let (one, other) = (planned(&series).1.reserved, planned(&small).1.reserved);
        for (one, other) in one.iter().zip(&other) {
            assert!((one - 64.0 * other).abs() <= 1e-6 * one, "{one} and {other}");
        }
    }

    #[test]
    fn a_short_trace_is_planned_without_a_score() {
        let series = gaming(1, 60);
        let (_, planned) = planned(&series);
        assert_eq!((planned.reserved.len(), planned.score), (24 - LOOK_BACK + 1, None));
    }

    #[test]
    fn a_model_that_others_are_nearer_than_is_refused_with_what_helps() {
        let series = gaming(4, 60);
        let error = models::for_trace(Some("video-streaming"), None, &series).unwrap_err();
        assert!(error.to_string().contains("leave --model out"), "{error}");
        assert!(models::for_trace(Some("web-browsing-60min"), None, &series).is_ok());
        assert!(models::for_trace(Some("web-browsing-15min"), None, &gaming(4, 10)).is_ok());
    }
}
