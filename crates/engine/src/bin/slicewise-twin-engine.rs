//! The Twin planner's engine, in a dedicated worker.

#[cfg(target_arch = "wasm32")]
fn main() {
    use slicewise_engine::planners::twin::TwinEngine as Twin;
    use slicewise_engine::worker::{serve, start};

    start(vec![serve(
        Twin::default(),
        &[Twin::ANSWER, Twin::CORRECT, Twin::HOPS, Twin::FAILURES, Twin::SIMULATE, Twin::WRITE],
    )]);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
