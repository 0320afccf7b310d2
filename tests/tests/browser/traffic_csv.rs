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
async fn a_column_that_no_heading_names_is_asked_about_and_chosen() -> Result<()> {
    let (_server, page) = on_csv_traffic().await?;
    let before = page.plan().await?;
    page.fill("csv-paste", "time,load\n0,1.5\n1,2.5\n2,4.5\n").await?;
    page.click("csv-apply").await?;
    page.wait_for("csv-question").await?;
    let question = page.text("csv-question").await?;
    for part in ["traffic column is unclear among time, load", "a column named users_per_second"] {
        ensure!(question.contains(part), "{question}");
    }
    ensure!(page.text("csv-preview").await?.contains("4.5"));
    page.wait_for_rest().await?;
    ensure!(page.plan().await? == before, "planned all the same");
    page.choose("csv-column", "load").await?;
    page.wait_for_end_of("csv-question").await?;
    page.wait_for_rest().await?;
    let summary = page.text("csv-summary").await?;
    ensure!(summary.contains("3 rows") && summary.contains("highest 4.5"), "{summary}");
    page.click("csv-summary-of-preview").await?;
    ensure!(page.text("csv-preview").await?.contains("users/s"));
    ensure!(!page.has("error").await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_comma_that_may_be_either_sign_is_asked_about() -> Result<()> {
    let (_server, page) = on_csv_traffic().await?;
    page.fill("csv-paste", "slot;users\n0;1,234\n1;2,345\n2;3,456\n").await?;
    page.click("csv-apply").await?;
    page.wait_for("csv-question").await?;
    let question = page.text("csv-question").await?;
    ensure!(question.contains("1,234") && question.contains("which of both"), "{question}");
    page.choose("csv-decimal", "comma").await?;
    page.wait_for_end_of("csv-question").await?;
    page.wait_for_rest().await?;
    let summary = page.text("csv-summary").await?;
    ensure!(summary.contains("highest 3.46"), "{summary}");
    // The example takes the table's place.
    page.click("csv-example").await?;
    page.wait_for_end_of("csv-preview").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_trace_of_a_day_is_asked_about_likewise() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    page.click("tab-day").await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("day.csv");
    fs::write(&file, "time,load\n0,1\n1,2\n2,4\n3,3\n")?;
    page.upload("day-file", &file).await?;
    page.wait_for("day-question").await?;
    let question = page.text("day-question").await?;
    ensure!(question.starts_with("day.csv: traffic column is unclear"), "{question}");
    ensure!(page.text("day-trace").await?.starts_with("288 slots"));
    page.choose("day-column", "load").await?;
    page.wait_until("the trace", async || Ok(page.text("day-trace").await?.starts_with("4 slots")))
        .await?;
    page.click("day-generated").await?;
    page.wait_for_end_of("day-preview").await
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
