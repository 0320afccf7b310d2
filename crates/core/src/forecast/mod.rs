//! The vocabulary of the Forecast planner: demand over time, agreements, reservations and scores.

pub mod admission;
pub mod admission_plan;
pub mod agreement;
pub mod card;
pub mod cost_records;
pub mod demand_table;
pub mod explorer;
pub mod generator;
pub mod job;
pub mod learning;
pub mod network_steps;
pub mod networks;
pub mod published;
mod resample;
pub mod reservation;
pub mod sampling;
pub mod score;
pub mod series;
pub mod trace;

pub use admission::AdmissionTerms;
pub use agreement::{ALPHA, ServiceAgreement};
pub use card::{ForecastSlice, ForecasterCard, RivalLoss};
pub use cost_records::CostRecord;
pub use generator::{DEMAND_SEED, Service, ServiceName, TEST_DAYS, TRAINING_DAYS};
pub use job::{Forecast, ForecastJob, ForecastNews, ForecastOutcome};
pub use reservation::ReservationMethod;
pub use sampling::Treatment;
pub use score::ReservationScore;
pub use series::{DemandSeries, MOST_SAMPLES};
