//! The panels below the answer, one per tab.

mod admission;
mod learn;
mod loss;
mod methods;
mod reservation;

pub use admission::AdmissionPanel;
pub use learn::LearnPanel;
pub use loss::LossPanel;
pub use methods::MethodsPanel;
pub use reservation::ReservationPanel;
