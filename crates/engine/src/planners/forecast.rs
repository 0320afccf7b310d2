//! Jobs for the Forecast planner.

use slicewise_core::InputError;
use slicewise_core::forecast::networks::ForecastNetwork;
use slicewise_core::forecast::{Forecast, ForecastJob, ForecastNews, ForecasterCard};
use slicewise_forecast::jobs::decide;
use slicewise_forecast::memory::Memory;
use slicewise_forecast::networks::Networks;
use slicewise_optim::Progress;

use super::Processor;
use crate::worker::{Adapter, Doing, Outcome, Turn, Work};

/// The Forecast planner in an engine that trains on `device`.
#[derive(Debug, Default)]
pub struct ForecastEngine<D> {
    memory: Memory,
    /// Where networks are trained.
    pub device: D,
}

impl<D: 'static> Adapter for ForecastEngine<D> {
    type Planner = Forecast;

    fn install(&self, network: ForecastNetwork) -> Result<(), InputError> {
        self.memory.install(&network)
    }
}

impl<D: 'static> ForecastEngine<D> {
    /// Nothing loaded yet.
    pub fn new(device: D) -> Self {
        Self { memory: Memory::default(), device }
    }

    /// What is kept between jobs, with the networks that `job` needs of those that ship.
    ///
    /// # Errors
    /// Names the file that cannot be had, or what is wrong with the networks.
    pub async fn memory(
        &self,
        job: &ForecastJob,
        turn: &Turn<Forecast>,
    ) -> Result<&Memory, InputError> {
        if let Some(name) = self.memory.missing(job) {
            self.memory.keep_shipped(name, fetched(name, turn).await?);
        }
        Ok(&self.memory)
    }
}

impl ForecastEngine<Processor> {
    /// Reservations for one service.
    pub const RESERVE: Work<Self> = Work {
        name: "reserve",
        begin: |engine, job, turn| match job {
            ForecastJob::Reserve(_) => Some(engine.decide(job, turn)),
            _ => None,
        },
    };

    /// Admissions for the four services.
    pub const ADMIT: Work<Self> = Work {
        name: "admit",
        begin: |engine, job, turn| match job {
            ForecastJob::Admit(_) => Some(engine.decide(job, turn)),
            _ => None,
        },
    };

    /// What the loss network has learned of one service's costs.
    pub const EXPLORE: Work<Self> = Work {
        name: "explore",
        begin: |engine, job, turn| match job {
            ForecastJob::Explore(_) => Some(engine.decide(job, turn)),
            _ => None,
        },
    };

    /// What it has learned of one slice's costs.
    pub const SURFACE: Work<Self> = Work {
        name: "surface",
        begin: |engine, job, turn| match job {
            ForecastJob::Surface(_) => Some(engine.decide(job, turn)),
            _ => None,
        },
    };

    fn decide<'a>(
        &'a self,
        job: &'a ForecastJob,
        turn: &'a Turn<Forecast>,
    ) -> Doing<'a, Outcome<Forecast>> {
        Box::pin(async move {
            let memory = self.memory(job, turn).await?;
            let now = || turn.now();
            Ok(decide(job, memory, &turn.watch, &mut Told(turn), &now).await?)
        })
    }
}

/// Tells the page how a job goes, its progress not more often than it can show.
pub(super) struct Told<'a>(pub(super) &'a Turn<Forecast>);

impl Progress<ForecastNews> for Told<'_> {
    fn share(&mut self, fraction: f64) {
        self.0.share(fraction);
    }

    fn news(&mut self, news: ForecastNews) {
        self.0.news(news);
    }
}

async fn fetched(name: &str, turn: &Turn<Forecast>) -> Result<Networks, InputError> {
    let bytes = async |file: &str| {
        let file = format!("models/forecast/{name}/{file}");
        let found = turn.host().fetch(&file).await;
        let allowed = "networks that ship with the page";
        found.ok_or_else(|| InputError::new(file, "not to be fetched", allowed))
    };
    let card = bytes("card.json").await?;
    let card = ForecasterCard::from_json(&String::from_utf8_lossy(&card))?;
    Networks::read(card, &bytes("weights.safetensors").await?)
}
