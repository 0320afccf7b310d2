//! The Twin view as a visitor works it: the answer, what-if edits, promises, networks of one's own, links.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use slicewise_tests::page::{Page, Screen};
use slicewise_tests::site;
use slicewise_xtask::site_server::{SiteOptions, SiteServer};

use crate::every_view::{self, number, settled_address};
use crate::{planner, wait_for_state, wait_until_kept};

/// All tabs.
const TABS: [&str; 3] = ["what-if", "failures", "flows"];

/// The view with its answer on `screen`.
pub async fn visit_on(screen: Screen, query: &str) -> Result<(SiteServer, Page)> {
    let (server, page) = every_view::open("twin", screen, query).await?;
    wait_for_state(&page, "status", "done").await?;
    Ok((server, page))
}

/// The view with its answer on a laptop.
pub async fn visit() -> Result<(SiteServer, Page)> {
    visit_on(Screen::LAPTOP, "").await
}

/// Waits until the page is at rest and `is_meant` holds of what the status tells.
async fn wait_for_answer(
    page: &Page,
    what: &str,
    attribute: &str,
    is_meant: impl Fn(f64) -> bool,
) -> Result<()> {
    page.wait_until(what, async || {
        let done = page.attribute("status", "data-state").await?.as_deref() == Some("done");
        Ok(done && is_meant(number(page, "status", attribute).await?))
    })
    .await
}

/// How often something is on the page.
async fn count(page: &Page, name: &str) -> Result<usize> {
    let script = "return document.querySelectorAll(`[data-test=${arguments[0]}]`).length";
    page.evaluate(script, vec![Value::from(name)]).await
}

/// Picks the link of the first row: the busiest one, as long as there are no edits.
async fn pick_first(page: &Page) -> Result<()> {
    let script = "document.querySelector('[data-test=table-link-figures] tbody button').click();
        return true";
    page.wait_for("table-link-figures").await?;
    page.evaluate::<bool>(script, Vec::new()).await?;
    page.wait_for("link-facts").await
}

/// Class of the chip that tells how well the network does.
async fn chip(page: &Page) -> Result<String> {
    Ok(page.attribute("status", "class").await?.unwrap_or_default())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_view_opens_with_a_network_that_answers_in_numbers() -> Result<()> {
    let (_server, page) = visit().await?;
    let text = page.text("answer").await?;
    for part in ["flows arrive within ", " ms; link ", " carries ", " % and adds "] {
        ensure!(text.contains(part), "{part} is missing: {text}");
    }
    let flows = number(&page, "status", "data-flows").await?;
    ensure!(flows > 100.0 && number(&page, "status", "data-arriving").await? == flows, "{flows}");
    ensure!(chip(&page).await?.contains("solved"), "{}", page.text("status").await?);
    ensure!(page.has("map").await? && page.has("table-link-figures").await?);
    ensure!(count(&page, "edit").await? == 0 && !page.has("before").await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_link_that_fails_is_told_with_what_it_changes_and_can_be_taken_back() -> Result<()> {
    let (_server, page) = visit().await?;
    let (answer, used) =
        (page.text("answer").await?, number(&page, "status", "data-utilisation").await?);
    // The first row is the busiest link.
    pick_first(&page).await?;
    page.wait_for("link-facts").await?;
    ensure!(page.text("link-facts").await?.starts_with("Offered "));
    page.click("link-fails").await?;
    wait_for_answer(&page, "another utilisation", "data-utilisation", |now| now != used).await?;
    page.wait_for("before").await?;
    ensure!(page.text("before").await?.starts_with("without the edits: "));
    ensure!(page.text("edits").await?.contains(" fails"), "{}", page.text("edits").await?);
    ensure!(page.text("link-facts").await? == "It has failed.");
    // Traffic goes elsewhere: some links gain, and the first row has gained most.
    let gain =
        "return document.querySelector('[data-test=table-link-figures] tbody td:nth-child(3)')
        .textContent";
    page.wait_until("a link that gained", async || {
        let gain: String = page.evaluate(gain, Vec::new()).await?;
        Ok(gain.parse::<f64>().is_ok_and(|gain| gain > 0.0))
    })
    .await?;
    page.click("take-back").await?;
    wait_for_answer(&page, "the utilisation of before", "data-utilisation", |now| now == used)
        .await?;
    ensure!(page.text("answer").await? == answer, "{}", page.text("answer").await?);
    ensure!(count(&page, "edit").await? == 0 && !page.has("before").await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn more_capacity_and_another_weight_are_edits_and_a_bad_number_is_none() -> Result<()> {
    let (_server, page) = visit().await?;
    let used = number(&page, "status", "data-utilisation").await?;
    pick_first(&page).await?;
    page.wait_for("link-capacity").await?;
    let capacity: f64 = page.value("link-capacity").await?.parse()?;
    page.fill("link-capacity", "-1").await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.starts_with("Capacity, both ways is -1; allowed: "), "{text}");
    ensure!(count(&page, "edit").await? == 0);
    page.fill("link-capacity", &(2.0 * capacity).to_string()).await?;
    wait_for_answer(&page, "a link that is less full", "data-utilisation", |now| now < used)
        .await?;
    page.fill("link-weight", "1000000").await?;
    page.wait_until("two edits", async || Ok(count(&page, "edit").await? == 2)).await?;
    // What is as it was is no edit.
    page.fill("link-capacity", &capacity.to_string()).await?;
    page.wait_until("one edit", async || Ok(count(&page, "edit").await? == 1)).await?;
    page.click("undo-all").await?;
    wait_for_answer(&page, "the network as it was", "data-utilisation", |now| now == used).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_link_carries_every_edit_and_gives_the_same_answer() -> Result<()> {
    let (_server, page) = visit().await?;
    let used = number(&page, "status", "data-utilisation").await?;
    pick_first(&page).await?;
    page.wait_for("link-fails").await?;
    page.click("link-fails").await?;
    page.fill("edit-traffic", "0.5").await?;
    page.choose("all-policy", "strict-priority").await?;
    page.choose("colour", "difference").await?;
    wait_for_answer(&page, "another utilisation", "data-utilisation", |now| now != used).await?;
    page.wait_until("two edits", async || Ok(count(&page, "edit").await? == 2)).await?;
    wait_for_state(&page, "status", "done").await?;
    let address = settled_address(&page).await?;
    ensure!(address.contains("#twin1="), "{address}");
    let (answer, edits) = (page.text("answer").await?, page.text("edits").await?);
    let page = page.open_again(&address).await?;
    wait_for_state(&page, "status", "done").await?;
    ensure!(page.text("answer").await? == answer, "{}", page.text("answer").await?);
    ensure!(page.text("edits").await? == edits, "{}", page.text("edits").await?);
    ensure!(page.value("all-policy").await? == "strict-priority");
    ensure!(page.value("colour").await? == "difference");
    every_view::open_tampered_link(&page, &address.replace("#twin1=", "#twin1=!")).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn nothing_is_green_that_breaks_a_promise_or_is_overloaded() -> Result<()> {
    let (_server, page) = visit().await?;
    // The network opens with a promise to each of three classes.
    page.click("add-promise").await?;
    page.wait_for("promise-3-mean").await?;
    page.fill("promise-3-mean", "0.001").await?;
    page.wait_until("broken promises", async || {
        Ok(page.text("status").await?.contains("break a promise"))
    })
    .await?;
    ensure!(chip(&page).await?.contains("infeasible"), "{}", chip(&page).await?);
    ensure!(page.text("answer").await?.contains("break a promise"));
    page.click("promise-3-remove").await?;
    page.wait_until("no promise", async || Ok(chip(&page).await?.contains("solved"))).await?;
    page.fill("number-traffic", "50").await?;
    wait_for_answer(&page, "overload", "data-utilisation", |used| used > 1.0).await?;
    let text = page.text("answer").await?;
    ensure!(text.contains("offered more than they can send"), "{text}");
    ensure!(chip(&page).await?.contains("infeasible"), "{}", chip(&page).await?);
    page.click("traffic-reset").await?;
    page.wait_until("all well again", async || Ok(chip(&page).await?.contains("solved"))).await
}

/// A folder with one file.
fn file(name: &str, text: &str) -> Result<(tempfile::TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join(name);
    fs::write(&file, text)?;
    Ok((folder, file))
}

/// A ring of four nodes without capacities or demands.
const RING: &str = r#"{"directed": false, "multigraph": false, "graph": {}, "nodes": [
    {"id": "north"}, {"id": "east"}, {"id": "south"}, {"id": "west"}], "links": [
    {"source": "north", "target": "east"}, {"source": "east", "target": "south"},
    {"source": "south", "target": "west"}, {"source": "west", "target": "north"}]}"#;

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_network_of_ones_own_answers_with_what_was_assumed_and_its_edits_wait_for_it()
-> Result<()> {
    let (_server, page) = visit().await?;
    let flows = number(&page, "status", "data-flows").await?;
    let (_folder, ring) = file("ring.json", RING)?;
    page.upload("import-network", &ring).await?;
    page.wait_for("import-summary").await?;
    // Demands are drawn between all pairs of nodes.
    wait_for_answer(&page, "twelve flows", "data-flows", |now| now == 12.0).await?;
    let told = page.text("import-summary").await?;
    ensure!(told.contains('4') && told.contains("10 Gbit/s"), "{told}");
    ensure!(page.text("assumed").await?.contains("assumed capacity"));
    pick_first(&page).await?;
    page.wait_for("link-fails").await?;
    page.click("link-fails").await?;
    page.wait_until("one edit", async || Ok(count(&page, "edit").await? == 1)).await?;
    wait_for_state(&page, "status", "done").await?;
    let answer = page.text("answer").await?;
    let address = settled_address(&page).await?;
    let page = page.open_again(&address).await?;
    wait_for_answer(&page, "the opening network", "data-flows", |now| now == flows).await?;
    ensure!(page.text("error").await?.contains("links do not carry files"));
    ensure!(page.text("awaited").await?.contains("ring.json"));
    ensure!(!page.has("before").await?, "edits of another network hold");
    page.upload("import-network", &ring).await?;
    wait_for_answer(&page, "the ring", "data-flows", |now| now == 12.0).await?;
    page.wait_until("the same answer", async || Ok(page.text("answer").await? == answer)).await?;
    page.choose("network", "opening").await?;
    wait_for_answer(&page, "the opening network", "data-flows", |now| now == flows).await?;
    ensure!(count(&page, "edit").await? == 0);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn files_that_are_no_network_are_refused_and_change_nothing() -> Result<()> {
    let (_server, page) = visit().await?;
    let answer = page.text("answer").await?;
    for (name, text, input) in [
        ("cut.json", r#"{"nodes": [{"id": "a"}, {"id":"#, "import-network"),
        ("lonely.json", r#"{"nodes": [{"id": "a"}], "links": []}"#, "import-network"),
        ("prose.txt", "There is no network here.\n", "import-network"),
    ] {
        let (_folder, path) = file(name, text)?;
        page.upload(input, &path).await?;
        page.wait_until(&format!("an error for {name}"), async || {
            let told = page.has("error").await?;
            let told = if told { page.text("error").await? } else { String::new() };
            let parts = [name, " cannot be used: ", "allowed: ", "Nothing was changed."];
            Ok(parts.iter().all(|part| told.contains(part)))
        })
        .await?;
        page.click("dismiss").await?;
    }
    ensure!(page.text("answer").await? == answer && !page.has("import-summary").await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn traffic_between_two_nodes_is_multiplied_and_sent_another_way() -> Result<()> {
    let (_server, page) = visit().await?;
    let (_folder, ring) = file("ring.json", RING)?;
    page.upload("import-network", &ring).await?;
    wait_for_answer(&page, "twelve flows", "data-flows", |now| now == 12.0).await?;
    page.click("pair").await?;
    page.fill("pair-from", "nowhere").await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text == "From is nowhere; allowed: the name or id of a node", "{text}");
    page.fill("pair-from", "North").await?;
    page.fill("pair-to", "east").await?;
    page.wait_for("pair-traffic").await?;
    page.fill("pair-traffic", "3").await?;
    page.fill("pair-path", "south").await?;
    page.wait_for("error").await?;
    ensure!(page.text("error").await?.contains("north → south"), "{}", page.text("error").await?);
    page.fill("pair-path", "West, South").await?;
    page.wait_until("two edits", async || Ok(count(&page, "edit").await? == 2)).await?;
    let edits = page.text("edits").await?;
    for part in ["traffic north → east × 3", "goes by north → west → south → east"] {
        ensure!(edits.contains(part), "{part} is missing: {edits}");
    }
    wait_for_state(&page, "status", "done").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_network_leaves_in_three_formats_and_its_figures_as_tables() -> Result<()> {
    let (_server, page) = visit().await?;
    let scenario = fs::read_to_string(page.download("export-scenario", ".json").await?)?;
    let scenario: Value = serde_json::from_str(&scenario)?;
    let length = |path: &str| scenario.pointer(path).and_then(Value::as_array).map(Vec::len);
    let links = length("/links").context("no links")?;
    let flows = length("/flows").context("no flows")?;
    for (name, rows) in [("links", links), ("flows", flows)] {
        let table = page.download(&format!("export-{name}"), ".csv").await?;
        let table = fs::read_to_string(table)?;
        ensure!(table.lines().count() == rows + 1, "{name}: {} lines", table.lines().count());
    }
    let graph = fs::read_to_string(page.download("export-node-link", ".json").await?)?;
    let graph: Value = serde_json::from_str(&graph)?;
    ensure!(graph["nodes"].as_array().map(Vec::len) == length("/nodes"));
    let yang = fs::read_to_string(page.download("export-rfc-8345", ".json").await?)?;
    ensure!(yang.contains("ietf-network-topology:link"), "{}", &yang[..200.min(yang.len())]);
    let map = fs::read_to_string(page.download("export-map", ".svg").await?)?;
    pick_first(&page).await?;
    page.click("link-fails").await?;
    page.wait_for("before").await?;
    for (name, rows) in [("link-figures", links), ("flow-figures", flows)] {
        let table = page.download(&format!("save-csv-{name}"), ".csv").await?;
        let table = fs::read_to_string(table)?;
        ensure!(table.lines().count() == rows + 1, "{name}: {} lines", table.lines().count());
        ensure!(table.lines().next().is_some_and(|head| head.contains("gained, ms")));
    }
    ensure!(map.starts_with("<svg") && map.contains("</svg>"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn no_tab_of_the_twin_view_needs_sideways_scrolling_on_a_phone() -> Result<()> {
    for width in [390, 320] {
        let (_server, page) = visit_on(Screen { width, ..Screen::PHONE }, "").await?;
        every_view::needs_no_sideways_scrolling(&page, &TABS).await.context(width)?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn text_of_the_twin_view_stands_out_in_light_and_dark() -> Result<()> {
    for screen in [Screen::LAPTOP, Screen::LAPTOP.in_the_dark()] {
        let (_server, page) = visit_on(screen, "").await?;
        pick_first(&page).await?;
        page.wait_for("link-facts").await?;
        every_view::text_stands_out(&page, &TABS).await.context(format!("{screen:?}"))?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_chart_of_delays_has_a_name_and_its_data_as_a_table() -> Result<()> {
    let (_server, page) = visit().await?;
    page.wait_for("chart-delays").await?;
    every_view::wait_for_charts(&page, 1).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_twin_planner_works_without_a_network_and_is_linked_from_the_bar() -> Result<()> {
    let (server, page) = visit().await?;
    let url = server.url().to_owned();
    let answer = page.text("answer").await?;
    page.click("planner-forecast").await?;
    wait_for_state(&page, "status", "done").await?;
    page.click("planner-twin").await?;
    wait_for_state(&page, "status", "done").await?;
    wait_until_kept(&page, planner("twin")?).await?;
    every_view::has_no_complaint(&page).await?;
    drop(server);
    let page = page.open_again(&format!("{url}?planner=twin")).await?;
    wait_for_state(&page, "status", "done").await?;
    ensure!(page.text("answer").await? == answer);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_answer_survives_a_crash_of_its_engine() -> Result<()> {
    // The cache outlives the worker, so that its successor knows.
    let prologue = "addEventListener('message', async ({data}) => {
        if (!data.Start?.job?.Answer) return;
        const cache = await caches.open('crashed');
        if (await cache.match('/crashed')) return;
        await cache.put('/crashed', new Response('yes'));
        setTimeout(() => { throw new Error('lost on purpose'); });
    });";
    let prologues = vec![("slicewise-twin-engine-".to_owned(), prologue.to_owned())];
    let server = site::serve_with(SiteOptions { prologues, ..SiteOptions::default() })?;
    let page = Page::open_on(&format!("{}?planner=twin", server.url()), Screen::LAPTOP).await?;
    page.wait_for("engine-message").await?;
    ensure!(page.text("engine-message").await?.contains("lost on purpose"));
    wait_for_state(&page, "status", "done").await?;
    ensure!(number(&page, "status", "data-flows").await? > 100.0);
    Ok(())
}
