//! A traffic series from a table: users per second, one row per interval slot.

use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_range};
use crate::formats::table::{DecimalSign, Table};
use crate::slice::traffic::HIGHEST_TRAFFIC;

/// The largest file that is read, in bytes.
pub const LARGEST_FILE_BYTES: usize = 16 * 1024 * 1024;
/// The field of the error that says that the column of the traffic is unknown.
pub const TRAFFIC_COLUMN: &str = "traffic column";
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

/// The table in a file, its numbers with the decimal sign that was chosen.
///
/// # Errors
/// Those of [`Table::of_bytes`], or says that the file is larger than [`LARGEST_FILE_BYTES`].
pub fn table(bytes: &[u8], decimal: Option<DecimalSign>) -> Result<Table, InputError> {
    if bytes.len() > LARGEST_FILE_BYTES {
        let found = format!("{} bytes", bytes.len());
        return Err(InputError::new("file", found, format!("at most {LARGEST_FILE_BYTES} bytes")));
    }
    Table::of_bytes(bytes, decimal)
}

/// The traffic in one column of a table. Slots without a value are left out and told.
///
/// # Errors
/// Names the line and the value that is not a number of 0 users/s or more, or says that there is none.
pub fn of_column(table: &Table, column: usize) -> Result<TrafficSlots, InputError> {
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

/// The column of the traffic: the `chosen` one, or else the only one, or else the one named as in
/// [`COLUMN_NAMES`].
///
/// # Errors
/// Has the field [`TRAFFIC_COLUMN`] where none of them is there.
pub fn column(table: &Table, chosen: Option<&str>) -> Result<usize, InputError> {
    let columns = table.columns();
    let known = match chosen {
        Some(name) => table.position(name),
        None if columns.len() == 1 => Some(0),
        None => COLUMN_NAMES.iter().find_map(|name| table.position(name)),
    };
    known.ok_or_else(|| {
        let names: Vec<&str> = columns.iter().map(|column| &column.name[..]).collect();
        let found = format!("unclear among {}", names.join(", "));
        let allowed = format!("a column named {}", COLUMN_NAMES.join(", "));
        InputError::new(TRAFFIC_COLUMN, found, allowed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::table::UNCLEAR_SIGN;

    fn read(bytes: &[u8]) -> Result<TrafficSlots, InputError> {
        let table = table(bytes, None)?;
        of_column(&table, column(&table, None)?)
    }

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
    fn a_column_and_a_decimal_sign_that_are_chosen_count() {
        let text = b"time;load;users\n0;1,234;7\n1;2,345;8\n";
        let of = |chosen, decimal| {
            let table = table(text, decimal).unwrap();
            of_column(&table, column(&table, chosen)?).map(|slots| slots.users_per_second)
        };
        assert_eq!(of(None, None).unwrap(), [7.0, 8.0]);
        assert_eq!(of(Some("load"), Some(DecimalSign::Comma)).unwrap(), [1.234, 2.345]);
        assert_eq!(of(Some("load"), Some(DecimalSign::Point)).unwrap(), [1234.0, 2345.0]);
        assert_eq!(of(Some("load"), None).unwrap_err().allowed, UNCLEAR_SIGN);
        assert_eq!(of(Some("loads"), None).unwrap_err().field, TRAFFIC_COLUMN);
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
        assert_eq!(
            message("time,load\n0,1\n"),
            "traffic column is unclear among time, load; allowed: a column named \
             users_per_second, n_users, users, traffic"
        );
        assert!(message("users\n1\n-2\n").starts_with("line 3 is -2"));
        assert!(message("users\n1\ntwo\n3\n").starts_with("line 3, column users is two"));
        assert!(message("1,2\n3,4\n").contains("unclear among column 1, column 2"));
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
