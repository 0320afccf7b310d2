//! Proven bounds on expected degradation over boxes of allocations.
