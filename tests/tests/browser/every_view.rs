//! What is asked of every planner's view: it fits, it can be read, its charts are tables too, and it
//! keeps to its origin.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use slicewise_tests::contrast::LEAST_FOR_TEXT;
use slicewise_tests::page::{Page, Screen};
use slicewise_tests::site;
use slicewise_xtask::site_server::{SiteOptions, SiteServer};

/// Text of every kind that the Cells and the Forecast view have.
const TEXTS: [&str; 13] = [
    "h1",
    "h2",
    "legend",
    "label",
    "td",
    "th",
    "dt",
    ".hint",
    ".caption",
    ".mini-text",
    "button:not(:disabled)",
    "[data-test=answer]",
    "[data-test=status]",
];
/// Where a site below a path lies.
const MOUNT: &str = "/docs/planner/";

/// What does not fit on the screen.
#[derive(Debug, Deserialize)]
struct Overflow {
    content: f64,
    screen: f64,
}

/// The page of `planner` on `screen`, as it opens; `query` is empty or starts with an ampersand.
pub async fn open(planner: &str, screen: Screen, query: &str) -> Result<(SiteServer, Page)> {
    let server = site::serve()?;
    let address = format!("{}?planner={planner}{query}", server.url());
    let page = Page::open_on(&address, screen).await?;
    Ok((server, page))
}

/// A server of the site below a path.
pub fn serve_below_a_path() -> Result<SiteServer> {
    site::serve_with(SiteOptions { mount: MOUNT.to_owned(), ..SiteOptions::default() })
}

/// Checks that nothing was asked of `server` outside its path, and that `page` has no complaint.
pub async fn keeps_to_its_path(server: &SiteServer, page: &Page) -> Result<()> {
    has_no_complaint(page).await?;
    let requests = server.requests();
    let outside: Vec<&String> =
        requests.iter().filter(|path| !path.starts_with("/docs/")).collect();
    ensure!(outside.is_empty(), "{outside:?}");
    Ok(())
}

/// Checks that `page` asked nobody but `server` for anything, and gives what it asked for since this
/// was last looked up.
pub async fn keeps_to_its_origin(server: &SiteServer, page: &Page) -> Result<Vec<String>> {
    let addresses = page.requested_addresses().await?;
    let networked = |address: &&String| ["http", "ws"].iter().any(|p| address.starts_with(p));
    let strays: Vec<&String> =
        addresses.iter().filter(networked).filter(|a| !a.starts_with(server.url())).collect();
    ensure!(strays.is_empty(), "{strays:?}");
    Ok(addresses)
}

/// Checks that the browser has nothing to complain about, its policy included.
pub async fn has_no_complaint(page: &Page) -> Result<()> {
    let complaints = page.complaints().await?;
    ensure!(complaints.is_empty(), "{complaints:#?}");
    Ok(())
}

/// Checks that no tab is wider than the screen.
pub async fn needs_no_sideways_scrolling(page: &Page, tabs: &[&str]) -> Result<()> {
    for tab in tabs {
        page.click(&format!("tab-{tab}")).await?;
        page.wait_for(&format!("panel-{tab}")).await?;
        let script = "return new Promise(done => setTimeout(() => done({
            content: document.documentElement.scrollWidth, screen: innerWidth }), 300))";
        let found: Overflow = page.evaluate(script, Vec::new()).await?;
        ensure!(found.content <= found.screen, "{tab}: {found:?}");
    }
    Ok(())
}

/// Checks the contrast of the text in all tabs.
pub async fn text_stands_out(page: &Page, tabs: &[&str]) -> Result<()> {
    for tab in tabs {
        page.click(&format!("tab-{tab}")).await?;
        let texts = page.drawn_texts(&TEXTS).await?;
        ensure!(texts.len() >= 6, "only {texts:?}");
        for text in &texts {
            let contrast = text.ink.contrast(text.paper);
            ensure!(contrast >= LEAST_FOR_TEXT, "{contrast:.2} for {text:?} on {tab}");
        }
    }
    Ok(())
}

/// Waits until as many charts as `charts` says have a name, a description and a table.
pub async fn wait_for_charts(page: &Page, charts: usize) -> Result<()> {
    page.wait_until(&format!("{charts} charts with tables"), async || {
        let script = "document.querySelectorAll('[data-test^=chart-] details')
                .forEach(details => { details.open = true; });
            const charts = [...document.querySelectorAll('[data-test^=chart-]')];
            return charts.filter(chart => chart.querySelector('table tbody td') &&
                chart.querySelector('svg[role=img] > title')?.textContent &&
                chart.querySelector('svg > desc')?.textContent.length > 10).length";
        Ok(page.evaluate::<usize>(script, Vec::new()).await? == charts)
    })
    .await
}

/// The address once it has followed the controls.
pub async fn settled_address(page: &Page) -> Result<String> {
    let script = "return new Promise(done => setTimeout(() => done(location.href), 600))";
    page.evaluate(script, Vec::new()).await
}

/// Opens the tampered link `address` and checks that the page says what is wrong with it.
pub async fn open_tampered_link(page: &Page, address: &str) -> Result<()> {
    page.go(address).await?;
    page.wait_for("error").await?;
    let text = page.text("error").await?;
    ensure!(text.contains("link") && text.contains("allowed"), "{address}: {text}");
    Ok(())
}

/// Gives `file` to the page and waits for an error that contains `named`.
pub async fn upload_what_is_refused(page: &Page, file: &Path, named: &str) -> Result<()> {
    page.upload("import-file", file).await?;
    page.wait_until(&format!("an error for {}", file.display()), async || {
        Ok(page.has("error").await? && page.text("error").await?.contains(named))
    })
    .await
}

/// The number in an element's `data-` attribute.
pub async fn number(page: &Page, name: &str, attribute: &str) -> Result<f64> {
    let text = page.attribute(name, attribute).await?;
    let text = text.with_context(|| format!("{name} has no {attribute}"))?;
    text.parse().with_context(|| format!("{attribute} of {name} is {text}"))
}
