//! The reader of files, in a dedicated worker.

#[cfg(target_arch = "wasm32")]
fn main() {
    use slicewise_engine::planners::reader::ReaderEngine;
    use slicewise_engine::worker::{serve, start};

    start(vec![serve(
        ReaderEngine::default(),
        &[
            ReaderEngine::DEMAND,
            ReaderEngine::TRAFFIC,
            ReaderEngine::NUMBERS,
            ReaderEngine::RECORDS,
            ReaderEngine::KPIS,
        ],
    )]);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
