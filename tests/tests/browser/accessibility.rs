//! The page for every visitor: any screen, any theme, keyboard alone, charts as tables.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde::Deserialize;
use slicewise_tests::contrast::LEAST_FOR_TEXT;
use slicewise_tests::page::{Page, Screen};
use slicewise_tests::site;

use crate::key;

/// Text of every kind that the page has.
const TEXTS: [&str; 14] = [
    "h1",
    "h2",
    "h3",
    "legend",
    "label",
    "td",
    "th",
    "summary",
    ".hint",
    ".unit",
    ".caption",
    "button:not(:disabled)",
    "[data-test=answer]",
    "[data-test=status]",
];
/// Controls that must have their place in the order of Tab.
const TAB_STOPS: [&str; 8] = [
    "model",
    "traffic-kind",
    "slider-traffic",
    "number-qos",
    "slider-qos",
    "slider-degradation",
    "slider-price-cpu",
    "copy-link",
];
/// More stops than the page has.
const MOST_STOPS: usize = 200;

async fn on_screen(screen: Screen) -> Result<(slicewise_xtask::site_server::SiteServer, Page)> {
    let server = site::serve()?;
    let page = Page::open_on(&crate::slice_at(&server), screen).await?;
    page.wait_for_rest().await?;
    Ok((server, page))
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_phone_needs_no_sideways_scrolling() -> Result<()> {
    let (_server, page) = on_screen(Screen::PHONE).await?;
    for kind in ["constant", "normal", "csv"] {
        page.choose("traffic-kind", kind).await?;
        page.wait_for_rest().await?;
        let script = "return [document.documentElement.scrollWidth, innerWidth]";
        let (content, screen): (u32, u32) = page.evaluate(script, Vec::new()).await?;
        ensure!(content <= screen, "{content} pixels on a screen of {screen} with {kind} traffic");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_phone_shows_the_plan_whole_and_links_large_enough_for_a_finger() -> Result<()> {
    let (_server, page) = on_screen(Screen::PHONE).await?;
    let script = "const box = document.querySelector('section.plan .scroll');
        const cells = [...box.querySelectorAll('tbody td')];
        return [box.scrollWidth - box.clientWidth,
            Math.max(...cells.map(cell => cell.getBoundingClientRect().height)),
            Math.min(...[...document.querySelectorAll('.planners a, body > footer a, .link')]
                .map(link => link.getBoundingClientRect().height)),
            cells.every(cell => cell.dataset.head)]";
    let (cut, highest, lowest, named): (f64, f64, f64, bool) =
        page.evaluate(script, Vec::new()).await?;
    ensure!(cut <= 0.0, "{cut} pixels of the plan are cut");
    ensure!(highest < 100.0, "a cell of the plan is {highest} pixels high");
    ensure!(lowest >= 24.0, "a link is {lowest} pixels high");
    ensure!(named, "a value stands without the head of its column");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_laptop_shows_the_answer_without_scrolling() -> Result<()> {
    let (_server, page) = on_screen(Screen::LAPTOP).await?;
    let script = "const box = document.querySelector('[data-test=answer]').getBoundingClientRect();
        return box.top >= 0 && box.bottom <= innerHeight && box.width > 0 &&
            document.documentElement.scrollWidth <= innerWidth";
    ensure!(page.evaluate::<bool>(script, Vec::new()).await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn text_stands_out_in_light_and_dark() -> Result<()> {
    let mut papers = Vec::new();
    for screen in [Screen::LAPTOP, Screen::LAPTOP.in_the_dark()] {
        let (_server, page) = on_screen(screen).await?;
        let texts = page.drawn_texts(&TEXTS).await?;
        ensure!(texts.len() >= 8, "only {texts:?}");
        for text in &texts {
            let contrast = text.ink.contrast(text.paper);
            ensure!(contrast >= LEAST_FOR_TEXT, "{contrast:.2} for {text:?} on {screen:?}");
        }
        papers.push(texts[0].paper.luminance());
    }
    ensure!(papers[0] > 0.5 && papers[1] < 0.2, "{papers:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn every_chart_has_its_data_as_a_table() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    let script = "document.querySelectorAll('[data-test^=chart-] details')
            .forEach(details => { details.open = true; });
        return true";
    page.evaluate::<bool>(script, Vec::new()).await?;
    page.wait_until("a table with rows in every chart", async || {
        let script = "const charts = [...document.querySelectorAll('[data-test^=chart-]')];
            return charts.length >= 5 && charts.every(chart =>
                chart.querySelector('table thead th') && chart.querySelector('table tbody td'))";
        page.evaluate(script, Vec::new()).await
    })
    .await
}

/// Where the focus is after one press of Tab.
#[derive(Deserialize)]
struct Stop {
    name: String,
    follows: bool,
    seen: bool,
}

/// The focused element, or nothing once the focus has left the page or come round.
const NEXT_STOP: &str = "
    const at = document.activeElement;
    const last = window.lastStop;
    if (at === null || at === document.body || at === window.firstStop) return null;
    window.firstStop ??= at;
    window.lastStop = at;
    const follows = !last ||
        (last.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
    const box = at.getBoundingClientRect();
    const seen = at.checkVisibility() && box.width > 0 && box.height > 0;
    return { name: at.dataset.test ?? at.outerHTML.slice(0, 60), follows, seen }";

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn tab_goes_through_everything_in_the_order_of_reading() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    let mut names = BTreeSet::new();
    for _ in 0..MOST_STOPS {
        page.type_key(key::TAB, 1).await?;
        let Some(stop) = page.evaluate::<Option<Stop>>(NEXT_STOP, Vec::new()).await? else { break };
        ensure!(stop.follows, "Tab goes back to {}", stop.name);
        ensure!(stop.seen, "Tab goes to {}, which cannot be seen", stop.name);
        names.insert(stop.name);
    }
    let missing: Vec<&str> = TAB_STOPS.into_iter().filter(|stop| !names.contains(*stop)).collect();
    ensure!(missing.is_empty(), "Tab does not reach {missing:?}, only {names:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_first_tab_stop_leads_to_the_answer() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    let address = page.address().await?;
    page.type_key(key::TAB, 1).await?;
    page.type_key(key::ENTER, 1).await?;
    page.wait_until("the focus at the answer", async || {
        let script = "const answer = document.querySelector('[data-test=answer]');
            const at = document.activeElement;
            return at !== document.body && (at.contains(answer) || answer.contains(at))";
        page.evaluate(script, Vec::new()).await
    })
    .await?;
    ensure!(page.address().await? == address, "the link became {}", page.address().await?);
    Ok(())
}
