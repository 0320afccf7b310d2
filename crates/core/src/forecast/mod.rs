//! The vocabulary of the Forecast planner: demand over time, agreements, reservations and scores.

pub mod admission;
pub mod agreement;
pub mod card;
pub mod cost_records;
pub mod demand_csv;
pub mod generator;
pub mod published;
pub mod score;
pub mod series;
pub mod time_stamp;

pub use admission::AdmissionTerms;
pub use agreement::ServiceAgreement;
pub use card::{ForecastSlice, ForecasterCard};
pub use cost_records::CostRecord;
pub use generator::{Service, ServiceName};
pub use score::ReservationScore;
pub use series::{DemandSeries, Treatment};
