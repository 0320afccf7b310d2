//! What the tabs are asked: their part of the page's link.

use serde::{Deserialize, Serialize};
use slicewise_core::InputError;
use slicewise_core::error::check_range;
use slicewise_core::twin::diagnosis::{DiagnosisOrder, USUAL_SECONDS};
use slicewise_core::twin::failures::FailureKinds;
use slicewise_core::twin::growth::{GrowthGroup, GrowthOrder, Module};
use slicewise_core::twin::intent::{ImprovementOrder, Intent, Keep, Moves, Objective};

use crate::annex::own_state;

/// The longest text of a link that is read, in bytes.
const LONGEST: usize = 100_000;
/// How long a search may take in a tab, in seconds: the least and the most.
pub const SECONDS: (f64, f64) = (0.1, 600.0);

/// The state of all tabs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImproveState {
    /// What routing is to be good for.
    #[serde(default)]
    pub routing: RoutingForm,
    /// How traffic grows, and what can be bought.
    #[serde(default = "opening_growth")]
    pub growth: GrowthOrder,
    /// How sure a diagnosis is.
    #[serde(default)]
    pub diagnosis: DiagnosisOrder,
    /// How long was measured, in seconds.
    #[serde(default = "usual_seconds")]
    pub measured_s: f64,
}

fn usual_seconds() -> f64 {
    USUAL_SECONDS
}

/// Growth of all traffic by 5 % a quarter for two years; modules whose prices are the visitor's to set.
fn opening_growth() -> GrowthOrder {
    let module = |name: &str, bit_per_s, price| Module { name: name.to_owned(), bit_per_s, price };
    GrowthOrder {
        quarters: 8,
        groups: vec![GrowthGroup { percent_per_quarter: vec![5.0], ..GrowthGroup::default() }],
        failures: FailureKinds::default(),
        most_utilisation: 0.8,
        modules: vec![module("10G", 1e10, 2000.0), module("100G", 1e11, 9000.0)],
        links: Vec::new(),
    }
}

impl Default for ImproveState {
    fn default() -> Self {
        Self {
            routing: RoutingForm::default(),
            growth: opening_growth(),
            diagnosis: DiagnosisOrder::default(),
            measured_s: USUAL_SECONDS,
        }
    }
}

/// What routing is to be good for: an intent as a sentence with blanks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingForm {
    /// What is to be low; nothing where as little as possible is to be changed.
    pub minimise: Option<Objective>,
    /// The most that a link may be used.
    #[serde(default)]
    pub utilisation: Option<f64>,
    /// The longest mean delay of a flow, in seconds.
    #[serde(default)]
    pub delay_s: Option<f64>,
    /// Of which class; of all flows where there is none.
    #[serde(default)]
    pub class: Option<u8>,
    /// Id of a link that is to carry nothing.
    #[serde(default)]
    pub free: Option<String>,
    /// Whether all this is meant after any single failure too.
    #[serde(default)]
    pub after_failures: bool,
    /// Whether traffic may be sent by segment lists.
    pub segments: bool,
    /// Whether links may get other weights.
    pub weights: bool,
    /// How long the search may take.
    pub seconds: f64,
}

impl Default for RoutingForm {
    fn default() -> Self {
        Self {
            minimise: Some(Objective::LargestUtilisation),
            utilisation: None,
            delay_s: None,
            class: None,
            free: None,
            after_failures: false,
            segments: true,
            weights: false,
            seconds: 2.0,
        }
    }
}

impl RoutingForm {
    /// The same as the engine takes it.
    pub fn order(&self) -> ImprovementOrder {
        let mut keep = Vec::new();
        keep.extend(self.utilisation.map(|at_most| Keep::Utilisation { at_most }));
        keep.extend(self.delay_s.map(|at_most_s| Keep::Delay { class: self.class, at_most_s }));
        keep.extend(self.free.clone().map(|link| Keep::Free { link }));
        let waypoints = if self.segments { Moves::default().waypoints } else { 0 };
        ImprovementOrder {
            intent: Intent { minimise: self.minimise, keep, after_failures: self.after_failures },
            moves: Moves { waypoints, weights: self.weights, ..Moves::default() },
            seconds: self.seconds,
            // The seconds end it.
            iterations: u32::MAX as usize,
            seed: 1,
        }
    }
}

impl ImproveState {
    /// The text that the page's link carries; none for the state in which the tabs open.
    pub fn text(&self) -> Option<String> {
        own_state::write(self)
    }

    /// The state that a link's text stands for.
    ///
    /// # Errors
    /// Names what cannot be used.
    pub fn of(text: Option<&str>) -> Result<Self, InputError> {
        let state: Self = own_state::read(text, "improve", LONGEST)?;
        let (least, most) = SECONDS;
        check_range("routing.seconds", state.routing.seconds, least, most, "s")?;
        state.growth.validate()?;
        state.diagnosis.validate()?;
        check_range("measured_s", state.measured_s, 1e-6, 1e9, "s")?;
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_reproduces_its_state_and_the_opening_one_needs_none() {
        assert_eq!(ImproveState::default().text(), None);
        assert_eq!(ImproveState::of(None), Ok(ImproveState::default()));
        let routing = RoutingForm {
            minimise: None,
            utilisation: Some(0.8),
            delay_s: Some(0.02),
            class: Some(1),
            free: Some("a>b".to_owned()),
            after_failures: true,
            segments: false,
            weights: true,
            seconds: 5.0,
        };
        let mut state = ImproveState { routing, measured_s: 60.0, ..ImproveState::default() };
        state.growth.quarters = 3;
        state.diagnosis.coverage = 0.9;
        assert_eq!(ImproveState::of(state.text().as_deref()), Ok(state));
    }

    #[test]
    fn a_text_that_cannot_be_used_is_named() {
        let field = |text: &str| ImproveState::of(Some(text)).unwrap_err().field;
        assert_eq!(field("{"), "improve");
        assert_eq!(field(&"x".repeat(LONGEST + 1)), "improve");
        let mut state = ImproveState::default();
        state.routing.seconds = 1e9;
        assert_eq!(field(&state.text().unwrap()), "routing.seconds");
        let mut state = ImproveState::default();
        state.growth.quarters = 0;
        assert_eq!(field(&state.text().unwrap()), "quarters");
    }

    #[test]
    fn the_sentence_is_an_intent_that_keeps_what_is_filled_in() {
        let form = RoutingForm { delay_s: Some(0.01), class: Some(2), ..RoutingForm::default() };
        let order = form.order();
        assert_eq!(order.intent.keep, [Keep::Delay { class: Some(2), at_most_s: 0.01 }]);
        assert_eq!(order.moves, Moves::default());
        let weights = RoutingForm { segments: false, weights: true, ..RoutingForm::default() };
        assert_eq!((weights.order().moves.waypoints, weights.order().moves.weights), (0, true));
    }
}
