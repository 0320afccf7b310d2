//! Several files as one: a ZIP archive without compression, for browsers that save one file at a time
//! (PKWARE APPNOTE 6.3, clauses 4.3.7, 4.3.12 and 4.3.16).

use crate::error::InputError;

/// The most files of an archive.
pub const MOST_FILES: usize = 65_535;
/// 1980-01-01, the earliest date: archives of the same files are the same.
const DATE: u16 = 0x21;
/// Names are UTF-8.
const UTF_8: u16 = 0x0800;
const VERSION: u16 = 20;

/// The archive of `files`, each with its path and its text.
///
/// # Errors
/// When there are more than [`MOST_FILES`], or the archive has 4 GiB or more.
pub fn archive<'a>(
    files: impl ExactSizeIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<u8>, InputError> {
    let count = u16::try_from(files.len()).map_err(|_| {
        InputError::new(
            "files",
            files.len(),
            format!("at most {MOST_FILES} in a .zip: a folder takes more"),
        )
    })?;
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (path, text) in files {
        let offset = size(bytes.len())?;
        let mut header = Vec::with_capacity(26);
        for half in [VERSION, UTF_8, 0, 0, DATE] {
            header.extend(half.to_le_bytes());
        }
        for word in [crc_32(text.as_bytes()), size(text.len())?, size(text.len())?] {
            header.extend(word.to_le_bytes());
        }
        let length = u16::try_from(path.len());
        let length = length.map_err(|_| InputError::new("path", path, "at most 65535 bytes"))?;
        header.extend(u32::from(length).to_le_bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&header);
        bytes.extend(path.as_bytes());
        bytes.extend(text.as_bytes());
        directory.extend(b"PK\x01\x02");
        directory.extend(VERSION.to_le_bytes());
        directory.extend(&header);
        // No comment, first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(path.as_bytes());
    }
    let (start, length) = (size(bytes.len())?, size(directory.len())?);
    size(bytes.len() + directory.len())?;
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0; 2]);
    Ok(bytes)
}

fn size(bytes: usize) -> Result<u32, InputError> {
    u32::try_from(bytes)
        .map_err(|_| InputError::new("archive", format!("{bytes} bytes"), "less than 4 GiB"))
}

/// The checksum of ISO 3309, reflected.
fn crc_32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            let carry = if sum & 1 == 1 { 0xedb8_8320 } else { 0 };
            (sum >> 1) ^ carry
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_catalogue() {
        // CRC-32/ISO-HDLC's check value.
        assert_eq!(crc_32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc_32(b""), 0);
    }

    #[test]
    fn the_directory_lies_where_the_end_says() {
        let bytes = archive([("a.txt", "one"), ("ü/b", "")].into_iter()).unwrap();
        let entries = bytes.windows(4).filter(|window| window == b"PK\x01\x02").count();
        assert_eq!(entries, 2);
        assert_eq!(&bytes[..4], b"PK\x03\x04");
        let end = &bytes[bytes.len() - 22..];
        assert_eq!(&end[..4], b"PK\x05\x06");
        let start = u32::from_le_bytes(end[16..20].try_into().unwrap()) as usize;
        let length = u32::from_le_bytes(end[12..16].try_into().unwrap()) as usize;
        assert_eq!(start + length + 22, bytes.len());
        assert_eq!(&bytes[start..start + 4], b"PK\x01\x02");
    }
}
