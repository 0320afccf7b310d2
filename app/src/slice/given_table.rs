//! A table of the visitor's, which is kept so that it can be read again with other choices.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use slicewise_core::InputError;
use slicewise_core::formats::table::ShownColumn;
use slicewise_core::formats::table::numbers::NumberTable;
use slicewise_core::reader::{GivenFile, TableFile, TableForm, asks};
use slicewise_core::slice::{SliceJob, SliceOutcome, SliceTable};
use web_sys::File;

use super::file_reader::READER;
use crate::controls::table_preview::{self, Choice, TablePreview, by_the_table, given, own_words};
use crate::engine::reader;
use crate::shell::files;

/// What was found in a table.
pub enum Found {
    /// Users per second in each slot.
    Traffic(Vec<f64>),
    /// Its numbers.
    Numbers(Box<NumberTable>),
    /// Nothing yet: it is asked about.
    Question,
}

impl From<SliceTable> for Found {
    fn from(table: SliceTable) -> Self {
        match table {
            SliceTable::Traffic(slots) => Self::Traffic(slots.users_per_second),
            SliceTable::Numbers(numbers) => Self::Numbers(Box::new(numbers)),
        }
    }
}

/// Takes what was found in the table of a name, or why it cannot be used.
pub type Take = Callback<(String, Result<Found, InputError>)>;

/// A table of the visitor's; a copyable handle.
#[derive(Clone, Copy)]
pub struct GivenTable {
    shown: RwSignal<Option<Shown>>,
    reading: RwSignal<Option<String>>,
    job: fn(TableFile) -> SliceJob,
    take: Take,
}

/// A table that was read, with what was chosen of it.
#[derive(Clone)]
struct Shown {
    name: String,
    bytes: Arc<Vec<u8>>,
    form: TableForm,
    columns: Vec<ShownColumn>,
    question: Option<String>,
}

impl GivenTable {
    /// No table yet; one is read as `job` says.
    pub fn new(job: fn(TableFile) -> SliceJob, take: Take) -> Self {
        Self { shown: RwSignal::new(None), reading: RwSignal::new(None), job, take }
    }

    /// Has `file` read.
    pub fn open(self, file: File) {
        spawn_local(async move {
            let name = file.name();
            match files::bytes_of(&file).await {
                Ok(bytes) => self.open_bytes(name, bytes),
                Err(error) => self.take.run((name, Err(error))),
            }
        });
    }

    /// Has the table read that `bytes` hold.
    pub fn open_bytes(self, name: String, bytes: Vec<u8>) {
        self.read(name, Arc::new(bytes), TableForm::default());
    }

    /// Forgets the table.
    pub fn close(self) {
        self.shown.set(None);
    }

    fn choose(self, change: impl FnOnce(&mut TableForm)) {
        let Some(Shown { name, bytes, mut form, .. }) = self.shown.get_untracked() else { return };
        change(&mut form);
        self.read(name, bytes, form);
    }

    fn read(self, name: String, bytes: Arc<Vec<u8>>, form: TableForm) {
        self.reading.set(Some(name.clone()));
        let file = GivenFile { bytes: (*bytes).clone() };
        let job = (self.job)(TableFile { file, form: form.clone() });
        reader::read(&READER, job, move |read| {
            self.reading.set(None);
            let (columns, found) = match read {
                Ok(SliceOutcome::Table(read)) => (read.columns, read.found.map(Found::from)),
                Ok(_) => return,
                Err(error) => {
                    self.close();
                    return self.take.run((name, Err(error)));
                }
            };
            self.hear(Shown { name, bytes, form, columns, question: None }, found);
        });
    }

    fn hear(self, mut shown: Shown, found: Result<Found, InputError>) {
        let name = shown.name.clone();
        let found = match found {
            // A choice that made it so can be taken back.
            Err(error) if asks(&error) || shown.form != TableForm::default() => {
                shown.question = Some(format!("{name}: {error}."));
                Ok(Found::Question)
            }
            found => found,
        };
        self.shown.set(found.is_ok().then_some(shown));
        self.take.run((name, found));
    }

    /// Its preview, whose parts are named behind `test`; the column is a choice of it where one of traffic is
    /// wanted.
    pub fn preview(self, test: &'static str, of_traffic: bool) -> AnyView {
        let build = move || {
            let Shown { form, columns, question, .. } = self.shown.get()?;
            let mut choices = Vec::new();
            if of_traffic {
                choices.push(self.column(&form, &columns));
            }
            choices.push(Choice::decimal(form.decimal, move |sign| {
                self.choose(move |form| form.decimal = sign);
            }));
            Some(TablePreview { test, question, columns, choices })
        };
        table_preview::preview(self.reading, Box::new(build))
    }

    fn column(self, form: &TableForm, columns: &[ShownColumn]) -> Choice {
        Choice {
            name: "column",
            label: "Users per second",
            options: by_the_table(own_words(columns.iter().map(|column| &column.name[..]))),
            chosen: form.column.clone().unwrap_or_default(),
            choose: Box::new(move |text| self.choose(move |form| form.column = given(text))),
        }
    }
}
