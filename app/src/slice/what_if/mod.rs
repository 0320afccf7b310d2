//! The what-if surface: the plans over any two numbers of the question.

mod chart;
mod panel;
mod quantities;

pub use panel::{Panel, SurfaceView};
