//! Annexes: programs that a page opens within itself when they are wanted, such as some of its tabs. Page and annex
//! share the document and nothing else. What they tell one another goes through a message port, which keeps what the
//! page says before the annex has arrived. The page keeps the annex's own state, a text that it does not read, in
//! its link.

pub mod door;
pub mod own_state;
pub mod slot;

use serde::{Deserialize, Serialize};

/// What a page tells its annex, with what the planner adds.
#[derive(Serialize, Deserialize)]
pub enum Told<T> {
    /// The annex's own state, as a link has it; none where it is to be as it opens.
    Own(Option<String>),
    /// Name of the tab that is open.
    Tab(String),
    /// What the planner tells.
    Planner(T),
}

/// What an annex says to its page, with what the planner adds.
#[derive(Serialize, Deserialize)]
pub enum Said<T> {
    /// Its own state has changed.
    Own(Option<String>),
    /// The site has another build by now.
    Updated,
    /// What the planner says.
    Planner(T),
}
