//! `serve`: the site on this machine, as a static host would deliver it.

use anyhow::{Context, Result};

use crate::site;
use crate::site_server::{SiteOptions, SiteServer};
use crate::workspace::Workspace;

/// Ports that are tried where none is asked for.
const PORTS: std::ops::Range<u16> = 8080..8100;

/// Sets up and builds what is missing, serves dist/ until the process ends, and opens a browser if
/// `open` says so and there is one. The first page opens while the others are still being built.
///
/// # Errors
/// Names the step that failed or the port that is taken.
pub fn serve(workspace: &Workspace, port: Option<u16>, open: bool) -> Result<()> {
    let mut server = None;
    site::ensure_in_stages(workspace, || {
        let started = start(workspace, port)?;
        println!("Slicewise is at {} (Ctrl+C ends it)", started.url());
        if open && has_display() && open::that_detached(started.url()).is_err() {
            println!("no browser could be opened: open the address by hand");
        }
        server = Some(started);
        Ok(())
    })?;
    println!("all planners are there");
    server.context("nothing is served")?.wait()
}

fn start(workspace: &Workspace, port: Option<u16>) -> Result<SiteServer> {
    let start = |port| SiteServer::start(&workspace.dist(), port, SiteOptions::default());
    match port {
        Some(port) => start(port),
        None => PORTS
            .map(start)
            .find_map(Result::ok)
            .with_context(|| format!("no port from {} to {} is free", PORTS.start, PORTS.end - 1)),
    }
}

/// Without a display, xdg-open would start a text browser in the terminal.
fn has_display() -> bool {
    !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some())
}
