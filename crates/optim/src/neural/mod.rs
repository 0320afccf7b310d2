//! Small neural networks that a search trains as it goes: dense layers in f32, with gradients written
//! out by hand, so that a page can train them without a framework.
//!
//! Sums run over the same numbers in the same order on every platform.

pub mod bayesian;
pub mod dense;
pub mod proximal;
pub mod steps;
