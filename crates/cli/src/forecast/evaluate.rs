//! `slicewise evaluate forecast`: what a planner's decisions cost on a trace, beside other methods.

use futures::executor::block_on;
use serde_json::{Value, json};
use slicewise_core::forecast::reservation::{MethodPlan, ReservationPlan, Terms};
use slicewise_core::forecast::{
    AdmissionTerms, DEMAND_SEED, DemandSeries, ReservationScore, ServiceAgreement,
};
use slicewise_forecast::admission::problem::AdmissionSetting;
use slicewise_forecast::model::{Forecaster, LearnedLoss};
use slicewise_forecast::networks::Networks;
use slicewise_forecast::paper::admission::{AdmissionRun, run_overbooking, tabulate_admissions};
use slicewise_forecast::reservation::problem::{Trace, steps_before};
use slicewise_forecast::reservation::solver::reservations;
use slicewise_forecast::windows::LOOK_BACK;
use slicewise_optim::Unmonitored;

use super::agreement::{AgreementOptions, USUAL_HELD_BACK};
use super::models;
use super::service_demand::Demand;

/// Options of `evaluate forecast`.
#[derive(clap::Args, Debug)]
pub struct EvaluateForecast {
    #[command(flatten)]
    demand: Demand,
    #[command(flatten)]
    agreement: AgreementOptions,
    /// Name of shipped networks, or a folder with weights.safetensors and card.json [default: the
    /// service's, or else those of video streaming, for the step that is nearest to the trace's].
    #[arg(long, value_name = "NAME|FOLDER")]
    model: Option<String>,
    /// Share of the trace, its last part, that is measured.
    #[arg(long, default_value_t = USUAL_HELD_BACK)]
    held_back: f64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise evaluate forecast`.
pub fn run(options: &EvaluateForecast) -> anyhow::Result<()> {
    if let Some(model) = &options.model {
        let (card, set) = models::read(model)?;
        if let (Some(terms), Some(loss)) = (&card.admission_terms, &set.loss) {
            return evaluate_admission(options, terms, &set.forecaster, loss);
        }
    }
    let series = options.demand.read()?;
    let service = options.demand.source.service.as_deref();
    let networks = models::for_trace(options.model.as_deref(), service, &series)?;
    let agreement = options.agreement.of(&series, options.held_back);
    agreement.validate()?;
    let alone = reservations(&networks.set.forecaster, &series)?;
    let test_from = steps_before(&series, options.held_back);
    let from = LOOK_BACK.max(test_from);
    let demand = &series.values[from..];
    let steps = demand.len();
    let alone =
        ReservationScore::of_measured(&agreement, &alone[from - LOOK_BACK..], demand, &|step| {
            !series.is_filled(from + step)
        });
    let (card, trace) = (networks.card.clone(), series.name.clone());
    let told = models::steps_told(&card, &series);
    let step_minutes = series.step_minutes;
    let plan = compared(networks, series, &agreement, test_from)?;
    let planned = plan.as_ref().and_then(|plan| plan.methods.first());
    let score = planned.map_or(alone, |ours| ours.score);
    if options.json {
        let mut table = json!({
            "model": card.name,
            "model_step_minutes": card.step_minutes,
            "step_minutes": step_minutes,
            "steps": steps,
            "score": score,
            "networks_as_they_are": alone,
        });
        if let Some(plan) = &plan {
            table["compared"] = comparison(plan);
        }
        println!("{}", serde_json::to_string_pretty(&table)?);
        return Ok(());
    }
    if let Some(told) = told {
        println!("{told}");
    }
    println!(
        "{} on {trace}: cost {:.4} per step, {:.4} of it over-provisioning, {:.2} % of the steps violated",
        card.name,
        score.cost,
        score.overprovisioning,
        100.0 * score.violations
    );
    if let Some(plan) = &plan {
        print!("{}", table(plan));
    }
    Ok(())
}

/// Every method over the test that begins at `test_from`, as the page plans it: another trace than the
/// networks' own in its own scales, and moved under other terms. None where less than twice the
/// look-back comes before the test.
fn compared(
    networks: Networks,
    series: DemandSeries,
    agreement: &ServiceAgreement,
    test_from: usize,
) -> anyhow::Result<Option<ReservationPlan>> {
    if test_from < 2 * LOOK_BACK {
        return Ok(None);
    }
    let trace = Trace::split(series, test_from);
    let terms = Terms::of(agreement, trace.peak());
    let decided = models::decided(networks, trace)?;
    Ok(Some(block_on(decided.plan(&terms, true, &Unmonitored, &mut |_: f64| ()))?))
}

/// The comparison as JSON: cost and violations of every method, and what ours saves against it as a
/// share of its cost (null for ours, and where the other one costs nothing).
fn comparison(plan: &ReservationPlan) -> Value {
    let method = |found: &MethodPlan| {
        json!({
            "method": found.method.name(),
            "score": found.score,
            "knows_metric": found.method.knows_metric(),
            "our_saving": saving(plan, found),
        })
    };
    json!({
        "methods": plan.methods.iter().map(method).collect::<Vec<_>>(),
        "last_sample_factor": plan.last_sample_factor,
        "moved": plan.moved,
        "by_time_of_day": plan.by_time_of_day,
        "transferred": plan.transferred,
    })
}

fn saving(plan: &ReservationPlan, method: &MethodPlan) -> Option<f64> {
    let is_ours = plan.methods.first().is_some_and(|ours| ours.method == method.method);
    if is_ours { None } else { plan.saving_against(method) }
}

/// The comparison in lines.
fn table(plan: &ReservationPlan) -> String {
    let mut text = String::new();
    if plan.transferred {
        text += "in the scales of this trace:\n";
    }
    if plan.moved != 0.0 {
        let how = if plan.by_time_of_day {
            ", with Holt-Winters and by the hour of the day, anew each day"
        } else {
            ""
        };
        text += &format!("decisions moved by {:.4} usual changes{how}:\n", plan.moved);
    }
    for found in &plan.methods {
        let MethodPlan { method, score, .. } = found;
        let saved = saving(plan, found);
        let saved =
            saved.map_or(String::new(), |share| format!("  ours saves {:.1} %", 100.0 * share));
        text += &format!(
            "{:<20} cost {:.4}  over-provisioning {:.4}  violated {:.2} %{saved}\n",
            method.name(),
            score.cost,
            score.overprovisioning,
            100.0 * score.violations
        );
    }
    text + &format!("k of the last sample: {:.4}\n", plan.last_sample_factor)
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

#[cfg(test)]
mod tests {
    use slicewise_core::forecast::ReservationMethod;
    use slicewise_core::forecast::networks::{ForecastNetwork, NetworkSource};
    use slicewise_core::forecast::reservation::ReserveQuestion;
    use slicewise_core::forecast::trace::{GivenTrace, TraceSource};
    use slicewise_core::forecast::{ForecastJob, ForecastOutcome};
    use slicewise_forecast::jobs::decide;
    use slicewise_forecast::memory::Memory;

    use super::*;

    const MODEL: &str = "video-streaming";

    fn shipped() -> Networks {
        let (card, set) = models::read(MODEL).unwrap();
        Networks { card, set }
    }

    fn flat(value: f64) -> DemandSeries {
        DemandSeries {
            name: "flat".to_owned(),
            unit: "Mbit/s".to_owned(),
            step_minutes: 5,
            start_minute: 0,
            values: vec![value; 3 * 288],
            filled: Vec::new(),
        }
    }

    /// What the page is told of `series`, under the terms that it opens with.
    fn on_the_page(series: &DemandSeries) -> ReservationPlan {
        let memory = Memory::default();
        memory.keep_shipped(MODEL, shipped());
        let trace = ForecastNetwork::Trace(GivenTrace::from(series));
        memory.install(&trace).unwrap();
        let job = ForecastJob::Reserve(Box::new(ReserveQuestion {
            trace: TraceSource::Installed(trace.fingerprint()),
            networks: NetworkSource::Shipped(MODEL.to_owned()),
            terms: Terms::default(),
            rivals: true,
        }));
        match block_on(decide(&job, &memory, &Unmonitored, &mut (), &|| 0.0)).unwrap() {
            ForecastOutcome::Reserved(plan) => *plan,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_and_the_page_agree_on_a_trace_of_zeros() {
        for value in [0.0, 8.0] {
            let series = flat(value);
            let page = on_the_page(&series);
            let options =
                AgreementOptions { revenue: None, penalty: None, overprovisioning_price: 1.0 };
            let agreement = options.of(&series, USUAL_HELD_BACK);
            let test_from = steps_before(&series, USUAL_HELD_BACK);
            let command = compared(shipped(), series, &agreement, test_from).unwrap().unwrap();
            assert_eq!(command.methods.len(), ReservationMethod::ALL.len());
            assert_eq!((command.methods, command.next), (page.methods, page.next), "{value}");
        }
    }

    #[test]
    fn every_method_has_its_line_and_none_a_share_of_nothing() {
        let series = flat(8.0);
        let agreement = Terms::default().agreement(8.0);
        let plan = compared(shipped(), series, &agreement, 576).unwrap().unwrap();
        let lines = table(&plan);
        for method in ReservationMethod::ALL {
            assert_eq!(lines.matches(&format!("{} ", method.name())).count(), 1, "{lines}");
        }
        assert!(!lines.contains("inf") && !lines.contains("NaN"), "{lines}");
        assert!(lines.lines().all(|line| line.len() < 120), "{lines}");
        let told = comparison(&plan);
        let last = told["methods"].as_array().unwrap().last().unwrap();
        assert_eq!(last["method"], "holt-winters");
        assert!(last["our_saving"].is_null(), "{told}");
    }
}
