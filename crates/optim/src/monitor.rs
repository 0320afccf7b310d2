//! How a long search reports, breathes and stops.

use slicewise_core::InputError;

/// The search was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl std::fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the search was stopped")
    }
}

impl std::error::Error for Stopped {}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halted {
    /// What was asked cannot be done as it is.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Asked to stop.
    #[error("{Stopped}")]
    Stopped,
}

impl From<Stopped> for Halted {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// Watches a search. In a worker, a checkpoint lets waiting messages in.
#[allow(async_fn_in_trait, reason = "searches run on one thread, no Send bound is wanted")]
pub trait Monitor {
    /// Called between steps of at most a few milliseconds.
    ///
    /// # Errors
    /// [`Stopped`] when the search is to end.
    async fn checkpoint(&self) -> Result<(), Stopped>;
}

/// Never stops and never waits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unmonitored;

impl Monitor for Unmonitored {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        Ok(())
    }
}

/// Hears how the work goes: its share done, and what a planner has to tell on the way.
pub trait Progress<News> {
    /// Called between steps with the share of the work done, 0 to 1.
    fn share(&mut self, _fraction: f64) {}

    /// Called with a better plan, a step of a simulation, an epoch of a training.
    fn news(&mut self, _news: News) {}
}

/// Hears nothing.
impl<News> Progress<News> for () {}
