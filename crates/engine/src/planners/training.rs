//! Jobs that train networks, in builds with burn.

use slicewise_core::InputError;
use slicewise_core::forecast::ForecastJob;
use slicewise_core::slice::job::Installed;
use slicewise_core::slice::training::TrainingOrder;
use slicewise_core::slice::{Slice, SliceJob, SliceOutcome};
use slicewise_forecast::jobs::learn;
use slicewise_forecast::training::learn_again::BurnTrainer;
use slicewise_slice::training::{Device, train_from_order};

use super::Processor;
use super::forecast::ForecastEngine;
use super::slice::{SliceEngine, Told};
use crate::worker::{Outcome, Turn, Work, work};

/// Where networks are trained.
pub trait TrainingDevice: 'static {
    /// The device for burn's operations.
    fn burn(&self) -> Device;
}

impl TrainingDevice for Processor {
    fn burn(&self) -> Device {
        Device::flex()
    }
}

impl<D: TrainingDevice> SliceEngine<D> {
    /// Trains a network on measured rows.
    pub const TRAIN: Work<Self> = work! {
        "train", |engine, turn| SliceJob::Train(order) =>
        engine.train(order, turn)
    };

    async fn train(&self, order: &TrainingOrder, turn: &Turn<Slice>) -> Outcome<Slice> {
        let start = match order.start_from.as_deref() {
            None => None,
            Some(name) => Some(
                self.network(name, turn)
                    .await
                    .map_err(|error| InputError { field: "start_from".to_owned(), ..error })?,
            ),
        };
        let (start, device, mut told) = (start.as_deref(), self.device.burn(), Told(turn));
        let found = train_from_order(order, start, &device, &turn.watch, &mut told);
        let trained = found.await?;
        let trained = Installed { card: trained.card, weights: trained.weights };
        Ok(SliceOutcome::Trained(Box::new(trained)))
    }
}

impl<D: TrainingDevice> ForecastEngine<D> {
    /// Trains both networks: for one service, or for the four under one capacity.
    pub const LEARN: Work<Self> = work! {
        "learn", |engine, turn| order @ (ForecastJob::Learn(_) | ForecastJob::LearnAdmission(_)) =>
        async move {
            let memory = engine.memory(order, turn).await?;
            let trainer = BurnTrainer(engine.device.burn());
            Ok(learn(order, memory, &trainer, &turn.watch, &mut { turn }).await?)
        }
    };
}
