//! The engine with burn beside the fused evaluator: it trains, and it compares.

#[cfg(target_arch = "wasm32")]
fn main() {
    use slicewise_engine::planners::Processor;
    use slicewise_engine::planners::forecast::ForecastEngine;
    use slicewise_engine::planners::slice::SliceEngine;
    use slicewise_engine::worker::{serve, start};

    type Slice = SliceEngine<Processor>;
    type Forecast = ForecastEngine<Processor>;

    start(vec![
        serve(Slice::new(Processor), &[Slice::TRAIN, Slice::BENCHMARK]),
        serve(Forecast::new(Processor), &[Forecast::LEARN]),
    ]);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
