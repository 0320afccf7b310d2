//! Plans leave and come back.

use std::fs;

use anyhow::{Result, ensure};
use serde_json::Value;
use slicewise_core::slice::{SlicePlan, SliceProblem};
use slicewise_tests::page::Page;

use crate::key;

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_exported_plan_comes_back_the_same_in_a_fresh_session() -> Result<()> {
    let (server, page) = crate::visit("").await?;
    page.choose("traffic-kind", "normal").await?;
    page.press("slider-qos", key::ARROW_RIGHT, 3).await?;
    page.wait_for_rest().await?;
    let plan = page.plan().await?;
    let saved = page.download("export-plan-json", ".json").await?;
    let file: Value = serde_json::from_str(&fs::read_to_string(&saved)?)?;
    ensure!(file["version"].is_u64(), "{file}");
    SliceProblem::from_json(&file["problem"].to_string())?;
    let exported: SlicePlan = serde_json::from_value(file["plan"].clone())?;
    ensure!(exported.slices[0].allocation == plan.allocations[0], "{exported:?}");
    let other = Page::open(&crate::slice_at(&server)).await?;
    other.wait_for_rest().await?;
    other.upload("import-file", &saved).await?;
    other
        .wait_until("the imported plan", async || Ok(other.plan().await?.is_near(&plan, 1e-6)))
        .await?;
    other.wait_for_rest().await?;
    ensure!(other.plan().await?.is_near(&plan, 1e-6));
    ensure!(other.control_values().await? == page.control_values().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_damaged_file_is_named_and_the_plan_stays() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    let before = page.plan().await?;
    let saved = page.download("export-plan-json", ".json").await?;
    let whole = fs::read_to_string(&saved)?;
    let mut negative: Value = serde_json::from_str(&whole)?;
    negative["problem"]["slices"][0]["qos_threshold"] = (-1.0).into();
    let folder = tempfile::tempdir()?;
    for (name, text, named) in [
        ("truncated.json", whole[..whole.len() / 2].to_owned(), ""),
        ("empty.json", String::new(), ""),
        ("negative.json", negative.to_string(), "qos_threshold is -1"),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, text)?;
        crate::every_view::upload_what_is_refused(&page, &file, named).await?;
        page.wait_for_rest().await?;
        ensure!(page.plan().await?.is_near(&before, 1e-9), "the plan changed with {name}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn plan_and_curves_are_saved_as_tables() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    for (name, least) in [("export-plan-csv", 1), ("export-curves-csv", 10)] {
        let text = fs::read_to_string(page.download(name, ".csv").await?)?;
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        ensure!(lines.len() > least, "{name}: {text}");
        let columns = lines[0].split(',').count();
        ensure!(columns > 1 && lines.iter().all(|l| l.split(',').count() == columns), "{text}");
    }
    Ok(())
}
