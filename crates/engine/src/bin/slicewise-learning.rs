//! The engine with burn beside the fused evaluator: it trains, and it compares.

#[cfg(target_arch = "wasm32")]
fn main() {
    use slicewise_engine::planners::Processor;
    use slicewise_engine::planners::forecast::ForecastEngine as Forecast;
    use slicewise_engine::planners::slice::SliceEngine as Slice;
    use slicewise_engine::worker::{serve, start};

    start(vec![
        serve(Slice::new(Processor), &[Slice::TRAIN, Slice::BENCHMARK]),
        serve(Forecast::new(Processor), &[Forecast::LEARN, Forecast::LEARN_ADMISSION]),
    ]);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
