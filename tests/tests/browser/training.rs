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
    let (server, page) = with_table("a,b,c\n1,2,3\n4,5\n6,7,8\n").await?;
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
async fn the_first_rows_are_shown_and_a_comma_that_may_be_either_sign_is_asked_about() -> Result<()>
{
    let (_server, page) = crate::visit("?compute=cpu").await?;
    page.click("training-open").await?;
    let mut text = "n_users;cpu;bandwidth;throughput\n".to_owned();
    for row in 0..60 {
        let (users, cpu, bandwidth) = (1 + row * 7 % 5, 131 + row * 37 % 800, 5 + row * 17 % 36);
        let _ = writeln!(text, "{users};{},{cpu:03};{bandwidth};{}", 1 + row % 3, 2 + row * 3 % 40);
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("mine.csv");
    fs::write(&file, text)?;
    page.upload("training-file", &file).await?;
    page.wait_for("training-question").await?;
    let question = page.text("training-question").await?;
    ensure!(question.starts_with("mine.csv: line 2, column cpu is 1,131"), "{question}");
    ensure!(page.text("training-preview").await?.contains("1,131"));
    ensure!(!page.has("training-go").await?, "a form for numbers that are not known");
    page.choose("training-decimal", "point").await?;
    page.wait_for("training-go").await?;
    ensure!(!page.has("training-question").await? && !page.has("training-error").await?);
    // What columns mean is chosen in the form alone.
    ensure!(!page.has("training-column").await?);
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

/// A testbed's table with the bandwidth that was used beside the one that was set.
fn with_bandwidth_used() -> String {
    let mut lines = measurements().lines().map(str::to_owned).collect::<Vec<_>>();
    lines[0] += ",total_bandwidth_usage";
    for line in &mut lines[1..] {
        let numbers: Vec<f64> = line.split(',').filter_map(|text| text.parse().ok()).collect();
        let used = numbers[0] * numbers[3];
        let _ = write!(line, ",{used}");
    }
    lines.join("\n")
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_column_that_follows_from_others_is_asked_about() -> Result<()> {
    let (_server, page) = with_table(&with_bandwidth_used()).await?;
    ensure!(!page.has("training-question-0").await? && !page.has("training-question-1").await?);
    // The fifth column is the one that follows from the users and the throughput.
    page.choose("training-resource-1", "4").await?;
    page.wait_for("training-question-1").await?;
    let text = page.text("training-question-1").await?;
    ensure!(text.contains("total_bandwidth_usage is n_users × throughput"), "{text}");
    page.click("training-go").await?;
    page.wait_for("training-error").await?;
    ensure!(page.text("training-error").await?.contains("total_bandwidth_usage"));
    page.click("training-confirm-1").await?;
    page.wait_for_end_of("training-error").await?;
    page.fill("training-epochs", "2000").await?;
    page.click("training-go").await?;
    page.wait_for("training-cancel").await?;
    page.click("training-cancel").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_box_that_cannot_be_read_is_not_trained_with_its_default() -> Result<()> {
    let (server, page) = with_table(&measurements()).await?;
    page.fill("training-epochs", "abc").await?;
    page.click("training-go").await?;
    page.wait_for("training-error").await?;
    let text = page.text("training-error").await?;
    ensure!(text.starts_with("epochs is abc"), "{text}");
    ensure!(page.attribute("training-stage", "data-state").await?.as_deref() == Some("idle"));
    ensure!(!server.requests().iter().any(|path| path.contains("slicewise-learning")));
    Ok(())
}

/// Whether the browser would ask before the page is left.
async fn asks_before_leaving(page: &Page) -> Result<bool> {
    let script = "const event = new Event('beforeunload', { cancelable: true });
        dispatchEvent(event);
        return event.defaultPrevented";
    page.evaluate(script, Vec::new()).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_own_network_is_not_lost_without_a_word_and_opens_again() -> Result<()> {
    let (server, page) = with_table(&measurements()).await?;
    ensure!(!asks_before_leaving(&page).await?);
    page.fill("training-epochs", "5").await?;
    page.click("training-go").await?;
    wait_for_state(&page, "training-stage", "done").await?;
    ensure!(asks_before_leaving(&page).await?);
    let card = page.download("training-card", ".json").await?;
    ensure!(asks_before_leaving(&page).await?, "the weights are not saved yet");
    let weights = page.download("training-weights", ".safetensors").await?;
    ensure!(!asks_before_leaving(&page).await?);
    page.click("training-use").await?;
    page.wait_for_rest().await?;
    let plan = page.plan().await?;
    page.click("copy-link").await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("not your network “my-network”"), "{text}");
    let other = Page::open(&crate::slice_at(&server)).await?;
    other.wait_for_rest().await?;
    // The card alone is refused by name.
    other.upload("open-network", &card).await?;
    other.wait_for("error").await?;
    ensure!(other.text("error").await?.contains("files is my-network.json; allowed: a model card"));
    other.upload_all("open-network", &[&card, &weights]).await?;
    other
        .wait_until("the network to be chosen", async || {
            Ok(other.value("model").await? == "my-network")
        })
        .await?;
    other.wait_for_rest().await?;
    ensure!(!other.has("error").await?);
    // The same question on the same network: that of the first page.
    ensure!(other.plan().await?.is_near(&plan, 1e-6), "{plan:?}");
    ensure!(!asks_before_leaving(&other).await?);
    Ok(())
}
