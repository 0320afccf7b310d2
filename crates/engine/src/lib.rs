//! Runs jobs in a web worker: progress, cancel, faults.
//!
//! [`jobs`] is what an engine does and runs anywhere; the module `worker` is how a page reaches it.
//! The features `slice`, `cells` and `forecast` say which planners a build has.

#[cfg(any(feature = "slice", feature = "cells"))]
pub mod compute;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod jobs;
#[cfg(target_arch = "wasm32")]
pub mod worker;
