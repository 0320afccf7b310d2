//! `cargo xtask fuzz`: damaged files of every format, for as long as is asked.

use std::process::Command;

use anyhow::Result;

use crate::commands;
use crate::workspace::Workspace;

/// Runs the test of damaged files for `minutes`, and prints how many inputs of each format were tried.
///
/// # Errors
/// When one panics, hangs or cannot be run.
pub fn run(workspace: &Workspace, minutes: f64) -> Result<()> {
    let mut command = Command::new("cargo");
    command.args(["test", "--workspace", "--test", "fuzz", "--", "--nocapture"]);
    command.env("SLICEWISE_FUZZ_SECONDS", (60.0 * minutes).to_string());
    commands::run(command.current_dir(workspace.root()))
}
