//! The charts of the Forecast view.

pub mod costs;
pub mod demand;
