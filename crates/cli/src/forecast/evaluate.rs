//! `slicewise evaluate forecast`: what a planner's decisions cost on a trace.

use futures::executor::block_on;
use serde_json::json;
use slicewise_core::forecast::{AdmissionTerms, DEMAND_SEED, ReservationScore};
use slicewise_forecast::admission::problem::AdmissionSetting;
use slicewise_forecast::model::{Forecaster, LearnedLoss, NetworkSet};
use slicewise_forecast::paper::admission::{AdmissionRun, run_overbooking, tabulate_admissions};
use slicewise_forecast::reservation::solver::reservations;
use slicewise_forecast::windows::LOOK_BACK;
use slicewise_optim::Unmonitored;

use super::agreement::{AgreementOptions, USUAL_HELD_BACK, known};
use super::demand::{DemandSource, check_step};
use super::models;

/// Options of `evaluate forecast`.
#[derive(clap::Args, Debug)]
pub struct EvaluateForecast {
    #[command(flatten)]
    source: DemandSource,
    #[command(flatten)]
    agreement: AgreementOptions,
    /// Name of shipped networks, or a folder with weights.safetensors and card.json.
    #[arg(long, default_value = "video-streaming", value_name = "NAME|FOLDER")]
    model: String,
    /// Share of the trace, its last part, that is measured.
    #[arg(long, default_value_t = USUAL_HELD_BACK)]
    held_back: f64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise evaluate forecast`.
pub fn run(options: &EvaluateForecast) -> anyhow::Result<()> {
    let (card, NetworkSet { forecaster, loss, .. }) = models::read(&options.model)?;
    if let (Some(terms), Some(loss)) = (&card.admission_terms, &loss) {
        return evaluate_admission(options, terms, &forecaster, loss);
    }
    let series = options.source.read()?;
    check_step(&card, &series)?;
    let agreement = options.agreement.of(&series, options.held_back);
    agreement.validate()?;
    let reserved = reservations(&forecaster, &series)?;
    let from = LOOK_BACK.max(known(&series, options.held_back).len());
    let demand = &series.values[from..];
    let score = ReservationScore::of(&agreement, &reserved[from - LOOK_BACK..], demand);
    if options.json {
        let table = json!({"model": card.name, "steps": demand.len(), "score": score});
        println!("{}", serde_json::to_string_pretty(&table)?);
        return Ok(());
    }
    println!(
        "{} on {}: cost {:.4} per step, {:.4} of it over-provisioning, {:.2} % of the steps violated",
        card.name,
        series.name,
        score.cost,
        score.overprovisioning,
        100.0 * score.violations
    );
    Ok(())
}

/// Measures a planner of admissions on the test of the generated services, beside overbooking.
fn evaluate_admission(
    options: &EvaluateForecast,
    terms: &AdmissionTerms,
    forecaster: &Forecaster,
    loss: &LearnedLoss,
) -> anyhow::Result<()> {
    let setting =
        AdmissionSetting { terms: terms.clone(), ..AdmissionSetting::usual(DEMAND_SEED)? };
    let silent = &mut |_: f64| ();
    let decisions = block_on(setting.decisions(forecaster, loss, &Unmonitored, silent))?;
    let ours = AdmissionRun::of(&setting, &decisions)?;
    let benchmark = run_overbooking(&setting)?;
    let (table, margin) = tabulate_admissions(std::slice::from_ref(&ours), &benchmark);
    if options.json {
        let report = json!({"use_case_2": table, "use_case_2_margin": margin});
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    println!(
        "profit {:.4}, {:.1} % more than overbooking; uninterrupted for {:.2} h, {:.2} times as long",
        ours.score.profit,
        100.0 * margin.profit_gain,
        ours.score.mean_avst_hours(),
        margin.avst_ratio
    );
    Ok(())
}
