//! Jobs for the Forecast planner.

use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_core::forecast::ForecasterCard;
use slicewise_core::forecast::job::{ForecastJob, LearnedNetworks, NetworkSource};
use slicewise_core::forecast::words::Forecast;

use super::Processor;
use crate::jobs::forecast::{Memory, Networks, run};
use crate::worker::{Adapter, Outcome, Turn, Work};

/// The Forecast planner in an engine that trains on `device`.
#[derive(Debug, Default)]
pub struct ForecastEngine<D> {
    memory: Memory,
    /// Where networks are trained.
    pub device: D,
}

impl<D: 'static> Adapter for ForecastEngine<D> {
    type Planner = Forecast;

    fn install(&self, network: LearnedNetworks) -> Result<(), InputError> {
        let key = network.card.weights_fingerprint.clone();
        self.memory.borrow_mut().keep(&key, Networks::of_visitor(&network)?);
        Ok(())
    }
}

impl<D: 'static> ForecastEngine<D> {
    /// Nothing loaded yet.
    pub fn new(device: D) -> Self {
        Self { memory: Memory::default(), device }
    }

    /// The networks of `source`, fetched or read where they are not known yet.
    ///
    /// # Errors
    /// Names the file that cannot be had, or what is wrong with the networks.
    pub async fn networks(
        &self,
        source: &NetworkSource,
        turn: &Turn<Forecast>,
    ) -> Result<Rc<Networks>, InputError> {
        let key = match source {
            NetworkSource::Shipped(name) => name,
            NetworkSource::Own(own) => &own.card.weights_fingerprint,
        };
        let kept = self.memory.borrow().get(key);
        if let Some(networks) = kept {
            return Ok(networks);
        }
        let networks = match source {
            NetworkSource::Shipped(name) => fetched(name, turn).await?,
            NetworkSource::Own(own) => Networks::of_visitor(own)?,
        };
        Ok(self.memory.borrow_mut().keep(key, networks))
    }

    async fn decide(&self, job: &ForecastJob, turn: &Turn<Forecast>) -> Outcome<Forecast> {
        let networks = match job.networks() {
            Some(source) => Some(self.networks(source, turn).await?),
            None => None,
        };
        let (networks, memory) = (networks.as_deref(), &self.memory);
        let mut observe = |fraction: f64| turn.share(fraction);
        let now = || turn.now();
        run(job, networks, memory, &turn.watch, &mut observe, &now).await
    }
}

impl ForecastEngine<Processor> {
    /// All jobs but learning.
    pub const DECIDE: Work<Self> = Work {
        name: "reserve, admit, explore, surface",
        begin: |engine, job, turn| match job {
            ForecastJob::Learn(_) | ForecastJob::LearnAdmission(_) => None,
            _ => Some(Box::pin(engine.decide(job, turn))),
        },
    };
}

async fn fetched(name: &str, turn: &Turn<Forecast>) -> Result<Networks, InputError> {
    let [card, weights] =
        ["card.json", "weights.safetensors"].map(|file| format!("models/forecast/{name}/{file}"));
    let bytes = async |file: &str| {
        let allowed = "networks that ship with the page";
        let missing = || InputError::new(file, "not to be fetched", allowed);
        turn.host().fetch(file).await.ok_or_else(missing)
    };
    let card = ForecasterCard::from_json(&String::from_utf8_lossy(&bytes(&card).await?))?;
    Networks::read(card, &bytes(&weights).await?)
}
