//! One file that holds a planner, or all of them: from a disk, in a sandboxed frame, beside the site.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::one_file::{BuiltSite, Choice};
use slicewise_xtask::planners::PLANNERS;
use slicewise_xtask::site_server::{SiteOptions, SiteServer};
use slicewise_xtask::workspace::Workspace;
use tempfile::TempDir;

use crate::every_view::has_no_complaint;
use crate::updates::Deployed;
use crate::{key, wait_for_state, wait_until_kept};

/// Three rows that a spreadsheet writes.
const SERIES: &str = "time,users_per_second\n0,1.5\n1,2.5\n2,4.5\n";

/// Writes the one file with the planner `name`, or `all`, to a folder of its own.
fn write(name: &str) -> Result<(TempDir, PathBuf)> {
    let choice = Choice::named(name)?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join(choice.file_name());
    let mut site = BuiltSite::read(&Workspace::locate()?, &site::dist()?)?;
    fs::write(&file, site.one_file(choice, false)?)?;
    Ok((folder, file))
}

fn address(file: &Path) -> String {
    format!("file://{}", file.display())
}

/// Waits for the answer to the question that the page of `planner` opens with.
async fn wait_for_answer(page: &Page, planner: &str) -> Result<()> {
    match planner {
        "slice" => page.wait_for_rest().await,
        _ => wait_for_state(page, "status", "done").await,
    }
}

/// Moves a slider of `planner` and waits until another answer follows.
async fn move_a_slider(page: &Page, planner: &str) -> Result<()> {
    let (slider, answer, figure) = match planner {
        "slice" => ("slider-qos", "cost", "data-value"),
        "cells" => {
            page.click("tab-cell").await?;
            page.wait_for("cell-sentence").await?;
            ("cell-requires-0", "cell-sentence", "data-shares")
        }
        "forecast" => ("slider-revenue", "status", "data-cost"),
        _ => ("slider-traffic", "status", "data-longest-delay-s"),
    };
    let before = page.attribute(answer, figure).await?;
    ensure!(before.is_some(), "{planner} shows no {answer}");
    page.press(slider, key::ARROW_RIGHT, 12).await?;
    page.wait_until("another answer", async || {
        let now = page.attribute(answer, figure).await?;
        Ok(now.is_some() && now != before)
    })
    .await
}

/// Checks that the tab asked for nothing but `file` and what lies in it.
async fn asked_nobody(page: &Page, file: &Path) -> Result<()> {
    let own = address(file);
    let addresses = page.requested_addresses().await?;
    ensure!(addresses.iter().any(|address| address.starts_with(&own)), "{addresses:?}");
    // The browser's own first page has addresses of its own.
    let asks = |address: &&String| ["http", "ws", "file"].iter().any(|p| address.starts_with(p));
    let strays: Vec<&String> =
        addresses.iter().filter(asks).filter(|address| !address.starts_with(&own)).collect();
    ensure!(strays.is_empty(), "{strays:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn every_planners_own_file_answers_and_replans_from_a_disk_and_asks_nobody() -> Result<()> {
    let page = Page::open("about:blank").await?;
    for planner in &PLANNERS {
        let (_folder, file) = write(planner.name)?;
        page.go(&address(&file)).await?;
        wait_for_answer(&page, planner.name).await?;
        move_a_slider(&page, planner.name).await?;
        ensure!(!page.shows("planner-slice").await?, "the others are not inside");
        has_no_complaint(&page).await?;
        asked_nobody(&page, &file).await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_file_with_all_planners_leads_from_one_to_the_other() -> Result<()> {
    let (_folder, file) = write("all")?;
    let page = Page::open(&address(&file)).await?;
    wait_for_answer(&page, "slice").await?;
    for planner in ["cells", "forecast", "twin"] {
        page.click(&format!("planner-{planner}")).await?;
        page.wait_for(&format!("{planner}-app")).await?;
        wait_for_answer(&page, planner).await?;
    }
    has_no_complaint(&page).await?;
    asked_nobody(&page, &file).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn it_reads_a_table_fetches_a_network_from_itself_and_keeps_its_state() -> Result<()> {
    let (_folder, file) = write("slice")?;
    let page = Page::open(&address(&file)).await?;
    page.wait_for_rest().await?;
    page.choose("traffic-kind", "csv").await?;
    page.wait_for_rest().await?;
    let before = page.plan().await?;
    let table = file.with_file_name("traffic.csv");
    fs::write(&table, SERIES)?;
    page.upload("csv-file", &table).await?;
    page.wait_until("the file's summary", async || {
        Ok(page.text("csv-summary").await?.contains("3 rows"))
    })
    .await?;
    page.wait_for_rest().await?;
    let planned = page.plan().await?;
    ensure!(!planned.is_near(&before, 1e-6), "{planned:?}");
    page.choose("model", "testbed-mixture").await?;
    page.wait_until("a plan by the other network", async || {
        Ok(!page.plan().await?.is_near(&planned, 1e-6))
    })
    .await?;
    page.wait_for_rest().await?;
    let (plan, link) = (page.plan().await?, crate::every_view::settled_address(&page).await?);
    ensure!(link.starts_with("file://") && link.contains("#v"), "{link}");
    page.go(&link).await?;
    page.wait_for_rest().await?;
    ensure!(page.plan().await?.is_near(&plan, 1e-6));
    has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_sandboxed_frame_answers_and_replans() -> Result<()> {
    let (folder, _) = write("twin")?;
    let host = "<!doctype html><title>host</title><link rel=\"icon\" href=\"data:,\">
        <iframe sandbox=\"allow-scripts\" width=\"1200\" height=\"800\" src=\"slicewise-twin.html\">";
    fs::write(folder.path().join("index.html"), host)?;
    let policy = "frame-src 'self'".to_owned();
    let server =
        SiteServer::start(folder.path(), 0, SiteOptions { policy, ..SiteOptions::default() })?;
    let page = Page::open(&crate::slice_at(&server)).await?;
    page.enter_frame("iframe").await?;
    ensure!(page.evaluate::<String>("return self.origin", Vec::new()).await? == "null");
    wait_for_answer(&page, "twin").await?;
    move_a_slider(&page, "twin").await?;
    has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn it_carries_the_notices_of_the_licences() -> Result<()> {
    let (_folder, file) = write("cells")?;
    let page = Page::open(&address(&file)).await?;
    wait_for_answer(&page, "cells").await?;
    let click = "document.querySelector('footer a').click(); return true";
    page.evaluate::<bool>(click, Vec::new()).await?;
    let text = "return document.getElementById('licences')?.textContent ?? ''";
    page.wait_until("the notices", async || {
        let text: String = page.evaluate(text, Vec::new()).await?;
        Ok(text.contains("wasm-bindgen 0") && text.contains("Permission is hereby granted"))
    })
    .await?;
    page.evaluate::<bool>(click, Vec::new()).await?;
    ensure!(page.evaluate::<String>(text, Vec::new()).await?.is_empty());
    has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn beside_the_site_it_is_not_kept_by_the_service_worker() -> Result<()> {
    let site = Deployed::new()?;
    let (_folder, file) = write("twin")?;
    let name = file.file_name().context("a file has a name")?;
    fs::copy(&file, site.folder.path().join(name))?;
    let page = Page::open(&format!("{}?planner=twin", site.server.url())).await?;
    wait_for_answer(&page, "twin").await?;
    wait_until_kept(&page, crate::planner("twin")?).await?;
    let got = "return fetch(arguments[0]).then(file => file.text()).then(text => text.length)";
    let length: u64 = page.evaluate(got, vec![name.to_string_lossy().into()]).await?;
    ensure!(length > 1_000_000, "{length}");
    let kept = "return caches.open('slicewise').then(store => store.keys())
        .then(kept => kept.map(request => request.url))";
    let kept: Vec<String> = page.evaluate(kept, Vec::new()).await?;
    ensure!(!kept.iter().any(|url| url.ends_with("slicewise-twin.html")), "{kept:?}");
    Ok(())
}
