//! The page where less is allowed than it would like, and where files do not arrive.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::planners::PLANNERS;
use slicewise_xtask::site_server::{CONTENT_SECURITY_POLICY, SiteOptions, SiteServer};

use crate::{run_first, wait_for_state};

/// How long a page that cannot start may keep to itself why, on a machine with other things to do.
const SAID_SOON: Duration = Duration::from_secs(10);

/// Waits until the page says `sentence`, which must not take long.
async fn says(page: &Page, sentence: &str) -> Result<()> {
    let begin = Instant::now();
    page.wait_until(&format!("the sentence {sentence:?}"), async || {
        let text: String = page.evaluate("return document.body.innerText", Vec::new()).await?;
        Ok(text.contains(sentence))
    })
    .await?;
    ensure!(begin.elapsed() < SAID_SOON, "{sentence:?} took {:?}", begin.elapsed());
    Ok(())
}

/// Opens every planner's page on `server` and checks that it says `sentence`.
async fn every_planner_says(server: &SiteServer, page: &Page, sentence: &str) -> Result<()> {
    for planner in &PLANNERS {
        page.go(&format!("{}?planner={}", server.url(), planner.name)).await?;
        says(page, sentence).await?;
    }
    Ok(())
}

/// A site whose files that contain `mark` are pages with `status` instead.
fn serve_pages_instead(mark: &str, status: u16) -> Result<SiteServer> {
    let pages_instead = vec![(mark.to_owned(), status)];
    site::serve_with(SiteOptions { pages_instead, ..SiteOptions::default() })
}

/// A site that is sent with `policy`.
fn serve_under(policy: String) -> Result<SiteServer> {
    site::serve_with(SiteOptions { policy, ..SiteOptions::default() })
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_program_that_does_not_arrive_is_named_with_what_helps() -> Result<()> {
    for (mark, status, sentence) in [
        ("-page_bg-", 404, "could not be fetched (404): reload"),
        ("-page_bg-", 503, "could not be fetched (503): reload"),
        ("-page_bg-", 200, "A page came in place of the file"),
        ("-page-", 404, "could not be fetched (no answer): reload"),
        ("boot-", 404, "If this stays, a file did not arrive: reload the page."),
    ] {
        let server = serve_pages_instead(mark, status)?;
        let page = Page::open("about:blank").await?;
        every_planner_says(&server, &page, sentence).await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_page_to_sign_in_on_is_not_kept_in_place_of_a_file() -> Result<()> {
    let server = serve_pages_instead("-engine_bg-", 200)?;
    let page = Page::open(&crate::slice_at(&server)).await?;
    page.wait_for("engine-message").await?;
    let text = page.text("engine-message").await?;
    ensure!(text.contains("its files did not arrive whole, so reload the page"), "{text}");
    let is_kept = async |name: &str| -> Result<bool> {
        let script = "return caches.open('slicewise').then(store => store.keys())
            .then(kept => kept.some(request => request.url.includes(arguments[0])))";
        page.evaluate(script, vec![json!(name)]).await
    };
    page.wait_until("the files that arrived to be kept", async || is_kept("-page_bg-").await)
        .await?;
    ensure!(!is_kept("-engine_bg-").await?, "a page was kept as the engine");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_browser_or_a_host_without_webassembly_is_told_so() -> Result<()> {
    let sentence = "WebAssembly is off here";
    let server = site::serve()?;
    let page = Page::open("about:blank").await?;
    run_first(&page, "delete self.WebAssembly").await?;
    every_planner_says(&server, &page, sentence).await?;
    let server = serve_under("default-src 'self'; script-src 'self'".to_owned())?;
    let page = Page::open("about:blank").await?;
    every_planner_says(&server, &page, sentence).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_sandboxed_frame_is_told_what_it_lacks() -> Result<()> {
    let server = serve_under(format!("{CONTENT_SECURITY_POLICY}; sandbox allow-scripts"))?;
    let page = Page::open("about:blank").await?;
    every_planner_says(&server, &page, "add allow-same-origin to the frame's sandbox,").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_page_from_a_disk_says_how_to_serve_it() -> Result<()> {
    let home = format!("file://{}/index.html", site::dist()?.display());
    let page = Page::open("about:blank").await?;
    for planner in &PLANNERS {
        page.go(&format!("{home}?planner={}", planner.name)).await?;
        says(&page, "serve this folder").await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn without_storage_the_page_plans_and_changes_its_theme() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open("about:blank").await?;
    let script = "for (const name of ['localStorage', 'sessionStorage', 'caches', 'indexedDB'])
        Object.defineProperty(self, name,
            { get() { throw new DOMException('denied', 'SecurityError'); } });";
    run_first(&page, script).await?;
    for planner in &PLANNERS {
        page.go(&format!("{}?planner={}", server.url(), planner.name)).await?;
        match planner.name {
            "slice" => page.wait_for_rest().await?,
            _ => wait_for_state(&page, "status", "done").await?,
        }
        page.click("theme").await?;
        let theme: String =
            page.evaluate("return document.documentElement.dataset.theme", Vec::new()).await?;
        ensure!(theme == "light", "{}: {theme}", planner.name);
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_browser_without_workers_is_told_so_without_a_stack_trace() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open("about:blank").await?;
    run_first(&page, "delete self.Worker").await?;
    for planner in &PLANNERS {
        page.go(&format!("{}?planner={}", server.url(), planner.name)).await?;
        page.wait_for("engine-message").await?;
        let text = page.text("engine-message").await?;
        ensure!(text.contains("this browser allows no workers here"), "{text}");
        ensure!(!text.contains("JsValue") && !text.contains(".js:"), "{text}");
        page.wait_until("an answer that promises nothing", async || {
            let answer = page.text("answer").await?;
            Ok(!answer.contains("loading") && !answer.contains("follows"))
        })
        .await?;
    }
    Ok(())
}
