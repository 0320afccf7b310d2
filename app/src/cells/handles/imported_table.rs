//! The imported table: read, planned as a whole, and the cell of it that is open.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use slicewise_core::InputError;
use slicewise_core::cells::figures::CityFigures;
use slicewise_core::cells::{CellJob, CellOutcome};
use slicewise_core::formats::kpi_table::{KpiCells, KpiReport};
use slicewise_core::reader::{GivenFile, KpiFile, KpiForm};
use web_sys::File;

use super::planner::CellsPlanner;
use crate::cells::engine::CellEvent;
use crate::cells::file_reader::READER;
use crate::cells::imported::{CellChange, Imported, OpenedTable};
use crate::cells::plan_set::Pieces;
use crate::cells::question::CellQuestion;
use crate::cells::state::{CellsState, Tab};
use crate::engine::reader;
use crate::shell::files;

/// Signals of the imported table; a copyable handle.
#[derive(Clone, Copy)]
pub struct ImportedTable {
    planner: CellsPlanner,
    /// The table, where one was opened.
    pub imported: RwSignal<Option<Imported>>,
    /// The file that was read last, and what it wants to know.
    pub opened: RwSignal<Option<OpenedTable>>,
    /// Name of the file that is being read.
    pub reading: RwSignal<Option<String>>,
    /// Index of the cell that is open in place of the network's; none while the network's is.
    pub chosen: RwSignal<Option<usize>>,
    /// What is changed in that cell, one per slice.
    changes: RwSignal<Vec<CellChange>>,
}

impl ImportedTable {
    /// No table yet.
    pub fn new(planner: CellsPlanner) -> Self {
        Self {
            planner,
            imported: RwSignal::new(None),
            opened: RwSignal::new(None),
            reading: RwSignal::new(None),
            chosen: RwSignal::new(None),
            changes: RwSignal::new(Vec::new()),
        }
    }

    /// Whether a cell of the table is open.
    pub fn is_open(self) -> bool {
        self.chosen.with(Option::is_some)
    }

    /// Opens cell `index` as the table has it.
    pub fn open(self, index: usize) {
        self.changes.set(untrack(|| self.base(index)));
        self.chosen.set(Some(index));
    }

    /// What cell `index` is asked, with what is changed of it.
    pub fn question(self, index: usize) -> Option<CellQuestion> {
        let method = self.planner.state.with(CellsState::method);
        self.imported.with(|table| {
            self.changes.with(|changes| table.as_ref()?.question(index, changes, method))
        })
    }

    /// What is changed of slice `index` of the open cell.
    pub fn change(self, index: usize) -> CellChange {
        self.changes.with(|changes| changes.get(index).copied().unwrap_or_default())
    }

    /// Changes slice `index` of the open cell.
    pub fn update_change(self, index: usize, change: impl FnOnce(&mut CellChange)) {
        self.changes.update(|changes| {
            if let Some(slice) = changes.get_mut(index) {
                change(slice);
            }
        });
    }

    /// Whether the open cell is asked otherwise than the table has it.
    pub fn is_changed(self) -> bool {
        let base = self.chosen.get().map(|index| self.base(index));
        self.changes.with(|changes| base.is_some_and(|base| *changes != base))
    }

    fn base(self, index: usize) -> Vec<CellChange> {
        self.imported
            .with(|table| table.as_ref().map(|table| table.base(index)).unwrap_or_default())
    }

    /// Reads `file` and plans its cells.
    pub fn import(self, file: File) {
        spawn_local(async move {
            let name = file.name();
            match files::bytes_of(&file).await {
                Ok(bytes) => self.read(name, Arc::new(bytes), KpiForm::default()),
                Err(error) => self.keep_out(&name, &error),
            }
        });
    }

    /// Has the file read again, as the visitor changed his choices, and plans its cells again.
    pub fn choose(self, change: impl FnOnce(&mut KpiForm)) {
        let Some(OpenedTable { name, bytes, mut form, .. }) = self.opened.get_untracked() else {
            return;
        };
        change(&mut form);
        self.read(name, bytes, form);
    }

    fn read(self, name: String, bytes: Arc<Vec<u8>>, form: KpiForm) {
        let services = self.planner.state.with_untracked(|state| {
            state.slices.iter().map(|terms| terms.service.clone()).collect()
        });
        self.reading.set(Some(name.clone()));
        let file = GivenFile { bytes: (*bytes).clone() };
        let asked = KpiFile { file, services, form: form.clone() };
        let job = CellJob::ReadKpis(Box::new(asked));
        reader::read(&READER, job, move |read| self.hear(name, bytes, form, read));
    }

    fn hear(
        self,
        name: String,
        bytes: Arc<Vec<u8>>,
        form: KpiForm,
        read: Result<CellOutcome, InputError>,
    ) {
        self.reading.set(None);
        let read = match read {
            Ok(CellOutcome::Kpis(read)) => read,
            Ok(_) => return,
            Err(error) => return self.keep_out(&name, &error),
        };
        let opened = OpenedTable::of(&name, bytes, form, &read);
        match read.found {
            Ok(found) => self.take_in(name, found.cells, found.report),
            Err(error) if opened.is_none() => return self.keep_out(&name, &error),
            // A question keeps what was planned before.
            Err(_) => {
                self.planner.import_error.set(None);
                self.planner.show(Tab::Table);
            }
        }
        self.opened.set(opened);
    }

    fn keep_out(self, name: &str, error: &InputError) {
        self.planner.import_error.set(Some(files::name_kept_out(name, error)));
    }

    fn take_in(self, name: String, cells: KpiCells, report: KpiReport) {
        self.forget();
        self.planner.import_error.set(None);
        self.imported.set(Some(Imported {
            name,
            cells: Arc::new(cells),
            report: Arc::new(report),
            planned: None,
            figures: CityFigures::default(),
            method: self.planner.state.with_untracked(CellsState::method),
            done: 0,
            run: None,
            failure: None,
        }));
        self.planner.show(Tab::Table);
        self.plan();
    }

    /// Plans the cells as the controls have it.
    pub fn plan(self) {
        let Some(imported) = self.imported.get_untracked() else { return };
        let engines = self.planner.engines.get_value();
        if let Some(run) = imported.run {
            engines.cancel(run);
        }
        let cells = imported.cells.clone();
        let method = self.planner.state.with_untracked(CellsState::method);
        let pieces: RefCell<Pieces> = RefCell::default();
        let (asked, how) = (cells.clone(), method.clone());
        let update = move |change: &dyn Fn(&mut Imported)| {
            self.imported.update(|imported| {
                if let Some(imported) = imported.as_mut().filter(|i| Arc::ptr_eq(&i.cells, &asked))
                {
                    change(imported);
                }
            });
        };
        let listener = move |event| match event {
            CellEvent::Plans { first, plans } => {
                let count = plans.len();
                pieces.borrow_mut().push(first, plans);
                update(&move |imported| imported.done += count);
            }
            CellEvent::Done { .. } => {
                let plans = Cell::new(Some(pieces.borrow_mut().take()));
                let method = how.clone();
                update(&move |imported| {
                    let plans = plans.take().unwrap_or_default();
                    imported.figures = CityFigures::default();
                    imported.figures.add(&plans);
                    imported.planned = Some(Arc::new(imported.set(&method, plans)));
                    imported.run = None;
                });
            }
            CellEvent::Refused(error) => update(&move |imported| {
                (imported.run, imported.failure) = (None, Some(error.to_string()));
            }),
            CellEvent::Failed(reason) => update(&move |imported| {
                (imported.run, imported.failure) = (None, Some(reason.clone()));
            }),
            CellEvent::Step(_)
            | CellEvent::Places(_)
            | CellEvent::Opened { .. }
            | CellEvent::Written(_) => {}
        };
        let run = engines.plan(method.clone(), cells.batch.clone(), Rc::new(listener));
        self.imported.update(|imported| {
            if let Some(imported) = imported {
                (imported.run, imported.done, imported.failure) = (Some(run), 0, None);
                imported.method = method;
            }
        });
    }

    /// Forgets the table; the network's cell is open again.
    pub fn forget(self) {
        let run = self.imported.with_untracked(|imported| imported.as_ref().and_then(|i| i.run));
        if let Some(run) = run {
            self.planner.engines.get_value().cancel(run);
        }
        self.imported.set(None);
        self.opened.set(None);
        if untrack(|| self.is_open()) {
            self.chosen.set(None);
        }
    }
}
