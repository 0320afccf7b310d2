//! The state of the view as a link carries it: `#cells1=` and the base64url of its JSON.

use slicewise_core::InputError;

use super::state::CellsState;
use crate::shell::linked_view::LinkedView;

impl LinkedView for CellsState {
    const PREFIX: &'static str = "cells1=";

    fn check(&self) -> Result<(), InputError> {
        self.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::state::Tab;
    use crate::shell::linked_view::{from_hash, to_hash};

    #[test]
    fn a_hash_reproduces_the_state() {
        let mut state = CellsState { tab: Tab::Cell, cell: 7, ..CellsState::default() };
        state.slices[1].load = 1.5;
        state.adjust(0, 4, |adjustment| adjustment.traffic = 2.0);
        assert!(to_hash(&state).starts_with("cells1="));
        assert_eq!(from_hash::<CellsState>(&to_hash(&state)).unwrap(), state);
    }

    #[test]
    fn a_link_of_before_opens_with_the_least_share_and_costs_of_today() {
        let text = serde_json::to_value(CellsState::default()).unwrap();
        let mut former = text.as_object().unwrap().clone();
        assert!(former.remove("least_share").is_some());
        assert!(!former.contains_key("cost_of_change"));
        let state: CellsState = serde_json::from_value(former.into()).unwrap();
        assert_eq!(state, CellsState::default());
    }

    #[test]
    fn tampered_hashes_are_named() {
        let message = |hash: &str| from_hash::<CellsState>(hash).unwrap_err().to_string();
        assert!(message("v1=abc").starts_with("link version is v1=abc"));
        assert!(message("cells1=").starts_with("link is "));
        let bad = CellsState { cell: 99, ..CellsState::default() };
        assert_eq!(message(&to_hash(&bad)), "cell is 99; allowed: 0 to 11");
    }
}
