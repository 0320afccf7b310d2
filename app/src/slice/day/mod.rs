//! A day: the plans of every interval of a traffic trace, and what the interval's length does.

mod charts;
mod panel;

pub use panel::{DayView, Panel};
