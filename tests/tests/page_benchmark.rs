//! The page's own benchmark in headless Chromium: `cargo xtask bench`.

use anyhow::{Result, ensure};
use slicewise_tests::page::{Page, Screen};
use slicewise_tests::site;

/// Batches take longer than one wait: so often it is waited.
const WAITS: usize = 10;

#[tokio::test]
#[ignore = "needs dist/ and Chromium, and takes its time: cargo xtask bench"]
async fn the_page_measures_its_engine_and_its_batches() -> Result<()> {
    let server = site::serve()?;
    let screen = Screen::LAPTOP.with_graphics();
    let page = Page::open_on(&format!("{}?debug=1", server.url()), screen).await?;
    page.wait_for_rest().await?;
    page.click("run-benchmark").await?;
    page.wait_until("the benchmark", async || {
        Ok(page.has("benchmark").await? && page.text("benchmark").await?.contains("ms"))
    })
    .await?;
    page.wait_for_rest().await?;
    let table = page.text("benchmark").await?;
    ensure!(table.contains("ms"), "{table}");
    println!("{table}");
    let done = async || {
        Ok(page.attribute("batch-benchmark", "data-state").await?.as_deref() == Some("done"))
    };
    let mut waited = page.wait_until("the batches", done).await;
    for _ in 1..WAITS {
        if waited.is_ok() {
            break;
        }
        waited = page.wait_until("the batches", done).await;
    }
    waited?;
    let table = page.text("batch-benchmark").await?;
    ensure!(table.contains("4,096 plans"), "{table}");
    println!("{table}");
    Ok(())
}
