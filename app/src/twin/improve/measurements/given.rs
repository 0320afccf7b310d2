//! The visitor's measurements: one table of flows, one of links, or either.

use leptos::prelude::*;
use leptos::task::spawn_local;
use slicewise_core::InputError;
use slicewise_core::formats::table::{DecimalSign, ShownColumn};
use slicewise_core::reader::{GivenFile, TableRead};
use slicewise_core::twin::diagnosis::Measurements;
use slicewise_core::twin::improver::{MeasuredFile, MeasuredRows};
use web_sys::File;

use super::READER;
use crate::controls::table_preview::{Choice, TablePreview};
use crate::engine::reader;
use crate::shell::files;
use crate::twin::improve::planner::Improve;
use crate::twin::words;

/// A table that was read.
#[derive(Clone)]
struct Table {
    name: String,
    rows: MeasuredRows,
}

/// The file that was chosen last, to be read again with another decimal sign, and how it was read.
#[derive(Clone, Default)]
struct Chosen {
    name: String,
    bytes: Vec<u8>,
    decimal: Option<DecimalSign>,
    columns: Vec<ShownColumn>,
    question: Option<String>,
}

/// Signals of the measurements; a copyable handle.
#[derive(Clone, Copy)]
pub struct Given {
    improve: Improve,
    flows: RwSignal<Option<Table>>,
    links: RwSignal<Option<Table>>,
    chosen: RwSignal<Option<Chosen>>,
    /// Counts the tables that were taken.
    pub taken: RwSignal<u32>,
    /// Name of the file that is being read.
    pub reading: RwSignal<Option<String>>,
    /// Why a file could not be used.
    pub error: RwSignal<Option<String>>,
}

impl Given {
    /// None yet.
    pub fn new(improve: Improve) -> Self {
        Self {
            improve,
            flows: RwSignal::new(None),
            links: RwSignal::new(None),
            chosen: RwSignal::new(None),
            taken: RwSignal::new(0),
            reading: RwSignal::new(None),
            error: RwSignal::new(None),
        }
    }

    /// Whether there is anything.
    pub fn is_there(self) -> bool {
        self.flows.with(Option::is_some) || self.links.with(Option::is_some)
    }

    /// All that was measured, over so many seconds.
    pub fn measurements(self, seconds: f64) -> Measurements {
        let rows = |table: RwSignal<Option<Table>>| {
            table.with(|t| t.as_ref().map(|t| t.rows.measured.clone())).unwrap_or_default()
        };
        let (flows, links) = (rows(self.flows).flows, rows(self.links).links);
        Measurements { flows, links, seconds: Some(seconds) }
    }

    /// What was read of which file.
    pub fn told(self) -> String {
        let of = |table: RwSignal<Option<Table>>| {
            table.with(|table| {
                let Table { name, rows } = table.as_ref()?;
                let (flows, links) = (rows.measured.flows.len(), rows.measured.links.len());
                let count = match flows {
                    0 => words::counted(links, "link"),
                    flows => words::counted(flows, "flow"),
                };
                let notes: String = rows.told.iter().map(|note| ["; ", note].concat()).collect();
                Some([&count, " from ", name, &notes, ". "].concat())
            })
        };
        [of(self.flows), of(self.links)].into_iter().flatten().collect()
    }

    /// Forgets all files.
    pub fn forget(self) {
        self.flows.set(None);
        self.links.set(None);
        self.chosen.set(None);
    }

    /// How the last file was read.
    pub fn preview(self) -> Option<TablePreview> {
        let chosen = self.chosen.get().filter(|chosen| !chosen.columns.is_empty())?;
        let sign = Choice::decimal(chosen.decimal, move |decimal| {
            if let Some(chosen) = self.chosen.get_untracked() {
                self.read(Chosen { decimal, ..chosen });
            }
        });
        Some(TablePreview {
            test: "measured",
            question: chosen.question,
            columns: chosen.columns,
            choices: vec![sign],
        })
    }

    /// Has `file` read.
    pub fn import(self, file: File) {
        spawn_local(async move {
            let name = file.name();
            match files::bytes_of(&file).await {
                Ok(bytes) => self.read(Chosen { name, bytes, ..Chosen::default() }),
                Err(error) => self.keep_out(&name, &error),
            }
        });
    }

    fn read(self, chosen: Chosen) {
        let question = self.improve.question.get_untracked();
        let Some(question) = question else { return };
        let topology = question.scenario.topology.clone();
        let file = GivenFile { bytes: chosen.bytes.clone() };
        let asked = MeasuredFile { file, decimal: chosen.decimal, topology };
        self.reading.set(Some(chosen.name.clone()));
        reader::read(&READER, asked, move |read| {
            self.reading.set(None);
            match read {
                Ok(read) => self.take(chosen, read),
                Err(error) => self.keep_out(&chosen.name, &error),
            }
        });
    }

    fn take(self, chosen: Chosen, read: TableRead<MeasuredRows>) {
        let question = read.question().map(InputError::to_string);
        let name = chosen.name.clone();
        self.chosen.set(Some(Chosen { columns: read.columns, question, ..chosen }));
        match read.found {
            Ok(rows) => {
                self.error.set(None);
                let table = if rows.measured.flows.is_empty() { self.links } else { self.flows };
                table.set(Some(Table { name, rows }));
                self.taken.update(|taken| *taken += 1);
            }
            Err(error) => self.keep_out(&name, &error),
        }
    }

    fn keep_out(self, name: &str, error: &InputError) {
        self.error.set(Some(files::name_kept_out(name, error)));
    }
}
