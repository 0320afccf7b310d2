//! Building dist/ with Trunk, and knowing when that is not needed.

use std::collections::hash_map::DefaultHasher;
use std::fs::Metadata;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use walkdir::{DirEntry, WalkDir};

use crate::commands;
use crate::sizes::Sizes;
use crate::toolchain::SiteTools;
use crate::workspace::Workspace;

/// What the site is built from, relative to the workspace.
const SOURCES: [&str; 7] =
    ["app", "www", "models", "crates", "Trunk.toml", "Cargo.lock", "Cargo.toml"];
/// Folders below [`SOURCES`] that the site does not need.
const NOT_SOURCES: [&str; 4] = ["crates/xtask", "crates/cli", "target", "dist"];

/// Builds dist/ anew, prints its sizes and checks them against the limits.
///
/// # Errors
/// Names the step that failed or the limit that is exceeded.
pub fn build(workspace: &Workspace) -> Result<()> {
    let tools = SiteTools::ensure(workspace)?;
    build_with(workspace, &tools)?;
    let sizes = Sizes::measure(&workspace.dist())?;
    println!("{}", sizes.table());
    sizes.check()
}

/// Builds dist/ unless it is newer than everything that it is built from.
///
/// # Errors
/// Names the step that failed.
pub fn ensure(workspace: &Workspace) -> Result<()> {
    if is_fresh(workspace) {
        println!("dist/ is up to date");
        return Ok(());
    }
    build_with(workspace, &SiteTools::ensure(workspace)?)
}

fn build_with(workspace: &Workspace, tools: &SiteTools) -> Result<()> {
    let sources = fingerprint(workspace.root())?;
    // Trunk runs cargo offline, and cargo then wants the packages of every platform at hand.
    println!("fetching dependencies");
    commands::run(Command::new("cargo").args(["fetch"]).current_dir(workspace.root()))?;
    println!("building the site (the first build takes some minutes)");
    commands::run(
        Command::new(tools.trunk())
            .args(["build", "--offline", "true", "--skip-version-check"])
            .args(["--release", "--cargo-profile", "site", "--public-url", "./", "--dist", "dist"])
            .env("PATH", tools.path()?)
            // Trunk takes this variable for a flag and refuses its usual value 1.
            .env_remove("NO_COLOR")
            .current_dir(workspace.root()),
    )?;
    write_stamp(workspace, sources)
}

/// Whether dist/ was built from the sources as they are.
fn is_fresh(workspace: &Workspace) -> bool {
    let stamp = std::fs::read_to_string(stamp_path(workspace)).ok();
    let current = fingerprint(workspace.root()).and_then(|sources| stamp_of(workspace, sources));
    matches!((stamp, current), (Some(stamp), Ok(current)) if stamp == current)
}

fn write_stamp(workspace: &Workspace, sources: u64) -> Result<()> {
    let path = stamp_path(workspace);
    std::fs::create_dir_all(workspace.target())?;
    std::fs::write(&path, stamp_of(workspace, sources)?)
        .with_context(|| format!("cannot write {}", path.display()))
}

fn stamp_path(workspace: &Workspace) -> PathBuf {
    workspace.target().join("slicewise-site.stamp")
}

/// The sources' fingerprint, and the time at which dist/ was written: another build replaces both.
fn stamp_of(workspace: &Workspace, sources: u64) -> Result<String> {
    let written = std::fs::metadata(workspace.dist().join("index.html"))
        .context("dist/ has no index.html")?
        .modified()?;
    Ok(format!("{sources:016x} {}", written.duration_since(UNIX_EPOCH)?.as_nanos()))
}

/// Path, time and length of every source, folded into one number.
fn fingerprint(root: &Path) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    root.hash(&mut hasher);
    for source in SOURCES.map(|name| root.join(name)).iter().filter(|path| path.exists()) {
        let entries = WalkDir::new(source).sort_by_file_name().into_iter();
        for entry in entries.filter_entry(|entry| is_source(root, entry)) {
            let entry = entry?;
            if entry.file_type().is_file() {
                entry.path().hash(&mut hasher);
                hash_age(&entry.metadata()?, &mut hasher)?;
            }
        }
    }
    Ok(hasher.finish())
}

fn hash_age(metadata: &Metadata, hasher: &mut DefaultHasher) -> Result<()> {
    metadata.len().hash(hasher);
    metadata.modified()?.hash(hasher);
    Ok(())
}

fn is_source(root: &Path, entry: &DirEntry) -> bool {
    let name = entry.path().strip_prefix(root).unwrap_or(entry.path());
    let hidden = entry.file_name().to_string_lossy().starts_with('.');
    !hidden && !NOT_SOURCES.iter().any(|other| name == Path::new(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkout with one file of the page and one that the site does not need.
    fn checkout() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["app/src", "crates/xtask/src", "crates/core/src"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("app/src/main.rs"), "fn main() {}").unwrap();
        std::fs::write(folder.path().join("crates/xtask/src/main.rs"), "fn main() {}").unwrap();
        folder
    }

    fn changes_with(name: &str) -> bool {
        let folder = checkout();
        let before = fingerprint(folder.path()).unwrap();
        assert_eq!(before, fingerprint(folder.path()).unwrap());
        std::fs::write(folder.path().join(name), "fn main() { }").unwrap();
        before != fingerprint(folder.path()).unwrap()
    }

    #[test]
    fn the_fingerprint_covers_the_page_and_the_planners_only() {
        assert!(changes_with("app/src/main.rs"));
        assert!(changes_with("crates/core/src/plan.rs"));
        assert!(!changes_with("crates/xtask/src/main.rs"));
        assert!(!changes_with("app/src/.main.rs.swp"));
    }
}
