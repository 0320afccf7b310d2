//! The page's side of its engines: one worker or a pool of them, what they are asked, and where they
//! compute.

pub mod compute;
pub mod compute_choice;
pub mod desk;
pub mod lane;
pub mod learner;
pub mod link;
pub mod pool;
pub mod ranges;
pub mod reader;
pub mod worker;
