//! The published networks are read whole where their files lie beside the checkout.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;

use slicewise_core::formats::network::{NetworkForm, NetworkRead, read};
use slicewise_core::reader::GivenFile;
use slicewise_core::twin::{Place, Scenario, opening};

/// A file of the shared folder: `data` of it is `SLICEWISE_DATA`, or all of it lies beside the checkout.
fn shared(name: &str) -> Option<PathBuf> {
    let manifest = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let beside = manifest.join("../../../shared");
    let data = std::env::var_os("SLICEWISE_DATA").map(PathBuf::from);
    let path = match (name.strip_prefix("data/"), data) {
        (Some(own), Some(data)) => data.join(own),
        _ => beside.join(name),
    };
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no {}", path.display());
    None
}

fn given(name: &str) -> Option<GivenFile> {
    Some(GivenFile { bytes: std::fs::read(shared(name)?).unwrap() })
}

fn network(name: &str, demands: Option<&str>) -> Option<NetworkRead> {
    let file = given(name)?;
    let demands = match demands {
        Some(name) => Some(given(name)?),
        None => None,
    };
    let found = read(&file.bytes, &NetworkForm { demands, ..NetworkForm::default() });
    println!("{name}: {}: {}", found.format, found.told.join("; "));
    Some(found)
}

fn scenario(found: &NetworkRead) -> &Scenario {
    let scenario = found.scenario.as_ref().unwrap_or_else(|error| panic!("{error}"));
    scenario.validate().unwrap();
    scenario
}

/// Sizes of the parts that no link connects, by colouring.
fn parts(scenario: &Scenario) -> Vec<usize> {
    let topology = &scenario.topology;
    let mut beside = vec![Vec::new(); topology.nodes.len()];
    for link in &topology.links {
        beside[link.source as usize].push(link.target);
        beside[link.target as usize].push(link.source);
    }
    let mut seen = vec![false; beside.len()];
    let mut sizes = Vec::new();
    for first in 0..beside.len() {
        let (mut open, mut size) = (vec![first as u32], 0);
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut seen[node as usize], true) {
                size += 1;
                open.extend(&beside[node as usize]);
            }
        }
        sizes.extend((size > 0).then_some(size));
    }
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes
}

/// What networkx 3.6.1 and a count of lines say of a file.
struct Published {
    file: &'static str,
    demands: Option<&'static str>,
    format: &'static str,
    nodes: usize,
    /// One-way links without self-loops.
    links: usize,
    assumed: usize,
    flows: usize,
    parts: (usize, usize),
    told: &'static [&'static str],
}

const PUBLISHED: [Published; 14] = [
    Published {
        file: "cases/files/zoo_Interoute.gml",
        demands: None,
        format: "GML",
        nodes: 110,
        links: 2 * (158 - 2),
        assumed: 2 * (158 - 2),
        flows: 0,
        parts: (1, 110),
        told: &[
            "110 nodes, 158 links",
            "10 links parallel to another",
            "14 nodes without coordinates",
        ],
    },
    Published {
        file: "cases/files/zoo_Arpanet19723.gml",
        demands: None,
        format: "GML",
        nodes: 25,
        links: 56,
        assumed: 56,
        flows: 0,
        parts: (1, 25),
        told: &["2 labels more than once: AMES, BBN", "no capacity: 10 Gbit/s assumed"],
    },
    Published {
        file: "cases/files/zoo_DialtelecomCz.gml",
        demands: None,
        format: "GML",
        nodes: 193,
        links: 302,
        assumed: 302,
        flows: 0,
        parts: (56, 138),
        told: &["193 nodes, 151 links", "56 separate parts, the largest of 138 nodes"],
    },
    Published {
        file: "cases/files/zoo_Arnes.gml",
        demands: None,
        format: "GML",
        nodes: 34,
        links: 94,
        assumed: 0,
        flows: 0,
        parts: (1, 34),
        told: &["34 nodes, 47 links", "1 link parallel", "capacity by the label on 3 of 47 links"],
    },
    Published {
        file: "cases/files/zoo_Bren.gml",
        demands: None,
        format: "GML",
        nodes: 37,
        links: 76,
        assumed: 26,
        flows: 0,
        parts: (1, 37),
        told: &["no capacity on 13 of 38 links: 10 Gbit/s assumed"],
    },
    Published {
        file: "cases/files/zoo_Abilene.graphml",
        demands: None,
        format: "GraphML",
        nodes: 11,
        links: 28,
        assumed: 0,
        flows: 0,
        parts: (1, 11),
        told: &["11 nodes, 14 links", "capacity by the label", "taken to go both ways"],
    },
    Published {
        file: "cases/files/topohub_polska.json",
        demands: None,
        format: "node-link JSON",
        nodes: 12,
        links: 36,
        assumed: 36,
        flows: 132,
        parts: (1, 12),
        told: &["66 demands, each in both directions: 132 flows", "Mbit/s assumed"],
    },
    Published {
        file: "cases/files/topohub_polska.gml",
        demands: None,
        format: "GML",
        nodes: 12,
        links: 36,
        assumed: 36,
        flows: 0,
        parts: (1, 12),
        told: &["12 nodes, 18 links"],
    },
    Published {
        file: "cases/files/repetita_Interoute.graph",
        demands: Some("cases/files/repetita_Interoute.0000.demands"),
        format: "REPETITA",
        nodes: 110,
        links: 316 - 4,
        assumed: 0,
        flows: 11_990 - 52,
        parts: (1, 110),
        told: &[
            "110 nodes, 316 one-way links",
            "22 links parallel to another",
            "4 self-loops passed over",
            "11990 demands",
            "52 demands of 0 passed over",
        ],
    },
    Published {
        file: "cases/files/synth50_opt_hard.graph",
        demands: Some("cases/files/synth50_opt_hard.demands"),
        format: "REPETITA",
        nodes: 50,
        links: 276,
        assumed: 0,
        flows: 2449,
        parts: (1, 50),
        told: &["milliseconds"],
    },
    Published {
        file: "cases/22-topologies/letters.gml",
        demands: None,
        format: "GML",
        nodes: 2,
        links: 2,
        assumed: 2,
        flows: 0,
        parts: (1, 2),
        told: &["2 nodes, 1 link", "no length: propagation 0"],
    },
    Published {
        file: "cases/22-topologies/node-link-index.json",
        demands: None,
        format: "node-link JSON",
        nodes: 3,
        links: 4,
        assumed: 4,
        flows: 0,
        parts: (2, 2),
        told: &["1 self-loop passed over", "taken as positions", "1 link parallel"],
    },
    Published {
        file: "cases/22-topologies/node-link-old.json",
        demands: None,
        format: "node-link JSON",
        nodes: 2,
        links: 2,
        assumed: 0,
        flows: 0,
        parts: (1, 2),
        told: &["2 nodes, 1 link"],
    },
    Published {
        file: "cases/22-topologies/sndlib-native.txt",
        demands: None,
        format: "SNDlib native",
        nodes: 4,
        links: 8,
        assumed: 4,
        flows: 1,
        parts: (1, 4),
        told: &[
            "1 link without an installed capacity: the largest module taken",
            "1 link of unlimited capacity",
            "1 demand of a node with itself",
            "1 demand of 0",
        ],
    },
];

#[test]
fn the_cases_are_counted_as_networkx_counts_them() {
    let mut wrong = Vec::new();
    for case in PUBLISHED {
        let Some(found) = network(case.file, case.demands) else { return };
        let topology = &scenario(&found).topology;
        let assumed = topology.links.iter().filter(|link| link.capacity_assumed).count();
        let parts = parts(scenario(&found));
        let counts = [
            ("nodes", topology.nodes.len(), case.nodes),
            ("links", topology.links.len(), case.links),
            ("assumed capacities", assumed, case.assumed),
            ("flows", scenario(&found).flows.len(), case.flows),
            ("parts", parts.len(), case.parts.0),
            ("largest part", parts[0], case.parts.1),
        ];
        for (what, counted, published) in counts {
            if counted != published {
                wrong.push(format!("{}: {what} {counted}, not {published}", case.file));
            }
        }
        let is_told = |phrase: &str| found.told.iter().any(|told| told.contains(phrase));
        for phrase in case.told.iter().filter(|phrase| !is_told(phrase)) {
            wrong.push(format!("{}: without {phrase:?}", case.file));
        }
        if found.format != case.format {
            wrong.push(format!("{}: {}", case.file, found.format));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn topohubs_files_of_sndlib_have_their_published_counts() {
    // Nodes, links, flows (its own statistics; of france, germany50 and the nobels each demand goes both ways),
    // and whether coordinates are degrees.
    for (name, nodes, links, flows, on_globe) in [
        ("abilene", 12, 15, 132, true),
        ("cost266", 37, 57, 1332, true),
        ("france", 25, 45, 600, false),
        ("geant", 22, 36, 462, true),
        ("germany50", 50, 88, 1324, true),
        ("nobel-eu", 28, 41, 756, true),
        ("nobel-germany", 17, 26, 242, true),
        ("nobel-us", 14, 21, 182, true),
        ("norway", 27, 51, 702, false),
        ("polska", 12, 18, 132, true),
    ] {
        let Some(found) = network(&format!("data/sndlib/{name}.json"), None) else { return };
        let scenario = scenario(&found);
        let topology = &scenario.topology;
        assert_eq!((topology.nodes.len(), topology.links.len()), (nodes, 2 * links), "{name}");
        assert_eq!(scenario.flows.len(), flows, "{name}");
        let globe =
            topology.nodes.iter().all(|node| matches!(node.place, Some(Place::Globe { .. })));
        assert_eq!(globe, on_globe, "{name}");
    }
}

#[test]
fn the_opening_network_has_the_shape_of_nobel_eu() {
    let Some(found) = network("data/sndlib/nobel-eu.json", None) else { return };
    let published = &scenario(&found).topology;
    let own = &opening::scenario().topology;
    let names = |topology: &slicewise_core::twin::Topology| {
        let nodes = &topology.nodes;
        let ends = topology.links.iter().map(|link| {
            (nodes[link.source as usize].id.clone(), nodes[link.target as usize].id.clone())
        });
        let mut ends: Vec<(String, String)> = ends.collect();
        ends.sort();
        ends
    };
    assert_eq!(names(own), names(published));
}

/// The files of a tar archive (POSIX ustar): a header of 512 bytes, then the content in blocks of as many.
fn archived(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = |field: &[u8]| {
        let text = String::from_utf8_lossy(field);
        text.trim_end_matches('\0').trim().to_owned()
    };
    let (mut files, mut at) = (Vec::new(), 0);
    while at + 512 <= bytes.len() && bytes[at] != 0 {
        let header = &bytes[at..at + 512];
        let size = usize::from_str_radix(&text(&header[124..136]), 8).unwrap();
        files.push((text(&header[..100]), bytes[at + 512..at + 512 + size].to_vec()));
        at += 512 + size.div_ceil(512) * 512;
    }
    files
}

#[test]
fn all_instances_of_repetita_have_their_published_counts() {
    let Some(archive) = shared("data/repetita/instances.tar.gz") else { return };
    let Some(reference) = shared("data/repetita/reference.csv") else { return };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(archive).unwrap();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    let files: HashMap<String, Vec<u8>> = archived(&bytes).into_iter().collect();
    let reference = std::fs::read_to_string(reference).unwrap();
    let mut count = 0;
    for line in reference.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [nodes, arcs, demands] = [1, 2, 3].map(|at| fields[at].parse::<usize>().unwrap());
        let name = fields[0].split('.').next().unwrap();
        let (graph, matrix) =
            (&files[&format!("{name}.graph")], &files[&format!("{}.demands", fields[0])]);
        let demands_file = Some(GivenFile { bytes: matrix.clone() });
        let found = read(graph, &NetworkForm { demands: demands_file, ..NetworkForm::default() });
        let topology = &scenario(&found).topology;
        let self_arcs = |told: &String| {
            told.strip_suffix(" passed over")
                .filter(|told| told.contains("self-loop"))
                .map(|told| told.split(' ').next().unwrap().parse::<usize>().unwrap())
        };
        let loops = found.told.iter().find_map(self_arcs).unwrap_or(0);
        assert_eq!(topology.nodes.len(), nodes, "{name}");
        assert_eq!(topology.links.len() + loops, arcs, "{name}");
        assert!(scenario(&found).flows.len() <= demands, "{name}");
        assert!(topology.links.iter().all(|link| !link.capacity_assumed), "{name}");
        count += 1;
    }
    println!("{count} instances");
    assert!(count >= 50, "{count}");
}
