//! The engine of the Slice planner's races: a plan by the planner, and by the methods that it is compared with, in a
//! dedicated worker.

#[cfg(target_arch = "wasm32")]
fn main() {
    use slicewise_engine::planners::Processor;
    use slicewise_engine::planners::slice::SliceEngine;
    use slicewise_engine::worker::{serve, start};

    type Slice = SliceEngine<Processor>;

    start(vec![serve(Slice::new(Processor), &[Slice::PLAN, Slice::LANDSCAPE, Slice::RACE])]);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
