//! Networks are read from small files of each format, whole and damaged, and what is written is read back.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Instant;

use serde_json::{Value, json};
use slicewise_core::formats::network::{
    Gravity, LARGEST_NETWORK_BYTES, NetworkForm, NetworkRead, WriteNetwork, flows_csv, links_csv,
    read, write,
};
use slicewise_core::reader::GivenFile;
use slicewise_core::twin::{
    Answer, Arrivals, Buffer, Flow, FlowState, Link, PacketSize, PacketSizes, Place, Policy,
    Promise, Queueing, RiskGroup, Scenario, Topology, opening,
};

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("networks/", $name)).as_slice()
    };
}

const FILES: [&[u8]; 11] = [
    file!("ring.gml"),
    file!("drawn.graphml"),
    file!("hub.json"),
    file!("old-d3.json"),
    file!("coast.txt"),
    file!("coast.xml"),
    file!("square.graph"),
    file!("links.csv"),
    file!("layers.json"),
    file!("by-hand.json"),
    file!("demands.csv"),
];

fn found(bytes: &[u8]) -> NetworkRead {
    read(bytes, &NetworkForm::default())
}

fn of(found: &NetworkRead) -> &Scenario {
    let scenario = found.scenario.as_ref().unwrap_or_else(|error| panic!("{error}"));
    scenario.validate().unwrap();
    scenario
}

fn with_demands(bytes: &[u8], demands: &[u8]) -> NetworkRead {
    let demands = Some(GivenFile { bytes: demands.to_vec() });
    read(bytes, &NetworkForm { demands, ..NetworkForm::default() })
}

fn is_told(found: &NetworkRead, phrase: &str) {
    assert!(found.told.iter().any(|told| told.contains(phrase)), "{phrase}: {:?}", found.told);
}

fn link<'a>(scenario: &'a Scenario, id: &str) -> &'a Link {
    let links = &scenario.topology.links;
    let known = || links.iter().map(|link| &link.id[..]).collect::<Vec<_>>();
    links.iter().find(|link| link.id == id).unwrap_or_else(|| panic!("{id}: {:?}", known()))
}

fn refused(text: &str) -> String {
    found(text.as_bytes()).scenario.unwrap_err().to_string()
}

#[test]
fn gml_with_doubled_labels_self_loops_and_some_capacities_is_counted_and_told() {
    let ring = found(file!("ring.gml"));
    let scenario = of(&ring);
    assert_eq!((&ring.format[..], &scenario.topology.name[..]), ("GML", "Ring"));
    let ids: Vec<&str> = scenario.topology.nodes.iter().map(|node| &node.id[..]).collect();
    assert_eq!(ids, ["Orléans", "Tours", "2", "Tours (2)", "Alone"]);
    assert_eq!(scenario.topology.links.len(), 8);
    for phrase in [
        "5 nodes, 6 links",
        "1 self-loop passed over",
        "1 link to unknown nodes passed over, as to \"77\"",
        "1 link parallel to another",
        "1 label more than once: Tours",
        "no capacity on 2 of 4 links: 10 Gbit/s assumed",
        "capacity by the label on 1 of 4 links",
        "2 separate parts, the largest of 4 nodes, 1 node without a link",
        "no metric: weight 1",
        "no demands",
    ] {
        is_told(&ring, phrase);
    }
    assert_eq!(link(scenario, "Orléans-Tours").capacity_bit_per_s, 1e10);
    assert!((link(scenario, "north").capacity_bit_per_s - 2.48832e9).abs() < 1.0);
    assert_eq!(link(scenario, "north back").opposite, Some(2));
    assert!(link(scenario, "Tours-Tours (2)").capacity_assumed);
    // 106 km apart: half as long again, at 200 km a millisecond.
    let seconds = link(scenario, "Orléans-Tours").propagation_s;
    assert!((seconds - 1.5 * 106e3 / 2e8).abs() < 3e-5, "{seconds}");
}

#[test]
fn graphml_of_yfiles_goes_both_ways_with_labels_of_its_drawing() {
    let drawn = found(file!("drawn.graphml"));
    let topology = &of(&drawn).topology;
    assert_eq!((&drawn.format[..], &topology.name[..]), ("GraphML", "Drawn"));
    assert_eq!(topology.nodes[0].label, "West & East");
    assert_eq!(topology.nodes[0].place, Some(Place::Drawing { x: 10.5, y: -20.0 }));
    assert_eq!(topology.links.len(), 2);
    assert_eq!(topology.links[0].capacity_bit_per_s, 45e6);
}

#[test]
fn node_link_json_has_edges_or_links_ids_or_positions_and_demands() {
    let hub = found(file!("hub.json"));
    let scenario = of(&hub);
    assert_eq!(hub.format, "node-link JSON");
    assert_eq!(scenario.topology.nodes[0].id, "A");
    assert_eq!(scenario.topology.nodes[2].place, None);
    assert!((link(scenario, "A-B").propagation_s - 360.5e3 / 2e8).abs() < 1e-12);
    assert_eq!(link(scenario, "C-A").capacity_bit_per_s, 4e10);
    let rates: Vec<f64> = scenario.flows.iter().map(|flow| flow.rate_bit_per_s).collect();
    assert_eq!(rates, [1e8, 1e8, 50.5e6, 50.5e6]);
    is_told(&hub, "3 demands, each in both directions: 4 flows");
    is_told(&hub, "1 demand of 0 passed over");
    let old = found(file!("old-d3.json"));
    assert_eq!(of(&old).topology.links[0].id, "Valjean-Javert");
    let form = NetworkForm {
        unit_bit_per_s: Some(1e9),
        capacity_bit_per_s: Some(1e11),
        ..NetworkForm::default()
    };
    let chosen = read(file!("hub.json"), &form);
    assert_eq!(of(&chosen).flows[0].rate_bit_per_s, 1e11);
    is_told(&chosen, "no capacity on 1 of 2 links: 100 Gbit/s assumed");
    let directed = r#"{"directed": true, "nodes": [{"id": "a"}, {"id": "b"}, {"id": "c"}],
        "edges": [{"source": "a", "target": "b", "bandwidth": 1e9, "metric": 0, "delay": -1},
                  {"source": "b", "target": "a", "bandwidth": 0}, {"source": "b", "target": "c"}]}"#;
    let directed = found(directed.as_bytes());
    let links = &of(&directed).topology.links;
    assert_eq!((links[0].opposite, links[1].opposite, links[2].opposite), (Some(1), Some(0), None));
    for phrase in [
        "3 one-way links",
        "1 link without the other direction",
        "1 link with a capacity of 0 or less",
        "1 link with a metric of 0 or less",
        "1 link with a delay or length below 0",
        "rates without a unit: bit/s assumed",
    ] {
        is_told(&directed, phrase);
    }
}

#[test]
fn sndlib_in_both_formats_takes_installed_capacities_then_the_largest_module() {
    let coast = found(file!("coast.txt"));
    let scenario = of(&coast);
    assert_eq!((&coast.format[..], &scenario.topology.name[..]), ("SNDlib native", "coast"));
    assert_eq!(link(scenario, "L1").capacity_bit_per_s, 2.5e9);
    assert_eq!(link(scenario, "L1").weight, 3.0);
    assert_eq!(link(scenario, "L2").capacity_bit_per_s, 4e9);
    assert!(link(scenario, "L3").capacity_assumed);
    assert_eq!(scenario.topology.nodes[0].place, Some(Place::Drawing { x: 100.0, y: 540.0 }));
    is_told(&coast, "2 demands, each in both directions: 2 flows, 1 Gbit/s");
    is_told(&coast, "1 demand of unknown nodes passed over");
    let xml = found(file!("coast.xml"));
    let scenario = of(&xml);
    assert_eq!(xml.format, "SNDlib XML");
    let capacities = ["L1", "L2", "L3"].map(|id| link(scenario, id).capacity_bit_per_s);
    assert_eq!(capacities, [155e6, 622e6, 1e10]);
    assert!(matches!(scenario.topology.nodes[0].place, Some(Place::Globe { .. })));
    let rates: Vec<f64> = scenario.flows.iter().map(|flow| flow.rate_bit_per_s).collect();
    assert_eq!(rates, [40.5e6, 10e6]);
}

#[test]
fn repetita_has_its_demands_in_a_second_file_or_in_the_same() {
    let square = with_demands(file!("square.graph"), file!("square.demands"));
    let together = [file!("square.graph"), file!("square.demands")].concat();
    let together = found(&together);
    assert_eq!(of(&square), of(&together));
    let scenario = of(&square);
    assert_eq!(square.format, "REPETITA");
    let ids: Vec<&str> = scenario.topology.nodes.iter().map(|node| &node.id[..]).collect();
    assert_eq!(ids, ["North", "East", "South", "3"]);
    assert_eq!(link(scenario, "edge_2").capacity_bit_per_s, 2.5e9);
    assert_eq!((link(scenario, "edge_2").weight, link(scenario, "edge_3").weight), (5.0, 7.0));
    // 262 km are nearer to 1.5 ms than to 1.5 s.
    assert!((link(scenario, "edge_0").propagation_s - 1.5e-3).abs() < 1e-12);
    assert_eq!(link(scenario, "edge_2").opposite, Some(3));
    assert_eq!((scenario.flows.len(), scenario.flows[0].rate_bit_per_s), (1, 735e3));
    for phrase in [
        "4 nodes, 7 one-way links",
        "delays taken as microseconds",
        "1 self-loop",
        "1 demand of a node with itself",
        "1 demand of unknown nodes",
        "1 demand of 0 passed",
    ] {
        is_told(&square, phrase);
    }
}

#[test]
fn tables_of_links_and_of_demands_are_read_in_any_dialect_and_script() {
    let table = with_demands(file!("links.csv"), file!("demands.csv"));
    let scenario = of(&table);
    assert_eq!(table.format, "CSV");
    let first = link(scenario, "Kraków-東京");
    assert!((first.capacity_bit_per_s / 10.5e9 - 1.0).abs() < 1e-15);
    assert!((first.propagation_s - 0.0255).abs() < 1e-15);
    assert_eq!(first.weight, 10.0);
    assert_eq!(scenario.flows.len(), 2);
    assert_eq!((scenario.flows[1].rate_bit_per_s, scenario.flows[1].class), (250.5e6, 2));
    is_told(&table, "a row per link: taken to go both ways");
    is_told(&table, "1 demand of a node with itself");
    let alone = found(file!("demands.csv")).scenario.unwrap_err();
    assert_eq!(alone.field, "nodes");
    let arcs = "src,dst,bw,cost\na,b,100,1\nb,a,200,2\nb,c,100,1\n";
    let arcs = found(arcs.as_bytes());
    assert_eq!(of(&arcs).topology.links.len(), 3);
    assert_eq!(of(&arcs).topology.links[1].capacity_bit_per_s, 200e6);
}

#[test]
fn rfc_8345_is_read_with_its_augmentations_and_of_several_networks_the_routed_one() {
    let layers = found(file!("layers.json"));
    let scenario = of(&layers);
    assert_eq!((&layers.format[..], &scenario.topology.name[..]), ("RFC 8345 JSON", "lower"));
    is_told(&layers, "3 networks: lower taken");
    let first = &scenario.topology.links[0];
    assert_eq!((first.capacity_bit_per_s, first.weight), (1e10, 100.0));
    assert!((first.propagation_s - 0.0015).abs() < 1e-15);
    let back = &scenario.topology.links[1];
    assert_eq!((back.capacity_bit_per_s, back.opposite), (1e9, Some(0)));
    assert!((back.propagation_s - 250e-6).abs() < 1e-15);
    assert_eq!(scenario.topology.nodes[0].label, "first");
    assert_eq!(scenario.topology.risk_groups[0].id, "7");
}

#[test]
fn a_scenario_by_hand_is_read_with_what_it_leaves_out() {
    let by_hand = found(file!("by-hand.json"));
    let scenario = of(&by_hand);
    assert_eq!(by_hand.format, "Slicewise scenario");
    let topology = &scenario.topology;
    assert_eq!((topology.links[0].opposite, topology.links[2].opposite), (Some(1), None));
    assert_eq!(topology.risk_groups, [RiskGroup { id: "duct".into(), links: vec![0, 2] }]);
    assert_eq!(topology.nodes[2].label, "C");
    assert_eq!(scenario.queueings[0], Queueing::default());
    assert_eq!(scenario.queueings[1].buffer, Buffer::Bits(1e6));
    assert_eq!(scenario.flows[0].path, Some(vec![0, 2]));
    assert_eq!(scenario.flows[0].arrivals, Arrivals::OnOff { on_s: 0.1, off_s: 0.2 });
    assert_eq!(scenario.packets[1], PacketSizes::Exponential(8000.0));
    assert_eq!(scenario.promises.len(), 2);
    is_told(&by_hand, "3 nodes, 3 one-way links, 2 flows");
    let replaced = with_demands(file!("by-hand.json"), b"from,to,demand (Mbps)\nAachen,C,7\n");
    assert_eq!(of(&replaced).flows[0].rate_bit_per_s, 7e6);
}

#[test]
fn a_wrong_field_of_a_scenario_is_refused_by_name() {
    let whole = String::from_utf8(file!("by-hand.json").to_vec()).unwrap();
    let with = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from}");
        refused(&whole.replacen(from, to, 1))
    };
    assert!(
        with("\"weight\": 2", "\"wait\": 2").starts_with("links[0].wait is unknown; allowed: id")
    );
    assert!(with("\"name\"", "\"nom\"").starts_with("nom is unknown"));
    assert!(with("\"x\": 3", "\"z\": 3").starts_with("nodes[1].z is unknown"));
    assert!(
        with("\"off_s\": 0.2", "\"of\": 0.2").starts_with("flows[0].arrivals.on-off.of is unknown")
    );
    assert!(with("\"share\"", "\"part\"").starts_with("packets[0].sizes[0].part is unknown"));
    assert!(with("\"target\": \"C\"", "\"target\": \"D\"").starts_with("links[2].target is D"));
    assert!(with("[\"A-B\", \"B-C\"]", "[\"A-X\"]").starts_with("risk_groups[0].links[0] is A-X"));
    assert!(with("1e10", "\"fast\"").starts_with("links[0].capacity_bit_per_s is fast"));
    assert!(with("1e10", "-3").starts_with("links.A-B.capacity_bit_per_s is -3"));
    assert!(with("1e10", "NaN").starts_with("links.A-B.capacity_bit_per_s is NaN"));
    assert!(with("weighted-fair", "fair").contains("fifo, strict-priority"));
    assert!(with("\"constant\"", "\"often\"").starts_with("flows[1].arrivals is often"));
    assert!(with("\"class\": 1", "\"class\": 1.5").starts_with("flows[0].class is 1.5"));
    assert!(with("\"version\": 1", "\"version\": 2").starts_with("version is 2"));
    assert!(with("\"queueing\": 1", "\"queueing\": 2").contains("queueing is 2"));
    assert!(
        with("\"source\": \"B\", \"target\": \"A\", \"rate", "\"target\": \"A\", \"rate")
            .starts_with("flows[1].source is missing")
    );
}

/// Numbers between 0 and 1 with all their digits (a linear congruential generator).
fn numbers() -> impl FnMut() -> f64 {
    let mut state = 1_u64;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn random_scenario() -> Scenario {
    let mut next = numbers();
    let mut scenario = Scenario::of(Topology { name: "räum \"1\"".into(), ..Topology::default() });
    let labels = ["=1+1", "Kraków", "東京\n", "a,b", "😀", "-x"];
    for index in 0..30_u32 {
        let label = labels[index as usize % labels.len()];
        let place = match index % 3 {
            0 => None,
            1 => Some(Place::Globe { longitude_deg: 180.0 * next(), latitude_deg: -90.0 * next() }),
            _ => Some(Place::Drawing { x: 1e3 * next(), y: -1e3 * next() }),
        };
        let id = format!("{label} {index}");
        scenario.topology.nodes.push(slicewise_core::twin::Node { id, label: label.into(), place });
    }
    for index in 0..80_u32 {
        let (source, target) = (index % 30, (index * 7 + 1) % 30);
        if source == target {
            continue;
        }
        let first = scenario.topology.links.len() as u32;
        for (ends, opposite, way) in [((source, target), 1, "to"), ((target, source), 0, "fro")] {
            scenario.topology.links.push(Link {
                id: format!("link {index} {way}"),
                source: ends.0,
                target: ends.1,
                capacity_bit_per_s: 1e10 * next() + 1.0,
                capacity_assumed: index % 5 == 0,
                propagation_s: 0.01 * next(),
                weight: 0.1 + 10.0 * next(),
                opposite: (index % 4 > 0).then_some(first + opposite),
                queueing: index % 3,
            });
        }
    }
    scenario.queueings = vec![
        Queueing::default(),
        Queueing {
            policy: Policy::GnnetWfq,
            weights: vec![next(), 1.0 / 3.0],
            buffer: Buffer::Bits(1e6 * next()),
        },
        Queueing { policy: Policy::StrictPriority, weights: vec![], buffer: Buffer::Packets(7) },
    ];
    let sizes = [next(), next()].map(|share| PacketSize { bits: 500.0 + share, share: 0.5 });
    scenario.packets =
        vec![PacketSizes::Sizes(sizes.to_vec()), PacketSizes::Exponential(1e4 * next())];
    for (index, link) in scenario.topology.links.iter().enumerate() {
        scenario.flows.push(Flow {
            source: link.source,
            target: link.target,
            rate_bit_per_s: 1e9 * next(),
            class: (index % 8) as u8,
            packets: (index % 2) as u32,
            arrivals: match index % 3 {
                0 => Arrivals::Poisson,
                1 => Arrivals::Constant,
                _ => Arrivals::OnOff { on_s: next() + 1e-6, off_s: next() },
            },
            path: (index % 2 == 0).then(|| vec![index as u32]),
        });
    }
    scenario.topology.risk_groups = vec![RiskGroup { id: "A \"1\"".into(), links: vec![0, 5, 9] }];
    let (mean_delay_s, p99_delay_s) = (Some(next()), Some(next()));
    scenario.promises = vec![
        Promise { class: Some(3), mean_delay_s, p99_delay_s, loss: Some(next()) },
        Promise::default(),
    ];
    scenario.validate().unwrap();
    scenario
}

#[test]
fn a_written_scenario_is_read_back_to_the_last_bit() {
    for scenario in [random_scenario(), opening::scenario()] {
        let written = write(&scenario, WriteNetwork::Scenario);
        serde_json::from_str::<Value>(&written.text).unwrap();
        let back = found(written.text.as_bytes());
        assert!(of(&back) == &scenario, "{}", written.file_name);
    }
    let by_hand = of(&found(file!("by-hand.json"))).clone();
    let written = write(&by_hand, WriteNetwork::Scenario);
    assert_eq!(written.file_name, "by-hand-scenario.json");
    assert_eq!(of(&found(written.text.as_bytes())), &by_hand);
}

#[test]
fn written_node_link_json_is_read_back_with_links_demands_and_groups() {
    let scenario = opening::scenario();
    let written = write(&scenario, WriteNetwork::NodeLink);
    let document: Value = serde_json::from_str(&written.text).unwrap();
    // networkx 3.6 asks for these members.
    assert_eq!((&document["directed"], &document["multigraph"]), (&json!(true), &json!(true)));
    assert_eq!(document["edges"].as_array().unwrap().len(), 82);
    let back = found(written.text.as_bytes());
    let back = of(&back);
    assert_eq!(back.topology, scenario.topology);
    let ends = |flow: &Flow| (flow.source, flow.target, flow.class);
    assert!(back.flows.iter().map(ends).eq(scenario.flows.iter().map(ends)));
    assert!(
        back.flows.iter().zip(&scenario.flows).all(|(a, b)| a.rate_bit_per_s == b.rate_bit_per_s)
    );
}

/// The shape of RFC 8345, section 4.2 and 6, RFC 8346 and RFC 8795 as far as they are written, in the
/// encoding of RFC 7951.
fn rfc_8345_shape() -> Value {
    let closed = |properties: Value, required: &[&str]| {
        json!({"type": "object", "additionalProperties": false, "properties": properties,
               "required": required})
    };
    let decimal = json!({"type": "string", "pattern": r"^-?(0|[1-9]\d*)\.\d{1,8}$"});
    let te_node = closed(
        json!({"te-node-attributes": closed(json!({"name": {"type": "string"}}), &[]),
               "geolocation": closed(json!({"latitude": decimal, "longitude": decimal}), &[])}),
        &[],
    );
    let uint32 = json!({"type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32});
    // RFC 8776, typedef te-bandwidth.
    let bandwidth = r"^0[xX](0((\.0?)?[pP](\+)?0?|(\.0?))|1(\.([0-9a-fA-F]{0,5}[02468aAcCeE]?)?)?[pP](\+)?(12[0-7]|1[01]\d|0?\d?\d)?)$";
    let generic =
        closed(json!({"generic": {"type": "string", "pattern": bandwidth}}), &["generic"]);
    let te_link = closed(
        json!({"te-link-attributes": closed(
            json!({"max-link-bandwidth": closed(json!({"te-bandwidth": generic}), &[]),
                   "te-default-metric": uint32, "te-delay-metric": uint32,
                   "te-srlgs": closed(json!({"value": {"type": "array", "items": uint32}}), &[])}),
            &[],
        )}),
        &[],
    );
    let metric = json!({"type": "string", "pattern": r"^\d{1,20}$"});
    let node = closed(
        json!({"node-id": {"type": "string"}, "ietf-te-topology:te": te_node}),
        &["node-id"],
    );
    let source = closed(json!({"source-node": {"type": "string"}}), &["source-node"]);
    let destination = closed(json!({"dest-node": {"type": "string"}}), &["dest-node"]);
    let link = closed(
        json!({"link-id": {"type": "string"}, "source": source, "destination": destination,
               "ietf-l3-unicast-topology:l3-link-attributes": closed(json!({"metric1": metric}), &[]),
               "ietf-te-topology:te": te_link}),
        &["link-id"],
    );
    let types = json!({"ietf-l3-unicast-topology:l3-unicast-topology": closed(json!({}), &[]),
                       "ietf-te-topology:te-topology": closed(json!({}), &[])});
    let network = closed(
        json!({"network-id": {"type": "string"}, "network-types": closed(types, &[]),
               "node": {"type": "array", "items": node},
               "ietf-network-topology:link": {"type": "array", "items": link}}),
        &["network-id"],
    );
    let networks = closed(json!({"network": {"type": "array", "items": network}}), &[]);
    closed(json!({"ietf-network:networks": networks}), &["ietf-network:networks"])
}

#[test]
fn written_rfc_8345_has_the_standards_shape_and_is_read_back() {
    let validator = jsonschema::validator_for(&rfc_8345_shape()).unwrap();
    for scenario in [opening::scenario(), random_scenario()] {
        let written = write(&scenario, WriteNetwork::Ietf);
        let document: Value = serde_json::from_str(&written.text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let nodes = &document["ietf-network:networks"]["network"][0]["node"];
        let ids: Vec<&Value> =
            nodes.as_array().unwrap().iter().map(|node| &node["node-id"]).collect();
        let back = found(written.text.as_bytes());
        let (back, own) = (&of(&back).topology, &scenario.topology);
        assert_eq!((back.nodes.len(), back.links.len()), (own.nodes.len(), own.links.len()));
        for (found, link) in back.links.iter().zip(&own.links) {
            assert_eq!(
                (&found.id, found.source, found.target),
                (&link.id, link.source, link.target)
            );
            // Leafs refer to nodes that are there.
            assert!(ids.contains(&&json!(own.nodes[link.source as usize].id)));
            let of_capacity = found.capacity_bit_per_s / link.capacity_bit_per_s - 1.0;
            assert!(of_capacity.abs() < 1e-6, "{of_capacity}");
            assert!((found.propagation_s - link.propagation_s).abs() <= 0.5000001e-6);
            assert!((found.weight - link.weight.round().max(1.0)).abs() < 1e-9);
        }
    }
}

#[test]
fn answers_are_tables_that_no_spreadsheet_computes() {
    let mut scenario = of(&with_demands(file!("links.csv"), file!("demands.csv"))).clone();
    scenario.topology.links[0].id = "@sum, \"x\"".into();
    let mut answer = Answer::default();
    let links = scenario.topology.links.len();
    answer.links.utilisation = vec![0.5; links];
    answer.links.load_bit_per_s = vec![f64::NAN; links];
    answer.links.flows = vec![3; links];
    answer.flows.state = vec![FlowState::Arrives, FlowState::CutOff];
    answer.flows.mean_delay_s = vec![0.025, f64::NAN];
    answer.flows.loss = vec![0.0, 1.0];
    let text = links_csv(&scenario, &answer);
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let headings: Vec<String> = rows.headers().unwrap().iter().map(str::to_owned).collect();
    assert!(headings.contains(&"capacity_bit_per_s".to_owned()));
    let first = rows.records().next().unwrap().unwrap();
    assert_eq!(&first[0], "'@sum, \"x\"");
    assert_eq!((&first[6], &first[7], &first[11]), ("0.5", "", "3"));
    let text = flows_csv(&scenario, &answer);
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[0][2], &rows[0][5]), ("arrives", "0.025"));
    assert_eq!((&rows[1][1], &rows[1][2], &rows[1][11]), ("'=cmd", "cut-off", "1"));
}

#[test]
fn a_gravity_model_gives_demands_where_there_are_none() {
    let gravity = Gravity { total_bit_per_s: Some(1e9), even: false, seed: 7 };
    let form = |gravity| NetworkForm { gravity: Some(gravity), ..NetworkForm::default() };
    let some = read(file!("ring.gml"), &form(gravity));
    let scenario = of(&some);
    // Four nodes are connected, the fifth is alone.
    assert_eq!(scenario.flows.len(), 12);
    let total: f64 = scenario.flows.iter().map(|flow| flow.rate_bit_per_s).sum();
    assert!((total / 1e9 - 1.0).abs() < 1e-12);
    let rate = |from: u32, to: u32| {
        let flow = scenario.flows.iter().find(|flow| (flow.source, flow.target) == (from, to));
        flow.unwrap().rate_bit_per_s
    };
    // Rates are products of masses.
    assert!((rate(0, 1) * rate(2, 3) / (rate(0, 2) * rate(1, 3)) - 1.0).abs() < 1e-9);
    assert!((rate(0, 1) - rate(2, 3)).abs() > 1.0);
    assert_eq!(read(file!("ring.gml"), &form(gravity)), some);
    let other = read(file!("ring.gml"), &form(Gravity { seed: 8, ..gravity }));
    assert_ne!(of(&other).flows, scenario.flows);
    let even =
        read(file!("ring.gml"), &form(Gravity { even: true, total_bit_per_s: None, ..gravity }));
    let rates: Vec<f64> = of(&even).flows.iter().map(|flow| flow.rate_bit_per_s).collect();
    assert!(rates.iter().all(|rate| (rate / rates[0] - 1.0).abs() < 1e-12 && *rate > 0.0));
    is_told(&even, "12 flows by gravity");
    busiest_is_half_used();
    // What the file has stays.
    assert_eq!(of(&read(file!("hub.json"), &form(gravity))).flows.len(), 4);
    let wrong = read(file!("ring.gml"), &form(Gravity { total_bit_per_s: Some(-1.0), ..gravity }));
    assert_eq!(wrong.scenario.unwrap_err().field, "gravity.total_bit_per_s");
}

/// Of a chain A - B - C whose second link is the thinner one, both flows to C and both from it share that one.
fn busiest_is_half_used() {
    let chain = r#"[{"source": "A", "target": "B", "capacity": "10G"},
                    {"source": "B", "target": "C", "capacity": "1G"}]"#;
    for even in [true, false] {
        let gravity = Gravity { total_bit_per_s: None, even, seed: 3 };
        let form = NetworkForm { gravity: Some(gravity), ..NetworkForm::default() };
        let read = read(chain.as_bytes(), &form);
        let to = |node: u32| {
            let flows = of(&read).flows.iter().filter(|flow| flow.target == node);
            flows.map(|flow| flow.rate_bit_per_s).sum::<f64>()
        };
        assert!((to(2) / 5e8 - 1.0).abs() < 1e-9, "{}", to(2));
    }
}

#[test]
fn a_list_of_links_elements_of_cytoscape_and_links_without_nodes_are_networks() {
    let list = r#"[{"source": "A", "target": "B", "capacity": 10},
                   {"source": "B", "target": "C", "capacity": 10}]"#;
    let bare = r#"{"links": [{"from": "A", "to": "B"}, {"from": "B", "to": "C"}]}"#;
    let cytoscape = r#"{"elements": {"nodes": [{"data": {"id": "A"}}, {"data": {"id": "B"}},
        {"data": {"id": "C"}}], "edges": [{"data": {"source": "A", "target": "B"}},
        {"data": {"source": "B", "target": "C"}}]}}"#;
    let flat = r#"{"elements": [{"data": {"id": "A"}}, {"data": {"id": "B"}}, {"data": {"id": "C"}},
        {"data": {"id": "ab", "source": "A", "target": "B"}}, {"data": {"source": "B", "target": "C"}}]}"#;
    for text in [list, bare, cytoscape, flat] {
        let found = found(text.as_bytes());
        let ids: Vec<&str> = of(&found).topology.nodes.iter().map(|node| &node.id[..]).collect();
        assert_eq!((ids, of(&found).topology.links.len()), (vec!["A", "B", "C"], 4), "{text}");
    }
}

#[test]
fn links_in_both_directions_are_not_doubled_where_a_file_leaves_out_that_it_is_directed() {
    let links = r#""links": [{"source": 0, "target": 1}, {"source": 1, "target": 0}]"#;
    let nodes = r#""nodes": [{"id": 0}, {"id": 1}]"#;
    let both = found(format!("{{{nodes}, {links}}}").as_bytes());
    assert_eq!(of(&both).topology.links.len(), 2);
    is_told(&both, "links in both directions: each taken to go one way");
    let multigraph = found(format!("{{\"directed\": false, {nodes}, {links}}}").as_bytes());
    assert_eq!(of(&multigraph).topology.links.len(), 4);
}

#[test]
fn a_row_that_leaves_out_an_end_makes_no_nameless_node() {
    let read = found(b"source,target,capacity\nA,B,10G\nB,,10G\nB,C,10G\n");
    let ids: Vec<&str> = of(&read).topology.nodes.iter().map(|node| &node.id[..]).collect();
    assert_eq!(ids, ["A", "B", "C"]);
    is_told(&read, "1 link to unknown nodes passed over");
}

#[test]
fn graphml_links_have_the_value_that_their_key_calls_usual_unless_they_say_otherwise() {
    let text = r#"<graphml><key id="c" for="edge" attr.name="LinkCapacity" attr.type="double"/>
        <key id="d" for="edge" attr.name="LinkDelay" attr.type="int"><default>3</default></key>
        <graph edgedefault="undirected"><node id="a"/><node id="b"/><node id="c"/>
        <edge id="ab" source="a" target="b"><data key="c">1000</data></edge>
        <edge id="bc" source="b" target="c"><data key="d">7</data></edge></graph></graphml>"#;
    let read = found(text.as_bytes());
    let of_pair = |from: u32, to: u32| {
        let links = &of(&read).topology.links;
        links.iter().find(|link| (link.source, link.target) == (from, to)).unwrap().clone()
    };
    assert_eq!((of_pair(0, 1).capacity_bit_per_s, of_pair(0, 1).propagation_s), (1e9, 0.003));
    assert_eq!((of_pair(1, 2).capacity_assumed, of_pair(1, 2).propagation_s), (true, 0.007));
}

#[test]
fn numbers_of_links_that_mean_nothing_here_are_named_where_capacities_are_missing() {
    let text =
        r#"{"links": [{"source": "A", "target": "B", "throughput_units": 40, "colour": "red"}]}"#;
    let read = found(text.as_bytes());
    is_told(&read, "numbers of links that were not understood: throughput_units");
}

#[test]
fn absurd_networks_are_refused_by_field_or_treated() {
    assert!(refused("").starts_with("file is empty"));
    assert!(refused("{}").starts_with("document is an empty object"));
    assert!(refused("[1, 2]").starts_with("document is a list of 2"));
    assert!(refused("{\"a\": 1}").starts_with("document is a"));
    assert!(refused("<html><body></body></html>").contains("GraphML"));
    assert!(refused("hello world").contains("node-link JSON, GML, GraphML"));
    assert!(
        refused("{\"nodes\": [{\"id\": 1}, {\"id\": 2}], \"links\": []}").starts_with("links is 0")
    );
    assert!(refused("{\"nodes\": [{\"id\": 1}], \"links\": []}").starts_with("nodes is 1"));
    assert!(
        refused("graph [ node [ id 1 ] edge [ source 1 target 1 ] ]").starts_with("nodes is 1")
    );
    let with = |capacity: &str| {
        let text = format!("a,b,capacity_bps\ny,z,5\nx,y,{capacity}\n");
        found(text.as_bytes())
    };
    for capacity in ["0", "-5", "NaN", "inf", "plenty"] {
        let found = with(capacity);
        let link = &of(&found).topology.links[2];
        assert!(link.capacity_assumed && link.capacity_bit_per_s == 1e10, "{capacity}");
    }
    let huge = with("1e30").scenario.unwrap_err();
    assert_eq!(huge.field, "links.x-y.capacity_bit_per_s");
    let form = NetworkForm { capacity_bit_per_s: Some(0.0), ..NetworkForm::default() };
    let chosen = read(file!("ring.gml"), &form).scenario.unwrap_err();
    assert_eq!(chosen.field, "capacity_bit_per_s");
    let large = vec![b' '; LARGEST_NETWORK_BYTES + 1];
    assert_eq!(
        found(&large).scenario.unwrap_err().to_string(),
        "file is 100 MiB; allowed: at most 100 MiB"
    );
    let bad = with_demands(file!("ring.gml"), b"a,b\n1,2\n").scenario.unwrap_err();
    assert!(bad.field.starts_with("demands."), "{bad}");
}

#[test]
fn files_cut_anywhere_or_with_a_byte_changed_never_panic() {
    for file in FILES {
        for end in 0..file.len() {
            let cut = found(&file[..end]);
            if let Ok(scenario) = &cut.scenario {
                scenario.validate().unwrap();
            }
        }
        for at in 0..file.len() {
            for byte in [b'(', b'"', b'9', b'-', 0xff] {
                let mut changed = file.to_vec();
                changed[at] = byte;
                if let Ok(scenario) = found(&changed).scenario {
                    scenario.validate().unwrap();
                }
            }
        }
    }
}

#[test]
fn whole_files_cut_short_are_told_so() {
    for (file, end) in [
        (file!("ring.gml"), 600),
        (file!("drawn.graphml"), 600),
        (file!("hub.json"), 200),
        (file!("coast.txt"), 300),
        (file!("coast.xml"), 700),
        (file!("square.graph"), 200),
        (file!("by-hand.json"), 500),
    ] {
        let error = found(&file[..end]).scenario.unwrap_err().to_string();
        let told = ["cut off", "the end of the file", "rows, as it says", "line ", "byte "];
        assert!(told.iter().any(|told| error.contains(told)), "{error}");
    }
}

#[test]
fn a_hundred_thousand_links_are_read_in_linear_time() {
    let count = 100_000_u32;
    let nodes = 40_000_u32;
    let ends = || (0..count).map(move |i| (i % nodes, (i * 7 + 1 + i / nodes) % nodes));
    let mut gml = "graph [\n".to_owned();
    // Every label the same: ids must still be found quickly.
    (0..nodes).for_each(|i| gml.push_str(&format!("node [ id {i} label \"same\" ]\n")));
    ends().for_each(|(a, b)| gml.push_str(&format!("edge [ source {a} target {b} ]\n")));
    gml.push(']');
    let mut csv = "source,target,capacity\n".to_owned();
    ends().for_each(|(a, b)| csv.push_str(&format!("n{a},n{b},10\n")));
    let links: Vec<String> =
        ends().map(|(a, b)| format!("{{\"source\": {a}, \"target\": {b}}}")).collect();
    let ids: Vec<String> = (0..nodes).map(|i| format!("{{\"id\": {i}}}")).collect();
    let json = format!("{{\"nodes\": [{}], \"links\": [{}]}}", ids.join(","), links.join(","));
    for text in [gml, csv, json] {
        let begin = Instant::now();
        let found = found(text.as_bytes());
        println!("{}: {:?}, {}", found.format, begin.elapsed(), found.told.join("; "));
        assert_eq!(found.scenario.unwrap().topology.nodes.len(), nodes as usize);
        // Anything quadratic takes minutes.
        assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
    }
}
