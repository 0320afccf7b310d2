//! Puts a network together out of what a file says of it: ids, ends, both directions of a link, capacities,
//! propagation, weights and demands; counts what it passes over and tells what it assumes.
//!
//! - Ids: a node's id is the file's where that is a name, or its label where the file counts its nodes;
//!   what comes twice gets a number behind. A link's id is the file's where that is a name,
//!   or the ids of its ends.
//! - Links from a node to itself and to nodes that the file does not have are passed over.
//! - Capacity: the file's; 0, less, no number or none at all becomes the assumed one.
//! - Propagation: the file's delay; else its length at the speed of light in fibre; else the great circle
//!   between places on the globe, made longer as ITU-T G.826 (annex A) makes it; else 0.
//! - Weight: the file's metric; else 1.
//! - Demands from a node to itself, of 0 or less, or of nodes that the file does not have are passed over;
//!   those to another part of the network stay and are cut off there.

use std::collections::HashMap;

use crate::error::{InputError, check_range};
use crate::twin::gravity::{self, MOST_SENDERS};
use crate::twin::queueing::MOST_CLASSES;
use crate::twin::scenario::MOST_FLOWS;
use crate::twin::topology::{
    ASSUMED_CAPACITY_BIT_PER_S, FIBRE_M_PER_S, MOST_LINKS, MOST_NODES, route_m,
};
use crate::twin::{Arrivals, Flow, Link, Node, Place, RiskGroup, Scenario, Topology};

use super::NetworkForm;
use super::found::{FoundDemand, FoundLink, FoundNetwork, FoundNode};
use super::rate::{Rate, shown};

/// Bare rates up to the largest of which this is are Mbit/s, others bit/s.
const LARGEST_IN_MBIT_PER_S: f64 = 1e6;

/// The scenario of what was found, with everything told.
///
/// # Errors
/// Names the first field that cannot be used.
pub(super) fn assemble(
    found: FoundNetwork,
    demands: Option<FoundNetwork>,
    form: &NetworkForm,
    told: &mut Vec<String>,
) -> Result<Scenario, InputError> {
    if found.nodes.len() > MOST_NODES || found.links.len() > MOST_LINKS {
        let field = if found.nodes.len() > MOST_NODES { "nodes" } else { "links" };
        let count = found.nodes.len().max(found.links.len());
        let allowed = format!("at most {MOST_NODES} nodes and {MOST_LINKS} links");
        return Err(InputError::new(field, count, allowed));
    }
    told.push(format!(
        "{}, {}",
        counted(found.nodes.len(), "node"),
        counted(found.links.len(), if found.directed { "one-way link" } else { "link" })
    ));
    told.extend(found.told.iter().cloned());
    let mut assembly = Assembly::new(&found, form);
    let topology = assembly.topology();
    let flows = match &demands {
        None => assembly.flows(),
        Some(demands) => {
            let mut of_demands = Assembly::new(demands, form);
            of_demands.ends = std::mem::take(&mut assembly.ends);
            let flows = of_demands.flows();
            if !found.demands.is_empty() {
                let own = counted(found.demands.len(), "demand");
                assembly.told.push(format!("{own} of the network's file passed over"));
            }
            of_demands.told.retain(|told| !assembly.told.contains(told));
            assembly.told.append(&mut of_demands.told);
            flows
        }
    };
    told.append(&mut assembly.told);
    let mut scenario = Scenario { flows, ..Scenario::of(topology) };
    add_gravity(&mut scenario, form, told)?;
    scenario.validate()?;
    Ok(scenario)
}

/// Checks what the visitor chose.
///
/// # Errors
/// Names the choice.
pub(super) fn check_form(form: &NetworkForm) -> Result<(), InputError> {
    let check = |name: &str, value: Option<f64>| {
        value.map_or(Ok(()), |value| check_range(name, value, 1e-3, 1e15, "bit/s"))
    };
    check("capacity_bit_per_s", form.capacity_bit_per_s)?;
    check("unit_bit_per_s", form.unit_bit_per_s)?;
    check("gravity.total_bit_per_s", form.gravity.and_then(|gravity| gravity.total_bit_per_s))
}

/// Tells what a scenario holds.
pub(super) fn tell_scenario(scenario: &Scenario, told: &mut Vec<String>) {
    let topology = &scenario.topology;
    let counts = [
        counted(topology.nodes.len(), "node"),
        counted(topology.links.len(), "one-way link"),
        counted(scenario.flows.len(), "flow"),
    ];
    told.push(counts.join(", "));
}

/// Gives a scenario the flows of a file of demands in place of its own.
pub(super) fn replace_flows(
    scenario: &mut Scenario,
    demands: &FoundNetwork,
    form: &NetworkForm,
    told: &mut Vec<String>,
) {
    let nodes = &scenario.topology.nodes;
    let nodes: Vec<FoundNode> = nodes
        .iter()
        .map(|node| {
            let (id, label) = (node.id.clone(), node.label.clone());
            FoundNode { id, label, ..FoundNode::default() }
        })
        .collect();
    told.push(format!("{} of the scenario replaced", counted(scenario.flows.len(), "flow")));
    let mut assembly = Assembly { ends: ends(&nodes), ..Assembly::new(demands, form) };
    scenario.flows = assembly.flows();
    told.append(&mut assembly.told);
}

/// Gives a scenario without flows those of a gravity model, where that is wanted.
pub(super) fn add_gravity(
    scenario: &mut Scenario,
    form: &NetworkForm,
    told: &mut Vec<String>,
) -> Result<(), InputError> {
    if !scenario.flows.is_empty() {
        return Ok(());
    }
    let Some(gravity) = &form.gravity else {
        told.push("no demands".to_owned());
        return Ok(());
    };
    scenario.topology.validate()?;
    scenario.flows = gravity::flows(&scenario.topology, gravity);
    let total: f64 = scenario.flows.iter().map(|flow| flow.rate_bit_per_s).sum();
    let shares =
        if gravity.even { "even shares".to_owned() } else { format!("seed {}", gravity.seed) };
    let between = if scenario.topology.nodes.len() > MOST_SENDERS {
        format!(" between the {MOST_SENDERS} largest nodes")
    } else {
        String::new()
    };
    told.push(format!(
        "no demands: {}{between} by gravity, {} in all, {shares}",
        counted(scenario.flows.len(), "flow"),
        shown(total)
    ));
    Ok(())
}

/// "1 node", "2 nodes", "3 branches".
pub(super) fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

struct Assembly<'a> {
    found: &'a FoundNetwork,
    form: &'a NetworkForm,
    told: Vec<String>,
    ends: HashMap<&'a str, u32>,
    /// Bit/s of a rate without a unit.
    unit: f64,
}

impl<'a> Assembly<'a> {
    fn new(found: &'a FoundNetwork, form: &'a NetworkForm) -> Self {
        let unit = form.unit_bit_per_s.or(found.unit);
        let ends = ends(&found.nodes);
        let mut assembly = Self { found, form, told: Vec::new(), ends, unit: 1e6 };
        assembly.unit = unit.unwrap_or_else(|| assembly.guessed_unit());
        assembly.tell_unit();
        assembly
    }

    fn bare_rates(&self) -> impl Iterator<Item = f64> {
        let capacities = self.found.links.iter().filter_map(|link| link.capacity.best());
        let demands = self.found.demands.iter().map(|demand| demand.rate);
        let rates = capacities.map(|(rate, _)| rate).chain(demands);
        rates.filter(|rate| rate.unit.is_none() && rate.number > 0.0).map(|rate| rate.number)
    }

    /// Bit/s where a bare number is a million or more, else Mbit/s.
    fn guessed_unit(&self) -> f64 {
        let largest = self.bare_rates().filter(|rate| rate.is_finite()).fold(0.0, f64::max);
        if largest >= LARGEST_IN_MBIT_PER_S { 1.0 } else { 1e6 }
    }

    fn tell_unit(&mut self) {
        if self.bare_rates().next().is_some() {
            let unit = shown(self.unit);
            let unit = unit.strip_prefix("1 ").unwrap_or(&unit);
            let why = if self.form.unit_bit_per_s.is_some() { "chosen" } else { "assumed" };
            self.told.push(format!("rates without a unit: {unit} {why}"));
        }
    }

    fn topology(&mut self) -> Topology {
        let nodes = self.nodes();
        let mut topology = Topology { name: self.found.name.clone(), nodes, ..Topology::default() };
        let ends = self.link_ends();
        let first_of = self.add_links(&mut topology, &ends);
        self.pair(&mut topology);
        for (id, links) in &self.found.risk_groups {
            let links: Vec<u32> = links.iter().filter_map(|link| *first_of.get(*link)?).collect();
            if !links.is_empty() {
                topology.risk_groups.push(RiskGroup { id: id.clone(), links });
            }
        }
        self.tell_parts(&topology);
        topology
    }

    fn nodes(&mut self) -> Vec<Node> {
        let found = &self.found.nodes;
        let on_globe = pairs_are_on_globe(found);
        let mut ids = Ids::default();
        let mut nodes: Vec<Node> = Vec::with_capacity(found.len());
        let mut labels: HashMap<&str, usize> = HashMap::new();
        let (mut nameless, mut twice) = (0, 0);
        for node in found {
            let label = if is_nameless(&node.label) { &node.id } else { &node.label };
            nameless += usize::from(is_nameless(&node.label) && !node.label.is_empty());
            let times = labels.entry(label).or_default();
            *times += 1;
            twice += usize::from(*times == 2);
            let wanted = if is_count(&node.id) { label } else { &node.id };
            let id = ids.unique(wanted);
            nodes.push(Node { id, label: label.clone(), place: place(node, on_globe) });
        }
        if nameless > 0 {
            self.told.push(format!("label \"None\" {nameless} times: named by their numbers"));
        }
        if twice > 0 {
            let mut doubled: Vec<&str> =
                labels.iter().filter(|(_, times)| **times > 1).map(|(label, _)| *label).collect();
            doubled.sort_unstable();
            let shown = doubled[..doubled.len().min(5)].join(", ");
            let more = if doubled.len() > 5 { ", ..." } else { "" };
            self.told.push(format!("{} more than once: {shown}{more}", counted(twice, "label")));
        }
        let placed = nodes.iter().filter(|node| node.place.is_some()).count();
        if placed > 0 && placed < nodes.len() {
            let without = counted(nodes.len() - placed, "node");
            self.told.push(format!("{without} without coordinates"));
        }
        if nodes.iter().any(|node| matches!(node.place, Some(Place::Drawing { .. }))) {
            self.told.push("coordinates are a drawing's, not degrees".to_owned());
        }
        nodes
    }

    /// The nodes that each link connects; none for links that are passed over, which are told.
    fn link_ends(&mut self) -> Vec<Option<(u32, u32)>> {
        let (mut loops, mut unknown, mut parallel) = (0, 0, 0);
        let mut first_unknown = None;
        let mut seen: HashMap<(u32, u32), ()> = HashMap::new();
        let mut all = Vec::with_capacity(self.found.links.len());
        for link in &self.found.links {
            let source = self.ends.get(&link.source[..]).copied();
            let target = self.ends.get(&link.target[..]).copied();
            let (Some(source), Some(target)) = (source, target) else {
                unknown += 1;
                let missing = if source.is_none() { &link.source } else { &link.target };
                first_unknown.get_or_insert(missing);
                all.push(None);
                continue;
            };
            let is_back = !self.found.directed && source > target;
            let pair = if is_back { (target, source) } else { (source, target) };
            parallel += usize::from(seen.insert(pair, ()).is_some());
            loops += usize::from(source == target);
            all.push((source != target).then_some((source, target)));
        }
        if loops > 0 {
            self.told.push(format!("{} passed over", counted(loops, "self-loop")));
        }
        if parallel > 0 {
            self.told.push(format!("{} parallel to another", counted(parallel, "link")));
        }
        if let Some(node) = first_unknown {
            let links = counted(unknown, "link");
            self.told.push(format!("{links} to unknown nodes passed over, as to {node:?}"));
        }
        all
    }

    /// Adds the links in one direction or both; gives the index of each file link's first direction.
    fn add_links(
        &mut self,
        topology: &mut Topology,
        ends: &[Option<(u32, u32)>],
    ) -> Vec<Option<u32>> {
        let mut ids = Ids::default();
        let mut counts = LinkCounts::default();
        let mut first_of = Vec::with_capacity(ends.len());
        for (found, ends) in self.found.links.iter().zip(ends) {
            let Some((source, target)) = *ends else {
                first_of.push(None);
                continue;
            };
            let (capacity, capacity_assumed) = self.capacity(found, &mut counts);
            let propagation_s = propagation(found, topology, source, target, &mut counts);
            let weight = match found.weight {
                Some(weight) if weight > 0.0 && weight.is_finite() => weight,
                Some(_) => {
                    counts.bad_weights += 1;
                    1.0
                }
                None => {
                    counts.without_weight += 1;
                    1.0
                }
            };
            let index = topology.links.len() as u32;
            first_of.push(Some(index));
            let nodes = &topology.nodes;
            let between = |from: u32, to: u32| {
                format!("{}-{}", nodes[from as usize].id, nodes[to as usize].id)
            };
            let counts_only = is_count(found.id.strip_prefix('e').unwrap_or(&found.id));
            let own = !found.id.is_empty() && !counts_only;
            let id = if own { ids.unique(&found.id) } else { ids.unique(&between(source, target)) };
            let back_id = (!self.found.directed).then(|| {
                let wanted = if own { format!("{id} back") } else { between(target, source) };
                ids.unique(&wanted)
            });
            let link = Link {
                id,
                source,
                target,
                capacity_bit_per_s: capacity,
                capacity_assumed,
                propagation_s,
                weight,
                opposite: None,
                queueing: 0,
            };
            if let Some(id) = back_id {
                let (source, target) = (target, source);
                let back = Link { id, source, target, opposite: Some(index), ..link.clone() };
                topology.links.push(Link { opposite: Some(index + 1), ..link });
                topology.links.push(back);
            } else {
                topology.links.push(link);
            }
        }
        let assumed = self.assumed_capacity();
        counts.tell(&mut self.told, assumed);
        let unknown: Vec<&str> = self.found.unknown_numbers.iter().map(String::as_str).collect();
        if counts.without_capacity > 0 && !unknown.is_empty() {
            let unknown = unknown.join(", ");
            self.told.push(format!("numbers of links that were not understood: {unknown}"));
        }
        first_of
    }

    fn assumed_capacity(&self) -> f64 {
        self.form.capacity_bit_per_s.unwrap_or(ASSUMED_CAPACITY_BIT_PER_S)
    }

    fn capacity(&self, found: &FoundLink, counts: &mut LinkCounts) -> (f64, bool) {
        counts.links += 1;
        let usable = found.capacity.best().map(|(rate, by_label)| (self.rate(rate), by_label));
        match usable {
            Some((capacity, by_label)) if capacity > 0.0 && capacity.is_finite() => {
                counts.by_label += usize::from(by_label);
                return (capacity, found.capacity.assumed);
            }
            Some(_) => counts.bad_capacities += 1,
            None if found.capacity.unreadable => counts.unreadable += 1,
            None => counts.without_capacity += 1,
        }
        (self.assumed_capacity(), true)
    }

    fn rate(&self, rate: Rate) -> f64 {
        rate.number * rate.unit.unwrap_or(self.unit)
    }

    /// Finds the other directions of links that have one each.
    fn pair(&mut self, topology: &mut Topology) {
        if !self.found.directed {
            return;
        }
        let alone = pair(&mut topology.links);
        if alone > 0 {
            self.told.push(format!("{} without the other direction", counted(alone, "link")));
        }
    }

    fn tell_parts(&mut self, topology: &Topology) {
        let sizes = part_sizes(&topology.parts());
        if sizes.len() > 1 {
            let largest = sizes.iter().copied().max().unwrap_or(0);
            let alone = sizes.iter().filter(|size| **size == 1).count();
            let mut told = format!(
                "{} separate parts, the largest of {}",
                sizes.len(),
                counted(largest, "node")
            );
            if alone > 0 {
                told.push_str(&format!(", {} without a link", counted(alone, "node")));
            }
            self.told.push(told);
        }
    }

    fn flows(&mut self) -> Vec<Flow> {
        let mutual = self.demands_are_mutual();
        let (mut selves, mut zero, mut unknown, mut bad) = (0, 0, 0, 0);
        let mut flows = Vec::with_capacity(self.found.demands.len().min(MOST_FLOWS + 1));
        for demand in &self.found.demands {
            let source = self.ends.get(&demand.source[..]).copied();
            let target = self.ends.get(&demand.target[..]).copied();
            let (Some(source), Some(target)) = (source, target) else {
                unknown += 1;
                continue;
            };
            let rate = self.rate(demand.rate);
            if source == target {
                selves += 1;
            } else if rate == 0.0 {
                zero += 1;
            } else if !rate.is_finite() || rate < 0.0 || usize::from(demand.class) >= MOST_CLASSES {
                bad += 1;
            } else {
                flows.push(flow(source, target, rate, demand.class));
                if mutual {
                    flows.push(flow(target, source, rate, demand.class));
                }
            }
        }
        self.tell_demands(&flows, mutual, [selves, zero, unknown, bad]);
        flows
    }

    fn tell_demands(&mut self, flows: &[Flow], mutual: bool, passed_over: [usize; 4]) {
        if self.found.demands.is_empty() {
            return;
        }
        let both = if mutual { ", each in both directions" } else { "" };
        let total = flows.iter().map(|flow| flow.rate_bit_per_s).sum();
        self.told.push(format!(
            "{}{both}: {}, {}",
            counted(self.found.demands.len(), "demand"),
            counted(flows.len(), "flow"),
            shown(total)
        ));
        let why = ["of a node with itself", "of 0", "of unknown nodes", "below 0 or no number"];
        for (count, why) in passed_over.into_iter().zip(why) {
            if count > 0 {
                self.told.push(format!("{} {why} passed over", counted(count, "demand")));
            }
        }
    }

    /// Whether no pair of nodes has demands in both directions, in a format of mutual demands.
    fn demands_are_mutual(&self) -> bool {
        if !self.found.demands_may_be_mutual {
            return false;
        }
        let pair = |demand: &'a FoundDemand| (&demand.source[..], &demand.target[..]);
        let pairs: HashMap<(&str, &str), ()> =
            self.found.demands.iter().map(|demand| (pair(demand), ())).collect();
        let is_alone =
            |pair: &(&'a str, &'a str)| pair.0 == pair.1 || !pairs.contains_key(&(pair.1, pair.0));
        pairs.keys().all(is_alone)
    }
}

fn flow(source: u32, target: u32, rate_bit_per_s: f64, class: u8) -> Flow {
    let arrivals = Arrivals::Poisson;
    Flow { source, target, rate_bit_per_s, class, packets: 0, arrivals, path: None }
}

/// Makes the k-th link from one node to another the opposite of the k-th back; tells how many have none.
pub(super) fn pair(links: &mut [Link]) -> usize {
    let mut waiting: HashMap<(u32, u32), Vec<u32>> = HashMap::new();
    // From the last to the first, so that the first one waiting is taken first.
    for (index, link) in links.iter().enumerate().rev() {
        waiting.entry((link.source, link.target)).or_default().push(index as u32);
    }
    let mut alone = 0;
    for index in 0..links.len() {
        let link = &links[index];
        if link.opposite.is_some() {
            continue;
        }
        let (own, back) = ((link.source, link.target), (link.target, link.source));
        if let Some(own) = waiting.get_mut(&own) {
            own.pop();
        }
        let Some(other) = waiting.get_mut(&back).and_then(Vec::pop) else {
            alone += 1;
            continue;
        };
        links[index].opposite = Some(other);
        links[other as usize].opposite = Some(index as u32);
    }
    alone
}

/// What links lack, and what stood in its place.
#[derive(Default)]
struct LinkCounts {
    links: usize,
    without_capacity: usize,
    bad_capacities: usize,
    unreadable: usize,
    by_label: usize,
    by_places: usize,
    unknown_length: usize,
    bad_delays: usize,
    without_weight: usize,
    bad_weights: usize,
}

impl LinkCounts {
    fn tell(&self, told: &mut Vec<String>, assumed: f64) {
        let assumed = format!("{} assumed", shown(assumed));
        let of_all = |count: usize| match count {
            _ if count == self.links => String::new(),
            _ => format!(" on {} of {}", count, counted(self.links, "link")),
        };
        let mut tell = |count: usize, phrase: String| {
            if count > 0 {
                told.push(phrase);
            }
        };
        let count = self.without_capacity;
        tell(count, format!("no capacity{}: {assumed}", of_all(count)));
        let count = self.bad_capacities;
        tell(count, format!("{} with a capacity of 0 or less: {assumed}", counted(count, "link")));
        let count = self.unreadable;
        tell(
            count,
            format!("{} with a capacity that is no rate: {assumed}", counted(count, "link")),
        );
        let count = self.by_label;
        tell(count, format!("capacity by the label{}", of_all(count)));
        let count = self.by_places;
        let way = "propagation by the great circle, lengthened as in ITU-T G.826";
        tell(count, format!("{way}{}", of_all(count)));
        let count = self.unknown_length;
        tell(count, format!("no length{}: propagation 0", of_all(count)));
        let count = self.bad_delays;
        tell(
            count,
            format!("{} with a delay or length below 0 passed over", counted(count, "link")),
        );
        let count = self.without_weight;
        tell(count, format!("no metric{}: weight 1", of_all(count)));
        let count = self.bad_weights;
        tell(count, format!("{} with a metric of 0 or less: weight 1", counted(count, "link")));
    }
}

fn propagation(
    found: &FoundLink,
    topology: &Topology,
    source: u32,
    target: u32,
    counts: &mut LinkCounts,
) -> f64 {
    let by_length = found.length_m.map(|metres| metres / FIBRE_M_PER_S);
    let given = [found.delay_s, by_length];
    let is_usable = |seconds: &f64| seconds.is_finite() && *seconds >= 0.0;
    counts.bad_delays += usize::from(given.iter().flatten().any(|seconds| !is_usable(seconds)));
    if let Some(seconds) = given.into_iter().flatten().find(is_usable) {
        return seconds;
    }
    let place = |node: u32| topology.nodes[node as usize].place;
    let distance = place(source).zip(place(target)).and_then(|(from, to)| from.distance_m(to));
    let Some(distance) = distance else {
        counts.unknown_length += 1;
        return 0.0;
    };
    counts.by_places += 1;
    route_m(distance) / FIBRE_M_PER_S
}

/// Whether an id only counts: digits, or an `n` and digits, as GraphML has them.
fn is_count(id: &str) -> bool {
    let digits = id.strip_prefix('n').unwrap_or(id);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a label names nothing.
fn is_nameless(label: &str) -> bool {
    matches!(label, "" | "None")
}

/// Ids, each once.
#[derive(Default)]
struct Ids {
    used: HashMap<String, usize>,
}

impl Ids {
    fn unique(&mut self, wanted: &str) -> String {
        let mut id = if wanted.is_empty() { "node".to_owned() } else { wanted.to_owned() };
        while let Some(times) = self.used.get_mut(&id) {
            *times += 1;
            id = format!("{id} ({times})");
        }
        self.used.insert(id.clone(), 1);
        id
    }
}

/// The nodes by what links and demands call them: ids, then labels that are of one node alone.
fn ends(nodes: &[FoundNode]) -> HashMap<&str, u32> {
    const SEVERAL: u32 = u32::MAX;
    let mut labels: HashMap<&str, u32> = HashMap::new();
    let mut ids: HashMap<&str, u32> = HashMap::with_capacity(nodes.len());
    for (node, index) in nodes.iter().zip(0..) {
        ids.entry(&node.id).or_insert(index);
        labels.entry(&node.label).and_modify(|of| *of = SEVERAL).or_insert(index);
    }
    for (label, index) in labels {
        if index != SEVERAL && !label.is_empty() {
            ids.entry(label).or_insert(index);
        }
    }
    ids
}

/// Whether every pair of coordinates can be degrees.
fn pairs_are_on_globe(nodes: &[FoundNode]) -> bool {
    let pairs = nodes.iter().filter_map(|node| node.place.pair);
    pairs.into_iter().all(|(x, y)| is_on_globe(x, y))
}

pub(super) fn is_on_globe(longitude: f64, latitude: f64) -> bool {
    longitude.abs() <= 180.0 && latitude.abs() <= 90.0
}

fn place(node: &FoundNode, pairs_are_on_globe: bool) -> Option<Place> {
    let found = &node.place;
    let globe = |longitude_deg: f64, latitude_deg: f64| {
        let usable = is_on_globe(longitude_deg, latitude_deg);
        usable.then_some(Place::Globe { longitude_deg, latitude_deg })
    };
    let drawing =
        |x: f64, y: f64| (x.is_finite() && y.is_finite()).then_some(Place::Drawing { x, y });
    if let Some(place) = found.longitude.zip(found.latitude).and_then(|(x, y)| globe(x, y)) {
        return Some(place);
    }
    match found.pair {
        Some((x, y)) if pairs_are_on_globe => globe(x, y),
        Some((x, y)) => drawing(x, y),
        None => found.drawing.0.zip(found.drawing.1).and_then(|(x, y)| drawing(x, y)),
    }
}

/// How many nodes there are in each part, by the part of each node.
fn part_sizes(parts: &[u32]) -> Vec<usize> {
    let mut sizes = vec![0; parts.len()];
    parts.iter().for_each(|part| sizes[*part as usize] += 1);
    sizes.retain(|size| *size > 0);
    sizes
}
