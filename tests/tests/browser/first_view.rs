//! What a visitor sees before and when the engine arrives.

use std::time::Duration;

use anyhow::{Result, ensure};
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::site_server::SiteOptions;

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_precomputed_plan_is_painted_before_the_engine_arrives() -> Result<()> {
    let delays = vec![("slicewise-slice-engine".to_owned(), Duration::from_secs(3))];
    let server = site::serve_with(SiteOptions { delays, ..SiteOptions::default() })?;
    let page = Page::open(&crate::slice_at(&server)).await?;
    page.wait_for("status").await?;
    let source = page.attribute("status", "data-source").await?;
    ensure!(source.as_deref() == Some("precomputed"), "{source:?}");
    let early = page.plan().await?;
    ensure!(early.status == "solved" && early.cost > 0.0, "{early:?}");
    ensure!(page.text("answer").await?.chars().any(|c| c.is_ascii_digit()));
    page.wait_for_rest().await?;
    let late = page.plan().await?;
    ensure!(early.is_near(&late, 1e-4), "precomputed {early:?}, planned {late:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_first_view_leaves_the_build_of_the_benchmark_alone() -> Result<()> {
    let (server, page) = crate::visit("?debug=1").await?;
    let ready = "return navigator.serviceWorker?.ready.then(() => true) ?? true";
    ensure!(page.evaluate::<bool>(ready, Vec::new()).await?);
    page.wait_for_rest().await?;
    let fetched = || server.requests().iter().any(|path| path.contains("slicewise-learning"));
    ensure!(!fetched(), "{:?}", server.requests());
    page.click("run-benchmark").await?;
    page.wait_until("the benchmark's build", async || Ok(fetched())).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_plan_carries_its_certificate() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    let plan = page.plan().await?;
    let number = async |name: &str| -> Result<f64> {
        Ok(page.attribute(name, "data-value").await?.unwrap_or_default().parse()?)
    };
    let (bound, gap) = (number("lower-bound").await?, number("gap").await?);
    ensure!(plan.status == "solved", "{plan:?}");
    ensure!(bound > 0.0 && bound <= plan.cost, "bound {bound}, {plan:?}");
    ensure!((0.0..=0.001).contains(&gap), "gap {gap}");
    ensure!(((plan.cost - bound) / plan.cost - gap).abs() < 1e-6, "gap {gap}, bound {bound}");
    ensure!(number("degradation-0").await? <= 0.1 + 1e-9);
    Ok(())
}
