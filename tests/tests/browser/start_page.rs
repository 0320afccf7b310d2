//! The bare address: what there is, before any program is fetched.

use anyhow::{Result, ensure};
use slicewise_tests::page::{Page, Screen};
use slicewise_tests::site;
use slicewise_xtask::planners::PLANNERS;

use crate::every_view::has_no_complaint;
use crate::key;

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_bare_address_shows_every_planner_and_fetches_no_program() -> Result<()> {
    let server = site::serve()?;
    for screen in [Screen::LAPTOP, Screen::PHONE, Screen::PHONE.in_the_dark()] {
        let page = Page::open_on(server.url(), screen).await?;
        for planner in &PLANNERS {
            let name = format!("start-{}", planner.name);
            page.wait_until("the start page", async || page.shows(&name).await).await?;
            let text = page.text(&name).await?;
            ensure!(text.contains(planner.title) && text.contains(planner.promise), "{text}");
        }
        let width = "return [document.documentElement.scrollWidth, innerWidth]";
        let (content, screen): (u32, u32) = page.evaluate(width, Vec::new()).await?;
        ensure!(content <= screen, "{content} pixels on a screen of {screen}");
        let selectors = ["#start .sentence", "#start h2", "#start li p", "#kept"];
        for drawn in page.drawn_texts(&selectors).await? {
            let contrast = drawn.ink.contrast(drawn.paper);
            ensure!(contrast >= slicewise_tests::contrast::LEAST_FOR_TEXT, "{drawn:?}");
        }
        has_no_complaint(&page).await?;
    }
    let requests = server.requests();
    ensure!(!requests.iter().any(|path| path.ends_with(".wasm")), "{requests:?}");
    ensure!(requests.iter().any(|path| path.contains("picture-")), "{requests:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_keyboard_opens_a_planner_and_the_name_leads_back() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open(server.url()).await?;
    page.wait_until("the start page", async || page.shows("start-twin").await).await?;
    page.press("start-twin", key::ENTER, 1).await?;
    page.wait_for("twin-app").await?;
    let click = "document.querySelector('.brand').click(); return true";
    page.evaluate::<bool>(click, Vec::new()).await?;
    page.wait_until("the start page", async || page.shows("start-slice").await).await?;
    page.click("start-slice").await?;
    page.wait_for("app").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn what_asks_for_something_opens_what_it_opened_before() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open("about:blank").await?;
    for query in ["#v1=%%%", "?embed=1", "?planner=slice", "?frame=x", "?demo=1", "?compute=cpu"] {
        page.go(&format!("{}{query}", server.url())).await?;
        page.wait_for("app").await?;
        ensure!(!page.has("start-slice").await?, "{query}");
    }
    Ok(())
}
