//! `bench`: the planner's times, natively and in headless Chromium.

use std::process::Command;

use anyhow::Result;

use crate::chromium::Chromium;
use crate::commands;
use crate::site;
use crate::workspace::Workspace;

/// Runs the command line's benchmarks of single plans and of batches, then the page's.
///
/// # Errors
/// Names the step that failed.
pub fn run(workspace: &Workspace) -> Result<()> {
    println!("natively:");
    for part in [&["bench"][..], &["bench", "batch"]] {
        commands::run(
            Command::new("cargo")
                .args(["run", "--release", "--quiet", "-p", "slicewise-cli", "--"])
                .args(part)
                .current_dir(workspace.root()),
        )?;
    }
    site::ensure(workspace)?;
    Chromium::ensure()?;
    println!("in headless Chromium:");
    commands::run(
        Command::new("cargo")
            .args(["test", "--quiet", "-p", "slicewise-tests"])
            .args(["--test", "page_benchmark", "--test", "twin_benchmark"])
            .args(["--test", "one_file_benchmark"])
            .args(["--", "--ignored", "--nocapture"])
            .current_dir(workspace.root()),
    )
}
