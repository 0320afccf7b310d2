//! What a loss network has learned, beside the metric that it learned from.

pub mod curves;
pub mod evidence;
pub mod picture;
pub mod surface;
