//! The page in real headless Chromium: `cargo xtask test` builds the site and runs these, two at a
//! time, for each starts a browser of its own; those of `graphics` and `replanning` run alone.

mod accessibility;
mod cells_engine;
mod cells_view;
mod cells_view_files;
mod compute;
mod contrast_themes;
mod day;
mod embedding;
mod every_view;
mod exports;
mod faults;
mod first_view;
mod forecast_learning;
mod forecast_view;
mod graphics;
mod harness;
mod installing;
mod isolation;
mod kept;
mod kiosk;
mod links;
mod measured_plans;
mod number_boxes;
mod one_view;
mod opening;
mod own_allocation;
mod replanning;
mod rivals;
mod single_file;
mod soak;
mod start_page;
mod steps;
mod surface;
mod tour;
mod traffic_csv;
mod training;
mod twin_corrections;
mod twin_improve;
mod twin_map;
mod twin_view;
mod updates;

use anyhow::{Context, Result};
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::build_files::name_in_sources;
use slicewise_xtask::planners::{PLANNERS, Planner};
use slicewise_xtask::site_server::SiteServer;

/// Key codes of WebDriver (section 17.4.2) that the tests press.
mod key {
    pub const TAB: char = '\u{e004}';
    pub const ENTER: char = '\u{e007}';
    pub const ESCAPE: char = '\u{e00c}';
    pub const END: char = '\u{e010}';
    pub const HOME: char = '\u{e011}';
    pub const ARROW_UP: char = '\u{e013}';
    pub const ARROW_RIGHT: char = '\u{e014}';
}

/// Waits until the element's `data-state` is `state`.
async fn wait_for_state(page: &Page, name: &str, state: &str) -> Result<()> {
    page.wait_until(&format!("{name} to be {state}"), async || {
        Ok(page.attribute(name, "data-state").await?.as_deref() == Some(state))
    })
    .await
}

/// The planner of the table that `name` names.
fn planner(name: &str) -> Result<&'static Planner> {
    let found = PLANNERS.iter().find(|planner| planner.name == name);
    found.with_context(|| format!("the table has no planner {name}"))
}

/// Waits until the service worker keeps the page and all that the page of `planner` needs.
async fn wait_until_kept(page: &Page, planner: &Planner) -> Result<()> {
    let script = "return caches.open('slicewise').then(store => store.keys())
        .then(kept => kept.map(request => request.url))";
    let home: String = page.evaluate("return new URL('./', document.baseURI).href", vec![]).await?;
    page.wait_until("the planner's files to be kept", async || {
        let kept: Vec<String> = page.evaluate(script, Vec::new()).await?;
        let is_kept = |file: &String| {
            let address = format!("{home}{file}");
            kept.iter().any(|kept| name_in_sources(kept) == address)
        };
        Ok(kept.contains(&home) && planner.files().iter().all(is_kept))
    })
    .await
}

/// Runs `script` before anything else in every document that `page` opens from now on.
async fn run_first(page: &Page, script: &str) -> Result<()> {
    let parameters = serde_json::json!({ "source": script });
    page.devtools("Page.addScriptToEvaluateOnNewDocument", parameters).await?;
    Ok(())
}

/// The address of the Slice page.
fn slice_at(server: &SiteServer) -> String {
    format!("{}?planner=slice", server.url())
}

/// The built Slice page in a fresh browser, at rest; `query` is empty or starts with a question mark.
async fn visit(query: &str) -> Result<(SiteServer, Page)> {
    let server = site::serve()?;
    let query = if query.is_empty() { "?planner=slice" } else { query };
    let page = Page::open(&format!("{}{query}", server.url())).await?;
    page.wait_for_rest().await?;
    Ok((server, page))
}
