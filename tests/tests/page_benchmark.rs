//! The page's own benchmark in headless Chromium: `cargo xtask bench`.

use anyhow::{Result, ensure};
use slicewise_tests::page::Page;
use slicewise_tests::site;

#[tokio::test]
#[ignore = "needs dist/ and Chromium, and takes its time: cargo xtask bench"]
async fn the_page_measures_its_engine() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open(&format!("{}?debug=1", server.url())).await?;
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
    Ok(())
}
