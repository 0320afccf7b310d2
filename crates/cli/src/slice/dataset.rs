//! Folders with measurements of a slice's QoS.

use std::path::Path;

use slicewise_slice::dataset::{Dataset, TEST_FILE, TRAINING_FILE};

use crate::input_file::read_text;

/// Reads both tables of a data folder; `seed` splits off what is held back.
///
/// # Errors
/// Names the table that cannot be read, or what is wrong in it.
pub fn read_dataset(folder: &Path, qos_column: &str, seed: u64) -> anyhow::Result<Dataset> {
    let read = |name: &str| read_text(&folder.join(name));
    Ok(Dataset::read(&read(TRAINING_FILE)?, &read(TEST_FILE)?, qos_column, seed)?)
}
