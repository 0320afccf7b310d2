//! The harness itself, against a small page with known behaviour.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use slicewise_tests::page::{Page, Screen};
use slicewise_xtask::site_server::{SiteOptions, SiteServer};
use tempfile::TempDir;

const HTML: &str = r#"<!doctype html><title>t</title><link rel="icon" href="data:,">
    <style>body { color: red }</style>
    <body data-test="app">
    <p data-test="status" data-status="solved" data-source="precomputed">text</p>
    <p data-test="cost" data-value="0.5">0.5</p>
    <p data-test="allocation-cpu-0" data-value="1">1</p>
    <p data-test="allocation-bandwidth-0" data-value="2">2</p>
    <input type="range" data-test="slider-qos" min="0" max="10" value="3">
    <details><summary>more</summary><button data-test="save">save</button></details>
    <input type="file" data-test="file" hidden>
    <select data-test="model"><option value="a">A<option value="b">B</select>
    <script src="start.js"></script>"#;

const SCRIPT: &str = "
    const by = name => document.querySelector(`[data-test=${name}]`);
    by('slider-qos').addEventListener('input', event => {
        by('cost').dataset.value = event.target.value;
        location.hash = `v1=${event.target.value}`;
    });
    by('save').addEventListener('click', () => {
        const link = document.createElement('a');
        link.href = URL.createObjectURL(new Blob(['{}'], { type: 'application/json' }));
        link.download = 'plan.json';
        link.click();
    });
    by('file').addEventListener('change', async event => {
        by('cost').dataset.value = await event.target.files[0].text();
    });
    fetch('slow.json').then(() => { by('status').dataset.source = 'engine'; });";

fn site(folder: &TempDir) -> Result<SiteServer> {
    fs::write(folder.path().join("index.html"), HTML)?;
    fs::write(folder.path().join("start.js"), SCRIPT)?;
    fs::write(folder.path().join("slow.json"), "{}")?;
    let delays = vec![("slow".to_owned(), Duration::from_millis(500))];
    SiteServer::start(folder.path(), 0, SiteOptions { delays, ..SiteOptions::default() })
}

#[tokio::test]
#[ignore = "needs Chromium: cargo xtask test"]
async fn the_harness_works_the_page_as_a_visitor_would() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = site(&folder)?;
    let page = Page::open(server.url()).await?;
    ensure!(page.attribute("status", "data-source").await?.as_deref() == Some("precomputed"));
    page.wait_for_rest().await?;
    page.press("slider-qos", '\u{e014}', 2).await?;
    let plan = page.plan().await?;
    ensure!(plan.cost == 5.0 && plan.allocations == [[1.0, 2.0]], "{plan:?}");
    ensure!(page.address().await?.ends_with("#v1=5"));
    page.choose("model", "b").await?;
    ensure!(page.value("model").await? == "b");
    let saved = page.download("save", ".json").await?;
    ensure!(fs::read_to_string(&saved)? == "{}");
    fs::write(&saved, "7")?;
    page.upload("file", &saved).await?;
    page.wait_until("the file to arrive", async || Ok(page.plan().await?.cost == 7.0)).await
}

#[tokio::test]
#[ignore = "needs Chromium: cargo xtask test"]
async fn the_harness_sees_complaints_requests_and_colours() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = site(&folder)?;
    let page = Page::open_on(server.url(), Screen::PHONE.in_the_dark()).await?;
    let complaints = page.complaints().await?.join("\n");
    ensure!(complaints.contains("style-src"), "inline styles break the policy: {complaints}");
    let addresses = page.requested_addresses().await?;
    ensure!(addresses.iter().any(|address| address.ends_with("start.js")), "{addresses:?}");
    ensure!(server.requests().contains(&"/start.js".to_owned()));
    let texts = page.drawn_texts(&["p"]).await?;
    ensure!(texts[0].ink.contrast(texts[0].paper) > 20.0, "{texts:?}");
    let script = "return innerWidth === 390 && matchMedia('(prefers-color-scheme: dark)').matches";
    ensure!(page.evaluate::<bool>(script, Vec::new()).await?);
    Ok(())
}
