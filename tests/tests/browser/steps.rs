//! Allocations in whole steps.

use std::fs;

use anyhow::{Result, ensure};
use slicewise_tests::page::Page;

use crate::wait_for_state;

/// The page that plans in whole multiples of 100 millicores and 1 Mbit/s.
async fn in_steps() -> Result<(slicewise_xtask::site_server::SiteServer, Page)> {
    let (server, page) = crate::visit("?compute=cpu").await?;
    page.click("granularity").await?;
    page.fill("number-granularity-cpu", "100").await?;
    page.fill("number-granularity-bandwidth", "1").await?;
    page.wait_for_rest().await?;
    Ok((server, page))
}

fn is_whole(amount: f64) -> bool {
    (amount - amount.round()).abs() < 1e-9
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_plan_in_steps_is_proven_shown_as_it_is_and_linked() -> Result<()> {
    let (_server, free) = crate::visit("").await?;
    let free = free.plan().await?;
    let (_server, page) = in_steps().await?;
    let plan = page.plan().await?;
    let [cpu, bandwidth] = plan.allocations[0];
    ensure!(is_whole(cpu / 100.0) && is_whole(bandwidth), "{plan:?}");
    ensure!(plan.status == "solved" && plan.cost >= free.cost * (1.0 - 1e-4), "{plan:?} {free:?}");
    let shown = page.text("allocation-cpu-0").await?.replace(',', "");
    ensure!(shown.parse::<f64>()? == cpu, "{shown} of {cpu}");
    let other = Page::open(&page.address().await?).await?;
    other.wait_for_rest().await?;
    ensure!(other.value("number-granularity-cpu").await? == "100");
    ensure!(other.plan().await?.is_near(&plan, 1e-9));
    page.fill("number-granularity-cpu", "0").await?;
    page.fill("number-granularity-bandwidth", "0").await?;
    page.wait_for_rest().await?;
    ensure!(page.plan().await?.is_near(&free, 1e-3), "{:?} {free:?}", page.plan().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_surface_in_steps_has_whole_steps_in_every_cell() -> Result<()> {
    let (_server, page) = in_steps().await?;
    page.click("tab-what-if").await?;
    for axis in ["x", "y"] {
        page.fill(&format!("surface-{axis}-points"), "6").await?;
    }
    page.click("surface-run").await?;
    wait_for_state(&page, "surface-status", "done").await?;
    let text = fs::read_to_string(page.download("save-csv-surface", ".csv").await?)?;
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|row| row.split(',').collect()).collect();
    ensure!(rows.len() == 36, "{text}");
    let kept: Vec<_> = rows.iter().filter(|row| row[7] == "yes").collect();
    ensure!(!kept.is_empty(), "{text}");
    for row in kept {
        let (cpu, bandwidth): (f64, f64) = (row[2].parse()?, row[3].parse()?);
        ensure!(is_whole(cpu / 100.0) && is_whole(bandwidth), "{row:?}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_step_of_which_no_multiple_fits_is_named() -> Result<()> {
    let (_server, page) = in_steps().await?;
    page.fill("number-capacity-bandwidth", "12").await?;
    page.fill("number-granularity-bandwidth", "15").await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("bandwidth step is 15; allowed: 0 to 12 Mbit/s"), "{text}");
    page.fill("number-granularity-bandwidth", "4").await?;
    page.wait_for_end_of("error").await?;
    page.wait_for_rest().await
}
