//! The Forecast planner's engine, in a dedicated worker.

#[cfg(target_arch = "wasm32")]
fn main() {
    use slicewise_engine::planners::Processor;
    use slicewise_engine::planners::forecast::ForecastEngine;
    use slicewise_engine::worker::{serve, start};

    type Forecast = ForecastEngine<Processor>;

    let forecast = Forecast::new(Processor);
    start(vec![serve(
        forecast,
        &[Forecast::RESERVE, Forecast::ADMIT, Forecast::EXPLORE, Forecast::SURFACE],
    )]);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
