//! The visitor's table, whose chosen trace is planned in place of the generated service.

use leptos::prelude::*;
use leptos::task::spawn_local;
use slicewise_core::forecast::trace::{GivenTrace, TraceSource};
use web_sys::File;

use super::planner::ForecastPlanner;
use crate::forecast::imported::{self, Imported};
use crate::shell::files;

/// Largest file that is read, in bytes.
const LARGEST_FILE_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// Signals of the imported trace; a copyable handle.
#[derive(Clone, Copy)]
pub struct ImportedTrace {
    planner: ForecastPlanner,
    /// The table, where one was opened.
    pub imported: RwSignal<Option<Imported>>,
}

impl ImportedTrace {
    /// No table yet.
    pub fn new(planner: ForecastPlanner) -> Self {
        Self { planner, imported: RwSignal::new(None) }
    }

    /// Whether a trace of the visitor's own is planned.
    pub fn is_open(self) -> bool {
        self.imported.with(Option::is_some)
    }

    /// The visitor's trace, where it is planned.
    pub fn given(self) -> Option<GivenTrace> {
        let own = self.imported.with(|imported| imported.as_ref()?.series().cloned());
        own.map(|series| GivenTrace::from(&*series))
    }

    /// The trace that is planned as a question names it: the visitor's, or else that of the service.
    pub fn source(self) -> TraceSource {
        match self.given() {
            Some(trace) => TraceSource::Installed(trace.fingerprint()),
            None => self
                .planner
                .state
                .with(|state| TraceSource::Generated { service: state.service, seed: state.seed }),
        }
    }

    /// Reads `file` and plans its first trace.
    pub fn import(self, file: File) {
        spawn_local(async move {
            let read = async {
                let text = files::text_of(&file, LARGEST_FILE_BYTES, "a CSV table").await?;
                imported::traces(&text)
            };
            match read.await {
                Ok(traces) => {
                    self.planner.import_error.set(None);
                    self.imported.set(Some(Imported { name: file.name(), traces, chosen: 0 }));
                }
                Err(error) => {
                    self.planner.import_error.set(Some(files::kept_out(&file, &error)));
                }
            }
        });
    }
}
