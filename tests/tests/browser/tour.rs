//! The tour, the explanations and the words: they point at the page, drive it, and go with Escape.

use anyhow::{Result, ensure};
use slicewise_tests::page::{Page, Screen};
use slicewise_xtask::planners::PLANNERS;

use crate::{every_view, key};

/// What the tour points at: how many parts, and whether they can be seen.
const POINTED: &str = "const parts = [...document.querySelectorAll('.pointed')];
    return parts.length === 1 && parts[0].checkVisibility() &&
        parts[0].getBoundingClientRect().height > 0";

async fn wait_until_it_points(page: &Page, step: usize) -> Result<()> {
    page.wait_until(&format!("something to be pointed at in step {step}"), async || {
        page.evaluate(POINTED, Vec::new()).await
    })
    .await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn every_step_of_every_tour_points_at_what_it_speaks_of() -> Result<()> {
    for planner in &PLANNERS {
        let (_server, page) = every_view::open(planner.name, Screen::LAPTOP, "").await?;
        page.wait_for("tour-open").await?;
        page.wait_for("answer").await?;
        page.click("tour-open").await?;
        page.wait_for("tour").await?;
        for step in 0.. {
            wait_until_it_points(&page, step).await?;
            if page.attribute("tour-next", "disabled").await?.is_some() {
                break;
            }
            page.click("tour-next").await?;
        }
        page.click("tour-close").await?;
        page.wait_for_end_of("tour").await?;
        let script = "return document.querySelector('.pointed') === null";
        ensure!(page.evaluate::<bool>(script, Vec::new()).await?, "{}", planner.name);
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_tour_opens_tabs_and_sets_controls() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    page.click("tab-day").await?;
    page.click("tour-open").await?;
    page.wait_for("tour").await?;
    page.click("tour-next").await?;
    page.wait_until("the diagram of the network", async || {
        page.evaluate("return document.querySelector('.tour svg circle') !== null", vec![]).await
    })
    .await?;
    page.click("tour-next").await?;
    page.wait_for("tour-try").await?;
    page.click("tour-try").await?;
    ensure!(page.value("traffic-kind").await? == "normal");
    page.wait_for("number-mean").await?;
    page.click("tour-next").await?;
    page.click("tour-try").await?;
    page.wait_for_rest().await?;
    ensure!(page.value("number-degradation").await? == "0.2");
    page.click("tour-next").await?;
    page.click("tour-next").await?;
    page.wait_until("the tab of the charts", async || page.shows("chart-landscape").await).await?;
    page.click("tour-next").await?;
    page.wait_until("the tab of the surface", async || page.shows("surface-run").await).await?;
    let script = "return [...document.querySelectorAll('.tour a')].map(link => link.href)";
    let links: Vec<String> = page.evaluate(script, Vec::new()).await?;
    ensure!(links.iter().any(|link| link.contains("10.1109/TNSM.2025.3584257")), "{links:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn escape_closes_explanations_and_the_tour_wherever_the_focus_is() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    page.click("tour-open").await?;
    page.wait_for("tour").await?;
    let open = "return document.querySelectorAll('.explain[aria-expanded=true]').length";
    let press = "document.querySelector('.controls .explain').click(); return true";
    page.evaluate::<bool>(press, Vec::new()).await?;
    page.wait_until("an explanation", async || {
        Ok(page.evaluate::<usize>(open, Vec::new()).await? == 1)
    })
    .await?;
    page.type_key(key::ESCAPE, 1).await?;
    page.wait_until("no explanation", async || {
        Ok(page.evaluate::<usize>(open, Vec::new()).await? == 0)
    })
    .await?;
    ensure!(page.has("tour").await?, "what was opened last goes first");
    page.type_key(key::ESCAPE, 1).await?;
    page.wait_for_end_of("tour").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_words_are_explained_and_the_paper_is_linked() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    let script = "const words = document.querySelector('[data-test=glossary]');
        words.open = true;
        return words.innerText";
    let text: String = page.evaluate(script, Vec::new()).await?;
    for word in ["descent", "box", "degradation", "MicroOpt", "Sulaiman"] {
        ensure!(text.contains(word), "{word} is not in: {text}");
    }
    // An explanation that names an equation leads to the paper.
    let script = "return [...document.querySelectorAll('.explanation')]
        .filter(text => text.textContent.includes('equation'))
        .every(text => text.querySelector('a[href*=\"doi.org\"]'))";
    ensure!(page.evaluate::<bool>(script, Vec::new()).await?);
    Ok(())
}
