//! The tables that a slice model is trained and tested on, and how they are split.

use slicewise_core::InputError;
use slicewise_core::card::fingerprint;
use slicewise_core::formats::measurements::{self, Measurement};
use slicewise_core::slice::training::TrainingOrder;
use slicewise_optim::{Halted, Monitor};

use crate::model::INPUT_COLUMNS;

/// File of training and validation rows in a data folder.
pub const TRAINING_FILE: &str = "train_dataset.csv";
/// File of test rows in a data folder: allocations that are not among the training rows.
pub const TEST_FILE: &str = "test_dataset.csv";
/// Rows that are split between two checkpoints.
const SPLIT_ROWS: usize = 16_384;
/// One row in this many validates.
const VALIDATION_SHARE: u64 = 5;

/// Rows by split.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// Rows to learn from.
    pub training: Vec<Measurement>,
    /// Held-back rows of the same allocations.
    pub validation: Vec<Measurement>,
    /// Rows of other allocations.
    pub test: Vec<Measurement>,
    /// FNV-1a over both files.
    pub fingerprint: String,
}

impl Dataset {
    /// Reads both tables; a fifth of the first is held back, chosen by a hash of each row's numbers
    /// and `seed`, so that equal rows never lie on both sides.
    ///
    /// # Errors
    /// Names the file, row and column that cannot be used.
    pub fn read(
        training: &str,
        test: &str,
        qos_column: &str,
        seed: u64,
    ) -> Result<Self, InputError> {
        let read = |name: &str, text: &str| {
            measurements::read(text, &INPUT_COLUMNS, qos_column)
                .map_err(|error| InputError { field: format!("{name}, {}", error.field), ..error })
        };
        let (validation, kept) = split(read(TRAINING_FILE, training)?, seed);
        Ok(Self {
            training: kept,
            validation,
            test: read(TEST_FILE, test)?,
            fingerprint: fingerprint(&[training.as_bytes(), test.as_bytes()].concat()),
        })
    }

    /// The rows of a validated `order`, split as [`Self::read`] does; none is a test row.
    ///
    /// # Errors
    /// When the rows are so much alike that one of the parts is empty, or `monitor` stops.
    pub async fn of_order(order: &TrainingOrder, monitor: &impl Monitor) -> Result<Self, Halted> {
        let inputs = order.inputs.len();
        let mut data = Self::default();
        for part in order.rows.chunks((inputs + 1) * SPLIT_ROWS) {
            let rows = part.chunks_exact(inputs + 1);
            let rows =
                rows.map(|row| Measurement { inputs: row[..inputs].to_vec(), qos: row[inputs] });
            let (validation, training) = split(rows.collect(), order.seed);
            data.validation.extend(validation);
            data.training.extend(training);
            monitor.checkpoint().await?;
        }
        if data.validation.is_empty() || data.training.is_empty() {
            let found = format!("{} rows much alike", order.len());
            let allowed = "rows that differ: a fifth is held back";
            return Err(InputError::new("rows", found, allowed).into());
        }
        let bytes: Vec<u8> = order.rows.iter().flat_map(|value| value.to_le_bytes()).collect();
        data.fingerprint = fingerprint(&bytes);
        Ok(data)
    }

    /// Smallest and largest value of each input among the training rows.
    pub fn ranges(&self) -> Vec<(f64, f64)> {
        (0..self.training.first().map_or(0, |row| row.inputs.len()))
            .map(|k| {
                self.training.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |range, row| {
                    (range.0.min(row.inputs[k]), range.1.max(row.inputs[k]))
                })
            })
            .collect()
    }

    /// The splits under the names that cards and the command line use.
    pub fn splits(&self) -> [(&'static str, &[Measurement]); 3] {
        [("train", &self.training), ("val", &self.validation), ("test", &self.test)]
    }
}

/// Held-back rows, and the others.
fn split(rows: Vec<Measurement>, seed: u64) -> (Vec<Measurement>, Vec<Measurement>) {
    rows.into_iter().partition(|row| row_hash(row, seed).is_multiple_of(VALIDATION_SHARE))
}

/// A well-mixed hash of a row's bits (the finaliser of SplitMix64).
fn row_hash(row: &Measurement, seed: u64) -> u64 {
    row.inputs.iter().chain([&row.qos]).fold(seed, |hash, value| {
        let mut mixed = (hash ^ value.to_bits()).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_stay_on_one_side_and_a_fifth_validates() {
        let mut text = String::from("n_users,cpu,bw,qos\n");
        for index in 0..2000 {
            let row = format!("{},{},{},{}\n", index % 5, 500, 5, index % 1000);
            text.push_str(&row);
        }
        let data = Dataset::read(&text, "n_users,cpu,bw,qos\n1,2,3,4\n", "qos", 1).unwrap();
        assert!(data.validation.iter().all(|row| !data.training.contains(row)));
        assert!((data.validation.len() as f64 / 2000.0 - 0.2).abs() < 0.04);
    }

    #[test]
    fn errors_name_the_file() {
        let error = Dataset::read("n_users,cpu,bw\n1,2,3\n", "", "qos", 1).unwrap_err();
        assert_eq!(error.field, "train_dataset.csv, column qos");
    }
}
