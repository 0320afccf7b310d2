//! The network that the page opens with.

use slicewise_core::twin::{Scenario, Topology};

/// The scenario.
pub fn scenario() -> Scenario {
    Scenario::of(Topology::default())
}
