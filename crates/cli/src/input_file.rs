//! Files that are read, packed ones as what they hold.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::Context;
use flate2::read::MultiGzDecoder;

/// The file, decompressed where its name ends in `.gz`.
///
/// # Errors
/// Names the file.
pub fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    let file = File::open(path).with_context(|| cannot_read(path))?;
    let reader = BufReader::new(file);
    let is_packed = path.extension().is_some_and(|extension| extension == "gz");
    Ok(if is_packed { Box::new(MultiGzDecoder::new(reader)) } else { Box::new(reader) })
}

/// The text of the file, decompressed where its name ends in `.gz`.
///
/// # Errors
/// Names the file.
pub fn read_text(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text).with_context(|| cannot_read(path))?;
    Ok(text)
}

/// The bytes of the file as they are.
///
/// # Errors
/// Names the file.
pub fn read_bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| cannot_read(path))
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read {}", path.display())
}
