//! A traffic series from a CSV file: users per second, one row per interval slot.

use crate::error::{InputError, check_range};
use crate::slice::traffic::HIGHEST_TRAFFIC;

/// The largest file that is read, in bytes.
pub const LARGEST_FILE_BYTES: usize = 16 * 1024 * 1024;
/// Header names that mark the traffic column, in order of preference.
pub const COLUMN_NAMES: [&str; 4] = ["users_per_second", "n_users", "users", "traffic"];

/// Reads the traffic column of `text`: the column named as in [`COLUMN_NAMES`], or the only column
/// of a table without a header.
///
/// # Errors
/// Names the line and the value that is not a number of 0 users/s or more, a header without a
/// traffic column, an empty file or one larger than [`LARGEST_FILE_BYTES`].
pub fn read(text: &str) -> Result<Vec<f64>, InputError> {
    if text.len() > LARGEST_FILE_BYTES {
        return Err(InputError::new(
            "file",
            format!("{} bytes", text.len()),
            format!("at most {LARGEST_FILE_BYTES} bytes"),
        ));
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut column = 0;
    let mut series = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let line = index + 1;
        let record = record.map_err(|error| {
            InputError::new(format!("line {line}"), error, "as many fields as the first line")
        })?;
        if index == 0 && record.iter().any(|field| field.parse::<f64>().is_err()) {
            column = traffic_column(&record)?;
            continue;
        }
        if index == 0 && record.len() != 1 {
            return Err(InputError::new(
                "line 1",
                format!("{} unnamed columns", record.len()),
                format!("one column, or a header that names {}", COLUMN_NAMES[0]),
            ));
        }
        let field = format!("line {line}");
        let text = record.get(column).unwrap_or_default();
        let value: f64 = text
            .parse()
            .map_err(|_| InputError::new(field.clone(), text, "a number of users/s"))?;
        check_range(&field, value, 0.0, HIGHEST_TRAFFIC, "users/s")?;
        series.push(value);
    }
    if series.is_empty() {
        return Err(InputError::new("file", "without a row", "at least one row of users/s"));
    }
    Ok(series)
}

fn traffic_column(header: &csv::StringRecord) -> Result<usize, InputError> {
    COLUMN_NAMES
        .iter()
        .find_map(|name| header.iter().position(|field| field.eq_ignore_ascii_case(name)))
        .ok_or_else(|| {
            InputError::new(
                "header",
                header.iter().collect::<Vec<_>>().join(","),
                format!("a column named {}", COLUMN_NAMES.join(", ")),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_column_is_read() {
        assert_eq!(read("time,users\n0,1.5\n1,2\n").unwrap(), [1.5, 2.0]);
        assert_eq!(read("1\n2\n3\n").unwrap(), [1.0, 2.0, 3.0]);
    }

    #[test]
    fn damaged_files_are_named() {
        let message = |text: &str| read(text).unwrap_err().to_string();
        assert!(message("").contains("without a row"));
        assert!(message("time,load\n0,1\n").starts_with("header is time,load"));
        assert!(message("users\n1\n-2\n").starts_with("line 3 is -2"));
        assert!(message("users\nNaN\n").starts_with("line 2 is NaN"));
        assert!(message("users\ntwo\n").starts_with("line 2 is two"));
        assert!(message("1,2\n").contains("unnamed columns"));
        assert!(message(&"1\n".repeat(LARGEST_FILE_BYTES / 2 + 1)).starts_with("file is"));
    }
}
