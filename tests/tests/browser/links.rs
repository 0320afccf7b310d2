//! The state in the address.

use std::fs;

use anyhow::{Result, ensure};
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::planners::PLANNERS;

use crate::{every_view, key, run_first};

/// A clipboard that scripts can read.
const CLIPBOARD: &str = "Object.defineProperty(navigator, 'clipboard', { value: {
    writeText: async text => { window.slicewiseCopied = text; } } });";
/// What was copied last.
const COPIED: &str = "return window.slicewiseCopied ?? ''";

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_link_reproduces_the_state_in_a_new_session() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    page.choose("traffic-kind", "normal").await?;
    page.press("slider-qos", key::ARROW_RIGHT, 3).await?;
    page.fill("number-degradation", "0.2").await?;
    page.click("add-slice").await?;
    page.press("slider-mean", key::ARROW_RIGHT, 4).await?;
    page.fill("number-price-bandwidth", "1.5").await?;
    page.wait_for_rest().await?;
    let (link, controls, plan) =
        (page.address().await?, page.control_values().await?, page.plan().await?);
    ensure!(link.contains("#v1="), "{link}");
    let other = Page::open(&link).await?;
    other.wait_for_rest().await?;
    ensure!(other.control_values().await? == controls, "{:?}", other.control_values().await?);
    let reproduced = other.plan().await?;
    ensure!(reproduced.is_near(&plan, 1e-6), "{plan:?} became {reproduced:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_tampered_link_is_named_and_the_default_plan_stands() -> Result<()> {
    let (server, page) = crate::visit("").await?;
    let (controls, plan) = (page.control_values().await?, page.plan().await?);
    page.press("slider-qos", key::ARROW_RIGHT, 2).await?;
    page.wait_for_rest().await?;
    let link = page.address().await?;
    let truncated = &link[..link.len() - 20];
    let unreadable = format!("{}#v1=%%%", server.url());
    let of_the_future = format!("{}#v9=abc", server.url());
    for address in [truncated, unreadable.as_str(), of_the_future.as_str()] {
        page.go(address).await?;
        page.wait_for("error").await?;
        let text = page.text("error").await?;
        ensure!(text.contains("link") && text.contains("allowed"), "{address}: {text}");
        page.wait_for_rest().await?;
        ensure!(page.control_values().await? == controls, "{address}");
        ensure!(page.plan().await?.is_near(&plan, 1e-6), "{address}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_link_is_copied_from_the_state_where_the_address_does_not_follow() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open("about:blank").await?;
    run_first(&page, CLIPBOARD).await?;
    run_first(&page, "history.replaceState = () => { throw new DOMException('too often'); };")
        .await?;
    page.go(&crate::slice_at(&server)).await?;
    page.wait_for_rest().await?;
    page.press("slider-qos", key::ARROW_RIGHT, 3).await?;
    page.wait_for_rest().await?;
    let controls = page.control_values().await?;
    page.click("copy-link").await?;
    page.wait_until("the link", async || {
        Ok(page.evaluate::<String>(COPIED, Vec::new()).await?.contains("#v1="))
    })
    .await?;
    ensure!(!page.address().await?.contains('#'), "{}", page.address().await?);
    let link: String = page.evaluate(COPIED, Vec::new()).await?;
    page.go(&link).await?;
    page.wait_for_rest().await?;
    ensure!(page.control_values().await? == controls, "{:?}", page.control_values().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_link_that_was_cut_says_that_it_was() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open("about:blank").await?;
    for planner in &PLANNERS {
        let home = format!("{}?planner={}", server.url(), planner.name);
        page.go(&home).await?;
        page.wait_for("tour-open").await?;
        page.click("copy-link").await?;
        let link = every_view::settled_address(&page).await?;
        for missing in [1, 2, 3, 40, 200] {
            page.go(&link[..link.len() - missing]).await?;
            page.wait_for("error").await?;
            let text = page.text("error").await?;
            ensure!(text.contains("link is cut off; allowed: the whole link"), "{missing}: {text}");
        }
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_link_that_programs_may_cut_is_offered_as_a_file_that_opens_the_same_view() -> Result<()>
{
    let server = site::serve()?;
    let page = Page::open("about:blank").await?;
    run_first(&page, CLIPBOARD).await?;
    page.go(&crate::slice_at(&server)).await?;
    page.wait_for_rest().await?;
    page.click("copy-link").await?;
    ensure!(!page.has("long-link").await?);
    page.click("tab-day").await?;
    let folder = tempfile::tempdir()?;
    let trace = folder.path().join("trace.csv");
    let slots: String = (0..288).map(|slot| format!("{}\n", 2.0 + f64::from(slot).sin())).collect();
    fs::write(&trace, format!("users_per_second\n{slots}"))?;
    page.upload("day-file", &trace).await?;
    let is_own = async || {
        Ok(page.attribute("day-generated", "aria-pressed").await?.as_deref() == Some("false"))
    };
    page.wait_until("the trace", is_own).await?;
    page.click("copy-link").await?;
    page.wait_for("long-link").await?;
    let told = page.text("long-link").await?;
    ensure!(told.contains("many programs cut links after 4000"), "{told}");
    let saved = fs::read_to_string(page.download("save-link", ".html").await?)?;
    let link: String = page.evaluate(COPIED, Vec::new()).await?;
    ensure!(link.len() > 4000 && saved.contains(&link), "{} characters", link.len());
    page.go(&link).await?;
    page.wait_for("day-trace").await?;
    ensure!(page.text("day-trace").await?.starts_with("288 slots"));
    ensure!(!page.has("error").await?);
    Ok(())
}
