//! A day planned interval by interval.

use std::fs;

use anyhow::{Context, Result, ensure};
use slicewise_tests::page::{Page, near};
use slicewise_xtask::site_server::SiteServer;

use crate::{key, wait_for_state};

/// Lengths of the interval that the page compares, in minutes.
const MINUTES: [usize; 6] = [5, 10, 15, 30, 60, 120];

async fn on_day() -> Result<(SiteServer, Page)> {
    let (server, page) = crate::visit("?compute=cpu").await?;
    page.click("tab-day").await?;
    Ok((server, page))
}

async fn plan(page: &Page) -> Result<()> {
    page.click("day-run").await?;
    wait_for_state(page, "day-status", "done").await
}

async fn value(page: &Page, name: &str) -> Result<f64> {
    let text = page.attribute(name, "data-value").await?;
    text.and_then(|text| text.parse().ok()).with_context(|| format!("no number in {name}"))
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_day_is_planned_for_every_length_of_the_interval_at_once() -> Result<()> {
    let (_server, page) = on_day().await?;
    plan(&page).await?;
    let peaks = {
        let mut peaks = Vec::new();
        for minutes in MINUTES {
            let cost = value(&page, &format!("day-cost-{minutes}")).await?;
            let saving = value(&page, &format!("day-saving-{minutes}")).await?;
            ensure!(cost > 0.0 && saving > 0.0 && saving < 1.0, "{minutes}: {cost}, {saving}");
            peaks.push(cost / (1.0 - saving));
        }
        peaks
    };
    // Every saving is against the same static allocation.
    ensure!(peaks.iter().all(|peak| near(*peak, peaks[0], 1e-9)), "{peaks:?}");
    for (minutes, intervals) in MINUTES.into_iter().zip([288, 144, 96, 48, 24, 12]) {
        page.click(&format!("day-{minutes}")).await?;
        ensure!(page.attribute("day-status", "data-state").await?.as_deref() == Some("done"));
        let saved = page.download("save-csv-day-resources", ".csv").await?;
        let text = fs::read_to_string(saved)?;
        ensure!(text.lines().filter(|line| !line.is_empty()).count() == intervals + 1);
    }
    ensure!(page.text("day-sentence").await?.contains("every 120 minutes"));
    ensure!(page.complaints().await?.is_empty());
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_interval_can_be_read_and_its_traffic_adopted() -> Result<()> {
    let (_server, page) = on_day().await?;
    page.click("day-60").await?;
    plan(&page).await?;
    page.press("plot-day-resources", key::ARROW_RIGHT, 12).await?;
    let reading = page.text("reading-day-resources").await?;
    ensure!(reading.starts_with("12:00 to 13:00, "), "{reading}");
    page.type_key(key::ENTER, 1).await?;
    page.wait_for_rest().await?;
    let traffic: f64 = page.value("number-traffic").await?.parse()?;
    let read = reading.trim_start_matches("12:00 to 13:00, ").split(' ').next().unwrap_or("");
    ensure!(near(traffic, read.parse()?, 5e-3), "{traffic} against {reading}");
    // The trace takes the place of the traffic: the day stays the same.
    ensure!(page.attribute("day-status", "data-state").await?.as_deref() == Some("done"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_visitors_own_trace_is_planned_and_a_damaged_one_named() -> Result<()> {
    let (_server, page) = on_day().await?;
    let folder = tempfile::tempdir()?;
    let damaged = folder.path().join("damaged.csv");
    fs::write(&damaged, "users_per_second\n1\nmany\n")?;
    page.upload("day-file", &damaged).await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("damaged.csv") && text.contains("many"), "{text}");
    ensure!(page.text("day-trace").await?.starts_with("288 slots"));
    let trace = folder.path().join("trace.csv");
    fs::write(&trace, "users_per_second\n1\n2\n4\n3\n2\n1\n")?;
    page.upload("day-file", &trace).await?;
    page.wait_until("the trace", async || Ok(page.text("day-trace").await?.starts_with("6 slots")))
        .await?;
    ensure!(!page.has("error").await?);
    plan(&page).await?;
    // One interval for the whole trace at 30, 60 and 120 minutes.
    let (half, whole) = (value(&page, "day-cost-30").await?, value(&page, "day-cost-120").await?);
    ensure!(near(half, whole, 1e-9), "{half} and {whole}");
    Ok(())
}
