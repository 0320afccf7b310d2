//! The page in real headless Chromium: `cargo xtask test` builds the site and runs these, one at a
//! time (`--test-threads 1`), for each starts a browser of its own.

mod accessibility;
mod cells_engine;
mod cells_view;
mod cells_view_files;
mod compute;
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
mod isolation;
mod links;
mod replanning;
mod surface;
mod traffic_csv;
mod training;

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

/// Beginnings and endings of the names of what the Slice planner needs.
const SLICE_FILES: [(&str, &str); 5] = [
    ("/slicewise-app-", ".js"),
    ("/slicewise-app-", ".wasm"),
    ("/slicewise-engine_loader", ".js"),
    ("/slicewise-engine.", "js"),
    ("/slicewise-engine_bg", ".wasm"),
];
/// The same for the Cells planner.
const CELLS_FILES: [(&str, &str); 6] = [
    ("/slicewise-cells-page", ".js"),
    ("/slicewise-cells-page_bg", ".wasm"),
    ("/slicewise-cells_loader", ".js"),
    ("/slicewise-cells.", "js"),
    ("/slicewise-cells_bg", ".wasm"),
    ("/slicewise-cells.", "css"),
];

/// The same for the Forecast planner.
const FORECAST_FILES: [(&str, &str); 8] = [
    ("/slicewise-forecast-page", ".js"),
    ("/slicewise-forecast-page_bg", ".wasm"),
    ("/slicewise-forecast_loader", ".js"),
    ("/slicewise-forecast.", "js"),
    ("/slicewise-forecast_bg", ".wasm"),
    ("/slicewise-forecast.", "css"),
    ("/slicewise-forecast-models/video-streaming/", "card.json"),
    ("/slicewise-forecast-models/video-streaming/", "weights.safetensors"),
];

/// Waits until the service worker keeps all of `files`.
async fn wait_until_kept(page: &Page, files: &[(&str, &str)]) -> Result<()> {
    let script = "return caches.open('slicewise').then(store => store.keys())
        .then(kept => kept.map(request => request.url))";
    page.wait_until("the planner's files to be kept", async || {
        let kept: Vec<String> = page.evaluate(script, Vec::new()).await?;
        let is_kept = |(start, end): &(&str, &str)| {
            kept.iter().any(|url| url.contains(start) && url.ends_with(end))
        };
        Ok(files.iter().all(is_kept))
    })
    .await
}

/// Runs `script` before anything else in every document that `page` opens from now on.
async fn run_first(page: &Page, script: &str) -> Result<()> {
    let parameters = serde_json::json!({ "source": script });
    page.devtools("Page.addScriptToEvaluateOnNewDocument", parameters).await?;
    Ok(())
}

/// The built page in a fresh browser, at rest; `query` is empty or starts with a question mark.
async fn visit(query: &str) -> Result<(SiteServer, Page)> {
    let server = site::serve()?;
    let page = Page::open(&format!("{}{query}", server.url())).await?;
    page.wait_for_rest().await?;
    Ok((server, page))
}
