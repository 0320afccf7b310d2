//! A traffic series from a table: users per second, one row per interval slot.

use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_range};
use crate::formats::table::Table;
use crate::slice::traffic::HIGHEST_TRAFFIC;

/// The largest file that is read, in bytes.
pub const LARGEST_FILE_BYTES: usize = 16 * 1024 * 1024;
/// Header names that mark the traffic column, in order of preference.
pub const COLUMN_NAMES: [&str; 4] = ["users_per_second", "n_users", "users", "traffic"];

/// Traffic of consecutive slots, and what was done to the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrafficSlots {
    /// Users per second in each slot that has a value.
    pub users_per_second: Vec<f64>,
    /// What was passed over, one phrase each.
    pub told: Vec<String>,
}

/// Reads the traffic column of a table: the one named as in [`COLUMN_NAMES`], or the only one of numbers
/// where none has such a name and there is one column. Slots without a value are left out and told.
///
/// # Errors
/// Names the line and the value that is not a number of 0 users/s or more, a header without a
/// traffic column, an empty file or one larger than [`LARGEST_FILE_BYTES`].
pub fn read(bytes: &[u8]) -> Result<TrafficSlots, InputError> {
    if bytes.len() > LARGEST_FILE_BYTES {
        let found = format!("{} bytes", bytes.len());
        return Err(InputError::new("file", found, format!("at most {LARGEST_FILE_BYTES} bytes")));
    }
    of_table(&Table::of_bytes(bytes, None)?)
}

/// The traffic of a table; see [`read`].
///
/// # Errors
/// Those of [`read`].
pub fn of_table(table: &Table) -> Result<TrafficSlots, InputError> {
    let column = traffic_column(table)?;
    let mut users_per_second = Vec::with_capacity(table.len());
    let mut missing = 0;
    for row in 0..table.len() {
        let Some(value) = table.number(row, column)? else {
            missing += 1;
            continue;
        };
        check_range(&format!("line {}", table.line(row)), value, 0.0, HIGHEST_TRAFFIC, "users/s")?;
        users_per_second.push(value);
    }
    if users_per_second.is_empty() {
        return Err(InputError::new("file", "without a row", "at least one row of users/s"));
    }
    let mut told = table.told();
    if missing > 0 {
        let slots = if missing == 1 { "slot" } else { "slots" };
        told.push(format!("{missing} {slots} without a value left out"));
    }
    Ok(TrafficSlots { users_per_second, told })
}

fn traffic_column(table: &Table) -> Result<usize, InputError> {
    let found = COLUMN_NAMES.iter().find_map(|name| table.position(name));
    match table.columns() {
        [_] => Ok(0),
        columns => found.ok_or_else(|| {
            let names: Vec<&str> = columns.iter().map(|column| &column.name[..]).collect();
            let allowed = format!("a column named {}", COLUMN_NAMES.join(", "));
            InputError::new("header", names.join(","), allowed)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(text: &str) -> Vec<f64> {
        read(text.as_bytes()).unwrap().users_per_second
    }

    #[test]
    fn the_named_column_is_read() {
        assert_eq!(slots("time,users\n0,1.5\n1,2\n"), [1.5, 2.0]);
        assert_eq!(slots("1\n2\n3\n"), [1.0, 2.0, 3.0]);
        assert_eq!(slots("time;users_per_second\n00:00;1,5\n00:05;1,6\n"), [1.5, 1.6]);
        assert_eq!(slots("slot\tusers\n0\t1.5\n1\t2\n"), [1.5, 2.0]);
    }

    #[test]
    fn slots_without_a_value_are_left_out_and_told() {
        let found = read(b"time,users\n0,1.5\n5,\n10,2\n").unwrap();
        assert_eq!(found.users_per_second, [1.5, 2.0]);
        assert_eq!(found.told, ["1 slot without a value left out"]);
    }

    #[test]
    fn damaged_files_are_named() {
        let message = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert!(message("").contains("without a row"));
        assert!(message("time,load\n0,1\n").starts_with("header is time,load"));
        assert!(message("users\n1\n-2\n").starts_with("line 3 is -2"));
        assert!(message("users\n1\ntwo\n3\n").starts_with("line 3, column users is two"));
        assert!(message("1,2\n3,4\n").starts_with("header is column 1,column 2"));
        assert!(message(&"1\n".repeat(LARGEST_FILE_BYTES / 2 + 1)).starts_with("file is"));
    }

    #[test]
    fn a_file_from_the_field_in_another_dialect_is_the_same_traffic() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases");
        let folder = folder.join("13-traffic-csv-locale");
        if !folder.exists() {
            println!("skipped: there is no folder of cases beside the checkout");
            return;
        }
        for (file, values) in
            [("users-semicolon.csv", 48), ("users-tab.tsv", 48), ("users-gap.csv", 47)]
        {
            let found = read(&std::fs::read(folder.join(file)).unwrap()).unwrap().users_per_second;
            let largest = found.iter().copied().fold(0.0, f64::max);
            assert_eq!((found.len(), largest), (values, 2.4), "{file}");
            if values == 48 {
                let mean = found.iter().sum::<f64>() / 48.0;
                assert!((mean - 1.933_333).abs() < 1e-6, "{file}: {mean}");
            }
        }
    }
}
