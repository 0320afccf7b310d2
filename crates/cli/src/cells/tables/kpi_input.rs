//! KPI tables, performance files and measurement events that are read, each by what it begins with.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use flate2::read::MultiGzDecoder;
use slicewise_core::formats::kpi_table::{
    CARRIER_PRB, KpiOptions, KpiTable, ReadError, read_csv, shown_columns,
};
use slicewise_core::formats::packed::{LARGEST_UNPACKED_BYTES, unpacked};
use slicewise_core::formats::performance_file::PerformanceFiles;
use slicewise_core::formats::stamps::DATE_ORDER;
use slicewise_core::formats::table::ShownColumn;
use slicewise_core::formats::table::dialect::SAMPLE_BYTES;

use super::parquet_input;
use crate::table_file;

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 20;
/// Bytes by which it is known what a file is.
const BEGINNING: usize = 4;
/// Endings of spreadsheets, which are archives of other files.
const SPREADSHEETS: [&str; 4] = [".xlsx", ".xlsm", ".xls", ".ods"];

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
    /// What a file holds that begins so once it is unpacked.
    fn of(beginning: &[u8]) -> Self {
        let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).trim_ascii_start();
        match text.first() {
            _ if beginning.starts_with(b"PAR1") => Self::Parquet,
            Some(b'<') => Self::Performance,
            Some(b'{' | b'[') => Self::Events,
            _ => Self::Csv,
        }
    }
}

/// Reads a KPI table, or performance files and events together; `observe` is told how much of how much
/// was read.
///
/// # Errors
/// Names the file and what is wrong with it: not there, cut off, a column that is missing or of a wrong
/// type. Bad rows are in the table's report.
pub fn read(
    paths: &[PathBuf],
    options: &KpiOptions,
    observe: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<KpiTable> {
    if let [path] = paths {
        let read = Cell::new(0);
        let (kind, bytes, input) = open(path, &read)?;
        match kind {
            Kind::Parquet => {
                return parquet_input::read(File::open(path)?, path, options, observe);
            }
            Kind::Csv => {
                // Of a packed file the packed bytes are counted, which its length counts too.
                return read_csv(input, options, &mut |_| observe(read.get(), bytes))
                    .map_err(|error| named(path, error));
            }
            Kind::Performance | Kind::Events => {}
        }
    }
    let mut files = PerformanceFiles::default();
    let all = paths.len() as u64;
    for (index, path) in paths.iter().enumerate() {
        let read = Cell::new(0);
        let (kind, _, input) = open(path, &read)?;
        let added = match kind {
            Kind::Performance => files.add_xml(input),
            Kind::Events => files.add_events(input),
            Kind::Csv | Kind::Parquet => bail!(
                "input is {} beside others; allowed: one table, or any number of performance files and \
                 events",
                path.display()
            ),
        };
        added.map_err(|error| named(path, error))?;
        observe(index as u64 + 1, all);
    }
    let first = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
    files.finish(options).map_err(|error| anyhow!("{first}: {error}"))
}

/// The columns of the table among `paths` with what they are taken for; none of other files.
///
/// # Errors
/// Names the file that cannot be read.
pub fn shown(paths: &[PathBuf], options: &KpiOptions) -> anyhow::Result<Vec<ShownColumn>> {
    let [path] = paths else { return Ok(Vec::new()) };
    let read = Cell::new(0);
    let (kind, _, input) = open(path, &read)?;
    if kind != Kind::Csv {
        return Ok(Vec::new());
    }
    let mut beginning = Vec::new();
    input.take(SAMPLE_BYTES as u64).read_to_end(&mut beginning)?;
    Ok(shown_columns(&beginning, options))
}

/// What the file at `path` holds, its length in bytes, and its content, unpacked where it is packed.
fn open<'a>(
    path: &Path,
    read: &'a Cell<u64>,
) -> anyhow::Result<(Kind, u64, Box<dyn BufRead + 'a>)> {
    let name = path.to_string_lossy().to_ascii_lowercase();
    if SPREADSHEETS.iter().any(|ending| name.ends_with(ending)) {
        bail!(
            "input is {}; allowed: a table as text or Parquet, a performance file (XML) or measurement \
             events (JSON), packed by gzip or zip or not: save the sheet as CSV",
            path.display()
        );
    }
    let cannot = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(cannot)?;
    let metadata = file.metadata().with_context(cannot)?;
    if metadata.is_dir() {
        bail!("input is {}; allowed: a file, not a folder", path.display());
    }
    let mut packed = BufReader::with_capacity(BUFFER_BYTES, Counted { file, read });
    let beginning = packed.fill_buf().with_context(cannot)?;
    let beginning: Vec<u8> = beginning.iter().take(BEGINNING).copied().collect();
    let mut input: Box<dyn BufRead + 'a> = if beginning.starts_with(&[0x1f, 0x8b]) {
        Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(packed)))
    } else if beginning.starts_with(b"PK\x03\x04") {
        let mut bytes = Vec::new();
        packed.read_to_end(&mut bytes).with_context(cannot)?;
        let place = || path.display().to_string();
        Box::new(Cursor::new(
            unpacked(&bytes, LARGEST_UNPACKED_BYTES).with_context(place)?.into_owned(),
        ))
    } else {
        Box::new(packed)
    };
    // A damaged file is told as what its name says that it is.
    let kind = match Kind::of(input.fill_buf().with_context(cannot)?) {
        Kind::Csv if name.ends_with(".parquet") => Kind::Parquet,
        kind => kind,
    };
    Ok((kind, metadata.len(), input))
}

fn named(path: &Path, error: ReadError) -> anyhow::Error {
    let options = [(DATE_ORDER, "--date-order"), (CARRIER_PRB, "--carrier-prb")];
    match error {
        ReadError::Input(error) => {
            anyhow!("{}: {}", path.display(), table_file::asked(error, &options))
        }
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
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn what_a_file_holds_is_known_by_its_beginning() {
        for (beginning, expected) in [
            (&b"time;cell"[..], Kind::Csv),
            (b"PAR1\x15", Kind::Parquet),
            (b"\xef\xbb\xbf<?xml", Kind::Performance),
            (b"\n <measCollecFile>", Kind::Performance),
            (b"{\"event\"", Kind::Events),
            (b"[{", Kind::Events),
            (b"\xff\xfet\0", Kind::Csv),
            (b"", Kind::Csv),
        ] {
            assert_eq!(Kind::of(beginning), expected, "{beginning:?}");
        }
    }

    #[test]
    fn tables_are_read_whatever_their_ending_and_packing() {
        let folder = tempfile::tempdir().unwrap();
        let table =
            b"step;cell;slice;DRB.MeanActiveUeDl;cqi;dLThptPerUE;dLLatency\n0;A;1;2,5;9;2000;100\n";
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(table).unwrap();
        let files = [("kpis.csv", std::str::from_utf8(table).unwrap())];
        let archive = slicewise_core::formats::zip::archive(files.into_iter());
        for (name, bytes) in [
            ("kpis.csv", table.to_vec()),
            ("kpis.dat", table.to_vec()),
            ("kpis", table.to_vec()),
            ("kpis.csv.gz", gzip.finish().unwrap()),
            ("kpis.zip", archive.unwrap()),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let found =
                read(std::slice::from_ref(&path), &KpiOptions::default(), &mut |_, _| ()).unwrap();
            assert_eq!(found.len(), 1, "{name}");
            let columns = shown(&[path], &KpiOptions::default()).unwrap();
            assert_eq!(columns[3].role, "active users", "{name}");
        }
        let sheet = read(&["kpis.xlsx".into()], &KpiOptions::default(), &mut |_, _| ());
        assert!(sheet.unwrap_err().to_string().starts_with("input is kpis.xlsx"));
    }
}
