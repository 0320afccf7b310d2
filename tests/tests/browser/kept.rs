//! What a visitor brings is not lost: it goes into one file, and, where he allows it, into the browser.

use std::fs;

use anyhow::{Context, Result, ensure};
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::one_file::{BuiltSite, Choice};
use slicewise_xtask::planners::PLANNERS;
use slicewise_xtask::workspace::Workspace;

use crate::every_view::{has_no_complaint, settled_address};
use crate::updates::Deployed;
use crate::{key, run_first, wait_for_state};

/// Three routers in a row, as NetworkX writes them.
const NETWORK: &str = r#"{"directed": false, "multigraph": false, "graph": {},
    "nodes": [{"id": "Alpha"}, {"id": "Beta"}, {"id": "Gamma"}],
    "links": [{"source": "Alpha", "target": "Beta", "bandwidth": 1000000000.0},
              {"source": "Beta", "target": "Gamma", "bandwidth": 1000000000.0}]}"#;

/// The site with the one files that its pages save.
fn site_with_one_files() -> Result<Deployed> {
    let site = Deployed::new()?;
    let mut built = BuiltSite::read(&Workspace::locate()?, site.folder.path())?;
    for planner in &PLANNERS {
        let choice = Choice::named(planner.name)?;
        let html = built.one_file(choice, false)?;
        fs::write(site.folder.path().join(choice.file_name()), html)?;
    }
    Ok(site)
}

async fn wait_for_answer(page: &Page, planner: &str) -> Result<()> {
    match planner {
        "slice" => page.wait_for_rest().await,
        _ => wait_for_state(page, "status", "done").await,
    }
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn every_planner_saves_itself_as_one_file_that_opens_where_the_visitor_was() -> Result<()> {
    let site = site_with_one_files()?;
    let page = Page::open("about:blank").await?;
    let other = Page::open("about:blank").await?;
    for (planner, slider) in [
        ("slice", "slider-qos"),
        ("cells", "slider-throughput"),
        ("forecast", "slider-revenue"),
        ("twin", "slider-traffic"),
    ] {
        page.go(&format!("{}?planner={planner}", site.server.url())).await?;
        wait_for_answer(&page, planner).await?;
        page.press(slider, key::ARROW_RIGHT, 5).await?;
        wait_for_answer(&page, planner).await?;
        let link = settled_address(&page).await?;
        let (_, state) = link.split_once('#').context("the address has no state")?;
        let saved = page.download("save-one-file", ".html").await?;
        page.wait_for("told").await?;
        let told = page.text("told").await?;
        ensure!(told.contains("with your question inside"), "{told}");
        other.go(&format!("file://{}", saved.display())).await?;
        wait_for_answer(&other, planner).await?;
        let value = other.value(slider).await?;
        ensure!(value == page.value(slider).await?, "{planner}: {value}");
        ensure!(other.address().await?.ends_with(state), "{planner}");
        has_no_complaint(&page).await?;
        has_no_complaint(&other).await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_network_of_the_visitors_goes_along_and_the_file_can_be_saved_again() -> Result<()> {
    let site = site_with_one_files()?;
    let page = Page::open(&format!("{}?planner=twin", site.server.url())).await?;
    wait_for_answer(&page, "twin").await?;
    let folder = tempfile::tempdir()?;
    let network = folder.path().join("ours.json");
    fs::write(&network, NETWORK)?;
    page.upload("import-network", &network).await?;
    page.wait_for("import-summary").await?;
    page.press("slider-traffic", key::ARROW_RIGHT, 3).await?;
    wait_for_answer(&page, "twin").await?;
    let traffic = page.value("slider-traffic").await?;
    settled_address(&page).await?;
    let saved = page.download("save-one-file", ".html").await?;
    page.wait_for("told").await?;
    let told = page.text("told").await?;
    ensure!(told.contains("with your question and ours.json inside"), "{told}");
    // From the file, and from a file that was saved from the file.
    let other = Page::open(&format!("file://{}", saved.display())).await?;
    let is_there = async |page: &Page| -> Result<()> {
        page.wait_until("the network and where it stood", async || {
            Ok(page.has("import-summary").await?
                && page.value("slider-traffic").await? == traffic
                && !page.has("error").await?)
        })
        .await?;
        wait_for_state(page, "status", "done").await
    };
    is_there(&other).await?;
    let again = other.download("save-one-file", ".html").await?;
    ensure!(again != saved);
    other.go(&format!("file://{}", again.display())).await?;
    is_there(&other).await?;
    has_no_complaint(&other).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn tables_and_traces_go_along_where_their_way_in_is_not_open() -> Result<()> {
    let site = site_with_one_files()?;
    let folder = tempfile::tempdir()?;
    let series = folder.path().join("series.csv");
    fs::write(&series, "time,users_per_second\n0,1.5\n1,2.5\n2,4.5\n")?;
    let trace = folder.path().join("trace.csv");
    let demand = |step: u32| 50.0 + 30.0 * f64::from(step % 288) / 288.0;
    let rows: String =
        (0..288 * 8).map(|step| format!("{},{}\n", 5 * step, demand(step))).collect();
    fs::write(&trace, format!("minute,demand\n{rows}"))?;
    let page = Page::open("about:blank").await?;
    let other = Page::open("about:blank").await?;
    for (planner, input, summary, slider, file) in [
        ("slice", "csv-file", "csv-summary", "slider-qos", &series),
        ("forecast", "import-trace", "import-summary", "slider-revenue", &trace),
    ] {
        page.go(&format!("{}?planner={planner}", site.server.url())).await?;
        wait_for_answer(&page, planner).await?;
        if planner == "slice" {
            page.choose("traffic-kind", "csv").await?;
        }
        let before = page.text("answer").await?;
        page.upload(input, file).await?;
        page.wait_until("the file", async || {
            Ok(page.has(summary).await? && page.text("answer").await? != before)
        })
        .await?;
        page.press(slider, key::ARROW_RIGHT, 3).await?;
        wait_for_answer(&page, planner).await?;
        settled_address(&page).await?;
        wait_for_answer(&page, planner).await?;
        let (answer, told) = (page.text("answer").await?, page.text(summary).await?);
        let saved = page.download("save-one-file", ".html").await?;
        other.go(&format!("file://{}", saved.display())).await?;
        other
            .wait_until("the same answer about the same file", async || {
                Ok(other.has(summary).await?
                    && other.text(summary).await? == told
                    && other.text("answer").await? == answer)
            })
            .await?;
        ensure!(!other.has("error").await?, "{planner}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_site_without_the_one_file_says_so() -> Result<()> {
    let site = Deployed::new()?;
    let page = Page::open(&format!("{}?planner=twin", site.server.url())).await?;
    page.wait_for("save-one-file").await?;
    page.click("save-one-file").await?;
    page.wait_for("told").await?;
    let told = page.text("told").await?;
    ensure!(told.starts_with("This site has no slicewise-twin.html"), "{told}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn what_was_opened_is_kept_once_that_is_allowed_and_comes_back_on_another_day() -> Result<()>
{
    let server = site::serve()?;
    let url = server.url().to_owned();
    let page = Page::open(&format!("{url}?planner=twin")).await?;
    wait_for_answer(&page, "twin").await?;
    page.wait_for("keep-yes").await?;
    let folder = tempfile::tempdir()?;
    let network = folder.path().join("ours.json");
    fs::write(&network, NETWORK)?;
    page.upload("import-network", &network).await?;
    page.wait_for("import-summary").await?;
    let stored = "return indexedDB.databases().then(all => all.length)";
    ensure!(page.evaluate::<usize>(stored, Vec::new()).await? == 0, "kept before it was allowed");
    page.click("keep-yes").await?;
    page.wait_for("kept").await?;
    page.press("slider-traffic", key::ARROW_RIGHT, 3).await?;
    let traffic = page.value("slider-traffic").await?;
    let state = settled_address(&page).await?;
    let (_, state) = state.split_once('#').context("the address has no state")?;
    let kept = "return new Promise(done => {
            const opening = indexedDB.open('slicewise');
            opening.onsuccess = () => {
                const all = opening.result.transaction('visits').objectStore('visits').getAll();
                all.onsuccess = () => { opening.result.close(); done(JSON.stringify(all.result)); };
            };
        })";
    page.wait_until("the state to be kept", async || {
        Ok(page.evaluate::<String>(kept, Vec::new()).await?.contains(state))
    })
    .await?;
    // The network itself need not be there any more.
    fs::remove_file(&network)?;
    let page = page.open_again(&url).await?;
    page.wait_until("where the visitor was", async || page.shows("kept-1").await).await?;
    let entry = "return document.querySelector('#recent li').innerText";
    let entry: String = page.evaluate(entry, Vec::new()).await?;
    ensure!(entry.contains("ours.json, 1 KB") && entry.contains("Twin: "), "{entry}");
    page.click("kept-1").await?;
    page.wait_until("the network and where it stood", async || {
        Ok(page.has("import-summary").await? && page.value("slider-traffic").await? == traffic)
    })
    .await?;
    ensure!(!page.has("error").await?);
    page.wait_for("kept").await?;
    page.click("forget-all").await?;
    page.wait_for_end_of("kept").await?;
    ensure!(page.evaluate::<String>(kept, Vec::new()).await? == "[]");
    ensure!(!page.has("keep-no").await?, "it is asked once");
    has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn where_storage_is_blocked_it_is_said() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open("about:blank").await?;
    let script = "for (const name of ['localStorage', 'indexedDB'])
        Object.defineProperty(self, name,
            { get() { throw new DOMException('denied', 'SecurityError'); } });";
    run_first(&page, script).await?;
    page.go(&format!("{}?planner=twin", server.url())).await?;
    page.wait_for("kept-blocked").await?;
    let text = page.text("kept-blocked").await?;
    ensure!(text.contains("keeps nothing here (SecurityError)"), "{text}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_page_that_shows_itself_asks_nothing() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open(&format!("{}?planner=twin&demo=1", server.url())).await?;
    wait_for_answer(&page, "twin").await?;
    ensure!(!page.has("keep-yes").await? && !page.has("save-one-file").await?);
    ensure!(!server.requests().iter().any(|path| path.contains("kept-")));
    Ok(())
}
