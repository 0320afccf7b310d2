//! The graphics processor of the tests.

use futures::executor::block_on;
use slicewise_nets::gpu::GpuDevice;

/// The device, or nothing where none is promised: `cargo xtask test` promises one.
pub fn device() -> Option<GpuDevice> {
    match block_on(GpuDevice::start()) {
        Ok(device) => Some(device),
        Err(fault) if std::env::var_os("SLICEWISE_GPU").is_none() => {
            println!("left out: {fault}");
            None
        }
        Err(fault) => panic!("{fault}"),
    }
}
