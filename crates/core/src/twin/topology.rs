//! Nodes and the directed links between them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_count, check_range};

/// The most nodes.
pub const MOST_NODES: usize = 50_000;
/// The most directed links: 100,000 that go both ways.
pub const MOST_LINKS: usize = 200_000;
/// Capacity of links that have none in a file, unless somebody says otherwise: 10 Gbit/s.
pub const ASSUMED_CAPACITY_BIT_PER_S: f64 = 1e10;
/// What light does in fibre, in metres per second.
pub const FIBRE_M_PER_S: f64 = 2e8;

/// A network without its traffic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    /// Its name.
    pub name: String,
    /// Its nodes.
    pub nodes: Vec<Node>,
    /// Its links, each in one direction.
    pub links: Vec<Link>,
    /// Links that fail together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risk_groups: Vec<RiskGroup>,
}

/// A router or switch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// What edits, documents and other files call it; no two nodes have the same.
    pub id: String,
    /// What people call it; may be another's too.
    pub label: String,
    /// Where it is, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Where a node is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// On the globe.
    #[serde(rename_all = "snake_case")]
    Globe {
        /// Degrees east, -180 to 180.
        longitude_deg: f64,
        /// Degrees north, -90 to 90.
        latitude_deg: f64,
    },
    /// On a drawing, in units of its own; y grows upwards.
    Drawing {
        /// To the right.
        x: f64,
        /// Upwards.
        y: f64,
    },
}

impl Place {
    /// Metres between two places on the globe, by the great circle; none where either is on a drawing.
    pub fn distance_m(self, other: Self) -> Option<f64> {
        const EARTH_RADIUS_M: f64 = 6_371_000.0;
        let globe = |place| match place {
            Self::Globe { longitude_deg, latitude_deg } => {
                Some((f64::to_radians(longitude_deg), f64::to_radians(latitude_deg)))
            }
            Self::Drawing { .. } => None,
        };
        let ((east, north), (other_east, other_north)) = (globe(self)?, globe(other)?);
        let square_of_half = |angle: f64| libm::sin(angle / 2.0) * libm::sin(angle / 2.0);
        let cosines = libm::cos(north) * libm::cos(other_north);
        let h = square_of_half(other_north - north) + cosines * square_of_half(other_east - east);
        Some(2.0 * EARTH_RADIUS_M * libm::asin(h.clamp(0.0, 1.0).sqrt()))
    }
}

/// One direction of a link, with the port that feeds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What edits, documents and other files call it; no two links have the same.
    pub id: String,
    /// Index of the node that sends.
    pub source: u32,
    /// Index of the node that receives.
    pub target: u32,
    /// What it carries, in bit/s, above 0, to 1e15.
    pub capacity_bit_per_s: f64,
    /// Whether the capacity was assumed, since the file had none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub capacity_assumed: bool,
    /// How long a signal travels, in seconds, 0 to 10.
    pub propagation_s: f64,
    /// What routing adds up, above 0, to 1e9.
    pub weight: f64,
    /// Index of the other direction of the same cable, which fails with this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opposite: Option<u32>,
    /// Index of its port's queueing in the scenario.
    pub queueing: u32,
}

/// Links that fail together, since they share a duct, a card or a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskGroup {
    /// What edits call it.
    pub id: String,
    /// Indices of its links; their other directions fail too.
    pub links: Vec<u32>,
}

impl Topology {
    /// Indices of nodes by id.
    pub fn node_indices(&self) -> HashMap<&str, u32> {
        indices(self.nodes.iter().map(|node| &node.id[..]))
    }

    /// Indices of links by id.
    pub fn link_indices(&self) -> HashMap<&str, u32> {
        indices(self.links.iter().map(|link| &link.id[..]))
    }

    /// The links that fail when link `index` fails: itself and its other direction.
    pub fn cable(&self, index: u32) -> impl Iterator<Item = u32> + '_ {
        let opposite = self.links.get(index as usize).and_then(|link| link.opposite);
        std::iter::once(index).chain(opposite.filter(move |other| *other != index))
    }

    /// The first direction of each cable, in the order of the links.
    pub fn cables(&self) -> impl Iterator<Item = u32> + '_ {
        let links = self.links.iter().zip(0..);
        links.filter(|(link, index)| link.opposite.is_none_or(|o| o >= *index)).map(|(_, i)| i)
    }

    /// The part of the network that each node belongs to: links, whatever their direction, lead to the other
    /// nodes of its part and to no others. A part is named by the lowest index of its nodes.
    pub fn parts(&self) -> Vec<u32> {
        self.parts_over(|_| true)
    }

    /// The same over those links alone for whose index `holds` is true.
    pub fn parts_over(&self, holds: impl Fn(usize) -> bool) -> Vec<u32> {
        let mut parent: Vec<u32> = (0..self.nodes.len() as u32).collect();
        for (_, link) in self.links.iter().enumerate().filter(|(index, _)| holds(*index)) {
            let (one, other) = (root(&mut parent, link.source), root(&mut parent, link.target));
            parent[one.max(other) as usize] = one.min(other);
        }
        (0..self.nodes.len() as u32).map(|node| root(&mut parent, node)).collect()
    }

    /// Checks counts, ids, ends and numbers.
    ///
    /// # Errors
    /// Names the first field that cannot be used.
    pub fn validate(&self) -> Result<(), InputError> {
        check_count("nodes", self.nodes.len(), 2, MOST_NODES)?;
        check_count("links", self.links.len(), 1, MOST_LINKS)?;
        if self.node_indices().len() < self.nodes.len() {
            return Err(InputError::new("nodes", "with an id twice", "an id of its own for each"));
        }
        if self.link_indices().len() < self.links.len() {
            return Err(InputError::new("links", "with an id twice", "an id of its own for each"));
        }
        for node in &self.nodes {
            let Some(place) = node.place else { continue };
            let (x, y) = match place {
                Place::Globe { longitude_deg, latitude_deg } => (longitude_deg, latitude_deg),
                Place::Drawing { x, y } => (x, y),
            };
            if !x.is_finite() || !y.is_finite() {
                let field = format!("nodes.{}.place", node.id);
                return Err(InputError::new(field, format!("{x}, {y}"), "two numbers"));
            }
        }
        self.links.iter().try_for_each(|link| self.check_link(link))?;
        for group in &self.risk_groups {
            for link in &group.links {
                check_index(&format!("risk_groups.{}", group.id), *link, self.links.len())?;
            }
        }
        Ok(())
    }

    fn check_link(&self, link: &Link) -> Result<(), InputError> {
        let at = |field: &str| format!("links.{}.{field}", link.id);
        check_index(&at("source"), link.source, self.nodes.len())?;
        check_index(&at("target"), link.target, self.nodes.len())?;
        if link.source == link.target {
            let end = &self.nodes[link.target as usize].id;
            return Err(InputError::new(at("target"), end, "another node than its source"));
        }
        let capacity = link.capacity_bit_per_s;
        check_range(&at("capacity_bit_per_s"), capacity, 1e-3, 1e15, "bit/s")?;
        check_range(&at("propagation_s"), link.propagation_s, 0.0, 10.0, "s")?;
        check_range(&at("weight"), link.weight, 1e-9, 1e9, "")?;
        link.opposite.map_or(Ok(()), |o| check_index(&at("opposite"), o, self.links.len()))
    }
}

/// Checks that `index` is one of `count` things.
///
/// # Errors
/// Names `field`, the index and what is allowed.
pub fn check_index(field: &str, index: u32, count: usize) -> Result<(), InputError> {
    check_count(field, index as usize, 0, count.saturating_sub(1))
}

/// Metres of a route between two places that are `direct_m` apart, by the rule of ITU-T G.826 (annex A):
/// half as long again below 1,000 km, 1,500 km up to 1,200 km, a quarter longer beyond.
pub fn route_m(direct_m: f64) -> f64 {
    if direct_m < 1e6 { 1.5 * direct_m } else { (1.25 * direct_m).max(1.5e6) }
}

fn root(parent: &mut [u32], mut node: u32) -> u32 {
    while parent[node as usize] != node {
        // Halves the way for those who come after.
        parent[node as usize] = parent[parent[node as usize] as usize];
        node = parent[node as usize];
    }
    node
}

fn indices<'a>(ids: impl Iterator<Item = &'a str>) -> HashMap<&'a str, u32> {
    ids.zip(0..).collect()
}
