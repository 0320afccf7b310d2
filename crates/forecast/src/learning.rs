//! Learning both networks from a trace: what `slicewise train forecast` and "learn again" do.

use std::collections::BTreeMap;

use burn::tensor::Device;
use slicewise_core::InputError;
use slicewise_core::card::{DataSource, fingerprint};
use slicewise_core::error::check_range;
use slicewise_core::forecast::{DemandSeries, ForecastSlice, ForecasterCard, ServiceAgreement};
use slicewise_optim::Monitor;

use crate::files;
use crate::paper_admission::{AdmissionSetting, train_admission};
use crate::reservation::{ReservationMethod, ReservationTask};
use crate::training::{Moment, Settings, TrainingError};

/// What is to be learnt.
#[derive(Clone, Debug)]
pub struct LearningOrder {
    /// Short name of the networks.
    pub name: String,
    /// The trace.
    pub series: DemandSeries,
    /// Where the trace comes from.
    pub source: String,
    /// Licence of the trace.
    pub licence: String,
    /// The agreement, of which the networks see measured costs only.
    pub agreement: ServiceAgreement,
    /// Share of the trace, its last part, that is held back and measured on: 0.05 to 0.9.
    pub held_back: f64,
    /// How to train.
    pub settings: Settings,
    /// The command that is running, for the card.
    pub command: String,
}

/// A trained planner, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedPlanner {
    /// What it is, metrics included.
    pub card: ForecasterCard,
    /// The safetensors file.
    pub weights: Vec<u8>,
}

/// Learns a planner for one service.
///
/// # Errors
/// Names the field of the order that cannot be used, or as [`ReservationTask::reserve`].
pub async fn learn(
    order: &LearningOrder,
    device: &Device,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(&Moment),
) -> Result<LearnedPlanner, TrainingError> {
    check_range("held_back", order.held_back, 0.05, 0.9, "")?;
    let series = &order.series;
    let steps = series.values.len();
    let test_from = steps - (order.held_back * steps as f64) as usize;
    let task = ReservationTask { series, agreement: order.agreement, test_from };
    let method = ReservationMethod::LossMetaLearning;
    let found = task.reserve(method, &order.settings, device, monitor, observe).await?;
    let Some(trained) = found.trained else {
        return Err(InputError::new("method", method.as_str(), "one with networks").into());
    };
    let score = task.score(&found.reserved);
    let agreement = order.agreement;
    let mut card = ForecasterCard {
        name: order.name.clone(),
        title: format!("Reservations for {} under a service agreement", series.name),
        objective: format!(
            "cost per step: revenue {}, penalty {}, {} per unit of over-provisioning",
            agreement.revenue, agreement.penalty, agreement.overprovisioning_price
        ),
        metrics: named(&[
            ("test cost", score.cost),
            ("test overprovisioning", score.overprovisioning),
            ("test violations", score.violations),
        ]),
        seed: order.settings.seed,
        command: order.command.clone(),
        ..blank_card(&[series], test_from, &order.source, &order.licence)
    };
    let weights = files::write(&mut card, &trained.forecaster, trained.loss.as_ref())?;
    card.validate()?;
    Ok(LearnedPlanner { card, weights })
}

/// What is to be learnt where slices share a capacity.
#[derive(Clone, Debug)]
pub struct AdmissionOrder {
    /// Short name of the networks.
    pub name: String,
    /// The slices, their terms and the split.
    pub setting: AdmissionSetting,
    /// Where the traces come from.
    pub source: String,
    /// Licence of the traces.
    pub licence: String,
    /// How to train.
    pub settings: Settings,
    /// The command that is running, for the card.
    pub command: String,
}

/// Learns a planner of admissions and reservations.
///
/// # Errors
/// Names the field of the order that cannot be used, or as [`train`](crate::training::train).
pub async fn learn_admission(
    order: &AdmissionOrder,
    device: &Device,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(&Moment),
) -> Result<LearnedPlanner, TrainingError> {
    let setting = &order.setting;
    let trained = train_admission(setting, &order.settings, device, monitor, observe).await?;
    let Some(loss) = &trained.loss else {
        return Err(InputError::new("objective", "an expert's", "a learnt loss").into());
    };
    let score = setting.score(&setting.decisions(&trained.forecaster, loss)?)?;
    let hours = score.avst_hours.iter().sum::<f64>() / score.avst_hours.len() as f64;
    let series: Vec<&DemandSeries> = setting.series.iter().collect();
    let mut card = ForecasterCard {
        name: order.name.clone(),
        title: format!("Admission and reservation for {} slices", series.len()),
        task: "slice-admission".to_owned(),
        admission_terms: Some(setting.terms.clone()),
        objective: "cost per step of all slices; a profit is a cost below 0".to_owned(),
        metrics: named(&[
            ("test profit", score.profit),
            ("test violations", score.violations),
            ("test uninterrupted hours", hours),
        ]),
        seed: order.settings.seed,
        command: order.command.clone(),
        ..blank_card(&series, setting.test_from, &order.source, &order.licence)
    };
    let weights = files::write(&mut card, &trained.forecaster, trained.loss.as_ref())?;
    card.validate()?;
    Ok(LearnedPlanner { card, weights })
}

fn named(metrics: &[(&str, f64)]) -> BTreeMap<String, f64> {
    metrics.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

/// A card of what is known before training; the scales come with the weights.
fn blank_card(
    series: &[&DemandSeries],
    test_from: usize,
    source: &str,
    licence: &str,
) -> ForecasterCard {
    let values = series.iter().flat_map(|series| &series.values);
    let bytes: Vec<u8> = values.flat_map(|value| value.to_le_bytes()).collect();
    let slice = |series: &&DemandSeries| ForecastSlice {
        name: series.name.clone(),
        unit: series.unit.clone(),
        mean: 0.0,
        deviation: 1.0,
        change: 1.0,
        peak: 1.0,
    };
    let steps = series.first().map_or(0, |series| series.values.len());
    ForecasterCard {
        format: 1,
        name: String::new(),
        title: String::new(),
        task: "demand-reservation".to_owned(),
        admission_terms: None,
        slices: series.iter().map(slice).collect(),
        step_minutes: series.first().map_or(1, |series| series.step_minutes),
        look_back: 0,
        regressor: Vec::new(),
        loss: Vec::new(),
        cost_mean: 0.0,
        cost_deviation: 1.0,
        objective: String::new(),
        data: DataSource {
            source: source.to_owned(),
            licence: licence.to_owned(),
            rows: BTreeMap::from([
                ("train".to_owned(), test_from),
                ("test".to_owned(), steps - test_from),
            ]),
            fingerprint: fingerprint(&bytes),
        },
        metrics: BTreeMap::new(),
        seed: 0,
        command: String::new(),
        weights_fingerprint: String::new(),
    }
}
