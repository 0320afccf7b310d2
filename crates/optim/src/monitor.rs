//! How a long search reports, breathes and stops.

/// The search was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl std::fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the search was stopped")
    }
}

impl std::error::Error for Stopped {}

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
