//! The network that is open: the one that the page opens with, or one of the visitor's own files.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use slicewise_core::InputError;
use slicewise_core::formats::network::{Gravity, NetworkForm};
use slicewise_core::reader::GivenFile;
use slicewise_core::twin::{Edit, Scenario, TwinJob, TwinOutcome, opening};
use web_sys::File;

use super::planner::TwinPlanner;
use crate::controls::explanation::unique_id;
use crate::engine::reader;
use crate::shell::files;
use crate::twin::file_reader::READER;
use crate::twin::question::OpenScenario;

/// Demands of a network whose file has none, as long as the visitor does not choose otherwise.
pub const DRAWN_DEMANDS: Gravity = Gravity { total_bit_per_s: None, even: false, seed: 1 };

/// What is chosen of a file that was not opened before.
fn first_form() -> NetworkForm {
    NetworkForm { gravity: Some(DRAWN_DEMANDS), ..NetworkForm::default() }
}

/// A network of the visitor's file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Name of the file.
    pub name: String,
    /// Name of its format.
    pub format: String,
    /// What was counted, passed over and assumed, one phrase each.
    pub told: Vec<String>,
    /// The network.
    pub scenario: Arc<Scenario>,
}

impl PartialEq for Imported {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.scenario, &other.scenario)
    }
}

/// Files that were chosen, to be read again with other choices.
#[derive(Clone, Default)]
struct Chosen {
    name: String,
    bytes: Vec<u8>,
    demands: Option<(String, Vec<u8>)>,
}

/// Signals of the open network; a copyable handle.
#[derive(Clone, Copy)]
pub struct OpenNetwork {
    planner: TwinPlanner,
    /// The visitor's network, where one is open.
    pub imported: RwSignal<Option<Imported>>,
    /// Name of the file that is being read.
    pub reading: RwSignal<Option<String>>,
    /// What the visitor chose of his file; demands of a second file are not in it.
    pub form: RwSignal<NetworkForm>,
    /// Name of the file of demands.
    pub demands: RwSignal<Option<String>>,
    /// The network with what is promised, under a name of its own.
    pub scenario: Memo<OpenScenario>,
    chosen: StoredValue<Chosen>,
}

impl OpenNetwork {
    /// The network that the page opens with.
    pub fn new(planner: TwinPlanner) -> Self {
        let imported: RwSignal<Option<Imported>> = RwSignal::new(None);
        let promises = Memo::new(move |_| planner.state.with(|state| state.promises.clone()));
        let scenario = Memo::new(move |_| {
            let own = imported.with(|i| i.as_ref().map(|i| Scenario::clone(&i.scenario)));
            let mut scenario = own.unwrap_or_else(opening::scenario);
            if let Some(promises) = promises.get() {
                scenario.promises = promises;
            }
            OpenScenario::new(unique_id("network"), scenario)
        });
        Self {
            planner,
            imported,
            reading: RwSignal::new(None),
            form: RwSignal::new(first_form()),
            demands: RwSignal::new(None),
            scenario,
            chosen: StoredValue::new(Chosen::default()),
        }
    }

    /// Name of the visitor's file that is open, if any.
    pub fn file(self) -> Option<String> {
        self.imported.with(|imported| imported.as_ref().map(|imported| imported.name.clone()))
    }

    /// Name of the file that the state was made with, where that is not open.
    pub fn awaited(self) -> Option<String> {
        let meant = self.planner.state.with(|state| state.network.clone());
        meant.filter(|meant| self.file().as_ref() != Some(meant))
    }

    /// The edits that hold: none while the file is not open that they were made with.
    pub fn edits(self) -> Vec<Edit> {
        match self.awaited() {
            Some(_) => Vec::new(),
            None => self.planner.state.with(|state| state.edits.clone()),
        }
    }

    /// Forgets the visitor's network and its edits: the one that the page opens with is shown again.
    pub fn close(self) {
        self.forget();
        self.adopt(None);
    }

    /// Forgets the visitor's network where the address, which was changed by hand, means another one.
    pub fn follow_address(self) {
        if untrack(|| self.file() != self.planner.state.with(|state| state.network.clone())) {
            self.forget();
        }
        if let Some(name) = untrack(|| self.awaited()) {
            self.planner.tell_of_file(&name);
        }
    }

    fn forget(self) {
        self.imported.set(None);
        self.demands.set(None);
        self.form.set(first_form());
        self.chosen.set_value(Chosen::default());
    }

    /// Takes a file that was dropped: demands where its name says so, else a network.
    pub fn take_dropped(self, file: File) {
        match file.name().ends_with(".demands") {
            true => self.import_demands(file),
            false => self.import(file),
        }
    }

    /// Has `file` read as a network.
    pub fn import(self, file: File) {
        self.take_bytes(file, move |name, bytes| {
            self.read(Chosen { name, bytes, demands: None }, first_form());
        });
    }

    /// Has `file` read as the demands of the network that is open.
    pub fn import_demands(self, file: File) {
        self.take_bytes(file, move |name, bytes| {
            let chosen = self.chosen.get_value();
            if chosen.name.is_empty() {
                let allowed = "demands of a network of yours that is open: open its file first";
                return self.keep_out(&name, &InputError::new("file", "demands alone", allowed));
            }
            let demands = Some((name, bytes));
            self.read(Chosen { demands, ..chosen }, self.form.get_untracked());
        });
    }

    /// Has the file read again, as the visitor changed his choices.
    pub fn choose(self, change: impl FnOnce(&mut NetworkForm)) {
        let mut form = self.form.get_untracked();
        change(&mut form);
        self.read(self.chosen.get_value(), form);
    }

    fn take_bytes(self, file: File, then: impl FnOnce(String, Vec<u8>) + 'static) {
        spawn_local(async move {
            let name = file.name();
            match files::bytes_of(&file).await {
                Ok(bytes) => then(name, bytes),
                Err(error) => self.keep_out(&name, &error),
            }
        });
    }

    fn read(self, chosen: Chosen, form: NetworkForm) {
        let given = |bytes: &Vec<u8>| GivenFile { bytes: bytes.clone() };
        let demands = chosen.demands.as_ref().map(|(_, bytes)| given(bytes));
        let asked = NetworkForm { demands, ..form.clone() };
        let job = TwinJob::Read { file: given(&chosen.bytes), form: asked };
        self.reading.set(Some(chosen.name.clone()));
        reader::read(&READER, job, move |read| self.take_read(chosen, form, read));
    }

    fn take_read(self, chosen: Chosen, form: NetworkForm, read: Result<TwinOutcome, InputError>) {
        self.reading.set(None);
        let read = match read {
            Ok(TwinOutcome::Read(read)) => read,
            Err(error) => return self.keep_out(&chosen.name, &error),
            _ => return,
        };
        let scenario = match read.scenario {
            Ok(scenario) => Arc::new(scenario),
            Err(error) => return self.keep_out(&chosen.name, &error),
        };
        let imported =
            Imported { name: chosen.name.clone(), format: read.format, told: read.told, scenario };
        self.planner.import_error.set(None);
        self.demands.set(chosen.demands.as_ref().map(|(name, _)| name.clone()));
        self.form.set(form);
        self.adopt(Some(chosen.name.clone()));
        self.imported.set(Some(imported));
        self.chosen.set_value(chosen);
    }

    /// Edits hold for the network alone that they were made with.
    fn adopt(self, name: Option<String>) {
        self.planner.pick(None);
        self.planner.highlighted.set(Vec::new());
        self.planner.state.update(|state| {
            if state.network != name {
                state.network = name;
                state.edits.clear();
                state.flow = None;
            }
        });
    }

    fn keep_out(self, name: &str, error: &InputError) {
        self.planner.import_error.set(Some(files::name_kept_out(name, error)));
    }
}
