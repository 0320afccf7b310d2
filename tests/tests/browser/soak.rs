//! The page shows itself at speed: `cargo xtask soak --minutes N`, and for 20 seconds among the browser
//! tests.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use slicewise_tests::memory::{growth, held};
use slicewise_tests::page::Page;
use slicewise_xtask::planners::{PLANNERS, Planner};
use slicewise_xtask::soak::MINUTES_VARIABLE;

use crate::updates::Deployed;

/// How long without another wish, in minutes.
const MINUTES: f64 = 1.0 / 3.0;
/// Seconds at a stop: long enough for a planner's answer.
const STOP_S: f64 = 3.0;
/// A shorter run than this shows two planners, so that both are seen twice.
const MINUTES_FOR_ALL: f64 = 1.0;
/// What may be held more in the second half than in the first, as a share.
const MOST_GROWTH: f64 = 0.1;

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask soak"]
async fn a_page_that_shows_itself_holds_no_more_as_time_goes_on() -> Result<()> {
    let minutes = match std::env::var(MINUTES_VARIABLE) {
        Ok(minutes) => {
            minutes.parse().with_context(|| format!("{MINUTES_VARIABLE} is {minutes}"))?
        }
        Err(_) => MINUTES,
    };
    let shown: Vec<&Planner> = match minutes < MINUTES_FOR_ALL {
        true => [PLANNERS.first(), PLANNERS.last()].into_iter().flatten().collect(),
        false => PLANNERS.iter().collect(),
    };
    let stops: Vec<String> = shown
        .iter()
        .map(|planner| format!("{{\"planner\": {:?}, \"seconds\": {STOP_S}}}", planner.name))
        .collect();
    let site = Deployed::new()?;
    fs::write(site.folder.path().join("stops.json"), format!("[{}]", stops.join(",")))?;
    let address = format!("{}?demo=1&stops=stops.json", site.server.url());
    let page = Page::open(&address).await?;
    let start = Instant::now();
    let mut samples: Vec<Vec<f64>> = vec![Vec::new(); shown.len()];
    let mut resident = Vec::new();
    let (mut last, mut views) = (None, 0);
    while start.elapsed().as_secs_f64() < minutes * 60.0 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        // Between two pages there is none to ask.
        let script = "const stop = window.slicewiseBuild?.planner ?? null;
            const { state, source } = document.querySelector('[data-test=status]')?.dataset ?? {};
            return [stop, performance.timeOrigin, state === 'done' || source === 'engine']";
        let Ok(view) = page.evaluate::<(Option<String>, f64, bool)>(script, Vec::new()).await
        else {
            continue;
        };
        let (Some(planner), opened, true) = view else { continue };
        if last == Some(opened) {
            continue;
        }
        let at = shown.iter().position(|known| known.name == planner);
        let at = at.with_context(|| format!("the tour shows {planner}"))?;
        let Ok(held) = held(&page).await else { continue };
        last = Some(opened);
        views += 1;
        samples[at].push(held.bytes);
        println!(
            "{:6.1} s {planner:<9} {:7.1} MB, {} documents, {:7.1} MB in all processes",
            start.elapsed().as_secs_f64(),
            held.bytes / 1e6,
            held.documents,
            page.resident().unwrap_or(f64::NAN) / 1e6
        );
        resident.extend(page.resident());
    }
    ensure!(views >= shown.len(), "{views} views in {minutes} minutes");
    for (planner, samples) in shown.iter().zip(&samples) {
        ensure!(!samples.is_empty(), "{} was not shown in {minutes} minutes", planner.name);
        // Two views of a planner are the least that can be compared.
        let Some(growth) = growth(samples).filter(|_| samples.len() > 1) else { continue };
        println!("{}: {} views, {:+.1} %", planner.name, samples.len(), 100.0 * growth);
        ensure!(
            growth <= MOST_GROWTH,
            "{} holds {:.1} % more: {samples:?}",
            planner.name,
            100.0 * growth
        );
    }
    // Caches fill in the beginning: what counts is what comes after.
    let later = resident.get(resident.len() / 4..).unwrap_or_default();
    let Some(growth) = growth(later).filter(|_| minutes >= MINUTES_FOR_ALL) else { return Ok(()) };
    println!("all processes: {:+.1} %", 100.0 * growth);
    ensure!(growth <= MOST_GROWTH, "the browser holds {:.1} % more: {later:?}", 100.0 * growth);
    Ok(())
}
