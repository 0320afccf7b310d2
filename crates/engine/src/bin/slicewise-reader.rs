//! The reader of files for the pages of all planners, in a dedicated worker.

#[cfg(target_arch = "wasm32")]
fn main() {
    use slicewise_core::cells::Cells;
    use slicewise_core::forecast::Forecast;
    use slicewise_core::slice::Slice;
    use slicewise_core::twin::Twin;
    use slicewise_core::twin::improver::MeasurementReading;
    use slicewise_engine::planners::reader::FileReader;
    use slicewise_engine::worker::{serve, start};

    type ForSlice = FileReader<Slice>;
    type ForCells = FileReader<Cells>;
    type ForForecast = FileReader<Forecast>;
    type ForTwin = FileReader<Twin>;
    type ForMeasurements = FileReader<MeasurementReading>;

    start(vec![
        serve(ForSlice::default(), &[ForSlice::TRAFFIC, ForSlice::NUMBERS]),
        serve(ForCells::default(), &[ForCells::KPIS]),
        serve(ForForecast::default(), &[ForForecast::DEMAND, ForForecast::RECORDS]),
        serve(ForTwin::default(), &[ForTwin::NETWORK]),
        serve(ForMeasurements::default(), &[ForMeasurements::MEASUREMENTS]),
    ]);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
