//! What all features of the page share: the question as the controls stand, and what is told above the
//! page.

use leptos::prelude::*;

use crate::forecast::state::{ForecastState, Tab};
use crate::shell::linked_view;

/// How often a question is asked anew because an engine stopped.
pub const MOST_RESTARTS: u32 = 2;

/// Signals that all features follow; a copyable handle.
#[derive(Clone, Copy)]
pub struct ForecastPlanner {
    /// The question and what is shown of its answer, as the controls stand.
    pub state: RwSignal<ForecastState>,
    /// What happened to an engine.
    pub engine_message: RwSignal<Option<String>>,
    /// Why the address or an imported file could not be used.
    pub import_error: RwSignal<Option<String>>,
}

impl ForecastPlanner {
    /// The state that the page's address asks for.
    pub fn new() -> Self {
        let (state, error): (ForecastState, _) = linked_view::asked().unwrap_or_default();
        Self {
            state: RwSignal::new(state),
            engine_message: RwSignal::new(None),
            import_error: RwSignal::new(error),
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
}
