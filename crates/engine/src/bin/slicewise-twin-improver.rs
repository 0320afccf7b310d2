//! The engine that improves networks of the Twin planner and finds what is wrong with them, in a dedicated worker.

#[cfg(target_arch = "wasm32")]
fn main() {
    use slicewise_engine::planners::twin_improver::TwinImprover as Improver;
    use slicewise_engine::worker::{serve, start};

    start(vec![serve(
        Improver::default(),
        &[Improver::OPTIMISE, Improver::GROW, Improver::DIAGNOSE],
    )]);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
