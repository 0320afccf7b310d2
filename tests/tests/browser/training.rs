//! Training a network on the visitor's own table.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Result, ensure};
use slicewise_core::ModelCard;
use slicewise_tests::page::Page;
use slicewise_xtask::site_server::SiteServer;

use crate::wait_for_state;

/// Throughput that grows with the scarcer of two resources and falls with the users, 400 rows.
pub(crate) fn measurements() -> String {
    let mut text = "n_users,cpu (millicores),bandwidth (Mbit/s),throughput (Mbit/s)\n".to_owned();
    for row in 0..400 {
        let (users, cpu, bandwidth) = (1 + row * 7 % 5, 500 + row * 131 % 3500, 5 + row * 17 % 36);
        let noise = 1.0 + 0.1 * (f64::from(row) * 12.9).sin();
        let share = f64::from(bandwidth) / (1.0 + 0.6 * f64::from(users));
        let throughput = noise * share.min(f64::from(cpu) / 900.0);
        let _ = writeln!(text, "{users},{cpu},{bandwidth},{throughput:.3}");
    }
    text
}

/// The page with the dialogue open and `text` in it.
async fn with_table(text: &str) -> Result<(SiteServer, Page)> {
    let (server, page) = crate::visit("?compute=cpu").await?;
    page.click("training-open").await?;
    upload(&page, text).await?;
    Ok((server, page))
}

/// Gives the open dialogue a file with `text`.
pub(crate) async fn upload(page: &Page, text: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("mine.csv");
    fs::write(&file, text)?;
    page.upload("training-file", &file).await?;
    page.wait_until("the table to be read", async || {
        Ok(page.has("training-go").await? || page.has("training-error").await?)
    })
    .await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_network_trained_in_the_tab_plans_and_can_be_saved() -> Result<()> {
    let (_server, page) = with_table(&measurements()).await?;
    page.fill("training-epochs", "12").await?;
    page.click("training-go").await?;
    wait_for_state(&page, "training-stage", "done").await?;
    ensure!(page.text("training-metrics").await?.contains("held-back"));
    ensure!(page.has("chart-training-loss").await?);
    let card = fs::read_to_string(page.download("training-card", ".json").await?)?;
    let card = ModelCard::from_json(&card)?;
    ensure!(card.name == "my-network" && card.resources().len() == 2, "{card:?}");
    let weights = fs::read(page.download("training-weights", ".safetensors").await?)?;
    ensure!(slicewise_core::card::fingerprint(&weights) == card.weights_fingerprint);
    page.click("training-use").await?;
    page.wait_until("the network to be chosen", async || {
        Ok(page.value("model").await? == "my-network")
    })
    .await?;
    page.wait_for_rest().await?;
    ensure!(!page.has("error").await?, "{}", page.text("error").await?);
    ensure!(page.plan().await?.allocations.len() == 1);
    // The pool has it as well.
    page.click("tab-what-if").await?;
    for axis in ["x", "y"] {
        page.fill(&format!("surface-{axis}-points"), "5").await?;
    }
    page.click("surface-run").await?;
    wait_for_state(&page, "surface-status", "done").await?;
    ensure!(page.complaints().await?.is_empty());
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_training_can_be_cancelled() -> Result<()> {
    let (_server, page) = with_table(&measurements()).await?;
    page.fill("training-epochs", "2000").await?;
    page.click("training-go").await?;
    page.wait_for("training-cancel").await?;
    page.click("training-cancel").await?;
    wait_for_state(&page, "training-stage", "cancelled").await?;
    ensure!(page.shows("training-go").await? && page.value("training-epochs").await? == "2000");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn damaged_tables_are_named() -> Result<()> {
    let (server, page) = with_table("a,b,c\n1,2,3\n4,5\n").await?;
    let text = page.text("training-error").await?;
    ensure!(text.contains("mine.csv") && text.contains("line 3"), "{text}");
    upload(&page, "a,b\n1,x\n").await?;
    let text = page.text("training-error").await?;
    ensure!(text.contains("at least 3"), "{text}");
    let short: String = measurements().lines().take(20).flat_map(|l| [l, "\n"]).collect();
    upload(&page, &short).await?;
    page.wait_for("training-go").await?;
    page.click("training-go").await?;
    page.wait_for("training-error").await?;
    let text = page.text("training-error").await?;
    ensure!(text.starts_with("rows is 19; allowed: 50"), "{text}");
    ensure!(!server.requests().iter().any(|path| path.contains("slicewise-learning")));
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn fields_that_cannot_be_used_are_named_beside_them() -> Result<()> {
    let (_server, page) = with_table(&measurements()).await?;
    page.fill("training-name", "My Network").await?;
    page.click("training-go").await?;
    page.wait_for("training-error").await?;
    let text = page.text("training-error").await?;
    ensure!(text.starts_with("name is My Network"), "{text}");
    page.fill("training-name", "mine").await?;
    page.wait_for_end_of("training-error").await?;
    page.fill("training-epochs", "0").await?;
    page.wait_for("error").await?;
    ensure!(page.text("error").await?.starts_with("epochs is 0"));
    page.fill("training-epochs", "5").await?;
    page.choose("training-resource-0", "0").await?;
    page.click("training-go").await?;
    page.wait_for("training-error").await?;
    let text = page.text("training-error").await?;
    ensure!(text.contains("n_users twice"), "{text}");
    Ok(())
}
