//! The native `slicewise` command, as a script would call it.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use slicewise_xtask::workspace::Workspace;

/// What `slicewise plan slice --problem FILE --json` prints.
///
/// # Errors
/// Repeats what the command complains about.
pub fn plan_slice(problem: &Path) -> Result<Value> {
    let output = slicewise()?
        .args(["plan", "slice", "--json", "--problem"])
        .arg(problem)
        .stdin(Stdio::null())
        .output()
        .context("cannot start slicewise")?;
    ensure!(
        output.status.success(),
        "slicewise failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).with_context(|| {
        format!("slicewise printed no JSON: {}", String::from_utf8_lossy(&output.stdout))
    })
}

/// The program named by the environment variable `SLICEWISE_BIN`, or what cargo builds.
///
/// # Errors
/// When the workspace is not found.
pub fn slicewise() -> Result<Command> {
    if let Some(program) = std::env::var_os("SLICEWISE_BIN") {
        return Ok(Command::new(program));
    }
    let mut cargo = Command::new("cargo");
    cargo.args(["run", "--quiet", "--package", "slicewise-cli", "--"]);
    cargo.current_dir(Workspace::locate()?.root());
    Ok(cargo)
}
