//! The Cells view as a visitor works it: the day, one cell, slices, schemes, a city, and the link.

use anyhow::{Context, Result, ensure};
use slicewise_tests::page::{Page, Screen};
use slicewise_tests::site;
use slicewise_xtask::site_server::SiteServer;

use crate::every_view::{self, number};
use crate::{key, wait_for_state};

/// The view with its whole day on `screen`.
pub async fn visit_on(screen: Screen, query: &str) -> Result<(SiteServer, Page)> {
    let (server, page) = every_view::open("cells", screen, query).await?;
    wait_for_day(&page).await?;
    Ok((server, page))
}

/// The view with its whole day on a laptop.
pub async fn visit() -> Result<(SiteServer, Page)> {
    visit_on(Screen::LAPTOP, "").await
}

/// Waits until the day of the question is there and its opened cell is planned.
pub async fn wait_for_day(page: &Page) -> Result<()> {
    wait_for_state(page, "status", "done").await?;
    page.wait_for_end_of("busy").await
}

/// The shares of the opened cell.
async fn shares(page: &Page) -> Result<Vec<f64>> {
    let text = page.attribute("cell-sentence", "data-shares").await?;
    serde_json::from_str(&text.context("no cell is open")?).context("the shares are no numbers")
}

async fn wait_for_other_shares(page: &Page, before: &[f64]) -> Result<Vec<f64>> {
    page.wait_until("another split", async || Ok(shares(page).await? != before)).await?;
    shares(page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_view_opens_with_a_day_of_twelve_cells_and_says_how_satisfied_they_are() -> Result<()> {
    let (_server, page) = visit().await?;
    let text = page.text("answer").await?;
    for part in ["Exact splits keep", "12 cells × 96 steps", "equal shares", "by the estimator"] {
        ensure!(text.contains(part), "{part} is missing: {text}");
    }
    let estimated = page.text("estimated").await?;
    ensure!(estimated.contains("simulated") && estimated.contains("estimated"), "{estimated}");
    let class = page.attribute("status", "class").await?.unwrap_or_default();
    ensure!(class.contains("solved") && !page.has("outside").await?, "{class}");
    let probability = number(&page, "status", "data-probability").await?;
    ensure!((0.0..=1.0).contains(&probability) && probability > 0.05, "{probability}");
    let script = "const svg = document.querySelector('[data-test=plot-map]');
        return [...svg.querySelectorAll('text')].filter(t => t.textContent.startsWith('Cell ')).length";
    let cells: usize = page.evaluate(script, Vec::new()).await?;
    ensure!(cells == 12, "{cells} cells on the map");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_slider_replans_the_opened_cell_at_once() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-cell").await?;
    page.wait_for("cell-sentence").await?;
    let before = shares(&page).await?;
    page.press("cell-requires-0", key::ARROW_RIGHT, 12).await?;
    let after = wait_for_other_shares(&page, &before).await?;
    ensure!(after.len() == before.len() && after.iter().sum::<f64>() <= 1.0 + 1e-9, "{after:?}");
    let gap = number(&page, "cell-gap", "data-value").await?;
    ensure!((0.0..=0.001).contains(&gap), "a gap of {gap}");
    page.click("cell-reset").await?;
    page.wait_until("the split as it was", async || Ok(shares(&page).await? == before)).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn weights_and_minimum_shares_count_under_the_weighted_sum() -> Result<()> {
    let (_server, page) = visit().await?;
    page.choose("objective", "weighted-sum").await?;
    page.click("tab-cell").await?;
    page.wait_for("cell-minimum-3").await?;
    page.fill("cell-minimum-3", "40").await?;
    page.wait_until("at least 40 % for the last slice", async || {
        Ok(shares(&page).await?.get(3).is_some_and(|share| *share >= 0.4 - 1e-9))
    })
    .await?;
    page.fill("cell-minimum-0", "70").await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("minimum share is 70; allowed: 0 to 60"), "{text}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_cells_slider_says_what_is_required_from_end_to_end() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-cell").await?;
    page.wait_for("cell-requires-0").await?;
    let says = async |wanted: &str| {
        page.wait_until(wanted, async || {
            let spoken = page.attribute("cell-requires-0", "aria-valuetext").await?;
            Ok(spoken.as_deref() == Some(wanted))
        })
        .await
    };
    says("2 Mbit/s").await?;
    page.press("cell-requires-0", key::HOME, 1).await?;
    says("0.2 Mbit/s, not trained").await?;
    page.wait_for("cell-outside").await?;
    page.press("cell-requires-0", key::END, 1).await?;
    says("6 Mbit/s, not trained").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_requirement_that_nobody_trained_on_is_said_at_the_control_and_is_not_green() -> Result<()>
{
    let (_server, page) = visit().await?;
    page.fill("number-throughput", "0.1").await?;
    page.wait_for("throughput-outside").await?;
    let text = page.text("throughput-outside").await?;
    ensure!(text.contains("0.31 to 3.85 Mbit/s"), "{text}");
    wait_for_day(&page).await?;
    page.wait_for("outside").await?;
    let class = page.attribute("status", "class").await?.unwrap_or_default();
    ensure!(!class.contains("solved"), "{class}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_objective_that_keeps_less_than_equal_shares_is_warned_of_before_anybody_asks()
-> Result<()> {
    let (_server, page) = visit().await?;
    for objective in ["log-sum", "max-min", "weighted-sum"] {
        if page.value("objective").await? != objective {
            page.choose("objective", objective).await?;
            page.wait_for("busy").await?;
            wait_for_day(&page).await?;
        }
        page.click("tab-schemes").await?;
        page.wait_until("exact and equal shares", async || {
            let done = page.attribute("schemes", "data-done").await?;
            Ok(done.as_deref() == Some("5"))
        })
        .await?;
        let [own, equal] = ["exact", "equal"].map(|scheme| format!("probability-{scheme}"));
        let own = number(&page, &own, "data-value").await?;
        let is_below = own < number(&page, &equal, "data-value").await?;
        ensure!(page.has("below-equal").await? == is_below, "{objective}: {own}");
        page.click("tab-network").await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_empty_name_is_refused_and_the_slice_keeps_its_own() -> Result<()> {
    let (_server, page) = visit().await?;
    page.fill("slice-name", "").await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text == "name is empty; allowed: 1 to 40 characters", "{text}");
    ensure!(page.text("slice-tab-0").await? == "Video");
    page.fill("slice-name", "Films").await?;
    page.wait_until("the new name", async || Ok(page.text("slice-tab-0").await? == "Films"))
        .await?;
    ensure!(!page.has("error").await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_estimator_that_cannot_plan_the_network_is_not_offered() -> Result<()> {
    let (_server, page) = visit().await?;
    let script = "return [...document.querySelectorAll('[data-test=estimator] option')]
        .filter(option => option.disabled).map(option => option.textContent)";
    let disabled: Vec<String> = page.evaluate(script, Vec::new()).await?;
    ensure!(disabled.len() == 1 && disabled[0].contains("26 measurements"), "{disabled:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_city_is_marked_as_of_an_earlier_question_once_any_slider_moves() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-city").await?;
    page.fill("city-cells", "500").await?;
    page.click("city-run").await?;
    wait_for_state(&page, "city-status", "done").await?;
    let is_stale = async |wanted: &str| {
        page.wait_until("the mark", async || {
            Ok(page.attribute("city-status", "data-stale").await?.as_deref() == Some(wanted))
        })
        .await
    };
    is_stale("false").await?;
    for slider in ["slider-throughput", "slider-load", "slider-least-share"] {
        page.press(slider, key::ARROW_RIGHT, 1).await?;
        is_stale("true").await?;
        ensure!(page.text("city-sentence").await?.starts_with("Of an earlier question"));
        page.click("city-run").await?;
        is_stale("false").await?;
        wait_for_state(&page, "city-status", "done").await?;
    }
    let text = page.text("city-sentence").await?;
    ensure!(text.contains("estimated"), "{text}");
    ensure!(page.text("city-simulated").await?.contains("simulated"));
    Ok(())
}

/// The network waited until a city of a million cells had been handed out.
#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_slider_that_moves_during_a_million_cells_goes_first() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-city").await?;
    page.fill("city-cells", "1000000").await?;
    page.click("city-run").await?;
    page.wait_until("some cells", async || {
        Ok(number(&page, "city-status", "data-done").await? > 0.0)
    })
    .await?;
    page.press("slider-load", key::ARROW_RIGHT, 4).await?;
    page.wait_for("busy").await?;
    wait_for_day(&page).await?;
    wait_for_state(&page, "city-status", "running").await?;
    let done = number(&page, "city-status", "data-done").await?;
    ensure!(done < 1e6, "the day came after the city");
    page.click("city-run").await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn slices_come_and_go() -> Result<()> {
    let (_server, page) = visit().await?;
    let count = async |wanted: usize| {
        page.wait_until(&format!("{wanted} slices in the opened cell"), async || {
            Ok(page.has("cell-sentence").await? && shares(&page).await?.len() == wanted)
        })
        .await
    };
    page.click("tab-cell").await?;
    count(4).await?;
    page.click("slice-tab-2").await?;
    page.click("remove-slice").await?;
    count(3).await?;
    for _ in 0..3 {
        page.click("add-slice").await?;
    }
    count(6).await?;
    ensure!(page.text("slice-tab-3").await? == "Gaming");
    for _ in 0..2 {
        page.click("add-slice").await?;
    }
    ensure!(page.attribute("add-slice", "disabled").await?.is_some(), "a ninth slice is offered");
    count(8).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_day_is_scrubbed_and_played() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-cell").await?;
    page.wait_for("cell-sentence").await?;
    page.press("step", key::HOME, 1).await?;
    page.wait_until("the first step", async || Ok(page.text("clock").await? == "00:00")).await?;
    page.press("step", key::ARROW_RIGHT, 40).await?;
    page.wait_until("ten o’clock", async || {
        let sentence = page.text("cell-sentence").await?;
        Ok(page.text("clock").await? == "10:00" && sentence.contains("at 10:00"))
    })
    .await?;
    let spoken = page.attribute("step", "aria-valuetext").await?;
    ensure!(spoken.as_deref() == Some("10:00, step 41 of 96"), "{spoken:?}");
    page.click("play").await?;
    page.wait_until("later", async || Ok(page.text("clock").await?.as_str() > "10:30")).await?;
    page.click("play").await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn all_schemes_are_compared_on_the_same_day() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-schemes").await?;
    page.wait_until("all five schemes", async || {
        Ok(page.attribute("schemes", "data-done").await?.as_deref() == Some("5"))
    })
    .await?;
    for scheme in ["exact", "idla", "oracle", "traffic", "equal"] {
        let steps = number(&page, &format!("steps-{scheme}"), "data-value").await?;
        let kept = number(&page, &format!("probability-{scheme}"), "data-value").await?;
        ensure!(steps == 96.0 && (0.0..=1.0).contains(&kept), "{scheme}: {kept} in {steps} steps");
    }
    let own = number(&page, "probability-exact", "data-value").await?;
    ensure!(own == number(&page, "status", "data-probability").await?, "two figures for one run");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_city_is_planned_with_progress_and_stops_when_asked() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-city").await?;
    page.fill("city-cells", "3000").await?;
    page.click("city-run").await?;
    wait_for_state(&page, "city-status", "done").await?;
    ensure!(page.text("city-sentence").await?.starts_with("3,000 cells × 4 slices"));
    page.fill("city-cells", "1000000").await?;
    page.click("city-run").await?;
    page.wait_until("some cells", async || {
        Ok(number(&page, "city-status", "data-done").await? > 0.0)
    })
    .await?;
    ensure!(page.text("city-run").await? == "Cancel");
    page.click("city-run").await?;
    wait_for_state(&page, "city-status", "stopped").await?;
    let done = number(&page, "city-status", "data-done").await?;
    ensure!(done > 0.0 && done < 1e6, "{done} cells");
    ensure!(page.has("chart-city-gaps").await?, "what was planned is gone");
    // The workers are free again for a cell.
    page.click("tab-cell").await?;
    let before = page.text("cell-sentence").await?;
    page.press("cell-traffic-0", key::ARROW_RIGHT, 20).await?;
    // The split itself stays where another one is not worth the cost of a change.
    page.wait_until("another plan", async || Ok(page.text("cell-sentence").await? != before)).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_link_reproduces_the_view_in_a_new_session() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("slice-tab-1").await?;
    page.press("slider-throughput", key::ARROW_RIGHT, 5).await?;
    page.fill("number-load", "1.5").await?;
    page.choose("cell", "6").await?;
    page.press("step", key::ARROW_RIGHT, 3).await?;
    page.click("tab-cell").await?;
    page.press("cell-traffic-2", key::ARROW_RIGHT, 4).await?;
    wait_for_day(&page).await?;
    let link = every_view::settled_address(&page).await?;
    ensure!(link.contains("#cells1="), "{link}");
    let controls = page.control_values().await?;
    let other = Page::open(&link).await?;
    wait_for_day(&other).await?;
    // The first page may still be planning the opened cell, so both are looked at.
    other
        .wait_until("the same split", async || {
            let wanted = page.attribute("cell-sentence", "data-shares").await?;
            Ok(other.attribute("cell-sentence", "data-shares").await? == wanted)
        })
        .await?;
    ensure!(other.control_values().await? == controls, "{:?}", other.control_values().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_tampered_link_is_named_and_the_opening_question_stands() -> Result<()> {
    let server = site::serve()?;
    let address = |hash: &str| format!("{}?planner=cells#{hash}", server.url());
    let page = Page::open(&address("cells1=%%%")).await?;
    for hash in ["cells1=%%%", "cells9=abc", "cells1=eyJzbGljZXMiOltdfQ"] {
        every_view::open_tampered_link(&page, &address(hash)).await?;
        ensure!(page.has("slice-tab-3").await?, "the four slices are gone with {hash}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_cell_is_opened_and_tabs_are_changed_by_keyboard_alone() -> Result<()> {
    let (_server, page) = visit().await?;
    page.press("plot-map", key::ARROW_RIGHT, 4).await?;
    page.type_key(key::ENTER, 1).await?;
    page.wait_until("cell 5 to be open", async || Ok(page.value("cell").await? == "4")).await?;
    page.press("tab-network", key::ARROW_RIGHT, 1).await?;
    page.wait_until("the cell’s tab", async || page.shows("cell-sentence").await).await?;
    ensure!(page.text("cell-sentence").await?.starts_with("Cell 5 at"));
    page.press("tab-cell", key::END, 1).await?;
    page.wait_until("the table", async || page.shows("cells-table").await).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn no_tab_needs_sideways_scrolling_on_a_phone() -> Result<()> {
    let (_server, page) = visit_on(Screen::PHONE, "").await?;
    every_view::needs_no_sideways_scrolling(&page, &["network", "cell", "schemes", "city", "table"])
        .await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn at_320_pixels_nothing_overflows_and_links_are_high_enough_for_a_finger() -> Result<()> {
    let narrow = Screen { width: 320, height: 640, ..Screen::PHONE };
    let (_server, page) = visit_on(narrow, "").await?;
    every_view::needs_no_sideways_scrolling(
        &page,
        &["network", "cell", "schemes", "city", "table"],
    )
    .await?;
    let script = "return [...document.querySelectorAll('a:not(.skip), button.link')]
        .map(link => link.getBoundingClientRect().height).filter(height => height > 0)";
    let heights: Vec<f64> = page.evaluate(script, Vec::new()).await?;
    ensure!(heights.len() > 3 && heights.iter().all(|height| *height >= 24.0), "{heights:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn text_of_the_cells_view_stands_out_in_light_and_dark() -> Result<()> {
    for screen in [Screen::LAPTOP, Screen::LAPTOP.in_the_dark()] {
        let (_server, page) = visit_on(screen, "").await?;
        every_view::text_stands_out(&page, &["network", "cell", "schemes", "table"])
            .await
            .context(format!("{screen:?}"))?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn every_chart_of_the_cells_view_has_a_name_and_its_data_as_a_table() -> Result<()> {
    let (_server, page) = visit().await?;
    for (tab, charts) in [("network", 3), ("cell", 2), ("schemes", 1)] {
        page.click(&format!("tab-{tab}")).await?;
        every_view::wait_for_charts(&page, charts).await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_cells_view_keeps_to_its_origin_and_its_policy() -> Result<()> {
    let (server, page) = visit().await?;
    for tab in ["cell", "schemes", "city", "table"] {
        page.click(&format!("tab-{tab}")).await?;
    }
    page.click("tab-city").await?;
    page.fill("city-cells", "500").await?;
    page.click("city-run").await?;
    wait_for_state(&page, "city-status", "done").await?;
    page.download("export-all-rrm", ".json").await?;
    every_view::keeps_to_its_origin(&server, &page).await?;
    every_view::has_no_complaint(&page).await
}
