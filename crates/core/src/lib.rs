//! The vocabulary of Slicewise: problems, traffic, plans, model cards, file formats, errors and seeds.
//!
//! Nothing here computes a plan. Every crate of the workspace speaks in these types, and the JSON
//! that the page, the command line and the engines exchange is their serialised form.

pub mod batch;
pub mod benchmark;
pub mod card;
pub mod cells;
pub mod charts;
pub mod compute;
pub mod daily_trace;
pub mod error;
pub mod forecast;
pub mod formats;
pub mod model_files;
pub mod packed_numbers;
pub mod plan;
pub mod problem;
pub mod seed;
pub mod sweep;
pub mod traffic;
pub mod training;

pub use card::ModelCard;
pub use error::InputError;
pub use plan::{SlicePlan, Status};
pub use problem::{Method, SliceProblem};
pub use sweep::Sweep;
pub use traffic::Traffic;
