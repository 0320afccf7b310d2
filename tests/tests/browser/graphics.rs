//! The GPU engine on Chromium's software adapter: the processor's plans, and every way to lose it.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use slicewise_tests::page::{Page, Screen, near};
use slicewise_tests::site;
use slicewise_xtask::site_server::{SiteOptions, SiteServer};

use crate::cells_view::wait_for_day;
use crate::every_view::number;
use crate::forecast_learning::open_short_trace;
use crate::{training, wait_for_state};

/// How closely the costs of two devices agree.
const AGREEMENT: f64 = 1e-3;

/// Counts the launches of the first job, after the examination, and lets `fault` answer the second.
const IN_A_JOB: &str = "
    let job = false, launches = 0;
    addEventListener('message', event => { if (event.data.Start) job = true; });
    let device;
    const request = GPUAdapter.prototype.requestDevice;
    GPUAdapter.prototype.requestDevice = async function (...given) {
        return device = await request.apply(this, given);
    };
    const submit = GPUQueue.prototype.submit;
    GPUQueue.prototype.submit = function (...given) {
        const result = submit.apply(this, given);
        if (job && ++launches === 2) fault();
        return result;
    };";

/// The page in a browser with WebGPU, whose GPU engine begins with `prologue`.
async fn visit(prologue: &str, query: &str) -> Result<(SiteServer, Page)> {
    let prologues = vec![("slicewise-gpu-".to_owned(), prologue.to_owned())];
    let server = site::serve_with(SiteOptions { prologues, ..SiteOptions::default() })?;
    let address = [crate::slice_at(&server), query.replace('?', "&")].concat();
    let page = Page::open_on(&address, Screen::LAPTOP.with_graphics()).await?;
    page.wait_for_rest().await?;
    // The kernels know no limits of a network, which the default has.
    page.choose("model", "testbed-gaussian").await?;
    page.wait_for_rest().await?;
    Ok((server, page))
}

/// Waits until `test` is done; the software adapter compiles some hundred kernels first.
async fn wait_patiently(page: &Page, test: &str) -> Result<()> {
    for _ in 0..3 {
        if wait_for_state(page, test, "done").await.is_ok() {
            return Ok(());
        }
    }
    wait_for_state(page, test, "done").await
}

/// Plans a surface and returns the status line.
async fn plan_surface(page: &Page, points: usize) -> Result<String> {
    page.click("tab-what-if").await?;
    for axis in ["x", "y"] {
        page.fill(&format!("surface-{axis}-points"), &points.to_string()).await?;
    }
    let words = async || match page.has("surface-status").await? {
        true => page.text("surface-status").await,
        false => Ok(String::new()),
    };
    let before = words().await?;
    page.click("surface-run").await?;
    page.wait_until("another surface", async || {
        let state = page.attribute("surface-status", "data-state").await?;
        Ok(state.as_deref() == Some("done") && words().await? != before)
    })
    .await?;
    words().await
}

/// Cost of each cell of the surface on the page, and whether it keeps its promise.
async fn costs(page: &Page) -> Result<HashMap<String, (f64, bool)>> {
    let text = fs::read_to_string(page.download("save-csv-surface", ".csv").await?)?;
    let mut costs = HashMap::new();
    for line in text.lines().skip(1).filter(|line| !line.is_empty()) {
        let cells: Vec<&str> = line.split(',').collect();
        let cost = cells[4].parse().with_context(|| format!("{line:?} has no cost"))?;
        costs.insert(format!("{} {}", cells[0], cells[1]), (cost, cells[7] == "yes"));
    }
    Ok(costs)
}

async fn ensure_same_costs(page: &Page, points: usize) -> Result<()> {
    let found = costs(page).await?;
    page.choose("compute", "cpu").await?;
    let status = plan_surface(page, points).await?;
    ensure!(status.contains("CPU"), "{status}");
    let expected = costs(page).await?;
    ensure!(found.len() == points * points && expected.len() == found.len());
    for (cell, (cost, kept)) in &expected {
        let (other, also) = found[cell];
        ensure!(*kept == also, "{cell}: {kept} and {also}");
        ensure!(!kept || near(*cost, other, AGREEMENT), "{cell}: {cost} and {other}");
    }
    Ok(())
}

/// The surface is planned all the same, on the processor, and the page says why.
async fn ensure_planned_without(prologue: &str, reason: &str) -> Result<()> {
    let (_server, page) = visit(prologue, "?compute=gpu").await?;
    let status = plan_surface(&page, 8).await?;
    ensure!(status.starts_with("64 plans"), "{status}");
    ensure!(status.contains("GPU not used") && status.contains(reason), "{status}");
    ensure!(page.text("compute-status").await?.contains(reason));
    ensure_same_costs(&page, 8).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_gpu_engine_plans_what_the_processor_plans() -> Result<()> {
    let (_server, page) = visit("", "?compute=gpu").await?;
    for model in ["testbed-gaussian", "testbed-mixture", "delay"] {
        page.choose("model", model).await?;
        page.wait_for_rest().await?;
        page.choose("compute", "gpu").await?;
        let status = plan_surface(&page, 10).await?;
        ensure!(status.contains("GPU (") && status.contains("software adapter"), "{status}");
        ensure_same_costs(&page, 10).await?;
    }
    ensure!(page.complaints().await?.is_empty(), "{:?}", page.complaints().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_network_can_be_trained_on_the_gpu() -> Result<()> {
    let (_server, page) = visit("", "?compute=gpu").await?;
    page.click("training-open").await?;
    training::upload(&page, &training::measurements()).await?;
    page.choose("training-device", "gpu").await?;
    page.fill("training-epochs", "3").await?;
    page.click("training-go").await?;
    wait_patiently(&page, "training-stage").await?;
    let status = page.text("training-status").await?;
    ensure!(status.contains("GPU ("), "{status}");
    ensure!(page.text("training-metrics").await?.contains("held-back"));
    page.click("training-use").await?;
    page.wait_until("the network to be chosen", async || {
        Ok(page.value("model").await? == "my-network")
    })
    .await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_loss_and_its_regressor_can_be_learned_on_the_gpu() -> Result<()> {
    let server = site::serve()?;
    let address = format!("{}?planner=forecast", server.url());
    let page = Page::open_on(&address, Screen::LAPTOP.with_graphics()).await?;
    wait_for_state(&page, "status", "done").await?;
    let _folder = open_short_trace(&page).await?;
    page.choose("learn-device", "gpu").await?;
    page.click("learn-rivals").await?;
    page.fill("learn-epochs", "1").await?;
    page.click("learn-go").await?;
    wait_patiently(&page, "learn").await?;
    let status = page.text("learn-status").await?;
    ensure!(status.contains("software adapter"), "{status}");
    let cost = number(&page, "learned-test-cost", "data-value").await?;
    page.click("learn-use").await?;
    page.wait_for("own-networks").await?;
    page.wait_until("the cost of the card", async || {
        let done = page.attribute("status", "data-state").await?.as_deref() == Some("done");
        let found = number(&page, "status", "data-cost").await?;
        Ok(done && (found - cost).abs() <= 1e-4 * cost)
    })
    .await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_worker_without_webgpu_leaves_the_processor() -> Result<()> {
    let prologue = "delete WorkerNavigator.prototype.gpu;";
    ensure_planned_without(prologue, "this browser has no WebGPU").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn no_adapter_leaves_the_processor() -> Result<()> {
    let prologue = "GPU.prototype.requestAdapter = async () => null;";
    ensure_planned_without(prologue, "no graphics adapter is available").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_adapter_without_timestamp_query_is_not_a_wrong_plan() -> Result<()> {
    let prologue = "
        const features = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'features').get;
        Object.defineProperty(GPUAdapter.prototype, 'features', { get() {
            const all = features.call(this);
            return new Set([...all].filter(name => name !== 'timestamp-query'));
        } });";
    let (_server, page) = visit(prologue, "?compute=gpu").await?;
    let status = plan_surface(&page, 8).await?;
    ensure!(status.starts_with("64 plans"), "{status}");
    ensure_same_costs(&page, 8).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_device_that_never_starts_leaves_the_processor() -> Result<()> {
    let prologue = "GPU.prototype.requestAdapter = () => new Promise(() => {});";
    let (_server, page) = visit(prologue, "?compute=gpu").await?;
    page.click("tab-what-if").await?;
    page.click("surface-run").await?;
    // The page waits half a minute for a device.
    tokio::time::sleep(Duration::from_secs(15)).await;
    page.wait_until("the processor to take over", async || {
        Ok(page.text("compute-status").await?.contains("did not start within"))
    })
    .await?;
    wait_for_state(&page, "surface-status", "done").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_device_lost_in_the_middle_of_a_job_leaves_no_plan_out() -> Result<()> {
    let prologue = format!("{IN_A_JOB} const fault = () => device.destroy();");
    ensure_planned_without(&prologue, "lost").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_device_out_of_memory_leaves_no_plan_out() -> Result<()> {
    let prologue = format!(
        "{IN_A_JOB} const fault = () => device.dispatchEvent(new GPUUncapturedErrorEvent(
            'uncapturederror', {{ error: new GPUOutOfMemoryError('no memory is left') }}));"
    );
    ensure_planned_without(&prologue, "memory").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_device_that_computes_wrongly_is_found_out() -> Result<()> {
    // Every number that is read back is a little off.
    let prologue = "
        const range = GPUBuffer.prototype.getMappedRange;
        GPUBuffer.prototype.getMappedRange = function (...given) {
            const real = range.apply(this, given);
            if (!(this.usage & GPUBufferUsage.MAP_READ)) return real;
            const copy = real.slice(0);
            const numbers = new Float32Array(copy);
            for (let i = 0; i < numbers.length; i++) numbers[i] *= 1.05;
            return copy;
        };";
    ensure_planned_without(prologue, "computes wrongly").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_second_tab_has_a_device_of_its_own() -> Result<()> {
    let (_server, page) = visit("", "?compute=gpu").await?;
    plan_surface(&page, 8).await?;
    // The address holds the surface's axes once the page has come to rest.
    page.wait_for_rest().await?;
    let same = page.address().await?;
    page.evaluate::<bool>(
        "const frame = document.createElement('iframe');
         frame.name = 'second';
         frame.src = arguments[0];
         document.body.append(frame);
         return true",
        vec![same.into()],
    )
    .await?;
    let inside = "const page = document.querySelector('iframe[name=second]')?.contentDocument;
        const by = name => page?.querySelector(`[data-test=\"${name}\"]`);";
    page.wait_until("the second page", async || {
        page.evaluate(&format!("{inside} return Boolean(by('tab-what-if'))"), Vec::new()).await
    })
    .await?;
    let start = format!("{inside} by('tab-what-if').click(); return true");
    page.evaluate::<bool>(&start, Vec::new()).await?;
    let run = format!("{inside} by('surface-run')?.click(); return Boolean(by('surface-run'))");
    page.wait_until("its button", async || page.evaluate(&run, Vec::new()).await).await?;
    let status = format!("{inside} return by('surface-status')?.textContent ?? ''");
    page.wait_until("the second page's plans on the GPU", async || {
        let words: String = page.evaluate(&status, Vec::new()).await?;
        Ok(words.starts_with("64 plans") && words.contains("GPU ("))
    })
    .await?;
    page.choose("compute", "gpu").await?;
    let status = plan_surface(&page, 9).await?;
    ensure!(status.starts_with("81 plans") && status.contains("GPU ("), "{status}");
    Ok(())
}

/// What the page says of a city.
struct City {
    status: String,
    probability: f64,
    gap: f64,
}

/// The Cells view in a browser with WebGPU, whose GPU engine begins with `prologue`.
async fn visit_cells(prologue: &str, query: &str) -> Result<(SiteServer, Page)> {
    let prologues = vec![("slicewise-gpu-".to_owned(), prologue.to_owned())];
    let server = site::serve_with(SiteOptions { prologues, ..SiteOptions::default() })?;
    let address = format!("{}?planner=cells{query}", server.url());
    let page = Page::open_on(&address, Screen::LAPTOP.with_graphics()).await?;
    wait_for_day(&page).await?;
    page.click("tab-city").await?;
    Ok((server, page))
}

async fn plan_city(page: &Page, cells: &str) -> Result<City> {
    page.fill("city-cells", cells).await?;
    page.click("city-run").await?;
    wait_patiently(page, "city-status").await?;
    ensure!(number(page, "city-status", "data-done").await?.to_string() == cells);
    Ok(City {
        status: page.text("city-status").await?,
        probability: number(page, "city-sentence", "data-probability").await?,
        gap: number(page, "city-sentence", "data-gap").await?,
    })
}

/// The city is planned on the processor, and with the same figures.
async fn ensure_same_city(page: &Page, cells: &str, found: &City) -> Result<()> {
    page.choose("compute", "cpu").await?;
    // Another size in between: the run of the same question must be a new one.
    plan_city(page, "10").await?;
    let expected = plan_city(page, cells).await?;
    ensure!(expected.status.starts_with("CPU"), "{}", expected.status);
    // A satisfaction within a rounding of the limit may count as kept on one device only.
    let apart = (expected.probability - found.probability).abs();
    ensure!(apart <= 1e-3, "{} and {}", expected.probability, found.probability);
    ensure!(found.gap <= 1e-3 && expected.gap <= 1e-3, "{} and {}", found.gap, expected.gap);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_gpu_engine_plans_a_city_with_proofs_as_the_workers_do() -> Result<()> {
    let (_server, page) = visit_cells("", "&compute=gpu").await?;
    let found = plan_city(&page, "3000").await?;
    ensure!(
        found.status.contains("GPU (") && !found.status.contains("not used"),
        "{}",
        found.status
    );
    ensure_same_city(&page, "3000", &found).await?;
    ensure!(page.complaints().await?.is_empty(), "{:?}", page.complaints().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_city_without_a_graphics_adapter_is_planned_by_the_workers() -> Result<()> {
    let prologue = "GPU.prototype.requestAdapter = async () => null;";
    let (_server, page) = visit_cells(prologue, "&compute=gpu").await?;
    let found = plan_city(&page, "3000").await?;
    let reason = "GPU not used: no graphics adapter is available";
    ensure!(found.status.contains(reason), "{}", found.status);
    ensure!(page.text("compute-status").await?.contains(reason));
    ensure_same_city(&page, "3000", &found).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_device_lost_in_the_middle_of_a_city_leaves_no_cell_out() -> Result<()> {
    let prologue = format!("{IN_A_JOB} const fault = () => device.destroy();");
    let (_server, page) = visit_cells(&prologue, "&compute=gpu").await?;
    let found = plan_city(&page, "3000").await?;
    ensure!(
        found.status.contains("GPU not used") && found.status.contains("lost"),
        "{}",
        found.status
    );
    ensure_same_city(&page, "3000", &found).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn schemes_without_curves_are_left_to_the_workers_with_the_reason() -> Result<()> {
    let (_server, page) = visit_cells("", "&compute=gpu").await?;
    page.choose("scheme", "equal").await?;
    let found = plan_city(&page, "300").await;
    let found = found.map(|city| city.status).unwrap_or_default();
    ensure!(found.contains("GPU not used: it plans by the exact scheme only"), "{found}");
    Ok(())
}
