//! `soak`: the page shows itself at speed for a while, and what its browser holds must not grow.

use std::process::Command;

use anyhow::{Result, bail};

use crate::chromium::Chromium;
use crate::commands;
use crate::site;
use crate::workspace::Workspace;

/// The variable that tells the test how long it runs, in minutes.
pub const MINUTES_VARIABLE: &str = "SLICEWISE_SOAK_MINUTES";

/// Builds the site where needed and has it show itself for `minutes`; prints what the browser held.
///
/// # Errors
/// Names the step that failed, or says how much the memory grew.
pub fn run(workspace: &Workspace, minutes: f64) -> Result<()> {
    if !(minutes > 0.0 && minutes.is_finite()) {
        bail!("--minutes is {minutes}; allowed: above 0");
    }
    site::ensure(workspace)?;
    Chromium::ensure()?;
    commands::run(
        Command::new("cargo")
            .args(["test", "--quiet", "-p", "slicewise-tests", "--test", "browser"])
            .args(["--", "--ignored", "--nocapture", "soak::"])
            .env(MINUTES_VARIABLE, minutes.to_string())
            .current_dir(workspace.root()),
    )
}
