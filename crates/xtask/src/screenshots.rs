//! `screenshots`: the README's pictures, one of each planner.

use std::process::Command;

use anyhow::Result;

use crate::chromium::Chromium;
use crate::commands;
use crate::site;
use crate::workspace::Workspace;

/// Builds the site where needed and writes a picture of each planner to docs/.
///
/// # Errors
/// Names the step that failed.
pub fn run(workspace: &Workspace) -> Result<()> {
    site::ensure(workspace)?;
    Chromium::ensure()?;
    commands::run(
        Command::new("cargo")
            .args(["test", "--quiet", "-p", "slicewise-tests", "--test", "screenshots"])
            .args(["--", "--ignored", "--nocapture"])
            .current_dir(workspace.root()),
    )
}
