//! The engine on WebGPU: kernels that solve a whole batch, and burn to train.

#[cfg(target_arch = "wasm32")]
fn main() {
    use std::rc::Rc;

    use slicewise_cells::model::RISING;
    use slicewise_engine::gpu::{Gpu, start};
    use slicewise_engine::planners::cells::CellsEngine;
    use slicewise_engine::planners::forecast::ForecastEngine;
    use slicewise_engine::planners::slice::SliceEngine;
    use slicewise_engine::worker::serve;

    type Slice = SliceEngine<Rc<Gpu>>;
    type Cells = CellsEngine<Rc<Gpu>>;
    type Forecast = ForecastEngine<Rc<Gpu>>;

    start(|gpu| {
        vec![
            serve(Slice::new(gpu.clone()), &[Slice::BATCH, Slice::TRAIN]),
            serve(Cells::new(gpu.clone(), RISING), &[Cells::PLAN, Cells::CITY]),
            serve(Forecast::new(gpu.clone()), &[Forecast::LEARN]),
        ]
    });
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
