//! The question of the Twin view and what is shown of its answer: all that a link carries.

use serde::{Deserialize, Serialize};
use slicewise_core::InputError;
use slicewise_core::error::{check_count, check_range};
use slicewise_core::twin::edit::Selection;
use slicewise_core::twin::failures::FailureKinds;
use slicewise_core::twin::queueing::MOST_CLASSES;
use slicewise_core::twin::{Edit, Promise, Queueing};

use crate::shell::link_text::check_seed;

/// The most that traffic is multiplied by.
pub const MOST_TRAFFIC: f64 = 1000.0;
/// The most edits that the page takes.
pub const MOST_EDITS: usize = 1000;
/// The most promises that the page takes.
pub const MOST_PROMISES: usize = MOST_CLASSES + 1;
/// Packets of a check by simulation: the fewest, the most and those that the page opens with.
pub const PACKETS: (u64, u64, u64) = (10_000, 100_000_000, 1_000_000);

/// The tabs below the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tab {
    /// Edits and what they change.
    #[default]
    WhatIf,
    /// What happens when parts fail.
    Failures,
    /// Each flow, hop by hop.
    Flows,
    /// A better routing.
    Routing,
    /// What growing traffic breaks.
    Growth,
    /// What is wrong by what was measured.
    Measurements,
}

/// What the map's colours tell of the links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// What the port is offered over what it can send.
    #[default]
    Utilisation,
    /// Delay that the link adds.
    Delay,
    /// Share of the packets that it drops.
    Loss,
    /// Utilisation with the edits, less that without them.
    Difference,
    /// By how much training moves the delay that the formula tells.
    Disagreement,
    /// What a tab that improves the network has found.
    Found,
}

impl Quantity {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 6] = [
        Self::Utilisation,
        Self::Delay,
        Self::Loss,
        Self::Difference,
        Self::Disagreement,
        Self::Found,
    ];

    /// Its name for tests and in values of controls.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utilisation => "utilisation",
            Self::Delay => "delay",
            Self::Loss => "loss",
            Self::Difference => "difference",
            Self::Disagreement => "disagreement",
            Self::Found => "found",
        }
    }
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwinState {
    /// Name of the visitor's own file, which is not in the link; none for the network that the page opens
    /// with.
    #[serde(default)]
    pub network: Option<String>,
    /// All traffic times this.
    pub traffic: f64,
    /// The traffic of each class times this; 1 for classes that are not named.
    #[serde(default)]
    pub class_traffic: Vec<f64>,
    /// How all ports queue; as the network has it where there is none.
    #[serde(default)]
    pub queueing: Option<Queueing>,
    /// What is promised; as the network has it where there is none.
    #[serde(default)]
    pub promises: Option<Vec<Promise>>,
    /// The what-if edits, in order.
    #[serde(default)]
    pub edits: Vec<Edit>,
    /// The tab that is open.
    pub tab: Tab,
    /// What the map's colours tell.
    #[serde(default)]
    pub colour: Quantity,
    /// Which failures are gone through.
    #[serde(default)]
    pub failures: FailureKinds,
    /// Index of the flow that is open.
    #[serde(default)]
    pub flow: Option<u32>,
    /// Packets of a check by simulation.
    pub packets: u64,
    /// Its seed.
    pub seed: u64,
    /// The state of the tabs that improve the network, which their own program reads and writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub improve: Option<String>,
}

impl Default for TwinState {
    fn default() -> Self {
        Self {
            network: None,
            traffic: 1.0,
            class_traffic: Vec::new(),
            queueing: None,
            promises: None,
            edits: Vec::new(),
            tab: Tab::WhatIf,
            colour: Quantity::Utilisation,
            failures: FailureKinds::default(),
            flow: None,
            packets: PACKETS.2,
            seed: 1,
            improve: None,
        }
    }
}

impl TwinState {
    /// The traffic of `class` times this.
    pub fn class_factor(&self, class: usize) -> f64 {
        self.class_traffic.get(class).copied().unwrap_or(1.0)
    }

    /// Multiplies the traffic of `class` by `factor`.
    pub fn set_class_factor(&mut self, class: usize, factor: f64) {
        if self.class_traffic.len() <= class {
            self.class_traffic.resize(class + 1, 1.0);
        }
        self.class_traffic[class] = factor;
        let named = self.class_traffic.iter().rposition(|factor| *factor != 1.0);
        self.class_traffic.truncate(named.map_or(0, |last| last + 1));
    }

    /// What the controls change of the network, before any what-if edit.
    pub fn settings(&self) -> Vec<Edit> {
        let mut settings = Vec::new();
        if self.traffic != 1.0 {
            settings.push(Edit::Traffic { of: Selection::default(), factor: self.traffic });
        }
        for (class, factor) in self.class_traffic.iter().enumerate() {
            if *factor != 1.0 {
                let of = Selection { class: Some(class as u8), ..Selection::default() };
                settings.push(Edit::Traffic { of, factor: *factor });
            }
        }
        if let Some(queueing) = &self.queueing {
            settings.push(Edit::Queueing { link: None, queueing: queueing.clone() });
        }
        settings
    }

    /// Checks every field; what edits name is left to the engine, which has the network.
    ///
    /// # Errors
    /// Names the first one that cannot be used.
    pub fn validate(&self) -> Result<(), InputError> {
        check_range("traffic", self.traffic, 0.0, MOST_TRAFFIC, "")?;
        check_count("class_traffic", self.class_traffic.len(), 0, MOST_CLASSES)?;
        for (class, factor) in self.class_traffic.iter().enumerate() {
            check_range(&format!("class_traffic[{class}]"), *factor, 0.0, MOST_TRAFFIC, "")?;
        }
        self.queueing.as_ref().map_or(Ok(()), |queueing| queueing.validate("queueing"))?;
        let promises = self.promises.as_deref().unwrap_or_default();
        check_count("promises", promises.len(), 0, MOST_PROMISES)?;
        for (index, promise) in promises.iter().enumerate() {
            promise.validate(&format!("promises[{index}]"))?;
        }
        check_count("edits", self.edits.len(), 0, MOST_EDITS)?;
        let (fewest, most, _) = PACKETS;
        check_range("packets", self.packets as f64, fewest as f64, most as f64, "")?;
        check_seed(self.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opening_state_is_valid_and_changes_nothing() {
        assert_eq!(TwinState::default().validate(), Ok(()));
        assert_eq!(TwinState::default().settings(), []);
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let field = |change: fn(&mut TwinState)| {
            let mut state = TwinState::default();
            change(&mut state);
            state.validate().unwrap_err().field
        };
        assert_eq!(field(|state| state.traffic = -1.0), "traffic");
        assert_eq!(field(|state| state.class_traffic = vec![1.0, f64::NAN]), "class_traffic[1]");
        assert_eq!(field(|state| state.class_traffic = vec![1.0; 9]), "class_traffic");
        assert_eq!(field(|state| state.packets = 7), "packets");
        assert_eq!(field(|state| state.seed = u64::MAX), "seed");
        let promise = Promise { loss: Some(2.0), ..Promise::default() };
        let mut state = TwinState { promises: Some(vec![promise]), ..TwinState::default() };
        assert_eq!(state.validate().unwrap_err().field, "promises[0].loss");
        state.promises = Some(vec![Promise::default(); 10]);
        assert_eq!(state.validate().unwrap_err().field, "promises");
        let edits = vec![Edit::LinkFails("a".to_owned()); MOST_EDITS + 1];
        assert_eq!(
            TwinState { edits, ..TwinState::default() }.validate().unwrap_err().field,
            "edits"
        );
    }

    #[test]
    fn classes_that_keep_their_traffic_are_no_settings() {
        let mut state = TwinState { traffic: 1.5, ..TwinState::default() };
        state.set_class_factor(2, 3.0);
        assert_eq!(state.class_traffic, [1.0, 1.0, 3.0]);
        let of = Selection { class: Some(2), ..Selection::default() };
        let all = Edit::Traffic { of: Selection::default(), factor: 1.5 };
        assert_eq!(state.settings(), [all.clone(), Edit::Traffic { of, factor: 3.0 }]);
        state.set_class_factor(2, 1.0);
        assert!(state.class_traffic.is_empty());
        assert_eq!(state.settings(), [all]);
    }
}
