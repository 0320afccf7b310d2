//! The Twin tabs that improve a network or find what is wrong with it, which are a program of their own.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use slicewise_tests::page::{Page, Screen};

use crate::every_view::{self, number, settled_address};
use crate::twin_view::{visit, visit_on};
use crate::wait_for_state;

/// The tabs of the annex.
const TABS: [&str; 3] = ["routing", "growth", "measurements"];

/// Rows of the edits' list.
async fn edits(page: &Page) -> Result<usize> {
    let script = "return document.querySelectorAll('[data-test=edit]').length";
    page.evaluate(script, Vec::new()).await
}

/// The text of a cell of the first row of a table.
async fn first_row(page: &Page, table: &str, column: usize) -> Result<String> {
    let script = "return document.querySelector(`[data-test=${arguments[0]}] tbody tr`)
        ?.children[arguments[1]]?.textContent ?? ''";
    page.evaluate(script, vec![Value::from(table), Value::from(column)]).await
}

/// Opens a tab of the annex and waits for it.
async fn open(page: &Page, tab: &str, part: &str) -> Result<()> {
    page.click(&format!("tab-{tab}")).await?;
    page.wait_for(part).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn their_program_and_engine_are_fetched_with_the_first_of_them() -> Result<()> {
    let (server, page) = visit().await?;
    let fetched = |name: &str| server.requests().iter().any(|path| path.contains(name));
    ensure!(!fetched("twin-improve"), "{:?}", server.requests());
    open(&page, "routing", "routing-run").await?;
    ensure!(fetched("slicewise-twin-improve-annex") && fetched("slicewise-twin-improver"));
    for (tab, part) in TABS.into_iter().zip(["routing-run", "growth-run", "measured-file"]) {
        open(&page, tab, part).await?;
    }
    // One program for all of them, in whichever tab is open.
    let times = server.requests().iter().filter(|path| path.contains("improve-annex_bg")).count();
    ensure!(times == 1, "{times}");
    every_view::has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_better_routing_is_found_with_its_bound_and_taken_over() -> Result<()> {
    let (_server, page) = visit().await?;
    let before = number(&page, "status", "data-utilisation").await?;
    open(&page, "routing", "routing-run").await?;
    page.fill("routing-seconds", "0.5").await?;
    page.click("routing-run").await?;
    wait_for_state(&page, "routing-status", "done").await?;
    page.wait_for("routing-take-over").await?;
    let text = page.text("routing-sentence").await?;
    ensure!(
        text.contains(" falls from ") && text.contains("no routing can do better than "),
        "{text}"
    );
    // The map shows the difference without being asked.
    page.wait_until("the key of the difference", async || {
        Ok(page.text("map-key").await?.contains("Difference of utilisation"))
    })
    .await?;
    let lists = fs::read_to_string(page.download("routing-csv", ".csv").await?)?;
    ensure!(lists.starts_with("source,target,class,share,segments\n"), "{lists}");
    ensure!(lists.lines().count() > 1, "{lists}");
    page.click("routing-take-over").await?;
    page.wait_until("a lower utilisation", async || {
        let done = page.attribute("status", "data-state").await?.as_deref() == Some("done");
        Ok(done && number(&page, "status", "data-utilisation").await? < before - 0.01)
    })
    .await?;
    page.wait_until("an answer of an earlier question", async || {
        Ok(page.text("routing-sentence").await?.starts_with("Of an earlier question"))
    })
    .await?;
    page.click("tab-what-if").await?;
    page.wait_for("edits").await?;
    ensure!(edits(&page).await? > 0, "{}", page.text("edits").await?);
    every_view::has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_search_tells_its_best_so_far_and_can_be_cancelled() -> Result<()> {
    let (_server, page) = visit().await?;
    open(&page, "routing", "routing-run").await?;
    // A number that is not allowed is told where it stands, and changes nothing.
    page.fill("routing-seconds", "0").await?;
    page.wait_for("error").await?;
    ensure!(page.text("error").await? == "Search for is 0; allowed: 0.1 to 600 s");
    page.fill("routing-seconds", "60").await?;
    page.click("routing-failures").await?;
    page.click("routing-run").await?;
    page.wait_until("the best so far", async || {
        Ok(page.text("routing-status").await?.starts_with("Best so far: fullest link "))
    })
    .await?;
    page.click("routing-run").await?;
    wait_for_state(&page, "routing-status", "stopped").await?;
    every_view::has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn growth_tells_when_links_run_full_and_what_to_buy() -> Result<()> {
    let (_server, page) = visit().await?;
    open(&page, "growth", "growth-run").await?;
    page.fill("growth-percents-0", "-100").await?;
    page.wait_for("error").await?;
    let error = page.text("error").await?;
    ensure!(error == "Growth per quarter is -100; allowed: -99 to 1000 %", "{error}");
    page.fill("growth-percents-0", "20 10").await?;
    page.click("growth-run").await?;
    wait_for_state(&page, "growth-status", "done").await?;
    page.wait_for("growth-take-over").await?;
    let text = page.text("growth-sentence").await?;
    for part in
        ["In 8 quarters traffic goes from ", "above 80 %", "under any routing none for less than "]
    {
        ensure!(text.contains(part), "{part} is missing: {text}");
    }
    let upgrades = fs::read_to_string(page.download("growth-csv", ".csv").await?)?;
    ensure!(upgrades.starts_with("link,source,target,quarter,"), "{upgrades}");
    ensure!(first_row(&page, "table-growth-purchases", 3).await?.contains(" × "));
    page.click("growth-take-over").await?;
    page.click("tab-what-if").await?;
    page.wait_until("capacities among the edits", async || Ok(edits(&page).await? > 0)).await?;
    ensure!(page.text("edits").await?.contains(" carries "), "{}", page.text("edits").await?);
    every_view::has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn measurements_of_a_link_with_half_its_capacity_name_it() -> Result<()> {
    let (_server, page) = visit().await?;
    // What the counters of all links would show if one of them carried half: the twin tells it.
    let links = fs::read_to_string(page.download("export-links", ".csv").await?)?;
    let rows: Vec<Vec<&str>> = links.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let used = |row: &Vec<&str>| row[6].parse::<f64>().unwrap_or(0.0);
    let fitting = rows.iter().find(|row| (0.3..0.45).contains(&used(row)));
    let link = fitting.context("no link is used by a third")?;
    let (id, capacity) = (link[0], link[3].parse::<f64>()?);
    let state = serde_json::json!({
        "traffic": 1.0, "tab": "measurements", "packets": 1_000_000, "seed": 1,
        "edits": [{ "capacity": { "link": id, "bit_per_s": capacity / 2.0 } }],
    });
    let hash: String = page
        .evaluate(
            "return btoa(arguments[0]).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')",
            vec![Value::from(state.to_string())],
        )
        .await?;
    page.evaluate::<bool>(
        "location.hash = arguments[0]; return true",
        vec![Value::from(format!("twin1={hash}"))],
    )
    .await?;
    page.wait_for("before").await?;
    wait_for_state(&page, "status", "done").await?;
    let measured = page.download("export-links", ".csv").await?;
    let bad = measured.with_file_name("bad.csv");
    fs::write(&bad, "source,target,delay_ms\nnowhere,else,3\n")?;
    page.click("tab-what-if").await?;
    page.click("undo-all").await?;
    wait_for_state(&page, "status", "done").await?;
    open(&page, "measurements", "measured-file").await?;
    page.upload("measured-file", &bad).await?;
    page.wait_for("measured-error").await?;
    let error = page.text("measured-error").await?;
    ensure!(error.contains("else") && error.contains("the id or label of a node"), "{error}");
    page.upload("measured-file", &measured).await?;
    page.wait_for("diagnosis-status").await?;
    wait_for_state(&page, "diagnosis-status", "done").await?;
    page.wait_for("diagnosis-sentence").await?;
    let text = page.text("diagnosis-sentence").await?;
    ensure!(
        text.starts_with("Something is wrong: ") && text.contains("falsely in at most 2 %"),
        "{text}"
    );
    ensure!(text.contains(" carries half of what it should"), "{text}");
    page.click("cause-take-over").await?;
    page.click("tab-what-if").await?;
    page.wait_until("the cause among the edits", async || Ok(edits(&page).await? == 1)).await?;
    ensure!(page.text("edits").await?.contains(" carries "), "{}", page.text("edits").await?);
    every_view::has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_link_reproduces_what_the_tabs_are_asked() -> Result<()> {
    let (_server, page) = visit().await?;
    open(&page, "routing", "routing-minimise").await?;
    page.choose("routing-minimise", "mean-delay").await?;
    page.fill("routing-utilisation", "80").await?;
    page.click("routing-weights").await?;
    open(&page, "growth", "growth-quarters").await?;
    page.fill("growth-quarters", "5").await?;
    page.wait_until("the state in the address", async || {
        Ok(settled_address(&page).await?.len() > 300)
    })
    .await?;
    let address = settled_address(&page).await?;
    let page = page.open_again(&address).await?;
    page.wait_for("growth-quarters").await?;
    page.wait_until("the quarters of the link", async || {
        Ok(page.value("growth-quarters").await? == "5")
    })
    .await?;
    open(&page, "routing", "routing-minimise").await?;
    ensure!(page.value("routing-minimise").await? == "mean-delay");
    ensure!(page.value("routing-utilisation").await? == "80");
    every_view::has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_tabs_fit_phones_and_stand_out_in_both_themes() -> Result<()> {
    for screen in
        [Screen { width: 390, ..Screen::PHONE }, Screen::LAPTOP, Screen::LAPTOP.in_the_dark()]
    {
        let (_server, page) = visit_on(screen, "").await?;
        open(&page, "routing", "routing-run").await?;
        page.fill("routing-seconds", "0.2").await?;
        page.click("routing-run").await?;
        wait_for_state(&page, "routing-status", "done").await?;
        open(&page, "growth", "growth-run").await?;
        page.click("growth-run").await?;
        wait_for_state(&page, "growth-status", "done").await?;
        let told = format!("{screen:?}");
        every_view::needs_no_sideways_scrolling(&page, &TABS).await.context(told.clone())?;
        every_view::text_stands_out(&page, &TABS).await.context(told)?;
        every_view::has_no_complaint(&page).await?;
    }
    Ok(())
}
