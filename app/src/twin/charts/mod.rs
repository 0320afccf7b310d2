//! The charts of the Twin view; the map has a folder of its own.

pub mod delays;
pub mod hops;
