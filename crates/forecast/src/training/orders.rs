//! Learning both networks from a trace: what `slicewise train forecast` and "learn again" do.

use std::collections::BTreeMap;

use burn::tensor::Device;
use slicewise_core::InputError;
use slicewise_core::card::{DataSource, check_model_name, fingerprint};
use slicewise_core::error::check_range;
use slicewise_core::forecast::{
    ALPHA, DemandSeries, ForecastSlice, ForecasterCard, RivalLoss, ServiceAgreement,
};
use slicewise_optim::{Halted, Monitor, Unmonitored};

use super::{CostRecord, Measured, Moment, Objective, Settings, Trained};
use crate::admission::problem::AdmissionSetting;
use crate::admission::training::train_admission;
use crate::files;
use crate::model::{LearnedLoss, NetworkSet, Rival};
use crate::reservation::training::ReservationTask;
use crate::windows::LOOK_BACK;

/// What decisions cost.
#[derive(Clone, Debug)]
pub enum Costs {
    /// What the agreement says, of which the networks see measured costs only.
    Agreement(ServiceAgreement),
    /// What a table of outcomes says.
    Recorded(Vec<CostRecord>),
}

/// What is to be learned.
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
    /// What decisions cost.
    pub costs: Costs,
    /// Share of the trace, its last part, that is held back and measured on: 0.05 to 0.9.
    pub held_back: f64,
    /// A loss network to go on from (transfer), in whose size the new one is; none starts from nothing.
    pub start: Option<LearnedLoss>,
    /// Whether regressors learn on losses by hand too, for comparison; only under an agreement.
    pub rivals: bool,
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

/// Learns a planner for one service. `observe` hears of every epoch of both networks, with the loss
/// network after it if `watched`.
///
/// # Errors
/// Names the field of the order that cannot be used, a record that is unusable, or as
/// [`ReservationTask::learn`].
pub async fn learn(
    order: &LearningOrder,
    device: &Device,
    monitor: &impl Monitor,
    watched: bool,
    observe: &mut dyn FnMut(&Moment, Option<&LearnedLoss>),
) -> Result<LearnedPlanner, Halted> {
    check_model_name(&order.name)?;
    let task = order.task()?;
    let agreement = task.agreement;
    let metric = |decision: &[f64], demand: &[f64]| agreement.cost(decision[0], demand[0]);
    let measured = match &order.costs {
        Costs::Agreement(_) => Measured::By(&metric),
        Costs::Recorded(records) => Measured::In(records),
    };
    let objective = Objective::Learned { measured, start: order.start.as_ref(), capacity: None };
    let mut settings = order.settings.clone();
    if let Some(start) = &order.start {
        settings.size.loss = start.network.hidden();
    }
    let found = task.learn(objective, &settings, device, monitor, watched, observe).await?;
    let Some(Trained { forecaster, loss, .. }) = found.trained else {
        return Err(InputError::new("method", "one without networks", "one with them").into());
    };
    let metrics = order.metrics(&task, &found.reserved, loss.as_ref());
    let mut networks = NetworkSet { forecaster, loss, rivals: Vec::new() };
    if order.rivals {
        for rival in RivalLoss::ALL {
            let objective = Objective::Expert(task.expert(rival));
            let mut silent = |_: &Moment, _: Option<&LearnedLoss>| ();
            let found =
                task.learn(objective, &settings, device, monitor, false, &mut silent).await?;
            networks.rivals.extend(
                found.trained.map(|t| Rival { loss: rival, network: t.forecaster.network }),
            );
        }
    }
    Ok(order.planner(&task, &networks, metrics)?)
}

impl LearningOrder {
    /// Optimiser steps of all trainings, phase by phase, as [`Settings::phases`].
    ///
    /// # Errors
    /// Names the field of the order that cannot be used.
    pub fn phases(&self) -> Result<Vec<(usize, f64)>, InputError> {
        let rows = self.task()?.test_from.saturating_sub(LOOK_BACK);
        let rivals = if self.rivals { RivalLoss::ALL.len() } else { 0 };
        let mut phases = self.settings.phases(rows).to_vec();
        phases.push((rivals * self.settings.batches(rows), 1.0));
        Ok(phases)
    }

    fn task(&self) -> Result<ReservationTask<'_>, InputError> {
        check_range("held_back", self.held_back, 0.05, 0.9, "")?;
        let steps = self.series.values.len();
        let test_from = steps - (self.held_back * steps as f64) as usize;
        let agreement = match self.costs {
            Costs::Agreement(agreement) => agreement,
            Costs::Recorded(_) if self.rivals => {
                return Err(InputError::new("rivals", "with recorded costs", "with an agreement"));
            }
            // Never asked: only violations are counted.
            Costs::Recorded(_) => ServiceAgreement::of_deepcog(ALPHA, 1.0),
        };
        Ok(ReservationTask { series: &self.series, agreement, test_from })
    }

    fn metrics(
        &self,
        task: &ReservationTask<'_>,
        reserved: &[f64],
        loss: Option<&LearnedLoss>,
    ) -> BTreeMap<String, f64> {
        let score = task.score(reserved);
        let mut metrics = named(&[("test violations", score.violations)]);
        match (&self.costs, loss) {
            (Costs::Agreement(_), _) => metrics.extend(named(&[
                ("test cost", score.cost),
                ("test overprovisioning", score.overprovisioning),
            ])),
            (Costs::Recorded(_), Some(loss)) => {
                let steps = reserved.iter().zip(task.test_demand());
                let total: f64 = steps.map(|(c, y)| loss.cost(&[*c], &[*y])).sum();
                let mean = total / reserved.len() as f64;
                metrics.extend(named(&[("test learned cost", mean)]));
            }
            (Costs::Recorded(_), None) => {}
        }
        metrics
    }

    fn planner(
        &self,
        task: &ReservationTask<'_>,
        networks: &NetworkSet,
        metrics: BTreeMap<String, f64>,
    ) -> Result<LearnedPlanner, InputError> {
        let (agreement, objective) = match &self.costs {
            Costs::Agreement(agreement) => (
                Some(*agreement),
                format!(
                    "cost per step: revenue {}, penalty {}, {} per unit of over-provisioning",
                    agreement.revenue, agreement.penalty, agreement.overprovisioning_price
                ),
            ),
            Costs::Recorded(records) => {
                (None, format!("cost per step as {} records of outcomes tell", records.len()))
            }
        };
        let mut card = ForecasterCard {
            name: self.name.clone(),
            title: format!("Reservations for {}", self.series.name),
            objective,
            agreement,
            metrics,
            seed: self.settings.seed,
            command: self.command.clone(),
            ..blank_card(&[&self.series], task.test_from, &self.source, &self.licence)
        };
        let weights = files::write(&mut card, networks)?;
        card.validate()?;
        Ok(LearnedPlanner { card, weights })
    }
}

/// What is to be learned where slices share a capacity.
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

impl AdmissionOrder {
    /// Optimiser steps of the training, phase by phase, as [`Settings::phases`].
    pub fn phases(&self) -> Vec<(usize, f64)> {
        self.settings.phases(self.setting.test_from.saturating_sub(LOOK_BACK)).to_vec()
    }
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
) -> Result<LearnedPlanner, Halted> {
    check_model_name(&order.name)?;
    let setting = &order.setting;
    let trained = train_admission(setting, &order.settings, device, monitor, observe).await?;
    let Some(loss) = &trained.loss else {
        return Err(InputError::new("objective", "an expert's", "a learned loss").into());
    };
    // The training's monitor counts the steps of the training alone.
    let silent = &mut |_: f64| ();
    let decisions = setting.decisions(&trained.forecaster, loss, &Unmonitored, silent).await?;
    let score = setting.score(&decisions)?;
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
    let networks =
        NetworkSet { forecaster: trained.forecaster, loss: trained.loss, rivals: Vec::new() };
    let weights = files::write(&mut card, &networks)?;
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
        agreement: None,
        admission_terms: None,
        slices: series.iter().map(slice).collect(),
        step_minutes: series.first().map_or(1, |series| series.step_minutes),
        look_back: 0,
        regressor: Vec::new(),
        loss: Vec::new(),
        rivals: Vec::new(),
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
