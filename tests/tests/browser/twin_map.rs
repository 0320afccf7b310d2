//! The map of the Twin view, the failures and the flows beside it, as a visitor works them.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use slicewise_tests::page::{Page, Screen};

use crate::every_view::number;
use crate::twin_view::{visit, visit_on};
use crate::{key, wait_for_state};

/// What the map points at: `node 3`.
async fn at(page: &Page) -> Result<Option<String>> {
    page.attribute("map-canvas", "data-at").await
}

/// A network of `nodes` nodes without places: a ring, and a chord from each node to one that lies far off.
fn ring_with_chords(nodes: usize) -> String {
    let name = |node: usize| format!("n{node}");
    let link = |a: usize, b: usize| json!({"source": name(a), "target": name(b % nodes)});
    let links: Vec<Value> = (0..nodes)
        .flat_map(|node| [link(node, node + 1), link(node, node + 37 + (node * node) % 211)])
        .collect();
    let nodes: Vec<Value> = (0..nodes).map(|node| json!({"id": name(node)})).collect();
    json!({"directed": false, "multigraph": false, "nodes": nodes, "links": links}).to_string()
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_map_is_walked_and_picked_from_by_keys() -> Result<()> {
    let (_server, page) = visit().await?;
    page.press("map-canvas", key::ARROW_RIGHT, 1).await?;
    page.wait_until("a node in the focus", async || Ok(at(&page).await?.is_some())).await?;
    let first = at(&page).await?;
    ensure!(first.as_deref().is_some_and(|at| at.starts_with("node ")), "{first:?}");
    let text = page.text("map-reading").await?;
    ensure!(text.contains(" links · sends "), "{text}");
    page.press("map-canvas", 'l', 1).await?;
    page.wait_until("a link in the focus", async || {
        Ok(at(&page).await?.is_some_and(|at| at.starts_with("link ")))
    })
    .await?;
    let text = page.text("map-reading").await?;
    ensure!(text.contains(" used · adds ") && text.contains('→'), "{text}");
    page.press("map-canvas", key::ENTER, 1).await?;
    page.wait_for("link-facts").await?;
    page.press("map-canvas", key::ESCAPE, 1).await?;
    page.wait_until("no focus", async || Ok(at(&page).await?.is_none())).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_map_finds_by_name_and_lists_its_links() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("map-table").await?;
    page.wait_for("table-map-links").await?;
    let script =
        "return document.querySelector('[data-test=table-map-links] tbody tr td').textContent";
    let name: String = page.evaluate(script, Vec::new()).await?;
    page.fill("map-search", &name).await?;
    page.wait_for("map-found").await?;
    page.click("map-found").await?;
    page.wait_until("the node that was sought", async || {
        Ok(page.text("map-reading").await?.starts_with(&name))
    })
    .await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_thousand_nodes_are_opened_and_answered_on_a_phone() -> Result<()> {
    let (_server, page) = visit_on(Screen::PHONE, "").await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("large.json");
    std::fs::write(&path, ring_with_chords(1000))?;
    page.upload("import-network", &path).await?;
    page.wait_until("a thousand nodes", async || {
        let label = page.attribute("map-canvas", "aria-label").await?.context("no map")?;
        Ok(label.contains("1000 nodes"))
    })
    .await?;
    wait_for_state(&page, "status", "done").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn every_single_failure_is_tried_and_the_worst_becomes_an_edit() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-failures").await?;
    page.wait_for("failures-run").await?;
    page.click("failures-run").await?;
    wait_for_state(&page, "failures-status", "done").await?;
    ensure!(number(&page, "failures-status", "data-done").await? > 5.0);
    let text = page.text("failures-sentence").await?;
    ensure!(text.contains("single link") && text.contains(" carries "), "{text}");
    page.wait_for("table-failures").await?;
    let script =
        "document.querySelector('[data-test=table-failures] tbody button').click(); return true";
    let _: bool = page.evaluate(script, Vec::new()).await?;
    page.wait_for("failure-edit").await?;
    page.click("failure-edit").await?;
    page.wait_for("edit").await?;
    ensure!(page.text("edit").await?.contains(" fails"));
    wait_for_state(&page, "status", "done").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_flow_opens_into_its_hops_and_is_checked_by_simulation() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-flows").await?;
    page.wait_for("table-flows").await?;
    let script =
        "document.querySelector('[data-test=table-flows] tbody button').click(); return true";
    let _: bool = page.evaluate(script, Vec::new()).await?;
    page.wait_for("plot-hops").await?;
    ensure!(page.text("flow-facts").await?.contains(" · p99 "));
    page.fill("simulation-packets", "200000").await?;
    page.click("simulate").await?;
    wait_for_state(&page, "simulation-status", "done").await?;
    page.wait_for("agreement").await?;
    ensure!(number(&page, "agreement", "data-flows").await? > 10.0);
    let text = page.text("flow-agreement").await?;
    ensure!(text.contains("by formula") && text.contains("simulated"), "{text}");
    Ok(())
}
