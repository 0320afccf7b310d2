//! The page that shows itself.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use slicewise_tests::page::Page;

use crate::updates::Deployed;

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_tour_of_states_goes_on_until_somebody_touches_the_page() -> Result<()> {
    let site = Deployed::new()?;
    let stops = r#"[{ "planner": "twin", "state": "", "seconds": 3 },
        { "planner": "nobody", "state": "", "seconds": 3 },
        { "planner": "slice", "state": "", "seconds": 3 }]"#;
    fs::write(site.folder.path().join("stops.json"), stops)?;
    let query = "?planner=twin&demo=1&stops=stops.json";
    let page = Page::open(&format!("{}{query}", site.server.url())).await?;
    page.wait_for("twin-app").await?;
    let size = "return getComputedStyle(document.documentElement).fontSize";
    page.wait_until("large type", async || {
        Ok(page.evaluate::<String>(size, Vec::new()).await? == "18px")
    })
    .await?;
    page.wait_for("app").await?;
    page.wait_for("twin-app").await?;
    let touch = "dispatchEvent(new PointerEvent('pointerdown')); return location.href";
    page.wait_until("the tour to be there", async || {
        Ok(page.evaluate::<String>(size, Vec::new()).await? == "18px")
    })
    .await?;
    let before: String = page.evaluate(touch, Vec::new()).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    ensure!(page.address().await? == before, "{before}");
    ensure!(page.has("twin-app").await?);
    Ok(())
}
