//! Table files: which format a name asks for, and files that appear only when they are whole.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

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

/// A file that is written beside its place and moved there once it is whole; without that it is
/// removed, and what was in its place stays.
pub struct WholeFile {
    writer: Option<BufWriter<File>>,
    temporary: PathBuf,
    path: PathBuf,
}

impl WholeFile {
    /// Begins the file for `path`.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let name = path.file_name().context("output has no name")?.to_string_lossy();
        let temporary = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file =
            File::create(&temporary).with_context(|| format!("cannot write {}", path.display()))?;
        let writer = Some(BufWriter::with_capacity(1 << 20, file));
        Ok(Self { writer, temporary, path: path.to_owned() })
    }

    /// Moves the file to its place.
    ///
    /// # Errors
    /// When it cannot be completed or moved.
    pub fn commit(mut self) -> anyhow::Result<()> {
        let cannot = || format!("cannot write {}", self.path.display());
        if let Some(writer) = self.writer.take() {
            writer.into_inner().map_err(|error| error.into_error()).with_context(cannot)?;
        }
        std::fs::rename(&self.temporary, &self.path).with_context(cannot)
    }

    fn inner(&mut self) -> io::Result<&mut BufWriter<File>> {
        self.writer.as_mut().ok_or_else(|| io::Error::other("the file is complete"))
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner()?.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        // Moved or not: then there is nothing, or nothing of use.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.csv");
        std::fs::write(&path, "before").unwrap();
        let mut file = WholeFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        let mut file = WholeFile::create(&path).unwrap();
        file.write_all(b"whole").unwrap();
        file.commit().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn formats_are_known_by_their_endings() {
        let of = |name: &str| TableFormat::of("input", Path::new(name));
        assert_eq!(of("a.CSV").unwrap(), TableFormat::Csv);
        assert_eq!(of("b.c.parquet").unwrap(), TableFormat::Parquet);
        let error = of("a.xlsx").unwrap_err().to_string();
        assert_eq!(error, "input is a.xlsx; allowed: a file that ends in .csv or .parquet");
    }
}
