//! The tabs Routing, Growth and Measurements: a program of their own within the page, with an engine of its own.

mod choice;
mod growth;
mod job;
mod measurements;
mod panel;
mod planner;
mod routing;
mod state;

use crate::annex::door;
use crate::twin::improve_words::PROGRAM;

/// The script of the engine, as the list of the build names it.
const ENGINE_SCRIPT: &str = "slicewise-twin-improver.js";

/// Fills the element that the page has left for these tabs.
pub fn open() {
    door::open(PROGRAM, panel::panel);
}
