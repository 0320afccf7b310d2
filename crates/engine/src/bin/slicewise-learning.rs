//! The engine with burn beside the fused evaluator: it trains, and it compares.

fn main() {
    #[cfg(target_arch = "wasm32")]
    slicewise_engine::worker::start();
}
