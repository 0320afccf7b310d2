//! What all features of the page share: the question as the controls stand, what is picked on the map,
//! and what is told above the page.

use leptos::prelude::*;
use slicewise_core::twin::Edit;

use crate::shell::linked_view;
use crate::twin::edits;
use crate::twin::map::Picked;
use crate::twin::state::{Tab, TwinState};

/// Signals that all features follow; a copyable handle.
#[derive(Clone, Copy)]
pub struct TwinPlanner {
    /// The question and what is shown of its answer, as the controls stand.
    pub state: RwSignal<TwinState>,
    /// What is picked on the map or in a table.
    pub picked: RwSignal<Option<Picked>>,
    /// The links that the map points out: those of the flow, or of the failure, that is open.
    pub highlighted: RwSignal<Vec<u32>>,
    /// What happened to an engine.
    pub engine_message: RwSignal<Option<String>>,
    /// Why the address or a file could not be used.
    pub import_error: RwSignal<Option<String>>,
}

impl TwinPlanner {
    /// The state that the page's address asks for.
    pub fn new() -> Self {
        let (state, error): (TwinState, _) = linked_view::asked().unwrap_or_default();
        let error = error.or_else(|| state.network.as_deref().map(not_carried));
        Self {
            state: RwSignal::new(state),
            picked: RwSignal::new(None),
            highlighted: RwSignal::new(Vec::new()),
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
        self.pick(None);
        linked_view::load(self.state, self.import_error)
    }

    /// Says that the address was made with a file that is not open.
    pub fn tell_of_file(self, name: &str) {
        self.import_error.set(Some(not_carried(name)));
    }

    /// Opens `tab`.
    pub fn show(self, tab: Tab) {
        self.state.update(|state| state.tab = tab);
    }

    /// Picks a node or a link, or nothing.
    pub fn pick(self, picked: Option<Picked>) {
        self.picked.set(picked);
    }

    /// Adds a what-if edit, in place of one that says something else of the same thing.
    pub fn edit(self, edit: Edit) {
        self.state.update(|state| edits::put(&mut state.edits, edit));
    }

    /// Takes back the edits for which `is_meant` holds.
    pub fn take_back(self, is_meant: impl Fn(&Edit) -> bool) {
        self.state.update(|state| state.edits.retain(|edit| !is_meant(edit)));
    }

    /// Takes back the edit of this index.
    pub fn take_back_at(self, index: usize) {
        self.state.update(|state| {
            if index < state.edits.len() {
                state.edits.remove(index);
            }
        });
    }
}

/// What is said of a link that was made with the visitor's own file.
fn not_carried(name: &str) -> String {
    format!(
        "This link was made with {name}, and links do not carry files: open it under Network, and the \
         edits of the link hold. Until then the network that the page opens with is shown."
    )
}
