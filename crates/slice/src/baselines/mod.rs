//! What MicroOpt compares itself with, and MicroOpt's own Algorithm 1: none proves anything.

mod blind;
mod peak;
mod primal_dual;
pub mod rivals;

pub(crate) use blind::blind;
pub use peak::{PEAK_DEGRADATION, peak_alloc_slice, peak_slice};
pub(crate) use peak::{peak_allocation, peak_cost};
pub(crate) use primal_dual::primal_dual;
