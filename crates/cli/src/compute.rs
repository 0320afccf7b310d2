//! What a plan is computed on: device and threads.

use slicewise_core::InputError;
use slicewise_core::compute::Device;
use slicewise_core::error::check_range;

/// The most threads.
const MOST_WORKERS: usize = 256;

/// The device of that name.
///
/// # Errors
/// Lists the names.
pub fn device_name(name: &str) -> Result<Device, String> {
    serde_json::from_value(serde_json::Value::from(name)).map_err(|error| error.to_string())
}

/// The number of threads asked for, or one per core.
///
/// # Errors
/// Names the number where it is out of range.
pub fn worker_count(asked: Option<usize>) -> Result<usize, InputError> {
    let Some(workers) = asked else {
        return Ok(std::thread::available_parallelism().map_or(1, usize::from));
    };
    check_range("workers", workers as f64, 1.0, MOST_WORKERS as f64, "threads")?;
    Ok(workers)
}

/// An adapter for people.
pub fn adapter_name(adapter: &str, backend: &str, is_software: bool) -> String {
    let software = if is_software { ", a software adapter" } else { "" };
    format!("{adapter} by {backend}{software}")
}
