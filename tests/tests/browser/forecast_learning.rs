//! "Learn again" in the Forecast view: a training with its curves, pause and cancel, and its files.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use slicewise_core::forecast::{ForecasterCard, RivalLoss};
use slicewise_forecast::files;
use slicewise_forecast::windows::LOOK_BACK;
use slicewise_tests::page::Page;
use slicewise_xtask::site_server::SiteServer;

use crate::every_view::number;
use crate::forecast_view::visit;
use crate::wait_for_state;

/// The view of learning with a short trace of the visitor's own, and where its tables lie.
async fn visit_with_trace() -> Result<(SiteServer, Page, tempfile::TempDir)> {
    let (server, page) = visit().await?;
    let folder = open_short_trace(&page).await?;
    Ok((server, page, folder))
}

/// Opens a short trace and the view of learning; gives the folder of its table.
pub async fn open_short_trace(page: &Page) -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("short.csv");
    let mut text = "minute,demand\n".to_owned();
    for step in 0..360 {
        let angle = f64::from(step) * std::f64::consts::TAU / 288.0;
        let demand = 30.0 + 15.0 * angle.sin() + f64::from(step * 7919 % 97) / 30.0;
        text += &format!("{},{demand}\n", 5 * step);
    }
    fs::write(&file, text)?;
    page.upload("import-trace", &file).await?;
    page.wait_for("transferred").await?;
    page.click("tab-learn").await?;
    Ok(folder)
}

async fn epochs(page: &Page) -> Result<f64> {
    number(page, "learn-status", "data-epochs").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn networks_are_learned_from_a_trace_of_ones_own_plan_at_once_and_are_saved() -> Result<()> {
    let (_server, page, _folder) = visit_with_trace().await?;
    page.fill("learn-epochs", "3").await?;
    page.fill("learn-name", "my-cell").await?;
    page.click("learn-go").await?;
    wait_for_state(&page, "learn", "done").await?;
    ensure!(epochs(&page).await? == 3.0);
    for chart in ["chart-learning-loss", "chart-learning-cost", "chart-learning-error"] {
        ensure!(page.has(chart).await?, "{chart} is missing");
    }
    let cost = number(&page, "learned-test-cost", "data-value").await?;
    let (card_file, weights_file) = (
        page.download("learn-card", ".json").await?,
        page.download("learn-weights", ".safetensors").await?,
    );
    let card = ForecasterCard::from_json(&fs::read_to_string(&card_file)?)?;
    ensure!((card.name.as_str(), card.look_back) == ("my-cell", LOOK_BACK), "{card:?}");
    let networks = files::read(&card, &fs::read(&weights_file)?)?;
    ensure!(networks.forecaster.scales.len() == 1 && networks.loss.is_some());
    ensure!(networks.rivals.len() == RivalLoss::ALL.len());
    page.click("learn-use").await?;
    plan_costs(&page, cost).await?;
    page.click("tab-methods").await?;
    page.wait_until("the regressors to compare with", async || {
        Ok(page.attribute("rivals", "data-state").await?.as_deref() == Some("Regressors"))
    })
    .await?;
    page.click("drop-own").await?;
    page.wait_for("transferred").await?;
    // And back from the files, of which both are wanted.
    page.click("tab-learn").await?;
    page.upload("open-networks", &card_file).await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("choice of files is without weights; allowed: a model card"), "{text}");
    page.upload_all("open-networks", &[&card_file, &weights_file]).await?;
    plan_costs(&page, cost).await
}

/// Waits until networks of one's own plan at this cost.
async fn plan_costs(page: &Page, cost: f64) -> Result<()> {
    page.wait_for("own-networks").await?;
    page.wait_until("the cost of the card", async || {
        let done = page.attribute("status", "data-state").await?.as_deref() == Some("done");
        let found = number(page, "status", "data-cost").await?;
        // The card was measured before the weights were rounded to f32.
        Ok(done && (found - cost).abs() <= 1e-4 * cost)
    })
    .await?;
    ensure!(!page.has("transferred").await? && !page.has("moved").await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn damaged_networks_are_refused_and_the_shipped_ones_go_on() -> Result<()> {
    let (_server, page) = visit().await?;
    let before = number(&page, "status", "data-cost").await?;
    page.click("tab-learn").await?;
    let folder = tempfile::tempdir()?;
    let (card, weights) = (folder.path().join("card.json"), folder.path().join("w.safetensors"));
    let root = std::env::var("CARGO_MANIFEST_DIR")?;
    let shipped = Path::new(&root).join("../models/forecast/cloud-gaming");
    fs::copy(shipped.join("card.json"), &card)?;
    let mut bytes = fs::read(shipped.join("weights.safetensors"))?;
    *bytes.last_mut().context("an empty file")? ^= 1;
    fs::write(&weights, bytes)?;
    page.upload_all("open-networks", &[&weights, &card]).await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("weights fingerprint is") && text.contains("Nothing was"), "{text}");
    fs::write(&card, "{\"format\": 1}")?;
    page.upload_all("open-networks", &[&weights, &card]).await?;
    page.wait_until("the next error", async || {
        Ok(page.text("error").await?.contains("model card"))
    })
    .await?;
    ensure!(!page.has("own-networks").await?);
    ensure!(number(&page, "status", "data-cost").await? == before);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn four_slices_are_learned_again_under_the_terms_of_the_page_and_admit() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-admission").await?;
    wait_for_state(&page, "admission-status", "done").await?;
    page.fill("number-capacity", "0.2").await?;
    page.click("tab-learn").await?;
    page.choose("learn-task", "admission").await?;
    page.fill("learn-epochs", "1").await?;
    page.fill("learn-name", "my-slices").await?;
    page.click("learn-go").await?;
    wait_for_state(&page, "learn", "done").await?;
    let card = fs::read_to_string(page.download("learn-card", ".json").await?)?;
    let terms = ForecasterCard::from_json(&card)?.admission_terms.context("no terms")?;
    let scales: f64 = terms.scales.iter().sum();
    ensure!((terms.capacity / scales - 0.2).abs() < 1e-9, "{terms:?}");
    let profit = number(&page, "learned-test-profit", "data-value").await?;
    page.click("learn-use").await?;
    page.wait_until("the profit of the card", async || {
        let done = page.attribute("admission-status", "data-state").await?;
        let found = number(&page, "admission-table", "data-profit").await?;
        Ok(done.as_deref() == Some("done") && (found - profit).abs() <= 1e-3)
    })
    .await?;
    ensure!(page.text("own-networks").await?.contains("my-slices"));
    ensure!(number(&page, "admission-table", "data-violations").await? == 0.0);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_training_pauses_goes_on_and_ends_when_asked() -> Result<()> {
    let (_server, page, _folder) = visit_with_trace().await?;
    page.fill("learn-epochs", "400").await?;
    page.click("learn-go").await?;
    page.wait_until("an epoch", async || Ok(epochs(&page).await? >= 1.0)).await?;
    page.click("learn-pause").await?;
    wait_for_state(&page, "learn", "paused").await?;
    // What was sent before the pause may still arrive.
    let rested = page.evaluate::<bool>(
        "const count = () => document.querySelector('[data-test=learn-status]').dataset.epochs;
        const after = ms => new Promise(done => setTimeout(() => done(count()), ms));
        return after(700).then(first => after(1500).then(second => first === second))",
        Vec::new(),
    );
    ensure!(rested.await?, "epochs came in during the pause");
    let before = epochs(&page).await?;
    page.click("learn-pause").await?;
    page.wait_until("another epoch", async || Ok(epochs(&page).await? > before)).await?;
    // The page answers while its worker learns.
    page.click("tab-reservation").await?;
    page.wait_for("chart-test").await?;
    page.click("tab-learn").await?;
    page.click("learn-cancel").await?;
    wait_for_state(&page, "learn", "cancelled").await?;
    ensure!(page.has("learn-go").await?, "the form is gone");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn recorded_costs_are_learned_from_or_refused_with_what_is_wrong() -> Result<()> {
    let (_server, page, folder) = visit_with_trace().await?;
    let file = folder.path().join("records.csv");
    fs::write(&file, "decision,cost\n")?;
    page.upload("learn-records", &file).await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("table is without a row"), "{text}");
    // A column of another name is asked for, and chosen in the preview.
    fs::write(&file, "booked,demand,cost\n12,10,2\n12,14,9\n")?;
    page.upload("learn-records", &file).await?;
    page.wait_for("records-question").await?;
    let text = page.text("records-question").await?;
    ensure!(text.contains("allowed: a column decision"), "{text}");
    page.choose("records-decision", "booked").await?;
    page.wait_for_end_of("records-question").await?;
    page.wait_for("records-preview").await?;
    let mut text = "demand,decision,cost\n".to_owned();
    for index in 0..600 {
        let demand = 20.0 + f64::from(index * 37 % 250) / 10.0;
        let decision = demand - 8.0 + f64::from(index * 53 % 240) / 10.0;
        let cost = if decision < demand { 90.0 } else { decision - demand };
        text += &format!("{demand},{decision},{cost}\n");
    }
    fs::write(&file, text)?;
    page.upload("learn-records", &file).await?;
    page.wait_for("drop-records").await?;
    page.fill("learn-epochs", "2").await?;
    page.click("learn-go").await?;
    wait_for_state(&page, "learn", "done").await?;
    let card = fs::read_to_string(page.download("learn-card", ".json").await?)?;
    let card = ForecasterCard::from_json(&card).context("the card")?;
    ensure!(card.objective.contains("600 records of outcomes"), "{}", card.objective);
    Ok(())
}
