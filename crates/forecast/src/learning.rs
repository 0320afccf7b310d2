//! Learning both networks from a trace: what `slicewise train forecast` and "learn again" do.

use std::collections::BTreeMap;

use burn::tensor::Device;
use slicewise_core::InputError;
use slicewise_core::card::{DataSource, fingerprint};
use slicewise_core::error::check_range;
use slicewise_core::forecast::{DemandSeries, ForecastSlice, ForecasterCard, ServiceAgreement};
use slicewise_optim::Monitor;

use crate::files;
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
    let metrics = [
        ("test cost", score.cost),
        ("test overprovisioning", score.overprovisioning),
        ("test violations", score.violations),
    ];
    let bytes: Vec<u8> = series.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let slice = ForecastSlice {
        name: series.name.clone(),
        unit: series.unit.clone(),
        mean: 0.0,
        deviation: 1.0,
        change: 1.0,
        peak: 1.0,
    };
    let agreement = order.agreement;
    let mut card = ForecasterCard {
        format: 1,
        name: order.name.clone(),
        title: format!("Reservations for {} under a service agreement", series.name),
        task: "demand-reservation".to_owned(),
        slices: vec![slice],
        step_minutes: series.step_minutes,
        look_back: 0,
        regressor: Vec::new(),
        loss: Vec::new(),
        cost_mean: 0.0,
        cost_deviation: 1.0,
        objective: format!(
            "cost per step: revenue {}, penalty {}, {} per unit of over-provisioning",
            agreement.revenue, agreement.penalty, agreement.overprovisioning_price
        ),
        data: DataSource {
            source: order.source.clone(),
            licence: order.licence.clone(),
            rows: BTreeMap::from([
                ("train".to_owned(), test_from),
                ("test".to_owned(), steps - test_from),
            ]),
            fingerprint: fingerprint(&bytes),
        },
        metrics: metrics.map(|(name, value)| (name.to_owned(), value)).into(),
        seed: order.settings.seed,
        command: order.command.clone(),
        weights_fingerprint: String::new(),
    };
    let weights = files::write(&mut card, &trained.forecaster, trained.loss.as_ref())?;
    card.validate()?;
    Ok(LearnedPlanner { card, weights })
}
