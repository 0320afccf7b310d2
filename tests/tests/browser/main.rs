//! The page in real headless Chromium: `cargo xtask test` builds the site and runs these, one at a
//! time (`--test-threads 1`), for each starts a browser of its own.

mod accessibility;
mod embedding;
mod exports;
mod faults;
mod first_view;
mod harness;
mod isolation;
mod links;
mod replanning;
mod traffic_csv;

use anyhow::Result;
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::site_server::SiteServer;

/// Key codes of WebDriver (section 17.4.2) that the tests press.
mod key {
    pub const TAB: char = '\u{e004}';
    pub const ENTER: char = '\u{e007}';
    pub const END: char = '\u{e010}';
    pub const HOME: char = '\u{e011}';
    pub const ARROW_RIGHT: char = '\u{e014}';
}

/// The built page in a fresh browser, at rest; `query` is empty or starts with a question mark.
async fn visit(query: &str) -> Result<(SiteServer, Page)> {
    let server = site::serve()?;
    let page = Page::open(&format!("{}{query}", server.url())).await?;
    page.wait_for_rest().await?;
    Ok((server, page))
}
