//! The state of the view as a link carries it: `#forecast1=` and the base64url of its JSON.

use slicewise_core::InputError;

use super::state::ForecastState;
use crate::shell::linked_view::LinkedView;

impl LinkedView for ForecastState {
    const PREFIX: &'static str = "forecast1=";

    fn check(&self) -> Result<(), InputError> {
        self.validate()
    }
}

#[cfg(test)]
mod tests {
    use slicewise_core::forecast::ServiceName;

    use super::*;
    use crate::forecast::state::Tab;
    use crate::shell::linked_view::{from_hash, to_hash};

    #[test]
    fn a_hash_reproduces_the_state() {
        let mut state = ForecastState {
            service: ServiceName::CloudGaming,
            tab: Tab::Methods,
            day: 3,
            ..ForecastState::default()
        };
        state.terms.penalty = 2.5;
        assert!(to_hash(&state).starts_with("forecast1="));
        assert_eq!(from_hash::<ForecastState>(&to_hash(&state)).unwrap(), state);
    }

    #[test]
    fn tampered_hashes_are_named() {
        let message = |hash: &str| from_hash::<ForecastState>(hash).unwrap_err().to_string();
        assert!(message("cells1=abc").starts_with("link version is cells1=abc"));
        assert!(message("forecast1=").starts_with("link is "));
        let bad = ForecastState { day: 5000, ..ForecastState::default() };
        assert_eq!(message(&to_hash(&bad)), "day is 5000; allowed: 0 to 2000");
    }
}
