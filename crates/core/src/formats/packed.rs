//! Files that are packed, by what they begin with: gzip, and zip archives that hold one table.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use crate::error::InputError;

/// The most bytes that a file is unpacked to.
pub const LARGEST_UNPACKED_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// What a gzip file begins with (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// What a zip archive begins with (PKWARE APPNOTE, section 4.3.7).
const ZIP: [u8; 4] = *b"PK\x03\x04";

/// The bytes of a file, unpacked where it is packed; at most `largest` of them.
///
/// # Errors
/// Says that the file is damaged or holds more than that, or which files an archive holds in place of
/// one.
pub fn unpacked(bytes: &[u8], largest: u64) -> Result<Cow<'_, [u8]>, InputError> {
    if bytes.starts_with(&GZIP) {
        return limited(MultiGzDecoder::new(bytes), largest, "gzip").map(Cow::Owned);
    }
    if bytes.starts_with(&ZIP) {
        return only_file(bytes, largest).map(Cow::Owned);
    }
    Ok(Cow::Borrowed(bytes))
}

fn only_file(bytes: &[u8], largest: u64) -> Result<Vec<u8>, InputError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged("zip", error))?;
    let is_file = |name: &String| {
        let system = name.starts_with("__MACOSX/") || name.contains("/.") || name.starts_with('.');
        !name.ends_with('/') && !system
    };
    let names: Vec<String> =
        archive.file_names().flatten().map(Cow::into_owned).filter(is_file).collect();
    let [name] = &names[..] else {
        let found = if names.is_empty() { "empty".to_owned() } else { names.join(", ") };
        return Err(InputError::new("archive", found, "one file"));
    };
    let file = archive.by_name(name).map_err(|error| damaged("zip", error))?;
    limited(file, largest, "zip")
}

fn limited(reader: impl Read, largest: u64, kind: &str) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    reader.take(largest + 1).read_to_end(&mut bytes).map_err(|error| damaged(kind, error))?;
    if bytes.len() as u64 > largest {
        let allowed = format!("at most {largest} bytes once unpacked");
        return Err(InputError::new("file", "larger", allowed));
    }
    Ok(bytes)
}

fn damaged(kind: &str, error: impl std::fmt::Display) -> InputError {
    InputError::new("file", format!("damaged: {error}"), format!("a whole {kind} file"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn packed_files_are_what_they_hold() {
        let table = b"time,demand\n0,1\n";
        assert_eq!(&*unpacked(table, 100).unwrap(), table);
        assert_eq!(&*unpacked(&gzip(table), 100).unwrap(), table);
        let archive = zip(&[("a/table.csv", table), ("__MACOSX/a/._table.csv", b"x")]);
        assert_eq!(&*unpacked(&archive, 100).unwrap(), table);
    }

    #[test]
    fn what_cannot_be_unpacked_is_named() {
        let message = |bytes: &[u8]| unpacked(bytes, 20).unwrap_err().to_string();
        let two = zip(&[("a.csv", b"1"), ("b.csv", b"2")]);
        assert_eq!(message(&two), "archive is a.csv, b.csv; allowed: one file");
        assert_eq!(
            message(&gzip(&[0; 21])),
            "file is larger; allowed: at most 20 bytes once unpacked"
        );
        let cut = gzip(&[7; 15]);
        assert!(message(&cut[..cut.len() - 6]).starts_with("file is damaged"));
        assert!(message(&two[..20]).starts_with("file is damaged"));
    }
}
