//! The Forecast planner: how much to reserve for the next interval, and whom to admit, with a learnt
//! loss.

pub mod admission;
pub mod admission_setting;
pub mod baselines;
pub mod comparison;
pub mod explorer;
pub mod files;
pub mod fit;
#[cfg(feature = "burn")]
pub mod learning;
pub mod loss_evidence;
pub mod losses;
pub mod model;
#[cfg(feature = "burn")]
pub mod paper;
#[cfg(feature = "burn")]
pub mod paper_admission;
#[cfg(feature = "burn")]
pub mod paper_transfer;
#[cfg(feature = "burn")]
pub mod reservation;
pub mod reservations;
#[cfg(feature = "burn")]
pub mod training;
pub mod windows;
