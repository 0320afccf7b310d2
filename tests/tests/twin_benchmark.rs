//! The Twin planner's engine in headless Chromium, timed: `cargo xtask bench`.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use slicewise_core::formats::network::Gravity;
use slicewise_core::twin::failures::{FailureCases, FailureKinds};
use slicewise_core::twin::scenario::InstalledScenario;
use slicewise_core::twin::{Link, Node, Scenario, Topology, gravity};
use slicewise_tests::page::{Page, Screen};
use slicewise_tests::site;

/// Opens `arguments[3]` workers of the engine, installs the scenario `arguments[0]` in each, and gives them
/// the jobs `arguments[1]` in turn, `arguments[2]` times over: the time that each job took in its worker,
/// the time until all were done, and the last outcome's own figures.
const TIMED: &str = "const [scenario, jobs, times, workers] = arguments;
    const script = 'slicewise-twin-engine.js';
    const open = { Open: { planner: 'twin', build: slicewiseBuild.id } };
    scenario.flows = new Uint8Array(scenario.flows);
    scenario.paths = new Uint8Array(scenario.paths);
    const install = { Install: { name: 'timed', scenario } };
    const one = () => new Promise((resolve, reject) => {
        const worker = new Worker(new URL(slicewiseBuild.files[script], document.baseURI));
        worker.onerror = event => reject(new Error(event.message));
        worker.onmessage = ({ data }) => {
            if (data === 'Ready') {
                worker.postMessage(open);
                worker.postMessage(install);
                resolve(worker);
            }
        };
    });
    const run = (worker, id, job) => new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => {
            if (data.Done) resolve(data.Done);
            else if (data.Refused || data.Crashed) reject(new Error(JSON.stringify(data)));
        };
        worker.postMessage({ Start: { id, job } });
    });
    return (async () => {
        const open_workers = [];
        for (let index = 0; index < workers; index++) open_workers.push(await one());
        const each = [], whole = [];
        let id = 0, packet_hops = 0;
        for (let time = 0; time < times; time++) {
            const begun = performance.now();
            const queue = jobs.slice();
            await Promise.all(open_workers.map(async worker => {
                for (let job = queue.shift(); job; job = queue.shift()) {
                    const done = await run(worker, ++id, job);
                    each.push(done.elapsed_ms);
                    packet_hops = Number(done.outcome.Simulated?.packet_hops ?? 0);
                }
            }));
            whole.push(performance.now() - begun);
        }
        open_workers.forEach(worker => worker.terminate());
        return { each, whole, packet_hops };
    })();";

/// Starts the improver with the scenario `arguments[0]` and has it do the job `arguments[1]`: when it told of which
/// utilisation, in milliseconds after the job was sent, and what it ended with.
const IMPROVED: &str = "const [scenario, job] = arguments;
    scenario.flows = new Uint8Array(scenario.flows);
    scenario.paths = new Uint8Array(scenario.paths);
    const script = slicewiseBuild.files['slicewise-twin-improver.js'];
    const worker = new Worker(new URL(script, document.baseURI));
    return new Promise((resolve, reject) => {
        const told = [];
        let begun = 0;
        worker.onerror = event => reject(new Error(event.message));
        worker.onmessage = ({ data }) => {
            const now = performance.now();
            if (data === 'Ready') {
                worker.postMessage({ Open: { planner: 'twin-improver', build: slicewiseBuild.id } });
                worker.postMessage({ Install: { name: 'timed', scenario } });
                begun = performance.now();
                worker.postMessage({ Start: { id: 1, job } });
            } else if (data.News) told.push([now - begun, data.News.news.Improved]);
            else if (data.Done) {
                const { improvement } = data.Done.outcome.Routed;
                const { before, max_utilisation: end, lower_bound: bound } = improvement;
                worker.terminate();
                resolve({ told, ms: now - begun, before, end, bound });
            } else if (data.Refused || data.Crashed) reject(new Error(JSON.stringify(data)));
        };
    });";

/// Notes when a file is given and when the map of `arguments[0]` nodes is painted, in `window.pictured`.
const PICTURED: &str = "const [nodes] = arguments;
    const given = new Promise(resolve => document.addEventListener(
        'change', () => resolve(performance.now()), { capture: true, once: true }));
    // A visitor who is about to choose a file has the reader of files fetched.
    document.querySelector('[data-test=import-network]').focus();
    const canvas = document.querySelector('[data-test=map-canvas]');
    const shows = () => canvas.getAttribute('aria-label').includes(`${nodes} nodes`);
    const painted = new Promise(resolve => {
        const look = () => shows() ? requestAnimationFrame(() => resolve(performance.now()))
            : requestAnimationFrame(look);
        look();
    });
    window.pictured = Promise.all([given, painted]).then(([start, end]) => end - start);
    return null;";

/// Moves the map by a finger for 240 frames: the time between frames and what each one's painting took.
const MOVED: &str = "
    const canvas = document.querySelector('[data-test=map-canvas]');
    const spent = [], between = [], frame = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = act => frame(now => {
        const start = performance.now();
        act(now);
        spent.push(performance.now() - start);
    });
    const touch = (kind, x, y) => {
        const { left, top } = canvas.getBoundingClientRect();
        canvas.dispatchEvent(new PointerEvent(kind, { pointerId: 7, pointerType: 'touch', bubbles: true,
            clientX: left + x, clientY: top + y }));
    };
    return new Promise(done => {
        let step = 0, last = performance.now();
        touch('pointerdown', 150, 150);
        const next = now => {
            between.push(now - last);
            last = now;
            touch('pointermove', 150 + 40 * Math.sin(step / 5), 150 + 30 * Math.cos(step / 7));
            step += 1;
            if (step < 240) { frame(next); return; }
            touch('pointerup', 150, 150);
            done({ spent, between: between.slice(1) });
        };
        frame(next);
    });";

#[derive(Debug, Deserialize)]
struct Frames {
    spent: Vec<f64>,
    between: Vec<f64>,
}

#[derive(Debug, Deserialize)]
struct Improved {
    told: Vec<(f64, f64)>,
    ms: f64,
    before: f64,
    end: f64,
    bound: f64,
}

#[derive(Debug, Deserialize)]
struct Times {
    each: Vec<f64>,
    whole: Vec<f64>,
    packet_hops: f64,
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A ring of `nodes` whose every node also has a cable to one further on, so that paths are short; `flows`
/// of all pairs' flows, half of the capacity where they meet most.
fn network(nodes: u32, flows: usize) -> Scenario {
    let step = |node: u32| (node * 7 + nodes / 3) % nodes;
    let cables = (0..nodes).flat_map(|node| [(node, (node + 1) % nodes), (node, step(node))]);
    let mut links: Vec<Link> = Vec::new();
    for (source, target) in cables.filter(|(source, target)| source != target) {
        let index = links.len() as u32;
        for (from, to, opposite) in [(source, target, index + 1), (target, source, index)] {
            links.push(Link {
                id: format!("{from}-{to}-{}", links.len()),
                source: from,
                target: to,
                capacity_bit_per_s: 1e10,
                capacity_assumed: false,
                propagation_s: 1e-3,
                weight: 1.0,
                opposite: Some(opposite),
                queueing: 0,
            });
        }
    }
    let node = |id: u32| Node { id: id.to_string(), ..Node::default() };
    let topology = Topology {
        name: format!("{nodes} nodes"),
        nodes: (0..nodes).map(node).collect(),
        links,
        risk_groups: Vec::new(),
    };
    let total = 1e10 * f64::from(nodes) / 6.0;
    let all =
        gravity::flows(&topology, &Gravity { total_bit_per_s: Some(total), even: false, seed: 1 });
    let every = all.len().div_ceil(flows).max(1);
    let flows = all.into_iter().step_by(every).collect();
    Scenario { flows, ..Scenario::of(topology) }
}

fn of() -> Value {
    json!({ "scenario": "timed", "edits": [] })
}

async fn timed(
    page: &Page,
    scenario: &Scenario,
    jobs: &[Value],
    times: usize,
    workers: usize,
) -> Result<Times> {
    let installed = InstalledScenario { name: "timed".to_owned(), scenario: scenario.clone() };
    let message = json!(installed)["scenario"].take();
    let arguments = vec![message, json!(jobs), json!(times), json!(workers)];
    page.evaluate(TIMED, arguments).await
}

/// The failures `kinds` of `scenario` in pieces, on two workers.
async fn failures(page: &Page, scenario: &Scenario, kinds: FailureKinds) -> Result<()> {
    let cases = FailureCases::new(&scenario.topology, kinds)?.len();
    let pieces = cases.div_ceil(32);
    let piece = |index: usize| {
        let count = 32.min(cases - 32 * index);
        json!({ "Failures": { "of": of(), "kinds": kinds, "first": 32 * index, "count": count } })
    };
    let jobs: Vec<Value> = (0..pieces).map(piece).collect();
    let times = timed(page, scenario, &jobs, 3, 2).await?;
    let nodes = scenario.topology.nodes.len();
    println!("{cases} failures of {nodes} nodes, two workers: {:.0} ms", median(&times.whole));
    Ok(())
}

/// Waits for the page's answer.
async fn answered(page: &Page) -> Result<()> {
    let is_done =
        async || Ok(page.attribute("status", "data-state").await?.as_deref() == Some("done"));
    page.wait_until("the network's answer", is_done).await
}

/// A ring of `nodes` nodes without places, with chords until it has `links` links.
fn ring_with_chords(nodes: usize, links: usize) -> String {
    let link = |a: usize, b: usize| json!({ "source": a, "target": b % nodes });
    let chords = (0..links - nodes).map(|node| link(node, node + 37 + (node * node) % 211));
    let links: Vec<Value> = (0..nodes).map(|node| link(node, node + 1)).chain(chords).collect();
    let nodes: Vec<Value> = (0..nodes).map(|node| json!({ "id": node })).collect();
    json!({ "directed": false, "multigraph": false, "nodes": nodes, "links": links }).to_string()
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium, and takes its time: cargo xtask bench"]
async fn the_map_is_timed_on_a_phone() -> Result<()> {
    let server = site::serve()?;
    let folder = tempfile::tempdir()?;
    // The first of these is as large as the largest network of the Topology Zoo.
    for (nodes, links) in [(754, 899), (1000, 2000)] {
        let address = format!("{}?planner=twin", server.url());
        let page = Page::open_on(&address, Screen::PHONE).await?;
        answered(&page).await?;
        let path = folder.path().join(format!("{nodes}.json"));
        std::fs::write(&path, ring_with_chords(nodes, links))?;
        let _: Value = page.evaluate(PICTURED, vec![json!(nodes)]).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        page.upload("import-network", &path).await?;
        let pictured_ms: f64 = page.evaluate("return window.pictured;", Vec::new()).await?;
        answered(&page).await?;
        let frames: Frames = page.evaluate(MOVED, Vec::new()).await?;
        ensure!(frames.spent.len() > 60, "{frames:?}");
        println!(
            "map of {nodes} nodes, {links} links: first picture {pictured_ms:.0} ms after the file; moved by \
             a finger: {:.1} ms between frames, of which painting {:.1} ms",
            median(&frames.between),
            median(&frames.spent)
        );
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium, and takes its time: cargo xtask bench"]
async fn the_twin_engine_is_timed() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open_on(&format!("{}?planner=twin", server.url()), Screen::LAPTOP).await?;
    answered(&page).await?;
    for (name, nodes, flows) in [
        ("Answer", 50, 2450),
        ("Answer", 1000, 10_000),
        ("Correct", 50, 2450),
        ("Correct", 300, 10_000),
    ] {
        let scenario = network(nodes, flows);
        let times = timed(&page, &scenario, &[json!({ name: of() })], 15, 1).await?;
        ensure!(times.each.len() == 15, "{times:?}");
        let (median, first) = (median(&times.each[1..]), times.each[0]);
        let flows = scenario.flows.len();
        let by = if name == "Answer" { "formula" } else { "formula and trained network" };
        println!("{by}, {nodes} nodes, {flows} flows: {median:.1} ms (the first time {first:.1})");
    }
    let alone = FailureKinds { links: true, nodes: false, groups: false, pairs: false };
    failures(&page, &network(50, 2450), alone).await?;
    failures(&page, &network(30, 870), FailureKinds { pairs: true, ..alone }).await?;
    let order = json!({ "seed": 1, "packets": 2_000_000 });
    let job = json!({ "Simulate": { "of": of(), "order": order } });
    let times = timed(&page, &network(50, 2450), &[job], 3, 1).await?;
    let rate = times.packet_hops / median(&times.each) / 1000.0;
    println!("simulation: {rate:.2} million packet-hops/s");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium, and takes its time: cargo xtask bench"]
async fn the_search_for_a_routing_is_timed() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open_on(&format!("{}?planner=twin", server.url()), Screen::LAPTOP).await?;
    answered(&page).await?;
    let intent = json!({ "minimise": "largest-utilisation" });
    let moves = json!({ "waypoints": 2, "link_segments": true, "splits": true, "weights": false });
    let order = json!({
        "intent": intent, "moves": moves, "seconds": 5.0, "iterations": u32::MAX, "seed": 1,
    });
    let job = json!({ "Optimise": { "of": of(), "order": order } });
    let installed = InstalledScenario { name: "timed".to_owned(), scenario: network(50, 2450) };
    let message = json!(installed)["scenario"].take();
    for _ in 0..3 {
        let found: Improved = page.evaluate(IMPROVED, vec![message.clone(), job.clone()]).await?;
        let first = found.told.iter().find(|(_, value)| *value < found.before);
        let near = found.told.iter().find(|(_, value)| *value <= 1.01 * found.end);
        let (Some(first), Some(near)) = (first, near) else { bail!("no improvement: {found:?}") };
        println!(
            "routing of 50 nodes, 2450 flows: {:.4} to {:.4}, bound {:.4}; first improvement after {:.0} ms, \
             within 1 % of the end after {:.0} ms, end after {:.0} ms",
            found.before, found.end, found.bound, first.0, near.0, found.ms
        );
    }
    Ok(())
}
