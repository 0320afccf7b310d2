//! The built site behind a server of its own.

use std::path::PathBuf;

use anyhow::Result;
use slicewise_xtask::site_server::{SiteOptions, SiteServer};
use slicewise_xtask::workspace::Workspace;

/// Where the site lies: the environment variable `SLICEWISE_DIST`, or the workspace's dist/.
///
/// # Errors
/// Says so if there is no workspace around the tests.
pub fn dist() -> Result<PathBuf> {
    match std::env::var_os("SLICEWISE_DIST") {
        Some(folder) => Ok(folder.into()),
        None => Ok(Workspace::locate()?.dist()),
    }
}

/// Serves the built site at the root of a free port.
///
/// # Errors
/// Says so if the site has not been built.
pub fn serve() -> Result<SiteServer> {
    serve_with(SiteOptions::default())
}

/// Serves the built site on a free port.
///
/// # Errors
/// Says so if the site has not been built.
pub fn serve_with(options: SiteOptions) -> Result<SiteServer> {
    SiteServer::start(&dist()?, 0, options)
}
