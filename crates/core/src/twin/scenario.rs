//! A network with its queues and its traffic: what the twin answers about.

use serde::{Deserialize, Serialize};

use super::packed_scenario;
use super::promise::Promise;
use super::queueing::Queueing;
use super::topology::{Topology, check_index};
use super::traffic::{Flow, PacketSizes};
use crate::error::{InputError, check_count};
use crate::planner::Network;

/// The most flows.
pub const MOST_FLOWS: usize = 500_000;

/// A network with its queues, its flows and its promises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Nodes and links.
    pub topology: Topology,
    /// Ways of queueing that links name, at least one.
    pub queueings: Vec<Queueing>,
    /// Packet sizes that flows name, at least one.
    pub packets: Vec<PacketSizes>,
    /// The flows.
    pub flows: Vec<Flow>,
    /// What is promised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<Promise>,
}

impl Scenario {
    /// A topology without traffic, whose ports queue as they do by default.
    pub fn of(topology: Topology) -> Self {
        Self {
            topology,
            queueings: vec![Queueing::default()],
            packets: vec![PacketSizes::internet()],
            flows: Vec::new(),
            promises: Vec::new(),
        }
    }

    /// Number of classes: one more than the highest of a flow.
    pub fn classes(&self) -> usize {
        self.flows.iter().map(|flow| flow.class as usize + 1).max().unwrap_or(1)
    }

    /// Checks everything.
    ///
    /// # Errors
    /// Names the first field that cannot be used.
    pub fn validate(&self) -> Result<(), InputError> {
        self.topology.validate()?;
        check_count("queueings", self.queueings.len(), 1, 100_000)?;
        check_count("packets", self.packets.len(), 1, 100_000)?;
        check_count("flows", self.flows.len(), 0, MOST_FLOWS)?;
        for (index, queueing) in self.queueings.iter().enumerate() {
            queueing.validate(&format!("queueings[{index}]"))?;
        }
        for (index, sizes) in self.packets.iter().enumerate() {
            sizes.validate(&format!("packets[{index}]"))?;
        }
        for link in &self.topology.links {
            let field = format!("links.{}.queueing", link.id);
            check_index(&field, link.queueing, self.queueings.len())?;
        }
        for (index, flow) in self.flows.iter().enumerate() {
            self.check_flow(index, flow)?;
        }
        for (index, promise) in self.promises.iter().enumerate() {
            promise.validate(&format!("promises[{index}]"))?;
        }
        Ok(())
    }

    fn check_flow(&self, index: usize, flow: &Flow) -> Result<(), InputError> {
        let at = format!("flows[{index}]");
        let nodes = &self.topology.nodes;
        check_index(&format!("{at}.source"), flow.source, nodes.len())?;
        check_index(&format!("{at}.target"), flow.target, nodes.len())?;
        check_index(&format!("{at}.packets"), flow.packets, self.packets.len())?;
        if flow.source == flow.target {
            let end = &nodes[flow.target as usize].id;
            let field = format!("{at}.target");
            return Err(InputError::new(field, end, "another node than its source"));
        }
        flow.validate(&at)?;
        flow.path.as_ref().map_or(Ok(()), |path| self.check_path(&at, flow, path))
    }

    /// Checks that `path` leads from the flow's source to its target, through no node twice.
    ///
    /// # Errors
    /// Names the flow's path under `field`.
    pub fn check_path(&self, field: &str, flow: &Flow, path: &[u32]) -> Result<(), InputError> {
        let links = &self.topology.links;
        let field = format!("{field}.path");
        let mut at = flow.source;
        let mut seen = vec![at];
        for index in path {
            check_index(&field, *index, links.len())?;
            let link = &links[*index as usize];
            if link.source != at || seen.contains(&link.target) {
                let allowed = "links that follow one another, through no node twice";
                return Err(InputError::new(field, &link.id, allowed));
            }
            at = link.target;
            seen.push(at);
        }
        let nodes = &self.topology.nodes;
        let (end, target) = (&nodes[at as usize].id, &nodes[flow.target as usize].id);
        if at == flow.target {
            return Ok(());
        }
        Err(InputError::new(field, format!("ends at {end}"), format!("a path to {target}")))
    }
}

/// A scenario under the name that jobs ask for it by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstalledScenario {
    /// The name.
    pub name: String,
    /// The scenario.
    #[serde(with = "packed_scenario")]
    pub scenario: Scenario,
}

impl Network for InstalledScenario {
    fn name(&self) -> String {
        self.name.clone()
    }
}
