//! The panels beside the map, one per tab.

mod failures;
mod flows;
mod what_if;

pub use failures::FailuresPanel;
pub use flows::FlowsPanel;
pub use what_if::WhatIfPanel;
