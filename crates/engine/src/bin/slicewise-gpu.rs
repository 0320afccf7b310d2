//! The engine on WebGPU: kernels that solve a whole batch, and burn to train.

#[cfg(target_arch = "wasm32")]
fn main() {
    use slicewise_cells::model::RISING;
    use slicewise_engine::planners::cells::CellsEngine as Cells;
    use slicewise_engine::planners::forecast::ForecastEngine as Forecast;
    use slicewise_engine::planners::slice::SliceEngine as Slice;
    use slicewise_engine::worker::serve;

    slicewise_engine::gpu::start(|gpu| {
        vec![
            serve(Slice::new(gpu.clone()), &[Slice::BATCH, Slice::TRAIN]),
            serve(Cells::new(gpu.clone(), RISING), &[Cells::PLAN, Cells::CITY]),
            serve(Forecast::new(gpu.clone()), &[Forecast::LEARN, Forecast::LEARN_ADMISSION]),
        ]
    });
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
