//! Files that the command writes in one go.

use std::path::Path;

use anyhow::Context;

/// Writes `bytes` to the file `path`, which an error names.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
