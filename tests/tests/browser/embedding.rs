//! The page inside another page, in a frame by hand and by the element `<slicewise-planner>`.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use slicewise_tests::page::{Page, near};
use slicewise_tests::site;
use slicewise_xtask::one_file::{BuiltSite, Choice};
use slicewise_xtask::site_server::{SiteOptions, SiteServer};
use slicewise_xtask::workspace::Workspace;
use tempfile::TempDir;

use crate::every_view::{has_no_complaint, settled_address};
use crate::key;
use crate::updates::Deployed;

/// Where the recipe says that the site lies.
const SITE: &str = "https://example.org/planner/";
/// The element at a place of the host's page.
const ELEMENT: &str = "document.querySelectorAll('slicewise-planner')[arguments[0]]";

/// A host with the page of the recipe for plain HTML, which embeds the site at `url`.
fn host(url: &str) -> Result<(TempDir, SiteServer)> {
    let recipe = Workspace::locate()?.root().join("docs/embed/plain.html");
    let html = fs::read_to_string(recipe)?;
    ensure!(html.contains(SITE), "the recipe says where the site lies");
    // Another script of the same kind does no harm.
    let again = format!("<script src=\"{url}slicewise-embed.js?again\"></script></body>");
    let icon = "<link rel=\"icon\" href=\"data:,\"></head>";
    let html = html.replace(SITE, url).replace("</body>", &again).replace("</head>", icon);
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("index.html"), html)?;
    let policy = format!("script-src {url} 'unsafe-inline'; frame-src {url}");
    let options = SiteOptions { policy, ..SiteOptions::default() };
    let server = SiteServer::start(folder.path(), 0, options)?;
    Ok((folder, server))
}

/// Evaluates what follows the element at `place` in a script.
async fn element<T: serde::de::DeserializeOwned>(
    page: &Page,
    place: usize,
    behind: &str,
    argument: Value,
) -> Result<T> {
    page.evaluate(&format!("return {ELEMENT}{behind}"), vec![json!(place), argument]).await
}

/// The height of the frame of the element at `place`, in pixels; 0 where it has none.
async fn height(page: &Page, place: usize) -> Result<f64> {
    let behind = ".shadowRoot.querySelector('iframe')?.getBoundingClientRect().height ?? 0";
    element(page, place, behind, Value::Null).await
}

/// Has the host keep the last event of the element at `place`.
async fn listen(page: &Page, place: usize) -> Result<()> {
    let script = format!(
        "window.told = undefined;
        {ELEMENT}.addEventListener('plan', event => {{ window.told = event.detail; }});
        return true"
    );
    page.evaluate::<bool>(&script, vec![json!(place)]).await?;
    Ok(())
}

/// Waits for a plan that `is_meant`, and gives it.
async fn wait_for_plan(page: &Page, is_meant: impl Fn(&Value) -> bool) -> Result<Value> {
    let told = async || page.evaluate::<Value>("return window.told ?? null", Vec::new()).await;
    page.wait_until("the plan that is meant", async || Ok(is_meant(&told().await?))).await?;
    told().await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn flags_in_the_query_hide_controls_and_choose_the_theme() -> Result<()> {
    let (_server, page) = crate::visit("?embed=1&controls=0&theme=dark").await?;
    ensure!(page.shows("answer").await? && page.shows("chart-landscape").await?);
    ensure!(!page.shows("slider-qos").await? && !page.shows("copy-link").await?);
    let texts = page.drawn_texts(&["[data-test=answer]"]).await?;
    ensure!(texts[0].ink.luminance() > texts[0].paper.luminance(), "{texts:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_element_tells_its_plan_and_is_as_high_as_the_page_in_it() -> Result<()> {
    let site = site::serve()?;
    let (_folder, server) = host(site.url())?;
    let page = Page::open(server.url()).await?;
    page.wait_until("the planner's sentence on the host", async || {
        let script = "return document.getElementById('told').textContent";
        Ok(page.evaluate::<String>(script, Vec::new()).await?.contains("flows arrive"))
    })
    .await?;
    // Nothing of the planner that waits for a click was fetched.
    ensure!(height(&page, 1).await? == 0.0);
    let fetched = |name: &str| site.requests().iter().any(|path| path.contains(name));
    ensure!(fetched("slicewise-twin-engine") && !fetched("slicewise-slice"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = height(&page, 0).await?;
    ensure!((700.0..6000.0).contains(&before), "{before}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    ensure!(height(&page, 0).await? == before, "the height goes on growing");
    // Messages of others are nothing to the element.
    let forged = "postMessage({ slicewise: 'x', kind: 'height', value: 7 }, '*');
        return new Promise(done => setTimeout(() => done(true), 200))";
    page.evaluate::<bool>(forged, Vec::new()).await?;
    ensure!(height(&page, 0).await? == before);
    has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn properties_change_what_an_open_element_shows() -> Result<()> {
    let (site, visitor) = crate::visit("").await?;
    visitor.press("slider-qos", key::ARROW_RIGHT, 4).await?;
    visitor.wait_for_rest().await?;
    let plan = visitor.plan().await?;
    let link = settled_address(&visitor).await?;
    let (_, state) = link.split_once('#').context("the address has no state")?;
    drop(visitor);
    let (_folder, server) = host(site.url())?;
    let page = Page::open(server.url()).await?;
    listen(&page, 1).await?;
    let click = ".shadowRoot.querySelector('button').click() ?? true";
    element::<bool>(&page, 1, click, Value::Null).await?;
    let opened = wait_for_plan(&page, |plan| plan["planner"] == "slice").await?;
    let loads = || site.requests().iter().filter(|path| path.contains("&frame=")).count();
    let loaded = loads();
    element::<Value>(&page, 1, ".theme = arguments[1]", json!("dark")).await?;
    element::<Value>(&page, 1, ".state = arguments[1]", json!(state)).await?;
    let told = wait_for_plan(&page, |plan| plan["state"] == state).await?;
    let cost = |plan: &Value| plan["figures"]["cost"].as_f64().context("no cost is told");
    ensure!(near(cost(&told)?, plan.cost, 1e-6), "{told} and {plan:?}");
    ensure!(!near(cost(&opened)?, plan.cost, 1e-3), "{opened} and {plan:?}");
    ensure!(told["status"] == "solved", "{told}");
    ensure!(loads() == loaded, "a new theme and a new state open no new page");
    element::<Value>(&page, 1, ".state = ''", Value::Null).await?;
    wait_for_plan(&page, |plan| plan["figures"]["cost"] == opened["figures"]["cost"]).await?;
    element::<Value>(&page, 1, ".planner = arguments[1]", json!("twin")).await?;
    wait_for_plan(&page, |plan| plan["planner"] == "twin").await?;
    has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn no_plan_is_told_with_the_state_of_another() -> Result<()> {
    // A host of the site's own origin can work the controls in the frame.
    let site = Deployed::new()?;
    let (folder, _) = host(site.server.url())?;
    fs::copy(folder.path().join("index.html"), site.folder.path().join("host.html"))?;
    let page = Page::open(&format!("{}host.html", site.server.url())).await?;
    let script = format!(
        "window.plans = [];
        {ELEMENT}.addEventListener('plan', event => window.plans.push(event.detail));
        {ELEMENT}.shadowRoot.querySelector('button').click();
        return true"
    );
    page.evaluate::<bool>(&script, vec![json!(1)]).await?;
    let plans = async || page.evaluate::<Vec<Value>>("return window.plans", Vec::new()).await;
    page.wait_until("the first plan", async || Ok(!plans().await?.is_empty())).await?;
    let steps = ".shadowRoot.querySelector('iframe').contentDocument;
        const slider = inside.querySelector('[data-test=slider-qos]');
        for (let step = 1; step <= 9; step += 1) setTimeout(() => {
            slider.value = Number(slider.value) + 0.1;
            slider.dispatchEvent(new Event('input', { bubbles: true }));
        }, 110 * step);
        return true";
    let script = format!("const inside = {ELEMENT}{steps}");
    page.evaluate::<bool>(&script, vec![json!(1)]).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let plans = plans().await?;
    ensure!(plans.len() > 1, "{plans:?}");
    for (at, plan) in plans.iter().enumerate() {
        let same = plans[..at].iter().find(|other| other["state"] == plan["state"]);
        let is_same = same.is_none_or(|other| other["figures"]["cost"] == plan["figures"]["cost"]);
        ensure!(is_same, "{plan} and {same:?}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_last_of_many_heights_counts() -> Result<()> {
    let site = Deployed::new()?;
    fs::write(site.folder.path().join("flood.html"), "<script src=\"flood.js\"></script>")?;
    let flood = "const frame = new URL(location.href).searchParams.get('frame');
        for (const value of [...Array(90).keys()].map(step => 300 + step).concat(777))
            parent.postMessage({ slicewise: frame, kind: 'height', value }, '*');";
    fs::write(site.folder.path().join("flood.js"), flood)?;
    let (_folder, server) = host(site.server.url())?;
    let page = Page::open("about:blank").await?;
    page.go(server.url()).await?;
    let flood = format!("{}flood.html", site.server.url());
    element::<Value>(&page, 1, ".setAttribute('src', arguments[1]) ?? null", json!(flood)).await?;
    element::<Value>(&page, 1, ".open() ?? null", Value::Null).await?;
    page.wait_until("the last height", async || Ok(height(&page, 1).await? == 777.0)).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn in_a_sandboxed_page_the_element_frames_the_one_file() -> Result<()> {
    let site = Deployed::new()?;
    let choice = Choice::named("twin")?;
    let mut built = BuiltSite::read(&Workspace::locate()?, site.folder.path())?;
    let file = site.folder.path().join(choice.file_name());
    fs::write(file, built.one_file(choice, false)?)?;
    let policy = "sandbox allow-scripts".to_owned();
    let options = SiteOptions { policy, ..SiteOptions::default() };
    let sandboxed = SiteServer::start(site.folder.path(), 0, options)?;
    let (folder, _) = host(sandboxed.url())?;
    fs::copy(folder.path().join("index.html"), site.folder.path().join("host.html"))?;
    let page = Page::open(&format!("{}host.html", sandboxed.url())).await?;
    ensure!(page.evaluate::<String>("return self.origin", Vec::new()).await? == "null");
    page.wait_until("the planner's sentence on the host", async || {
        let script = "return document.getElementById('told').textContent";
        Ok(page.evaluate::<String>(script, Vec::new()).await?.contains("flows arrive"))
    })
    .await?;
    let asked = sandboxed.requests();
    ensure!(asked.iter().any(|path| path.contains("slicewise-twin.html?")), "{asked:?}");
    has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn what_goes_wrong_in_a_frame_is_told_outside() -> Result<()> {
    let pages_instead = vec![("slicewise-twin-page_bg-".to_owned(), 404)];
    let site = site::serve_with(SiteOptions { pages_instead, ..SiteOptions::default() })?;
    let (_folder, server) = host(site.url())?;
    let page = Page::open("about:blank").await?;
    let script = "addEventListener('DOMContentLoaded', () => document
        .querySelector('slicewise-planner')
        ?.addEventListener('error', event => { window.told = event.detail; }))";
    crate::run_first(&page, script).await?;
    page.go(server.url()).await?;
    let told = wait_for_plan(&page, Value::is_string).await?;
    ensure!(
        told.as_str().is_some_and(|text| text.contains("could not be fetched (404)")),
        "{told}"
    );
    Ok(())
}
