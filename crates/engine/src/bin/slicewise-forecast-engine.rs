//! The Forecast planner's engine, in a dedicated module worker.

fn main() {
    #[cfg(target_arch = "wasm32")]
    slicewise_engine::worker::start();
}
