//! What an engine is given once: the visitor's networks and trace, which questions name by their
//! fingerprints.

use leptos::prelude::untrack;
use slicewise_core::forecast::networks::{ForecastNetwork, NetworkSource};
use slicewise_core::forecast::trace::TraceSource;
use slicewise_core::forecast::{Forecast, ForecastJob};
use slicewise_protocol::JobId;

use super::imported_trace::ImportedTrace;
use super::own_networks::OwnNetworks;
use crate::engine::link::EngineLink;

/// Sends jobs with what they name; a copyable handle.
#[derive(Clone, Copy)]
pub struct Sender {
    trace: ImportedTrace,
    own: OwnNetworks,
}

impl Sender {
    /// Sends what names the visitor's `trace` and his `own` networks.
    pub fn new(trace: ImportedTrace, own: OwnNetworks) -> Self {
        Self { trace, own }
    }

    /// Sends `job` to `engine`, after what it names and the engine has not been given yet.
    pub fn send(self, engine: &EngineLink<Forecast>, job: ForecastJob) -> JobId {
        if let Some(NetworkSource::Installed(name)) = job.networks() {
            engine.install_once(name, || {
                Some(ForecastNetwork::Networks(Box::new((*self.own.named(name)?).clone())))
            });
        }
        if let Some(TraceSource::Installed(name)) = trace_of(&job) {
            engine
                .install_once(name, || untrack(|| self.trace.given()).map(ForecastNetwork::Trace));
        }
        engine.send(job)
    }
}

fn trace_of(job: &ForecastJob) -> Option<&TraceSource> {
    match job {
        ForecastJob::Reserve(question) => Some(&question.trace),
        ForecastJob::Explore(question) => Some(&question.trace),
        _ => None,
    }
}
