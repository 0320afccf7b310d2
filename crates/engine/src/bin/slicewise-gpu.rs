//! The engine with burn on WebGPU and the kernels that solve a whole batch.

fn main() {
    #[cfg(target_arch = "wasm32")]
    slicewise_engine::worker::start();
}
