//! The state of the view as a link carries it: `#v2=` and the base64url of its JSON, or `#v1=` where
//! only the question differs from how the page opens, so that earlier builds read it too.

use serde::{Deserialize, Serialize};
use slicewise_core::InputError;
use slicewise_core::slice::SliceProblem;

use crate::shell::link_text;
use crate::slice::models;
use crate::slice::view_state::ViewState;

/// Marks a question alone.
const QUESTION_PREFIX: &str = "v1=";
/// Marks a question with the settings of the view.
const VIEW_PREFIX: &str = "v2=";

/// What a link reproduces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkState {
    /// The question.
    pub problem: SliceProblem,
    /// The slice shown.
    pub slice: usize,
    /// The tab and its settings.
    #[serde(default, skip_serializing_if = "ViewState::is_default")]
    pub view: ViewState,
}

impl LinkState {
    /// The hash, without `#`.
    pub fn to_hash(&self) -> String {
        let prefix = if self.view.is_default() { QUESTION_PREFIX } else { VIEW_PREFIX };
        link_text::write(prefix, self)
    }

    /// Reads a hash without its `#` and checks all of it.
    ///
    /// # Errors
    /// Names the part of the link that cannot be used.
    pub fn from_hash(hash: &str) -> Result<Self, InputError> {
        let state: Self = link_text::read(&[QUESTION_PREFIX, VIEW_PREFIX], hash)?;
        checked(&state.problem)?;
        let slices = state.problem.slices.len();
        if state.slice >= slices {
            return Err(InputError::new("slice", state.slice, format!("0 to {}", slices - 1)));
        }
        if let Some(card) = models::named(&state.problem.model) {
            state.view.validate(&state.problem, &card)?;
        }
        Ok(state)
    }
}

/// Checks `problem` against the card of its model.
///
/// # Errors
/// Names the field, also for a model that the page does not know.
pub fn checked(problem: &SliceProblem) -> Result<(), InputError> {
    let version = slicewise_core::slice::problem::PROBLEM_VERSION;
    if problem.version != version {
        return Err(InputError::new("version", problem.version, version.to_string()));
    }
    link_text::check_seed(problem.seed)?;
    let card = models::named(&problem.model).ok_or_else(|| {
        let names: Vec<String> = models::all().iter().map(|card| card.name.clone()).collect();
        InputError::new("model", &problem.model, names.join(", "))
    })?;
    problem.validate(&card)
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::slice::Traffic;

    use crate::slice::view_state::{DaySettings, Tab};

    fn state() -> LinkState {
        let traffic = Traffic::Normal { mean: 3.0, deviation: 0.5 };
        let card = models::named("testbed-gaussian").unwrap();
        LinkState {
            problem: SliceProblem::in_whole_box(&card, traffic, 5.0, 0.1),
            slice: 0,
            view: ViewState::default(),
        }
    }

    #[test]
    fn a_hash_reproduces_the_state() {
        assert_eq!(LinkState::from_hash(&state().to_hash()).unwrap(), state());
        let day = DaySettings { minutes: 30, ..DaySettings::default() };
        let view = ViewState { tab: Tab::Day, day: Some(day), ..ViewState::default() };
        let changed = LinkState { view, ..state() };
        assert!(changed.to_hash().starts_with("v2="));
        assert_eq!(LinkState::from_hash(&changed.to_hash()).unwrap(), changed);
    }

    #[test]
    fn a_question_alone_is_written_as_the_first_version_wrote_it() {
        let json = serde_json::json!({ "problem": state().problem, "slice": 0 });
        let first = link_text::write("v1=", &json);
        assert_eq!(LinkState::from_hash(&first).unwrap(), state());
        assert!(state().to_hash().starts_with("v1="));
    }

    #[test]
    fn tampered_hashes_are_named() {
        let message = |hash: &str| LinkState::from_hash(hash).unwrap_err().to_string();
        assert!(message("v3=abc").starts_with("link version is v3=abc"));
        assert!(message("cells1=abc").ends_with("a link that starts with #v1= or #v2="));
        let mut bad = state();
        bad.problem.slices[0].qos_threshold = -1.0;
        assert!(message(&bad.to_hash()).starts_with("slices[0].qos_threshold is -1"));
        let mut bad = state();
        bad.problem.model = "unknown".to_owned();
        assert!(message(&bad.to_hash()).starts_with("model is unknown"));
        let mut bad = state();
        bad.slice = 3;
        assert_eq!(message(&bad.to_hash()), "slice is 3; allowed: 0 to 0");
    }
}
