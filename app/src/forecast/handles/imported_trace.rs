//! The visitor's table, whose chosen trace is planned in place of the generated service.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use slicewise_core::InputError;
use slicewise_core::forecast::trace::{GivenTrace, TraceSource};
use slicewise_core::forecast::{ForecastJob, ForecastOutcome};
use slicewise_core::reader::{DemandFile, DemandForm, GivenFile};
use web_sys::File;

use super::planner::ForecastPlanner;
use crate::engine::reader;
use crate::forecast::file_reader::READER;
use crate::forecast::imported::{self, Imported, OpenedTable};
use crate::shell::files;

/// Signals of the imported trace; a copyable handle.
#[derive(Clone, Copy)]
pub struct ImportedTrace {
    planner: ForecastPlanner,
    /// The traces of the table, where one was opened.
    pub imported: RwSignal<Option<Imported>>,
    /// The table that was read last, and what it wants to know.
    pub table: RwSignal<Option<OpenedTable>>,
    /// Name of the file that is being read.
    pub reading: RwSignal<Option<String>>,
}

impl ImportedTrace {
    /// No table yet.
    pub fn new(planner: ForecastPlanner) -> Self {
        let (imported, table, reading) = Default::default();
        Self { planner, imported, table, reading }
    }

    /// Whether a trace of the visitor's own is planned.
    pub fn is_open(self) -> bool {
        self.imported.with(Option::is_some)
    }

    /// Step of the visitor's trace in minutes, where it is planned.
    pub fn step_minutes(self) -> Option<u32> {
        let step = |imported: &Imported| imported.series().map(|series| series.step_minutes);
        self.imported.with(|imported| imported.as_ref().and_then(step))
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

    /// Forgets the table: the service is planned again.
    pub fn close(self) {
        self.imported.set(None);
        self.table.set(None);
    }

    /// Has `file` read and plans its likeliest trace.
    pub fn import(self, file: File) {
        spawn_local(async move {
            let name = file.name();
            match files::bytes_of(&file).await {
                Ok(bytes) => {
                    self.reading.set(Some(name.clone()));
                    self.read(name, Arc::new(bytes), DemandForm::default());
                }
                Err(error) => self.keep_out(&name, &error),
            }
        });
    }

    /// Has the table read again, as the visitor changed his choices.
    pub fn choose(self, change: impl FnOnce(&mut DemandForm)) {
        let Some(OpenedTable { name, bytes, mut form, .. }) = self.table.get_untracked() else {
            return;
        };
        change(&mut form);
        self.read(name, bytes, form);
    }

    fn read(self, name: String, bytes: Arc<Vec<u8>>, form: DemandForm) {
        let file = GivenFile { bytes: (*bytes).clone() };
        let asked = DemandFile { file, form: form.clone() };
        let job = ForecastJob::ReadDemand(Box::new(asked));
        reader::read(&READER, job, move |read| self.take(name, bytes, form, read));
    }

    fn take(
        self,
        name: String,
        bytes: Arc<Vec<u8>>,
        form: DemandForm,
        read: Result<ForecastOutcome, InputError>,
    ) {
        self.reading.set(None);
        match read {
            Ok(ForecastOutcome::Demand(read)) => {
                if let (Err(error), None) = (&read.traces, read.question()) {
                    return self.keep_out(&name, error);
                }
                self.planner.import_error.set(None);
                let (table, imported) = imported::opened(name, bytes, form, *read);
                self.table.set(Some(table));
                // A question keeps what was planned before.
                if imported.is_some() {
                    self.imported.set(imported);
                }
            }
            Ok(_) => {}
            Err(error) => self.keep_out(&name, &error),
        }
    }

    fn keep_out(self, name: &str, error: &InputError) {
        self.planner.import_error.set(Some(files::name_kept_out(name, error)));
    }
}
