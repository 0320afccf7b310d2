//! The state of the view as a link carries it: `#cells1=` and the base64url of its JSON.

use slicewise_core::InputError;

use super::state::CellsState;
use crate::link_text;

const PREFIX: &str = "cells1=";

/// The hash, without `#`.
pub fn to_hash(state: &CellsState) -> String {
    link_text::write(PREFIX, state)
}

/// Reads a hash without its `#` and checks all of it.
///
/// # Errors
/// Names the part of the link that cannot be used.
pub fn from_hash(hash: &str) -> Result<CellsState, InputError> {
    let state: CellsState = link_text::read(&[PREFIX], hash)?;
    state.validate()?;
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::state::Tab;

    #[test]
    fn a_hash_reproduces_the_state() {
        let mut state = CellsState { tab: Tab::Cell, cell: 7, ..CellsState::default() };
        state.slices[1].load = 1.5;
        state.adjust(0, 4, |adjustment| adjustment.traffic = 2.0);
        assert!(to_hash(&state).starts_with("cells1="));
        assert_eq!(from_hash(&to_hash(&state)).unwrap(), state);
    }

    #[test]
    fn tampered_hashes_are_named() {
        let message = |hash: &str| from_hash(hash).unwrap_err().to_string();
        assert!(message("v1=abc").starts_with("link version is v1=abc"));
        assert!(message("cells1=").starts_with("link is "));
        let bad = CellsState { cell: 99, ..CellsState::default() };
        assert_eq!(message(&to_hash(&bad)), "cell is 99; allowed: 0 to 11");
    }
}
