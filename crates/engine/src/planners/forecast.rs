//! Jobs for the Forecast planner.

use slicewise_core::InputError;
use slicewise_core::forecast::networks::ForecastNetwork;
use slicewise_core::forecast::{Forecast, ForecastJob, ForecasterCard};
use slicewise_core::model_files::{CARD_FILE, WEIGHTS_FILE};
use slicewise_forecast::jobs::decide;
use slicewise_forecast::memory::Memory;
use slicewise_forecast::networks::Networks;

use super::{Processor, fetched};
use crate::worker::{Adapter, Outcome, Turn, Work, work};

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
            self.memory.keep_shipped(name, fetched_networks(name, turn).await?);
        }
        Ok(&self.memory)
    }
}

impl ForecastEngine<Processor> {
    /// Reservations for one service.
    pub const RESERVE: Work<Self> = work! {
        "reserve", |engine, turn| job @ ForecastJob::Reserve(_) =>
        engine.decide(job, turn)
    };

    /// Admissions for the four services.
    pub const ADMIT: Work<Self> = work! {
        "admit", |engine, turn| job @ ForecastJob::Admit(_) =>
        engine.decide(job, turn)
    };

    /// What the loss network has learned of one service's costs.
    pub const EXPLORE: Work<Self> = work! {
        "explore", |engine, turn| job @ ForecastJob::Explore(_) =>
        engine.decide(job, turn)
    };

    /// What it has learned of one slice's costs.
    pub const SURFACE: Work<Self> = work! {
        "surface", |engine, turn| job @ ForecastJob::Surface(_) =>
        engine.decide(job, turn)
    };

    async fn decide(&self, job: &ForecastJob, turn: &Turn<Forecast>) -> Outcome<Forecast> {
        let memory = self.memory(job, turn).await?;
        let (watch, now) = (&turn.watch, || turn.now());
        Ok(decide(job, memory, watch, &mut { turn }, &now).await?)
    }
}

async fn fetched_networks(name: &str, turn: &Turn<Forecast>) -> Result<Networks, InputError> {
    let card = fetched(name, CARD_FILE, turn).await?;
    let card = ForecasterCard::from_json(&String::from_utf8_lossy(&card))?;
    Networks::read(card, &fetched(name, WEIGHTS_FILE, turn).await?)
}
