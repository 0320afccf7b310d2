//! The vocabulary of Slicewise: problems, traffic, plans, model cards, file formats, errors and seeds.
//!
//! Nothing here computes a plan. Every crate of the workspace speaks in these types, and the JSON
//! that the page, the command line and the engines exchange is their serialised form.

pub mod build;
pub mod card;
pub mod cells;
pub mod compute;
pub mod error;
pub mod forecast;
pub mod formats;
pub mod model_files;
pub mod order;
pub mod origin;
pub mod packed_numbers;
pub mod planner;
pub mod reader;
pub mod seed;
pub mod slice;
pub mod twin;

pub use card::ModelCard;
pub use error::InputError;
pub use origin::Origin;
