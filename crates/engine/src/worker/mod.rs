//! The loop that all planners share: messages in, replies out, one event loop for all jobs.

use slicewise_core::InputError;
use slicewise_protocol::Planner;

mod desk;
mod door;
mod turn;

#[cfg(target_arch = "wasm32")]
mod build;
#[cfg(target_arch = "wasm32")]
mod tab;

pub use desk::Desk;
pub use door::{Door, check_opening};
#[cfg(target_arch = "wasm32")]
pub use tab::{Served, Tab, serve, start};
pub use turn::{Doing, Host, Turn, Watch};

use crate::JobError;

/// What an engine keeps for one planner between jobs.
pub trait Adapter: 'static {
    /// The planner.
    type Planner: Planner;

    /// Keeps a network for the jobs that ask for it.
    ///
    /// # Errors
    /// Names what is wrong with it.
    fn install(&self, network: <Self::Planner as Planner>::Network) -> Result<(), InputError>;
}

/// What comes of a job.
pub type Outcome<P> = Result<<P as Planner>::Outcome, JobError>;

/// A job of an adapter's planner.
pub type JobOf<A> = <<A as Adapter>::Planner as Planner>::Job;

/// A job that was begun; none where it is of another kind.
pub type Begun<'a, A> = Option<Doing<'a, Outcome<<A as Adapter>::Planner>>>;

/// Begins a job.
pub type Begin<A> =
    for<'a> fn(&'a A, &'a JobOf<A>, &'a Turn<<A as Adapter>::Planner>) -> Begun<'a, A>;

/// A kind of job that an engine does.
pub struct Work<A: Adapter> {
    /// The kind.
    pub name: &'static str,
    /// Begins a job of this kind.
    pub begin: Begin<A>,
}

impl<A: Adapter> Clone for Work<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Adapter> Copy for Work<A> {}

/// A kind of job of this name, and how one is done: `work! { "plan", |engine, turn| pattern => future }`.
macro_rules! work {
    ($name:literal, |$engine:ident, $turn:ident| $job:pat => $run:expr) => {
        $crate::worker::Work {
            name: $name,
            begin: |$engine, job, $turn| match job {
                $job => Some(Box::pin($run)),
                _ => None,
            },
        }
    };
}

pub(crate) use work;
