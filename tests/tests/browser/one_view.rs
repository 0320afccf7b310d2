//! One chart with the controls that an author picks, and everything larger.

use anyhow::{Context, Result, ensure};
use slicewise_tests::page::{Page, Screen};
use slicewise_tests::site;

use crate::every_view::has_no_complaint;
use crate::{key, visit};

/// The elements that tests find and visitors see, of all that may be hidden by a view.
const SHOWN: &str = "return [...document.querySelectorAll('main [data-test], form [data-test]')]
    .filter(element => element.checkVisibility()).map(element => element.dataset.test)";

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn one_chart_stands_alone_with_its_controls_and_follows_them() -> Result<()> {
    let (_server, page) = visit("?embed=1&show=landscape&controls=qos,degradation").await?;
    let shown: Vec<String> = page.evaluate(SHOWN, Vec::new()).await?;
    for name in ["chart-landscape", "slider-qos", "number-qos", "slider-degradation"] {
        ensure!(shown.iter().any(|shown| shown == name), "{name} is not among {shown:?}");
    }
    for name in ["answer", "model", "slider-traffic", "chart-distribution", "tab-why"] {
        ensure!(!shown.iter().any(|shown| shown == name), "{name} is among {shown:?}");
    }
    let before = page.plan().await?;
    page.press("slider-qos", key::ARROW_RIGHT, 4).await?;
    page.wait_for_rest().await?;
    ensure!(!page.plan().await?.is_near(&before, 1e-3));
    let state = crate::every_view::settled_address(&page).await?;
    let (_, state) = state.split_once('#').context("the address has no state")?;
    let focus = "document.querySelector('[data-test=whole]').focus(); return true";
    page.evaluate::<bool>(focus, Vec::new()).await?;
    let whole = page.attribute("whole", "href").await?.unwrap_or_default();
    ensure!(whole.ends_with(&format!("?planner=slice#{state}")), "{whole}");
    has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn every_planner_shows_a_chart_of_another_tab_alone_without_controls() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open_on("about:blank", Screen::PHONE).await?;
    for (planner, chart) in
        [("slice", "surface"), ("cells", "schemes"), ("forecast", "costs"), ("twin", "hops")]
    {
        let query = format!("?planner={planner}&embed=1&show={chart}");
        page.go(&format!("{}{query}", server.url())).await?;
        let tab = match planner {
            "slice" => "panel-what-if",
            "cells" => "panel-schemes",
            "forecast" => "panel-methods",
            _ => "panel-flows",
        };
        page.wait_until(tab, async || page.has(tab).await).await?;
        // These come without being asked for.
        if planner == "cells" || planner == "forecast" {
            let name = format!("chart-{chart}");
            page.wait_until(&name, async || page.shows(&name).await).await?;
            let shown: Vec<String> = page.evaluate(SHOWN, Vec::new()).await?;
            ensure!(!shown.contains(&"answer".to_owned()), "{shown:?}");
            ensure!(shown.iter().all(|name| !name.starts_with("slider-")), "{shown:?}");
        }
        ensure!(!page.has("view-refused").await?, "{planner}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn names_that_are_none_are_told_with_those_that_are() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open("about:blank").await?;
    for (query, told) in [
        ("show=landscap", "show is landscap; allowed: landscape, distribution, "),
        ("controls=qos,price", "controls is price; allowed: 0, model, "),
        ("scale=9", "scale is 9; allowed: 0.5 to 4."),
    ] {
        page.go(&format!("{}?embed=1&{query}", server.url())).await?;
        page.wait_for("view-refused").await?;
        let text = page.text("view-refused").await?;
        ensure!(text.starts_with(told), "{text}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_enlarged_page_reads_the_place_that_is_pointed_at() -> Result<()> {
    let (_server, page) = visit("?compute=cpu&scale=1.5").await?;
    let zoom = "return getComputedStyle(document.documentElement).zoom";
    ensure!(page.evaluate::<String>(zoom, Vec::new()).await? == "1.5");
    // The same relative place of the chart reads the same, whatever the scale.
    let point = "const plot = document.querySelector('[data-test=plot-landscape]');
        const box = plot.getBoundingClientRect();
        plot.dispatchEvent(new PointerEvent('pointermove', { bubbles: true,
            clientX: box.x + 0.4 * box.width, clientY: box.y + 0.3 * box.height }));
        return true";
    let read = async |page: &Page| -> Result<String> {
        page.evaluate::<bool>(point, Vec::new()).await?;
        page.wait_until("a reading", async || {
            Ok(!page.text("reading-landscape").await?.is_empty())
        })
        .await?;
        page.text("reading-landscape").await
    };
    let enlarged = read(&page).await?;
    let (_other, plain) = visit("?compute=cpu").await?;
    let (plain, figures) = (read(&plain).await?, |text: &str| -> Vec<f64> {
        text.split_whitespace().filter_map(|word| word.replace(',', "").parse().ok()).collect()
    });
    let (a, b) = (figures(&enlarged), figures(&plain));
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 0.05 * a.abs().max(b.abs()).max(1.0);
    ensure!(!a.is_empty() && a.iter().zip(&b).take(2).all(near), "{enlarged} and {plain}");
    Ok(())
}
