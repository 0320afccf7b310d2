//! Tables as files: text in any layout, packed or not, or Parquet.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, bail};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use slicewise_core::InputError;
use slicewise_core::formats::packed::{LARGEST_UNPACKED_BYTES, unpacked};
use slicewise_core::formats::stamps::DateOrder;
use slicewise_core::formats::table::{DecimalSign, ShownColumn, Table, UNCLEAR_SIGN};

use crate::input_file::{open, read_bytes};

/// What every Parquet file begins with.
const PARQUET: &[u8] = b"PAR1";

/// The decimal sign of numbers, as an option names it.
#[derive(Clone, Copy, Debug)]
pub struct DecimalOption(DecimalSign);

impl FromStr for DecimalOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "point" => Ok(Self(DecimalSign::Point)),
            "comma" => Ok(Self(DecimalSign::Comma)),
            _ => Err("point or comma".to_owned()),
        }
    }
}

impl From<DecimalOption> for DecimalSign {
    fn from(option: DecimalOption) -> Self {
        option.0
    }
}

/// Which of day and month stands first, as an option names it.
///
/// # Errors
/// Says what is allowed.
pub fn date_order(text: &str) -> Result<DateOrder, String> {
    match text {
        "day" => Ok(DateOrder::DayFirst),
        "month" => Ok(DateOrder::MonthFirst),
        _ => Err("day or month".to_owned()),
    }
}

/// Prints what the columns of a table were taken for, with their first fields.
pub fn explain(columns: &[ShownColumn]) {
    for ShownColumn { name, role, first } in columns {
        println!("column {name}: {role}; {}", first.join(", "));
    }
}

/// The error with the option that answers what has to be chosen.
pub fn asked(error: InputError, options: &[(&str, &str)]) -> anyhow::Error {
    let named = options.iter().find(|(field, _)| *field == error.field);
    match named.map(|(_, option)| *option) {
        Some(option) => anyhow::anyhow!("{error} ({option})"),
        None if error.allowed == UNCLEAR_SIGN => anyhow::anyhow!("{error} (--decimal)"),
        None => error.into(),
    }
}

/// The bytes of a file, unpacked where it is packed, whatever its name.
///
/// # Errors
/// Names the file.
fn read_unpacked(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = read_bytes(path)?;
    let place = || path.display().to_string();
    Ok(unpacked(&bytes, LARGEST_UNPACKED_BYTES).with_context(place)?.into_owned())
}

/// The table in a file.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn read(path: &Path, decimal: Option<DecimalSign>) -> anyhow::Result<Table> {
    let place = || path.display().to_string();
    if !begins_as_parquet(path)? {
        return Table::of_bytes(&read_unpacked(path)?, decimal).with_context(place);
    }
    // The reader asserts what damaged files do not keep to; nothing of it is used afterwards.
    let text = std::panic::catch_unwind(|| parquet_as_text(path));
    let text = text.unwrap_or_else(|_| bail!("the file is damaged")).with_context(place)?;
    Table::of_bytes(text.as_bytes(), Some(DecimalSign::Point)).with_context(place)
}

fn begins_as_parquet(path: &Path) -> anyhow::Result<bool> {
    let mut beginning = Vec::new();
    open(path)?.take(PARQUET.len() as u64).read_to_end(&mut beginning)?;
    Ok(beginning == PARQUET)
}

/// A Parquet file as the text that a program would write of it.
fn parquet_as_text(path: &Path) -> anyhow::Result<String> {
    let reader =
        SerializedFileReader::new(File::open(path)?).context("no Parquet file, or cut off")?;
    let schema = reader.metadata().file_metadata().schema().clone();
    let names: Vec<String> = schema.get_fields().iter().map(|field| quoted(field.name())).collect();
    let mut text = names.join(",") + "\n";
    for row in reader.get_row_iter(None)? {
        let row = row?;
        let fields: Vec<String> = row.get_column_iter().map(|(_, field)| shown(field)).collect();
        text += &fields.join(",");
        text.push('\n');
    }
    Ok(text)
}

fn shown(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => quoted(text),
        Field::Float(number) => number.to_string(),
        Field::Double(number) => number.to_string(),
        // Moments are counted in milliseconds or microseconds since 1970, which their size tells.
        Field::TimestampMillis(ms) => ms.to_string(),
        Field::TimestampMicros(us) => us.to_string(),
        other => quoted(&other.to_string()),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use slicewise_core::forecast::demand_table::{DemandChoices, DemandTable};

    use super::*;

    /// A table of the folder of fixtures, as pandas writes it.
    fn fixture(name: &str) -> std::path::PathBuf {
        let root = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        Path::new(&root).join("src/cells/fixtures").join(name)
    }

    #[test]
    fn parquet_is_a_table_like_any_other() {
        for name in ["pandas-snappy.parquet", "pyarrow-zstd.parquet", "spark-gzip.parquet"] {
            let table = read(&fixture(name), None).unwrap();
            assert!(table.position("NRCellDU").is_some(), "{name}: {:?}", table.columns());
            assert!(table.len() > 1, "{name}");
        }
    }

    #[test]
    fn packed_traces_are_read_and_damaged_files_named() {
        let folder = tempfile::tempdir().unwrap();
        let packed = folder.path().join("trace.csv.gz");
        let mut encoder = GzEncoder::new(File::create(&packed).unwrap(), Compression::default());
        encoder.write_all(b"minute;demand\n0;1,5\n5;2\n10;3\n").unwrap();
        encoder.finish().unwrap();
        let table = read(&packed, None).unwrap();
        let choices = DemandChoices::default();
        let demand = DemandTable::of(&table, choices).unwrap();
        assert_eq!(demand.series(0, choices).unwrap().series.values, [1.5, 2.0, 3.0]);
        let damaged = folder.path().join("damaged.parquet");
        std::fs::write(&damaged, b"PAR1 and no more").unwrap();
        let error = format!("{:#}", read(&damaged, None).unwrap_err());
        assert!(error.contains("damaged.parquet") && error.contains("no Parquet"), "{error}");
    }
}
