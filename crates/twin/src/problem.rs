//! A scenario with its edits: checked, and ready to be routed.

use std::collections::BTreeMap;
use std::sync::Arc;

use slicewise_core::InputError;
use slicewise_core::error::{check_count, check_range};
use slicewise_core::twin::edit::{SegmentList, Selection};
use slicewise_core::twin::{Edit, Flow, Scenario};

use crate::segments::{Split, split};

/// A scenario after its edits.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The scenario with its edited capacities, weights, queues and flows; shared until an edit changes it, since
    /// every failure of a sweep is a problem.
    pub scenario: Arc<Scenario>,
    /// Which links have failed.
    pub failed_links: Vec<bool>,
    /// Which nodes have failed.
    pub failed_nodes: Vec<bool>,
    /// Flows, by index, that go along segment lists.
    pub segments: BTreeMap<u32, Split>,
}

/// The most edits.
const MOST_EDITS: usize = 10_000;

impl Problem {
    /// `scenario`, which was checked before, without a failure.
    pub(crate) fn sound(scenario: Arc<Scenario>) -> Self {
        Self {
            failed_links: vec![false; scenario.topology.links.len()],
            failed_nodes: vec![false; scenario.topology.nodes.len()],
            segments: BTreeMap::new(),
            scenario,
        }
    }

    /// `scenario`, checked, with `edits` in order.
    ///
    /// # Errors
    /// Names the first field or edit that cannot be used.
    pub fn new(scenario: &Scenario, edits: &[Edit]) -> Result<Self, InputError> {
        scenario.validate()?;
        Self::edited(Arc::new(scenario.clone()), edits)
    }

    /// `scenario`, which was checked before, with `edits` in order.
    ///
    /// # Errors
    /// Names the first edit that cannot be used.
    pub fn edited(scenario: Arc<Scenario>, edits: &[Edit]) -> Result<Self, InputError> {
        Self::sound(scenario).with(edits)
    }

    /// The same with more edits, in order.
    ///
    /// # Errors
    /// Names the first edit that cannot be used.
    pub(crate) fn with(mut self, edits: &[Edit]) -> Result<Self, InputError> {
        check_count("edits", edits.len(), 0, MOST_EDITS)?;
        for (index, edit) in edits.iter().enumerate() {
            self.apply(edit, &format!("edits[{index}]"))?;
        }
        Ok(self)
    }

    /// Lets a link fail, in both directions.
    pub fn fail_link(&mut self, link: u32) {
        for index in self.scenario.topology.cable(link) {
            self.failed_links[index as usize] = true;
        }
    }

    /// Lets a node fail, with its links.
    pub fn fail_node(&mut self, node: u32) {
        self.failed_nodes[node as usize] = true;
        for (link, failed) in self.scenario.topology.links.iter().zip(&mut self.failed_links) {
            *failed |= link.source == node || link.target == node;
        }
    }

    /// Lets a risk group fail, with the other directions of its links.
    pub fn fail_group(&mut self, group: usize) {
        for link in self.scenario.topology.risk_groups[group].links.clone() {
            self.fail_link(link);
        }
    }

    fn apply(&mut self, edit: &Edit, at: &str) -> Result<(), InputError> {
        match edit {
            Edit::LinkFails(id) => {
                let link = self.link(at, id)?;
                self.fail_link(link);
            }
            Edit::NodeFails(id) => {
                let node = self.node(at, id)?;
                self.fail_node(node);
            }
            Edit::GroupFails(id) => {
                let group = self.group(at, id)?;
                self.fail_group(group);
            }
            Edit::Capacity { link, bit_per_s } => {
                check_range(&format!("{at}.bit_per_s"), *bit_per_s, 1e-3, 1e15, "bit/s")?;
                let link = self.link(at, link)?;
                let scenario = Arc::make_mut(&mut self.scenario);
                let cable: Vec<u32> = scenario.topology.cable(link).collect();
                for index in cable {
                    let link = &mut scenario.topology.links[index as usize];
                    (link.capacity_bit_per_s, link.capacity_assumed) = (*bit_per_s, false);
                }
            }
            Edit::Weight { link, weight } => {
                check_range(&format!("{at}.weight"), *weight, 1e-9, 1e9, "")?;
                let link = self.link(at, link)?;
                Arc::make_mut(&mut self.scenario).topology.links[link as usize].weight = *weight;
            }
            Edit::Queueing { link, queueing } => {
                queueing.validate(&format!("{at}.queueing"))?;
                let link = link.as_ref().map(|id| self.link(at, id)).transpose()?;
                let scenario = Arc::make_mut(&mut self.scenario);
                let index = scenario.queueings.len() as u32;
                scenario.queueings.push(queueing.clone());
                match link {
                    Some(link) => scenario.topology.links[link as usize].queueing = index,
                    None => scenario.topology.links.iter_mut().for_each(|l| l.queueing = index),
                }
            }
            Edit::Traffic { of, factor } => {
                check_range(&format!("{at}.factor"), *factor, 0.0, 1e6, "")?;
                self.scale(&self.selected(at, of)?, *factor);
            }
            Edit::Rate { of, bit_per_s } => {
                check_range(&format!("{at}.bit_per_s"), *bit_per_s, 0.0, 1e15, "bit/s")?;
                self.set_rate(&self.selected(at, of)?, *bit_per_s);
            }
            Edit::Path { of, links } => self.set_path(at, of, links)?,
            Edit::Segments { of, lists } => self.set_segments(at, of, lists)?,
        }
        Ok(())
    }

    fn scale(&mut self, flows: &[usize], factor: f64) {
        let scenario = Arc::make_mut(&mut self.scenario);
        for index in flows {
            let rate = &mut scenario.flows[*index].rate_bit_per_s;
            *rate = (*rate * factor).min(1e15);
        }
    }

    fn set_rate(&mut self, flows: &[usize], bit_per_s: f64) {
        let sum: f64 = flows.iter().map(|index| self.scenario.flows[*index].rate_bit_per_s).sum();
        if sum > 0.0 {
            return self.scale(flows, bit_per_s / sum);
        }
        let scenario = Arc::make_mut(&mut self.scenario);
        for index in flows {
            scenario.flows[*index].rate_bit_per_s = bit_per_s / flows.len() as f64;
        }
    }

    fn set_path(&mut self, at: &str, of: &Selection, links: &[String]) -> Result<(), InputError> {
        let path: Vec<u32> = links.iter().map(|id| self.link(at, id)).collect::<Result<_, _>>()?;
        for index in self.selected(at, of)? {
            if !path.is_empty() {
                self.scenario.check_path(at, &self.scenario.flows[index], &path)?;
            }
            Arc::make_mut(&mut self.scenario).flows[index].path =
                (!path.is_empty()).then(|| path.clone());
            self.segments.remove(&(index as u32));
        }
        Ok(())
    }

    fn set_segments(
        &mut self,
        at: &str,
        of: &Selection,
        lists: &[SegmentList],
    ) -> Result<(), InputError> {
        let split = split(self, at, lists)?;
        for index in self.selected(at, of)? {
            if self.scenario.flows[index].path.is_some() {
                Arc::make_mut(&mut self.scenario).flows[index].path = None;
            }
            if split.is_empty() {
                self.segments.remove(&(index as u32));
            } else {
                self.segments.insert(index as u32, split.clone());
            }
        }
        Ok(())
    }

    /// Indices of the flows of `selection`, at least one.
    ///
    /// # Errors
    /// Names the node that is unknown, or the selection without a flow, under `at`.
    pub(crate) fn selected(
        &self,
        at: &str,
        selection: &Selection,
    ) -> Result<Vec<usize>, InputError> {
        let node = |id: &Option<String>| id.as_ref().map(|id| self.node(at, id)).transpose();
        let (source, target) = (node(&selection.source)?, node(&selection.target)?);
        let is_meant = |flow: &Flow| {
            source.is_none_or(|source| flow.source == source)
                && target.is_none_or(|target| flow.target == target)
                && selection.class.is_none_or(|class| flow.class == class)
        };
        let flows = self.scenario.flows.iter().enumerate();
        let selected: Vec<usize> =
            flows.filter(|(_, flow)| is_meant(flow)).map(|(index, _)| index).collect();
        if selected.is_empty() {
            let any = |given: Option<String>| given.unwrap_or_else(|| "any".to_owned());
            let (from, to) = (any(selection.source.clone()), any(selection.target.clone()));
            let class = any(selection.class.map(|class| class.to_string()));
            let found = format!("{from} to {to}, class {class}");
            return Err(InputError::new(format!("{at}.of"), found, "a selection with a flow"));
        }
        Ok(selected)
    }

    pub(crate) fn link(&self, at: &str, id: &str) -> Result<u32, InputError> {
        let links = &self.scenario.topology.links;
        found(links.iter().position(|link| link.id == id), at, id, "the id of a link")
    }

    pub(crate) fn node(&self, at: &str, id: &str) -> Result<u32, InputError> {
        let nodes = &self.scenario.topology.nodes;
        found(nodes.iter().position(|node| node.id == id), at, id, "the id of a node")
    }

    fn group(&self, at: &str, id: &str) -> Result<usize, InputError> {
        let groups = &self.scenario.topology.risk_groups;
        let index = groups.iter().position(|group| group.id == id);
        Ok(found(index, at, id, "the id of a risk group")? as usize)
    }
}

fn found(index: Option<usize>, at: &str, id: &str, allowed: &str) -> Result<u32, InputError> {
    index.map(|index| index as u32).ok_or_else(|| InputError::new(at, id, allowed))
}
