//! The Cells planner's engine, in a dedicated worker.

#[cfg(target_arch = "wasm32")]
fn main() {
    use slicewise_cells::model::SHIPPED;
    use slicewise_engine::planners::Processor;
    use slicewise_engine::planners::cells::CellsEngine;
    use slicewise_engine::worker::{serve, start};

    type Cells = CellsEngine<Processor>;

    let cells = Cells::new(Processor, SHIPPED);
    start(vec![serve(
        cells,
        &[Cells::OPEN, Cells::PLAN, Cells::CITY, Cells::SIMULATE, Cells::WRITE],
    )]);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
