//! Dense block: layers with a Gaussian or mixture head, that say how a quality of service is distributed.

pub mod enclosure;
#[cfg(feature = "burn")]
pub mod ensemble;
pub mod evaluator;
pub mod fused;
pub mod head;
pub(crate) mod layer;
pub mod limits;
pub mod network;
pub(crate) mod panel;
#[cfg(feature = "burn")]
pub mod reference;
#[cfg(feature = "burn")]
pub mod training;
pub mod weights;
