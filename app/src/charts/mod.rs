//! What every chart is made of: marks, axes, and one frame around them.

pub mod axes;
pub mod drawing;
pub mod frame;
mod heat_canvas;
pub mod listing;
#[cfg(test)]
pub mod snapshot;
