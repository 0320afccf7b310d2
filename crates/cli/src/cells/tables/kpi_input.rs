//! KPI tables, performance files and measurement events that are read, each by its name.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use flate2::read::MultiGzDecoder;
use slicewise_core::formats::kpi_table::{KpiOptions, KpiTable, ReadError, read_csv};
use slicewise_core::formats::performance_file::PerformanceFiles;

use super::parquet_input;

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A table with a header row.
    Csv,
    /// A table in columns.
    Parquet,
    /// A performance file (3GPP TS 32.435).
    Performance,
    /// VES measurement events.
    Events,
}

impl Kind {
    /// The kind that the name of a file says, and whether it is packed by gzip.
    fn of(path: &Path) -> anyhow::Result<(Self, bool)> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = name.to_ascii_lowercase();
        let (name, is_packed) = match name.strip_suffix(".gz") {
            Some(name) => (name, true),
            None => (name.as_str(), false),
        };
        let kind = match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "csv" | "tsv" | "txt" => Self::Csv,
            "parquet" | "pq" if !is_packed => Self::Parquet,
            "xml" => Self::Performance,
            "json" | "jsonl" | "ndjson" => Self::Events,
            _ => bail!(
                "input is {}; allowed: a file that ends in .csv, .parquet, .xml or .json, or in these \
                 and .gz, but for .parquet",
                path.display()
            ),
        };
        Ok((kind, is_packed))
    }
}

/// Reads a KPI table, or performance files and events together; `observe` is told how much of how much
/// was read.
///
/// # Errors
/// Names the file and what is wrong with it: not there, not of the kind that its name says, cut off, a
/// column that is missing or of a wrong type. Bad rows are in the table's report.
pub fn read(
    paths: &[PathBuf],
    options: &KpiOptions,
    observe: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<KpiTable> {
    if let [path] = paths
        && matches!(Kind::of(path)?.0, Kind::Csv | Kind::Parquet)
    {
        return read_table(path, options, observe);
    }
    let mut files = PerformanceFiles::default();
    let all = paths.len() as u64;
    for (index, path) in paths.iter().enumerate() {
        let (kind, is_packed) = Kind::of(path)?;
        let input = buffered(Box::new(open(path)?.0), is_packed);
        let added = match kind {
            Kind::Performance => files.add_xml(input),
            Kind::Events => files.add_events(input),
            Kind::Csv | Kind::Parquet => bail!(
                "input is {} beside others; allowed: one table, or any number of .xml and .json files",
                path.display()
            ),
        };
        added.map_err(|error| named(path, error))?;
        observe(index as u64 + 1, all);
    }
    let first = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
    files.finish(options).map_err(|error| anyhow!("{first}: {error}"))
}

fn read_table(
    path: &Path,
    options: &KpiOptions,
    observe: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<KpiTable> {
    let (kind, is_packed) = Kind::of(path)?;
    let (file, bytes) = open(path)?;
    if kind == Kind::Parquet {
        return parquet_input::read(file, path, options, observe);
    }
    // Of a packed file the packed bytes are counted, which its length counts too.
    let read = Cell::new(0);
    let input = buffered(Box::new(Counted { file, read: &read }), is_packed);
    read_csv(input, options, &mut |_| observe(read.get(), bytes))
        .map_err(|error| named(path, error))
}

/// The file at `path`, and its length in bytes.
fn open(path: &Path) -> anyhow::Result<(File, u64)> {
    let cannot = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(cannot)?;
    let metadata = file.metadata().with_context(cannot)?;
    if metadata.is_dir() {
        bail!("input is {}; allowed: a file, not a folder", path.display());
    }
    Ok((file, metadata.len()))
}

fn buffered<'a>(input: Box<dyn Read + 'a>, is_packed: bool) -> Box<dyn BufRead + 'a> {
    if is_packed {
        let unpacked = MultiGzDecoder::new(BufReader::with_capacity(BUFFER_BYTES, input));
        return Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked));
    }
    Box::new(BufReader::with_capacity(BUFFER_BYTES, input))
}

fn named(path: &Path, error: ReadError) -> anyhow::Error {
    match error {
        ReadError::Input(error) => anyhow!("{}: {error}", path.display()),
        ReadError::Io(error) => anyhow!(error).context(format!("cannot read {}", path.display())),
    }
}

/// A file whose bytes are counted as they are read.
struct Counted<'a> {
    file: File,
    read: &'a Cell<u64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_endings() {
        let of = |name: &str| Kind::of(Path::new(name));
        for (name, expected) in [
            ("a.CSV", (Kind::Csv, false)),
            ("a.csv.gz", (Kind::Csv, true)),
            ("A20261121.0700-0715_gnb.xml.gz", (Kind::Performance, true)),
            ("events.jsonl", (Kind::Events, false)),
            ("a.pq", (Kind::Parquet, false)),
        ] {
            assert_eq!(of(name).unwrap(), expected, "{name}");
        }
        for name in ["a.xlsx", "a.parquet.gz", "a", ".gz"] {
            assert!(of(name).unwrap_err().to_string().starts_with("input is "), "{name}");
        }
    }
}
