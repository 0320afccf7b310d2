//! The charts: each turns results into marks, and all share one frame.

pub mod axes;
#[cfg(feature = "slice")]
pub mod bounds;
#[cfg(feature = "slice")]
pub mod curves;
#[cfg(feature = "slice")]
pub mod distribution;
pub mod drawing;
pub mod frame;
mod heat_canvas;
#[cfg(feature = "slice")]
pub mod landscape;
#[cfg(feature = "slice")]
pub mod panel;
#[cfg(feature = "slice")]
pub mod shares;
