//! Learning both networks from a trace: what `slicewise train forecast` and "learn again" do.

use std::collections::BTreeMap;

use burn::tensor::Device;
use slicewise_core::InputError;
use slicewise_core::card::{DataSource, check_model_name, fingerprint};
use slicewise_core::error::check_range;
use slicewise_core::forecast::{DemandSeries, ForecastSlice, ForecasterCard, ServiceAgreement};
use slicewise_optim::Monitor;

use crate::files;
use crate::paper_admission::{AdmissionSetting, train_admission};
use crate::reservation::{ReservationMethod, ReservationTask, Reservations};
use crate::training::{CostRecord, Moment, Settings, TrainingError};

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

/// Learns a planner for one service, whose costs the order's agreement gives.
///
/// # Errors
/// Names the field of the order that cannot be used, or as [`ReservationTask::reserve`].
pub async fn learn(
    order: &LearningOrder,
    device: &Device,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(&Moment),
) -> Result<LearnedPlanner, TrainingError> {
    let task = order.task()?;
    let method = ReservationMethod::LossMetaLearning;
    let found = task.reserve(method, &order.settings, device, monitor, observe).await?;
    let score = task.score(&found.reserved);
    let agreement = order.agreement;
    let objective = format!(
        "cost per step: revenue {}, penalty {}, {} per unit of over-provisioning",
        agreement.revenue, agreement.penalty, agreement.overprovisioning_price
    );
    let metrics = [
        ("test cost", score.cost),
        ("test overprovisioning", score.overprovisioning),
        ("test violations", score.violations),
    ];
    order.planner(&task, found, objective, &metrics)
}

/// Learns a planner for one service from outcomes in a table; the order's agreement is not looked at.
///
/// # Errors
/// As [`learn`]; names a record that is unusable.
pub async fn learn_from_records(
    order: &LearningOrder,
    records: &[CostRecord],
    device: &Device,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(&Moment),
) -> Result<LearnedPlanner, TrainingError> {
    let task = order.task()?;
    let settings = &order.settings;
    let found = task.reserve_by_records(records, settings, device, monitor, observe).await?;
    let score = task.score(&found.reserved);
    let mut learnt = f64::NAN;
    if let Some(loss) = found.trained.as_ref().and_then(|trained| trained.loss.as_ref()) {
        let steps = found.reserved.iter().zip(task.test_demand());
        let total: f64 = steps.map(|(reserved, demand)| loss.cost(&[*reserved], &[*demand])).sum();
        learnt = total / found.reserved.len() as f64;
    }
    let objective = format!("cost per step as {} records of outcomes tell", records.len());
    let metrics = [("test learnt cost", learnt), ("test violations", score.violations)];
    order.planner(&task, found, objective, &metrics)
}

impl LearningOrder {
    fn task(&self) -> Result<ReservationTask<'_>, InputError> {
        check_model_name(&self.name)?;
        check_range("held_back", self.held_back, 0.05, 0.9, "")?;
        let steps = self.series.values.len();
        let test_from = steps - (self.held_back * steps as f64) as usize;
        Ok(ReservationTask { series: &self.series, agreement: self.agreement, test_from })
    }

    fn planner(
        &self,
        task: &ReservationTask<'_>,
        found: Reservations,
        objective: String,
        metrics: &[(&str, f64)],
    ) -> Result<LearnedPlanner, TrainingError> {
        let Some(trained) = found.trained else {
            return Err(InputError::new("method", "one without networks", "one with them").into());
        };
        let mut card = ForecasterCard {
            name: self.name.clone(),
            title: format!("Reservations for {} under a service agreement", self.series.name),
            objective,
            metrics: named(metrics),
            seed: self.settings.seed,
            command: self.command.clone(),
            ..blank_card(&[&self.series], task.test_from, &self.source, &self.licence)
        };
        let weights = files::write(&mut card, &trained.forecaster, trained.loss.as_ref())?;
        card.validate()?;
        Ok(LearnedPlanner { card, weights })
    }
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
    check_model_name(&order.name)?;
    let setting = &order.setting;
    let trained = train_admission(setting, &order.settings, device, monitor, observe).await?;
    let Some(loss) = &trained.loss else {
        return Err(InputError::new("objective", "an expert's", "a learnt loss").into());
    };
    let score = setting.score(&setting.decisions(&trained.forecaster, loss)?)?;
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
            ("test uninterrupted hours", score.mean_avst_hours()),
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
