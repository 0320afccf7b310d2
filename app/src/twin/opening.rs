//! The network that the page opens with.

use slicewise_core::twin::{Scenario, Topology};

/// Its name for people.
pub const TITLE: &str = "European backbone";

/// The scenario.
pub fn scenario() -> Scenario {
    Scenario::of(Topology::default())
}
