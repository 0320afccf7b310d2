//! The Forecast view as a visitor works it: reservations, methods, prices, traces of one's own, links.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use slicewise_core::forecast::ReservationMethod;
use slicewise_tests::contrast::LEAST_FOR_TEXT;
use slicewise_tests::page::{Page, Screen};
use slicewise_tests::site;
use slicewise_xtask::site_server::{SiteOptions, SiteServer};

use crate::every_view::{self, number};
use crate::{key, planner, wait_for_state, wait_until_kept};

/// All tabs.
const TABS: [&str; 5] = ["reservation", "methods", "loss", "admission", "learn"];

/// The view with its answer on `screen`.
pub async fn visit_on(screen: Screen, query: &str) -> Result<(SiteServer, Page)> {
    let (server, page) = every_view::open("forecast", screen, query).await?;
    wait_for_state(&page, "status", "done").await?;
    Ok((server, page))
}

/// The view with its answer on a laptop.
pub async fn visit() -> Result<(SiteServer, Page)> {
    visit_on(Screen::LAPTOP, "").await
}

/// Waits until the answer is another one than `cost`, and gives its cost.
async fn wait_for_other_cost(page: &Page, cost: f64) -> Result<f64> {
    page.wait_until("another cost", async || {
        let done = page.attribute("status", "data-state").await?.as_deref() == Some("done");
        Ok(done && number(page, "status", "data-cost").await? != cost)
    })
    .await?;
    number(page, "status", "data-cost").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_view_opens_with_a_reservation_for_the_next_interval_and_a_week_of_tests() -> Result<()>
{
    let (_server, page) = visit().await?;
    let text = page.text("answer").await?;
    for part in ["Reserve", "Mbit/s for the next 5 minutes", "7 test days", "per interval"] {
        ensure!(text.contains(part), "{part} is missing: {text}");
    }
    ensure!(number(&page, "status", "data-next").await? > 0.0);
    ensure!(!page.has("moved").await?, "the networks know these very terms");
    ensure!(page.has("chart-test").await? && page.has("chart-day").await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn prices_change_what_is_reserved_and_what_it_costs_and_can_be_taken_back() -> Result<()> {
    let (_server, page) = visit().await?;
    let before = number(&page, "status", "data-cost").await?;
    page.fill("number-penalty", "20").await?;
    let dearer = wait_for_other_cost(&page, before).await?;
    ensure!(number(&page, "moved", "data-value").await? > 0.0, "no margin for dear violations");
    ensure!(dearer > before, "{dearer} after {before}");
    page.fill("number-penalty", "-3").await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("penalty is -3; allowed: 0 to 100"), "{text}");
    page.click("terms-reset").await?;
    ensure!(wait_for_other_cost(&page, dearer).await? == before);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn all_methods_are_scored_on_the_same_test() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-methods").await?;
    // Ours is there at once; the regressors that learned on other losses follow.
    page.wait_for("cost-pinball").await?;
    page.wait_until("the best of the others", async || {
        Ok(page.text("answer").await?.contains("the best of the others"))
    })
    .await?;
    let own = number(&page, "cost-loss-meta-learning", "data-value").await?;
    ensure!(own == number(&page, "status", "data-cost").await?, "two figures for one plan");
    for method in ReservationMethod::ALL.into_iter().skip(1).map(ReservationMethod::name) {
        let cost = number(&page, &format!("cost-{method}"), "data-value").await?;
        let violations = number(&page, &format!("violations-{method}"), "data-value").await?;
        ensure!(cost > 0.0 && (0.0..=1.0).contains(&violations), "{method}: {cost}, {violations}");
        ensure!(own < cost, "{method} costs {cost}, ours {own}");
    }
    page.click("methods-about").await?;
    let factor = page.evaluate::<String>(ABOUT_LAST_SAMPLE, Vec::new()).await?;
    let factor = factor.rsplit_once("k is ").context(factor.clone())?.1.parse::<f64>()?;
    ensure!((1.0..3.0).contains(&factor), "k is {factor}");
    Ok(())
}

/// What the view says of the last sample times k.
const ABOUT_LAST_SAMPLE: &str = "return [...document.querySelectorAll('.methods dt')]
    .find(name => name.textContent === 'Last sample × k').nextElementSibling.textContent";

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn reservations_leave_as_a_table_and_as_json_that_agree() -> Result<()> {
    let (_server, page) = visit().await?;
    let csv = fs::read_to_string(page.download("export-csv", ".csv").await?)?;
    let json = fs::read_to_string(page.download("export-json", ".json").await?)?;
    let json: Value = serde_json::from_str(&json)?;
    let demand = json["demand"].as_array().context("no demand")?;
    let lines: Vec<&str> = csv.lines().collect();
    ensure!(lines.len() == demand.len() + 2, "{} lines for {}", lines.len(), demand.len());
    ensure!(lines[0].starts_with("minutes_since_1970,demand,loss-meta-learning,"), "{}", lines[0]);
    let fields: Vec<&str> = lines[1].split(',').collect();
    ensure!(fields[1].parse::<f64>()? == demand[0].as_f64().unwrap_or_default());
    let reserved = &json["methods"][0]["reserved"][0];
    ensure!(fields[2].parse::<f64>()? == reserved.as_f64().unwrap_or_default());
    let last: Vec<&str> = lines[lines.len() - 1].split(',').collect();
    ensure!(last[2].parse::<f64>()? == json["next_reservation"].as_f64().unwrap_or_default());
    Ok(())
}

/// A folder with one table of demand.
fn table(name: &str, text: &str) -> Result<(tempfile::TempDir, std::path::PathBuf)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join(name);
    fs::write(&file, text)?;
    Ok((folder, file))
}

/// A table of demand every five minutes.
fn every_five_minutes(demand: impl IntoIterator<Item = f64>) -> String {
    let rows = demand.into_iter().enumerate();
    let rows = rows.map(|(step, demand)| format!("{},{demand}\n", 5 * step));
    std::iter::once("minute,demand\n".to_owned()).chain(rows).collect()
}

/// Four days of two cells, 10 minutes apart, with a gap, a repeated stamp and one out of order.
fn four_days() -> String {
    let mut text = "minute,cell a,cell b\n".to_owned();
    for step in 0..4 * 144 {
        let angle = f64::from(step) * std::f64::consts::TAU / 144.0;
        let demand = 20.0 + 12.0 * angle.sin() + f64::from(step * 7919 % 101) / 40.0;
        if step != 30 {
            text += &format!("{},{demand},{}\n", 10 * step, 2.0 * demand);
        }
    }
    text + "50,25,50\n"
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_trace_of_ones_own_is_planned_at_once_and_says_what_was_done_to_it() -> Result<()> {
    let (_server, page) = visit().await?;
    let before = number(&page, "status", "data-cost").await?;
    let (_folder, file) = table("cells.csv", &four_days())?;
    page.upload("import-trace", &file).await?;
    let first = wait_for_other_cost(&page, before).await?;
    let text = page.text("import-summary").await?;
    for part in ["cells.csv: 576 steps of 10 minutes", "1 missing step", "1 repeated stamp"] {
        ensure!(text.contains(part), "{part} is missing: {text}");
    }
    ensure!(page.text("answer").await?.contains("next 10 minutes"));
    ensure!(page.has("transferred").await? && page.has("moved").await?);
    let steps = "planned in steps of 10 minutes by networks trained on steps of 15 minutes";
    ensure!(page.text("network-steps").await? == steps);
    page.choose("column", "1").await?;
    let second = wait_for_other_cost(&page, first).await?;
    ensure!(
        (second / first - 2.0).abs() < 1e-6,
        "twice the demand costs {second}, not twice {first}"
    );
    page.choose("service", "video-streaming").await?;
    ensure!(wait_for_other_cost(&page, second).await? == before);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn tables_that_cannot_be_planned_are_refused_with_field_value_and_what_is_allowed()
-> Result<()> {
    let (_server, page) = visit().await?;
    for (text, parts) in [
        ("minute,demand\n0,1\n5,many\n10,2\n", ["line 3, column demand is many", "allowed"]),
        ("minute,demand\n0,1\n5,-2\n", ["line 3, demand is -2", "allowed"]),
        ("minute,demand\n0,1\nnever,2\n10,3\n", ["line 3, minute is never", "allowed"]),
        ("minute\n0\n5\n", ["header is minute", "allowed"]),
    ] {
        let (_folder, file) = table("damaged.csv", text)?;
        page.upload("import-trace", &file).await?;
        page.wait_until(&format!("{parts:?}"), async || {
            let told = page.has("error").await?;
            let told = if told { page.text("error").await? } else { String::new() };
            Ok(parts.iter().all(|part| told.contains(part)))
        })
        .await?;
        page.click("dismiss").await?;
    }
    let (_folder, file) =
        table("short.csv", &every_five_minutes((0..13).map(|step| 1.0 + f64::from(step % 4))))?;
    page.upload("import-trace", &file).await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("length of the trace is 13; allowed: 36"), "{text}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_table_that_leaves_something_open_is_shown_and_asked_about() -> Result<()> {
    let (_server, page) = visit().await?;
    let before = number(&page, "status", "data-cost").await?;
    // Three days of hours of which nothing says that they are hours.
    let rows = (0..72).map(|hour| format!("{hour},{}\n", 20 + hour % 24));
    let text: String = std::iter::once("t,demand\n".to_owned()).chain(rows).collect();
    let (_folder, file) = table("hours.csv", &text)?;
    page.upload("import-trace", &file).await?;
    page.wait_for("import-question").await?;
    let question = page.text("import-question").await?;
    ensure!(question.contains("hours.csv: unit of time is open: t has steps of 1"), "{question}");
    ensure!(page.text("import-preview").await?.contains("demand"));
    let within = "const of = name => document.querySelector(name).getBoundingClientRect();
        const [outer, rows] = [of('[data-test=import-preview]'), of('[data-test=import-preview] .scroll')];
        const choice = of('[data-test=import-time-unit]');
        return rows.left >= outer.left - 1 && rows.right <= outer.right + 1 && rows.bottom <= choice.top";
    ensure!(page.evaluate::<bool>(within, Vec::new()).await?, "the rows cover other controls");
    ensure!(number(&page, "status", "data-cost").await? == before, "planned all the same");
    page.choose("import-time-unit", "hours").await?;
    wait_for_other_cost(&page, before).await?;
    ensure!(page.text("import-summary").await?.contains("72 steps hourly"));
    ensure!(!page.has("import-question").await?);
    // Nothing names a date or a unit, and neither is made up.
    let summary = page.text("import-summary").await?;
    ensure!(summary.contains("hourly counted from the start"), "{summary}");
    ensure!(summary.contains("Mbit/s assumed"), "{summary}");
    page.click("import-summary-of-preview").await?;
    page.choose("import-unit", "GB").await?;
    page.wait_until("the unit that is chosen", async || {
        Ok(!page.text("import-summary").await?.contains("assumed"))
    })
    .await?;
    // The other choices stand open too: every third hour.
    page.click("import-summary-of-preview").await?;
    page.choose("import-step", "120").await?;
    page.wait_until("steps of two hours", async || {
        Ok(page.text("import-summary").await?.contains("36 steps of 120 minutes"))
    })
    .await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_export_of_several_cells_is_read_with_a_sentence_about_it() -> Result<()> {
    let (_server, page) = visit().await?;
    let before = number(&page, "status", "data-cost").await?;
    let mut text = "sep=;\nTime;Cell;Traffic (Mbps)\n".to_owned();
    for step in 0..3 * 96 {
        for (cell, level) in [("North", 20), ("South", 40)] {
            let (day, hour, minute) = (2 + step / 96, step % 96 / 4, step % 4 * 15);
            let demand = f64::from(level + step % 96) / 2.0;
            let demand = format!("{demand:.1}").replace('.', ",");
            text += &format!("{day:02}.03.2026 {hour:02}:{minute:02};{cell};{demand}\n");
        }
    }
    let (_folder, file) = table("cells.csv", &text)?;
    page.upload("import-trace", &file).await?;
    let first = wait_for_other_cost(&page, before).await?;
    let summary = page.text("import-summary").await?;
    ensure!(summary.contains("288 steps of 15 minutes from 2026-03-02 00:00"), "{summary}");
    ensure!(summary.contains("2 series told apart by 'Cell'"), "{summary}");
    page.choose("column", "1").await?;
    wait_for_other_cost(&page, first).await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_trace_that_is_too_short_is_not_being_decided_and_no_other_answer_stands_for_it()
-> Result<()> {
    let (_server, page) = visit().await?;
    let before = number(&page, "status", "data-cost").await?;
    let (_folder, file) = table("short.csv", &every_five_minutes([7.0; 20]))?;
    page.upload("import-trace", &file).await?;
    wait_for_state(&page, "status", "refused").await?;
    let summary = page.text("import-summary").await?;
    ensure!(summary.starts_with("short.csv: 20 steps of 5 minutes"), "{summary}");
    ensure!(page.text("status").await? == "cannot be planned");
    let text = page.text("error").await?;
    ensure!(text.contains("length of the trace is 20; allowed: 36 to 526000 samples"), "{text}");
    ensure!(page.text("answer").await? == "There is no reservation for this demand.");
    for gone in ["chart-test", "chart-day", "moved", "transferred"] {
        ensure!(!page.has(gone).await?, "{gone} of another trace");
    }
    ensure!(page.attribute("status", "data-cost").await?.is_none(), "a cost of another trace");
    page.choose("service", "video-streaming").await?;
    wait_for_state(&page, "status", "done").await?;
    ensure!(number(&page, "status", "data-cost").await? == before);
    ensure!(!page.has("error").await?, "the error stays");
    Ok(())
}

/// The least opacity of an element and of all that it lies in.
const OPACITY: &str = "let least = 1;
    for (let at = document.querySelector('.answer .error'); at; at = at.parentElement)
        least = Math.min(least, Number(getComputedStyle(at).opacity));
    return least";

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_reason_why_a_question_cannot_be_planned_does_not_fade() -> Result<()> {
    for screen in [Screen::LAPTOP, Screen::LAPTOP.in_the_dark(), Screen::PHONE] {
        let (_server, page) = visit_on(screen, "").await?;
        // The terms are refused, the trace is not: what was planned before stands, faded.
        page.fill("number-revenue", "0").await?;
        page.fill("number-penalty", "0").await?;
        wait_for_state(&page, "status", "refused").await?;
        let text = page.text("error").await?;
        ensure!(text.contains("revenue + penalty is 0; allowed: more than 0"), "{text}");
        ensure!(page.evaluate::<f64>(OPACITY, Vec::new()).await? == 1.0, "{screen:?}: it fades");
        let texts = page.drawn_texts(&[".answer .error", "[data-test=status]"]).await?;
        ensure!(texts.len() == 2, "{texts:?}");
        for text in &texts {
            let contrast = text.ink.contrast(text.paper);
            ensure!(contrast >= LEAST_FOR_TEXT, "{contrast:.2} for {text:?}");
        }
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn idle_capacity_for_nothing_and_a_trace_of_zeros_are_answered_in_plain_numbers() -> Result<()>
{
    let (_server, page) = visit().await?;
    let before = number(&page, "status", "data-cost").await?;
    page.fill("number-price", "0").await?;
    wait_for_other_cost(&page, before).await?;
    told_in_plain_numbers(&page).await?;
    page.click("terms-reset").await?;
    let (_folder, file) = table("zeros.csv", &every_five_minutes([0.0; 3 * 288]))?;
    page.upload("import-trace", &file).await?;
    page.wait_for("transferred").await?;
    wait_for_state(&page, "status", "done").await?;
    told_in_plain_numbers(&page).await
}

/// Checks the sentence and the table of the methods once all methods are there.
async fn told_in_plain_numbers(page: &Page) -> Result<()> {
    page.wait_until("the best of the others", async || {
        Ok(page.text("answer").await?.contains("the best of the others"))
    })
    .await?;
    page.click("tab-methods").await?;
    page.wait_for("cost-pinball").await?;
    for name in ["answer", "methods-table"] {
        let text = page.text(name).await?;
        let longest = text.split_whitespace().map(str::len).max().unwrap_or_default();
        ensure!(longest < 20 && !text.contains("inf") && !text.contains("NaN"), "{text}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_constant_trace_is_reserved_at_little_more_than_its_value() -> Result<()> {
    let (_server, page) = visit().await?;
    let before = number(&page, "status", "data-cost").await?;
    let (_folder, file) = table("flat.csv", &every_five_minutes([8.0; 3 * 288]))?;
    page.upload("import-trace", &file).await?;
    wait_for_other_cost(&page, before).await?;
    let next = number(&page, "status", "data-next").await?;
    ensure!((8.0..8.2).contains(&next), "{next} for a demand of 8");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_link_reproduces_the_view_in_a_new_session() -> Result<()> {
    let (_server, page) = visit().await?;
    let before = number(&page, "status", "data-cost").await?;
    page.press("slider-revenue", key::ARROW_RIGHT, 8).await?;
    page.press("day", key::ARROW_RIGHT, 3).await?;
    let cost = wait_for_other_cost(&page, before).await?;
    let link = every_view::settled_address(&page).await?;
    ensure!(link.contains("#forecast1="), "{link}");
    let cost = if number(&page, "status", "data-cost").await? == cost {
        cost
    } else {
        number(&page, "status", "data-cost").await?
    };
    let controls = page.control_values().await?;
    let other = Page::open(&link).await?;
    wait_for_state(&other, "status", "done").await?;
    ensure!(number(&other, "status", "data-cost").await? == cost);
    ensure!(other.control_values().await? == controls, "{:?}", other.control_values().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_tampered_link_is_named_and_the_opening_question_stands() -> Result<()> {
    let server = site::serve()?;
    let address = |hash: &str| format!("{}?planner=forecast#{hash}", server.url());
    let page = Page::open(&address("forecast1=%%%")).await?;
    for hash in ["forecast1=%%%", "forecast9=abc", "cells1=abc", "forecast1=eyJkYXkiOjF9"] {
        every_view::open_tampered_link(&page, &address(hash)).await?;
        ensure!(page.value("service").await? == "video-streaming", "{hash}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_day_is_chosen_and_tabs_are_changed_by_keyboard_alone() -> Result<()> {
    let (_server, page) = visit().await?;
    page.press("day", key::END, 1).await?;
    page.wait_until("the last day", async || {
        Ok(page.text("day-name").await? == "Sun, test day 7 of 7")
    })
    .await?;
    page.press("plot-test", key::ARROW_RIGHT, 1).await?;
    page.type_key(key::ENTER, 1).await?;
    page.wait_until("the first day", async || {
        Ok(page.text("day-name").await? == "Mon, test day 1 of 7")
    })
    .await?;
    let reading = page.text("reading-test").await?;
    ensure!(reading.contains("demand") && reading.contains("reserved"), "{reading}");
    page.press("tab-reservation", key::ARROW_RIGHT, 1).await?;
    page.wait_until("the methods", async || page.shows("methods-table").await).await
}

/// What a chart says that it shows.
async fn description(page: &Page, chart: &str) -> Result<String> {
    let script = "return document.querySelector(`[data-test=plot-${arguments[0]}] > desc`)
        ?.textContent ?? ''";
    page.evaluate(script, vec![chart.into()]).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn no_tab_of_the_forecast_view_needs_sideways_scrolling_on_a_phone() -> Result<()> {
    for width in [390, 320] {
        let (_server, page) = visit_on(Screen { width, ..Screen::PHONE }, "").await?;
        every_view::needs_no_sideways_scrolling(&page, &TABS).await.context(width)?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_answer_leaves_room_for_the_charts_on_a_small_phone() -> Result<()> {
    let small = Screen { width: 320, height: 568, ..Screen::PHONE };
    let (_server, page) = visit_on(small, "").await?;
    let script = "return document.getElementById('answer').offsetHeight / innerHeight";
    let share: f64 = page.evaluate(script, Vec::new()).await?;
    ensure!(share < 0.5, "the answer takes {share} of the screen");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn text_of_the_forecast_view_stands_out_in_light_and_dark() -> Result<()> {
    for screen in [Screen::LAPTOP, Screen::LAPTOP.in_the_dark()] {
        let (_server, page) = visit_on(screen, "").await?;
        every_view::text_stands_out(&page, &TABS).await.context(format!("{screen:?}"))?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn every_chart_of_the_forecast_view_has_a_name_and_its_data_as_a_table() -> Result<()> {
    let (_server, page) = visit().await?;
    for (tab, charts) in [("reservation", 2), ("methods", 1), ("loss", 3), ("admission", 2)] {
        page.click(&format!("tab-{tab}")).await?;
        if tab == "admission" {
            wait_for_state(&page, "admission-status", "done").await?;
        }
        every_view::wait_for_charts(&page, charts).await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn four_slices_are_admitted_under_one_capacity_that_is_never_exceeded() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-admission").await?;
    wait_for_state(&page, "admission-status", "done").await?;
    let profit = number(&page, "admission-table", "data-profit").await?;
    ensure!(number(&page, "admission-table", "data-violations").await? == 0.0);
    let text = page.text("panel-admission").await?;
    ensure!(text.contains("AVST, average uninterrupted service time"), "AVST is unexplained");
    page.fill("number-offset", "-0.5").await?;
    page.wait_until("another profit", async || {
        let done = page.attribute("admission-status", "data-state").await?;
        let found = number(&page, "admission-table", "data-profit").await?;
        Ok(done.as_deref() == Some("done") && found != profit)
    })
    .await?;
    page.fill("number-capacity", "1.5").await?;
    page.wait_until("room for everybody", async || {
        let done = page.attribute("admission-status", "data-state").await?;
        let found = number(&page, "admission-table", "data-admissions").await?;
        Ok(done.as_deref() == Some("done") && found > 0.99)
    })
    .await?;
    page.fill("number-steepness", "5").await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("steepness is 5; allowed: -1000 to -1"), "{text}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn admissions_are_decided_although_their_engine_crashes_once() -> Result<()> {
    // The cache outlives the worker, so that its successor knows.
    let prologue = "addEventListener('message', async ({data}) => {
        if (!data.Start?.job?.Admit?.networks) return;
        const cache = await caches.open('crashed');
        if (await cache.match('/crashed')) return;
        await cache.put('/crashed', new Response('yes'));
        setTimeout(() => { throw new Error('lost on purpose'); });
    });";
    let prologues = vec![("slicewise-forecast-engine-".to_owned(), prologue.to_owned())];
    let server = site::serve_with(SiteOptions { prologues, ..SiteOptions::default() })?;
    let page = Page::open_on(&format!("{}?planner=forecast", server.url()), Screen::LAPTOP).await?;
    wait_for_state(&page, "status", "done").await?;
    page.click("tab-admission").await?;
    page.wait_for("engine-message").await?;
    ensure!(page.text("engine-message").await?.contains("lost on purpose"));
    wait_for_state(&page, "admission-status", "done").await?;
    ensure!(number(&page, "admission-table", "data-profit").await? > 0.0);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_learned_loss_has_its_minimum_where_the_true_one_is() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-loss").await?;
    page.wait_for("margins").await?;
    for level in ["low", "high"] {
        let apart = number(&page, &format!("apart-{level}"), "data-value").await?;
        ensure!(apart <= 0.05, "the minima lie {apart} of the scale apart at {level} demand");
    }
    page.wait_for("plot-loss-surface").await?;
    let before = description(&page, "loss-surface").await?;
    page.click("others-high").await?;
    page.choose("surface-slice", "2").await?;
    page.wait_until("another surface", async || {
        Ok(description(&page, "loss-surface").await? != before)
    })
    .await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_forecast_planner_works_without_a_network_and_is_linked_from_the_bar() -> Result<()> {
    let (server, page) = visit().await?;
    let url = server.url().to_owned();
    let cost = number(&page, "status", "data-cost").await?;
    page.click("planner-slice").await?;
    page.wait_for_rest().await?;
    page.click("planner-forecast").await?;
    wait_for_state(&page, "status", "done").await?;
    wait_until_kept(&page, planner("forecast")?).await?;
    wait_until_kept(&page, planner("slice")?).await?;
    every_view::has_no_complaint(&page).await?;
    drop(server);
    let page = page.open_again(&format!("{url}?planner=forecast")).await?;
    wait_for_state(&page, "status", "done").await?;
    ensure!(number(&page, "status", "data-cost").await? == cost);
    Ok(())
}
