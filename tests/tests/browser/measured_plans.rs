//! Measurements taken at a plan.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use slicewise_tests::page::Page;

/// Sixty seconds at 2,000 millicores and 18 Mbit/s under 3 users/s, in which users got `qos` and a little
/// more.
fn table(folder: &tempfile::TempDir, name: &str, qos: f64) -> Result<PathBuf> {
    let mut text = "n_users,cpu,bw,qos\n".to_owned();
    for second in 0..60 {
        writeln!(text, "3,2000,18,{}", qos + 0.005 * f64::from(second))?;
    }
    let path = folder.path().join(name);
    fs::write(&path, text)?;
    Ok(path)
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn measurements_at_a_plan_move_it_and_are_forgotten() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    page.fill("number-qos", "4.6").await?;
    page.wait_for_rest().await?;
    let before = page.plan().await?;
    let folder = tempfile::tempdir()?;
    page.upload("measured-file", &table(&folder, "worse.csv", 3.5)?).await?;
    page.wait_for("corrections").await?;
    page.wait_for_rest().await?;
    let (words, worse) = (page.text("corrections").await?, page.plan().await?);
    for part in [
        "4.6 Mbit/s",
        "2,000 millicores and 18 Mbit/s, 60 rows",
        "100 %",
        "Corrected",
        "cannot explain",
    ] {
        ensure!(words.contains(part), "{words}");
    }
    ensure!(!worse.is_near(&before, 1e-6), "{worse:?}");
    page.upload("measured-file", &table(&folder, "better.csv", 5.2)?).await?;
    page.wait_until(
        "the other measurements",
        async || Ok(page.text("corrections").await? != words),
    )
    .await?;
    page.wait_for_rest().await?;
    let better = page.plan().await?;
    ensure!(!better.is_near(&worse, 1e-6), "{better:?} {worse:?}");
    // The link carries what they tell of the network, not the measurements.
    let other = Page::open(&page.address().await?).await?;
    other.wait_for_rest().await?;
    ensure!(other.plan().await?.is_near(&better, 1e-6));
    ensure!(other.has("measured-forget").await?);
    page.click("measured-forget").await?;
    page.wait_for_end_of("measured-forget").await?;
    page.wait_for_rest().await?;
    ensure!(page.plan().await?.is_near(&before, 1e-6));
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_table_without_measurements_is_named_and_the_plan_stays() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    let before = page.plan().await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("no_qos.csv");
    fs::write(&file, "n_users,cpu,bw\n3,2000,18\n")?;
    page.upload("measured-file", &file).await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("The measurements cannot be used: column qos"), "{text}");
    page.wait_for_rest().await?;
    ensure!(page.plan().await? == before && !page.has("measured-forget").await?);
    page.choose("model", "testbed-gaussian").await?;
    page.wait_for_rest().await?;
    ensure!(!page.has("measured-file").await?, "one network has no members to count");
    Ok(())
}
