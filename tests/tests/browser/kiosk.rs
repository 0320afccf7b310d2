//! The page that shows itself.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::site_server::SiteOptions;

use crate::updates::Deployed;
use crate::wait_for_state;

/// Waits for the large type of a page that shows itself.
async fn wait_for_the_tour(page: &Page) -> Result<()> {
    let size = "return getComputedStyle(document.documentElement).fontSize";
    page.wait_until("large type", async || {
        Ok(page.evaluate::<String>(size, Vec::new()).await? == "18px")
    })
    .await
}

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
    wait_for_the_tour(&page).await?;
    page.wait_for("app").await?;
    page.wait_for("twin-app").await?;
    let touch = "dispatchEvent(new PointerEvent('pointerdown')); return location.href";
    wait_for_the_tour(&page).await?;
    let before: String = page.evaluate(touch, Vec::new()).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    ensure!(page.address().await? == before, "{before}");
    ensure!(page.has("twin-app").await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_tour_goes_on_where_its_list_or_a_page_does_not_arrive() -> Result<()> {
    let site = Deployed::new()?;
    let stops = r#"[{ "planner": "twin", "seconds": "soon" }, { "planner": "slice", "state": 7 }]"#;
    fs::write(site.folder.path().join("stops.json"), stops)?;
    let page = Page::open("about:blank").await?;
    for list in ["missing.json", "licences.txt", "stops.json"] {
        page.go(&format!("{}?planner=twin&demo=1&stops={list}", site.server.url())).await?;
        wait_for_the_tour(&page).await?;
        wait_for_state(&page, "status", "done").await?;
        // A stop without a length has the usual one.
        tokio::time::sleep(Duration::from_secs(2)).await;
        ensure!(page.has("twin-app").await?, "{list}");
    }
    let pages_instead = vec![("slicewise-twin-page_bg-".to_owned(), 404)];
    let site = site::serve_with(SiteOptions { pages_instead, ..SiteOptions::default() })?;
    page.go(&format!("{}?planner=twin&demo=1", site.url())).await?;
    wait_for_the_tour(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_tour_opens_the_new_build_once_slicewise_was_updated() -> Result<()> {
    let site = site::serve()?;
    let page = Page::open(&format!("{}?planner=twin&demo=1", site.url())).await?;
    wait_for_the_tour(&page).await?;
    let say = "window.isOld = true;
        const told = document.createElement('p');
        told.dataset.test = 'updated';
        document.getElementById('page').append(told);
        return true";
    page.evaluate::<bool>(say, Vec::new()).await?;
    page.wait_until("the page to be opened anew", async || {
        page.evaluate("return window.isOld === undefined", Vec::new()).await
    })
    .await
}
