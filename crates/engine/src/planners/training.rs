//! Jobs that train networks, in builds with burn.

use slicewise_core::forecast::job::{ForecastJob, ForecastOutcome};
use slicewise_core::forecast::words::ForecastNews;
use slicewise_core::slice::job::Installed;
use slicewise_core::slice::training::TrainingOrder;
use slicewise_core::slice::{Slice, SliceJob, SliceOutcome};
use slicewise_slice::training::{Device, train_from_order};

use super::Processor;
use super::forecast::ForecastEngine;
use super::slice::{SliceEngine, Told};
use crate::jobs::forecast::learn::{News, learn, learn_admissions};
use crate::worker::{Outcome, Turn, Work};

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
    pub const TRAIN: Work<Self> = Work {
        name: "train",
        begin: |engine, job, turn| match job {
            SliceJob::Train(order) => Some(Box::pin(engine.train(order, turn))),
            _ => None,
        },
    };

    async fn train(&self, order: &TrainingOrder, turn: &Turn<Slice>) -> Outcome<Slice> {
        let start = order.start_from.as_deref().map(|name| self.network(name)).transpose();
        let start = start.map_err(|mut error| {
            error.field = "start_from".to_owned();
            error
        })?;
        let (start, device, mut told) = (start.as_deref(), self.device.burn(), Told(turn));
        let found = train_from_order(order, start, &device, &turn.watch, &mut told);
        let trained = found.await?;
        let trained = Installed { card: trained.card, weights: trained.weights };
        Ok(SliceOutcome::Trained(Box::new(trained)))
    }
}

impl<D: TrainingDevice> ForecastEngine<D> {
    /// Trains both networks for one service.
    pub const LEARN: Work<Self> = Work {
        name: "learn",
        begin: |engine, job, turn| match job {
            ForecastJob::Learn(order) => Some(Box::pin(async move {
                let start = match &order.start {
                    Some(source) => Some(engine.networks(source, turn).await?),
                    None => None,
                };
                let (start, device) = (start.as_deref(), engine.device.burn());
                let hear = |news| tell(turn, news);
                let learned = learn(order, start, &device, &turn.watch, hear).await?;
                Ok(ForecastOutcome::Learned(Box::new(learned)))
            })),
            _ => None,
        },
    };

    /// Trains both networks for the four services under one capacity.
    pub const LEARN_ADMISSION: Work<Self> = Work {
        name: "learn admission",
        begin: |engine, job, turn| match job {
            ForecastJob::LearnAdmission(order) => Some(Box::pin(async move {
                let (device, hear) = (engine.device.burn(), |news| tell(turn, news));
                let learned = learn_admissions(order, &device, &turn.watch, hear).await?;
                Ok(ForecastOutcome::Learned(Box::new(learned)))
            })),
            _ => None,
        },
    };
}

fn tell(turn: &Turn<slicewise_core::forecast::words::Forecast>, news: News) {
    match news {
        News::Epoch(moment, seen) => turn.news(ForecastNews::Epoch { moment, seen }),
        News::Share(fraction) => turn.share(fraction),
    }
}
