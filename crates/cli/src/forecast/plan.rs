//! `slicewise plan forecast`: what to reserve for every step of a trace.

use std::path::PathBuf;

use anyhow::bail;
use slicewise_core::forecast::{AdmissionTerms, DemandSeries, ForecasterCard};
use slicewise_forecast::admission::solver::{AdmissionPlanner, Constancy};
use slicewise_forecast::model::{Forecaster, LearnedLoss, NetworkSet};
use slicewise_forecast::reservation::solver::reservations;
use slicewise_forecast::windows::{Demands, LOOK_BACK, Scale};

use super::demand::{DemandSource, check_step, minute};
use super::models;
use crate::whole_file::write;

/// Options of `plan forecast`.
#[derive(clap::Args, Debug)]
pub struct PlanForecast {
    #[command(flatten)]
    source: DemandSource,
    /// Name of shipped networks, or a folder with weights.safetensors and card.json.
    #[arg(long, default_value = "video-streaming", value_name = "NAME|FOLDER")]
    model: String,
    /// Plan in the scales of the trace instead of those that the networks were trained in.
    #[arg(long)]
    rescale: bool,
    /// Table to write: step, demand, reservation; or step and reservations where slices share a
    /// capacity.
    #[arg(long)]
    output: PathBuf,
}

/// Runs `slicewise plan forecast`.
pub fn run(options: &PlanForecast) -> anyhow::Result<()> {
    let (card, NetworkSet { mut forecaster, loss, .. }) = models::read(&options.model)?;
    if let (Some(terms), Some(loss)) = (&card.admission_terms, &loss) {
        return plan_admissions(options, &card, terms, &forecaster, loss);
    }
    let series = options.source.read()?;
    check_step(&card, &series)?;
    if options.rescale {
        forecaster.scales = vec![Scale::of(&series.values)];
    } else {
        warn_of_range(&card, &series);
    }
    let reserved = reservations(&forecaster, &series)?;
    let mut table = String::from("minutes_since_1970,demand,reservation\n");
    for (index, reserved) in reserved.iter().enumerate() {
        let step = index + LOOK_BACK;
        let demand = series.values.get(step).map_or(String::new(), f64::to_string);
        table += &format!("{},{demand},{reserved}\n", minute(&series, step));
    }
    write(&options.output, table.as_bytes())
}

/// Plans all columns of a trace together; a rejected slice's field stays empty.
fn plan_admissions(
    options: &PlanForecast,
    card: &ForecasterCard,
    terms: &AdmissionTerms,
    forecaster: &Forecaster,
    loss: &LearnedLoss,
) -> anyhow::Result<()> {
    if options.source.input.is_none() {
        bail!("{} plans {} slices: name their trace with --input", card.name, card.slices.len());
    }
    let columns = options.source.read_every()?;
    let series: Vec<&DemandSeries> = columns.iter().collect();
    if series.len() != card.slices.len() {
        let names = card.slices.iter().map(|slice| &slice.name[..]).collect::<Vec<_>>().join(", ");
        bail!("{} columns of demand; {} plans one each of {names}", series.len(), card.name);
    }
    for series in &series {
        check_step(card, series)?;
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
    write(&options.output, (table + "\n").as_bytes())
}

/// Tells where a trace leaves what the networks were trained on.
fn warn_of_range(card: &ForecasterCard, series: &DemandSeries) {
    let scale = Scale::of(&series.values);
    for slice in &card.slices {
        if scale.peak > 1.5 * slice.peak || 3.0 * scale.mean < slice.mean {
            eprintln!(
                "{}: mean {:.1}, peak {:.1}; {} was trained on mean {:.1}, peak {:.1} (--rescale \
                 plans in the trace's own scales)",
                series.name, scale.mean, scale.peak, card.name, slice.mean, slice.peak
            );
        }
    }
}
