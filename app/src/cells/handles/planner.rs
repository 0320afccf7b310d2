//! What all features of the page share: the question as the controls stand, the workers, and what is
//! told above the page.

use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::cells::Scheme;

use crate::cells::engine::CellEngines;
use crate::cells::state::{CellsState, Tab};
use crate::shell::linked_view;

/// How long the controls rest before the network is simulated and planned again.
pub const REST_MS: u32 = 200;

/// Signals that all features follow; a copyable handle.
#[derive(Clone, Copy)]
pub struct CellsPlanner {
    /// The question and what is shown of its answer, as the controls stand.
    pub state: RwSignal<CellsState>,
    /// Why the question as it stands cannot be planned.
    pub refused: RwSignal<Option<InputError>>,
    /// What happened to an engine.
    pub engine_message: RwSignal<Option<String>>,
    /// Why the address or an imported file could not be used.
    pub import_error: RwSignal<Option<String>>,
    /// Workers for everything.
    pub engines: StoredValue<CellEngines, LocalStorage>,
}

impl CellsPlanner {
    /// The state that the page's address asks for.
    pub fn new(engines: CellEngines) -> Self {
        let (state, error): (CellsState, _) = linked_view::asked().unwrap_or_default();
        Self {
            state: RwSignal::new(state),
            refused: RwSignal::new(None),
            engine_message: RwSignal::new(None),
            import_error: RwSignal::new(error),
            engines: StoredValue::new_local(engines),
        }
    }

    /// The address that reproduces the view.
    pub fn address(self) -> String {
        linked_view::address(self.state)
    }

    /// Follows an address that the visitor has changed by hand; false where it asks for nothing that
    /// can be used.
    pub fn load_address(self) -> bool {
        linked_view::load(self.state, self.import_error)
    }

    /// Opens `tab`.
    pub fn show(self, tab: Tab) {
        self.state.update(|state| state.tab = tab);
    }

    /// The scheme that the controls name.
    pub fn scheme(self) -> Scheme {
        self.state.with(|state| state.scheme)
    }
}
