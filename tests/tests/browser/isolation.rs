//! The site keeps to itself: one origin, a strict policy, any folder.

use anyhow::{Result, ensure};
use slicewise_tests::page::Page;
use slicewise_tests::site;

use crate::{every_view, key, planner, wait_until_kept};

/// Uses what could ask the network for something.
async fn use_the_page(page: &Page) -> Result<()> {
    page.wait_for_rest().await?;
    page.press("slider-qos", key::ARROW_RIGHT, 2).await?;
    page.choose("model", "testbed-mixture").await?;
    page.choose("traffic-kind", "csv").await?;
    page.click("csv-example").await?;
    page.wait_for_rest().await?;
    page.download("export-plan-json", ".json").await?;
    page.wait_for_rest().await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn no_request_leaves_the_origin() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open(&crate::slice_at(&server)).await?;
    use_the_page(&page).await?;
    let addresses = every_view::keeps_to_its_origin(&server, &page).await?;
    ensure!(addresses.iter().any(|address| address.ends_with(".wasm")), "{addresses:?}");
    let requests = server.requests();
    ensure!(requests.iter().any(|path| path.contains("slicewise-slice-engine")), "{requests:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_page_works_under_a_strict_policy_without_a_complaint() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open(&crate::slice_at(&server)).await?;
    use_the_page(&page).await?;
    every_view::has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_page_works_below_a_path() -> Result<()> {
    let server = every_view::serve_below_a_path()?;
    let page = Page::open(&crate::slice_at(&server)).await?;
    use_the_page(&page).await?;
    every_view::keeps_to_its_path(&server, &page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_page_opens_again_without_a_network() -> Result<()> {
    let (server, page) = crate::visit("").await?;
    let url = crate::slice_at(&server);
    let plan = page.plan().await?;
    wait_until_kept(&page, planner("slice")?).await?;
    drop(server);
    let page = page.open_again(&url).await?;
    page.wait_for_rest().await?;
    ensure!(page.plan().await?.is_near(&plan, 1e-6));
    Ok(())
}
