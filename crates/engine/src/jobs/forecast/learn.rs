//! "Learn again": both networks from the visitor's trace and his agreement or recorded costs.

use std::collections::BTreeMap;

use slicewise_core::InputError;
use slicewise_core::card::{DataSource, check_model_name};
use slicewise_core::error::check_range;
use slicewise_core::forecast::{
    CostRecord, ForecastSlice, ForecasterCard, ReservationScore, ServiceAgreement,
};
use slicewise_forecast::files;
use slicewise_forecast::model::{LearnedLoss, Size};
use slicewise_forecast::training::{
    Lesson, Measured, Moment, Objective, Settings, Trained, TrainingError, train_watched,
};
use slicewise_forecast::windows::{Demands, LOOK_BACK};
use slicewise_optim::Monitor;
use slicewise_protocol::forecast::{LearnOrder, LearnedNetworks, LearningMoment, LossSeen};
use slicewise_slice::training::Device;

use super::{Networks, Trace, check_terms};
use crate::jobs::JobError;

/// The most passes over a trace.
const MOST_EPOCHS: usize = 500;
/// The most recorded outcomes.
const MOST_RECORDS: usize = 500_000;
/// Points of the loss that is shown after each epoch.
const POINTS: usize = 121;
/// Numbers of a recorded outcome: decision, demand, cost.
const RECORD: usize = 3;

impl From<TrainingError> for JobError {
    fn from(error: TrainingError) -> Self {
        match error {
            TrainingError::Input(error) => Self::Input(error),
            TrainingError::Stopped => Self::Stopped,
        }
    }
}

/// Trains both networks, from `start`'s loss network where there is one.
///
/// # Errors
/// Names the field of the order that cannot be used, or says that `monitor` stopped the training.
pub async fn learn(
    order: &LearnOrder,
    start: Option<&Networks>,
    device: &Device,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(LearningMoment, Option<Box<LossSeen>>),
) -> Result<LearnedNetworks, JobError> {
    check_model_name(&order.name)?;
    check_terms(&order.terms)?;
    check_range("epochs", order.epochs as f64, 1.0, MOST_EPOCHS as f64, "")?;
    let records = records(order)?;
    let start = match start {
        Some(networks) => Some(networks.loss.as_ref().ok_or_else(|| {
            InputError::new("start", "without a loss network", "networks with one")
        })?),
        None => None,
    };
    let trace = Trace::of(&order.trace)?;
    let agreement = order.terms.agreement(trace.peak());
    let metric = move |decision: &[f64], demand: &[f64]| agreement.cost(decision[0], demand[0]);
    let measured = if records.is_empty() { Measured::By(&metric) } else { Measured::In(&records) };
    let demands = Demands::new(vec![&trace.series.values])?;
    let lesson = Lesson { demands: &demands, training: 0..trace.test_from, validation: 0..0 };
    let objective = Objective::Learned { measured, start, capacity: None };
    let mut settings = settings(order);
    if let Some(start) = start {
        settings.size.loss = start.network.hidden();
    }
    let known = records.is_empty().then_some(agreement);
    let mut tell = |moment: &Moment, loss: Option<&LearnedLoss>| {
        let moment = LearningMoment {
            epoch: moment.epoch,
            epochs: moment.epochs,
            training_cost: moment.training_cost,
            loss_error: moment.loss_error,
        };
        observe(moment, loss.map(|loss| Box::new(seen(&trace, loss, known))));
    };
    let trained =
        train_watched(&lesson, objective, &settings, device, monitor, true, &mut tell).await?;
    let mut reserved = Vec::new();
    for step in trace.test_from..demands.steps() {
        reserved.push(trained.forecaster.decide(&demands.window(step))[0].max(0.0));
        monitor.checkpoint().await?;
    }
    let score = known.map(|agreement| {
        ReservationScore::of(&agreement, &reserved, &trace.series.values[trace.test_from..])
    });
    let (card, weights) = written(order, &trace, &trained, score, records.len())?;
    Ok(LearnedNetworks { card, weights, agreement: known })
}

/// What `loss` says over decisions at the median demand.
fn seen(trace: &Trace, loss: &LearnedLoss, known: Option<ServiceAgreement>) -> LossSeen {
    let mut sorted = trace.series.values[..trace.test_from].to_vec();
    sorted.sort_by(f64::total_cmp);
    let demand = sorted[sorted.len() / 2];
    // From nothing to four times the demand, where the loss has all that matters of its shape.
    let highest = (4.0 * demand).max(0.2 * trace.peak());
    let decisions: Vec<f64> =
        (0..POINTS).map(|index| highest * index as f64 / (POINTS - 1) as f64).collect();
    let cost = |agreement: ServiceAgreement| {
        decisions.iter().map(|decision| agreement.cost(*decision, demand)).collect()
    };
    LossSeen {
        demand,
        learned: decisions.iter().map(|decision| loss.cost(&[*decision], &[demand])).collect(),
        measured: known.map(cost).unwrap_or_default(),
        decisions,
    }
}

fn settings(order: &LearnOrder) -> Settings {
    let size = if order.paper_size { Size::of_the_paper() } else { Size::reduced() };
    let usual = Settings::reduced(order.seed);
    Settings { size, epochs: order.epochs, cycles: usual.cycles.min(order.epochs), ..usual }
}

fn records(order: &LearnOrder) -> Result<Vec<CostRecord>, InputError> {
    let (records, rest) = order.records.as_chunks::<RECORD>();
    if !rest.is_empty() {
        let allowed = "decision, demand and cost of each";
        return Err(InputError::new(
            "records",
            format!("{} numbers", order.records.len()),
            allowed,
        ));
    }
    check_range("records", records.len() as f64, 0.0, MOST_RECORDS as f64, "outcomes")?;
    let record = |[decision, demand, cost]: &[f64; RECORD]| CostRecord {
        decision: vec![*decision],
        demand: vec![*demand],
        cost: *cost,
    };
    Ok(records.iter().map(record).collect())
}

/// Card and weight file.
fn written(
    order: &LearnOrder,
    trace: &Trace,
    trained: &Trained,
    score: Option<ReservationScore>,
    records: usize,
) -> Result<(ForecasterCard, Vec<u8>), InputError> {
    let series = &trace.series;
    let agreement = order.terms.agreement(trace.peak());
    let objective = match records {
        0 => format!(
            "cost per step: revenue {}, penalty {}, {} per unit of over-provisioning",
            agreement.revenue, agreement.penalty, agreement.overprovisioning_price
        ),
        records => format!("cost as in {records} recorded outcomes"),
    };
    let metrics = score.map_or_else(BTreeMap::new, |score| {
        BTreeMap::from([
            ("test cost".to_owned(), score.cost),
            ("test overprovisioning".to_owned(), score.overprovisioning),
            ("test violations".to_owned(), score.violations),
        ])
    });
    let mut card = ForecasterCard {
        format: 1,
        name: order.name.clone(),
        title: format!("Reservations for {}, learnt in a browser", series.name),
        task: "demand-reservation".to_owned(),
        admission_terms: None,
        slices: vec![ForecastSlice {
            name: series.name.clone(),
            unit: series.unit.clone(),
            mean: 0.0,
            deviation: 1.0,
            change: 1.0,
            peak: 1.0,
        }],
        step_minutes: series.step_minutes,
        look_back: LOOK_BACK,
        regressor: Vec::new(),
        loss: Vec::new(),
        cost_mean: 0.0,
        cost_deviation: 1.0,
        objective,
        data: DataSource {
            source: order.source.clone(),
            licence: "unknown".to_owned(),
            rows: BTreeMap::from([
                ("train".to_owned(), trace.test_from),
                ("test".to_owned(), series.values.len() - trace.test_from),
            ]),
            fingerprint: trace.fingerprint.clone(),
        },
        metrics,
        seed: order.seed,
        command: format!("learnt again in the page, {} epochs", order.epochs),
        weights_fingerprint: String::new(),
    };
    let weights = files::write(&mut card, &trained.forecaster, trained.loss.as_ref())?;
    card.validate()?;
    Ok((card, weights))
}
