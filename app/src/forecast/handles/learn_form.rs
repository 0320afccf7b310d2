//! What is to be learned again, and the training that came of it.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use slicewise_core::InputError;
use slicewise_core::forecast::CostRecord;
use slicewise_core::forecast::learning::{AdmissionLearnOrder, LearnOrder};
use slicewise_core::forecast::networks::{ForecastNetwork, NetworkSource};
use slicewise_core::forecast::trace::GivenTrace;
use slicewise_core::forecast::{ForecastJob, ForecastOutcome};
use slicewise_core::formats::table::ShownColumn;
use slicewise_core::reader::{GivenFile, RecordFile, RecordForm, TableRead, asks};
use web_sys::File;

use super::planner::ForecastPlanner;
use super::reservation::Reservation;
use super::session::Session;
use crate::engine::reader;
use crate::forecast::file_reader::READER;
use crate::shell::files;

/// What both networks are to learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Reservations for the trace at hand.
    Reservation,
    /// Admissions for the four services under one capacity.
    Admission,
}

impl Task {
    /// Passes over the training days that are offered: enough for the reduced size.
    pub fn epochs(self) -> usize {
        match self {
            Self::Reservation => 12,
            Self::Admission => 24,
        }
    }
}

/// What the form holds; a copyable handle that outlives its tab.
#[derive(Clone, Copy)]
pub struct LearnForm {
    planner: ForecastPlanner,
    reservation: Reservation,
    /// What is learned.
    pub task: RwSignal<Task>,
    /// Name of the networks.
    pub name: RwSignal<String>,
    /// Passes over the training days.
    pub epochs: RwSignal<usize>,
    /// Seed of the weights and of the shuffling.
    pub seed: RwSignal<u64>,
    /// Whether the networks are of the paper's size.
    pub paper_size: RwSignal<bool>,
    /// Whether the GPU trains.
    pub on_gpu: RwSignal<bool>,
    /// Whether the other methods' regressors learn too.
    pub rivals: RwSignal<bool>,
    /// Name of the shipped networks whose loss network to go on from.
    pub start: RwSignal<Option<&'static str>>,
    /// Recorded outcomes with the name of their file.
    pub records: RwSignal<Option<(String, Arc<Vec<CostRecord>>)>>,
    /// The table of the records as it was read, with what was chosen of it.
    pub table: RwSignal<Option<RecordTable>>,
    /// Name of the file that is being read.
    pub reading: RwSignal<Option<String>>,
    /// Why the records could not be used.
    pub error: RwSignal<Option<String>>,
    /// The training.
    pub session: Session,
}

/// A table of recorded outcomes, kept so that it can be read again with other choices.
#[derive(Clone)]
pub struct RecordTable {
    /// Name of its file.
    pub name: String,
    bytes: Arc<Vec<u8>>,
    /// What was chosen.
    pub form: RecordForm,
    /// Its columns.
    pub columns: Vec<ShownColumn>,
    /// What has to be chosen first.
    pub question: Option<String>,
}

impl LearnForm {
    /// The form as it is offered.
    pub fn new(planner: ForecastPlanner, reservation: Reservation) -> Self {
        Self {
            planner,
            reservation,
            task: RwSignal::new(Task::Reservation),
            name: RwSignal::new("my-networks".to_owned()),
            epochs: RwSignal::new(Task::Reservation.epochs()),
            seed: RwSignal::new(1),
            paper_size: RwSignal::new(false),
            on_gpu: RwSignal::new(false),
            rivals: RwSignal::new(true),
            start: RwSignal::new(None),
            records: RwSignal::new(None),
            table: RwSignal::new(None),
            reading: RwSignal::new(None),
            error: RwSignal::new(None),
            session: Session::new(),
        }
    }

    /// Trains as the form stands.
    pub fn begin(self) {
        self.error.set(None);
        let start = self.start.get_untracked();
        let given = self.reservation.given_trace();
        let (job, words) = match self.task.get_untracked() {
            Task::Admission => (self.admission_job(), "nothing".to_owned()),
            Task::Reservation => {
                let words =
                    start.map_or("nothing".to_owned(), |name| format!("the loss of {name}"));
                (self.reservation_job(start, given.as_ref()), words)
            }
        };
        let given = given.map(ForecastNetwork::Trace);
        self.session.begin(job, given, words, self.on_gpu.get_untracked());
    }

    fn reservation_job(self, start: Option<&str>, given: Option<&GivenTrace>) -> ForecastJob {
        let question = self.reservation.question.get_untracked();
        let source = given.map_or("the project's own generator of demand", |trace| &trace.name);
        let records: Vec<f64> = self.records.with_untracked(|records| {
            let records = records.iter().flat_map(|(_, records)| records.iter());
            records.flat_map(|r| [r.decision[0], r.demand[0], r.cost]).collect()
        });
        ForecastJob::Learn(Box::new(LearnOrder {
            name: self.name.get_untracked(),
            trace: question.trace.clone(),
            source: source.to_owned(),
            terms: question.terms,
            start: start.map(|name| NetworkSource::Shipped(name.to_owned())),
            rivals: self.rivals.get_untracked() && records.is_empty(),
            records,
            paper_size: self.paper_size.get_untracked(),
            epochs: self.epochs.get_untracked(),
            seed: self.seed.get_untracked(),
        }))
    }

    fn admission_job(self) -> ForecastJob {
        let (demand_seed, terms) =
            self.planner.state.with_untracked(|state| (state.seed, state.shared));
        ForecastJob::LearnAdmission(Box::new(AdmissionLearnOrder {
            name: self.name.get_untracked(),
            demand_seed,
            terms,
            epochs: self.epochs.get_untracked(),
            seed: self.seed.get_untracked(),
        }))
    }

    /// Reads recorded outcomes, from which the loss is learned in place of the terms.
    pub fn take_records(self, file: File) {
        spawn_local(async move {
            let name = file.name();
            match files::bytes_of(&file).await {
                Ok(bytes) => self.read_records(name, Arc::new(bytes), RecordForm::default()),
                Err(error) => self.error.set(Some(files::name_kept_out(&name, &error))),
            }
        });
    }

    /// Forgets the records.
    pub fn drop_records(self) {
        self.records.set(None);
        self.table.set(None);
    }

    /// Reads the records again with another choice.
    pub fn choose(self, change: impl FnOnce(&mut RecordForm)) {
        let Some(RecordTable { name, bytes, mut form, .. }) = self.table.get_untracked() else {
            return;
        };
        change(&mut form);
        self.read_records(name, bytes, form);
    }

    fn read_records(self, name: String, bytes: Arc<Vec<u8>>, form: RecordForm) {
        self.reading.set(Some(name.clone()));
        let file = GivenFile { bytes: (*bytes).clone() };
        let asked = RecordFile { file, form: form.clone() };
        let job = ForecastJob::ReadRecords(Box::new(asked));
        let table = RecordTable { name, bytes, form, columns: Vec::new(), question: None };
        reader::read(&READER, job, move |read| {
            self.reading.set(None);
            match read {
                Ok(ForecastOutcome::Records(read)) => self.hear_records(table, *read),
                Ok(_) => {}
                Err(error) => self.refuse(&table.name, &error),
            }
        });
    }

    fn hear_records(self, mut table: RecordTable, read: TableRead<Vec<CostRecord>>) {
        let TableRead { columns, found } = read;
        match found {
            Ok(records) => self.records.set(Some((table.name.clone(), Arc::new(records)))),
            // A choice that made it so can be taken back.
            Err(error) if asks(&error) || table.form != RecordForm::default() => {
                self.records.set(None);
                table.question = Some([&table.name, ": ", &error.to_string(), "."].concat());
            }
            Err(error) => return self.refuse(&table.name, &error),
        }
        self.error.set(None);
        self.table.set(Some(RecordTable { columns, ..table }));
    }

    fn refuse(self, name: &str, error: &InputError) {
        self.error.set(Some(files::name_kept_out(name, error)));
    }
}
