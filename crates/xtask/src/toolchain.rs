//! What a build needs beyond Rust itself, installed where it is missing.
//!
//! Tools go to the platform's cache folder, one folder per tool and version, so that nothing the
//! user installed is touched.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::commands;
use crate::workspace::Workspace;

/// The target that the page and the engine are compiled for.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";
/// Newer ones need a newer Rust than this workspace.
const TRUNK_VERSION: &str = "0.21.14";

/// The tools of the site build.
#[derive(Clone, Debug)]
pub struct SiteTools {
    trunk: PathBuf,
    wasm_bindgen: PathBuf,
}

impl SiteTools {
    /// Installs what is missing, with cargo's progress on the terminal.
    ///
    /// # Errors
    /// Names the installation that failed.
    pub fn ensure(workspace: &Workspace) -> Result<Self> {
        ensure_wasm_target()?;
        let trunk = Tool { package: "trunk", program: "trunk", locked: true, optimisation: "0" };
        let wasm_bindgen = Tool {
            package: "wasm-bindgen-cli",
            program: "wasm-bindgen",
            locked: false,
            optimisation: "1",
        };
        Ok(Self {
            trunk: trunk.ensure(TRUNK_VERSION)?,
            wasm_bindgen: wasm_bindgen.ensure(&workspace.locked_version("wasm-bindgen")?)?,
        })
    }

    /// The trunk program.
    pub fn trunk(&self) -> PathBuf {
        program(&self.trunk, "trunk")
    }

    /// The program that writes the scripts that start wasm.
    pub fn wasm_bindgen(&self) -> PathBuf {
        program(&self.wasm_bindgen, "wasm-bindgen")
    }

    /// The program that runs wasm tests in a browser.
    pub fn wasm_test_runner(&self) -> PathBuf {
        program(&self.wasm_bindgen, "wasm-bindgen-test-runner")
    }

    /// PATH with these tools first, so that trunk finds exactly them.
    ///
    /// # Errors
    /// Says so if a folder's name cannot stand in PATH.
    pub fn path(&self) -> Result<OsString> {
        let own = [self.trunk.join("bin"), self.wasm_bindgen.join("bin")];
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)))
            .context("the cache folder's name cannot stand in PATH")
    }
}

/// Adds the wasm target where it is missing.
///
/// # Errors
/// Says what to type where rustup cannot add it.
pub fn ensure_wasm_target() -> Result<()> {
    let sysroot = commands::output(Command::new("rustc").args(["--print", "sysroot"]))
        .context("rustc does not run")?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(WASM_TARGET).is_dir() {
        return Ok(());
    }
    println!("adding the Rust target {WASM_TARGET}");
    commands::run(Command::new("rustup").args(["target", "add", WASM_TARGET]))
        .with_context(|| format!("add it by hand: rustup target add {WASM_TARGET}"))
}

/// Adds rustfmt and clippy where they are missing, as they are in rustup's minimal profile.
///
/// # Errors
/// Says what to type where rustup cannot add them.
pub fn ensure_lint_tools() -> Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if commands::output(Command::new("cargo").args([subcommand, "--version"])).is_some() {
            continue;
        }
        println!("adding the Rust component {component}");
        commands::run(Command::new("rustup").args(["component", "add", component]))
            .with_context(|| format!("add it by hand: rustup component add {component}"))?;
    }
    Ok(())
}

/// A program that cargo can install.
struct Tool {
    package: &'static str,
    program: &'static str,
    /// Whether it is built with the versions that its authors tested.
    locked: bool,
    /// The level of optimisation: a tool that only starts others needs none, and is there sooner.
    optimisation: &'static str,
}

impl Tool {
    /// The folder that holds `version` of the tool, installed if need be.
    fn ensure(&self, version: &str) -> Result<PathBuf> {
        let root = tools_folder()?.join(format!("{}-{version}", self.package));
        if self.runs(&root, version) {
            return Ok(root);
        }
        println!("installing {} {version} (once, some minutes)", self.package);
        let mut install = Command::new("cargo");
        install.args(["install", self.package, "--debug", "--version", &format!("={version}")]);
        install.env("CARGO_PROFILE_DEV_OPT_LEVEL", self.optimisation);
        install.env("CARGO_PROFILE_DEV_DEBUG", "false").env("CARGO_INCREMENTAL", "0");
        install.arg("--root").arg(&root).arg("--force");
        if self.locked {
            install.arg("--locked");
        }
        // A target folder of the workspace would only grow by what is needed once.
        commands::run(install.env_remove("CARGO_TARGET_DIR"))?;
        anyhow::ensure!(
            self.runs(&root, version),
            "{} does not run after its installation",
            program(&root, self.program).display()
        );
        Ok(root)
    }

    fn runs(&self, root: &Path, version: &str) -> bool {
        commands::output(Command::new(program(root, self.program)).arg("--version"))
            .is_some_and(|answer| answer.split_whitespace().any(|word| word == version))
    }
}

/// Where tools are kept.
fn tools_folder() -> Result<PathBuf> {
    let cache = dirs::cache_dir().context("this platform names no cache folder")?;
    Ok(cache.join("slicewise").join("tools"))
}

fn program(root: &Path, name: &str) -> PathBuf {
    root.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
