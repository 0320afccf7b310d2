//! The state of the view as a link carries it: `#v2=` and the base64url of its JSON, or `#v1=` where
//! only the question differs from how the page opens, so that earlier builds read it too.

use serde::{Deserialize, Serialize};
use slicewise_core::{InputError, SliceProblem};

use crate::view_state::ViewState;
use crate::{json, models};

/// Marks a question alone.
const QUESTION_PREFIX: &str = "v1=";
/// Marks a question with the settings of the view.
const VIEW_PREFIX: &str = "v2=";
/// Longest hash that is read; 16 slices with 16 levels each stay far below.
pub const LONGEST: usize = 256 * 1024;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

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
        let json = json::write(self, 0).unwrap_or_default();
        let prefix = if self.view.is_default() { QUESTION_PREFIX } else { VIEW_PREFIX };
        format!("{prefix}{}", encode(json.as_bytes()))
    }

    /// Reads a hash without its `#` and checks all of it.
    ///
    /// # Errors
    /// Names the part of the link that cannot be used.
    pub fn from_hash(hash: &str) -> Result<Self, InputError> {
        if hash.len() > LONGEST {
            return Err(InputError::new(
                "link",
                format!("{} characters", hash.len()),
                format!("at most {LONGEST} characters"),
            ));
        }
        let known = [QUESTION_PREFIX, VIEW_PREFIX];
        let Some(encoded) = known.iter().find_map(|prefix| hash.strip_prefix(prefix)) else {
            let allowed = "a link that starts with #v1= or #v2=";
            return Err(InputError::new("link version", hash, allowed));
        };
        let bytes = decode(encoded)?;
        let text = String::from_utf8_lossy(&bytes);
        let state: Self = json::read(&text)
            .map_err(|error| InputError::new("link", error, "a state that this page wrote"))?;
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
    let version = slicewise_core::problem::PROBLEM_VERSION;
    if problem.version != version {
        return Err(InputError::new("version", problem.version, version.to_string()));
    }
    /// Above this a number does not cross into JavaScript exactly.
    const LARGEST_SEED: u64 = (1 << 53) - 1;
    if problem.seed > LARGEST_SEED {
        return Err(InputError::new("seed", problem.seed, format!("0 to {LARGEST_SEED}")));
    }
    let card = models::named(&problem.model).ok_or_else(|| {
        let names: Vec<String> = models::all().iter().map(|card| card.name.clone()).collect();
        InputError::new("model", &problem.model, names.join(", "))
    })?;
    problem.validate(&card)
}

/// `bytes` as base64url without padding.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().enumerate().fold(0_u32, |w, (i, b)| w | u32::from(*b) << (16 - 8 * i));
        for index in 0..=chunk.len() {
            let digit = (word >> (18 - 6 * index)) & 63;
            text.push(char::from(ALPHABET[digit as usize]));
        }
    }
    text
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// Names the first character that it cannot have written.
pub fn decode(text: &str) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut word, mut bits) = (0_u32, 0);
    for (index, character) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|known| *known == character).ok_or_else(|| {
            let value = format!("{:?} at character {}", char::from(character), index + 1);
            InputError::new("link", value, "letters, digits, - and _")
        })?;
        word = word << 6 | digit as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::Traffic;

    use crate::view_state::{DaySettings, Tab};

    fn state() -> LinkState {
        let traffic = Traffic::Normal { mean: 3.0, deviation: 0.5 };
        let card = models::named("testbed-gaussian").unwrap();
        LinkState {
            problem: SliceProblem::single(&card, traffic, 5.0, 0.1),
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
        let first = format!("v1={}", encode(json.to_string().as_bytes()));
        assert_eq!(LinkState::from_hash(&first).unwrap(), state());
        assert!(state().to_hash().starts_with("v1="));
    }

    #[test]
    fn every_length_survives_the_encoding() {
        for length in 0..9_u8 {
            let bytes: Vec<u8> = (0..length).map(|b| b.wrapping_mul(91)).collect();
            assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
        }
    }

    #[test]
    fn tampered_hashes_are_named() {
        let message = |hash: &str| LinkState::from_hash(hash).unwrap_err().to_string();
        assert!(message("v3=abc").starts_with("link version is v3=abc"));
        assert!(message("v1=ab!c").contains("'!' at character 3"));
        assert!(message("v1=").starts_with("link is "));
        assert!(message(&"x".repeat(LONGEST + 1)).contains("at most"));
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
