//! The tab Rivals: the planner and the methods that it is compared with race on the question as it stands. A program
//! of its own within the page, with engines of its own.

mod chart;
mod form;
mod method;
mod panel;
mod race;
mod words;

use crate::annex::door;
use crate::slice::rival_words::PROGRAM;

/// The script of the engines, as the list of the build names it.
const ENGINE_SCRIPT: &str = "slicewise-slice-rivals.js";

/// Fills the element that the page has left for this tab.
pub fn open() {
    door::open(PROGRAM, panel::panel);
}
