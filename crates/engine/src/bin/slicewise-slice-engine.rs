//! The Slice planner's engine, in a dedicated worker.

#[cfg(target_arch = "wasm32")]
fn main() {
    use slicewise_engine::planners::Processor;
    use slicewise_engine::planners::slice::SliceEngine;
    use slicewise_engine::worker::{serve, start};

    type Slice = SliceEngine<Processor>;

    start(vec![serve(
        Slice::new(Processor),
        &[
            Slice::PLAN,
            Slice::LANDSCAPE,
            Slice::JUDGE,
            Slice::CORRECT,
            Slice::CURVES,
            Slice::BATCH,
            Slice::CALIBRATE,
        ],
    )]);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
