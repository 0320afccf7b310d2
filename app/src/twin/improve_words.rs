//! What the page and its annex of Routing, Growth and Measurements tell one another.

use serde::{Deserialize, Serialize};
use slicewise_core::packed_numbers;
use slicewise_core::twin::Edit;
use slicewise_core::twin::scenario::InstalledScenario;

/// The annex.
pub const PROGRAM: &str = "slicewise-twin-improve-annex";

/// What the network is, from the page.
#[derive(Serialize, Deserialize)]
pub struct Asked {
    /// The network, where it is another one than before.
    pub network: Option<InstalledScenario>,
    /// What the controls change of it.
    pub settings: Vec<Edit>,
    /// The what-if edits.
    pub edits: Vec<Edit>,
}

/// What the page may do with what the annex has found.
#[derive(Serialize, Deserialize)]
pub enum Found {
    /// Add these edits to the visitor's.
    TakeOver(Vec<Edit>),
    /// Colour the map by this.
    Colour(LinkColours),
    /// Point these links out on the map.
    PointOut(Vec<u32>),
}

/// A number per link, which is a difference of utilisations.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkColours {
    /// What it tells, in a few words.
    pub name: String,
    /// In the order of the scenario's links; NaN where nothing is known.
    #[serde(with = "packed_numbers")]
    pub values: Vec<f64>,
}
