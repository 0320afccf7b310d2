//! The charts around a plan: each turns results into marks.

pub mod bounds;
pub mod curves;
pub mod distribution;
pub mod landscape;
pub mod panel;
pub mod shares;
