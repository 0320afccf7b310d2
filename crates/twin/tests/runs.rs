//! Public packet-level runs: how they are read, and how near the formula comes to them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::PathBuf;

use slicewise_core::formats::packed::{LARGEST_UNPACKED_BYTES, unpacked};
use slicewise_core::twin::{Arrivals, Buffer, FlowAnswers, PacketSize, PacketSizes, Policy};
use slicewise_twin::dataset::{Run, runs};
use slicewise_twin::evaluation::{Comparison, Evaluation};
use slicewise_twin::formula::Formula;
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

/// A file of the folder of measurements: `SLICEWISE_DATA`, or `shared/data` beside the checkout.
fn text_of(name: &str) -> Option<String> {
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let beside = manifest.join("../../../shared/data");
    let folder = std::env::var_os("SLICEWISE_DATA").map_or(beside, PathBuf::from);
    let file = folder.join("twin").join(name);
    let Ok(bytes) = std::fs::read(&file) else {
        println!("skipped: no {}", file.display());
        return None;
    };
    let bytes = unpacked(&bytes, LARGEST_UNPACKED_BYTES).unwrap();
    Some(String::from_utf8(bytes.into_owned()).unwrap())
}

fn evaluated(name: &str, every: usize) -> Option<Evaluation> {
    let text = text_of(name)?;
    let mut comparison = Comparison::default();
    let mut formula = Formula::default();
    for line in text.lines().step_by(every) {
        let run = Run::read(line).unwrap();
        let problem = Problem::new(&run.scenario, &[]).unwrap();
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        let answer = formula.answer(&network);
        assert!(answer.settled, "{}, {}: {} rounds", run.graph, run.routing, answer.rounds);
        comparison.add(&run, &answer.flows);
    }
    Some(comparison.evaluation())
}

#[test]
fn the_formula_is_right_on_networks_of_one_queue_per_port() {
    let names = [
        "gnnet2021_train_30.jsonl.gz",
        "gnnet2021_val_30.jsonl.gz",
        "gnnet2021_test_setting1.jsonl.gz",
    ];
    for name in names {
        let Some(found) = evaluated(name, 1) else { continue };
        let (delay, jitter) = (found.all.delay.mape.unwrap(), found.all.jitter.mape.unwrap());
        let loss = found.all.loss.mae;
        println!("{name}: delay {delay:.2} %, jitter {jitter:.2} %, loss {loss:.5}");
        assert!(delay <= 1.6, "{name}: delay off by {delay} %");
        assert!(jitter <= 12.0, "{name}: jitter off by {jitter} %");
        assert!(loss <= 0.005, "{name}: loss off by {loss}");
        assert_eq!(found.by_policy.keys().collect::<Vec<_>>(), ["fifo"]);
        assert_eq!(found.by_policy["fifo"], found.all);
    }
}

#[test]
fn the_formula_is_right_under_every_scheduling() {
    let Some(found) = evaluated("gnnet2020_train_nsfnet_geant2.jsonl.gz", 3) else { return };
    for (policy, scores) in &found.by_policy {
        let (mean, median) = (scores.delay.mape.unwrap(), scores.delay.median_ape.unwrap());
        println!("{policy}: delay {mean:.2} %, median {median:.2} %");
        assert!(mean <= 4.0, "{policy}: delay off by {mean} %");
        assert!(median <= 1.5, "{policy}: half of the delays off by {median} %");
    }
    let policies: Vec<&str> = found.by_policy.keys().map(|policy| &policy[..]).collect();
    assert_eq!(policies, ["gnnet-drr", "gnnet-wfq", "mixed", "strict-priority"]);
    assert!(found.all.loss.mae <= 0.005, "loss off by {}", found.all.loss.mae);
}

/// A run of three nodes in a row with one flow from end to end and one of a hop.
const LINE: &str = r#"{"set":"own","graph":"row","routing":"plain","n":3,"nodes":[
    {"schedulingPolicy":"WFQ","schedulingWeights":"60,30,10","queueSizes":"16,16,16","tosToQoSqueue":"0;1,2;3"},
    {"schedulingPolicy":"SP","queueSizes":"32,32,32"},
    {"queueSizes":"8"}],
    "links":[[0,1,0,10000],[1,0,0,10000],[1,2,1,25000],[2,1,0,25000]],
    "flows":[[0,2,[0,1,2],500,1000,2,0,[0.5,10],2,[300,1700],0.5,0.05,0.3,0.1,0.25,0.6,0.02],
    [2,1,[2,1],900,700,3,4,[2,5,10,10],3,[2,500,0.6,1000,0.4],0.9,0,-1,0,0,0,0],
    [0,1,[0,1],100,800,0,1,[0.125],0,[],0.125,0,0.08,0.08,0.08,0.08,0]]}"#;

fn line() -> String {
    LINE.replace('\n', " ")
}

#[test]
fn a_run_is_read_with_the_ports_of_the_nodes_that_send() {
    let run = Run::read(&line()).unwrap();
    assert_eq!((&run.set[..], &run.graph[..], &run.routing[..]), ("own", "row", "plain"));
    assert_eq!(run.policies, [Policy::GnnetWfq, Policy::StrictPriority, Policy::Fifo]);
    let scenario = &run.scenario;
    let port = |link: usize| &scenario.queueings[scenario.topology.links[link].queueing as usize];
    assert_eq!((port(0).policy, &port(0).weights[..]), (Policy::GnnetWfq, &[60.0, 30.0, 10.0][..]));
    assert_eq!((port(2).policy, port(2).buffer), (Policy::StrictPriority, Buffer::Packets(32)));
    assert_eq!((port(3).policy, port(3).buffer), (Policy::Fifo, Buffer::Packets(8)));
    assert_eq!(scenario.topology.links[2].opposite, Some(3));
    assert_eq!(scenario.flows[0].path, Some(vec![0, 2]));
    // Types of service 1 and 2 share queue 1, type 3 has queue 2.
    let classes: Vec<u8> = scenario.flows.iter().map(|flow| flow.class).collect();
    assert_eq!(classes, [1, 2, 0]);
    assert_eq!(scenario.flows[1].arrivals, Arrivals::OnOff { on_s: 10.0, off_s: 5.0 });
    assert_eq!(scenario.flows[2].arrivals, Arrivals::Constant);
    let size = |bits, share| PacketSize { bits, share };
    let generic = vec![size(500.0, 0.6), size(1000.0, 0.4)];
    assert_eq!(scenario.packets[1], PacketSizes::Sizes(generic));
    assert_eq!(scenario.packets[2], PacketSizes::fixed(800.0));
    assert_eq!((run.measured.loss[0], run.measured.mean_delay_s[0]), (0.1, 0.3));
    assert_eq!((run.measured.p90_s[0], run.measured.jitter_s2[0]), (0.6, 0.02));
}

#[test]
fn what_a_run_cannot_hold_is_refused_by_field() {
    let refused = |from: &str, to: &str| {
        let text = line();
        assert!(text.contains(from), "{from}");
        let text = format!("{}\n\n{}", line(), text.replacen(from, to, 1));
        let error = runs(&text).last().unwrap().unwrap_err();
        (error.field, error.value)
    };
    let field = |from, to| refused(from, to).0;
    assert_eq!(field("\"SP\"", "\"RED\""), "line 3.nodes[1].schedulingPolicy");
    assert_eq!(field("60,30,10", "60,many,10"), "line 3.nodes[0].schedulingWeights");
    assert_eq!(field("16,16,16", "16,32,16"), "line 3.nodes[0].queueSizes");
    assert_eq!(field("[0,1,0,10000]", "[0,1,0,\"fast\"]"), "line 3.links[0].capacity");
    assert_eq!(field("[0,1,0,10000]", "[0,1,0,-1]"), "line 3.links.0-1.capacity_bit_per_s");
    assert_eq!(field("[0,1,0,10000]", "[7,1,0,10000]"), "line 3.links[0].from");
    let path = refused("[0,1,2]", "[0,2]");
    assert_eq!(path, ("line 3.flows[0].path".to_owned(), "0 to 2".to_owned()));
    assert_eq!(field("2,0,[0.5,10]", "2,5,[0.5,10]"), "line 3.flows[0].time model");
    assert_eq!(field("[2,5,10,10]", "[2,5]"), "line 3.flows[1].time model's parameters");
    assert_eq!(field("2,[300,1700]", "4,[300,1700]"), "line 3.flows[0].size model");
    assert_eq!(field("2,500,0.6", "3,500,0.6"), "line 3.flows[1].size model's parameters");
    assert_eq!(field(",0.25,0.6,0.02]", ",0.25,0.6]"), "line 3.flows[0].row");
    assert_eq!(field("\"links\":[", "\"edges\":["), "line 3.links");
    assert!(field("{\"set\"", "{{").starts_with("line 3.column"));
}

#[test]
fn errors_are_counted_by_the_scheduling_on_the_path_and_by_arrivals() {
    let run = Run::read(&line()).unwrap();
    let answers = FlowAnswers {
        mean_delay_s: vec![0.33, 1.0, 0.06],
        p90_s: vec![0.54, 1.0, f64::NAN],
        jitter_s2: vec![0.02, 1.0, 0.5],
        loss: vec![0.12, 1.0, 0.01],
        ..FlowAnswers::default()
    };
    let mut comparison = Comparison::default();
    comparison.add(&run, &answers);
    let found = comparison.evaluation();
    let near = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 1e-9;
    // The second flow has no measured delay and is left out.
    assert_eq!((found.runs, found.all.delay.flows), (1, 2));
    assert!(near(found.all.delay.mape, (10.0 + 25.0) / 2.0), "{:?}", found.all.delay);
    assert!((found.all.delay.mae - 0.025).abs() < 1e-12);
    assert!(near(found.all.delay.r2, 1.0 - (9e-4 + 4e-4) / (2.0 * 0.11 * 0.11)));
    // What has no answer counts as 0: 100 % beside 10 %.
    assert!(near(found.all.p90.median_ape, 55.0), "{:?}", found.all.p90);
    // A measured variance or loss of 0 has no percent error.
    assert!(near(found.all.jitter.mape, 0.0));
    assert!(near(found.all.loss.mape, 20.0));
    assert!((found.all.loss.mae - 0.015).abs() < 1e-12);
    assert_eq!(found.by_policy.keys().collect::<Vec<_>>(), ["gnnet-wfq", "mixed"]);
    assert_eq!(found.by_arrival.keys().collect::<Vec<_>>(), ["constant", "poisson"]);
    assert!(near(found.by_policy["mixed"].delay.mape, 10.0));
    let json = serde_json::to_value(&found).unwrap();
    assert!(json["by_policy"]["mixed"]["delay"]["median_ape"].is_number());
    assert!(json["delay"]["mape"].is_number(), "{json}");
}

#[test]
fn what_rounding_leaves_of_a_variance_has_no_percent_error() {
    // The third flow's packets all took 0.08 s; its variance is a rounding error.
    let text = line().replace("0.08,0.08,0.08,0.08,0]", "0.08,0.08,0.08,0.08,3.4e-26]");
    assert!(text.contains("3.4e-26"));
    let answers = FlowAnswers {
        mean_delay_s: vec![0.3, 1.0, 0.08],
        p90_s: vec![0.6, 1.0, 0.08],
        jitter_s2: vec![0.03, 1.0, 1e-6],
        loss: vec![0.1, 1.0, 0.0],
        ..FlowAnswers::default()
    };
    let mut comparison = Comparison::default();
    comparison.add(&Run::read(&text).unwrap(), &answers);
    let jitter = comparison.evaluation().all.jitter;
    assert!((jitter.mape.unwrap() - 50.0).abs() < 1e-9, "{jitter:?}");
}
