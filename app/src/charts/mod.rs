//! The charts: each turns results into marks, and all share one frame.

pub mod axes;
pub mod bounds;
pub mod curves;
pub mod distribution;
pub mod drawing;
pub mod frame;
mod heat_canvas;
pub mod landscape;
pub mod panel;
pub mod shares;
