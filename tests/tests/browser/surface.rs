//! The what-if surface.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use slicewise_tests::page::{Page, Screen, near};
use slicewise_tests::site;
use slicewise_xtask::site_server::SiteServer;

use crate::{key, run_first, wait_for_state};

/// How closely a plan of the pool and the planner's own agree: the pool's has no proof, and adopting
/// rounds both quantities to four digits.
const AGREEMENT: f64 = 1e-3;

/// The page on the surface's tab, with so many points along each axis.
async fn on_surface(query: &str, points: usize) -> Result<(SiteServer, Page)> {
    let (server, page) = crate::visit(query).await?;
    open_tab(&page, points).await?;
    Ok((server, page))
}

async fn open_tab(page: &Page, points: usize) -> Result<()> {
    page.click("tab-what-if").await?;
    for axis in ["x", "y"] {
        page.fill(&format!("surface-{axis}-points"), &points.to_string()).await?;
    }
    Ok(())
}

async fn compute(page: &Page) -> Result<()> {
    page.click("surface-run").await?;
    wait_for_state(page, "surface-status", "done").await
}

/// The rows of a saved table, without its header.
fn rows(file: &Path) -> Result<Vec<Vec<String>>> {
    let text = fs::read_to_string(file)?;
    let lines = text.lines().skip(1).filter(|line| !line.is_empty());
    Ok(lines.map(|line| line.split(',').map(str::to_owned).collect()).collect())
}

fn number(cell: &str) -> Result<f64> {
    cell.parse().with_context(|| format!("{cell:?} is no number"))
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_surface_has_a_plan_in_every_cell() -> Result<()> {
    let (_server, page) = on_surface("?compute=cpu", 20).await?;
    ensure!(!page.has("chart-surface").await?, "there is nothing before it is asked for");
    compute(&page).await?;
    let rows = rows(&page.download("save-csv-surface", ".csv").await?)?;
    ensure!(rows.len() == 400, "{} rows", rows.len());
    let mut kept = 0;
    for row in &rows {
        ensure!(row.len() == 9 && ["yes", "no"].contains(&row[7].as_str()), "{row:?}");
        for cell in &row[..7] {
            ensure!(number(cell)?.is_finite(), "{row:?}");
        }
        kept += usize::from(row[7] == "yes");
    }
    ensure!(kept > 200 && kept < 400, "{kept} of 400 keep the promise");
    ensure!(page.complaints().await?.is_empty());
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_pools_plan_at_a_point_is_the_planners() -> Result<()> {
    let (_server, page) = on_surface("?compute=cpu", 12).await?;
    compute(&page).await?;
    let table = rows(&page.download("save-csv-surface", ".csv").await?)?;
    // The click lands on the middle of the chart and adopts the cell there.
    page.click("plot-surface").await?;
    page.wait_for_rest().await?;
    let (traffic, threshold): (f64, f64) =
        (page.value("number-traffic").await?.parse()?, page.value("number-qos").await?.parse()?);
    ensure!((traffic, threshold) != (3.0, 5.0), "nothing was adopted");
    let mut found = None;
    for row in &table {
        if near(number(&row[0])?, traffic, 1e-3) && near(number(&row[1])?, threshold, 1e-3) {
            found = Some(row);
        }
    }
    let row = found.with_context(|| format!("no cell at {traffic}, {threshold}"))?;
    let plan = page.plan().await?;
    ensure!(near(plan.cost, number(&row[4])?, AGREEMENT), "{plan:?} against {row:?}");
    ensure!(page.attribute("surface-status", "data-state").await?.as_deref() == Some("done"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn arrow_keys_read_a_plan_and_enter_adopts_it() -> Result<()> {
    let (_server, page) = on_surface("?compute=cpu", 9).await?;
    compute(&page).await?;
    page.press("plot-surface", key::ARROW_RIGHT, 1).await?;
    page.type_key(key::ARROW_UP, 1).await?;
    // From the cell of 3 users/s and about 5 Mbit/s one step of 0.5 and of 1.4375.
    let reading = page.text("reading-surface").await?;
    ensure!(reading.starts_with("3.5 users/s and "), "{reading}");
    ensure!(reading.contains("millicores") && reading.contains("cost"), "{reading}");
    page.type_key(key::ENTER, 1).await?;
    page.wait_for_rest().await?;
    ensure!(page.value("number-traffic").await? == "3.5");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_quick_surface_follows_the_controls() -> Result<()> {
    let (_server, page) = on_surface("?compute=cpu", 6).await?;
    compute(&page).await?;
    let before = fs::read_to_string(page.download("save-csv-surface", ".csv").await?)?;
    page.fill("number-price-cpu", "3").await?;
    page.wait_until("another surface", async || {
        let state = page.attribute("surface-status", "data-state").await?;
        if state.as_deref() != Some("done") {
            return Ok(false);
        }
        let after = fs::read_to_string(page.download("save-csv-surface", ".csv").await?)?;
        Ok(after != before)
    })
    .await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_surface_that_took_long_is_marked_stale_until_it_is_asked_for() -> Result<()> {
    let (server, page) = crate::visit("").await?;
    // With a clock that runs fast every surface takes long.
    let fast =
        "const now = performance.now.bind(performance); performance.now = () => 1000 * now()";
    run_first(&page, fast).await?;
    page.go(&format!("{}?compute=cpu", server.url())).await?;
    page.wait_for_rest().await?;
    open_tab(&page, 6).await?;
    compute(&page).await?;
    page.fill("number-price-cpu", "3").await?;
    wait_for_state(&page, "surface-status", "stale").await?;
    page.wait_for_rest().await?;
    ensure!(page.attribute("surface-status", "data-state").await?.as_deref() == Some("stale"));
    compute(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_surface_can_be_cancelled_and_asked_for_again() -> Result<()> {
    let (_server, page) = on_surface("?compute=cpu&workers=1", 128).await?;
    page.click("surface-run").await?;
    wait_for_state(&page, "surface-status", "running").await?;
    page.click("surface-run").await?;
    page.wait_until("the end of the run", async || {
        let state = page.attribute("surface-status", "data-state").await?;
        Ok(matches!(state.as_deref(), Some("stopped" | "idle")))
    })
    .await?;
    for axis in ["x", "y"] {
        page.fill(&format!("surface-{axis}-points"), "5").await?;
    }
    compute(&page).await?;
    ensure!(rows(&page.download("save-csv-surface", ".csv").await?)?.len() == 25);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn axes_out_of_range_are_named_beside_them() -> Result<()> {
    let (_server, page) = on_surface("?compute=cpu", 8).await?;
    page.fill("surface-y-to", "500").await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.starts_with("to is 500; allowed: "), "{text}");
    ensure!(page.value("surface-y-points").await? == "8");
    page.fill("surface-y-to", "9").await?;
    page.wait_for_end_of("error").await?;
    compute(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_link_reproduces_the_tab_and_the_axes() -> Result<()> {
    let (_server, page) = on_surface("?compute=cpu", 7).await?;
    page.choose("surface-x", "capacity-cpu").await?;
    page.choose("surface-shown", "bandwidth").await?;
    page.fill("surface-y-from", "2").await?;
    page.wait_for_rest().await?;
    page.wait_until("the address to follow", async || Ok(page.address().await?.contains("#v2=")))
        .await?;
    let controls = page.control_values().await?;
    // The address follows the controls after a rest.
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    let other = Page::open(&page.address().await?).await?;
    other.wait_for_rest().await?;
    ensure!(other.shows("panel-what-if").await? && !other.shows("panel-why").await?);
    ensure!(other.control_values().await? == controls, "{:?}", other.control_values().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_crashed_worker_costs_no_plan() -> Result<()> {
    let (server, page) = crate::visit("").await?;
    // The planner's own engine is the first worker; the next two break once.
    let breaking = "
        window.slicewiseWorkers = 0;
        const Real = window.Worker;
        window.Worker = class extends Real {
            constructor(...given) {
                super(...given);
                this.number = window.slicewiseWorkers++;
                this.jobs = 0;
            }
            postMessage(message) {
                super.postMessage(message);
                if (!message.Start) return;
                this.jobs += 1;
                if ((this.number === 1 || this.number === 2) && this.jobs === 2) {
                    this.terminate();
                    setTimeout(() => this.dispatchEvent(
                        new ErrorEvent('error', { message: 'broken on purpose' })), 50);
                }
            }
        }";
    run_first(&page, breaking).await?;
    page.go(&format!("{}?compute=cpu&workers=3", server.url())).await?;
    page.wait_for_rest().await?;
    open_tab(&page, 24).await?;
    compute(&page).await?;
    let started: usize = page.evaluate("return window.slicewiseWorkers", Vec::new()).await?;
    ensure!(
        started == 6,
        "{started} workers: the planner's, three of the pool, two in their place"
    );
    let rows = rows(&page.download("save-csv-surface", ".csv").await?)?;
    ensure!(rows.len() == 576 && rows.iter().all(|row| !row[7].is_empty()));
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_phone_shows_the_surface_and_the_day_without_sideways_scrolling() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open_on(&format!("{}?compute=cpu", server.url()), Screen::PHONE).await?;
    page.wait_for_rest().await?;
    open_tab(&page, 6).await?;
    compute(&page).await?;
    for tab in ["tab-what-if", "tab-day"] {
        page.click(tab).await?;
        let script = "return [document.documentElement.scrollWidth, innerWidth]";
        let (content, screen): (u32, u32) = page.evaluate(script, Vec::new()).await?;
        ensure!(content <= screen, "{content} pixels on a screen of {screen} on {tab}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn arrow_keys_go_round_the_tabs() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    page.press("tab-why", key::ARROW_RIGHT, 1).await?;
    ensure!(page.shows("panel-what-if").await? && !page.shows("chart-landscape").await?);
    page.type_key(key::ARROW_RIGHT, 3).await?;
    ensure!(page.shows("chart-landscape").await?);
    Ok(())
}
