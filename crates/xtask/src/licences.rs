//! The notices of the third-party packages that are linked into the site's programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::commands;
use crate::planners::SHARED_ENGINES;
use crate::toolchain::WASM_TARGET;
use crate::workspace::Workspace;

/// What precedes the list.
const HEAD: &str = "Slicewise is made of its own code, MIT OR Apache-2.0, of the Rust standard library, MIT OR \
Apache-2.0 (https://github.com/rust-lang/rust), and of the packages below. Each text at the end stands \
once, under the packages that carry it; a package without one is licensed as its line says, and its \
sources lie at the address in that line.\n";
/// Beginnings of the names of the files in which packages keep their licences, in small letters.
const TEXTS: [&str; 5] = ["licen", "unlicense", "copying", "copyright", "notice"];

/// A package that is linked into a program.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    /// Its licence as an SPDX expression, and where its sources lie.
    told: String,
}

/// The notices as one text.
///
/// # Errors
/// Says so if cargo does not know the packages, or names the package whose sources are missing.
pub fn notices(workspace: &Workspace) -> Result<String> {
    let packages = packages(workspace)?;
    let mut notices = HEAD.to_owned();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in &packages {
        let title = format!("{} {}", package.name, package.version);
        let _ = write!(notices, "\n{title}: {}", package.told);
        for text in texts_in(&sources_of(package)?)? {
            texts.entry(text).or_default().push(title.clone());
        }
    }
    for (text, carriers) in texts {
        let _ = write!(notices, "\n\n\n---- {}\n\n{text}", carriers.join(", "));
    }
    Ok(notices + "\n")
}

/// What is linked into pages and engines, with the features of all builds.
fn packages(workspace: &Workspace) -> Result<Vec<Package>> {
    let features: Vec<String> = SHARED_ENGINES
        .iter()
        .filter_map(|e| Some(format!("slicewise-engine/{}", e.feature?)))
        .collect();
    let mut tree = Command::new("cargo");
    tree.args(["tree", "--locked", "--target", WASM_TARGET, "--edges", "normal,no-proc-macro"])
        .args(["--package", "slicewise-app", "--package", "slicewise-engine"])
        .args(["--features", &features.join(","), "--prefix", "none", "--format", "{p}|{l} {r}"])
        .current_dir(workspace.root());
    let lines = commands::output(&mut tree).context("cargo tree failed")?;
    let mut packages: Vec<Package> = lines.lines().filter_map(package_of).collect();
    packages.sort();
    packages.dedup();
    Ok(packages)
}

/// The package of one line of `cargo tree`, unless it is one of the workspace.
fn package_of(line: &str) -> Option<Package> {
    let (package, told) = line.trim_end_matches(" (*)").split_once('|')?;
    let mut words = package.split(' ');
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    (!name.starts_with("slicewise-")).then(|| Package {
        name: name.to_owned(),
        version: version.to_owned(),
        told: told.trim().to_owned(),
    })
}

/// Where cargo keeps the sources of `package`.
fn sources_of(package: &Package) -> Result<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(dirs::home_dir()?.join(".cargo")));
    let registries = home.context("there is no home folder")?.join("registry/src");
    let folder = format!("{}-{}", package.name, package.version);
    fs::read_dir(&registries)
        .with_context(|| format!("cannot list {}", registries.display()))?
        .filter_map(|registry| Some(registry.ok()?.path().join(&folder)))
        .find(|path| path.is_dir())
        .with_context(|| format!("{} has no sources of {folder}", registries.display()))
}

/// The licence texts in `folder`, each without differences in white space that mean nothing.
fn texts_in(folder: &Path) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_file() && TEXTS.iter().any(|start| name.starts_with(start)) {
            texts.push(tidy(&String::from_utf8_lossy(&fs::read(&path)?)));
        }
    }
    Ok(texts)
}

/// `text` without white space at the ends of lines and without repeated empty lines.
fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().map(str::trim).collect();
    lines.dedup_by(|next, line| next.is_empty() && line.is_empty());
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_package_of_others() {
        let package = package_of("serde v1.0.2|MIT OR Apache-2.0 https://a.b (*)").unwrap();
        assert_eq!((&*package.name, &*package.version), ("serde", "1.0.2"));
        assert_eq!(package.told, "MIT OR Apache-2.0 https://a.b");
        assert_eq!(package_of("slicewise-core v0.1.0 (/a/b)|MIT "), None);
    }

    #[test]
    fn texts_that_differ_in_white_space_are_one() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in
            [("LICENSE-MIT", "a  \n\n\n b\n"), ("license", "\u{feff}a\r\n\r\nb"), ("README", "c")]
        {
            fs::write(folder.path().join(name), text).unwrap();
        }
        assert_eq!(texts_in(folder.path()).unwrap(), ["a\n\nb", "a\n\nb"]);
    }

    #[test]
    fn what_is_linked_into_the_site_has_its_notice() {
        let notices = notices(&Workspace::locate().unwrap()).unwrap();
        for name in
            ["\nwasm-bindgen 0", "\nleptos 0", "\nburn-core 0", "Permission is hereby granted"]
        {
            assert!(notices.contains(name), "{name}");
        }
        assert!(!notices.contains("\nclap "), "the command's packages are not in the site");
    }
}
