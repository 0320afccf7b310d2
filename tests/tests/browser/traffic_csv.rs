//! Traffic from a measured series.

use std::fs;

use anyhow::{Result, ensure};
use slicewise_tests::page::Page;

/// Three of every kind of line that a spreadsheet writes.
const SERIES: &str = "time,users_per_second\n0,1.5\n1,2.5\n2,4.5\n";

async fn on_csv_traffic() -> Result<(slicewise_xtask::site_server::SiteServer, Page)> {
    let (server, page) = crate::visit("").await?;
    page.choose("traffic-kind", "csv").await?;
    page.wait_for_rest().await?;
    Ok((server, page))
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_pasted_series_becomes_the_traffic() -> Result<()> {
    let (_server, page) = on_csv_traffic().await?;
    let before = page.plan().await?;
    page.fill("csv-paste", SERIES).await?;
    page.click("csv-apply").await?;
    page.wait_for_rest().await?;
    let (summary, after) = (page.text("csv-summary").await?, page.plan().await?);
    ensure!(summary.contains("3 rows"), "{summary}");
    ensure!(!after.is_near(&before, 1e-6), "{before:?} and {after:?}");
    ensure!(!page.has("error").await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_file_and_the_same_text_pasted_give_the_same_plan() -> Result<()> {
    let (_server, page) = on_csv_traffic().await?;
    page.fill("csv-paste", SERIES).await?;
    page.click("csv-apply").await?;
    page.wait_for_rest().await?;
    let pasted = page.plan().await?;
    page.click("csv-example").await?;
    page.wait_for_rest().await?;
    ensure!(!page.plan().await?.is_near(&pasted, 1e-6));
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("traffic.csv");
    fs::write(&file, SERIES)?;
    page.upload("csv-file", &file).await?;
    page.wait_until("the file's summary", async || {
        Ok(page.text("csv-summary").await?.contains("3 rows"))
    })
    .await?;
    page.wait_for_rest().await?;
    ensure!(page.plan().await?.is_near(&pasted, 1e-9));
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_damaged_series_is_named_and_the_plan_stays() -> Result<()> {
    let (_server, page) = on_csv_traffic().await?;
    page.fill("csv-paste", SERIES).await?;
    page.click("csv-apply").await?;
    page.wait_for_rest().await?;
    let before = page.plan().await?;
    for (text, named) in [
        ("time,load\n0,1\n", ["header", "time,load", "a column named users_per_second"]),
        ("users_per_second\nNaN\n", ["file", "without a row", "at least one row"]),
        ("users_per_second\n1\n-2\n", ["line 3", "-2", "0 to 1000000 users/s"]),
        ("users_per_second\n1\ntwo\n", ["line 3", "two", "a number"]),
        ("", ["table", "without a row", "at least one row"]),
    ] {
        page.fill("csv-paste", text).await?;
        page.click("csv-apply").await?;
        page.wait_until(&format!("an error for {text:?}"), async || {
            if !page.has("error").await? {
                return Ok(false);
            }
            let error = page.text("error").await?;
            Ok(named.iter().all(|part| error.contains(part)))
        })
        .await?;
        page.wait_for_rest().await?;
        ensure!(page.plan().await? == before, "the plan changed with {text:?}");
    }
    page.fill("csv-paste", SERIES).await?;
    page.click("csv-apply").await?;
    page.wait_for_end_of("error").await
}
