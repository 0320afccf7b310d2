//! Which format a table's name asks for.

use std::path::Path;

use anyhow::bail;

/// The format of a table file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Text with a header row.
    Csv,
    /// Columns.
    Parquet,
}

impl TableFormat {
    /// The format that the file's name ends in.
    ///
    /// # Errors
    /// Names `option` and says which endings are allowed.
    pub fn of(option: &str, path: &Path) -> anyhow::Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "txt" => Ok(Self::Csv),
            "parquet" | "pq" => Ok(Self::Parquet),
            _ => bail!(
                "{option} is {}; allowed: a file that ends in .csv or .parquet",
                path.display()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_endings() {
        let of = |name: &str| TableFormat::of("input", Path::new(name));
        assert_eq!(of("a.CSV").unwrap(), TableFormat::Csv);
        assert_eq!(of("b.c.parquet").unwrap(), TableFormat::Parquet);
        let error = of("a.xlsx").unwrap_err().to_string();
        assert_eq!(error, "input is a.xlsx; allowed: a file that ends in .csv or .parquet");
    }
}
