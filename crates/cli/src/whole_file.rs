//! Files that appear only when they are whole.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempPath;

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 1 << 20;

/// A file that is written beside its place, on the same file system, and moved there once it is whole;
/// without that it is removed, and what was in its place stays. What is no file, such as a terminal or
/// a pipe, is written as it comes.
pub struct WholeFile {
    writer: BufWriter<File>,
    /// None where there is nothing to be moved.
    temporary: Option<TempPath>,
    /// Those of the file whose place is taken.
    permissions: Option<Permissions>,
    path: PathBuf,
}

impl WholeFile {
    /// Begins the file for `path`.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        Self::begin(path).with_context(|| cannot_write(path))
    }

    fn begin(path: &Path) -> io::Result<Self> {
        let mut permissions = None;
        let mut place = path.to_owned();
        match OpenOptions::new().write(true).open(path) {
            Ok(present) => {
                let metadata = present.metadata()?;
                if !metadata.is_file() {
                    let writer = BufWriter::with_capacity(BUFFER_BYTES, present);
                    return Ok(Self { writer, temporary: None, permissions, path: place });
                }
                permissions = Some(metadata.permissions());
                // The file behind a link is replaced, not the link.
                place = path.canonicalize()?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let Some(name) = place.file_name() else { return Err(ErrorKind::InvalidInput.into()) };
        let prefix = format!(".{}.", name.to_string_lossy());
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
        // Made as any new file is, not readable to its owner alone.
        let (file, temporary) = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".part")
            .make_in(folder.unwrap_or(Path::new(".")), |path| File::create_new(path))?
            .into_parts();
        let writer = BufWriter::with_capacity(BUFFER_BYTES, file);
        Ok(Self { writer, temporary: Some(temporary), permissions, path: place })
    }

    /// Moves the file to its place.
    ///
    /// # Errors
    /// When it cannot be completed or moved.
    pub fn commit(self) -> anyhow::Result<()> {
        let Self { writer, temporary, permissions, path } = self;
        complete(writer, temporary, permissions, &path).with_context(|| cannot_write(&path))
    }
}

fn complete(
    writer: BufWriter<File>,
    temporary: Option<TempPath>,
    permissions: Option<Permissions>,
    path: &Path,
) -> io::Result<()> {
    let file = writer.into_inner().map_err(|error| error.into_error())?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    // Some systems move no file that is open.
    drop(file);
    match temporary {
        Some(temporary) => temporary.persist(path).map_err(|error| error.error),
        None => Ok(()),
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Writes `bytes` to the file `path`, which an error names.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let mut file = WholeFile::create(path)?;
    file.write_all(bytes.as_ref()).with_context(|| cannot_write(path))?;
    file.commit()
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
    fn a_folder_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent").join("plan.csv");
        let error = write(&path, "").unwrap_err().to_string();
        assert_eq!(error, format!("cannot write {}", path.display()));
        assert!(write(folder.path(), "").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay_and_a_device_is_written_to() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("plan.csv"), folder.path().join("link.csv"));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        std::fs::write(&path, "before").unwrap();
        let usual = mode(&path);
        std::fs::remove_file(&path).unwrap();
        write(&path, "new").unwrap();
        assert_eq!(mode(&path), usual);
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        symlink("plan.csv", &link).unwrap();
        write(&link, "through the link").unwrap();
        assert!(link.is_symlink() && !path.is_symlink());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "through the link");
        assert_eq!(mode(&path), 0o640);
        write(Path::new("/dev/null"), "nothing").unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
