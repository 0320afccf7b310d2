//! SNDlib's XML format of networks and of demand matrices (Orlowski et al., "SNDlib 1.0", Networks 55, 2010).
//!
//! Treatment of capacities and coordinates: as in [`super::sndlib_native`].

use crate::error::InputError;

use super::found::{FoundDemand, FoundLink, FoundNetwork, FoundNode};
use super::rate::{Rate, unit};
use super::sndlib_native::Modules;
use super::xml::{Step, attribute, read as read_xml};

/// Reads a network.
///
/// # Errors
/// Says at which byte the file is no XML, or that it was cut off.
pub(super) fn read(text: &str) -> Result<FoundNetwork, InputError> {
    let mut reader = Reader::default();
    reader.network.demands_may_be_mutual = true;
    reader.network.unit = Some(1e6);
    read_xml(text, &mut |step| match step {
        Step::Open(name, start) => reader.open(name, &|attributed| attribute(start, attributed)),
        Step::Close(name, inside) => reader.close(name, inside),
    })?;
    reader.modules.tell(&mut reader.network.told);
    Ok(reader.network)
}

#[derive(Default)]
struct Reader {
    network: FoundNetwork,
    /// Whether coordinates are degrees; by their numbers where the file does not say.
    geographical: Option<bool>,
    node: Option<FoundNode>,
    coordinates: (Option<f64>, Option<f64>),
    link: Option<FoundLink>,
    demand: Option<FoundDemand>,
    modules: Modules,
    in_additional: bool,
}

impl Reader {
    fn open(&mut self, name: &str, attribute: &dyn Fn(&str) -> Option<String>) {
        let id = || attribute("id").unwrap_or_default();
        match name {
            "nodes" => {
                let kind = attribute("coordinatesType");
                self.geographical = kind.map(|kind| kind.trim_ascii() != "pixel");
            }
            "node" => {
                self.coordinates = (None, None);
                self.node = Some(FoundNode { id: id(), label: id(), ..FoundNode::default() });
            }
            "link" => {
                self.modules.begin();
                self.link = Some(FoundLink { id: id(), ..FoundLink::default() });
            }
            "additionalModules" => self.in_additional = true,
            "demand" => {
                let (source, target) = (String::new(), String::new());
                self.demand = Some(FoundDemand { source, target, rate: Rate::bare(0.0), class: 0 });
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, inside: &str) {
        let number = || inside.parse::<f64>().ok();
        match name {
            "x" => self.coordinates.0 = number(),
            "y" => self.coordinates.1 = number(),
            "node" => self.end_node(),
            "source" | "target" => {
                let link = self.link.as_mut().map(|link| (&mut link.source, &mut link.target));
                let demand = self.demand.as_mut().map(|own| (&mut own.source, &mut own.target));
                if let Some((source, target)) = link.or(demand) {
                    inside.clone_into(if name == "source" { source } else { target });
                }
            }
            "capacity" if self.in_additional => self.modules.add(inside),
            "capacity" => self.modules.pre_installed = number(),
            "routingCost" => {
                if let Some(link) = &mut self.link {
                    link.weight = number().filter(|cost| *cost > 0.0);
                }
            }
            "additionalModules" => self.in_additional = false,
            "link" => {
                if let Some(mut link) = self.link.take() {
                    self.modules.end(&mut link);
                    self.network.links.push(link);
                }
            }
            "demandValue" => {
                if let Some(demand) = &mut self.demand {
                    demand.rate.number = number().unwrap_or(f64::NAN);
                }
            }
            "demand" => self.network.demands.extend(self.demand.take()),
            "unit" => self.network.unit = unit(inside).or(self.network.unit),
            _ => {}
        }
    }

    fn end_node(&mut self) {
        let Some(mut node) = self.node.take() else { return };
        if let (Some(x), Some(y)) = self.coordinates {
            match self.geographical {
                Some(true) => (node.place.longitude, node.place.latitude) = (Some(x), Some(y)),
                Some(false) => node.place.drawing = (Some(x), Some(y)),
                None => node.place.pair = Some((x, y)),
            }
        }
        self.network.nodes.push(node);
    }
}
