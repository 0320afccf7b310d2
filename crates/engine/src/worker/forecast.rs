//! The worker's part for the Forecast planner.

use std::rc::Rc;

use js_sys::Uint8Array;
use slicewise_core::InputError;
use slicewise_core::forecast::ForecasterCard;
use slicewise_core::forecast::job::NetworkSource;
use slicewise_core::slice::News;
#[cfg(feature = "burn")]
use slicewise_protocol::ForecastOutcome;
use slicewise_protocol::{ForecastJob, JobId, Outcome, Reply};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::{Breather, Engine, Pace};
use crate::jobs::JobError;
use crate::jobs::forecast::Networks;
#[cfg(feature = "burn")]
use crate::jobs::forecast::learn::{News, learn, learn_admissions};
#[cfg(not(feature = "gpu"))]
use crate::jobs::forecast::run;

/// The folder beside the page with one folder of files per network.
const FOLDER: &str = "slicewise-forecast-models";

impl Engine {
    pub(super) async fn plan_forecast(
        &self,
        id: JobId,
        job: &ForecastJob,
        monitor: &Breather,
    ) -> Result<Outcome, JobError> {
        let networks = match job.networks() {
            Some(source) => Some(self.networks_of(source).await?),
            None => None,
        };
        #[cfg(feature = "burn")]
        if matches!(job, ForecastJob::Learn(_) | ForecastJob::LearnAdmission(_)) {
            return self.learn(id, job, networks.as_deref(), monitor).await;
        }
        self.decide(id, job, networks.as_deref(), monitor).await
    }

    /// All jobs but learning: the build for graphics processors is large enough without them.
    #[cfg(feature = "gpu")]
    async fn decide(
        &self,
        _: JobId,
        _: &ForecastJob,
        _: Option<&Networks>,
        _: &Breather,
    ) -> Result<Outcome, JobError> {
        let allowed = "learn: this build is for graphics processors";
        Err(InputError::new("job", "another one", allowed).into())
    }

    #[cfg(not(feature = "gpu"))]
    async fn decide(
        &self,
        id: JobId,
        job: &ForecastJob,
        networks: Option<&Networks>,
        monitor: &Breather,
    ) -> Result<Outcome, JobError> {
        let mut pace = Pace::new(&self.clock);
        let mut observe = |fraction: f64| {
            if pace.is_due(false) {
                self.post(&Reply::Progress { id, fraction });
            }
        };
        let now = || self.clock.now();
        let memory = &self.forecasters;
        Ok(Outcome::Forecast(run(job, networks, memory, monitor, &mut observe, &now).await?))
    }

    #[cfg(feature = "burn")]
    async fn learn(
        &self,
        id: JobId,
        job: &ForecastJob,
        start: Option<&Networks>,
        monitor: &Breather,
    ) -> Result<Outcome, JobError> {
        let device = self.compute.borrow().training_device();
        let mut pace = Pace::new(&self.clock);
        let hear = |news: News| match news {
            News::Epoch(moment, seen) => self.post(&Reply::Learning { id, moment, seen }),
            News::Share(fraction) if pace.is_due(false) => {
                self.post(&Reply::Progress { id, fraction });
            }
            News::Share(_) => {}
        };
        let networks = match job {
            ForecastJob::Learn(order) => learn(order, start, &device, monitor, hear).await?,
            ForecastJob::LearnAdmission(order) => {
                learn_admissions(order, &device, monitor, hear).await?
            }
            _ => {
                return Err(
                    InputError::new("job", "another one", "one that this build learns").into()
                );
            }
        };
        Ok(Outcome::Forecast(ForecastOutcome::Learned(Box::new(networks))))
    }

    /// The networks of `source`, fetched or read where they are not known yet.
    async fn networks_of(&self, source: &NetworkSource) -> Result<Rc<Networks>, InputError> {
        let key = match source {
            NetworkSource::Shipped(name) => name,
            NetworkSource::Own(own) => &own.card.weights_fingerprint,
        };
        let kept = self.forecasters.borrow().get(key);
        if let Some(networks) = kept {
            return Ok(networks);
        }
        let networks = match source {
            NetworkSource::Shipped(name) => self.fetch_networks(name).await?,
            NetworkSource::Own(own) => Networks::of_visitor(own)?,
        };
        Ok(self.forecasters.borrow_mut().keep(key, networks))
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
