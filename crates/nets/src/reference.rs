//! The reference evaluator: the same network through burn's autodiff, on any device and in f32 or f64.
