//! What an engine does for each planner: its state between jobs, and its jobs one by one.

pub mod cells;
pub mod forecast;
pub mod networks;
#[cfg(feature = "gpu")]
pub mod on_gpu;
pub mod reader;
pub mod slice;
#[cfg(feature = "burn")]
pub mod training;
pub mod twin;
pub mod twin_improver;

use slicewise_core::InputError;
use slicewise_protocol::Planner;

use crate::worker::Turn;

/// An engine without a graphics processor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Processor;

/// The bytes of a file of the network `name` of planner `P` that ships with the site.
///
/// # Errors
/// Names the file that cannot be had.
async fn fetched<P: Planner>(
    name: &str,
    file: &str,
    turn: &Turn<P>,
) -> Result<Vec<u8>, InputError> {
    let file = format!("models/{}/{name}/{file}", P::NAME);
    let found = turn.host().fetch(&file).await;
    let allowed = "networks that ship with the page";
    found.ok_or_else(|| InputError::new(file, "not to be fetched", allowed))
}
