//! What the page and its annex of rivals tell one another.

use serde::{Deserialize, Serialize};
use slicewise_core::slice::SliceProblem;
use slicewise_core::slice::job::Installed;

/// The annex.
pub const PROGRAM: &str = "slicewise-slice-rivals-annex";

/// The question as the page has it.
#[derive(Serialize, Deserialize)]
pub struct Asked {
    /// The slice that is shown, as a problem of its own.
    pub problem: SliceProblem,
    /// The network, where it is one of the visitor's own.
    pub network: Option<Installed>,
    /// What costs are counted in, where the visitor names a currency.
    pub cost_unit: Option<String>,
}
