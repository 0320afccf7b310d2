//! The page's own benchmark in headless Chromium: `cargo xtask bench`.

use anyhow::{Result, ensure};
use slicewise_tests::page::{Page, Screen};
use slicewise_tests::site;

/// A count as the page writes it.
fn number_text(count: usize) -> String {
    if count < 1000 { count.to_string() } else { format!("{},{:03}", count / 1000, count % 1000) }
}

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
    page.click("tab-what-if").await?;
    for points in [4, 16, 64] {
        for axis in ["x", "y"] {
            page.fill(&format!("surface-{axis}-points"), &points.to_string()).await?;
        }
        page.click("surface-run").await?;
        let plans = format!("{} plans", number_text(points * points));
        page.wait_until("the surface", async || {
            Ok(page.attribute("surface-status", "data-state").await?.as_deref() == Some("done")
                && page.text("surface-status").await?.contains(&plans))
        })
        .await?;
        println!("{}", page.text("surface-status").await?);
    }
    Ok(())
}
