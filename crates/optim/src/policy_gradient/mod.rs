//! Policy gradients: agents that learn from rewards alone which action to take.

pub mod action;
mod population;
mod replay;
pub mod td3;

pub use action::ActionForm;
