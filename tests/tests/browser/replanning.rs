//! Controls move, plans follow.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use slicewise_tests::command_line;
use slicewise_tests::page::{Page, near};

use crate::{every_view, key};

/// How exactly the tab and the command line must agree.
const AGREEMENT: f64 = 1e-4;

/// What the command line plans for the problem that the page exports.
async fn native_plan(page: &Page) -> Result<Value> {
    let exported = page.download("export-plan-json", ".json").await?;
    let exported: Value = serde_json::from_str(&fs::read_to_string(exported)?)?;
    let folder = tempfile::tempdir()?;
    let problem = folder.path().join("problem.json");
    fs::write(&problem, exported["problem"].to_string())?;
    command_line::plan_slice(&problem)
}

fn number(plan: &Value, pointer: &str) -> Result<f64> {
    let value = plan.pointer(pointer).and_then(Value::as_f64);
    value.with_context(|| format!("no number at {pointer} in {plan}"))
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_arrow_key_on_the_qos_slider_gives_the_plan_of_the_command_line() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    let (before, threshold) = (page.plan().await?, page.value("slider-qos").await?);
    page.press("slider-qos", key::ARROW_RIGHT, 1).await?;
    page.wait_for_rest().await?;
    let after = page.plan().await?;
    ensure!(page.value("slider-qos").await? != threshold);
    ensure!(page.value("number-qos").await?.parse::<f64>()? > threshold.parse()?);
    ensure!(after.cost > before.cost, "before {before:?}, after {after:?}");
    let native = native_plan(&page).await?;
    let expected = [number(&native, "/allocation/cpu")?, number(&native, "/allocation/bandwidth")?];
    for (shown, expected) in after.allocations[0].iter().zip(expected) {
        ensure!(near(*shown, expected, AGREEMENT), "{after:?} against {native}");
    }
    ensure!(near(after.cost, number(&native, "/cost")?, AGREEMENT), "{after:?} against {native}");
    ensure!(native["status"] == after.status.as_str(), "{after:?} against {native}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn two_slices_share_the_capacity_as_on_the_command_line() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    // By the default network two such slices need more than there is.
    page.choose("model", "testbed-gaussian").await?;
    page.wait_for_rest().await?;
    page.choose("traffic-kind", "normal").await?;
    page.fill("number-mean", "1.5").await?;
    page.click("add-slice").await?;
    page.press("slider-qos", key::ARROW_RIGHT, 5).await?;
    page.wait_for_rest().await?;
    let plan = page.plan().await?;
    ensure!(plan.allocations.len() == 2 && plan.status != "infeasible", "{plan:?}");
    for (resource, name) in [(0, "number-capacity-cpu"), (1, "number-capacity-bandwidth")] {
        let capacity: f64 = page.value(name).await?.parse()?;
        let total: f64 = plan.allocations.iter().map(|slice| slice[resource]).sum();
        ensure!(total <= capacity * (1.0 + 1e-9), "{plan:?} within {capacity}");
    }
    let native = native_plan(&page).await?;
    ensure!(near(plan.cost, number(&native, "/cost")?, AGREEMENT), "{plan:?} against {native}");
    page.click("slice-tab-0").await?;
    page.click("remove-slice").await?;
    page.wait_for_rest().await?;
    ensure!(page.plan().await?.allocations.len() == 1);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn every_model_plans_and_brings_its_own_answer() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    let mut costs = Vec::new();
    for model in ["testbed-mixture", "delay", "testbed-gaussian"] {
        page.choose("model", model).await?;
        page.wait_for_rest().await?;
        let plan = page.plan().await?;
        ensure!(
            ["solved", "feasible-not-proven"].contains(&plan.status.as_str()),
            "{model}: {plan:?}"
        );
        costs.push(plan.cost);
    }
    ensure!(costs[0] != costs[1] && costs[1] != costs[2], "{costs:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_higher_price_moves_the_plan_away_from_that_resource() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    let before = page.plan().await?.allocations[0];
    page.press("slider-price-cpu", key::END, 1).await?;
    page.wait_for_rest().await?;
    let after = page.plan().await?.allocations[0];
    ensure!(after[0] < before[0] && after[1] > before[1], "{before:?} then {after:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_promise_that_nothing_can_keep_is_infeasible_with_a_reason() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    page.press("slider-qos", key::END, 1).await?;
    page.press("slider-degradation", key::HOME, 1).await?;
    page.press("slider-traffic", key::END, 1).await?;
    page.wait_for_rest().await?;
    let plan = page.plan().await?;
    ensure!(plan.status == "infeasible", "{plan:?}");
    let text = format!("{} {}", page.text("answer").await?, page.text("status").await?);
    ensure!(text.contains("degrad") && text.contains('%'), "no best degradation in: {text}");
    ensure!(!text.contains('[') && !text.contains('_'), "raw fields in: {text}");
    ensure!(!page.shows("chart-bounds").await?, "there is nothing to be sure of");
    let script = "return document.querySelector('section.plan').innerText";
    let plan: String = page.evaluate(script, Vec::new()).await?;
    ensure!(!plan.contains("save nothing") && !plan.contains("would save"), "{plan}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn ten_for_ten_per_cent_is_understood() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    for (typed, share) in [("20", 0.2), ("15 %", 0.15), ("0.1", 0.1), ("10", 0.1)] {
        page.fill("number-degradation", typed).await?;
        let slider: f64 = page.value("slider-degradation").await?.parse()?;
        ensure!(near(slider, share, 1e-9), "{typed} became {slider}");
        ensure!(!page.has("error").await?, "{typed}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn costs_have_a_unit_and_can_have_a_currency() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    let heads = "return document.querySelector('section.plan thead').innerText";
    let text: String = page.evaluate(heads, Vec::new()).await?;
    ensure!(text.contains("Cost, share of capacity"), "{text}");
    page.fill("cost-unit", "EUR/h").await?;
    page.wait_until("prices in the currency", async || {
        let text: String = page.evaluate(heads, Vec::new()).await?;
        Ok(text.contains("Cost, EUR/h"))
    })
    .await?;
    let before = page.plan().await?;
    page.fill("number-price-cpu", "0.01").await?;
    page.wait_for_rest().await?;
    let after = page.plan().await?;
    let [cpu, _] = after.allocations[0];
    ensure!(after.cost > 0.01 * cpu && after.cost > before.cost, "{before:?} then {after:?}");
    let other = Page::open(&every_view::settled_address(&page).await?).await?;
    other.wait_for_rest().await?;
    ensure!(other.value("cost-unit").await? == "EUR/h");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_number_out_of_range_is_named_and_the_plan_stays() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    let before = page.plan().await?;
    page.fill("number-qos", "-3").await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("-3") && text.contains("allowed"), "{text}");
    page.wait_for_rest().await?;
    ensure!(page.plan().await? == before);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_long_search_is_cancelled_at_once() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    page.choose("traffic-kind", "normal").await?;
    for _ in 0..7 {
        page.click("add-slice").await?;
    }
    page.wait_for_rest().await?;
    page.choose("method", "primal-dual").await?;
    page.choose("estimator", "sampled").await?;
    page.wait_until("a way to cancel", async || page.shows("cancel").await).await?;
    let controls = page.control_values().await?;
    let start = Instant::now();
    page.click("cancel").await?;
    page.wait_for_end_of("busy").await?;
    ensure!(start.elapsed() < Duration::from_secs(1), "cancelled after {:?}", start.elapsed());
    let plan = page.plan().await?;
    ensure!(plan.status == "stopped" && plan.cost > 0.0, "{plan:?}");
    ensure!(page.control_values().await? == controls);
    page.choose("method", "certified").await?;
    page.wait_for_rest().await?;
    ensure!(page.plan().await?.status != "stopped");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_moved_slider_replaces_a_long_search() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    // The charts of eight slices by the default network take their own time.
    page.choose("model", "testbed-gaussian").await?;
    page.wait_for_rest().await?;
    page.choose("traffic-kind", "normal").await?;
    for _ in 0..7 {
        page.click("add-slice").await?;
    }
    page.choose("method", "primal-dual").await?;
    page.choose("estimator", "sampled").await?;
    page.wait_until("a long search", async || page.shows("cancel").await).await?;
    page.choose("method", "peak-allocation").await?;
    let start = Instant::now();
    page.wait_for_rest().await?;
    ensure!(start.elapsed() < Duration::from_secs(2), "replaced after {:?}", start.elapsed());
    Ok(())
}
