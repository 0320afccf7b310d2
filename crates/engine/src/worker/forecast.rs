//! The worker's part for the Forecast planner.

use js_sys::Uint8Array;
use slicewise_core::InputError;
use slicewise_core::forecast::{ForecastJob, ForecastNews, ForecasterCard};
#[cfg(feature = "gpu")]
use slicewise_forecast::jobs::learn;
#[cfg(not(feature = "gpu"))]
use slicewise_forecast::jobs::run;
use slicewise_forecast::networks::Networks;
#[cfg(feature = "burn")]
use slicewise_forecast::training::learn_again::BurnTrainer;
use slicewise_optim::Progress;
use slicewise_protocol::{JobId, Outcome, Reply};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::{Breather, Engine, Pace};
use crate::jobs::JobError;

/// The folder beside the page with one folder of files per network.
const FOLDER: &str = "slicewise-forecast-models";

impl Engine {
    pub(super) async fn plan_forecast(
        &self,
        id: JobId,
        job: &ForecastJob,
        monitor: &Breather,
    ) -> Result<Outcome, JobError> {
        let memory = &self.forecasters;
        if let Some(name) = memory.missing(job) {
            memory.keep_shipped(name, self.fetch_networks(name).await?);
        }
        let mut reporter = Reporter { engine: self, id, pace: Pace::new(&self.clock) };
        #[cfg(feature = "burn")]
        let trainer = &BurnTrainer(self.compute.borrow().training_device());
        #[cfg(not(feature = "burn"))]
        let trainer = &();
        // The build for graphics processors is large enough without decisions.
        #[cfg(feature = "gpu")]
        let outcome = learn(job, memory, trainer, monitor, &mut reporter).await?;
        #[cfg(not(feature = "gpu"))]
        let outcome = {
            let now = || self.clock.now();
            run(job, memory, trainer, monitor, &mut reporter, &now).await?
        };
        Ok(Outcome::Forecast(outcome))
    }

    async fn fetch_networks(&self, name: &str) -> Result<Networks, InputError> {
        let missing = |file: &str| {
            let field = format!("{FOLDER}/{name}/{file}");
            InputError::new(field, "not to be fetched", "networks that ship with the page")
        };
        let card = self.fetch(name, "card.json").await.ok_or_else(|| missing("card.json"))?;
        let card = ForecasterCard::from_json(&String::from_utf8_lossy(&card))?;
        let file = "weights.safetensors";
        let weights = self.fetch(name, file).await.ok_or_else(|| missing(file))?;
        Networks::read(card, &weights)
    }

    /// The bytes of a file that lies beside the engine's own.
    async fn fetch(&self, name: &str, file: &str) -> Option<Vec<u8>> {
        let own = self.scope.location().href();
        let (beside, _) = own.rsplit_once('/')?;
        let address = format!("{beside}/{FOLDER}/{name}/{file}");
        let response: Response =
            settled(self.scope.fetch_with_str(&address)).await?.dyn_into().ok()?;
        if !response.ok() {
            return None;
        }
        let bytes = settled(response.array_buffer().ok()?).await?;
        Some(Uint8Array::new(&bytes).to_vec())
    }
}

async fn settled(promise: js_sys::Promise) -> Option<JsValue> {
    JsFuture::from(promise).await.ok()
}

/// Tells the page how job `id` goes, not more often than it can show.
struct Reporter<'a> {
    engine: &'a Engine,
    id: JobId,
    pace: Pace,
}

impl Progress<ForecastNews> for Reporter<'_> {
    fn share(&mut self, fraction: f64) {
        if self.pace.is_due(false) {
            self.engine.post(&Reply::Progress { id: self.id, fraction });
        }
    }

    fn news(&mut self, ForecastNews::Epoch { moment, seen }: ForecastNews) {
        self.engine.post(&Reply::Learning { id: self.id, moment, seen });
    }
}
