//! What a planner's page and engines say to one another, whichever planner it is.

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The words of a planner: what its page asks, and what its engines answer.
pub trait Planner: Copy + Debug + PartialEq + 'static {
    /// The planner's name, as in the address.
    const NAME: &'static str;
    /// What an engine can be asked.
    type Job: Job;
    /// What is told of a job before it is done.
    type News: Message;
    /// What a job comes to.
    type Outcome: Message;
    /// What an engine is given once, for jobs to ask for by name.
    type Network: Network;
}

/// What can cross between a page and an engine.
pub trait Message: Clone + Debug + PartialEq + Serialize + DeserializeOwned + 'static {}

impl<T: Clone + Debug + PartialEq + Serialize + DeserializeOwned + 'static> Message for T {}

/// A job of a planner.
pub trait Job: Message {
    /// Jobs of one kind replace one another.
    fn kind(&self) -> &'static str;

    /// Whether a newer job of the same kind ends this one.
    fn replaceable(&self) -> bool {
        true
    }

    /// Whether it answers a control in motion: the engine's other jobs wait for it.
    fn goes_first(&self) -> bool {
        false
    }
}

/// A network that does not ship with the page.
pub trait Network: Message {
    /// What jobs ask for; a network takes the place of an earlier one of this name.
    fn name(&self) -> String;
}

/// What a planner does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Never {}

impl Job for Never {
    fn kind(&self) -> &'static str {
        match *self {}
    }
}

impl Network for Never {
    fn name(&self) -> String {
        match *self {}
    }
}
