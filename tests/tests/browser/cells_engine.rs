//! The Cells planner's page and engine beside the Slice planner's: who fetches what, what works
//! without a network, and what the engine answers.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use slicewise_tests::page::{Page, Screen};
use slicewise_tests::site;
use slicewise_xtask::planners::{ANNEXES, PLANNERS, SHARED_ENGINES};
use slicewise_xtask::site_server::SiteServer;

use crate::{every_view, planner, run_first, wait_until_kept};

/// A visitor who wants nothing fetched that is not shown.
const SAVING_DATA: &str = "Object.defineProperty(Navigator.prototype, 'connection',
    { value: { saveData: true } })";

/// Talks to the engine that the build's list names as the page of `arguments[1]`: sends each of
/// `arguments[2]`, and gives all replies from [`Ready`] to the one that ends the last job.
const CONVERSATION: &str = "const [script, planner, requests] = arguments;
    const open = { Open: { planner, build: slicewiseBuild.id } };
    return new Promise((resolve, reject) => {
        const worker = new Worker(new URL(slicewiseBuild.files[script], document.baseURI));
        const replies = [];
        worker.onerror = event => reject(new Error(event.message));
        worker.onmessage = ({ data }) => {
            replies.push(data.Done ? { Done: { id: data.Done.id, outcome: Object.keys(
                data.Done.outcome)[0] } } : data);
            if (data === 'Ready') {
                [open, ...requests].forEach(request => worker.postMessage(request));
            }
            const last = requests[requests.length - 1] ?? open;
            const id = last.Start?.id ?? last.Cancel?.id ?? 0;
            const ended = data.Done ?? data.Refused ?? data.Stopped ?? data.Crashed;
            if (ended && (ended.id === undefined || ended.id === id)) {
                worker.terminate();
                resolve(JSON.parse(JSON.stringify(replies, (_, value) =>
                    typeof value === 'bigint' ? Number(value) : value)));
            }
        };
    });";

/// The Cells planner's page in a fresh browser.
async fn visit_cells(query: &str) -> Result<(SiteServer, Page)> {
    let (server, page) = every_view::open("cells", Screen::LAPTOP, query).await?;
    page.wait_for("cells-app").await?;
    Ok((server, page))
}

/// Everything that an engine says to `requests` of the page of `planner`.
async fn replies(
    page: &Page,
    script: &str,
    planner: &str,
    requests: &[Value],
) -> Result<Vec<Value>> {
    page.evaluate(CONVERSATION, vec![json!(script), json!(planner), json!(requests)]).await
}

fn method() -> Value {
    json!({ "estimator": "simulated", "objective": "log-sum", "scheme": "exact", "seed": 1 })
}

fn service(name: &str, sd: u32) -> Value {
    json!({
        "name": name, "snssai": { "sst": 1, "sd": sd },
        "required_throughput_mbps": 1.0, "required_delay_ms": 100.0,
    })
}

fn city(id: u32, first: usize, count: usize) -> Value {
    let services = [service("Video", 1), service("Gaming", 2)];
    let city = json!({ "seed": 1, "cells": 100, "services": services });
    let job =
        json!({ "City": { "method": method(), "city": city, "first": first, "count": count } });
    json!({ "Start": { "id": id, "job": job } })
}

fn simulation(id: u32, steps: usize) -> Value {
    let slices = [json!({ "service": service("Video", 1), "load": 1.0, "arrives": 0 })];
    let scenario = json!({ "seed": 1, "slices": slices });
    let job = json!({
        "Simulate": { "method": method(), "scenario": scenario, "first": 0, "steps": steps },
    });
    json!({ "Start": { "id": id, "job": job } })
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_planners_open_by_link_and_by_the_bar() -> Result<()> {
    let (_server, page) = visit_cells("&theme=dark").await?;
    let current = page.attribute("planner-cells", "aria-current").await?;
    ensure!(current.as_deref() == Some("page"), "{current:?}");
    page.click("planner-slice").await?;
    page.wait_for_rest().await?;
    let address = page.address().await?;
    ensure!(address.contains("planner=slice") && address.contains("theme=dark"), "{address}");
    ensure!(page.attribute("planner-cells", "aria-current").await?.is_none());
    page.click("planner-cells").await?;
    page.wait_for("cells-app").await?;
    let address = page.address().await?;
    ensure!(address.contains("planner=cells") && address.contains("theme=dark"), "{address}");
    every_view::has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn each_page_fetches_its_own_planner_alone() -> Result<()> {
    for planner in &PLANNERS {
        let server = site::serve()?;
        let page = Page::open("about:blank").await?;
        run_first(&page, SAVING_DATA).await?;
        page.go(&format!("{}?planner={}", server.url(), planner.name)).await?;
        wait_until_kept(&page, planner).await?;
        let requests = server.requests();
        let others: Vec<String> = PLANNERS
            .iter()
            .filter(|other| other.name != planner.name)
            .map(|other| format!("/slicewise-{}", other.name))
            .chain(SHARED_ENGINES.iter().map(|engine| format!("/{}", engine.program)))
            .chain(ANNEXES.iter().map(|annex| format!("/{}", annex.program)))
            .collect();
        let strays: Vec<&String> =
            requests.iter().filter(|path| others.iter().any(|name| path.contains(name))).collect();
        ensure!(strays.is_empty(), "{strays:?}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_unknown_planner_is_named_and_the_first_one_opens() -> Result<()> {
    let (_server, page) = crate::visit("?planner=sells").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("planner is sells; allowed: slice, cells, forecast, twin"), "{text}");
    ensure!(page.plan().await?.status == "solved");
    let current = page.attribute("planner-slice", "aria-current").await?;
    ensure!(current.as_deref() == Some("page"), "{current:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn both_planners_work_without_a_network_once_one_was_opened() -> Result<()> {
    let (server, page) = crate::visit("").await?;
    let url = server.url().to_owned();
    wait_until_kept(&page, planner("slice")?).await?;
    wait_until_kept(&page, planner("cells")?).await?;
    drop(server);
    let page = page.open_again(&format!("{url}?planner=cells")).await?;
    page.wait_for("cells-app").await?;
    let replies = replies(&page, "slicewise-cells-engine.js", "cells", &[city(1, 0, 10)]).await?;
    ensure!(replies.last() == Some(&json!({ "Done": { "id": 1, "outcome": "Plans" } })));
    page.go(&format!("{url}?planner=slice")).await?;
    page.wait_for_rest().await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_slice_planner_works_without_a_network_once_the_cells_were_opened() -> Result<()> {
    let (server, page) = visit_cells("").await?;
    let url = crate::slice_at(&server);
    wait_until_kept(&page, planner("slice")?).await?;
    drop(server);
    let page = page.open_again(&url).await?;
    page.wait_for_rest().await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_cells_page_works_below_a_path_under_a_strict_policy() -> Result<()> {
    let server = every_view::serve_below_a_path()?;
    let page = Page::open(&format!("{}?planner=cells", server.url())).await?;
    page.wait_for("cells-app").await?;
    wait_until_kept(&page, planner("cells")?).await?;
    let replies = replies(&page, "slicewise-cells-engine.js", "cells", &[city(1, 0, 10)]).await?;
    ensure!(replies.len() == 2, "{replies:?}");
    every_view::keeps_to_its_path(&server, &page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn jobs_of_a_planner_that_an_engine_lacks_are_refused() -> Result<()> {
    let (_server, page) = visit_cells("").await?;
    let plan = json!({ "Start": { "id": 8, "job": { "Benchmark": { "repeats": 1 } } } });
    for (script, planner, request, id, kind) in [
        ("slicewise-slice-engine.js", "slice", city(7, 0, 10), 7, "City"),
        ("slicewise-cells-engine.js", "cells", plan, 8, "Benchmark"),
    ] {
        let replies = replies(&page, script, planner, &[request]).await?;
        let refused = &replies[1]["Refused"];
        ensure!(refused["id"] == id && refused["error"]["field"] == "message", "{replies:?}");
        ensure!(refused["error"]["value"].as_str().unwrap_or_default().contains(kind), "{refused}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_engine_refuses_the_page_of_a_planner_that_it_does_not_serve() -> Result<()> {
    let (_server, page) = visit_cells("").await?;
    let replies = replies(&page, "slicewise-slice-engine.js", "cells", &[]).await?;
    let error = &replies[1]["Refused"]["error"];
    ensure!(error["field"] == "planner" && error["allowed"] == "slice", "{replies:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_cells_engine_sends_steps_and_can_be_cancelled() -> Result<()> {
    let (_server, page) = visit_cells("").await?;
    let script = "slicewise-cells-engine.js";
    let whole = replies(&page, script, "cells", &[simulation(3, 4)]).await?;
    let steps: Vec<u64> =
        whole.iter().filter_map(|reply| reply["News"]["news"]["Step"]["step"].as_u64()).collect();
    ensure!(steps == [0, 1, 2, 3], "{steps:?}");
    ensure!(whole.last() == Some(&json!({ "Done": { "id": 3, "outcome": "Simulated" } })));
    // A second simulation leaves the first alone, and only the one that is cancelled stops.
    let requests = [simulation(4, 30_000), simulation(5, 2), json!({ "Cancel": { "id": 4 } })];
    let both = replies(&page, script, "cells", &requests).await?;
    ensure!(both.last() == Some(&json!({ "Stopped": { "id": 4 } })), "{:?}", both.last());
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn damaged_jobs_and_crashes_of_the_cells_engine_are_told() -> Result<()> {
    let (_server, page) = visit_cells("").await?;
    let script = "slicewise-cells-engine.js";
    let beyond = replies(&page, script, "cells", &[city(1, 95, 10)]).await?;
    let error = &beyond[1]["Refused"]["error"];
    ensure!(error["field"] == "count" && error["value"] == "10", "{beyond:?}");
    let replies = replies(&page, script, "cells", &[json!("Crash")]).await?;
    let message = replies[1]["Crashed"]["message"].as_str().unwrap_or_default();
    ensure!(message.contains("a crash was asked for"), "{replies:?}");
    Ok(())
}
