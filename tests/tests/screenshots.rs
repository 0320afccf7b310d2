//! The README's pictures: `cargo xtask screenshots`.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::planners::PLANNERS;
use slicewise_xtask::workspace::Workspace;

#[tokio::test]
#[ignore = "needs dist/ and Chromium, and writes docs/*.png: cargo xtask screenshots"]
async fn every_planner_on_a_laptop() -> Result<()> {
    let server = site::serve()?;
    let docs = Workspace::locate()?.root().join("docs");
    for planner in &PLANNERS {
        let page = Page::open(&format!("{}?planner={}", server.url(), planner.name)).await?;
        page.wait_for("status").await?;
        // What the page plans beside its answer, and charts that fade in.
        tokio::time::sleep(Duration::from_secs(5)).await;
        page.wait_for_end_of("busy").await?;
        let path = docs.join(format!("{}.png", planner.name));
        fs::write(&path, page.screenshot().await?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        println!("wrote {}", path.display());
    }
    Ok(())
}
