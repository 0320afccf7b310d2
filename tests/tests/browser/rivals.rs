//! The race of methods.

use std::fs;

use anyhow::{Context, Result, ensure};
use slicewise_tests::page::Page;

use crate::wait_for_state;

/// The page on the tab Rivals, once its program is there.
async fn on_rivals() -> Result<(slicewise_xtask::site_server::SiteServer, Page)> {
    let (server, page) = crate::visit("?planner=slice&compute=cpu").await?;
    page.click("tab-rivals").await?;
    page.wait_for("race-run").await?;
    Ok((server, page))
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn methods_race_and_the_planner_proves_what_no_rival_undercuts() -> Result<()> {
    let (server, page) = on_rivals().await?;
    ensure!(
        !server.requests().iter().any(|path| path.contains("slicewise-slice-rivals_")),
        "the engine of rivals is fetched with the first race"
    );
    for slow in ["race-atlas-plus", "race-cadrl-plus"] {
        page.click(slow).await?;
    }
    page.click("race-run").await?;
    wait_for_state(&page, "race-status", "done").await?;
    let sentence = page.text("race-sentence").await?;
    ensure!(sentence.contains("proves") && sentence.contains("Of 5 rivals"), "{sentence}");
    let csv = fs::read_to_string(page.download("race-csv", ".csv").await?)?;
    let rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.split(',').collect()).collect();
    ensure!(rows.len() == 6 && rows[0][0] == "Slicewise", "{csv}");
    // The order of the table is that of the start.
    let excess = |row: &[&str]| row[3].parse::<f64>().context("no excess");
    let own = excess(&rows[0])?;
    for row in rows.iter().filter(|row| row[4] == "kept") {
        let other = excess(row)?;
        ensure!(other >= 0.0 && other > own - 0.02, "{row:?} beside {own}");
        ensure!(row[5].parse::<f64>()? > 0.0 && row[6].parse::<f64>()? > 0.0, "{row:?}");
    }
    ensure!(own <= 0.011, "{own} % above the bound");
    for chart in ["chart-race-seconds", "chart-race-rows", "chart-race-map"] {
        ensure!(page.has(chart).await?, "{chart}");
    }
    let lines: u32 = page
        .evaluate(
            "return document.querySelectorAll('[data-test=chart-race-rows] .i-slice-0').length",
            Vec::new(),
        )
        .await?;
    ensure!(lines == 1, "{lines} lines of the planner");
    // A question that moves leaves the race where it was, and says so.
    page.fill("number-qos", "4").await?;
    wait_for_state(&page, "race-status", "stale").await?;
    ensure!(page.text("race-sentence").await?.starts_with("Of an earlier question"));
    ensure!(page.complaints().await?.is_empty(), "{:?}", page.complaints().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_race_can_be_cancelled_and_who_races_is_in_the_link() -> Result<()> {
    let (_server, page) = on_rivals().await?;
    page.fill("race-seed", "7").await?;
    page.click("race-random").await?;
    page.click("race-cadrl").await?;
    page.click("race-run").await?;
    wait_for_state(&page, "race-status", "running").await?;
    page.click("race-run").await?;
    wait_for_state(&page, "race-status", "done").await?;
    ensure!(page.text("race-table").await?.contains("cancelled"));
    page.wait_until("the link to have the choice", async || {
        Ok(page.address().await?.contains("#v2="))
    })
    .await?;
    let chosen = async |page: &Page, name: &str| -> Result<bool> {
        let script = "return document.querySelector(`[data-test=\"${arguments[0]}\"]`).checked";
        page.evaluate(script, vec![serde_json::json!(name)]).await
    };
    let link = page.address().await?;
    let page = page.open_again(&link).await?;
    page.wait_for("race-run").await?;
    page.wait_until("the choice to come back", async || chosen(&page, "race-cadrl").await).await?;
    ensure!(!chosen(&page, "race-random").await? && page.value("race-seed").await? == "7");
    Ok(())
}
