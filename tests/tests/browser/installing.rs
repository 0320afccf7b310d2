//! The site as an installed program and as a link that others show.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::planners::PLANNERS;

use crate::{planner, run_first, wait_until_kept};

/// What the head of a page tells those that show a link to it.
#[derive(Debug, Deserialize)]
struct Card {
    title: String,
    description: String,
    /// Width and height of the picture in pixels.
    picture: [f64; 2],
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_browser_finds_nothing_that_keeps_the_site_from_being_installed() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open(&crate::slice_at(&server)).await?;
    page.wait_for_rest().await?;
    let found = page.devtools("Page.getInstallabilityErrors", json!({})).await?;
    ensure!(found["installabilityErrors"] == json!([]), "{found}");
    let found = page.devtools("Page.getAppManifest", json!({})).await?;
    ensure!(found["errors"] == json!([]), "{found}");
    let manifest: Value = serde_json::from_str(found["data"].as_str().unwrap_or_default())?;
    let icons = manifest["icons"].as_array().context("the manifest has no icons")?;
    ensure!(icons.iter().any(|icon| icon["purpose"] == "maskable"), "{manifest}");
    let script = "return fetch(arguments[0]).then(file => file.blob())
        .then(createImageBitmap).then(image => `${image.width}x${image.height}`)";
    for icon in icons.iter().filter(|icon| icon["sizes"] != "any") {
        let size: String = page.evaluate(script, vec![icon["src"].clone()]).await?;
        ensure!(icon["sizes"] == size.as_str(), "{icon} is {size}");
    }
    let shortcuts = manifest["shortcuts"].as_array().map_or(0, Vec::len);
    ensure!(shortcuts == PLANNERS.len(), "{shortcuts} shortcuts");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn every_planner_has_a_page_that_opens_it_and_tells_what_it_is() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open("about:blank").await?;
    let script = "return fetch(location.href).then(page => page.text()).then(async text => {
        const head = new DOMParser().parseFromString(text, 'text/html').head;
        const told = name => head.querySelector(`meta[property='og:${name}']`).content;
        const file = await fetch(told('image'));
        const image = await createImageBitmap(await file.blob());
        return { title: told('title'), description: told('description'),
            picture: [image.width, image.height] };
    })";
    for planner in &PLANNERS {
        page.go(&format!("{}{}", server.url(), planner.page_file())).await?;
        page.wait_for(&format!("planner-{}", planner.name)).await?;
        let current = page.attribute(&format!("planner-{}", planner.name), "aria-current").await?;
        ensure!(current.as_deref() == Some("page"), "{} is not open", planner.name);
        let card: Card = page.evaluate(script, Vec::new()).await?;
        ensure!(card.title == planner.page_title, "{card:?}");
        ensure!(card.description == planner.promise && card.picture == [1200.0, 630.0], "{card:?}");
        // The page calls itself the same once it is there.
        let title: String = page.evaluate("return document.title", Vec::new()).await?;
        ensure!(title == planner.page_title, "{title}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_planners_own_page_opens_again_without_a_network() -> Result<()> {
    let server = site::serve()?;
    let url = format!("{}twin.html", server.url());
    let page = Page::open(&crate::slice_at(&server)).await?;
    page.wait_for_rest().await?;
    page.go(&url).await?;
    wait_until_kept(&page, planner("twin")?).await?;
    drop(server);
    let page = page.open_again(&url).await?;
    crate::wait_for_state(&page, "status", "done").await?;
    page.wait_for("twin-app").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn where_data_is_to_be_saved_the_other_planners_are_left_alone() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open("about:blank").await?;
    let script = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })";
    run_first(&page, script).await?;
    page.go(&crate::slice_at(&server)).await?;
    wait_until_kept(&page, planner("slice")?).await?;
    // Without that wish the others follow after five seconds.
    tokio::time::sleep(Duration::from_secs(7)).await;
    let requests = server.requests();
    ensure!(!requests.iter().any(|path| path.contains("slicewise-cells")), "{requests:?}");
    Ok(())
}
