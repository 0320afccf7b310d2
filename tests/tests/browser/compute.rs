//! The compute choice: what is fetched for it, and what happens where there is no GPU.

use std::time::Duration;

use anyhow::{Result, ensure};
use slicewise_tests::page::Page;
use slicewise_xtask::site_server::SiteServer;

use crate::{run_first, wait_for_state};

/// A browser without WebGPU.
const WITHOUT_WEBGPU: &str = "delete Navigator.prototype.gpu";
/// A browser with WebGPU whose device is lost with the first batch.
const WITH_A_GPU_THAT_IS_LOST: &str = "
    if (!navigator.gpu) Object.defineProperty(Navigator.prototype, 'gpu', { value: {} });
    const Real = window.Worker;
    window.slicewiseBatches = 0;
    class Gpu {
        constructor() {
            const cost = { fixed_ms: 1, ms_per_work: 1e-9 };
            setTimeout(() => {
                this.say({ Gpu: { adapter: 'Test adapter', backend: 'webgpu', software: false,
                    start_ms: 1, compile_ms: 1, canary_difference: 0, cost } });
                this.say('Ready');
            }, 20);
        }
        say(data) { this.onmessage?.({ data }); }
        postMessage(message) {
            if (!message.Start) return;
            window.slicewiseBatches += 1;
            setTimeout(() => this.say({ NoGpu: { lost: { message: 'unplugged' } } }), 20);
        }
        terminate() {}
    }
    window.Worker = new Proxy(Real, {
        construct: (target, given) =>
            String(given[0]).includes('slicewise-gpu') ? new Gpu() : new target(...given),
    })";

/// The page in a browser that `script` prepares.
async fn visit_with(script: &str, query: &str) -> Result<(SiteServer, Page)> {
    let (server, page) = crate::visit("").await?;
    run_first(&page, script).await?;
    page.go(&[crate::slice_at(&server), query.replace('?', "&")].concat()).await?;
    page.wait_for_rest().await?;
    Ok((server, page))
}

async fn compute_small_surface(page: &Page) -> Result<()> {
    // The kernels know no limits of a network, which the default has.
    page.choose("model", "testbed-gaussian").await?;
    page.click("tab-what-if").await?;
    for axis in ["x", "y"] {
        page.fill(&format!("surface-{axis}-points"), "8").await?;
    }
    page.click("surface-run").await?;
    wait_for_state(page, "surface-status", "done").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn without_webgpu_the_processor_plans_and_the_page_says_why() -> Result<()> {
    let (server, page) = visit_with(WITHOUT_WEBGPU, "?compute=gpu").await?;
    let reason = "GPU not used: this browser has no WebGPU";
    ensure!(page.text("compute-status").await?.contains(reason));
    compute_small_surface(&page).await?;
    let (bar, status) = (page.text("compute-status").await?, page.text("surface-status").await?);
    ensure!(bar.contains(reason) && status.contains(reason), "{bar} and {status}");
    ensure!(!server.requests().iter().any(|path| path.contains("slicewise-gpu")));
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_gpu_lost_during_a_batch_leaves_no_plan_out() -> Result<()> {
    let (_server, page) = visit_with(WITH_A_GPU_THAT_IS_LOST, "?compute=gpu").await?;
    compute_small_surface(&page).await?;
    let batches: usize = page.evaluate("return window.slicewiseBatches", Vec::new()).await?;
    ensure!(batches == 1, "{batches} batches went to the GPU");
    let status = page.text("surface-status").await?;
    ensure!(status.starts_with("64 plans") && status.contains("unplugged"), "{status}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_adapter_that_is_refused_leaves_the_processor() -> Result<()> {
    // Headless Chromium has WebGPU and offers no adapter.
    let (_server, page) = crate::visit("?compute=gpu").await?;
    compute_small_surface(&page).await?;
    let status = page.text("surface-status").await?;
    ensure!(status.starts_with("64 plans") && status.contains("GPU not used"), "{status}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn engines_that_are_not_wanted_are_not_fetched() -> Result<()> {
    let (server, page) = crate::visit("?compute=auto").await?;
    compute_small_surface(&page).await?;
    page.click("tab-day").await?;
    page.click("training-open").await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let requests = server.requests();
    let unwanted = |path: &&String| ["-gpu", "-learning"].iter().any(|name| path.contains(name));
    ensure!(!requests.iter().any(|path| unwanted(&path)), "{requests:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_choice_is_kept_and_the_address_is_stronger() -> Result<()> {
    let (server, page) = crate::visit("").await?;
    ensure!(page.value("compute").await? == "auto");
    page.choose("compute", "cpu").await?;
    page.go(&crate::slice_at(&server)).await?;
    page.wait_for_rest().await?;
    ensure!(page.value("compute").await? == "cpu");
    page.go(&format!("{}?compute=auto&workers=2", server.url())).await?;
    page.wait_for_rest().await?;
    ensure!(page.value("compute").await? == "auto");
    let words = page.text("compute-status").await?;
    ensure!(words.contains("2 workers"), "{words}");
    Ok(())
}
