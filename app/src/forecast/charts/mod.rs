//! The charts of the Forecast view.

pub mod costs;
pub mod demand;
pub mod loss;
pub mod timeline;
