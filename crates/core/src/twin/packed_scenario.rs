//! Scenarios as messages between the page and its workers: flows as lists of numbers, so that ten thousand of them
//! cross in one copy. For use with `#[serde(with = "packed_scenario")]`; files keep the readable form.

use std::borrow::Cow;

use serde::de::{Deserializer, Error};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::promise::Promise;
use super::queueing::Queueing;
use super::scenario::Scenario;
use super::topology::Topology;
use super::traffic::{Arrivals, Flow, PacketSizes};
use crate::packed_numbers;

/// Numbers of a flow: source, target, rate, class, packets, kind of arrivals, time on, time off, and one more than the
/// number of links of its own path, 0 where it has none.
const COLUMNS: usize = 9;

#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    topology: Cow<'a, Topology>,
    queueings: Cow<'a, [Queueing]>,
    packets: Cow<'a, [PacketSizes]>,
    promises: Cow<'a, [Promise]>,
    #[serde(with = "packed_numbers")]
    flows: Vec<f64>,
    /// Links of the paths, one path after the other.
    #[serde(with = "packed_numbers")]
    paths: Vec<f64>,
}

/// Writes `scenario`.
///
/// # Errors
/// Those of the serialiser.
pub fn serialize<S: Serializer>(scenario: &Scenario, serializer: S) -> Result<S::Ok, S::Error> {
    packed(scenario).serialize(serializer)
}

/// A scenario or why there is none. For use with `#[serde(with = "packed_scenario::or_error")]`.
pub mod or_error {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Packed, packed, unpacked};
    use crate::error::InputError;
    use crate::twin::Scenario;

    /// Writes `scenario`.
    ///
    /// # Errors
    /// Those of the serialiser.
    pub fn serialize<S: Serializer>(
        scenario: &Result<Scenario, InputError>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        scenario.as_ref().map(packed).serialize(serializer)
    }

    /// Reads what [`serialize`] wrote.
    ///
    /// # Errors
    /// When a list is too short or too long.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Result<Scenario, InputError>, D::Error> {
        match Result::<Packed, InputError>::deserialize(deserializer)? {
            Ok(packed) => unpacked(packed).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }
}

fn packed(scenario: &Scenario) -> Packed<'_> {
    let paths = scenario.flows.iter().filter_map(|flow| flow.path.as_deref()).flatten();
    Packed {
        topology: Cow::Borrowed(&scenario.topology),
        queueings: Cow::Borrowed(&scenario.queueings),
        packets: Cow::Borrowed(&scenario.packets),
        promises: Cow::Borrowed(&scenario.promises),
        flows: scenario.flows.iter().flat_map(columns).collect(),
        paths: paths.map(|link| f64::from(*link)).collect(),
    }
}

fn columns(flow: &Flow) -> [f64; COLUMNS] {
    let (kind, on_s, off_s) = match flow.arrivals {
        Arrivals::Poisson => (0.0, 0.0, 0.0),
        Arrivals::Constant => (1.0, 0.0, 0.0),
        Arrivals::OnOff { on_s, off_s } => (2.0, on_s, off_s),
    };
    let links = flow.path.as_ref().map_or(0, |path| path.len() + 1);
    [
        f64::from(flow.source),
        f64::from(flow.target),
        flow.rate_bit_per_s,
        f64::from(flow.class),
        f64::from(flow.packets),
        kind,
        on_s,
        off_s,
        links as f64,
    ]
}

/// Reads what [`serialize`] wrote.
///
/// # Errors
/// When a list is too short or too long.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scenario, D::Error> {
    unpacked(Packed::deserialize(deserializer)?)
}

fn unpacked<E: Error>(packed: Packed<'_>) -> Result<Scenario, E> {
    let flows = flows(&packed.flows, &packed.paths).ok_or_else(|| E::custom("flows"))?;
    Ok(Scenario {
        topology: packed.topology.into_owned(),
        queueings: packed.queueings.into_owned(),
        packets: packed.packets.into_owned(),
        promises: packed.promises.into_owned(),
        flows,
    })
}

fn flows(numbers: &[f64], paths: &[f64]) -> Option<Vec<Flow>> {
    let (rows, rest) = numbers.as_chunks::<COLUMNS>();
    let mut left = paths;
    let mut flows = Vec::with_capacity(rows.len());
    for [source, target, rate_bit_per_s, class, packets, kind, on_s, off_s, links] in rows {
        let path = match (*links as usize).checked_sub(1) {
            None => None,
            Some(count) => {
                let (own, others) = left.split_at_checked(count)?;
                left = others;
                Some(own.iter().map(|link| *link as u32).collect())
            }
        };
        flows.push(Flow {
            source: *source as u32,
            target: *target as u32,
            rate_bit_per_s: *rate_bit_per_s,
            class: *class as u8,
            packets: *packets as u32,
            arrivals: match *kind as u8 {
                0 => Arrivals::Poisson,
                1 => Arrivals::Constant,
                _ => Arrivals::OnOff { on_s: *on_s, off_s: *off_s },
            },
            path,
        });
    }
    (rest.is_empty() && left.is_empty()).then_some(flows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::opening;
    use crate::twin::scenario::InstalledScenario;

    #[test]
    fn a_scenario_comes_back_as_it_went() {
        let mut scenario = opening::scenario();
        scenario.flows[1].arrivals = Arrivals::Constant;
        scenario.flows[2].arrivals = Arrivals::OnOff { on_s: 0.1, off_s: 1.0 / 3.0 };
        scenario.flows[3].path = Some(vec![4, 7, 1]);
        scenario.flows[4].path = Some(Vec::new());
        scenario.flows[5].rate_bit_per_s = 1.0 / 3.0;
        let installed = InstalledScenario { name: "opening".to_owned(), scenario };
        let text = serde_json::to_string(&installed).unwrap();
        assert_eq!(serde_json::from_str::<InstalledScenario>(&text).unwrap(), installed);
    }

    #[test]
    fn lists_that_do_not_fit_are_refused() {
        assert_eq!(flows(&[0.0; COLUMNS + 1], &[]), None);
        assert_eq!(flows(&[0.0; COLUMNS], &[1.0]), None);
        let mut row = [0.0; COLUMNS];
        row[COLUMNS - 1] = 3.0;
        assert_eq!(flows(&row, &[1.0]), None);
        assert_eq!(flows(&row, &[1.0, 2.0]).unwrap()[0].path, Some(vec![1, 2]));
    }
}
