//! What a file says of a network, in the words that all formats share, before it is put together.

use std::collections::{BTreeSet, HashSet};

use super::rate::{Rate, rate, rate_of_label, unit};

/// A network as a file has it.
#[derive(Clone, Debug, Default)]
pub(super) struct FoundNetwork {
    pub(super) name: String,
    pub(super) nodes: Vec<FoundNode>,
    pub(super) links: Vec<FoundLink>,
    /// Whether a link goes in one direction only.
    pub(super) directed: bool,
    pub(super) demands: Vec<FoundDemand>,
    /// Whether a demand stands for both directions where no pair of nodes has both.
    pub(super) demands_may_be_mutual: bool,
    /// What one of a rate without a unit is, in bit/s; guessed by the numbers where the format does not say.
    pub(super) unit: Option<f64>,
    /// Links that fail together, by the indices of links, with the group's name.
    pub(super) risk_groups: Vec<(String, Vec<usize>)>,
    /// Names of links' attributes that hold numbers and mean nothing here.
    pub(super) unknown_numbers: BTreeSet<String>,
    /// What was decided and passed over so far.
    pub(super) told: Vec<String>,
}

impl FoundNetwork {
    /// Gives a link an attribute; notes a number that means nothing here.
    pub(super) fn give(
        &mut self,
        link: &mut FoundLink,
        attribute: (&str, &str),
        units: &GraphUnits,
    ) {
        let (name, value) = attribute;
        if !link.take(name, value, units)
            && value.trim_ascii().parse::<f64>().is_ok()
            && self.unknown_numbers.len() < MOST_UNKNOWN
        {
            self.unknown_numbers.insert(name.to_owned());
        }
    }

    /// Takes the ends of links as the nodes, in the order in which links name them.
    pub(super) fn take_nodes_of_links(&mut self) {
        let mut seen: HashSet<&str> = HashSet::new();
        let ends = self.links.iter().flat_map(|link| [&link.source, &link.target]);
        let new = ends.filter(|end| !end.is_empty() && seen.insert(end));
        self.nodes = new
            .map(|end| FoundNode { id: end.clone(), label: end.clone(), ..FoundNode::default() })
            .collect();
    }

    /// Whether some two nodes have a link each way.
    pub(super) fn has_both_directions(&self) -> bool {
        let pairs: HashSet<(&str, &str)> =
            self.links.iter().map(|link| (&link.source[..], &link.target[..])).collect();
        let is_back = |(source, target): &(&str, &str)| {
            source != target && pairs.contains(&(*target, *source))
        };
        pairs.iter().any(is_back)
    }
}

/// The most unknown attributes of links that are named.
const MOST_UNKNOWN: usize = 8;

/// A node as a file has it.
#[derive(Clone, Debug, Default)]
pub(super) struct FoundNode {
    /// What the file's links call it.
    pub(super) id: String,
    /// Its name for people.
    pub(super) label: String,
    pub(super) place: FoundPlace,
}

/// Coordinates as a file has them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FoundPlace {
    /// Degrees east.
    pub(super) longitude: Option<f64>,
    /// Degrees north.
    pub(super) latitude: Option<f64>,
    /// On the globe if all of a file's pairs can be, else on a drawing.
    pub(super) pair: Option<(f64, f64)>,
    /// On a drawing.
    pub(super) drawing: (Option<f64>, Option<f64>),
}

/// A link as a file has it.
#[derive(Clone, Debug, Default)]
pub(super) struct FoundLink {
    /// Its name; empty where it has none.
    pub(super) id: String,
    pub(super) source: String,
    pub(super) target: String,
    pub(super) capacity: FoundCapacity,
    pub(super) delay_s: Option<f64>,
    pub(super) length_m: Option<f64>,
    pub(super) weight: Option<f64>,
}

/// What a file says of a link's capacity, best first.
#[derive(Clone, Debug, Default)]
pub(super) struct FoundCapacity {
    pub(super) given: Option<Rate>,
    /// A number whose unit stands beside it.
    number: Option<f64>,
    beside: Option<f64>,
    /// Rate of the label.
    labelled: Option<f64>,
    /// Whether a text stood where the capacity belongs that is none.
    pub(super) unreadable: bool,
    /// Whether whoever wrote the capacity says that he assumed it.
    pub(super) assumed: bool,
}

impl FoundCapacity {
    /// The capacity, and whether only the link's label names it.
    pub(super) fn best(&self) -> Option<(Rate, bool)> {
        let beside = self.number.map(|number| Rate { number, unit: self.beside });
        let own = self.given.or(beside).map(|rate| (rate, false));
        own.or(self.labelled.map(|rate| (Rate::bit_per_s(rate), true)))
    }
}

/// A demand as a file has it.
#[derive(Clone, Debug)]
pub(super) struct FoundDemand {
    pub(super) source: String,
    pub(super) target: String,
    pub(super) rate: Rate,
    pub(super) class: u8,
}

/// Units that a graph names for its numbers, as FNSS does: capacity in bit/s, delay in seconds, length in
/// metres.
#[derive(Clone, Copy, Debug)]
pub(super) struct GraphUnits {
    pub(super) capacity: Option<f64>,
    pub(super) delay_s: f64,
    pub(super) length_m: f64,
}

impl Default for GraphUnits {
    /// Milliseconds and kilometres.
    fn default() -> Self {
        Self { capacity: None, delay_s: 1e-3, length_m: 1e3 }
    }
}

impl GraphUnits {
    /// Takes an attribute of the graph.
    pub(super) fn take(&mut self, name: &str, value: &str) {
        match &plain(name)[..] {
            "capacityunit" => self.capacity = unit(value).or(self.capacity),
            "delayunit" => self.delay_s = time_unit(value).unwrap_or(self.delay_s),
            "distanceunit" | "lengthunit" => {
                self.length_m = length_unit(value).unwrap_or(self.length_m);
            }
            _ => {}
        }
    }
}

/// A name without what stands between its words, in lower case.
pub(super) fn plain(name: &str) -> String {
    let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
    letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

/// Seconds in a unit of time.
pub(super) fn time_unit(text: &str) -> Option<f64> {
    Some(match text.trim_ascii().to_ascii_lowercase().as_str() {
        "s" | "sec" | "second" | "seconds" => 1.0,
        "ms" | "msec" | "millisecond" | "milliseconds" => 1e-3,
        "us" | "µs" | "μs" | "usec" | "microsecond" | "microseconds" => 1e-6,
        "ns" | "nsec" | "nanosecond" | "nanoseconds" => 1e-9,
        _ => return None,
    })
}

/// Metres in a unit of length.
pub(super) fn length_unit(text: &str) -> Option<f64> {
    Some(match text.trim_ascii().to_ascii_lowercase().as_str() {
        "m" | "metre" | "metres" | "meter" | "meters" => 1.0,
        "km" | "kilometre" | "kilometres" | "kilometer" | "kilometers" => 1e3,
        "mi" | "mile" | "miles" => 1609.344,
        _ => return None,
    })
}

/// A number with a unit, which is `usual` where there is none.
pub(super) fn quantity(text: &str, unit: fn(&str) -> Option<f64>, usual: f64) -> Option<f64> {
    let text = text.trim_ascii();
    let end = text.rfind(|letter: char| letter.is_ascii_digit() || letter == '.')? + 1;
    let factor = if end == text.len() { usual } else { unit(&text[end..])? };
    text[..end].trim_ascii().parse::<f64>().ok().map(|number| number * factor)
}

/// The column or attribute that a name means, and the unit that it names: `linkBandwidth_mbps`.
pub(super) fn named_with_unit(
    plain: &str,
    names: &[&str],
    unit: fn(&str) -> Option<f64>,
) -> Option<Option<f64>> {
    let own = of_link(plain);
    names.iter().find_map(|name| {
        let rest = own.strip_prefix(name)?;
        let rest = rest.strip_prefix("in").filter(|rest| !rest.is_empty()).unwrap_or(rest);
        if rest.is_empty() { Some(None) } else { unit(rest).map(Some) }
    })
}

/// A name without the word that only says that it is a link's.
fn of_link(plain: &str) -> &str {
    let less = |name: &'static str| plain.strip_prefix(name).filter(|rest| !rest.is_empty());
    less("link").or_else(|| less("edge")).unwrap_or(plain)
}

const CAPACITY: [&str; 14] = [
    "capacity",
    "maxcapacity",
    "totalcapacity",
    "bandwidth",
    "maxbandwidth",
    "totalbandwidth",
    "bw",
    "maxbw",
    "linerate",
    "datarate",
    "bitrate",
    "speed",
    "rate",
    "cap",
];
const DELAY: [&str; 4] = ["propagationdelay", "propagation", "latency", "delay"];
const LENGTH: [&str; 5] = ["distance", "length", "lengths", "dist", "len"];
const WEIGHT: [&str; 8] =
    ["weight", "metric", "igpmetric", "igpweight", "ospfcost", "igpcost", "routingcost", "cost"];

impl FoundLink {
    /// Takes an attribute; says whether it is one of a link's.
    pub(super) fn take(&mut self, name: &str, value: &str, units: &GraphUnits) -> bool {
        let name = plain(name);
        let value = value.trim_ascii();
        match &name[..] {
            "linkspeedraw" => self.take_capacity(value, Some(1.0)),
            // Beside LinkSpeedUnits; never better than LinkSpeedRaw.
            "linkspeed" => match value.parse() {
                Ok(number) => self.capacity.number = Some(number),
                Err(_) => self.capacity.given = self.capacity.given.or(rate(value)),
            },
            "linkspeedunits" => self.capacity.beside = unit(value),
            "linklabel" | "label" => {
                self.capacity.labelled = rate_of_label(value).or(self.capacity.labelled);
            }
            "capacityassumed" => self.capacity.assumed = value == "true",
            "id" | "linkid" | "edgeid" | "link" | "name" => self.id = value.to_owned(),
            _ if WEIGHT.contains(&of_link(&name)) => self.weight = value.parse().ok(),
            _ => return self.take_quantity(&name, value, units),
        }
        true
    }

    fn take_quantity(&mut self, name: &str, value: &str, units: &GraphUnits) -> bool {
        if let Some(named) = named_with_unit(name, &DELAY, time_unit) {
            self.delay_s = quantity(value, time_unit, named.unwrap_or(units.delay_s));
        } else if let Some(named) = named_with_unit(name, &LENGTH, length_unit) {
            self.length_m = quantity(value, length_unit, named.unwrap_or(units.length_m));
        } else if let Some(named) = named_with_unit(name, &CAPACITY, unit) {
            self.take_capacity(value, named.or(units.capacity));
        } else {
            return false;
        }
        true
    }

    /// Takes a capacity, in `unit` where it names none itself.
    pub(super) fn take_capacity(&mut self, value: &str, unit: Option<f64>) {
        if value.is_empty() {
            return;
        }
        let found = rate(value).map(|rate| Rate { unit: rate.unit.or(unit), ..rate });
        let found = found.or_else(|| rate_of_label(value).map(Rate::bit_per_s));
        self.capacity.unreadable |= found.is_none();
        self.capacity.given = found.or(self.capacity.given);
    }
}

impl FoundNode {
    /// Takes an attribute; says whether it is one of a node's.
    pub(super) fn take(&mut self, name: &str, value: &str) -> bool {
        let number = || value.trim_ascii().parse().ok();
        match &plain(name)[..] {
            "label" => self.label = value.trim_ascii().to_owned(),
            "name" | "nodelabel" if self.label.is_empty() => {
                self.label = value.trim_ascii().to_owned();
            }
            "longitude" | "lon" | "lng" | "long" | "longitudedeg" => {
                self.place.longitude = number()
            }
            "latitude" | "lat" | "latitudedeg" => self.place.latitude = number(),
            "x" => self.place.drawing.0 = number(),
            "y" => self.place.drawing.1 = number(),
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(attributes: &[(&str, &str)]) -> FoundLink {
        let mut link = FoundLink::default();
        let units = GraphUnits::default();
        attributes.iter().for_each(|(name, value)| {
            link.take(name, value, &units);
        });
        link
    }

    #[test]
    fn a_capacity_is_found_under_its_names_with_its_unit() {
        let capacity = |attributes: &[(&str, &str)]| {
            let (rate, _) = link(attributes).capacity.best()?;
            Some((rate.number, rate.unit))
        };
        assert_eq!(capacity(&[("capacity", "10G")]), Some((10.0, Some(1e9))));
        assert_eq!(capacity(&[("bandwidth_mbps", "40")]), Some((40.0, Some(1e6))));
        assert_eq!(capacity(&[("Capacity (Gbit/s)", "40")]), Some((40.0, Some(1e9))));
        assert_eq!(capacity(&[("capacity_bit_per_s", "7")]), Some((7.0, Some(1.0))));
        assert_eq!(capacity(&[("bw", "1000")]), Some((1000.0, None)));
        for name in ["LinkCapacity", "max_bw", "link_max_bandwidth", "edge-rate", "data rate"] {
            assert_eq!(capacity(&[(name, "1000")]), Some((1000.0, None)), "{name}");
        }
        assert_eq!(capacity(&[("linkBandwidthMbps", "40")]), Some((40.0, Some(1e6))));
        let zoo = [("LinkSpeed", "2.5"), ("LinkSpeedUnits", "G")];
        assert_eq!(capacity(&zoo), Some((2.5, Some(1e9))));
        let raw = [("LinkSpeedRaw", "1e6"), ("LinkSpeed", "2.5"), ("LinkSpeedUnits", "G")];
        assert_eq!(capacity(&raw), Some((1e6, Some(1.0))));
        assert_eq!(capacity(&[("LinkLabel", "OC-3")]), Some((155.52e6, Some(1.0))));
        assert_eq!(capacity(&[("LinkLabel", "Red")]), None);
        assert!(link(&[("capacity", "plenty")]).capacity.unreadable);
    }

    #[test]
    fn delays_lengths_and_weights_are_found_with_their_units() {
        let all = [("delay", "5"), ("dist", "200"), ("weight", "3")];
        let found = link(&all);
        assert_eq!((found.delay_s, found.length_m), (Some(0.005), Some(200e3)));
        assert_eq!(found.weight, Some(3.0));
        let microseconds = link(&[("delay_us", "5")]).delay_s.unwrap();
        assert!((microseconds - 5e-6).abs() < 1e-20, "{microseconds}");
        assert_eq!(link(&[("latency", "5 s")]).delay_s, Some(5.0));
        assert_eq!(link(&[("length [m]", "70")]).length_m, Some(70.0));
        assert_eq!(link(&[("propagation_s", "0.25")]).delay_s, Some(0.25));
        assert_eq!(link(&[("linkLatency", "5 ms")]).delay_s, Some(0.005));
        assert_eq!(link(&[("link_cost", "7")]).weight, Some(7.0));
        assert_eq!(link(&[("delay", "soon")]).delay_s, None);
        assert!(!FoundLink::default().take("colour", "red", &GraphUnits::default()));
    }
}
