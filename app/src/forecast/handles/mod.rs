//! The page's state, one copyable handle per feature: signals, what is under way outside of them, and
//! the jobs that follow from the controls.

mod admissions;
mod explorer;
mod imported_trace;
mod learn_form;
mod own_networks;
mod planner;
mod reservation;
mod sender;
mod session;

pub use admissions::Admissions;
pub use explorer::Explorer;
pub use imported_trace::ImportedTrace;
pub use learn_form::{LearnForm, RecordTable, Task};
pub use own_networks::OwnNetworks;
pub use planner::ForecastPlanner;
pub use reservation::Reservation;
pub use session::{Session, Stage};
