//! How soon the one files answer from a disk, in headless Chromium: `cargo xtask bench`.

use std::fs;

use anyhow::{Context, Result};
use serde_json::json;
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::one_file::{BuiltSite, Choice};
use slicewise_xtask::planners::{KB, PLANNERS};
use slicewise_xtask::workspace::Workspace;

/// How often each file is opened; the median counts.
const TIMES: usize = 5;

/// Notes when the engine's first sentence with a figure is on the page, and when its answer is whole.
const WATCH: &str = "const timer = setInterval(() => {
        const find = name => document.querySelector(`[data-test=${name}]`);
        const { state, source } = find('status')?.dataset ?? {};
        if (source === 'precomputed' || !/[0-9]/.test(find('answer')?.textContent ?? '')) return;
        window.firstAt ??= performance.now();
        if (state !== 'done' && source !== 'engine') return;
        window.wholeAt = performance.now();
        clearInterval(timer);
    }, 5)";

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium, and takes its time: cargo xtask bench"]
async fn the_one_files_tell_how_soon_they_answer_from_a_disk() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut built = BuiltSite::read(&Workspace::locate()?, &site::dist()?)?;
    let page = Page::open("about:blank").await?;
    page.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await?;
    for choice in Choice::every() {
        let file = folder.path().join(choice.file_name());
        let html = built.one_file(choice, false)?;
        fs::write(&file, &html)?;
        let kilobytes = html.len() as u64 / KB;
        for planner in PLANNERS.iter().filter(|planner| choice.has_planner(planner.name)) {
            let address = format!("file://{}?planner={}", file.display(), planner.name);
            let (mut first, mut whole) = (Vec::new(), Vec::new());
            for _ in 0..TIMES {
                page.go(&address).await?;
                page.wait_until("the whole answer", async || {
                    page.evaluate("return window.wholeAt !== undefined", Vec::new()).await
                })
                .await?;
                let script = "return [window.firstAt, window.wholeAt]";
                let times: [f64; 2] = page.evaluate(script, Vec::new()).await?;
                first.push(times[0]);
                whole.push(times[1]);
            }
            let name = file.file_name().context("a file has a name")?.to_string_lossy();
            println!(
                "{name}, {kilobytes} KB, {}: first answer {:.0} ms, whole {:.0} ms",
                planner.title,
                median(&mut first),
                median(&mut whole)
            );
        }
    }
    Ok(())
}
