//! The engine with burn beside the fused evaluator: the benchmark's entry point.

fn main() {
    #[cfg(target_arch = "wasm32")]
    slicewise_engine::worker::start();
}
