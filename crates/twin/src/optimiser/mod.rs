//! Routes better: segment lists and link weights for an intent, with a bound on how much better any routing could
//! be, as a list of changes.
//!
//! Sources: Almasan et al., "Digital Twin Network" (2022), III.B and IV.B; Bhatia et al., "Optimized network traffic
//! engineering using segment routing" (2015); Gay, Schaus and Vissicchio, "REPETITA" (2017); Fortz and Thorup,
//! "Internet traffic engineering by optimizing OSPF weights" (2000).

pub mod actions;
pub mod bound;
pub mod cases;
pub mod classes;
pub mod columns;
pub mod delays;
pub mod demands;
pub mod ecmp;
pub mod effort;
mod improvement;
pub mod loads;
pub mod splits;
pub mod waypoints;
pub mod weights;

pub use improvement::improve;
