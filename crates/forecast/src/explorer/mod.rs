//! What a loss network has learnt, beside the metric that it learnt from.

pub mod curves;
pub mod evidence;
pub mod picture;
pub mod surface;
