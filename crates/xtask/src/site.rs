//! Building dist/, in stages that each make a whole site, and knowing when that is not needed.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, Metadata};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use walkdir::{DirEntry, WalkDir};

use crate::build_files::{
    AFTER_OPENING, BuildFiles, ON_DEMAND, condensed, with_planner_names, with_shortcuts,
};
use crate::planners::{ANNEXES, PLANNERS, Planner, SHARED_ENGINES, engine_files, page_files};
use crate::sizes::Sizes;
use crate::toolchain::{SiteTools, WASM_TARGET};
use crate::workspace::Workspace;
use crate::{commands, licences, one_file};

/// What the site is built from, relative to the workspace.
const SOURCES: [&str; 7] =
    ["app", "www", "models", "crates", "Trunk.toml", "Cargo.lock", "Cargo.toml"];
/// Folders below [`SOURCES`] that the site does not need.
const NOT_SOURCES: [&str; 3] = ["crates/cli", "target", "dist"];
/// The variable that names another cargo profile than the shipped site's, for trying things out.
const PROFILE_VARIABLE: &str = "SLICEWISE_SITE_PROFILE";
/// The variable that names where the site will lie, such as `https://example.org/planner/`.
const ADDRESS_VARIABLE: &str = "SLICEWISE_SITE_ADDRESS";
/// Files of www/ that the site has as they are, beside those of the planners and what is loaded later.
const PLAIN_FILES: [&str; 5] =
    ["styles.css", "icon.svg", "icon-192.png", "icon-512.png", "icon-maskable-512.png"];
/// The packages of the pages and of the engines.
const PAGES: &str = "slicewise-app";
const ENGINES: &str = "slicewise-engine";

/// Builds dist/ anew, prints its sizes and checks them against the limits.
///
/// # Errors
/// Names the step that failed or the limit that is exceeded.
pub fn build(workspace: &Workspace) -> Result<()> {
    Builder::new(workspace)?.build(|| Ok(()))?;
    let sizes = Sizes::measure(&workspace.dist())?;
    println!("{}", sizes.table());
    sizes.check()
}

/// Builds dist/ unless it is newer than everything that it is built from.
///
/// # Errors
/// Names the step that failed.
pub fn ensure(workspace: &Workspace) -> Result<()> {
    ensure_in_stages(workspace, || Ok(()))
}

/// The same; `first_page_is_there` is called as soon as the first planner's page is in dist/.
///
/// # Errors
/// Names the step that failed.
pub fn ensure_in_stages(
    workspace: &Workspace,
    first_page_is_there: impl FnOnce() -> Result<()>,
) -> Result<()> {
    if is_fresh(workspace) {
        println!("dist/ is up to date");
        return first_page_is_there();
    }
    Builder::new(workspace)?.build(first_page_is_there)
}

/// A build under way.
struct Builder<'a> {
    workspace: &'a Workspace,
    tools: SiteTools,
    profile: String,
    licences: String,
    /// Programs that are compiled and have their scripts.
    programs: Vec<String>,
}

impl<'a> Builder<'a> {
    fn new(workspace: &'a Workspace) -> Result<Self> {
        let tools = SiteTools::ensure(workspace)?;
        Ok(Self {
            workspace,
            tools,
            profile: profile(),
            licences: String::new(),
            programs: Vec::new(),
        })
    }

    /// Builds everything: first what the first planner's page needs, then the rest with as few calls of
    /// cargo as there are sets of features.
    fn build(mut self, first_page_is_there: impl FnOnce() -> Result<()>) -> Result<()> {
        let sources = fingerprint(self.workspace.root())?;
        // Trunk runs cargo offline, and cargo then wants the packages of every platform at hand.
        println!("fetching dependencies");
        commands::run(&mut self.cargo("fetch"))?;
        self.licences = licences::notices(self.workspace)?;
        println!("building the site (the first build takes some minutes)");
        let [first, others @ ..] = &PLANNERS;
        self.run_trunk(first)?;
        self.compile(ENGINES, &[], vec![first.engine()])?;
        self.write()?;
        first_page_is_there()?;
        self.compile(ENGINES, &[], others.iter().map(Planner::engine).collect())?;
        let annexes = ANNEXES.iter().map(|annex| annex.program.to_owned());
        let pages = others.iter().map(Planner::page).chain(annexes).collect();
        self.compile(PAGES, &[], pages)?;
        for engine in &SHARED_ENGINES {
            let features: Vec<&str> =
                engine.feature.iter().flat_map(|feature| ["--features", feature]).collect();
            self.compile(ENGINES, &features, vec![engine.program.to_owned()])?;
        }
        self.write()?;
        // "Save this page as one file" takes these.
        one_file::write(self.workspace, &self.workspace.dist(), one_file::Choice::every(), false)?;
        write_stamp(self.workspace, sources)
    }

    fn cargo(&self, subcommand: &str) -> Command {
        let mut command = Command::new("cargo");
        command.arg(subcommand).current_dir(self.workspace.root());
        command
    }

    /// Has Trunk build the page of `planner`, from whose HTML all pages start.
    fn run_trunk(&mut self, planner: &Planner) -> Result<()> {
        let mut trunk = Command::new(self.tools.trunk());
        trunk
            .args(["build", "--offline", "true", "--skip-version-check", "--release"])
            .args(["--public-url", "./", "--cargo-profile", &self.profile, "--dist"])
            .arg(self.trunk_folder())
            .env("PATH", self.tools.path()?)
            // Trunk takes this variable for a flag and refuses its usual value 1.
            .env_remove("NO_COLOR")
            .current_dir(self.workspace.root());
        fs::create_dir_all(self.trunk_folder())?;
        commands::run(&mut trunk)?;
        let program = planner.page();
        for name in page_files(&program) {
            let to = self.programs_folder().join(&name);
            fs::create_dir_all(self.programs_folder())?;
            fs::copy(self.trunk_folder().join(&name), &to)
                .with_context(|| format!("cannot write {}", to.display()))?;
        }
        self.programs.push(program);
        Ok(())
    }

    /// Compiles `programs` of `package` in one call and writes the scripts that start their wasm.
    fn compile(&mut self, package: &str, features: &[&str], programs: Vec<String>) -> Result<()> {
        let mut build = self.cargo("build");
        build.args(["--offline", "--profile", &self.profile, "--target", WASM_TARGET]);
        build.args(["--package", package]).args(features);
        commands::run(build.args(programs.iter().flat_map(|program| ["--bin", program])))?;
        for program in programs {
            let wasm = self.wasm_folder().join(format!("{program}.wasm"));
            commands::run(
                Command::new(self.tools.wasm_bindgen())
                    .args(["--target", "no-modules", "--no-typescript", "--out-dir"])
                    .arg(self.programs_folder())
                    .arg(wasm),
            )?;
            self.programs.push(program);
        }
        Ok(())
    }

    /// Writes what is built so far to dist/.
    fn write(&self) -> Result<()> {
        self.files()?.named().write(&self.workspace.dist())
    }

    fn files(&self) -> Result<BuildFiles> {
        let text = |path: PathBuf| {
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let www = self.workspace.root().join("www");
        let mut files = BuildFiles {
            html: text(self.trunk_folder().join("index.html"))?,
            boot: text(www.join("boot.js"))?,
            service_worker: text(www.join("service-worker.js"))?,
            site_address: site_address(),
            ..BuildFiles::default()
        };
        files.plain.insert("licences.txt".to_owned(), self.licences.clone().into_bytes());
        for name in PLAIN_FILES.into_iter().chain(ON_DEMAND).chain(AFTER_OPENING) {
            files.add(name, &www.join(name))?;
        }
        files.fixed.insert(
            "slicewise-embed.js".to_owned(),
            condensed(&with_planner_names(&text(www.join("slicewise-embed.js"))?)),
        );
        let manifest = "manifest.webmanifest";
        files.fixed.insert(manifest.to_owned(), with_shortcuts(&text(www.join(manifest))?));
        for planner in &PLANNERS {
            files.add(&planner.picture(), &www.join(planner.picture()))?;
            if let Some(name) = planner.styles() {
                files.add(&name, &www.join(&name))?;
            }
            for name in planner.all_network_files() {
                files.add(&name, &self.workspace.root().join(&name))?;
            }
            if self.programs.contains(&planner.page()) {
                for name in page_files(&planner.page()) {
                    files.add(&name, &self.programs_folder().join(&name))?;
                }
            }
            self.add_engine(&mut files, &planner.engine(), &[planner.name])?;
        }
        for annex in &ANNEXES {
            if self.programs.iter().any(|built| built == annex.program) {
                files.add_annex(annex.program, &self.programs_folder())?;
            }
        }
        for engine in &SHARED_ENGINES {
            self.add_engine(&mut files, engine.program, engine.planners)?;
        }
        Ok(files)
    }

    /// Adds the engine `program` that takes jobs of `planners`, if it is built.
    fn add_engine(&self, files: &mut BuildFiles, program: &str, planners: &[&str]) -> Result<()> {
        if !self.programs.iter().any(|built| built == program) {
            return Ok(());
        }
        let [_, script, wasm] = engine_files(program);
        files.add(&script, &self.programs_folder().join(format!("{program}.js")))?;
        files.add(&wasm, &self.programs_folder().join(&wasm))?;
        let networks = planners.iter().map(|name| format!("models/{name}/")).collect();
        files.engines.insert(program.to_owned(), networks);
        Ok(())
    }

    fn folder(&self) -> PathBuf {
        self.workspace.target().join("slicewise-site")
    }

    /// Where Trunk leaves the first page.
    fn trunk_folder(&self) -> PathBuf {
        self.folder().join("page")
    }

    /// Where scripts and wasm of all programs lie.
    fn programs_folder(&self) -> PathBuf {
        self.folder().join("programs")
    }

    /// Where cargo leaves its wasm.
    fn wasm_folder(&self) -> PathBuf {
        let profile = if self.profile == "dev" { "debug" } else { &self.profile };
        self.workspace.target().join(WASM_TARGET).join(profile)
    }
}

/// The cargo profile that pages and engines are compiled with.
fn profile() -> String {
    std::env::var(PROFILE_VARIABLE).unwrap_or_else(|_| "site".to_owned())
}

/// Where the site will lie, with a slash at the end; empty where that is not known.
fn site_address() -> String {
    let address = std::env::var(ADDRESS_VARIABLE).unwrap_or_default();
    if address.is_empty() || address.ends_with('/') { address } else { address + "/" }
}

/// Whether dist/ was built from the sources as they are.
fn is_fresh(workspace: &Workspace) -> bool {
    let stamp = fs::read_to_string(stamp_path(workspace)).ok();
    let current = fingerprint(workspace.root()).and_then(|sources| stamp_of(workspace, sources));
    matches!((stamp, current), (Some(stamp), Ok(current)) if stamp == current)
}

fn write_stamp(workspace: &Workspace, sources: u64) -> Result<()> {
    let path = stamp_path(workspace);
    fs::create_dir_all(workspace.target())?;
    fs::write(&path, stamp_of(workspace, sources)?)
        .with_context(|| format!("cannot write {}", path.display()))
}

fn stamp_path(workspace: &Workspace) -> PathBuf {
    workspace.target().join("slicewise-site.stamp")
}

/// The sources' fingerprint, and the time at which dist/ was written: another build replaces both.
fn stamp_of(workspace: &Workspace, sources: u64) -> Result<String> {
    let written = fs::metadata(workspace.dist().join("index.html"))
        .context("dist/ has no index.html")?
        .modified()?;
    Ok(format!("{sources:016x} {}", written.duration_since(UNIX_EPOCH)?.as_nanos()))
}

/// Path, time and length of every source and the profile, folded into one number.
fn fingerprint(root: &Path) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    root.hash(&mut hasher);
    profile().hash(&mut hasher);
    site_address().hash(&mut hasher);
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
        for name in ["app/src", "crates/cli/src", "crates/core/src"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("app/src/main.rs"), "fn main() {}").unwrap();
        fs::write(folder.path().join("crates/cli/src/main.rs"), "fn main() {}").unwrap();
        folder
    }

    fn changes_with(name: &str) -> bool {
        let folder = checkout();
        let before = fingerprint(folder.path()).unwrap();
        assert_eq!(before, fingerprint(folder.path()).unwrap());
        fs::write(folder.path().join(name), "fn main() { }").unwrap();
        before != fingerprint(folder.path()).unwrap()
    }

    #[test]
    fn the_fingerprint_covers_the_page_and_the_planners_only() {
        assert!(changes_with("app/src/main.rs"));
        assert!(changes_with("crates/core/src/plan.rs"));
        assert!(!changes_with("crates/cli/src/main.rs"));
        assert!(!changes_with("app/src/.main.rs.swp"));
    }
}
