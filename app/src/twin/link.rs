//! The state of the view as a link carries it: `#twin1=` and the base64url of its JSON.

use slicewise_core::InputError;

use super::state::TwinState;
use crate::shell::linked_view::LinkedView;

impl LinkedView for TwinState {
    const PREFIX: &'static str = "twin1=";

    fn check(&self) -> Result<(), InputError> {
        self.validate()
    }
}

#[cfg(test)]
mod tests {
    use slicewise_core::twin::edit::Selection;
    use slicewise_core::twin::failures::FailureKinds;
    use slicewise_core::twin::{Buffer, Edit, Policy, Promise, Queueing};

    use super::*;
    use crate::shell::linked_view::{from_hash, to_hash};
    use crate::twin::state::{Quantity, Tab};

    /// A state in which nothing is as the page opens.
    fn changed() -> TwinState {
        let link = || "milan>vienna".to_owned();
        let pair = Selection {
            source: Some("Zürich".to_owned()),
            target: Some("東京".to_owned()),
            class: Some(1),
        };
        let queueing = Queueing {
            policy: Policy::WeightedFair,
            weights: vec![2.0, 1.0],
            buffer: Buffer::Bits(1e6),
        };
        TwinState {
            network: Some("own.gml".to_owned()),
            traffic: 1.25,
            class_traffic: vec![1.0, 0.5],
            queueing: Some(queueing.clone()),
            promises: Some(vec![Promise { loss: Some(0.001), ..Promise::default() }]),
            edits: vec![
                Edit::LinkFails(link()),
                Edit::NodeFails("vienna".to_owned()),
                Edit::GroupFails("duct 1".to_owned()),
                Edit::Capacity { link: link(), bit_per_s: 4e10 },
                Edit::Weight { link: link(), weight: 2.5 },
                Edit::Queueing { link: Some(link()), queueing },
                Edit::Traffic { of: Selection::default(), factor: 2.0 },
                Edit::Rate { of: pair.clone(), bit_per_s: 1e9 },
                Edit::Path { of: pair, links: vec![link()] },
            ],
            tab: Tab::Flows,
            colour: Quantity::Difference,
            failures: FailureKinds { pairs: true, ..FailureKinds::default() },
            flow: Some(17),
            packets: 250_000,
            seed: 9,
            improve: Some("{\"a\":[1]}".to_owned()),
        }
    }

    #[test]
    fn a_hash_reproduces_every_edit() {
        let state = changed();
        assert!(to_hash(&state).starts_with("twin1="));
        assert_eq!(from_hash::<TwinState>(&to_hash(&state)).unwrap(), state);
    }

    #[test]
    fn tampered_hashes_are_named() {
        let message = |hash: &str| from_hash::<TwinState>(hash).unwrap_err().to_string();
        assert!(message("cells1=abc").starts_with("link version is cells1=abc"));
        assert!(message("twin1=").starts_with("link is "));
        let bad = TwinState { packets: 5, ..TwinState::default() };
        assert_eq!(message(&to_hash(&bad)), "packets is 5; allowed: 10000 to 100000000");
    }
}
